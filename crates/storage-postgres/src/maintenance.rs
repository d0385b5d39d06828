//! Keeping a storage in order.

use crate::bounded::Transaction;
use crate::error::translate;
use crate::partitions;
use crate::retention;
use crate::rows::corrupt;
use crate::store::PostgresStore;
use async_trait::async_trait;
use selfsame_application::ports::{Expired, Maintenance, StorageError};
use selfsame_domain::{
    ContactId, DecisionId, IdentifierKey, IdentifierKind, Revision, SegmentId, Timestamp, Violation, VisitorId,
    WorkspaceId,
};
use sqlx::{Executor, Postgres};
use std::collections::BTreeSet;

const MAX_VIOLATIONS: usize = 1_000;

/// Writes to the log, durably with its commit, and says whether it did. A standby writes nothing, nor does a read-only database.
const WRITE: &str = "
    SELECT CASE
        WHEN pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean THEN false
        ELSE pg_logical_emit_message(true, 'selfsame', 'ping') IS NOT NULL
    END";

/// Writes 1 MiB.
const GROW: [&str; 2] = [
    "CREATE TEMPORARY TABLE selfsame_doctor (filler text) ON COMMIT DROP",
    "INSERT INTO selfsame_doctor SELECT repeat(md5(row::text), 32) FROM generate_series(1, 1024) AS row",
];

/// One state for all checks, however long they take.
const BEGIN_CHECK: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL statement_timeout = 0";

const TWO_OWNERS: &str = "
    SELECT workspace_id, kind, value, array_agg(DISTINCT owner_id)
    FROM identifiers
    WHERE kind IN (1, 4, 5, 6, 7, 8)
    GROUP BY workspace_id, kind, value
    HAVING count(DISTINCT owner_id) > 1
    ORDER BY workspace_id, kind, value
    LIMIT $1";

/// Follows every absorbed contact to its end, or back to where the path has been.
const CHAINS: &str = "
    WITH RECURSIVE chain (workspace_id, contact_id, canonical_id, at, path, looped) AS (
        SELECT workspace_id, contact_id, canonical_id, contact_id, ARRAY[]::bigint[], false
        FROM contacts
        WHERE merged_into IS NOT NULL OR canonical_id <> contact_id
        UNION ALL
        SELECT chain.workspace_id, chain.contact_id, chain.canonical_id, c.merged_into, chain.path || c.contact_id,
               c.contact_id = ANY(chain.path)
        FROM chain
        JOIN contacts c ON c.workspace_id = chain.workspace_id AND c.contact_id = chain.at
        WHERE c.merged_into IS NOT NULL AND NOT chain.looped
    )
    SELECT chain.workspace_id, chain.contact_id, chain.canonical_id, chain.looped
    FROM chain
    LEFT JOIN contacts c ON c.workspace_id = chain.workspace_id AND c.contact_id = chain.at
    WHERE chain.looped
       OR (c.merged_into IS NULL AND (c.contact_id IS NULL OR chain.at <> chain.canonical_id))
    ORDER BY chain.workspace_id, chain.contact_id
    LIMIT $1";

/// Rows whose contact does not exist, or does not answer for itself where it must.
const ORPHANS: &str = "
    WITH owned (what, workspace_id, owner_id) AS (
        SELECT 'identifier', workspace_id, owner_id FROM identifiers
        UNION
        SELECT 'membership', workspace_id, owner_id FROM segment_members
        UNION
        SELECT 'visitor', workspace_id, owner_id FROM visitors WHERE owner_id IS NOT NULL
        UNION
        SELECT 'order', workspace_id, contact_id FROM orders
        UNION
        SELECT 'event', workspace_id, contact_id FROM events WHERE contact_id IS NOT NULL
        UNION
        SELECT 'decision', workspace_id, contact_id FROM identity_log WHERE contact_id <> 0
        UNION
        SELECT 'merge', workspace_id, survivor_id FROM merges
        UNION
        SELECT 'merge', workspace_id, absorbed_id FROM merges
        UNION
        SELECT 'identifier brought by a contact', workspace_id, home_id FROM identifiers WHERE home_id <> owner_id
        UNION
        SELECT 'visitor brought by a contact', workspace_id, home_id FROM visitors WHERE home_id <> owner_id
    )
    SELECT owned.workspace_id, owned.what, owned.owner_id
    FROM owned
    LEFT JOIN contacts c ON c.workspace_id = owned.workspace_id AND c.contact_id = owned.owner_id
    WHERE c.contact_id IS NULL OR (c.state = 3 AND owned.what IN ('identifier', 'membership', 'visitor'))
    ORDER BY owned.workspace_id, owned.what, owned.owner_id
    LIMIT $1";

const NO_SEGMENT: &str = "
    SELECT workspace_id, segment_id FROM segment_members
    UNION
    SELECT workspace_id, segment_id FROM categories
    EXCEPT
    SELECT workspace_id, segment_id FROM segments
    ORDER BY 1, 2
    LIMIT $1";

const NO_VISITOR: &str = "
    SELECT workspace_id, visitor_id FROM events WHERE visitor_id IS NOT NULL
    UNION
    SELECT workspace_id, waiting FROM identifier_values WHERE waiting IS NOT NULL
    EXCEPT
    SELECT workspace_id, visitor_id FROM visitors
    ORDER BY 1, 2
    LIMIT $1";

const TWO_EXTERNAL_IDS: &str = "
    SELECT workspace_id, home_id
    FROM identifiers
    WHERE kind = 1 AND home_id = owner_id AND hidden_by IS NULL
    GROUP BY workspace_id, home_id
    HAVING count(*) > 1
    ORDER BY workspace_id, home_id
    LIMIT $1";

const UNRECORDED_MERGES: &str = "
    SELECT c.workspace_id, c.contact_id
    FROM contacts c
    WHERE c.merged_into IS NOT NULL
      AND NOT EXISTS (
        SELECT 1 FROM merges m
        WHERE m.workspace_id = c.workspace_id AND m.absorbed_id = c.contact_id AND m.survivor_id = c.merged_into
          AND m.undone_at IS NULL)
    ORDER BY c.workspace_id, c.contact_id
    LIMIT $1";

const REVISIONS_AHEAD: &str = "
    WITH written (what, workspace_id, revision) AS (
        SELECT 'contact', workspace_id, max(revision) FROM contacts GROUP BY workspace_id
        UNION ALL
        SELECT 'identifier', workspace_id, max(revision) FROM identifiers GROUP BY workspace_id
        UNION ALL
        SELECT 'value', workspace_id, max(revision) FROM identifier_values GROUP BY workspace_id
        UNION ALL
        SELECT 'membership', workspace_id, max(revision) FROM segment_members GROUP BY workspace_id
        UNION ALL
        SELECT 'visitor', workspace_id, max(revision) FROM visitors GROUP BY workspace_id
        UNION ALL
        SELECT 'merge', workspace_id, max(revision) FROM merges GROUP BY workspace_id
        UNION ALL
        SELECT 'order', workspace_id, max(revision) FROM orders GROUP BY workspace_id
        UNION ALL
        SELECT 'event', workspace_id, max(revision) FROM events GROUP BY workspace_id
        UNION ALL
        SELECT 'decision', workspace_id, max(revision) FROM identity_log GROUP BY workspace_id
    )
    SELECT w.workspace_id, w.what, w.revision
    FROM written w
    JOIN revisions r ON r.workspace_id = w.workspace_id
    WHERE w.revision > r.latest
    ORDER BY w.workspace_id, w.what
    LIMIT $1";

/// Leaves out what a commit is about to record anew.
const PRUNE: &str = "
    DELETE FROM recorded_replies
    WHERE workspace_id = $1
      AND key IN (
        SELECT key FROM recorded_replies WHERE workspace_id = $1 AND expires_at < $2 ORDER BY key
        FOR UPDATE SKIP LOCKED)";

const PRUNE_NOBODY: &str = "DELETE FROM identity_log WHERE workspace_id = $1 AND contact_id = $2 AND decision_id < $3";

type Found = BTreeSet<(WorkspaceId, Violation)>;

#[async_trait]
impl Maintenance for PostgresStore {
    async fn ping(&self) -> Result<(), StorageError> {
        let writes: bool = sqlx::query_scalar(WRITE)
            .fetch_one(self.writers())
            .await
            .map_err(translate)?;
        if !writes {
            return Err(StorageError::Unavailable {
                reason: "the database takes no writes".to_owned(),
            });
        }
        Ok(())
    }

    /// A temporary table lies on the disk of the tables; its entries in the catalogue go through the log.
    async fn try_to_grow(&self) -> Result<(), StorageError> {
        self.ping().await?;
        self.in_time(async {
            let mut transaction = self.writers().begin().await.map_err(translate)?;
            for statement in GROW {
                transaction.execute(statement).await.map_err(translate)?;
            }
            transaction.commit().await.map_err(translate)
        })
        .await
    }

    async fn violations(&self) -> Result<Vec<(WorkspaceId, Violation)>, StorageError> {
        let mut transaction = self.pool().begin_with(BEGIN_CHECK).await.map_err(translate)?;
        let mut found = Found::new();
        two_owners(&mut transaction, &mut found).await?;
        chains(&mut transaction, &mut found).await?;
        orphans(&mut transaction, &mut found).await?;
        revisions_ahead(&mut transaction, &mut found).await?;
        let two_external_ids = |id| Violation::TwoExternalIds { contact: ContactId(id) };
        let unrecorded = |id| Violation::UnrecordedMerge { contact: ContactId(id) };
        let no_segment = |id| Violation::NoSegment { segment: SegmentId(id) };
        let no_visitor = |id| Violation::NoVisitor { visitor: VisitorId(id) };
        each(&mut transaction, &mut found, TWO_EXTERNAL_IDS, two_external_ids).await?;
        each(&mut transaction, &mut found, UNRECORDED_MERGES, unrecorded).await?;
        each(&mut transaction, &mut found, NO_SEGMENT, no_segment).await?;
        each(&mut transaction, &mut found, NO_VISITOR, no_visitor).await?;
        Ok(found.into_iter().take(MAX_VIOLATIONS).collect())
    }

    async fn prepare(&self, now: Timestamp) -> Result<u64, StorageError> {
        partitions::prepare(self.pool(), now).await
    }

    async fn events_apart(&self) -> Result<u64, StorageError> {
        partitions::left_over(self.pool()).await
    }

    async fn prune(&self, now: Timestamp) -> Result<u64, StorageError> {
        let workspaces: Vec<i64> = sqlx::query_scalar("SELECT workspace_id FROM workspaces")
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        let mut pruned = 0;
        for workspace in workspaces {
            let replies = sqlx::query(PRUNE).bind(workspace).bind(now);
            let of_nobody = sqlx::query(PRUNE_NOBODY)
                .bind(workspace)
                .bind(ContactId::NOBODY.0)
                .bind(DecisionId::first_kept_of_nobody(now).0);
            for statement in [replies, of_nobody] {
                let done = statement.execute(self.pool()).await.map_err(translate)?;
                pruned += done.rows_affected();
            }
        }
        Ok(pruned)
    }

    async fn expire(&self, now: Timestamp) -> Result<Expired, StorageError> {
        retention::expire(self, now).await
    }
}

fn limit() -> i64 {
    i64::try_from(MAX_VIOLATIONS).unwrap_or(i64::MAX)
}

async fn two_owners(transaction: &mut Transaction, found: &mut Found) -> Result<(), StorageError> {
    let rows: Vec<(i64, i16, String, Vec<i64>)> = sqlx::query_as(TWO_OWNERS)
        .bind(limit())
        .fetch_all(&mut **transaction)
        .await
        .map_err(translate)?;
    for (workspace, kind, value, owners) in rows {
        let kind = IdentifierKind::from_code(kind).ok_or_else(|| corrupt("identifiers", "kind", &kind))?;
        let owners = owners.into_iter().map(ContactId).collect();
        found.insert((
            WorkspaceId(workspace),
            Violation::TwoOwners {
                key: IdentifierKey { kind, value },
                owners,
            },
        ));
    }
    Ok(())
}

async fn chains(transaction: &mut Transaction, found: &mut Found) -> Result<(), StorageError> {
    let rows: Vec<(i64, i64, i64, bool)> = sqlx::query_as(CHAINS)
        .bind(limit())
        .fetch_all(&mut **transaction)
        .await
        .map_err(translate)?;
    for (workspace, contact, canonical, looped) in rows {
        let (contact, canonical) = (ContactId(contact), ContactId(canonical));
        let violation = if looped {
            Violation::MergeCycle { contact }
        } else {
            Violation::WrongCanonical { contact, canonical }
        };
        found.insert((WorkspaceId(workspace), violation));
    }
    Ok(())
}

async fn orphans(transaction: &mut Transaction, found: &mut Found) -> Result<(), StorageError> {
    let rows: Vec<(i64, String, i64)> = sqlx::query_as(ORPHANS)
        .bind(limit())
        .fetch_all(&mut **transaction)
        .await
        .map_err(translate)?;
    for (workspace, what, owner) in rows {
        found.insert((
            WorkspaceId(workspace),
            Violation::Orphan {
                what,
                owner: ContactId(owner),
            },
        ));
    }
    Ok(())
}

async fn revisions_ahead(transaction: &mut Transaction, found: &mut Found) -> Result<(), StorageError> {
    let rows: Vec<(i64, String, i64)> = sqlx::query_as(REVISIONS_AHEAD)
        .bind(limit())
        .fetch_all(&mut **transaction)
        .await
        .map_err(translate)?;
    for (workspace, what, revision) in rows {
        let revision = Revision(revision);
        found.insert((WorkspaceId(workspace), Violation::RevisionAhead { what, revision }));
    }
    Ok(())
}

/// Adds what is wrong with each thing that a statement gives by its ID, after its workspace.
async fn each<Id>(
    transaction: &mut Transaction,
    found: &mut Found,
    statement: &'static str,
    violation: fn(Id) -> Violation,
) -> Result<(), StorageError>
where
    Id: for<'r> sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres> + Send + Unpin,
{
    let rows: Vec<(i64, Id)> = sqlx::query_as(statement)
        .bind(limit())
        .fetch_all(&mut **transaction)
        .await
        .map_err(translate)?;
    for (workspace, id) in rows {
        found.insert((WorkspaceId(workspace), violation(id)));
    }
    Ok(())
}

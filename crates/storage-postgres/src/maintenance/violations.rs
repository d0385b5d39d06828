//! Violations of the identity rules, workspace by workspace, so that each statement goes to one node of a cluster.

use crate::bounded::{Bounded, Transaction};
use crate::error::translate;
use crate::rows::corrupt;
use selfsame_application::ports::StorageError;
use selfsame_domain::{
    ContactId, IdentifierKey, IdentifierKind, Revision, SegmentId, Violation, VisitorId, WorkspaceId,
};
use sqlx::Postgres;
use sqlx::postgres::PgRow;
use std::collections::BTreeSet;

const MOST: usize = 1_000;

/// All checks see one snapshot, however long they take.
const BEGIN_CHECK: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL statement_timeout = 0";

const WORKSPACES: &str = "SELECT workspace_id FROM revisions ORDER BY workspace_id";

const TWO_OWNERS: &str = "
    SELECT kind, value, array_agg(DISTINCT owner_id) AS owners
    FROM identifiers
    WHERE workspace_id = $1 AND kind IN (1, 4, 5, 6, 7, 8)
    GROUP BY kind, value
    HAVING count(DISTINCT owner_id) > 1
    ORDER BY kind, value
    LIMIT $2";

/// Follows every absorbed contact to the end of its chain, or to the start of a cycle.
const CHAINS: &str = "
    WITH RECURSIVE chain (contact_id, canonical_id, at, path, looped) AS (
        SELECT contact_id, canonical_id, contact_id, ARRAY[]::bigint[], false
        FROM contacts
        WHERE workspace_id = $1 AND (merged_into IS NOT NULL OR canonical_id <> contact_id)
        UNION ALL
        SELECT chain.contact_id, chain.canonical_id, c.merged_into, chain.path || c.contact_id, c.contact_id = ANY(chain.path)
        FROM chain
        JOIN contacts c ON c.workspace_id = $1 AND c.contact_id = chain.at
        WHERE c.merged_into IS NOT NULL AND NOT chain.looped
    )
    SELECT chain.contact_id, chain.canonical_id, chain.looped
    FROM chain
    LEFT JOIN contacts c ON c.workspace_id = $1 AND c.contact_id = chain.at
    WHERE chain.looped
       OR (c.merged_into IS NULL AND (c.contact_id IS NULL OR chain.at <> chain.canonical_id))
    ORDER BY chain.contact_id
    LIMIT $2";

/// Rows whose contact does not exist, or is not canonical where it must be.
const ORPHANS: &str = "
    WITH owned AS (
        SELECT 'identifier' AS what, owner_id FROM identifiers WHERE workspace_id = $1
        UNION
        SELECT 'membership', owner_id FROM segment_members WHERE workspace_id = $1
        UNION
        SELECT 'visitor', owner_id FROM visitors WHERE workspace_id = $1 AND owner_id IS NOT NULL
        UNION
        SELECT 'order', contact_id FROM orders WHERE workspace_id = $1
        UNION
        SELECT 'event', contact_id FROM events WHERE workspace_id = $1 AND contact_id IS NOT NULL
        UNION
        SELECT 'decision', contact_id FROM identity_log WHERE workspace_id = $1 AND contact_id <> 0
        UNION
        SELECT 'merge', survivor_id FROM merges WHERE workspace_id = $1
        UNION
        SELECT 'merge', absorbed_id FROM merges WHERE workspace_id = $1
        UNION
        SELECT 'identifier brought by a contact', home_id FROM identifiers WHERE workspace_id = $1 AND home_id <> owner_id
        UNION
        SELECT 'visitor brought by a contact', home_id FROM visitors WHERE workspace_id = $1 AND home_id <> owner_id
    )
    SELECT owned.what, owned.owner_id
    FROM owned
    LEFT JOIN contacts c ON c.workspace_id = $1 AND c.contact_id = owned.owner_id
    WHERE c.contact_id IS NULL OR (c.state = 3 AND owned.what IN ('identifier', 'membership', 'visitor'))
    ORDER BY owned.what, owned.owner_id
    LIMIT $2";

const NO_SEGMENT: &str = "
    SELECT segment_id FROM segment_members WHERE workspace_id = $1
    UNION
    SELECT segment_id FROM categories WHERE workspace_id = $1
    EXCEPT
    SELECT segment_id FROM segments WHERE workspace_id = $1
    ORDER BY 1
    LIMIT $2";

const NO_VISITOR: &str = "
    SELECT visitor_id FROM events WHERE workspace_id = $1 AND visitor_id IS NOT NULL
    UNION
    SELECT waiting FROM identifier_values WHERE workspace_id = $1 AND waiting IS NOT NULL
    EXCEPT
    SELECT visitor_id FROM visitors WHERE workspace_id = $1
    ORDER BY 1
    LIMIT $2";

const TWO_EXTERNAL_IDS: &str = "
    SELECT home_id
    FROM identifiers
    WHERE workspace_id = $1 AND kind = 1 AND home_id = owner_id AND hidden_by IS NULL
    GROUP BY home_id
    HAVING count(*) > 1
    ORDER BY home_id
    LIMIT $2";

const UNRECORDED_MERGES: &str = "
    SELECT c.contact_id
    FROM contacts c
    WHERE c.workspace_id = $1 AND c.merged_into IS NOT NULL
      AND NOT EXISTS (
        SELECT 1 FROM merges m
        WHERE m.workspace_id = $1 AND m.absorbed_id = c.contact_id AND m.survivor_id = c.merged_into AND m.undone_at IS NULL)
    ORDER BY c.contact_id
    LIMIT $2";

/// The latest revision of each kind of row, where it is higher than the workspace's revision.
const REVISIONS_AHEAD: &str = "
    WITH written AS (
        SELECT 'contact' AS what, max(revision) AS revision FROM contacts WHERE workspace_id = $1
        UNION ALL
        SELECT 'identifier', max(revision) FROM identifiers WHERE workspace_id = $1
        UNION ALL
        SELECT 'value', max(revision) FROM identifier_values WHERE workspace_id = $1
        UNION ALL
        SELECT 'segment', max(revision) FROM segments WHERE workspace_id = $1
        UNION ALL
        SELECT 'membership', max(revision) FROM segment_members WHERE workspace_id = $1
        UNION ALL
        SELECT 'category', max(revision) FROM categories WHERE workspace_id = $1
        UNION ALL
        SELECT 'field', max(revision) FROM custom_fields WHERE workspace_id = $1
        UNION ALL
        SELECT 'visitor', max(revision) FROM visitors WHERE workspace_id = $1
        UNION ALL
        SELECT 'merge', max(revision) FROM merges WHERE workspace_id = $1
        UNION ALL
        SELECT 'order', max(revision) FROM orders WHERE workspace_id = $1
        UNION ALL
        SELECT 'event', max(revision) FROM events WHERE workspace_id = $1
        UNION ALL
        SELECT 'sender''s identity of an event', max(revision) FROM sent_events WHERE workspace_id = $1
        UNION ALL
        SELECT 'decision', max(revision) FROM identity_log WHERE workspace_id = $1
        UNION ALL
        SELECT 'recorded reply', max(revision) FROM recorded_replies WHERE workspace_id = $1
    )
    SELECT written.what, written.revision
    FROM written
    JOIN revisions r ON r.workspace_id = $1
    WHERE written.revision > r.latest
    ORDER BY written.what
    LIMIT $2";

const WRONG_TOTAL: &str = "
    SELECT r.active_contacts AS kept, c.found
    FROM revisions r
    CROSS JOIN LATERAL (
        SELECT count(*) AS found FROM contacts WHERE workspace_id = $1 AND state = 1
    ) c
    WHERE r.workspace_id = $1 AND r.active_contacts <> c.found
    LIMIT $2";

const WRONG_SEGMENT_COUNTS: &str = "
    SELECT segment_id, COALESCE(k.members, 0) AS kept, COALESCE(p.members, 0) AS found
    FROM (SELECT segment_id, members FROM segment_counts WHERE workspace_id = $1) k
    FULL JOIN (
        SELECT segment_id, count(*) AS members FROM segment_periods WHERE workspace_id = $1 AND left_in IS NULL GROUP BY segment_id
    ) p USING (segment_id)
    WHERE COALESCE(k.members, 0) <> COALESCE(p.members, 0)
    ORDER BY segment_id
    LIMIT $2";

#[derive(sqlx::FromRow)]
struct SegmentCountRow {
    segment_id: i64,
    kept: i64,
    found: i64,
}

impl From<SegmentCountRow> for Violation {
    fn from(row: SegmentCountRow) -> Self {
        let SegmentCountRow {
            segment_id,
            kept,
            found,
        } = row;
        Self::WrongSegmentCount {
            segment: SegmentId(segment_id),
            kept,
            found,
        }
    }
}

#[derive(sqlx::FromRow)]
struct TotalRow {
    kept: i64,
    found: i64,
}

impl From<TotalRow> for Violation {
    fn from(TotalRow { kept, found }: TotalRow) -> Self {
        Self::WrongTotal { kept, found }
    }
}

#[derive(sqlx::FromRow)]
struct OwnersRow {
    kind: i16,
    value: String,
    owners: Vec<i64>,
}

#[derive(sqlx::FromRow)]
struct ChainRow {
    contact_id: i64,
    canonical_id: i64,
    looped: bool,
}

#[derive(sqlx::FromRow)]
struct OrphanRow {
    what: String,
    owner_id: i64,
}

#[derive(sqlx::FromRow)]
struct AheadRow {
    what: String,
    revision: i64,
}

/// The first 1,000 violations.
pub(super) async fn find(pool: &Bounded) -> Result<Vec<(WorkspaceId, Violation)>, StorageError> {
    let mut transaction = pool.begin_with(BEGIN_CHECK).await.map_err(translate)?;
    let workspaces: Vec<i64> = sqlx::query_scalar(WORKSPACES)
        .fetch_all(&mut *transaction)
        .await
        .map_err(translate)?;
    let mut found = Vec::new();
    for workspace in workspaces.into_iter().map(WorkspaceId) {
        let of_workspace = find_in(&mut transaction, workspace).await?;
        found.extend(of_workspace.into_iter().map(|violation| (workspace, violation)));
        if found.len() >= MOST {
            found.truncate(MOST);
            break;
        }
    }
    Ok(found)
}

async fn find_in(transaction: &mut Transaction, workspace: WorkspaceId) -> Result<BTreeSet<Violation>, StorageError> {
    let mut found = BTreeSet::new();
    for row in rows::<OwnersRow>(transaction, TWO_OWNERS, workspace).await? {
        let kind = IdentifierKind::from_code(row.kind).ok_or_else(|| corrupt("identifiers", "kind", &row.kind))?;
        found.insert(Violation::TwoOwners {
            key: IdentifierKey { kind, value: row.value },
            owners: row.owners.into_iter().map(ContactId).collect(),
        });
    }
    for row in rows::<ChainRow>(transaction, CHAINS, workspace).await? {
        let (contact, canonical) = (ContactId(row.contact_id), ContactId(row.canonical_id));
        found.insert(if row.looped {
            Violation::MergeCycle { contact }
        } else {
            Violation::WrongCanonical { contact, canonical }
        });
    }
    for row in rows::<OrphanRow>(transaction, ORPHANS, workspace).await? {
        found.insert(Violation::Orphan {
            what: row.what,
            owner: ContactId(row.owner_id),
        });
    }
    for row in rows::<AheadRow>(transaction, REVISIONS_AHEAD, workspace).await? {
        found.insert(Violation::RevisionAhead {
            what: row.what,
            revision: Revision(row.revision),
        });
    }
    let totals = rows::<TotalRow>(transaction, WRONG_TOTAL, workspace).await?;
    found.extend(totals.into_iter().map(Violation::from));
    let counts = rows::<SegmentCountRow>(transaction, WRONG_SEGMENT_COUNTS, workspace).await?;
    found.extend(counts.into_iter().map(Violation::from));
    let external = ids(transaction, TWO_EXTERNAL_IDS, workspace).await?;
    found.extend(
        external
            .into_iter()
            .map(|id| Violation::TwoExternalIds { contact: ContactId(id) }),
    );
    let merged = ids(transaction, UNRECORDED_MERGES, workspace).await?;
    found.extend(
        merged
            .into_iter()
            .map(|id| Violation::UnrecordedMerge { contact: ContactId(id) }),
    );
    let segments = ids(transaction, NO_SEGMENT, workspace).await?;
    found.extend(
        segments
            .into_iter()
            .map(|id| Violation::NoSegment { segment: SegmentId(id) }),
    );
    let visitors = ids(transaction, NO_VISITOR, workspace).await?;
    found.extend(
        visitors
            .into_iter()
            .map(|id| Violation::NoVisitor { visitor: VisitorId(id) }),
    );
    Ok(found)
}

/// The rows of a statement whose parameters are the workspace and a limit.
async fn rows<Row>(
    transaction: &mut Transaction,
    statement: &'static str,
    workspace: WorkspaceId,
) -> Result<Vec<Row>, StorageError>
where
    Row: for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin,
{
    let limit = i64::try_from(MOST).unwrap_or(i64::MAX);
    let found = sqlx::query_as(statement).bind(workspace.0).bind(limit);
    found.fetch_all(&mut **transaction).await.map_err(translate)
}

/// The values of a statement with one column.
async fn ids<Id>(
    transaction: &mut Transaction,
    statement: &'static str,
    workspace: WorkspaceId,
) -> Result<Vec<Id>, StorageError>
where
    Id: for<'r> sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres> + Send + Unpin,
{
    let found: Vec<(Id,)> = rows(transaction, statement, workspace).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

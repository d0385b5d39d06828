//! The index of substrings.

use crate::error::translate;
use crate::store::PostgresStore;
use async_trait::async_trait;
use selfsame_application::ports::{ReadAnswer, ReadRequest, SearchIndex, Storage, StorageError};
use selfsame_domain::{Contact, ContactId, FindSteps, Footprint, Trigram, WorkspaceId};
use std::collections::BTreeMap;

const UNINDEXED: &str = "
    SELECT r.workspace_id
    FROM revisions r
    LEFT JOIN search_progress p ON p.workspace_id = r.workspace_id
    WHERE r.latest > 0 AND (p.revision IS NULL OR p.revision <= r.latest)
    ORDER BY r.workspace_id";

/// The last commit, the progress, and the contacts that changed after it: one row each, or one without a contact.
const CHANGED: &str = "
    SELECT p.latest, p.revision AS done_revision, p.contact_id AS done_contact, c.revision, c.contact_id
    FROM (
        SELECT r.latest, COALESCE(s.revision, 0) AS revision, COALESCE(s.contact_id, 0) AS contact_id
        FROM revisions r
        LEFT JOIN search_progress s ON s.workspace_id = $1
        WHERE r.workspace_id = $1
    ) p
    LEFT JOIN LATERAL (
        SELECT revision, contact_id
        FROM contacts
        WHERE workspace_id = $1 AND revision >= p.revision AND (revision > p.revision OR contact_id > p.contact_id)
        ORDER BY revision, contact_id
        LIMIT $2
    ) c ON true
    ORDER BY c.revision, c.contact_id";

const BEGIN: &str = "
    INSERT INTO search_progress (workspace_id, revision, contact_id) VALUES ($1, $2, $3)
    ON CONFLICT (workspace_id) DO NOTHING";

const ADVANCE: &str = "
    UPDATE search_progress SET revision = $2, contact_id = $3
    WHERE workspace_id = $1 AND revision = $4 AND contact_id = $5";

const STORE: &str = "
    INSERT INTO contact_search AS s (workspace_id, contact_id, keys)
    SELECT $1, made.contact_id, made.keys::bigint[]
    FROM UNNEST($2::bigint[], $3::text[]) AS made (contact_id, keys)
    ON CONFLICT (workspace_id, contact_id) DO UPDATE SET keys = EXCLUDED.keys WHERE s.keys <> EXCLUDED.keys";

/// Forgets contacts, and those that were erased by the commits from `$3` to `$4`.
const FORGET: &str = "
    DELETE FROM contact_search s
    USING (
        SELECT UNNEST($2::bigint[]) AS contact_id
        UNION
        SELECT d.id::bigint FROM deletions d WHERE d.workspace_id = $1 AND d.kind = 1 AND d.revision BETWEEN $3 AND $4
    ) gone
    WHERE s.workspace_id = $1 AND s.contact_id = gone.contact_id";

#[derive(Debug, sqlx::FromRow)]
struct ChangedRow {
    latest: i64,
    done_revision: i64,
    done_contact: i64,
    revision: Option<i64>,
    contact_id: Option<i64>,
}

/// A place in the order of changes: a commit, and a contact in it.
type Place = (i64, i64);

/// The key of a trigram in a block of contact IDs. Another contact may have the same key by chance, so a search compares the contacts.
pub(crate) fn key(workspace: WorkspaceId, block: i64, trigram: Trigram) -> i64 {
    [workspace.0, block]
        .into_iter()
        .fold(mix(trigram.0), |hash, number| mix(hash ^ number.cast_unsigned()))
        .cast_signed()
}

/// The finalizer of splitmix64. Stored keys depend on it: a change needs an empty index.
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

#[async_trait]
impl SearchIndex for PostgresStore {
    async fn unindexed(&self) -> Result<Vec<WorkspaceId>, StorageError> {
        let found = sqlx::query_scalar(UNINDEXED).fetch_all(self.pool()).await;
        let found: Vec<i64> = found.map_err(translate)?;
        Ok(found.into_iter().map(WorkspaceId).collect())
    }

    async fn index(&self, workspace: WorkspaceId, limit: u32) -> Result<bool, StorageError> {
        let changed = sqlx::query_as(CHANGED).bind(workspace.0).bind(i64::from(limit));
        let changed: Vec<ChangedRow> = changed.fetch_all(self.pool()).await.map_err(translate)?;
        let Some(first) = changed.first() else {
            return Ok(false);
        };
        let (done, latest) = ((first.done_revision, first.done_contact), first.latest);
        if done.0 > latest {
            return Ok(false);
        }
        let places = changed.iter().filter_map(|row| row.revision.zip(row.contact_id));
        let places: Vec<Place> = places.collect();
        let is_behind = places.len() >= limit as usize;
        let next = places.last().copied().filter(|_| is_behind).unwrap_or((latest + 1, 0));
        let mut keys: BTreeMap<i64, String> = BTreeMap::new();
        let ids: Vec<i64> = places.iter().map(|(_, contact)| *contact).collect();
        let contacts = self.contacts_of(workspace, &ids).await?;
        for id in ids.iter().map(|id| ContactId(*id)) {
            let trigrams = contacts.get(&id).map(Trigram::of_contact).unwrap_or_default();
            if !trigrams.is_empty() {
                keys.insert(id.0, stored(workspace, id, trigrams.into_iter()));
            }
        }
        let gone = ids.into_iter().filter(|id| !keys.contains_key(id)).collect();
        let stored = self
            .in_time(self.store_keys(workspace, (done, next), keys, gone))
            .await?;
        Ok(stored && is_behind)
    }
}

/// The keys of a contact, as the text of an array.
fn stored(workspace: WorkspaceId, id: ContactId, trigrams: impl Iterator<Item = Trigram>) -> String {
    let block = id.0 / FindSteps::BLOCK;
    let keys = trigrams.map(|trigram| key(workspace, block, trigram).to_string());
    format!("{{{}}}", keys.collect::<Vec<_>>().join(","))
}

impl PostgresStore {
    /// Reads contacts in the way of a batch, which is the cheapest one.
    async fn contacts_of(
        &self,
        workspace: WorkspaceId,
        ids: &[i64],
    ) -> Result<BTreeMap<ContactId, Contact>, StorageError> {
        let mut request = ReadRequest {
            policy: self.policy(workspace).await?.revision,
            footprint: Footprint {
                contacts: ids.iter().copied().map(ContactId).collect(),
                ..Footprint::default()
            },
            ..ReadRequest::default()
        };
        loop {
            match self.read(workspace, &request).await? {
                ReadAnswer::State(state) => return Ok(state.snapshot.contacts),
                ReadAnswer::OutdatedPolicy(newer) => request.policy = newer.revision,
            }
        }
    }

    /// Stores a step. Returns false, and stores nothing, when another server has made it.
    async fn store_keys(
        &self,
        workspace: WorkspaceId,
        (done, next): (Place, Place),
        keys: BTreeMap<i64, String>,
        gone: Vec<i64>,
    ) -> Result<bool, StorageError> {
        let mut transaction = self.writers().begin().await.map_err(translate)?;
        // The first step of several servers at once is made by one of them, as every other.
        let advance = if done == (0, 0) {
            sqlx::query(BEGIN).bind(workspace.0).bind(next.0).bind(next.1)
        } else {
            let advance = sqlx::query(ADVANCE).bind(workspace.0).bind(next.0).bind(next.1);
            advance.bind(done.0).bind(done.1)
        };
        let advanced = advance.execute(&mut *transaction).await.map_err(translate)?;
        if advanced.rows_affected() == 0 {
            return Ok(false);
        }
        let (ids, keys): (Vec<i64>, Vec<String>) = keys.into_iter().unzip();
        sqlx::query(STORE)
            .bind(workspace.0)
            .bind(ids)
            .bind(keys)
            .execute(&mut *transaction)
            .await
            .map_err(translate)?;
        sqlx::query(FORGET)
            .bind(workspace.0)
            .bind(gone)
            .bind(done.0)
            .bind(next.0)
            .execute(&mut *transaction)
            .await
            .map_err(translate)?;
        transaction.commit().await.map_err(translate)?;
        Ok(true)
    }
}

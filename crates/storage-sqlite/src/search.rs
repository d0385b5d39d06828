//! The index of substrings.

use crate::error::storage;
use crate::rows::{Row, json};
use crate::statement::statement;
use crate::store::SqliteStore;
use crate::whole;
use async_trait::async_trait;
use selfsame_application::ports::{SearchIndex, StorageError};
use selfsame_domain::{ContactId, Trigram, WorkspaceId};
use std::collections::BTreeSet;
use std::fmt::Write;

/// How many contacts of a workspace the index can number.
const ROWS: i64 = 1 << 40;

const UNINDEXED: &str = "
    SELECT r.workspace_id
    FROM revisions AS r
    LEFT JOIN search_progress AS p ON p.workspace_id = r.workspace_id
    WHERE r.latest > 0 AND (p.revision IS NULL OR p.revision <= r.latest)
    ORDER BY r.workspace_id";

/// The last commit, and the progress.
const PROGRESS: &str = "
    SELECT r.latest, coalesce(p.revision, 0), coalesce(p.contact_id, 0)
    FROM revisions AS r
    LEFT JOIN search_progress AS p ON p.workspace_id = ?1
    WHERE r.workspace_id = ?1";

const CHANGED: &str = "
    SELECT c.revision, c.contact_id
    FROM contacts AS c INDEXED BY contacts_by_revision
    WHERE c.workspace_id = ?1 AND c.revision >= ?2 AND (c.revision > ?2 OR c.contact_id > ?3)
    ORDER BY c.revision, c.contact_id
    LIMIT ?4";

const BEGIN: &str = "
    INSERT INTO search_progress (workspace_id, revision, contact_id) VALUES (?1, ?2, ?3)
    ON CONFLICT (workspace_id) DO NOTHING";

const ADVANCE: &str = "
    UPDATE search_progress SET revision = ?2, contact_id = ?3
    WHERE workspace_id = ?1 AND revision = ?4 AND contact_id = ?5";

/// `?2` are the row IDs of contacts. Those that commits from `?3` to `?4` erased are forgotten too.
const FORGET: &str = "
    DELETE FROM contact_search
    WHERE rowid IN (
        SELECT value FROM json_each(?2)
        UNION ALL
        SELECT ?5 + CAST(d.id AS INTEGER) FROM deletions AS d
        WHERE d.workspace_id = ?1 AND d.kind = 1 AND d.revision BETWEEN ?3 AND ?4
    )";

const STORE: &str =
    "INSERT INTO contact_search (rowid, trigrams) SELECT CAST(s.key AS INTEGER), s.value FROM json_each(?1) AS s";

/// A place in the order of changes: a commit, and a contact in it.
type Place = (i64, i64);

/// The row ID of a contact in the index. The contacts of a workspace follow each other.
pub(crate) fn row_of(workspace: WorkspaceId, contact: ContactId) -> Result<i64, StorageError> {
    let first = workspace.0.checked_mul(ROWS);
    let row = first.and_then(|first| first.checked_add(contact.0));
    let known = row.filter(|_| (0..ROWS).contains(&contact.0));
    known.ok_or_else(|| StorageError::Corrupt {
        table: "contact_search",
        column: "rowid",
        key: contact.0.to_string(),
    })
}

/// The contact of a row ID.
pub(crate) fn contact_of(row: i64) -> ContactId {
    ContactId(row.rem_euclid(ROWS))
}

/// The words of the index for trigrams, for a row and for a query alike.
pub(crate) fn tokens(trigrams: &BTreeSet<Trigram>) -> String {
    trigrams.iter().fold(String::new(), |mut text, trigram| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{:x} ", trigram.0);
        text
    })
}

#[async_trait]
impl SearchIndex for SqliteStore {
    async fn unindexed(&self) -> Result<Vec<WorkspaceId>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let rows = statement(UNINDEXED).fetch_all(reader.connection()?).map_err(storage)?;
        rows.iter()
            .map(|row| Row::new(row, "revisions", 0).get(0, "workspace_id").map(WorkspaceId))
            .collect()
    }

    async fn index(&self, workspace: WorkspaceId, limit: u32) -> Result<bool, StorageError> {
        let Some(step) = self.next_step(workspace, limit).await? else {
            return Ok(false);
        };
        Ok(self.store_step(workspace, &step).await? && step.is_behind)
    }
}

/// Changes to store.
struct Step {
    done: Place,
    next: Place,
    is_behind: bool,
    /// The rows of all changed contacts, and of those that are active, with their words.
    changed: Vec<i64>,
    stored: serde_json::Map<String, serde_json::Value>,
}

impl SqliteStore {
    /// The next changes; none when the index has all.
    async fn next_step(&self, workspace: WorkspaceId, limit: u32) -> Result<Option<Step>, StorageError> {
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        let progress = statement(PROGRESS).bind(workspace.0).fetch_optional(connection);
        let Some(progress) = progress.map_err(storage)? else {
            return Ok(None);
        };
        let progress = Row::new(&progress, "search_progress", 0);
        let latest: i64 = progress.get(0, "latest")?;
        let done: Place = (progress.get(1, "revision")?, progress.get(2, "contact_id")?);
        if done.0 > latest {
            return Ok(None);
        }
        let rows = statement(CHANGED)
            .bind(workspace.0)
            .bind(done.0)
            .bind(done.1)
            .bind(limit);
        let rows = rows.fetch_all(connection).map_err(storage)?;
        let place = |row| {
            let row = Row::new(row, "contacts", 0);
            Ok((row.get(0, "revision")?, row.get(1, "contact_id")?))
        };
        let places: Vec<Place> = rows.iter().map(place).collect::<Result<_, StorageError>>()?;
        let is_behind = places.len() >= limit as usize;
        let next = places.last().copied().filter(|_| is_behind).unwrap_or((latest + 1, 0));
        let ids: Vec<ContactId> = places.iter().map(|(_, contact)| ContactId(*contact)).collect();
        let mut stored = serde_json::Map::new();
        for (id, contact) in whole::contacts(connection, workspace, &ids.iter().copied().collect())? {
            let trigrams = Trigram::of_contact(&contact);
            if !trigrams.is_empty() {
                let row = row_of(workspace, id)?;
                stored.insert(row.to_string(), tokens(&trigrams).into());
            }
        }
        let changed = ids.into_iter().map(|id| row_of(workspace, id));
        Ok(Some(Step {
            done,
            next,
            is_behind,
            changed: changed.collect::<Result<_, _>>()?,
            stored,
        }))
    }

    /// Stores a step. Returns false, and stores nothing, when another server has made it.
    async fn store_step(&self, workspace: WorkspaceId, step: &Step) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let connection = writing.connection()?;
        // The first step of several servers at once is made by one of them, as every other.
        let advance = if step.done == (0, 0) {
            statement(BEGIN).bind(workspace.0).bind(step.next.0).bind(step.next.1)
        } else {
            let advance = statement(ADVANCE).bind(workspace.0).bind(step.next.0).bind(step.next.1);
            advance.bind(step.done.0).bind(step.done.1)
        };
        if advance.execute(connection).map_err(storage)?.rows_affected() == 0 {
            return Ok(false);
        }
        let forget = statement(FORGET).bind(workspace.0).bind(json(&step.changed)?);
        let forget = forget
            .bind(step.done.0)
            .bind(step.next.0)
            .bind(row_of(workspace, ContactId(0))?);
        forget.execute(connection).map_err(storage)?;
        let store = statement(STORE).bind(json(&step.stored)?);
        store.execute(connection).map_err(storage)?;
        writing.commit()?;
        Ok(true)
    }
}

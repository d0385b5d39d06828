//! Recorded replies.

use super::batch::Batch;
use crate::error::storage;
use crate::rows::{Row, json, micros};
use crate::statement::{SqliteRow, statement};
use data_encoding::HEXLOWER;
use rusqlite::Connection;
use selfsame_application::ports::{Recorded, StorageError};
use selfsame_domain::{ContactId, Timestamp, WorkspaceId};
use std::collections::BTreeSet;

/// Unexpired replies that are recorded under the keys.
pub(super) fn read(
    connection: &Connection,
    workspace: WorkspaceId,
    keys: &[String],
    now: Timestamp,
) -> Result<Vec<Recorded>, StorageError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let rows = statement(
        "SELECT r.rowid, r.key, r.digest, r.decisions, r.contacts, r.expires_at
         FROM json_each(?2) AS k
         CROSS JOIN recorded_replies AS r ON r.workspace_id = ?1 AND r.key = k.value
         WHERE r.expires_at > ?3
         ORDER BY r.key",
    )
    .bind(workspace.0)
    .bind(json(keys)?)
    .bind(micros(now))
    .fetch_all(connection)
    .map_err(storage)?;
    rows.iter().map(recorded).collect()
}

fn recorded(row: &SqliteRow) -> Result<Recorded, StorageError> {
    let row = Row::new(row, "recorded_replies", 0);
    Ok(Recorded {
        key: row.get(1, "key")?,
        digest: row.get(2, "digest")?,
        decisions: row.json(3, "decisions")?,
        contacts: row.json(4, "contacts")?,
        expires_at: row.time(5, "expires_at")?,
    })
}

/// Stores replies. A stored one with the same key has expired, else it would have been found; it is replaced.
pub(super) fn write(batch: &mut Batch<'_>, records: &[Recorded]) -> Result<(), StorageError> {
    if records.is_empty() {
        return Ok(());
    }
    let keys: Vec<&str> = records.iter().map(|record| record.key.as_str()).collect();
    batch.run(FORGET_CONTACTS, &keys)?;
    let row = |record: &Recorded| {
        let digest = HEXLOWER.encode(&record.digest);
        let (decisions, contacts) = (json(&record.decisions)?, json(&record.contacts)?);
        Ok((
            record.key.clone(),
            digest,
            decisions,
            contacts,
            micros(record.expires_at),
        ))
    };
    let rows = records.iter().map(row).collect::<Result<Vec<_>, StorageError>>()?;
    let replies = "INSERT INTO recorded_replies (workspace_id, key, digest, decisions, contacts, expires_at, revision)
         SELECT ?1, r.value ->> 0, unhex(r.value ->> 1), r.value ->> 2, r.value ->> 3, r.value ->> 4, ?3
         FROM jsonb_each(?2) AS r WHERE true
         ON CONFLICT (workspace_id, key) DO UPDATE
         SET digest = excluded.digest, decisions = excluded.decisions, contacts = excluded.contacts,
            expires_at = excluded.expires_at, revision = excluded.revision";
    batch.run_all("recorded_replies", replies, &rows)?;
    let about = |record: &Recorded| {
        let contacts: BTreeSet<ContactId> = record.contacts.iter().copied().collect();
        contacts
            .into_iter()
            .map(|contact| (record.key.clone(), contact))
            .collect::<Vec<_>>()
    };
    let about: Vec<(String, ContactId)> = records.iter().flat_map(about).collect();
    let contacts = "INSERT INTO recorded_reply_contacts (workspace_id, key, contact_id)
         SELECT ?1, r.value ->> 0, r.value ->> 1 FROM jsonb_each(?2) AS r";
    batch.run_all("recorded_reply_contacts", contacts, &about)
}

/// Deletes the replies that involve any of the contacts.
pub(super) fn forget(batch: &mut Batch<'_>, contacts: &[ContactId]) -> Result<(), StorageError> {
    let rows = statement(
        "SELECT DISTINCT c.key
         FROM json_each(?2) AS n
         CROSS JOIN recorded_reply_contacts AS c ON c.workspace_id = ?1 AND c.contact_id = n.value",
    )
    .bind(batch.workspace.0)
    .bind(json(contacts)?)
    .fetch_all(batch.connection)
    .map_err(storage)?;
    let key = |row| Row::new(row, "recorded_reply_contacts", 0).get(0, "key");
    let keys = rows.iter().map(key).collect::<Result<Vec<String>, _>>()?;
    batch.run(FORGET_CONTACTS, &keys)?;
    let replies = "DELETE FROM recorded_replies WHERE workspace_id = ?1 AND key IN (SELECT value FROM json_each(?2))";
    batch.run(replies, &keys)?;
    Ok(())
}

const FORGET_CONTACTS: &str =
    "DELETE FROM recorded_reply_contacts WHERE workspace_id = ?1 AND key IN (SELECT value FROM json_each(?2))";

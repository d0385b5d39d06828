//! Erasing contacts: no data of theirs may remain.

use super::batch::Batch;
use super::{log, records};
use crate::error::storage;
use crate::rows::{Row, json};
use crate::statement::statement;
use selfsame_application::ports::StorageError;
use selfsame_domain::{ContactId, IdentifierKey, IdentifierKind};

/// Deletes contacts, all contacts that they absorbed, and all of their data. A contact that the same batch created was
/// never written.
pub(super) fn erase(batch: &mut Batch<'_>, erased: &[ContactId]) -> Result<(), StorageError> {
    if erased.is_empty() {
        return Ok(());
    }
    let group = group(batch, erased)?;
    records::forget(batch, &group)?;
    // Runs while the identifiers still show who holds the keys.
    keys(batch, &group)?;
    for statement in STATEMENTS {
        batch.run(statement, &group)?;
    }
    let named = named(batch, &group)?;
    sightings(batch, &named)?;
    log::erase(batch, &group)?;
    Ok(())
}

/// The contacts, and the contacts that they absorbed.
fn group(batch: &mut Batch<'_>, erased: &[ContactId]) -> Result<Vec<ContactId>, StorageError> {
    let rows = statement(
        "SELECT value FROM json_each(?2)
         UNION
         SELECT c.contact_id
         FROM json_each(?2) AS n
         CROSS JOIN contacts AS c ON c.workspace_id = ?1 AND c.canonical_id = n.value AND c.state = 'merged'",
    )
    .bind(batch.workspace.0)
    .bind(json(erased)?)
    .fetch_all(batch.connection)
    .map_err(storage)?;
    rows.iter()
        .map(|row| Row::new(row, "contacts", 0).get(0, "contact_id").map(ContactId))
        .collect()
}

/// Values of a kind that only these contacts hold.
macro_rules! held_alone {
    () => {
        "(SELECT i.value
          FROM json_each(?2) AS n
          CROSS JOIN identifiers AS i ON i.workspace_id = ?1 AND i.owner_id = n.value AND i.kind = ?3
          WHERE NOT EXISTS
             (SELECT 1 FROM identifiers AS o
              WHERE o.workspace_id = ?1 AND o.kind = ?3 AND o.value = i.value
                 AND o.owner_id NOT IN (SELECT value FROM json_each(?2))))"
    };
}

/// Tokens are also named without their app, and without their kind.
macro_rules! named_alone {
    () => {
        "(SELECT k.value, '/' || i.typed
          FROM json_each(?2) AS n
          CROSS JOIN identifiers AS i ON i.workspace_id = ?1 AND i.owner_id = n.value AND i.kind IN (4, 5, 6)
          CROSS JOIN json_each('[4, 5, 6]') AS k ON k.value IN (4, i.kind)
          WHERE NOT EXISTS
             (SELECT 1 FROM identifiers AS o
              WHERE o.workspace_id = ?1 AND o.kind = k.value AND o.value = '/' || i.typed
                 AND o.owner_id NOT IN (SELECT value FROM json_each(?2))))"
    };
}

/// Deletes the records of keys that no other contact holds; of unsubscribed ones only the unsubscription stays.
/// Visitors that wait for a holder are given to one of the contacts, and so are erased with it.
const KEYS: [&str; 3] = [
    concat!(
        "UPDATE visitors SET owner_id = (SELECT value FROM json_each(?2) LIMIT 1)
         WHERE workspace_id = ?1 AND kind = ?3 AND closed_at IS NULL AND owner_id IS NULL AND value IN ",
        held_alone!()
    ),
    concat!(
        "DELETE FROM identifier_keys
         WHERE workspace_id = ?1 AND kind = ?3 AND unsubscribed_at IS NULL AND value IN ",
        held_alone!()
    ),
    concat!(
        "UPDATE identifier_keys SET seen_with = '[]', waiting = NULL, waiting_since = NULL
         WHERE workspace_id = ?1 AND kind = ?3 AND unsubscribed_at IS NOT NULL AND value IN ",
        held_alone!()
    ),
];

/// The same for tokens without their apps.
const NAMED: [&str; 2] = [
    concat!(
        "UPDATE visitors SET owner_id = (SELECT value FROM json_each(?2) LIMIT 1)
         WHERE workspace_id = ?1 AND closed_at IS NULL AND owner_id IS NULL AND (kind, value) IN ",
        named_alone!()
    ),
    concat!(
        "DELETE FROM identifier_keys WHERE workspace_id = ?1 AND (kind, value) IN ",
        named_alone!()
    ),
];

/// Deletes the records of keys that no other contact holds. One statement per kind, because in this form SQLite
/// searches the index with all columns of the key.
fn keys(batch: &mut Batch<'_>, group: &[ContactId]) -> Result<(), StorageError> {
    let contacts = json(group)?;
    for (kind, sql) in IdentifierKind::ALL
        .into_iter()
        .flat_map(|kind| KEYS.map(|sql| (kind, sql)))
    {
        statement(sql)
            .bind(batch.workspace.0)
            .bind(&contacts)
            .bind(kind.code())
            .execute(batch.connection)
            .map_err(storage)?;
    }
    for statement in NAMED {
        batch.run(statement, group)?;
    }
    Ok(())
}

/// The identifiers that the log of the contacts names.
fn named(batch: &mut Batch<'_>, group: &[ContactId]) -> Result<Vec<IdentifierKey>, StorageError> {
    let rows = statement(
        "SELECT DISTINCT e.value -> '$.identifier.key' AS named
         FROM json_each(?2) AS n
         CROSS JOIN identity_log AS l ON l.workspace_id = ?1 AND l.contact_id = n.value
         CROSS JOIN json_each(l.body, '$.effects') AS e
         WHERE named IS NOT NULL",
    )
    .bind(batch.workspace.0)
    .bind(json(group)?)
    .fetch_all(batch.connection)
    .map_err(storage)?;
    let key = |row| Row::new(row, "identity_log", 0).json(0, "body");
    rows.iter().map(key).collect()
}

/// Deletes the sightings of identifiers that no contact holds and that these contacts named, or held once, according to
/// their log. Runs after their identifiers are deleted.
fn sightings(batch: &mut Batch<'_>, named: &[IdentifierKey]) -> Result<(), StorageError> {
    let keys: Vec<_> = named.iter().map(|key| (key.kind.code(), &key.value)).collect();
    for statement in SIGHTINGS {
        batch.run(statement, &keys)?;
    }
    Ok(())
}

macro_rules! named_without_contact {
    () => {
        "workspace_id = ?1 AND (kind, value) IN (SELECT n.value ->> 0, n.value ->> 1 FROM jsonb_each(?2) AS n)
            AND NOT EXISTS
                (SELECT 1 FROM identifiers AS i
                 WHERE i.workspace_id = ?1 AND i.kind = identifier_keys.kind AND i.value = identifier_keys.value)"
    };
}

/// Unsubscriptions and waiting visitors stay.
const SIGHTINGS: [&str; 2] = [
    concat!(
        "DELETE FROM identifier_keys WHERE unsubscribed_at IS NULL AND waiting IS NULL AND ",
        named_without_contact!()
    ),
    concat!(
        "UPDATE identifier_keys SET seen_with = '[]' WHERE seen_with <> '[]' AND ",
        named_without_contact!()
    ),
];

const STATEMENTS: [&str; 19] = [
    // Recorded with the revision of the commit, so that exports delete the contacts too.
    "INSERT INTO deletions (workspace_id, revision, kind, id) SELECT ?1, ?3, 1, CAST(value AS TEXT) FROM json_each(?2)",
    "INSERT OR IGNORE INTO deletions (workspace_id, revision, kind, id)
     SELECT ?1, ?3, 2, lower(hex(visitor_id)) FROM visitors WHERE workspace_id = ?1 AND owner_id IN (SELECT value FROM json_each(?2))",
    "INSERT OR IGNORE INTO deletions (workspace_id, revision, kind, id)
     SELECT ?1, ?3, 2, lower(hex(visitor_id)) FROM visitors WHERE workspace_id = ?1 AND home_id IN (SELECT value FROM json_each(?2))",
    "DELETE FROM identifiers WHERE workspace_id = ?1 AND owner_id IN (SELECT value FROM json_each(?2))",
    "DELETE FROM segment_members INDEXED BY segment_members_by_owner
     WHERE workspace_id = ?1 AND owner_id IN (SELECT value FROM json_each(?2))",
    "DELETE FROM segment_due
     WHERE workspace_id = ?1 AND contact_id IN (SELECT value FROM json_each(?2))",
    "DELETE FROM segment_periods INDEXED BY segment_periods_by_contact
     WHERE workspace_id = ?1 AND contact_id IN (SELECT value FROM json_each(?2))",
    "DELETE FROM import_undo INDEXED BY import_undo_by_contact
     WHERE workspace_id = ?1 AND contact_id IN (SELECT value FROM json_each(?2))",
    "DELETE FROM webhook_deliveries INDEXED BY webhook_deliveries_by_contact
     WHERE workspace_id = ?1 AND contact_id IN (SELECT value FROM json_each(?2))",
    "UPDATE import_rows SET dedupe_value = NULL
     WHERE workspace_id = ?1 AND contact_id IN (SELECT value FROM json_each(?2)) AND dedupe_value IS NOT NULL",
    "DELETE FROM orders WHERE workspace_id = ?1 AND contact_id IN (SELECT value FROM json_each(?2))",
    "DELETE FROM events WHERE workspace_id = ?1 AND contact_id IN (SELECT value FROM json_each(?2))",
    "DELETE FROM events WHERE workspace_id = ?1 AND visitor_id IN
        (SELECT v.visitor_id FROM json_each(?2) AS n
         CROSS JOIN visitors AS v ON v.workspace_id = ?1 AND v.owner_id = n.value)",
    "DELETE FROM events WHERE workspace_id = ?1 AND visitor_id IN
        (SELECT v.visitor_id FROM json_each(?2) AS n
         CROSS JOIN visitors AS v ON v.workspace_id = ?1 AND v.home_id = n.value)",
    "DELETE FROM visitors WHERE workspace_id = ?1 AND owner_id IN (SELECT value FROM json_each(?2))",
    "DELETE FROM visitors WHERE workspace_id = ?1 AND home_id IN (SELECT value FROM json_each(?2))",
    "DELETE FROM merges WHERE workspace_id = ?1 AND survivor_id IN (SELECT value FROM json_each(?2))",
    "DELETE FROM merges WHERE workspace_id = ?1 AND absorbed_id IN (SELECT value FROM json_each(?2))",
    "DELETE FROM contacts WHERE workspace_id = ?1 AND contact_id IN (SELECT value FROM json_each(?2))",
];

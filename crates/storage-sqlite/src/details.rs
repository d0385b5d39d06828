//! Contacts with the details that readers get.

use crate::catalog::segments_by_id;
use crate::error::storage;
use crate::rows::{Row, json};
use crate::statement::statement;
use crate::whole;
use rusqlite::Connection;
use selfsame_application::ports::{ContactDetails, StorageError};
use selfsame_domain::{Contact, ContactId, IdentifierKey, IdentifierKind, Segment, SegmentId, Timestamp, WorkspaceId};
use std::collections::{BTreeMap, BTreeSet};

/// Loads contacts by their own numbers, in the given order.
pub(crate) fn details(
    connection: &Connection,
    workspace: WorkspaceId,
    order: &[ContactId],
) -> Result<Vec<ContactDetails>, StorageError> {
    let ids = order.iter().copied().collect();
    let mut contacts = whole::contacts(connection, workspace, &ids)?;
    let shown: BTreeSet<SegmentId> = contacts.values().flat_map(Contact::segments).collect();
    let segments = segments_by_id(connection, workspace, &shown)?;
    let segments: BTreeMap<SegmentId, Segment> = segments.into_iter().map(|segment| (segment.id, segment)).collect();
    let unsubscribed = unsubscribed(connection, workspace, contacts.values())?;
    let assemble = |contact: Contact| ContactDetails {
        segments: contact
            .segments()
            .iter()
            .filter_map(|id| segments.get(id))
            .cloned()
            .collect(),
        unsubscribed: emails(&contact)
            .filter_map(|key| unsubscribed.get(key).map(|since| (key.clone(), *since)))
            .collect(),
        contact,
    };
    Ok(order
        .iter()
        .filter_map(|id| contacts.remove(id))
        .map(assemble)
        .collect())
}

fn emails(contact: &Contact) -> impl Iterator<Item = &IdentifierKey> {
    let emails = contact
        .identifiers
        .iter()
        .filter(|held| held.kind() == IdentifierKind::Email && held.is_visible());
    emails.map(selfsame_domain::HeldIdentifier::key)
}

fn unsubscribed<'c>(
    connection: &Connection,
    workspace: WorkspaceId,
    contacts: impl Iterator<Item = &'c Contact>,
) -> Result<BTreeMap<IdentifierKey, Timestamp>, StorageError> {
    let values: BTreeSet<&str> = contacts.flat_map(emails).map(|key| key.value.as_str()).collect();
    if values.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = statement(
        "SELECT k.workspace_id, k.value, k.unsubscribed_at
         FROM json_each(?2) AS v
         CROSS JOIN identifier_keys AS k ON k.workspace_id = ?1 AND k.kind = ?3 AND k.value = v.value
         WHERE k.unsubscribed_at IS NOT NULL",
    )
    .bind(workspace.0)
    .bind(json(&values)?)
    .bind(IdentifierKind::Email.code())
    .fetch_all(connection)
    .map_err(storage)?;
    let pair = |row| {
        let row = Row::new(row, "identifier_keys", 0);
        let key = IdentifierKey {
            kind: IdentifierKind::Email,
            value: row.get(1, "value")?,
        };
        Ok((key, row.time(2, "unsubscribed_at")?))
    };
    rows.iter().map(pair).collect()
}

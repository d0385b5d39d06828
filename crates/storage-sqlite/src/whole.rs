//! Contacts with everything that they own.

use crate::error::storage;
use crate::rows::{Row, json};
use crate::statement::{SqliteRow, statement};
use rusqlite::Connection;
use selfsame_application::ports::StorageError;
use selfsame_domain::values::{ChannelType, Source};
use selfsame_domain::{
    Attributes, Contact, ContactId, ContactState, HeldIdentifier, Identifier, IdentifierKey, IdentifierKind,
    IdentifierState, Membership, Revision, SegmentId, WorkspaceId,
};
use std::collections::{BTreeMap, BTreeSet};

/// The columns of an identifier `i`, in the order that [`held`] reads, after the column that identifies the contact.
macro_rules! identifier_columns {
    () => {
        "i.owner_id, i.kind, i.value, i.home_id, i.typed, i.state, i.hidden_by, i.channels, i.details, i.confirmed, \
         i.source, i.first_seen, i.last_seen"
    };
}
pub(crate) use identifier_columns;

/// Loads contacts by their own numbers, in any state. Always three statements.
pub(crate) fn contacts(
    connection: &Connection,
    workspace: WorkspaceId,
    ids: &BTreeSet<ContactId>,
) -> Result<BTreeMap<ContactId, Contact>, StorageError> {
    let mut found = BTreeMap::new();
    if ids.is_empty() {
        return Ok(found);
    }
    let numbers = json(ids)?;
    for row in narrow(connection, workspace, &numbers)? {
        let contact = contact(&row)?;
        found.insert(contact.id, contact);
    }
    for row in identifiers(connection, workspace, &numbers)? {
        let held = held(&row)?;
        if let Some(contact) = found.get_mut(&held.owner) {
            contact.identifiers.push(held);
        }
    }
    for row in memberships(connection, workspace, &numbers)? {
        let member = membership(&row)?;
        if let Some(contact) = found.get_mut(&member.owner) {
            contact.memberships.push(member);
        }
    }
    for contact in found.values_mut() {
        contact
            .identifiers
            .sort_by(|a, b| (a.key(), a.home).cmp(&(b.key(), b.home)));
        contact.memberships.sort_by_key(|member| (member.segment, member.home));
    }
    Ok(found)
}

fn narrow(connection: &Connection, workspace: WorkspaceId, numbers: &str) -> Result<Vec<SqliteRow>, StorageError> {
    statement(
        "SELECT c.contact_id, c.state, c.canonical_id, c.merged_into, c.source, c.created_at, c.updated_at, c.attributes,
            c.revision
         FROM json_each(?2) AS n CROSS JOIN contacts AS c ON c.workspace_id = ?1 AND c.contact_id = n.value",
    )
    .bind(workspace.0)
    .bind(numbers)
    .fetch_all(connection)
    .map_err(storage)
}

fn identifiers(connection: &Connection, workspace: WorkspaceId, numbers: &str) -> Result<Vec<SqliteRow>, StorageError> {
    statement(concat!(
        "SELECT ",
        identifier_columns!(),
        " FROM json_each(?2) AS n CROSS JOIN identifiers AS i ON i.workspace_id = ?1 AND i.owner_id = n.value",
    ))
    .bind(workspace.0)
    .bind(numbers)
    .fetch_all(connection)
    .map_err(storage)
}

fn memberships(connection: &Connection, workspace: WorkspaceId, numbers: &str) -> Result<Vec<SqliteRow>, StorageError> {
    statement(
        "SELECT m.owner_id, m.segment_id, m.home_id, m.hidden_by, m.since
         FROM json_each(?2) AS n
         CROSS JOIN segment_members AS m INDEXED BY segment_members_by_owner
            ON m.workspace_id = ?1 AND m.owner_id = n.value",
    )
    .bind(workspace.0)
    .bind(numbers)
    .fetch_all(connection)
    .map_err(storage)
}

fn contact(row: &SqliteRow) -> Result<Contact, StorageError> {
    let row = Row::new(row, "contacts", 0);
    let attributes = match row.get::<Option<&str>>(7, "attributes")? {
        Some(_) => row.json(7, "attributes")?,
        None => Attributes::default(),
    };
    Ok(Contact {
        id: ContactId(row.get(0, "contact_id")?),
        state: row.read(1, "state", ContactState::from_text)?,
        canonical: ContactId(row.get(2, "canonical_id")?),
        merged_into: row.get::<Option<i64>>(3, "merged_into")?.map(ContactId),
        source: row.read(4, "source", Source::from_text)?,
        created_at: row.time(5, "created_at")?,
        updated_at: row.time(6, "updated_at")?,
        revision: Revision(row.get(8, "revision")?),
        attributes,
        identifiers: Vec::new(),
        memberships: Vec::new(),
    })
}

/// Reads an identifier from `identifier_columns`.
pub(crate) fn held(row: &SqliteRow) -> Result<HeldIdentifier, StorageError> {
    let row = Row::new(row, "identifiers", 0);
    let details = match row.get::<Option<&str>>(8, "details")? {
        Some(_) => row.json(8, "details")?,
        None => selfsame_domain::ChannelDetails::default(),
    };
    Ok(HeldIdentifier {
        owner: ContactId(row.get(0, "owner_id")?),
        identifier: Identifier {
            key: key(&row, 1, 2)?,
            typed: row.get(4, "typed")?,
        },
        home: ContactId(row.get(3, "home_id")?),
        state: row.read(5, "state", IdentifierState::from_text)?,
        hidden_by: row.get::<Option<i64>>(6, "hidden_by")?.map(ContactId),
        channels: row.read(7, "channels", channels)?,
        details,
        confirmed: row.get(9, "confirmed")?,
        source: row.read(10, "source", Source::from_text)?,
        first_seen: row.time(11, "first_seen")?,
        last_seen: row.time(12, "last_seen")?,
    })
}

/// Reads a kind and a value.
pub(crate) fn key(row: &Row<'_>, kind: usize, value: usize) -> Result<IdentifierKey, StorageError> {
    let code = row.get(kind, "kind")?;
    let kind = IdentifierKind::from_code(code).ok_or_else(|| row.corrupt("kind"))?;
    Ok(IdentifierKey {
        kind,
        value: row.get(value, "value")?,
    })
}

fn membership(row: &SqliteRow) -> Result<Membership, StorageError> {
    let row = Row::new(row, "segment_members", 0);
    Ok(Membership {
        owner: ContactId(row.get(0, "owner_id")?),
        segment: SegmentId(row.get(1, "segment_id")?),
        home: ContactId(row.get(2, "home_id")?),
        hidden_by: row.get::<Option<i64>>(3, "hidden_by")?.map(ContactId),
        since: row.time(4, "since")?,
    })
}

/// Reads what [`channels_text`] wrote.
fn channels(text: &str) -> Option<BTreeSet<ChannelType>> {
    text.split(',')
        .filter(|part| !part.is_empty())
        .map(ChannelType::from_wire)
        .collect()
}

/// The stored form of channels: their wire names, separated by commas.
pub(crate) fn channels_text(channels: &BTreeSet<ChannelType>) -> String {
    channels
        .iter()
        .map(|channel| channel.as_wire())
        .collect::<Vec<_>>()
        .join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_read_back() {
        for set in [
            BTreeSet::new(),
            BTreeSet::from([ChannelType::Sms]),
            BTreeSet::from(ChannelType::ALL),
        ] {
            assert_eq!(channels(&channels_text(&set)), Some(set));
        }
        assert_eq!(channels("sms,fax"), None);
    }
}

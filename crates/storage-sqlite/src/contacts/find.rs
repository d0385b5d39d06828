//! The numbers of contacts that fit what a person typed.

use super::answering;
use crate::error::storage;
use crate::rows::Row;
use crate::statement::{Statement, statement};
use rusqlite::Connection;
use selfsame_application::ports::StorageError;
use selfsame_domain::{ContactId, FindQuery, FindRank, NamePrefixes, WorkspaceId};
use std::collections::BTreeMap;

const ACTIVE: &str =
    "SELECT c.contact_id, '' FROM contacts AS c WHERE c.workspace_id = ?1 AND c.contact_id = ?2 AND c.state = 'active'";

// CROSS JOIN fixes the order of the loops: from the range of the index to the contacts.
const BY_IDENTIFIER: &str = "
    SELECT c.contact_id, i.value
    FROM identifiers AS i
    CROSS JOIN contacts AS c ON c.workspace_id = ?1 AND c.contact_id = i.owner_id AND c.state = 'active'
    WHERE i.workspace_id = ?1 AND i.kind = ?2 AND i.value >= ?3 AND i.value < ?4 AND i.hidden_by IS NULL
    ORDER BY i.value LIMIT ?5";

const BY_LAST_NAME: &str = "
    SELECT c.contact_id, ''
    FROM contacts AS c INDEXED BY contacts_by_last_name
    WHERE c.workspace_id = ?1 AND c.state = 'active' AND c.last_name_match >= ?2 AND c.last_name_match < ?3
      AND (?4 IS NULL OR (c.first_name_match >= ?4 AND c.first_name_match < ?5))
    ORDER BY c.last_name_match, c.first_name_match LIMIT ?6";

const BY_FIRST_NAME: &str = "
    SELECT c.contact_id, ''
    FROM contacts AS c INDEXED BY contacts_by_first_name
    WHERE c.workspace_id = ?1 AND c.state = 'active' AND c.first_name_match >= ?2 AND c.first_name_match < ?3
    ORDER BY c.first_name_match LIMIT ?4";

/// The best first; a statement for each way in which the query can be meant.
pub(super) fn found(
    connection: &Connection,
    workspace: WorkspaceId,
    query: &FindQuery,
    limit: u32,
) -> Result<Vec<ContactId>, StorageError> {
    let mut ranks: BTreeMap<ContactId, FindRank> = BTreeMap::new();
    let mut note = |id: ContactId, rank: FindRank| {
        let best = ranks.entry(id).or_insert(rank);
        *best = rank.min(*best);
    };
    let requested = query
        .contact
        .map(|id| answering(connection, workspace, id))
        .transpose()?;
    if let Some(id) = requested.flatten() {
        for (id, _) in read(connection, statement(ACTIVE).bind(workspace.0).bind(id.0))? {
            note(id, FindRank::ContactId);
        }
    }
    for (kind, prefix) in &query.identifiers {
        let by_identifier = statement(BY_IDENTIFIER).bind(workspace.0).bind(kind.code());
        let by_identifier = by_identifier.bind(&prefix.from).bind(&prefix.below).bind(limit);
        for (id, value) in read(connection, by_identifier)? {
            let is_whole = value == prefix.from;
            note(
                id,
                if is_whole {
                    FindRank::Identifier
                } else {
                    FindRank::IdentifierPrefix
                },
            );
        }
    }
    for names in &query.names {
        let Some(by_name) = by_name(workspace, names, limit) else {
            continue;
        };
        for (id, _) in read(connection, by_name)? {
            note(id, FindRank::Names);
        }
    }
    let mut found: Vec<(FindRank, ContactId)> = ranks.into_iter().map(|(id, rank)| (rank, id)).collect();
    found.sort();
    let first = found.into_iter().take(limit as usize);
    Ok(first.map(|(_, id)| id).collect())
}

fn by_name(workspace: WorkspaceId, names: &NamePrefixes, limit: u32) -> Option<Statement> {
    let first = names.first.as_ref();
    let Some(last) = &names.last else {
        let first = first?;
        let by_first = statement(BY_FIRST_NAME).bind(workspace.0);
        return Some(by_first.bind(&first.from).bind(&first.below).bind(limit));
    };
    let by_last = statement(BY_LAST_NAME)
        .bind(workspace.0)
        .bind(&last.from)
        .bind(&last.below);
    let by_last = by_last
        .bind(first.map(|first| &first.from))
        .bind(first.map(|first| &first.below));
    Some(by_last.bind(limit))
}

/// Contacts, and the identifiers that they were found by.
fn read(connection: &Connection, statement: Statement) -> Result<Vec<(ContactId, String)>, StorageError> {
    let rows = statement.fetch_all(connection).map_err(storage)?;
    let pair = |row| {
        let row = Row::new(row, "contacts", 0);
        Ok((ContactId(row.get(0, "contact_id")?), row.get(1, "value")?))
    };
    rows.iter().map(pair).collect()
}

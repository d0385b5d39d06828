//! The numbers of contacts that match a filter.

use crate::catalog::{beyond, count};
use crate::error::storage;
use crate::rows::{Row, json};
use crate::statement::statement;
use rusqlite::Connection;
use selfsame_application::ports::{ContactOrder, ContactQuery, Page, StorageError};
use selfsame_domain::{ContactId, WorkspaceId};

// Statements are concatenated from literals at compile time. CROSS JOIN fixes the order of the loops: from the rows
// that the filter names to the contacts, never the reverse.

/// Starts from the identifiers, all of which the contact must visibly hold. `?2` is a list of kinds and values.
macro_rules! by_identifiers {
    () => {
        "FROM (SELECT i.owner_id AS id
               FROM jsonb_each(?2) AS k
               CROSS JOIN identifiers AS i
                  ON i.workspace_id = ?1 AND i.kind = k.value ->> 0 AND i.value = k.value ->> 1 AND i.hidden_by IS NULL
               GROUP BY i.owner_id
               HAVING count(DISTINCT k.key) = json_array_length(?2)) AS m
         CROSS JOIN contacts AS c ON c.workspace_id = ?1 AND c.contact_id = m.id AND c.state = 'active'
         WHERE (?3 IS NULL OR c.first_name_match = ?3) AND (?4 IS NULL OR c.last_name_match = ?4)"
    };
}

/// Starts from the last name; compares the first name if it is given.
macro_rules! by_last_name {
    () => {
        "FROM contacts AS c INDEXED BY contacts_by_last_name
         WHERE c.workspace_id = ?1 AND c.state = 'active' AND c.last_name_match = ?4
            AND (?3 IS NULL OR c.first_name_match = ?3) AND ?2 IS NOT NULL"
    };
}

/// Starts from the first name alone.
macro_rules! by_first_name {
    () => {
        "FROM contacts AS c INDEXED BY contacts_by_first_name
         WHERE c.workspace_id = ?1 AND c.state = 'active' AND c.first_name_match = ?3 AND ?4 IS NULL AND ?2 IS NOT NULL"
    };
}

/// All active contacts.
macro_rules! by_nothing {
    () => {
        "FROM contacts AS c
         WHERE c.workspace_id = ?1 AND c.state = 'active' AND ?2 IS NOT NULL AND ?3 IS NULL AND ?4 IS NULL"
    };
}

macro_rules! statements {
    ($from:ident) => {
        statements!($from, concat!("SELECT count(*) ", $from!()))
    };
    ($from:ident, $count:expr) => {
        Statements {
            count: $count,
            updated: concat!(
                "SELECT c.contact_id ",
                $from!(),
                " ORDER BY c.updated_at DESC, c.contact_id DESC LIMIT ?5 OFFSET ?6"
            ),
            id: concat!(
                "SELECT c.contact_id ",
                $from!(),
                " ORDER BY c.contact_id LIMIT ?5 OFFSET ?6"
            ),
        }
    };
}

struct Statements {
    count: &'static str,
    updated: &'static str,
    id: &'static str,
}

const BY_IDENTIFIERS: Statements = statements!(by_identifiers);
const BY_LAST_NAME: Statements = statements!(by_last_name);
const BY_FIRST_NAME: Statements = statements!(by_first_name);
/// The total is stored in `revisions`.
const BY_NOTHING: Statements = statements!(
    by_nothing,
    "SELECT COALESCE(max(active_contacts), 0) FROM revisions
     WHERE workspace_id = ?1 AND ?2 IS NOT NULL AND ?3 IS NULL AND ?4 IS NULL"
);

/// One page of the contacts that match, and the total number of matches.
pub(super) fn page(
    connection: &Connection,
    workspace: WorkspaceId,
    query: &ContactQuery,
) -> Result<Page<ContactId>, StorageError> {
    let filter = &query.filter;
    let statements = match (filter.identifiers.is_empty(), &filter.last_name, &filter.first_name) {
        (false, _, _) => BY_IDENTIFIERS,
        (true, Some(_), _) => BY_LAST_NAME,
        (true, None, Some(_)) => BY_FIRST_NAME,
        (true, None, None) => BY_NOTHING,
    };
    let paging = match query.order {
        ContactOrder::Updated => statements.updated,
        ContactOrder::Id => statements.id,
    };
    let identifiers: Vec<_> = filter
        .identifiers
        .iter()
        .map(|key| (key.kind.code(), &key.value))
        .collect();
    let identifiers = json(&identifiers)?;
    let first_name = filter.first_name.as_ref().map(|name| name.to_lowercase());
    let last_name = filter.last_name.as_ref().map(|name| name.to_lowercase());
    let bound = |sql| {
        let query = statement(sql).bind(workspace.0).bind(identifiers.clone());
        query.bind(first_name.clone()).bind(last_name.clone())
    };
    let total = bound(statements.count).fetch_one(connection).map_err(storage)?;
    let total = count(&Row::new(&total, "contacts", 0), 0)?;
    let rows = bound(paging)
        .bind(query.limit)
        .bind(beyond(query.offset))
        .fetch_all(connection)
        .map_err(storage)?;
    let number = |row| Row::new(row, "contacts", 0).get(0, "contact_id").map(ContactId);
    Ok(Page {
        items: rows.iter().map(number).collect::<Result<_, _>>()?,
        total,
    })
}

//! Contacts that fit what a person typed.

use super::{PageRow, details_of, page, substring};
use crate::error::translate;
use crate::store::PostgresStore;
use selfsame_application::ports::{ContactDetails, Found, StorageError};
use selfsame_domain::{FindQuery, Prefix, WorkspaceId};
use std::time::{Duration, Instant};

/// The numbers of active contacts, the best first. Each part of the union is a range of an index, cut to the limit for every row that asks; the
/// ranks are those of `FindRank`. `$3` to `$5` are identifiers, `$6` to `$9` names that begin with a last name, `$10` and `$11` first names.
const FOUND: &str = "
    SELECT contact_id
    FROM (
        SELECT c.contact_id, 0 AS rank
        FROM contacts asked
        JOIN contacts c ON c.workspace_id = $1 AND c.contact_id = asked.canonical_id AND c.state = 1
        WHERE asked.workspace_id = $1 AND asked.contact_id = $2
        UNION ALL
        SELECT i.contact_id, CASE WHEN i.value = asked.start THEN 1 ELSE 2 END
        FROM UNNEST($3::smallint[], $4::text[], $5::text[]) AS asked (kind, start, below)
        CROSS JOIN LATERAL (
            SELECT c.contact_id, h.value
            FROM identifiers h
            JOIN contacts c ON c.workspace_id = $1 AND c.contact_id = h.owner_id AND c.state = 1
            WHERE h.workspace_id = $1 AND h.kind = asked.kind AND h.value >= asked.start AND h.value < asked.below
              AND h.hidden_by IS NULL
            ORDER BY h.value LIMIT $12
        ) i
        UNION ALL
        SELECT c.contact_id, 3
        FROM UNNEST($6::text[], $7::text[], $8::text[], $9::text[]) AS asked (last, last_below, first, first_below)
        CROSS JOIN LATERAL (
            SELECT contact_id
            FROM contacts
            WHERE workspace_id = $1 AND state = 1 AND last_name_match >= asked.last AND last_name_match < asked.last_below
              AND (asked.first IS NULL OR (first_name_match >= asked.first AND first_name_match < asked.first_below))
            ORDER BY last_name_match, first_name_match LIMIT $12
        ) c
        UNION ALL
        SELECT c.contact_id, 3
        FROM UNNEST($10::text[], $11::text[]) AS asked (first, first_below)
        CROSS JOIN LATERAL (
            SELECT contact_id
            FROM contacts
            WHERE workspace_id = $1 AND state = 1 AND first_name_match >= asked.first AND first_name_match < asked.first_below
            ORDER BY first_name_match LIMIT $12
        ) c
    ) found
    GROUP BY contact_id
    ORDER BY min(rank), contact_id
    LIMIT $12";

pub(super) async fn found(
    store: &PostgresStore,
    workspace: WorkspaceId,
    query: &FindQuery,
    limit: u32,
    time: Duration,
) -> Result<Found, StorageError> {
    let items = beginning(store, workspace, query, limit).await?;
    let mut found = Found {
        items,
        is_partial: false,
    };
    if found.items.len() < limit as usize && !query.words.is_empty() {
        substring::add(store, workspace, query, limit, Instant::now() + time, &mut found).await?;
    }
    Ok(found)
}

/// The contacts that fit otherwise than by a substring.
async fn beginning(
    store: &PostgresStore,
    workspace: WorkspaceId,
    query: &FindQuery,
    limit: u32,
) -> Result<Vec<ContactDetails>, StorageError> {
    let kinds: Vec<i16> = query.identifiers.iter().map(|(kind, _)| kind.code()).collect();
    let (starts, ends) = bounds(query.identifiers.iter().map(|(_, prefix)| prefix));
    let last = || {
        query
            .names
            .iter()
            .filter_map(|names| Some((names.last.as_ref()?, names.first.as_ref())))
    };
    let (last_starts, last_ends) = bounds(last().map(|(last, _)| last));
    let first_of_last: Vec<Option<&str>> = last()
        .map(|(_, first)| first.map(|first| first.from.as_str()))
        .collect();
    let first_of_last_ends: Vec<Option<&str>> = last()
        .map(|(_, first)| first.map(|first| first.below.as_str()))
        .collect();
    let alone = query.names.iter().filter(|names| names.last.is_none());
    let (first_starts, first_ends) = bounds(alone.filter_map(|names| names.first.as_ref()));
    let row: PageRow = sqlx::query_as(sqlx::AssertSqlSafe(details_of(FOUND)))
        .bind(workspace.0)
        .bind(query.contact.map(|id| id.0))
        .bind(kinds)
        .bind(starts)
        .bind(ends)
        .bind(last_starts)
        .bind(last_ends)
        .bind(first_of_last)
        .bind(first_of_last_ends)
        .bind(first_starts)
        .bind(first_ends)
        .bind(i64::from(limit))
        .fetch_one(store.pool())
        .await
        .map_err(translate)?;
    Ok(page(row)?.items)
}

fn bounds<'a>(prefixes: impl Iterator<Item = &'a Prefix>) -> (Vec<&'a str>, Vec<&'a str>) {
    prefixes
        .map(|prefix| (prefix.from.as_str(), prefix.below.as_str()))
        .unzip()
}

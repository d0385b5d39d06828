//! Contacts that contain what a person typed.

use crate::details::details;
use crate::error::storage;
use crate::rows::{Row, json};
use crate::search::{contact_of, row_of, tokens};
use crate::statement::{SqliteRow, statement, until};
use rusqlite::Connection;
use selfsame_application::ports::{ContactDetails, Found, StorageError};
use selfsame_domain::{ContactId, FindQuery, FindRank, FindSteps, Words, WorkspaceId};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// The numbers of the contacts.
const RANGE: &str = "
    SELECT (SELECT min(contact_id) FROM contacts WHERE workspace_id = ?1),
           (SELECT max(contact_id) FROM contacts WHERE workspace_id = ?1)";

/// The contacts whose changes the index lacks, the latest first.
const UNINDEXED: &str = "
    SELECT c.contact_id
    FROM (
        SELECT coalesce(max(revision), 0) AS revision, coalesce(max(contact_id), 0) AS contact_id
        FROM search_progress
        WHERE workspace_id = ?1
    ) AS p
    CROSS JOIN contacts AS c INDEXED BY contacts_by_revision
        ON c.workspace_id = ?1 AND c.revision >= p.revision AND (c.revision > p.revision OR c.contact_id > p.contact_id)
    ORDER BY c.revision DESC
    LIMIT ?2";

const CANDIDATES: &str = "
    SELECT rowid FROM contact_search
    WHERE contact_search MATCH ?1 AND rowid BETWEEN ?2 AND ?3
    ORDER BY rowid
    LIMIT ?4";

const ACTIVE: &str = "
    SELECT c.contact_id
    FROM json_each(?2) AS n
    CROSS JOIN contacts AS c ON c.workspace_id = ?1 AND c.contact_id = n.value AND c.state = 'active'";

/// A search under way. Contacts that were found otherwise have a better rank than all of its hits.
struct Search<'a> {
    connection: &'a Connection,
    workspace: WorkspaceId,
    query: &'a FindQuery,
    deadline: Instant,
    known: BTreeSet<ContactId>,
    hits: BTreeMap<ContactId, (FindRank, ContactDetails)>,
}

/// Adds contacts that contain the words of the query, the best first, until there are as many as `limit`.
pub(super) fn add(
    connection: &Connection,
    workspace: WorkspaceId,
    query: &FindQuery,
    limit: u32,
    deadline: Instant,
    found: &mut Found,
) -> Result<(), StorageError> {
    let wanted = (limit as usize).saturating_sub(found.items.len());
    let mut search = Search {
        connection,
        workspace,
        query,
        deadline,
        known: found.items.iter().map(|details| details.contact.id).collect(),
        hits: BTreeMap::new(),
    };
    let complete = until(connection, deadline, || search.run(wanted))?.flatten();
    found.is_partial = complete.is_none_or(|is_behind| is_behind);
    let mut hits: Vec<_> = search.hits.into_values().collect();
    hits.sort_by_key(|(rank, details)| (*rank, details.contact.id));
    found
        .items
        .extend(hits.into_iter().take(wanted).map(|(_, details)| details));
    Ok(())
}

impl Search<'_> {
    /// Looks until there are enough hits, and returns whether the index lacks changes that were not looked at; none when the time was over before.
    fn run(&mut self, wanted: usize) -> Result<Option<bool>, StorageError> {
        if self.is_over() {
            return Ok(None);
        }
        let range = statement(RANGE).bind(self.workspace.0).fetch_one(self.connection);
        let range = range.map_err(storage)?;
        let (Some(first), Some(last)) = (range.get(0), range.get(1)) else {
            return Ok(Some(false));
        };
        let unindexed = statement(UNINDEXED).bind(self.workspace.0).bind(FindSteps::AT_ONCE + 1);
        let mut unindexed = Self::ids(unindexed.fetch_all(self.connection), ContactId)?;
        let is_behind = unindexed.len() > FindSteps::AT_ONCE as usize;
        unindexed.truncate(FindSteps::AT_ONCE as usize);
        self.compare(&unindexed)?;
        for words in &self.query.words {
            let mut steps = FindSteps::new(ContactId(first), ContactId(last));
            while let Some(range) = steps.range()
                && self.hits.len() < wanted
            {
                if self.is_over() {
                    return Ok(None);
                }
                let candidates = self.candidates(words, range)?;
                if self.is_over() {
                    return Ok(None);
                }
                self.compare(&candidates)?;
                steps.advance(&candidates);
            }
        }
        Ok(Some(is_behind))
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// Contacts of a range that may contain the words, ascending.
    fn candidates(&self, words: &Words, (from, to): (ContactId, ContactId)) -> Result<Vec<ContactId>, StorageError> {
        let candidates = statement(CANDIDATES)
            .bind(tokens(&words.trigrams()))
            .bind(row_of(self.workspace, from)?)
            .bind(row_of(self.workspace, to)?)
            .bind(FindSteps::AT_ONCE);
        Self::ids(candidates.fetch_all(self.connection), contact_of)
    }

    /// Reads contacts and keeps those that fit.
    fn compare(&mut self, candidates: &[ContactId]) -> Result<(), StorageError> {
        let active = statement(ACTIVE).bind(self.workspace.0).bind(json(&candidates)?);
        let active = Self::ids(active.fetch_all(self.connection), ContactId)?;
        for details in details(self.connection, self.workspace, &active)? {
            let id = details.contact.id;
            let rank = self.query.rank(&details.contact).filter(|_| !self.known.contains(&id));
            self.hits.extend(rank.map(|rank| (id, (rank, details))));
        }
        Ok(())
    }

    fn ids(
        rows: Result<Vec<SqliteRow>, rusqlite::Error>,
        id: fn(i64) -> ContactId,
    ) -> Result<Vec<ContactId>, StorageError> {
        let rows = rows.map_err(storage)?;
        rows.iter()
            .map(|row| Row::new(row, "contacts", 0).get(0, "contact_id").map(id))
            .collect()
    }
}

//! Contacts that contain what a person typed.

use super::{PageRow, details_of, page};
use crate::bounded::Transaction;
use crate::error::{in_time, limit_time, translate};
use crate::search::key;
use crate::store::PostgresStore;
use selfsame_application::ports::{ContactDetails, Found, StorageError};
use selfsame_domain::{ContactId, FindQuery, FindRank, FindSteps, Words, WorkspaceId};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// The numbers of the contacts, and the contacts whose changes the index lacks, the latest first.
const RANGE: &str = "
    SELECT (SELECT min(contact_id) FROM contacts WHERE workspace_id = $1) AS first,
           (SELECT max(contact_id) FROM contacts WHERE workspace_id = $1) AS last,
           ARRAY(
               SELECT c.contact_id
               FROM (
                   SELECT COALESCE(max(revision), 0) AS revision, COALESCE(max(contact_id), 0) AS contact_id
                   FROM search_progress
                   WHERE workspace_id = $1
               ) p
               CROSS JOIN LATERAL (
                   SELECT contact_id
                   FROM contacts
                   WHERE workspace_id = $1 AND revision >= p.revision AND (revision > p.revision OR contact_id > p.contact_id)
                   ORDER BY revision DESC
                   LIMIT $2
               ) c
           ) AS unindexed";

/// Candidates. `$2` are the keys of each block of the range, as texts of arrays: an array of arrays would need as many keys for each. Every
/// look-up has a key of its own block, so the index returns no contact of another.
const CANDIDATES: &str = "
    SELECT s.contact_id
    FROM UNNEST($2::text[]) AS block (keys)
    CROSS JOIN LATERAL (
        SELECT contact_id FROM contact_search WHERE workspace_id = $1 AND keys @> block.keys::bigint[] OFFSET 0
    ) s
    WHERE s.contact_id >= $3
    ORDER BY s.contact_id
    LIMIT $4";

const ACTIVE: &str = "
    SELECT c.contact_id
    FROM UNNEST($2::bigint[]) AS asked (contact_id)
    CROSS JOIN LATERAL (
        SELECT contact_id FROM contacts WHERE workspace_id = $1 AND contact_id = asked.contact_id AND state = 1 OFFSET 0
    ) c";

#[derive(Debug, sqlx::FromRow)]
struct RangeRow {
    first: Option<i64>,
    last: Option<i64>,
    unindexed: Vec<i64>,
}

/// A search under way. Contacts that were found otherwise have a better rank than all of its hits.
struct Search<'a> {
    transaction: Transaction,
    workspace: WorkspaceId,
    query: &'a FindQuery,
    deadline: Instant,
    known: BTreeSet<ContactId>,
    hits: BTreeMap<ContactId, (FindRank, ContactDetails)>,
}

/// Adds contacts that contain the words of the query, the best first, until there are as many as `limit`.
pub(super) async fn add(
    store: &PostgresStore,
    workspace: WorkspaceId,
    query: &FindQuery,
    limit: u32,
    deadline: Instant,
    found: &mut Found,
) -> Result<(), StorageError> {
    let wanted = (limit as usize).saturating_sub(found.items.len());
    let known = found.items.iter().map(|details| details.contact.id).collect();
    let mut search = Search {
        transaction: store.pool().begin().await.map_err(translate)?,
        workspace,
        query,
        deadline,
        known,
        hits: BTreeMap::new(),
    };
    found.is_partial = store
        .in_time(search.run(wanted))
        .await?
        .is_none_or(|is_behind| is_behind);
    let mut hits: Vec<_> = search.hits.into_values().collect();
    hits.sort_by_key(|(rank, details)| (*rank, details.contact.id));
    found
        .items
        .extend(hits.into_iter().take(wanted).map(|(_, details)| details));
    Ok(())
}

impl Search<'_> {
    /// Looks until there are enough hits, and returns whether the index lacks changes that were not looked at; none when the time was over before.
    async fn run(&mut self, wanted: usize) -> Result<Option<bool>, StorageError> {
        if !self.limit_time().await? {
            return Ok(None);
        }
        let range = sqlx::query_as(RANGE)
            .bind(self.workspace.0)
            .bind(i64::from(FindSteps::AT_ONCE) + 1)
            .fetch_one(&mut *self.transaction)
            .await;
        let Some(range): Option<RangeRow> = in_time(range)? else {
            return Ok(None);
        };
        let (Some(first), Some(last)) = (range.first, range.last) else {
            return Ok(Some(false));
        };
        let mut unindexed = range.unindexed;
        let is_behind = unindexed.len() > FindSteps::AT_ONCE as usize;
        unindexed.truncate(FindSteps::AT_ONCE as usize);
        if !self.compare(&unindexed).await? {
            return Ok(None);
        }
        for words in &self.query.words {
            let mut steps = FindSteps::new(ContactId(first), ContactId(last));
            while let Some(range) = steps.range()
                && self.hits.len() < wanted
            {
                let Some(candidates) = self.candidates(words, range).await? else {
                    return Ok(None);
                };
                if !self.compare(&candidates).await? {
                    return Ok(None);
                }
                let candidates: Vec<ContactId> = candidates.into_iter().map(ContactId).collect();
                steps.advance(&candidates);
            }
        }
        Ok(Some(is_behind))
    }

    /// Contacts of a range that may contain the words, ascending; none when the time is over.
    async fn candidates(
        &mut self,
        words: &Words,
        (from, to): (ContactId, ContactId),
    ) -> Result<Option<Vec<i64>>, StorageError> {
        if !self.limit_time().await? {
            return Ok(None);
        }
        let trigrams = words.trigrams();
        let blocks = from.0 / FindSteps::BLOCK..=to.0 / FindSteps::BLOCK;
        let keys = blocks.map(|block| {
            let keys = trigrams
                .iter()
                .map(|trigram| key(self.workspace, block, *trigram).to_string());
            format!("{{{}}}", keys.collect::<Vec<_>>().join(","))
        });
        let candidates = sqlx::query_scalar(CANDIDATES)
            .bind(self.workspace.0)
            .bind(keys.collect::<Vec<_>>())
            .bind(from.0)
            .bind(i64::from(FindSteps::AT_ONCE))
            .fetch_all(&mut *self.transaction)
            .await;
        in_time(candidates)
    }

    /// Reads contacts and keeps those that fit. Returns false when the time is over.
    async fn compare(&mut self, candidates: &[i64]) -> Result<bool, StorageError> {
        if candidates.is_empty() {
            return Ok(true);
        }
        if !self.limit_time().await? {
            return Ok(false);
        }
        let row = sqlx::query_as(sqlx::AssertSqlSafe(details_of(ACTIVE)))
            .bind(self.workspace.0)
            .bind(candidates)
            .fetch_one(&mut *self.transaction)
            .await;
        let Some(row): Option<PageRow> = in_time(row)? else {
            return Ok(false);
        };
        for details in page(row)?.items {
            let id = details.contact.id;
            let rank = self.query.rank(&details.contact).filter(|_| !self.known.contains(&id));
            self.hits.extend(rank.map(|rank| (id, (rank, details))));
        }
        Ok(true)
    }

    /// Limits the next statement to the time that is left. Returns false when there is none.
    async fn limit_time(&mut self) -> Result<bool, StorageError> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.as_millis() == 0 {
            return Ok(false);
        }
        limit_time(&mut self.transaction, left).await?;
        Ok(true)
    }
}

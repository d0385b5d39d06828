//! Reading contacts.

mod find;

use crate::error::translate;
use crate::rows::{self, AnswerRecord, ContactRecord, IdentifierRecord, MembershipRecord, SegmentRecord, ValueRecord};
use crate::store::PostgresStore;
use async_trait::async_trait;
use selfsame_application::ports::{
    ContactDetails, ContactFilter, ContactGroup, ContactOrder, ContactQuery, Contacts, Page, SegmentQuery,
    StorageError, TokenOwner,
};
use selfsame_domain::values::{ChannelType, Source};
use selfsame_domain::{
    Contact, ContactId, FindQuery, HeldIdentifier, IdentifierKey, IdentifierKind, KeyRecord, Segment, SegmentId,
    Timestamp, WorkspaceId,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// All data of the contacts of `page (contact_id, place)`.
macro_rules! details {
    () => {
        "ARRAY(SELECT contact_id FROM page ORDER BY place) AS in_order,
         ARRAY(SELECT c.record
               FROM page
               CROSS JOIN LATERAL (
                   SELECT record FROM contact_rows WHERE workspace_id = $1 AND contact_id = page.contact_id OFFSET 0
               ) c) AS contacts,
         ARRAY(SELECT i.record
               FROM page
               CROSS JOIN LATERAL (
                   SELECT record FROM identifier_rows WHERE workspace_id = $1 AND owner_id = page.contact_id OFFSET 0
               ) i) AS identifiers,
         ARRAY(SELECT m.record
               FROM page
               CROSS JOIN LATERAL (
                   SELECT record FROM membership_rows WHERE workspace_id = $1 AND owner_id = page.contact_id OFFSET 0
               ) m) AS memberships,
         ARRAY(SELECT s.record
               FROM (SELECT DISTINCT m.segment_id
                     FROM page
                     CROSS JOIN LATERAL (
                         SELECT segment_id FROM segment_members
                         WHERE workspace_id = $1 AND owner_id = page.contact_id OFFSET 0
                     ) m) joined
               CROSS JOIN LATERAL (
                   SELECT record FROM segment_rows WHERE workspace_id = $1 AND segment_id = joined.segment_id OFFSET 0
               ) s) AS segments,
         ARRAY(SELECT v.record
               FROM page
               CROSS JOIN LATERAL (
                   SELECT value FROM identifiers
                   WHERE workspace_id = $1 AND owner_id = page.contact_id AND kind = 2 OFFSET 0
               ) i
               CROSS JOIN LATERAL (
                   SELECT record FROM value_rows WHERE workspace_id = $1 AND kind = 2 AND value = i.value OFFSET 0
               ) v) AS known"
    };
}
pub(crate) use details;

/// One page of `found`, which the statement begins with.
macro_rules! page {
    ($found:expr, $order:literal) => {
        page!($found, $order, "SELECT count(*) FROM found")
    };
    ($found:expr, $order:literal, $total:literal) => {
        concat!(
            "WITH found AS ",
            $found,
            ", page AS MATERIALIZED (
                SELECT contact_id, row_number() OVER () AS place
                FROM (SELECT contact_id FROM found ORDER BY ",
            $order,
            " OFFSET $2 LIMIT $3) in_order
            )
            SELECT (",
            $total,
            ") AS total, ",
            details!()
        )
    };
}

/// One page of all active contacts. It comes from an index, so its cost does not depend on their number. The total is
/// stored in `revisions`.
macro_rules! everybody {
    ($order:literal) => {
        page!(
            "NOT MATERIALIZED (SELECT contact_id, updated_at FROM contacts WHERE workspace_id = $1 AND state = 1)",
            $order,
            "SELECT COALESCE(max(active_contacts), 0) FROM revisions WHERE workspace_id = $1"
        )
    };
}

/// Contacts that visibly hold all of the identifiers, and have the names that are given.
macro_rules! identified {
    () => {
        "MATERIALIZED (
            SELECT c.contact_id, c.updated_at
            FROM (
                SELECT i.owner_id
                FROM UNNEST($6::smallint[], $7::text[]) AS asked (kind, value)
                CROSS JOIN LATERAL (
                    SELECT owner_id FROM identifiers
                    WHERE workspace_id = $1 AND kind = asked.kind AND value = asked.value AND hidden_by IS NULL
                    OFFSET 0
                ) i
                GROUP BY i.owner_id
                HAVING count(DISTINCT (asked.kind, asked.value)) = cardinality($6::smallint[])
            ) holder
            CROSS JOIN LATERAL (
                SELECT contact_id, updated_at, first_name_match, last_name_match FROM contacts
                WHERE workspace_id = $1 AND contact_id = holder.owner_id AND state = 1 OFFSET 0
            ) c
            WHERE ($4::text IS NULL OR c.first_name_match = $4) AND ($5::text IS NULL OR c.last_name_match = $5)
        )"
    };
}

/// Contacts that have the names; at least one name is given.
macro_rules! with_names {
    () => {
        "MATERIALIZED (
            SELECT c.contact_id, c.updated_at
            FROM contacts c
            WHERE c.workspace_id = $1 AND c.state = 1
              AND ($4::text IS NULL OR c.first_name_match = $4) AND ($5::text IS NULL OR c.last_name_match = $5)
        )"
    };
}

/// Members of the segment, with the time of entry.
macro_rules! members {
    () => {
        "MATERIALIZED (
            SELECT m.owner_id AS contact_id, min(m.since) AS since
            FROM segment_members m
            JOIN contacts c ON c.workspace_id = $1 AND c.contact_id = m.owner_id AND c.state = 1
            WHERE m.workspace_id = $1 AND m.segment_id = $4 AND m.hidden_by IS NULL
            GROUP BY m.owner_id
        )"
    };
}

const ONE: &str = concat!(
    "WITH page AS MATERIALIZED (
        SELECT c.contact_id, 1 AS place
        FROM contacts asked
        JOIN contacts c ON c.workspace_id = $1 AND c.contact_id = asked.canonical_id AND c.state = 1
        WHERE asked.workspace_id = $1 AND asked.contact_id = $2
    )
    SELECT 1::bigint AS total, ",
    details!()
);

const AFTER: &str = concat!(
    "WITH page AS MATERIALIZED (
        SELECT contact_id, row_number() OVER (ORDER BY contact_id) AS place
        FROM (SELECT contact_id FROM contacts
              WHERE workspace_id = $1 AND contact_id > $2 AND state = 1
              ORDER BY contact_id LIMIT $3) in_order
    )
    SELECT 0::bigint AS total, ",
    details!()
);

const WITH_ABSORBED: &str = concat!(
    "WITH page AS MATERIALIZED (
        SELECT canonical_id AS contact_id, 1 AS place FROM contacts WHERE workspace_id = $1 AND contact_id = $2
    )
    SELECT
        ARRAY(SELECT c.record
              FROM page
              JOIN contact_rows c ON c.workspace_id = $1 AND c.canonical_id = page.contact_id AND c.state = 3) AS absorbed,
        1::bigint AS total, ",
    details!()
);

const EMAILS: &str = "
    WITH asked AS MATERIALIZED (
        SELECT a.contact_id, c.contact_id AS canonical_id
        FROM (SELECT DISTINCT UNNEST($2::bigint[]) AS contact_id) a
        CROSS JOIN LATERAL (
            SELECT canonical_id FROM contacts WHERE workspace_id = $1 AND contact_id = a.contact_id OFFSET 0
        ) named
        CROSS JOIN LATERAL (
            SELECT contact_id FROM contacts
            WHERE workspace_id = $1 AND contact_id = named.canonical_id AND state = 1 OFFSET 0
        ) c
    )
    SELECT
        ARRAY(SELECT ROW(contact_id, canonical_id)::answer_v1 FROM asked) AS answers,
        ARRAY(SELECT i.record
              FROM (SELECT DISTINCT canonical_id FROM asked) c
              CROSS JOIN LATERAL (
                SELECT record FROM identifier_rows
                WHERE workspace_id = $1 AND owner_id = c.canonical_id AND kind = 2 OFFSET 0
              ) i) AS identifiers";

const TOKEN_OWNER: &str = "
    SELECT i.record
    FROM UNNEST($2::smallint[], $3::text[]) WITH ORDINALITY AS asked (kind, value, place)
    CROSS JOIN LATERAL (
        SELECT owner_id, home_id, record FROM identifier_rows
        WHERE workspace_id = $1 AND kind = asked.kind AND value = asked.value AND hidden_by IS NULL OFFSET 0
    ) i
    CROSS JOIN LATERAL (
        SELECT FROM contacts WHERE workspace_id = $1 AND contact_id = i.owner_id AND state = 1 OFFSET 0
    ) c
    ORDER BY asked.place, i.home_id
    LIMIT 1";

/// A page of contacts.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct PageRow {
    total: i64,
    in_order: Vec<i64>,
    contacts: Vec<ContactRecord>,
    identifiers: Vec<IdentifierRecord>,
    memberships: Vec<MembershipRecord>,
    segments: Vec<SegmentRecord>,
    /// The records of their emails.
    known: Vec<ValueRecord>,
}

/// A contact, and the contacts that it absorbed.
#[derive(Debug, sqlx::FromRow)]
struct GroupRow {
    absorbed: Vec<ContactRecord>,
    #[sqlx(flatten)]
    page: PageRow,
}

/// Emails of contacts, and the canonical contacts of the requested numbers.
#[derive(Debug, sqlx::FromRow)]
struct EmailsRow {
    answers: Vec<AnswerRecord>,
    identifiers: Vec<IdentifierRecord>,
}

#[async_trait]
impl Contacts for PostgresStore {
    async fn contact(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<ContactDetails>, StorageError> {
        let row = sqlx::query_as(ONE)
            .bind(workspace.0)
            .bind(id.0)
            .fetch_one(self.pool())
            .await
            .map_err(translate)?;
        Ok(page(row)?.items.pop())
    }

    async fn answering(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<ContactId>, StorageError> {
        let found: Option<i64> =
            sqlx::query_scalar("SELECT canonical_id FROM contacts WHERE workspace_id = $1 AND contact_id = $2")
                .bind(workspace.0)
                .bind(id.0)
                .fetch_optional(self.pool())
                .await
                .map_err(translate)?;
        Ok(found.map(ContactId))
    }

    async fn with_absorbed(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<ContactGroup>, StorageError> {
        let row: GroupRow = sqlx::query_as(WITH_ABSORBED)
            .bind(workspace.0)
            .bind(id.0)
            .fetch_one(self.pool())
            .await
            .map_err(translate)?;
        let absorbed = rows::contacts(row.absorbed, Vec::new(), Vec::new())?;
        let found = page(row.page)?;
        Ok(found.items.into_iter().next().map(|details| ContactGroup {
            details,
            absorbed: absorbed.into_values().collect(),
        }))
    }

    async fn search(&self, workspace: WorkspaceId, query: &ContactQuery) -> Result<Page<ContactDetails>, StorageError> {
        let ContactFilter {
            identifiers,
            first_name,
            last_name,
        } = &query.filter;
        let keys: BTreeSet<&IdentifierKey> = identifiers.iter().collect();
        let names = first_name.is_some() || last_name.is_some();
        let statement = match (keys.is_empty(), names, query.order) {
            (true, false, ContactOrder::Updated) => everybody!("updated_at DESC, contact_id DESC"),
            (true, false, ContactOrder::Id) => everybody!("contact_id"),
            (true, true, ContactOrder::Updated) => page!(with_names!(), "updated_at DESC, contact_id DESC"),
            (true, true, ContactOrder::Id) => page!(with_names!(), "contact_id"),
            (false, _, ContactOrder::Updated) => page!(identified!(), "updated_at DESC, contact_id DESC"),
            (false, _, ContactOrder::Id) => page!(identified!(), "contact_id"),
        };
        let mut statement = sqlx::query_as(statement)
            .bind(workspace.0)
            .bind(i64::try_from(query.offset).unwrap_or(i64::MAX))
            .bind(i64::from(query.limit));
        if names || !keys.is_empty() {
            let lower = |name: &Option<String>| name.as_ref().map(|name| name.to_lowercase());
            statement = statement.bind(lower(first_name)).bind(lower(last_name));
        }
        if !keys.is_empty() {
            let kinds: Vec<i16> = keys.iter().map(|key| key.kind.code()).collect();
            let values: Vec<&str> = keys.iter().map(|key| key.value.as_str()).collect();
            statement = statement.bind(kinds).bind(values);
        }
        page(statement.fetch_one(self.pool()).await.map_err(translate)?)
    }

    async fn find(
        &self,
        workspace: WorkspaceId,
        query: &FindQuery,
        limit: u32,
    ) -> Result<Vec<ContactDetails>, StorageError> {
        find::found(self, workspace, query, limit).await
    }

    async fn contacts_after(
        &self,
        workspace: WorkspaceId,
        after: ContactId,
        limit: u32,
    ) -> Result<Vec<ContactDetails>, StorageError> {
        let row = sqlx::query_as(AFTER)
            .bind(workspace.0)
            .bind(after.0)
            .bind(i64::from(limit))
            .fetch_one(self.pool())
            .await
            .map_err(translate)?;
        Ok(page(row)?.items)
    }

    async fn in_segment(
        &self,
        workspace: WorkspaceId,
        query: &SegmentQuery,
    ) -> Result<Option<Page<ContactDetails>>, StorageError> {
        let statement = match (query.by_time, query.ascending) {
            (false, true) => page!(members!(), "contact_id"),
            (false, false) => page!(members!(), "contact_id DESC"),
            (true, true) => page!(members!(), "since, contact_id"),
            (true, false) => page!(members!(), "since DESC, contact_id DESC"),
        };
        let row = sqlx::query_as(statement)
            .bind(workspace.0)
            .bind(i64::try_from(query.offset).unwrap_or(i64::MAX))
            .bind(i64::from(query.limit))
            .bind(query.segment.0)
            .fetch_one(self.pool())
            .await
            .map_err(translate)?;
        let found = page(row)?;
        if found.total == 0 && !self.has_segment(workspace, query.segment).await? {
            return Ok(None);
        }
        Ok(Some(found))
    }

    async fn emails(
        &self,
        workspace: WorkspaceId,
        ids: &[ContactId],
    ) -> Result<Vec<(ContactId, String)>, StorageError> {
        let numbers: Vec<i64> = ids.iter().map(|id| id.0).collect();
        let row: EmailsRow = sqlx::query_as(EMAILS)
            .bind(workspace.0)
            .bind(numbers)
            .fetch_one(self.pool())
            .await
            .map_err(translate)?;
        let mut contacts: HashMap<ContactId, Contact> = HashMap::new();
        for held in rows::all(row.identifiers, HeldIdentifier::try_from)? {
            // Only the fields that `first_email` needs.
            let empty = || Contact::new(held.owner, Source::Api, held.first_seen);
            contacts.entry(held.owner).or_insert_with(empty).identifiers.push(held);
        }
        let emails: HashMap<ContactId, String> = contacts
            .into_values()
            .filter_map(|contact| first_email(&contact).map(|email| (contact.id, email)))
            .collect();
        let answers = row.answers.into_iter();
        let canonical: HashMap<ContactId, ContactId> = answers
            .map(|row| (ContactId(row.contact_id), ContactId(row.canonical_id)))
            .collect();
        let email = |id: &ContactId| emails.get(canonical.get(id)?).map(|email| (*id, email.clone()));
        Ok(ids.iter().filter_map(email).collect())
    }

    async fn token_owner(
        &self,
        workspace: WorkspaceId,
        keys: &[IdentifierKey],
    ) -> Result<Option<TokenOwner>, StorageError> {
        let kinds: Vec<i16> = keys.iter().map(|key| key.kind.code()).collect();
        let values: Vec<&str> = keys.iter().map(|key| key.value.as_str()).collect();
        let found: Option<(IdentifierRecord,)> = sqlx::query_as(TOKEN_OWNER)
            .bind(workspace.0)
            .bind(kinds)
            .bind(values)
            .fetch_optional(self.pool())
            .await
            .map_err(translate)?;
        let Some((record,)) = found else { return Ok(None) };
        let held = HeldIdentifier::try_from(record)?;
        Ok(Some(TokenOwner {
            contact: held.owner,
            held,
        }))
    }
}

impl PostgresStore {
    async fn has_segment(&self, workspace: WorkspaceId, segment: SegmentId) -> Result<bool, StorageError> {
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM segments WHERE workspace_id = $1 AND segment_id = $2)")
            .bind(workspace.0)
            .bind(segment.0)
            .fetch_one(self.pool())
            .await
            .map_err(translate)
    }
}

fn first_email(contact: &Contact) -> Option<String> {
    let channels = contact.channels();
    let email = channels.iter().find(|(channel, _)| *channel == ChannelType::Email);
    email.map(|(_, held)| held.identifier.typed.clone())
}

/// The statement that reads whole contacts by the numbers (`contact_id`) that another statement returns, in its order.
/// The first parameter of that statement is the workspace.
pub(crate) fn details_of(numbers: &str) -> String {
    const DETAILS: &str = details!();
    format!(
        "WITH page AS MATERIALIZED (SELECT contact_id, row_number() OVER () AS place FROM ({numbers}) found)
         SELECT 0::bigint AS total, {DETAILS}"
    )
}

/// The contacts of a page, in its order.
pub(crate) fn page(row: PageRow) -> Result<Page<ContactDetails>, StorageError> {
    let mut contacts = rows::contacts(row.contacts, row.identifiers, row.memberships)?;
    let segments: BTreeMap<SegmentId, Segment> = rows::all(row.segments, Segment::try_from)?
        .into_iter()
        .map(|segment| (segment.id, segment))
        .collect();
    let known: Vec<(IdentifierKey, KeyRecord)> = rows::all(row.known, TryFrom::try_from)?;
    let unsubscribed: HashMap<String, Timestamp> = known
        .into_iter()
        .filter_map(|(key, record)| Some((key.value, record.unsubscribed_at?)))
        .collect();
    let in_order = row
        .in_order
        .into_iter()
        .filter_map(|id| contacts.remove(&ContactId(id)));
    let items = in_order
        .map(|contact| with_details(contact, &segments, &unsubscribed))
        .collect();
    Ok(Page {
        items,
        total: row.total.unsigned_abs(),
    })
}

fn with_details(
    contact: Contact,
    segments: &BTreeMap<SegmentId, Segment>,
    unsubscribed: &HashMap<String, Timestamp>,
) -> ContactDetails {
    let since = |held: &&HeldIdentifier| unsubscribed.get(&held.key().value).map(|at| (held.key().clone(), *at));
    ContactDetails {
        segments: contact
            .segments()
            .iter()
            .filter_map(|id| segments.get(id))
            .cloned()
            .collect(),
        unsubscribed: contact
            .visible(IdentifierKind::Email)
            .iter()
            .filter_map(since)
            .collect(),
        contact,
    }
}

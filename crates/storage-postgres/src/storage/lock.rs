//! Locks: what keeps writers on any number of servers apart.
//!
//! # The protocol
//!
//! Writers run in READ COMMITTED, where each statement sees what was committed before it began, and lock rows in one order:
//!
//! 1. rows of `recorded_replies`, by key;
//! 2. rows of `categories`, then of `segments`, by number: shared by those who put contacts into them or take them out, alone by
//!    those who rename, archive or empty;
//! 3. rows of `counters`, by name, by those who define something;
//! 4. rows of `identifier_keys`, by kind and value. One that is not there is made first, so that there is something to lock;
//! 5. rows of `contacts`, by number.
//!
//! What a lock gives, and what it asks for:
//!
//! - **Key.** Only under the lock of its key does a value get a holder that did not hold it. Whoever does this to a key that was there
//!   before also writes a new version of the key's row.
//! - **Contact.** Only under the lock of a contact does anything change that it owns: its row, profile, identifiers,
//!   memberships, visitors, and who answers to it. Whoever does this also writes a new version of the contact's row. The
//!   merges of a group change only under the lock of the contact that answers for it.
//! - **Segment.** Whoever holds it shared knows that it keeps its name and is not emptied.
//! - **Counter.** Segments get names, categories and fields are made or changed, only under the lock of their counter.
//!
//! # One statement locks and reads
//!
//! A statement that waits for a lock gets the row as it was left, but everything else as it was when the statement began. So the
//! statement compares each row that it locked with the version that it sees without locking. Where they are the same, nobody changed
//! what hangs on the row since the statement began, because that would have made a new version: what it read is true, and stays
//! true under the locks. Otherwise it is stale, and is done once more. What is locked by then stays locked, and what else is
//! needed must not be waited for, as that would break the order: when it is not free, the transaction starts over.

use super::Unit;
use crate::error::translate;
use crate::rows::{
    self, ContactRecord, FieldRecord, IdentifierRecord, KeyRecordRow, MembershipRecord, VisitorRecord, contact_record,
    field_record, identifier_record, key_record, membership_record, visitor_record,
};
use selfsame_application::ports::{Mode, StorageError};
use selfsame_domain::{Contact, ContactId, CustomField, Footprint, IdentifierKey, KeyRecord, Visitor};
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};

// Every look-up is a lateral sub-query with OFFSET 0, which the planner leaves alone: it is done by an index, once for every row that
// asks. Left to itself the planner, whose statistics of a young table say that it is nearly empty, reads all rows of the workspace.

/// The keys that are asked for. They come sorted.
macro_rules! asked {
    () => {
        "asked AS MATERIALIZED (
            SELECT kind, value, needed
            FROM UNNEST($2::smallint[], $3::text[], $4::boolean[]) AS asked (kind, value, needed)
        )"
    };
}

/// Who is wanted: holders of the keys that are needed, and whoever answers for the contacts that are named.
macro_rules! wanted {
    () => {
        "named AS MATERIALIZED (
            SELECT c.contact_id, c.canonical_id
            FROM UNNEST($5::bigint[]) AS asked (contact_id)
            CROSS JOIN LATERAL (
                SELECT contact_id, canonical_id FROM contacts
                WHERE workspace_id = $1 AND contact_id = asked.contact_id OFFSET 0
            ) c
        ),
        wanted AS MATERIALIZED (
            SELECT c.contact_id, c.seen
            FROM (
                SELECT i.owner_id AS contact_id
                FROM asked a
                CROSS JOIN LATERAL (
                    SELECT owner_id FROM identifiers
                    WHERE workspace_id = $1 AND kind = a.kind AND value = a.value OFFSET 0
                ) i
                WHERE a.needed
                UNION
                SELECT canonical_id FROM named
            ) leads
            CROSS JOIN LATERAL (
                SELECT contact_id, ctid AS seen FROM contacts
                WHERE workspace_id = $1 AND contact_id = leads.contact_id OFFSET 0
            ) c
        )"
    };
}

/// The locks: `kept` waits for `made`, and `held` for `kept`; the counts are there to make it so. Each row comes with the version that
/// the statement sees without locking.
macro_rules! locks {
    ($made:literal, $wait:literal) => {
        concat!(
            "kept AS MATERIALIZED (
                SELECT k.kind, k.value, k.shared, k.seen_with, k.unsubscribed_at, k.version = s.seen AS current
                FROM (SELECT * FROM asked WHERE ",
            $made,
            " >= 0 ORDER BY kind, value) a
                CROSS JOIN LATERAL (
                    SELECT ctid AS seen FROM identifier_keys
                    WHERE workspace_id = $1 AND kind = a.kind AND value = a.value OFFSET 0
                ) s
                CROSS JOIN LATERAL (
                    SELECT kind, value, shared, seen_with, unsubscribed_at, ctid AS version FROM identifier_keys
                    WHERE workspace_id = $1 AND kind = a.kind AND value = a.value
                    OFFSET 0 FOR UPDATE ",
            $wait,
            "
                ) k
            ),
            held AS MATERIALIZED (
                SELECT c.*, c.version = w.seen AS current
                FROM (SELECT * FROM wanted WHERE (SELECT count(*) FROM kept) >= 0 ORDER BY contact_id) w
                CROSS JOIN LATERAL (
                    SELECT contacts.*, ctid AS version FROM contacts
                    WHERE workspace_id = $1 AND contact_id = w.contact_id
                    OFFSET 0 FOR UPDATE ",
            $wait,
            "
                ) c
            )"
        )
    };
}

/// Whether something that was locked is not what the statement saw, or is gone.
macro_rules! stale {
    ($made:literal) => {
        concat!(
            $made,
            " + (SELECT count(*) FROM kept WHERE current) <> (SELECT count(*) FROM asked)
             OR (SELECT count(*) FROM held WHERE current) <> (SELECT count(*) FROM wanted)"
        )
    };
}

/// What was found, in one row.
macro_rules! found {
    () => {
        concat!(
            "(SELECT jsonb_hash_extended(w.policy, 0) FROM workspaces w WHERE w.workspace_id = $1),
             ARRAY(SELECT ",
            key_record!(),
            " FROM kept k),
             ARRAY(SELECT ROW(contact_id, canonical_id) FROM named WHERE contact_id <> canonical_id),
             ARRAY(SELECT ",
            contact_record!(),
            " FROM held c LEFT JOIN LATERAL (
                SELECT * FROM profiles WHERE workspace_id = $1 AND contact_id = c.contact_id OFFSET 0
              ) p ON true),
             ARRAY(SELECT ",
            identifier_record!(),
            " FROM held c CROSS JOIN LATERAL (
                SELECT * FROM identifiers WHERE workspace_id = $1 AND owner_id = c.contact_id OFFSET 0
              ) i),
             ARRAY(SELECT ",
            membership_record!(),
            " FROM held c CROSS JOIN LATERAL (
                SELECT * FROM segment_members WHERE workspace_id = $1 AND owner_id = c.contact_id OFFSET 0
              ) m),
             ARRAY(SELECT ",
            visitor_record!(),
            " FROM asked a CROSS JOIN LATERAL (
                SELECT * FROM visitors WHERE workspace_id = $1 AND cookie = a.value AND closed_at IS NULL OFFSET 0
              ) v
              WHERE a.kind = 8),
             ARRAY(SELECT ",
            field_record!(),
            " FROM UNNEST($6::bigint[]) AS asked (field_id)
              CROSS JOIN LATERAL (
                SELECT * FROM custom_fields WHERE workspace_id = $1 AND field_id = asked.field_id OFFSET 0
              ) f
              UNION ALL
              SELECT ",
            field_record!(),
            " FROM UNNEST($7::text[], $8::text[]) AS asked (profile_key, field_key)
              CROSS JOIN LATERAL (
                SELECT * FROM custom_fields
                WHERE workspace_id = $1 AND profile_key = asked.profile_key AND field_key = asked.field_key OFFSET 0
              ) f
              WHERE f.field_id <> ALL($6::bigint[]))"
        )
    };
}

/// The first try: makes keys that are not there, and waits for locks.
const LOCK: &str = concat!(
    "WITH ",
    asked!(),
    ",
    made AS (
        INSERT INTO identifier_keys (workspace_id, kind, value)
        SELECT $1, kind, value FROM asked ORDER BY kind, value
        ON CONFLICT DO NOTHING
        RETURNING 1
    ), ",
    wanted!(),
    ", ",
    locks!("(SELECT count(*) FROM made)", ""),
    " SELECT ",
    stale!("(SELECT count(*) FROM made)"),
    ", ",
    found!()
);

/// The second try: all keys are there, and nothing may be waited for.
const LOCK_AGAIN: &str = concat!(
    "WITH ",
    asked!(),
    ", ",
    wanted!(),
    ", ",
    locks!("0", "NOWAIT"),
    " SELECT ",
    stale!("0"),
    ", ",
    found!()
);

/// For a dry run: the transaction sees one state throughout, so there is nothing to lock.
const PEEK: &str = concat!(
    "WITH ",
    asked!(),
    ",
    kept AS (
        SELECT k.* FROM asked a JOIN identifier_keys k ON k.workspace_id = $1 AND k.kind = a.kind AND k.value = a.value
    ), ",
    wanted!(),
    ",
    held AS (
        SELECT c.* FROM wanted w JOIN contacts c ON c.workspace_id = $1 AND c.contact_id = w.contact_id
    )
    SELECT false, ",
    found!()
);

type FoundRow = (
    bool,
    Option<i64>,
    Vec<KeyRecordRow>,
    Vec<(i64, i64)>,
    Vec<ContactRecord>,
    Vec<IdentifierRecord>,
    Vec<MembershipRecord>,
    Vec<VisitorRecord>,
    Vec<FieldRecord>,
);

/// What the keys and contacts of a footprint led to.
#[derive(Debug)]
pub(super) struct Found {
    /// Records of the keys that were there before.
    pub(super) keys: Vec<(IdentifierKey, KeyRecord)>,
    /// Absorbed ones among the contacts that were named, with who answers for them.
    pub(super) canonical: BTreeMap<ContactId, ContactId>,
    /// Holders, and those who answer for the named; also holders that the snapshot leaves out.
    pub(super) contacts: BTreeMap<ContactId, Contact>,
    pub(super) visitors: Vec<Visitor>,
    pub(super) fields: Vec<CustomField>,
}

/// What is asked for, in columns.
struct Asked {
    kinds: Vec<i16>,
    values: Vec<String>,
    needed: Vec<bool>,
    named: Vec<i64>,
    fields: Vec<i64>,
    profile_keys: Vec<String>,
    field_keys: Vec<String>,
}

impl Unit {
    /// Locks and reads keys, their holders, and whoever answers for the named contacts; reads fields.
    pub(super) async fn lock(
        &mut self,
        footprint: &Footprint,
        named: &BTreeSet<ContactId>,
    ) -> Result<Found, StorageError> {
        let asked = Asked {
            kinds: footprint.keys.keys().map(|key| key.kind.code()).collect(),
            values: footprint.keys.keys().map(|key| key.value.clone()).collect(),
            needed: footprint.keys.values().copied().collect(),
            named: named.iter().map(|id| id.0).collect(),
            fields: footprint.fields.iter().map(|id| id.0).collect(),
            profile_keys: footprint
                .field_keys
                .iter()
                .map(|(profile, _)| profile.clone())
                .collect(),
            field_keys: footprint.field_keys.iter().map(|(_, field)| field.clone()).collect(),
        };
        let row = match self.mode {
            Mode::DryRun => find(PEEK, &mut self.transaction, self.workspace.0, &asked).await?,
            Mode::Write => {
                let first = find(LOCK, &mut self.transaction, self.workspace.0, &asked).await?;
                if first.0 {
                    find(LOCK_AGAIN, &mut self.transaction, self.workspace.0, &asked).await?
                } else {
                    first
                }
            }
        };
        let (stale, fingerprint, keys, canonical, contacts, identifiers, memberships, visitors, fields) = row;
        self.check_policy(fingerprint)?;
        if stale {
            return Err(StorageError::Retriable);
        }
        let mut fields = rows::all(fields, rows::field)?;
        fields.sort_by_key(|field| field.id);
        Ok(Found {
            keys: rows::all(keys, rows::key)?,
            canonical: canonical
                .into_iter()
                .map(|(id, canonical)| (ContactId(id), ContactId(canonical)))
                .collect(),
            contacts: rows::contacts(contacts, identifiers, memberships)?,
            visitors: visitors.into_iter().map(rows::visitor).collect(),
            fields,
        })
    }

    pub(super) fn check_policy(&self, fingerprint: Option<i64>) -> Result<(), StorageError> {
        self.store.policies().check(self.workspace, &self.policy, fingerprint)
    }
}

async fn find(
    statement: &'static str,
    connection: &mut PgConnection,
    workspace: i64,
    asked: &Asked,
) -> Result<FoundRow, StorageError> {
    sqlx::query_as(statement)
        .bind(workspace)
        .bind(&asked.kinds)
        .bind(&asked.values)
        .bind(&asked.needed)
        .bind(&asked.named)
        .bind(&asked.fields)
        .bind(&asked.profile_keys)
        .bind(&asked.field_keys)
        .fetch_one(connection)
        .await
        .map_err(translate)
}

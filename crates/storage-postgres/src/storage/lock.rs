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
//! 4. rows of `orders`, by external ID, by those who keep orders;
//! 5. rows of `identifier_keys`, by kind and value. One that is not there is made first, so that there is something to lock;
//! 6. rows of `contacts`, by number;
//! 7. new rows of `orders`, by external ID: one that another transaction makes meanwhile ends this one as a lost race;
//! 8. rows of `event_types`, by key, by those who keep events.
//!
//! What a lock gives, and what it asks for:
//!
//! - **Key.** Only under the lock of its key does a value get a holder that did not hold it, or a visitor. Whoever does this to a key that was there
//!   before also writes a new version of the key's row. A token that is named without its app is locked as the nameless app's, and so is one that
//!   gets a holder: who holds it of whatever app does not change meanwhile. Without its kind it is locked as one of every kind; its history waits
//!   under the key of the mobile one, which whoever gets a token of another kind locks, too.
//! - **Contact.** Only under the lock of a contact does anything change that it owns: its row, profile, identifiers,
//!   memberships, visitors, and who answers to it. Whoever does this also writes a new version of the contact's row. The
//!   merges of a group change only under the lock of the contact that answers for it.
//! - **Order.** Only under the lock of an order does it go from one contact to another, and only under the lock of a contact does it get
//!   one. Orders come before contacts, because which contact must be locked is known from the order.
//! - **Segment.** Whoever holds it shared knows that it keeps its name and is not emptied.
//! - **Counter.** Segments get names, categories and fields are made or changed, only under the lock of their counter.
//!
//! # One statement locks and reads
//!
//! A statement that waits for a lock gets the row as it was left, but everything else as it was when the statement began. So the
//! statement compares each row that it locked with the version that it sees without locking. Where they are the same, nobody changed
//! what hangs on the row since the statement began, because that would have made a new version: what it read is true, and stays
//! true under the locks. Otherwise it is stale, and a second statement reads again. The keys are all locked by then; contacts that
//! turn out to be needed besides must not be waited for, as that would break the order: when one is not free, the transaction starts
//! over.

use super::Unit;
use crate::error::translate;
use crate::rows::{
    self, ContactRecord, FieldRecord, IdentifierRecord, KeyRecordRow, MembershipRecord, VisitorRecord, contact_record,
    field_record, identifier_record, key_record, membership_record, visitor_record,
};
use selfsame_application::ports::{Mode, StorageError};
use selfsame_domain::{
    Contact, ContactId, CustomField, Footprint, IdentifierKey, IdentifierKind, KeyRecord, Stability, Timestamp, Visitor,
};
use std::collections::{BTreeMap, BTreeSet};

// Every look-up is a lateral sub-query with OFFSET 0 or a scalar one, which the planner leaves alone: it is done by an index, once
// for every row that asks. Left to itself the planner, whose statistics of a young table say that it is nearly empty, reads all rows of
// the workspace. What a request costs is the number of nodes of the plan, so there are no more of them than are needed.

/// Takes the keys, in their order: makes those that are not there and locks the others, without writing them. Only one whose latest
/// version is not the one that the statement sees is written, to be counted as stale.
macro_rules! take_keys {
    () => {
        "made AS (
            INSERT INTO identifier_keys AS k (workspace_id, kind, value)
            SELECT $1, kind, value
            FROM UNNEST($2::smallint[], $3::text[]) AS asked (kind, value)
            ORDER BY kind, value
            ON CONFLICT (workspace_id, kind, value) DO UPDATE SET waiting = k.waiting
            WHERE k.ctid <> (
                SELECT s.ctid FROM identifier_keys s
                WHERE s.workspace_id = $1 AND s.kind = EXCLUDED.kind AND s.value = EXCLUDED.value
            )
            RETURNING xmax <> 0 AS stale
        ),
        taken AS MATERIALIZED (
            SELECT count(*) FILTER (WHERE NOT stale) AS made, count(*) FILTER (WHERE stale) AS stale FROM made
        )"
    };
}

/// The keys are taken already, or need not be.
macro_rules! have_keys {
    () => {
        "taken AS MATERIALIZED (
            SELECT 0::bigint AS made, 0::bigint AS stale
        )"
    };
}

/// Who holds the keys for which holders are needed.
macro_rules! holders {
    () => {
        "SELECT i.owner_id AS contact_id
         FROM UNNEST($2::smallint[], $3::text[], $4::boolean[]) AS asked (kind, value, needed)
         CROSS JOIN LATERAL (
            SELECT owner_id FROM identifiers
            WHERE workspace_id = $1 AND kind = asked.kind AND value = asked.value OFFSET 0
         ) i
         WHERE asked.needed"
    };
}

/// Who holds a token that is named without its app, of whatever app: `nameless` in the words of `Identifier::nameless`.
macro_rules! tokens {
    () => {
        "SELECT i.kind, i.value, i.owner_id, asked.value AS nameless
         FROM UNNEST($2::smallint[], $3::text[], $4::boolean[]) AS asked (kind, value, needed)
         CROSS JOIN LATERAL (
            SELECT kind, value, owner_id FROM identifiers
            WHERE workspace_id = $1 AND kind = asked.kind AND typed = substr(asked.value, 2)
              AND kind IN (4, 5, 6) AND octet_length(typed) < 1000 OFFSET 0
         ) i
         WHERE asked.needed AND asked.kind IN (4, 5, 6) AND asked.value LIKE '/%'"
    };
}

/// Who answers for the contacts that are named.
macro_rules! named {
    () => {
        "SELECT asked.contact_id, c.canonical_id
         FROM UNNEST($5::bigint[]) AS asked (contact_id)
         CROSS JOIN LATERAL (
            SELECT canonical_id FROM contacts WHERE workspace_id = $1 AND contact_id = asked.contact_id OFFSET 0
         ) c"
    };
}

/// The contacts that were led to, locked in their order once the keys are.
macro_rules! take_contacts {
    ($leads:expr, $lock:literal) => {
        concat!(
            "held AS (
                SELECT c.*, c.version = leads.seen AS current
                FROM (
                    SELECT found.contact_id,
                           (SELECT s.ctid FROM contacts s WHERE s.workspace_id = $1 AND s.contact_id = found.contact_id)
                                AS seen
                    FROM taken
                    CROSS JOIN (",
            $leads,
            ") found
                    ORDER BY found.contact_id
                ) leads
                CROSS JOIN LATERAL (
                    SELECT contacts.*, ctid AS version
                    FROM contacts
                    WHERE workspace_id = $1 AND contact_id = leads.contact_id
                    OFFSET 0 ",
            $lock,
            "
                ) c
            )"
        )
    };
}

/// What was found, in one row: of keys and contacts, and `$more`.
macro_rules! found {
    ($more:expr) => {
        concat!(
            "SELECT (SELECT jsonb_hash_extended(w.policy, 0) FROM workspaces w WHERE w.workspace_id = $1),
                    taken.made,
                    taken.stale,
                    ARRAY(
                        SELECT k.record
                        FROM UNNEST($2::smallint[], $3::text[]) AS asked (kind, value)
                        CROSS JOIN LATERAL (
                            SELECT ",
            key_record!(),
            " AS record
                            FROM identifier_keys k
                            WHERE k.workspace_id = $1 AND k.kind = asked.kind AND k.value = asked.value OFFSET 0
                        ) k
                    ),
                    ARRAY(
                        SELECT ROW(
                            c.current, ",
            contact_record!(),
            ",
                            ARRAY(SELECT ",
            identifier_record!(),
            " FROM identifiers i WHERE i.workspace_id = $1 AND i.owner_id = c.contact_id),
                            ARRAY(SELECT ",
            membership_record!(),
            " FROM segment_members m WHERE m.workspace_id = $1 AND m.owner_id = c.contact_id))
                        FROM held c
                        LEFT JOIN LATERAL (
                            SELECT attributes FROM profiles WHERE workspace_id = $1 AND contact_id = c.contact_id OFFSET 0
                        ) p ON true
                    ), ",
            $more,
            " FROM taken"
        )
    };
}

/// The open visitors behind cookies, and those that stand for the owner of a token or a device. What waits is known with its key.
macro_rules! open {
    () => {
        "SELECT v.*
         FROM (
            SELECT kind, value FROM UNNEST($2::smallint[], $3::text[]) AS asked (kind, value)
            WHERE kind BETWEEN 4 AND 8
            UNION
            SELECT kind, value FROM token
         ) asked
         CROSS JOIN LATERAL (
            SELECT * FROM visitors
            WHERE workspace_id = $1 AND kind = asked.kind AND value = asked.value AND closed_at IS NULL OFFSET 0
         ) v
         WHERE v.kind = 8 OR v.owner_id IS NOT NULL"
    };
}

/// The closed visitors behind identifiers at times in the past, as `Visitor::at` finds them: the one that covers the time, or else the next one.
macro_rules! late {
    () => {
        "SELECT DISTINCT v.*
         FROM (
            SELECT * FROM UNNEST($9::smallint[], $10::text[], $11::timestamptz[]) AS told (kind, value, time)
            UNION ALL
            SELECT token.kind, token.value, told.time
            FROM UNNEST($9::smallint[], $10::text[], $11::timestamptz[]) AS told (kind, value, time)
            JOIN token ON token.kind = told.kind AND token.nameless = told.value
         ) asked
         CROSS JOIN LATERAL (
            SELECT * FROM visitors
            WHERE workspace_id = $1 AND closed_at IS NOT NULL AND visitor_id = COALESCE(
                (SELECT CASE WHEN w.closed_at IS NULL OR w.closed_at > asked.time THEN w.visitor_id END
                 FROM visitors w
                 WHERE w.workspace_id = $1 AND w.kind = asked.kind AND w.value = asked.value AND w.since <= asked.time
                   AND (w.closed_at IS NULL OR w.closed_at > w.since)
                 ORDER BY w.since DESC LIMIT 1),
                (SELECT w.visitor_id FROM visitors w
                 WHERE w.workspace_id = $1 AND w.kind = asked.kind AND w.value = asked.value AND w.since > asked.time
                 ORDER BY w.since, w.follows, w.visitor_id LIMIT 1)
            ) OFFSET 0
         ) v"
    };
}

/// What most requests do not ask for: who answers for named contacts, visitors, fields, and what is known of the tokens that are named
/// without their apps.
macro_rules! more {
    () => {
        concat!(
            "ARRAY(SELECT ROW(contact_id, canonical_id) FROM named WHERE contact_id <> canonical_id),
             ARRAY(
                SELECT ",
            visitor_record!(),
            " FROM open v
                UNION ALL
                SELECT ",
            visitor_record!(),
            " FROM late v
             ),
             ARRAY(
                SELECT f.record
                FROM UNNEST($6::bigint[]) AS asked (field_id)
                CROSS JOIN LATERAL (
                    SELECT ",
            field_record!(),
            " AS record
                    FROM custom_fields f
                    WHERE f.workspace_id = $1 AND f.field_id = asked.field_id OFFSET 0
                ) f
                UNION ALL
                SELECT f.record
                FROM UNNEST($7::text[], $8::text[]) AS asked (profile_key, field_key)
                CROSS JOIN LATERAL (
                    SELECT ",
            field_record!(),
            " AS record
                    FROM custom_fields f
                    WHERE f.workspace_id = $1 AND f.profile_key = asked.profile_key
                      AND f.field_key = asked.field_key AND f.field_id <> ALL($6::bigint[]) OFFSET 0
                ) f
             ),
             ARRAY(
                SELECT k.record
                FROM token
                CROSS JOIN LATERAL (
                    SELECT ",
            key_record!(),
            " AS record
                    FROM identifier_keys k
                    WHERE k.workspace_id = $1 AND k.kind = token.kind AND k.value = token.value OFFSET 0
                ) k
                WHERE token.value <> token.nameless AND NOT EXISTS (
                    SELECT FROM UNNEST($2::smallint[], $3::text[]) AS asked (kind, value)
                    WHERE asked.kind = token.kind AND asked.value = token.value
                )
             )"
        )
    };
}

/// A statement that answers for everything.
macro_rules! whole {
    ($keys:expr, $lock:literal) => {
        concat!(
            "WITH ",
            $keys,
            ", named AS MATERIALIZED (",
            named!(),
            "), token AS MATERIALIZED (",
            tokens!(),
            "), open AS MATERIALIZED (",
            open!(),
            "), late AS MATERIALIZED (",
            late!(),
            "), ",
            take_contacts!(
                concat!(
                    holders!(),
                    " UNION SELECT owner_id FROM token UNION SELECT canonical_id FROM named
                      UNION SELECT owner_id FROM open WHERE owner_id IS NOT NULL
                      UNION SELECT owner_id FROM late WHERE owner_id IS NOT NULL"
                ),
                $lock
            ),
            found!(more!())
        )
    };
}

/// The first try, for a footprint of keys without tokens, devices and cookies.
const LOCK_KEYS: &str = concat!(
    "WITH ",
    take_keys!(),
    ", ",
    take_contacts!(
        concat!("SELECT DISTINCT contact_id FROM (", holders!(), ") holder"),
        "FOR UPDATE"
    ),
    found!("NULL::record[], NULL::record[], NULL::record[], NULL::record[]")
);

/// The first try, for any footprint.
const LOCK: &str = whole!(take_keys!(), "FOR UPDATE");

/// The second try: the keys are locked, and nothing may be waited for.
const LOCK_AGAIN: &str = whole!(have_keys!(), "FOR UPDATE NOWAIT");

/// For a dry run: the transaction sees one state throughout, so there is nothing to lock.
const PEEK: &str = whole!(have_keys!(), "");

type FoundRow = (
    Option<i64>,
    i64,
    i64,
    Vec<KeyRecordRow>,
    Vec<(bool, ContactRecord, Vec<IdentifierRecord>, Vec<MembershipRecord>)>,
    Option<Vec<(i64, i64)>>,
    Option<Vec<VisitorRecord>>,
    Option<Vec<FieldRecord>>,
    Option<Vec<KeyRecordRow>>,
);

/// What the keys and contacts of a footprint led to.
#[derive(Debug)]
pub(super) struct Found {
    /// Records of the keys that were there before, and of tokens that were named without their apps.
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
    late_kinds: Vec<i16>,
    late_values: Vec<String>,
    late_times: Vec<Timestamp>,
}

impl Asked {
    fn of(footprint: &Footprint, named: &BTreeSet<ContactId>) -> Self {
        let field_keys = footprint.field_keys.iter();
        Self {
            kinds: footprint.keys.keys().map(|key| key.kind.code()).collect(),
            values: footprint.keys.keys().map(|key| key.value.clone()).collect(),
            needed: footprint.keys.values().copied().collect(),
            named: named.iter().map(|id| id.0).collect(),
            fields: footprint.fields.iter().map(|id| id.0).collect(),
            profile_keys: field_keys.clone().map(|(profile, _)| profile.clone()).collect(),
            field_keys: field_keys.map(|(_, field)| field.clone()).collect(),
            late_kinds: footprint.late.iter().map(|(key, _)| key.kind.code()).collect(),
            late_values: footprint.late.iter().map(|(key, _)| key.value.clone()).collect(),
            late_times: footprint.late.iter().map(|(_, time)| *time).collect(),
        }
    }

    /// Whether nothing is asked for but keys, and no tokens, devices and cookies among them.
    fn is_lean(&self) -> bool {
        let moves = |code: &i16| {
            let kind = IdentifierKind::from_code(*code);
            kind.is_some_and(|kind| kind.stability() == Stability::Changeable)
        };
        let more = self.kinds.iter().any(moves);
        !more && self.named.is_empty() && self.fields.is_empty() && self.field_keys.is_empty()
    }
}

impl Unit {
    /// Locks and reads keys, their holders, and whoever answers for the named contacts; reads fields.
    pub(super) async fn lock(
        &mut self,
        footprint: &Footprint,
        named: &BTreeSet<ContactId>,
    ) -> Result<Found, StorageError> {
        let asked = Asked::of(footprint, named);
        let mut row = match self.mode {
            Mode::DryRun => self.find(PEEK, &asked).await?,
            Mode::Write if asked.is_lean() => self.find(LOCK_KEYS, &asked).await?,
            Mode::Write => self.find(LOCK, &asked).await?,
        };
        // The second try finds what the first one made.
        let there: BTreeSet<(i16, &str)> = row.3.iter().map(|key| (key.0, key.1.as_str())).collect();
        let made = footprint
            .keys
            .keys()
            .filter(|key| !there.contains(&(key.kind.code(), key.value.as_str())));
        self.known.note_made(made.cloned().collect());
        if self.mode == Mode::Write && is_stale(&row, asked.kinds.len()) {
            metrics::counter!("selfsame_lock_waits_total").increment(1);
            row = self.find(LOCK_AGAIN, &asked).await?;
            if is_stale(&row, asked.kinds.len()) {
                return Err(StorageError::Retriable);
            }
        }
        let (fingerprint, _, _, keys, owners, canonical, visitors, fields, tokens) = row;
        let keys: Vec<_> = keys.into_iter().chain(tokens.into_iter().flatten()).collect();
        self.check_policy(fingerprint)?;
        let (mut contacts, mut identifiers, mut memberships) = (Vec::new(), Vec::new(), Vec::new());
        for (_, contact, holds, joined) in owners {
            contacts.push(contact);
            identifiers.extend(holds);
            memberships.extend(joined);
        }
        let canonical = canonical.into_iter().flatten();
        let mut fields = rows::all(fields.unwrap_or_default(), rows::field)?;
        fields.sort_by_key(|field| field.id);
        Ok(Found {
            keys: rows::all(keys, rows::key)?,
            canonical: canonical
                .map(|(id, canonical)| (ContactId(id), ContactId(canonical)))
                .collect(),
            contacts: rows::contacts(contacts, identifiers, memberships)?,
            visitors: rows::all(visitors.unwrap_or_default(), rows::visitor)?,
            fields,
        })
    }

    pub(super) fn check_policy(&self, fingerprint: Option<i64>) -> Result<(), StorageError> {
        self.store.policies().check(self.workspace, &self.policy, fingerprint)
    }

    async fn find(&mut self, statement: &'static str, asked: &Asked) -> Result<FoundRow, StorageError> {
        let mut query = sqlx::query_as(statement)
            .bind(self.workspace.0)
            .bind(&asked.kinds)
            .bind(&asked.values)
            .bind(&asked.needed);
        if statement != LOCK_KEYS {
            query = query
                .bind(&asked.named)
                .bind(&asked.fields)
                .bind(&asked.profile_keys)
                .bind(&asked.field_keys)
                .bind(&asked.late_kinds)
                .bind(&asked.late_values)
                .bind(&asked.late_times);
        }
        query.fetch_one(&mut *self.transaction).await.map_err(translate)
    }
}

/// Whether something that was locked is not what the statement saw, or a key appeared or went meanwhile, or the owner of a visitor went.
fn is_stale((_, made, stale, keys, owners, _, visitors, ..): &FoundRow, asked: usize) -> bool {
    let seen = keys.len() as u64 + made.unsigned_abs();
    let mut visitors = visitors.iter().flatten();
    let gone = |owner: i64| owners.iter().all(|(_, contact, ..)| contact.0 != owner);
    *stale != 0
        || seen != asked as u64
        || owners.iter().any(|(current, ..)| !current)
        || visitors.any(|visitor| visitor.4.is_some_and(gone))
}

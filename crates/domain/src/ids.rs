//! IDs of Selfsame's own records.

use crate::Timestamp;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

macro_rules! integer_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

integer_id! {
    /// One customer's account. Nothing matches across workspaces.
    WorkspaceId
}
integer_id! {
    /// The system's own permanent number of a contact, positive, unique within its workspace and never reused.
    ///
    /// IDs are assigned per workspace, so that their gaps reveal nothing about other workspaces.
    ContactId
}
integer_id! {
    /// A static segment (a "group" on the wire), positive, unique within its workspace.
    SegmentId
}
integer_id! {
    /// A subscription category, positive, unique within its workspace.
    CategoryId
}
integer_id! {
    /// A custom field, positive, unique within its workspace.
    FieldId
}
integer_id! {
    /// A site: a shop's pages or an app that uses a public key. Positive, unique in the installation and never reused.
    SiteId
}
integer_id! {
    /// The number of a commit of a workspace: 1 for the first one, ascending without gaps in the order of commits.
    #[derive(Default)]
    Revision
}
uuid_id! {
    /// One API key (not its secret).
    KeyId
}
uuid_id! {
    /// One decision of [`crate::resolve`], ordered by its time, then by arrival: see [`ordered_uuid`].
    DecisionId
}
uuid_id! {
    /// One merge of a contact into another.
    MergeId
}
uuid_id! {
    /// One visitor: the history behind an identifier for a period.
    VisitorId
}
uuid_id! {
    /// One event.
    EventId
}
uuid_id! {
    /// A destination of exports.
    ConnectorId
}
uuid_id! {
    /// An export.
    ExportId
}
uuid_id! {
    /// One run of an export, ordered by its time.
    RunId
}

uuid_id! {
    /// A webhook: an endpoint that receives changes.
    WebhookId
}
uuid_id! {
    /// A message of a webhook. The same change always has the same ID for the same webhook.
    MessageId
}
uuid_id! {
    /// A person who works in the console, in one workspace or several.
    UserId
}
uuid_id! {
    /// One session of a person (not its secret).
    SessionId
}
uuid_id! {
    /// One invitation to a workspace (not its secret).
    InvitationId
}
uuid_id! {
    /// One entry of the audit log, ordered by its time.
    AuditId
}

/// An identity that orders by its time to the microsecond, and among those of one time by the lower 62 bits of `tail` (RFC 9562, version 7,
/// with the microseconds in `rand_a`). Times before 1970 count as 1970.
pub fn ordered_uuid(time: Timestamp, tail: u64) -> Uuid {
    const MOST_MILLIS: u64 = (1 << 48) - 1;
    let micros = u64::try_from(time.timestamp_micros()).unwrap_or(0);
    let millis = (micros / 1_000).min(MOST_MILLIS);
    let within = u16::try_from(micros % 1_000).unwrap_or(0);
    let mut rest = [0; 10];
    rest[..2].copy_from_slice(&within.to_be_bytes());
    rest[2..].copy_from_slice(&(tail & (u64::MAX >> 2)).to_be_bytes());
    uuid::Builder::from_unix_timestamp_millis(millis, &rest).into_uuid()
}

impl ContactId {
    /// Replaces the ID of an erased contact in stored decisions. No contact has this ID.
    pub const ERASED: Self = Self(0);

    /// The ID under which decisions are logged that concern no contact. No contact has this ID.
    pub const NONE: Self = Self(0);
}

impl DecisionId {
    /// How many days a decision is kept that concerns no contact.
    pub const DAYS_WITHOUT_CONTACT: i64 = 30;

    /// The least identity that a decision of this time or a later one has: see [`ordered_uuid`].
    pub fn first_of(time: Timestamp) -> Self {
        Self(ordered_uuid(time, 0))
    }

    /// Decisions that concern no contact are deleted if their ID is lower than this.
    pub fn first_kept_without_contact(now: Timestamp) -> Self {
        let since = now.checked_sub_signed(TimeDelta::days(Self::DAYS_WITHOUT_CONTACT));
        Self::first_of(since.unwrap_or(Timestamp::UNIX_EPOCH))
    }
}

impl Revision {
    /// The revision of the next commit.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl MergeId {
    /// The identity of the `ordinal`-th merge that a decision makes.
    ///
    /// Derived (RFC 9562, version 5) instead of drawn, so that resolving the same batch again gives the same result.
    pub fn of(decision: DecisionId, ordinal: usize) -> Self {
        Self(Uuid::new_v5(&decision.0, &ordinal.to_be_bytes()))
    }
}

impl VisitorId {
    /// The identity of the `ordinal`-th visitor that a decision opens; derived for the same reason as [`MergeId::of`].
    pub fn of(decision: DecisionId, ordinal: usize) -> Self {
        let mut name = *b"visitor:\0\0\0\0\0\0\0\0";
        name[8..].copy_from_slice(&(ordinal as u64).to_be_bytes());
        Self(Uuid::new_v5(&decision.0, &name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_of_decisions_are_divided_by_their_time() {
        let at = |micros| Timestamp::from_timestamp_micros(micros).unwrap();
        let drawn = |micros| DecisionId(ordered_uuid(at(micros), u64::MAX));
        for micros in [1_000, 1_001, 1_999_000, 1_999_999] {
            assert!(drawn(micros - 1) < DecisionId::first_of(at(micros)), "{micros}");
            assert!(DecisionId::first_of(at(micros)) < drawn(micros), "{micros}");
        }
        assert!(ordered_uuid(at(7), 1) < ordered_uuid(at(7), 2));
        assert_eq!(drawn(7).0.get_version_num(), 7);
        let ends = [at(-1), at(0), at(1), Timestamp::MAX_UTC].map(DecisionId::first_of);
        assert!(ends.is_sorted() && ends[2] < ends[3]);
    }
}

//! The identity policy of a workspace (identity rules 6 and 8).

use crate::values::{BlockedValues, Region};
use crate::{IdentifierKind, Timestamp};
use chrono::{Datelike, NaiveTime, TimeDelta};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use thiserror::Error;

/// The identity policy of one workspace.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Region in which a phone number without a country code is read; none means that only international numbers are taken.
    pub default_phone_region: Option<Region>,
    /// Whether contacts without an external ID that hold the request's email or phone are merged (identity rule 6).
    pub merge_unclaimed: bool,
    /// Values that never match (identity rule 8).
    pub blocked: BlockedValues,
    /// A value seen with this many different external IDs is shared and stops being evidence (identity rule 8). 2 to 100.
    pub shared_threshold: u32,
    /// How many identifiers of a kind a contact may hold before the surplus is quarantined (identity rule 8).
    pub limits: Limits,
    /// Seconds within which an identical contact request is refused as duplicated; 0 turns the check off.
    pub duplicate_window_seconds: u32,
    /// Whether a key that may record events may also delete them by time (wire fact: off unless it is turned on).
    #[serde(default)]
    pub delete_past_events: bool,
    /// How many seconds must pass before the time when an identifier was last seen is updated (identity rule 9). At most 86,400.
    #[serde(default = "hour")]
    pub last_seen_seconds: u32,
    /// Whether a key that may send orders may also delete them (wire fact: in third-party catalogues only).
    #[serde(default)]
    pub delete_orders: bool,
    /// For how many days after it happened an event is kept; none for ever. 1 to 36,500.
    #[serde(default)]
    pub event_retention_days: Option<u32>,
    /// Whether any identifier that cannot be read refuses the request, also beside a usable one (identity rule 8).
    #[serde(default)]
    pub strict_identifiers: bool,
}

/// Identifiers per contact and kind, each 1 to 10,000 (identity rule 8). A contact holds one external ID of its own, always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Email addresses.
    pub email: u32,
    /// Phone numbers.
    pub phone: u32,
    /// Mobile push tokens.
    pub mobile_push: u32,
    /// Web push tokens.
    pub web_push: u32,
    /// Telegram tokens.
    pub telegram: u32,
    /// Devices.
    pub device_id: u32,
    /// Cookies.
    pub cookie: u32,
    /// Values of identifying custom fields.
    pub field: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            email: 5,
            phone: 5,
            mobile_push: 50,
            web_push: 50,
            telegram: 10,
            device_id: 50,
            cookie: 100,
            field: 10,
        }
    }
}

impl Limits {
    /// The bounds of each limit.
    pub const RANGE: RangeInclusive<u32> = 1..=10_000;

    /// The limit of a kind; external IDs and contact keys have none of this sort: a contact brings one.
    pub fn of(&self, kind: IdentifierKind) -> Option<u32> {
        Some(match kind {
            IdentifierKind::ExternalId | IdentifierKind::ContactKey => return None,
            IdentifierKind::Email => self.email,
            IdentifierKind::Phone => self.phone,
            IdentifierKind::MobilePush => self.mobile_push,
            IdentifierKind::WebPush => self.web_push,
            IdentifierKind::Telegram => self.telegram,
            IdentifierKind::DeviceId => self.device_id,
            IdentifierKind::Cookie => self.cookie,
            IdentifierKind::Field => self.field,
        })
    }
}

/// A policy that may not be set. One variant per member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PolicyProblem {
    /// [`Policy::shared_threshold`].
    #[error("the number of external IDs must be from 2 to 100")]
    SharedThreshold,
    /// A member of [`Policy::limits`].
    #[error("the limit of {0} must be from 1 to 10,000")]
    Limit(IdentifierKind),
    /// [`Policy::duplicate_window_seconds`].
    #[error("the window of duplicates must be from 0 to 86,400 seconds")]
    DuplicateWindow,
    /// [`Policy::last_seen_seconds`].
    #[error("the precision of last seen must be from 0 to 86,400 seconds")]
    LastSeen,
    /// [`Policy::event_retention_days`].
    #[error("the retention must be from 1 to 36,500 days")]
    Retention,
    /// [`Policy::blocked`].
    #[error("a policy has at most 1,000 blocked values")]
    TooManyBlocked,
    /// The patterns of [`Policy::blocked`].
    #[error("a policy has at most 100 patterns of blocked values")]
    TooManyPatterns,
}

/// An hour in seconds.
fn hour() -> u32 {
    3_600
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            default_phone_region: None,
            merge_unclaimed: true,
            blocked: BlockedValues::default(),
            shared_threshold: 3,
            limits: Limits::default(),
            duplicate_window_seconds: 0,
            delete_past_events: false,
            last_seen_seconds: hour(),
            delete_orders: false,
            event_retention_days: None,
            strict_identifiers: false,
        }
    }
}

impl Policy {
    /// How many external IDs make an identifier shared.
    pub const SHARED_THRESHOLDS: RangeInclusive<u32> = 2..=100;
    /// For how many days events are kept: up to a hundred years.
    pub const RETENTIONS: RangeInclusive<u32> = 1..=36_500;
    /// Seconds of the window of duplicates: up to a day. A request that is repeated later is meant.
    pub const DUPLICATE_WINDOWS: RangeInclusive<u32> = 0..=86_400;
    /// Seconds until the time when an identifier was last seen is updated.
    pub const LAST_SEEN_DELAYS: RangeInclusive<u32> = 0..=86_400;
    /// The greatest number of blocked values.
    pub const MAX_BLOCKED: usize = 1_000;
    /// The greatest number of patterns among them: every value of every request is compared with each.
    pub const MAX_PATTERNS: usize = 100;

    /// Checks that the policy may be set. Names the first member that is out of its bounds.
    pub fn check(&self) -> Result<(), PolicyProblem> {
        let limit = |kind: &IdentifierKind| {
            self.limits
                .of(*kind)
                .is_some_and(|limit| !Limits::RANGE.contains(&limit))
        };
        let retention = self.event_retention_days;
        let checks = [
            (
                Self::SHARED_THRESHOLDS.contains(&self.shared_threshold),
                PolicyProblem::SharedThreshold,
            ),
            (
                Self::DUPLICATE_WINDOWS.contains(&self.duplicate_window_seconds),
                PolicyProblem::DuplicateWindow,
            ),
            (
                Self::LAST_SEEN_DELAYS.contains(&self.last_seen_seconds),
                PolicyProblem::LastSeen,
            ),
            (
                retention.is_none_or(|days| Self::RETENTIONS.contains(&days)),
                PolicyProblem::Retention,
            ),
            (self.blocked.len() <= Self::MAX_BLOCKED, PolicyProblem::TooManyBlocked),
            (
                self.blocked.iter().filter(|entry| entry.is_pattern()).count() <= Self::MAX_PATTERNS,
                PolicyProblem::TooManyPatterns,
            ),
        ];
        let limited = IdentifierKind::ALL.into_iter().find(limit).map(PolicyProblem::Limit);
        let problem = checks
            .into_iter()
            .find(|(is_right, _)| !is_right)
            .map(|(_, problem)| problem);
        problem.or(limited).map_or(Ok(()), Err)
    }

    /// Whether a value never matches, given its kind, the text as typed and the matching form.
    pub fn blocks(&self, kind: IdentifierKind, typed: &str, matching: &str) -> bool {
        self.blocked.blocks(kind.as_str(), typed, matching)
    }

    /// Whether the time when an identifier was last seen moves when it is named again (identity rule 9).
    pub fn moves_last_seen(&self, last_seen: Timestamp, now: Timestamp) -> bool {
        now - last_seen >= TimeDelta::seconds(self.last_seen_seconds.into())
    }

    /// The time before which no event is taken any more; none when all are.
    pub fn events_taken_since(&self, now: Timestamp) -> Option<Timestamp> {
        now.checked_sub_signed(TimeDelta::days(self.event_retention_days?.into()))
    }

    /// The time before which stored events are deleted; none when all are kept. Events go by whole months (UTC), so that a month goes at
    /// once: the last event of it is old enough by then, and the first is kept up to a month longer.
    pub fn events_kept_since(&self, now: Timestamp) -> Option<Timestamp> {
        let month = self.events_taken_since(now)?.date_naive().with_day(1)?;
        Some(month.and_time(NaiveTime::MIN).and_utc())
    }

    /// The time before which identities of events that came are forgotten, given the time from which events are kept: a day earlier, since
    /// an event may happen a little after it came, by the clock of its sender.
    pub fn identities_kept_since(events_kept_since: Timestamp) -> Timestamp {
        events_kept_since - TimeDelta::days(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_that_was_stored_before_a_member_was_added_reads_on() {
        let mut stored = serde_json::to_value(Policy::default()).unwrap();
        let members = stored.as_object_mut().unwrap();
        for added in [
            "delete_past_events",
            "last_seen_seconds",
            "delete_orders",
            "event_retention_days",
            "strict_identifiers",
        ] {
            assert!(members.remove(added).is_some(), "{added}");
        }
        assert_eq!(serde_json::from_value::<Policy>(stored).unwrap(), Policy::default());
    }

    #[test]
    fn what_is_out_of_bounds_is_named() {
        let with = |change: fn(&mut Policy)| {
            let mut policy = Policy::default();
            change(&mut policy);
            policy.check()
        };
        assert_eq!(with(|_| ()), Ok(()));
        for (change, problem) in [
            (
                (|policy| policy.shared_threshold = 1) as fn(&mut Policy),
                PolicyProblem::SharedThreshold,
            ),
            (
                |policy| policy.limits.device_id = 0,
                PolicyProblem::Limit(IdentifierKind::DeviceId),
            ),
            (
                |policy| policy.duplicate_window_seconds = 86_401,
                PolicyProblem::DuplicateWindow,
            ),
            (|policy| policy.last_seen_seconds = 86_401, PolicyProblem::LastSeen),
            (|policy| policy.event_retention_days = Some(0), PolicyProblem::Retention),
        ] {
            assert_eq!(with(change), Err(problem));
        }
    }

    #[test]
    fn events_go_by_whole_months() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let policy = Policy {
            event_retention_days: Some(30),
            ..Policy::default()
        };
        let now = at("2026-03-15T10:00:00Z");
        assert_eq!(policy.events_taken_since(now), Some(at("2026-02-13T10:00:00Z")));
        assert_eq!(policy.events_kept_since(now), Some(at("2026-02-01T00:00:00Z")));
        assert_eq!(Policy::default().events_kept_since(now), None);
    }
}

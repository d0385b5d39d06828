//! Spans of time: the form of every condition on a date or a time.

use super::calendar::{add_days, ceil_minute, moment, wall};
use crate::Timestamp;
use chrono::{Days, NaiveDate, NaiveDateTime, TimeDelta};
use chrono_tz::Tz;

/// An end of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// A moment, the same for all contacts.
    Absolute(Timestamp),
    /// A time on the contact's own clock.
    Wall(NaiveDateTime),
    /// So many days from now by the contact's own calendar, at the same time of day.
    Days {
        /// How many; negative for the past.
        days: i64,
        /// Whether that moment (that day, for dates) still belongs to what ends with it.
        included: bool,
    },
}

/// A half-open span: from one edge on, until before the other; without an edge it has no end on that side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// The first that belongs to it.
    pub from: Option<Edge>,
    /// The first that does not belong to it any more.
    pub until: Option<Edge>,
}

impl Edge {
    /// The moment of the edge for a contact of the zone.
    pub fn moment(self, zone: Tz, now: Timestamp) -> Timestamp {
        match self {
            Self::Absolute(at) => at,
            Self::Wall(time) => moment(zone, time),
            Self::Days { days, included } => {
                let at = if days == 0 {
                    now
                } else {
                    moment(zone, add_days(wall(zone, now), days))
                };
                at + TimeDelta::microseconds(i64::from(included))
            }
        }
    }

    /// The first whole minute of the contact's own clock that is not before the edge.
    pub fn minute(self, zone: Tz, now: Timestamp) -> NaiveDateTime {
        let time = match self {
            Self::Absolute(at) => wall(zone, at),
            Self::Wall(time) => time,
            Self::Days { days, included } => {
                add_days(wall(zone, now), days) + TimeDelta::microseconds(i64::from(included))
            }
        };
        ceil_minute(time)
    }

    /// The day of the edge on the contact's own calendar.
    pub fn day(self, zone: Tz, now: Timestamp) -> NaiveDate {
        match self {
            Self::Absolute(at) => wall(zone, at).date(),
            Self::Wall(time) => time.date(),
            Self::Days { days, included } => {
                let day = add_days(wall(zone, now), days).date();
                day.checked_add_days(Days::new(u64::from(included))).unwrap_or(day)
            }
        }
    }

    /// The days that the edge is away from now, if it moves with the time.
    pub(super) fn days(self) -> Option<i64> {
        match self {
            Self::Days { days, .. } => Some(days),
            Self::Absolute(_) | Self::Wall(_) => None,
        }
    }
}

impl Span {
    /// Whether a value is in it, with its edges read by the function.
    pub(super) fn has<T: PartialOrd>(&self, value: &T, edge: impl Fn(Edge) -> T) -> bool {
        self.from.is_none_or(|from| *value >= edge(from)) && self.until.is_none_or(|until| *value < edge(until))
    }

    /// The edges that there are.
    pub(super) fn edges(&self) -> impl Iterator<Item = Edge> + use<> {
        self.from.into_iter().chain(self.until)
    }
}

//! When an export runs.

use crate::Timestamp;
use chrono::TimeDelta;
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// The longest interval, in minutes: 31 days.
const MOST_MINUTES: u32 = 31 * 24 * 60;

/// When an export runs by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Schedule {
    /// So many minutes after the last time.
    #[serde(rename = "everyMinutes")]
    EveryMinutes(u32),
    /// At the times of a cron expression.
    #[serde(rename = "cron")]
    Cron {
        /// Minute, hour, day of the month, month, day of the week.
        expression: String,
        /// The IANA name of the time zone that it is in.
        time_zone: String,
    },
}

/// Why a schedule is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleProblem {
    /// Less than a minute, or more than a month.
    #[error("must be a whole number of minutes from 1 to {MOST_MINUTES}")]
    Minutes,
    /// No cron expression.
    #[error("must be a cron expression with five fields: minute, hour, day of the month, month, day of the week")]
    Expression,
    /// An expression that no time fits.
    #[error("must fit a time within the next years")]
    Never,
    /// No time zone.
    #[error("must be the name of a time zone such as Europe/Kyiv")]
    TimeZone,
}

impl Schedule {
    /// Every so many minutes.
    pub fn every(minutes: i64) -> Result<Self, ScheduleProblem> {
        let minutes = u32::try_from(minutes).ok();
        let minutes = minutes.filter(|minutes| (1..=MOST_MINUTES).contains(minutes));
        minutes.map(Self::EveryMinutes).ok_or(ScheduleProblem::Minutes)
    }

    /// By a cron expression, in a time zone. `now` is used to check that any time fits.
    pub fn cron(expression: &str, time_zone: &str, now: Timestamp) -> Result<Self, ScheduleProblem> {
        let zone = crate::values::TimeZone::parse(time_zone).map_err(|_| ScheduleProblem::TimeZone)?;
        parse(expression).ok_or(ScheduleProblem::Expression)?;
        let schedule = Self::Cron {
            expression: expression.trim().to_owned(),
            time_zone: zone.as_str().to_owned(),
        };
        schedule.next(now).ok_or(ScheduleProblem::Never)?;
        Ok(schedule)
    }

    /// The first time after this one. Times that passed meanwhile are left out: they do not pile up.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        match self {
            Self::EveryMinutes(minutes) => after.checked_add_signed(TimeDelta::minutes(i64::from(*minutes))),
            Self::Cron { expression, time_zone } => {
                let zone = Tz::from_str(time_zone).ok()?;
                let next = parse(expression)?
                    .find_next_occurrence(&after.with_timezone(&zone), false)
                    .ok()?;
                Some(next.to_utc())
            }
        }
    }
}

fn parse(expression: &str) -> Option<Cron> {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).build();
    parser.parse(expression.trim()).ok()
}

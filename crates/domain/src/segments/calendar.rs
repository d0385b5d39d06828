//! Clocks and calendars of contacts.

use crate::Timestamp;
use chrono::{DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// The moment at which a clock of the zone shows a time. A time that the clock shows twice is the earlier of the two; one that it passes
/// over, because it is put forward, is the moment at which that happens.
pub(super) fn moment(zone: Tz, wall: NaiveDateTime) -> Timestamp {
    match zone.from_local_datetime(&wall) {
        LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => time.with_timezone(&Utc),
        LocalResult::None => passed_over(zone, wall),
    }
}

/// The end of a gap: the first moment at which the clock shows at least the time.
fn passed_over(zone: Tz, wall: NaiveDateTime) -> Timestamp {
    // Clocks are put forward by whole minutes, and by less than two days (a zone that crossed the date line).
    let (mut shown, mut not_yet) = (wall.and_utc() + TimeDelta::days(2), wall.and_utc() - TimeDelta::days(2));
    while shown - not_yet > TimeDelta::microseconds(1) {
        let middle = not_yet + (shown - not_yet) / 2;
        if self::wall(zone, middle) >= wall {
            shown = middle;
        } else {
            not_yet = middle;
        }
    }
    shown
}

/// What a clock of the zone shows.
pub(super) fn wall(zone: Tz, at: Timestamp) -> NaiveDateTime {
    at.with_timezone(&zone).naive_local()
}

/// So many days later by the calendar, or earlier when they are negative. At the ends of the calendar it stays there.
pub(super) fn add_days(wall: NaiveDateTime, days: i64) -> NaiveDateTime {
    let count = Days::new(days.unsigned_abs());
    let moved = if days < 0 {
        wall.checked_sub_days(count)
    } else {
        wall.checked_add_days(count)
    };
    moved.unwrap_or(wall)
}

/// The first whole minute that is not earlier.
pub(super) fn ceil_minute(wall: NaiveDateTime) -> NaiveDateTime {
    use chrono::Timelike;
    let cut = wall
        .with_second(0)
        .and_then(|cut| cut.with_nanosecond(0))
        .unwrap_or(wall);
    if cut == wall { wall } else { cut + TimeDelta::minutes(1) }
}

/// Month and day, as `MM-DD`: the key of an anniversary.
pub fn month_day(date: NaiveDate) -> String {
    date.format("%m-%d").to_string()
}

/// The days of the year, as `MM-DD`, whose anniversaries are within some days of a day. 29 February has its anniversary on 28 February in
/// years without one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Anniversary {
    /// The first day.
    pub first: String,
    /// The last day. Before [`Self::first`] when the days are around the turn of a year.
    pub last: String,
}

impl Anniversary {
    /// The most days before and after: fewer than half of a year.
    pub const MOST_DAYS: u32 = 182;

    /// The days around today.
    pub fn around(today: NaiveDate, days: u32) -> Self {
        let count = Days::new(u64::from(days.min(Self::MOST_DAYS)));
        let first = today.checked_sub_days(count).unwrap_or(today);
        let last = today.checked_add_days(count).unwrap_or(today);
        let leaps = NaiveDate::from_ymd_opt(last.year(), 2, 29).is_some();
        let last = match month_day(last) {
            day if day == "02-28" && !leaps => "02-29".to_owned(),
            day => day,
        };
        Self {
            first: month_day(first),
            last,
        }
    }

    /// Whether a day of the year is one of them.
    pub fn has(&self, day: &str) -> bool {
        if self.first <= self.last {
            *self.first <= *day && *day <= *self.last
        } else {
            *self.first <= *day || *day <= *self.last
        }
    }
}

/// The earliest and the latest moment of a day for [`moment`].
pub(super) fn midnight(zone: Tz, day: NaiveDate) -> DateTime<Utc> {
    moment(zone, day.and_time(chrono::NaiveTime::MIN))
}

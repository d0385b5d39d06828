//! Partitions of events, one per month, created before their events arrive.

use crate::bounded::Bounded;
use crate::error::translate;
use chrono::{Datelike, Months, NaiveDate};
use selfsame_application::ports::{MAX_MISPLACED, StorageError};
use selfsame_domain::Timestamp;

/// How many months before the current one: clients send past events.
const BACK: u32 = 12;

/// How many months after it: the hourly maintenance creates them while a server runs.
const AHEAD: u32 = 2;

/// Creates the missing partitions around a time; returns how many.
pub(crate) async fn prepare(pool: &Bounded, now: Timestamp) -> Result<u64, StorageError> {
    let mut made = 0;
    for month in months(now) {
        let new: bool = sqlx::query_scalar("SELECT make_events_partition($1)")
            .bind(month)
            .fetch_one(pool)
            .await
            .map_err(translate)?;
        made += u64::from(new);
    }
    Ok(made)
}

/// How many events are in the default partition, which takes the months without a partition.
pub(crate) async fn left_over(pool: &Bounded) -> Result<u64, StorageError> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM (SELECT event_id FROM events_other LIMIT $1) AS apart")
        .bind(i64::try_from(MAX_MISPLACED).unwrap_or(i64::MAX))
        .fetch_one(pool)
        .await
        .map_err(translate)?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// Whether [`prepare`] creates the partition of the month with this start.
pub(crate) fn prepares(now: Timestamp, month: Timestamp) -> bool {
    months(now).any(|made| made == month)
}

/// The starts of the months.
fn months(now: Timestamp) -> impl Iterator<Item = Timestamp> {
    let this = NaiveDate::from_ymd_opt(now.year(), now.month(), 1);
    let first = this.and_then(|month| month.checked_sub_months(Months::new(BACK)));
    (0..=BACK + AHEAD).filter_map(move |number| {
        let month = first?.checked_add_months(Months::new(number))?;
        Some(month.and_hms_opt(0, 0, 0)?.and_utc())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    #[test]
    fn months_around_a_time() {
        let at = DateTime::from_timestamp(1_767_323_045, 0).unwrap_or_default();
        let all: Vec<String> = months(at).map(|month| month.to_rfc3339()).collect();
        assert_eq!(all.len(), 15);
        assert_eq!(all[0], "2025-01-01T00:00:00+00:00");
        assert_eq!(all[14], "2026-03-01T00:00:00+00:00");
    }
}

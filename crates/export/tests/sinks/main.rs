//! What every destination with tables keeps to: the contract of `SinkRun`, on `PostgreSQL`, on the emulator of BigQuery (where the machine has
//! none, on the fake) and on the fake of BigQuery.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "clippy does not see that the helpers of a test are test code"
)]

mod cases;
mod place;
mod rights;
mod uploads;

macro_rules! on_every_sink {
    ($($name:ident)*) => {
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                super::cases::$name(super::place::Place::postgres().await).await;
            })*
        }

        mod bigquery {
            $(#[tokio::test]
            async fn $name() {
                super::cases::$name(super::place::Place::bigquery().await).await;
            })*
        }

        mod fake {
            $(#[tokio::test]
            async fn $name() {
                super::cases::$name(super::place::Place::fake().await).await;
            })*
        }
    };
}

on_every_sink! {
    everything_is_written_and_then_what_changed
    a_run_that_is_dropped_leaves_the_tables
    a_run_that_was_overtaken_is_refused
    columns_are_added_and_those_of_people_stay
    a_full_run_takes_away_what_is_no_more
    what_cannot_be_followed_is_refused
    a_check_leaves_nothing
    extremes_arrive
    what_differs_is_found_and_mended
    events_that_are_kept_no_longer_are_not_compared
}

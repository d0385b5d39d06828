//! What the conformance suite cannot see: plans, round trips, outages, migrations, races. One program, which is linked
//! once.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "clippy does not see that the helpers of a test are test code"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../races/mod.rs"]
mod races;

mod erasing;
mod migrating;
mod outage;
mod plans;
mod racing;
mod retention;
mod revisions;
mod round_trips;
mod silence;
mod waiting;
mod wal;

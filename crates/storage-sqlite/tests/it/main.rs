//! What the conformance suite cannot see: plans, round trips, opening, durability. One program, which is linked once.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "clippy does not see that the helpers of a test are test code"
)]

mod common;
mod durability;
mod erasing;
mod opening;
mod plans;
mod round_trips;
mod units;
mod violations;

//! The use cases on the in-memory adapter: the write lane, and access.
//!
//! Time is paused here, and advances only when every task is idle: see [`support::soon`].
#![allow(clippy::expect_used, reason = "a helper that fails has to fail the test")]

mod access;
mod lane;
mod segments;
mod support;

//! The use cases on the in-memory adapter: the write lane, and who may come in.
//!
//! Time stands still here, and moves only when nothing else can: see [`support::soon`].
#![allow(clippy::expect_used, reason = "a helper that fails has to fail the test")]

mod access;
mod lane;
mod support;

//! The binary from the outside: its output, its exit codes, and its durability when it is stopped.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "clippy does not see that the helpers of a test are test code"
)]

mod console;
mod doctor;
mod errors;
mod first_start;
mod keys;
mod pages;
mod postgres;
mod settings;
mod stopping;
mod support;
mod transfer;

//! The wire-compatible routes, with requests as clients send them.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what cannot be set up fails the test"
)]

mod access;
mod access_tokens;
mod answers;
mod batches;
mod bulk;
mod bulk_rules;
mod checklist;
mod clients;
mod contacts;
mod error_examples;
mod errors;
mod events;
mod examples;
mod hostile;
mod left_out;
mod limits;
mod order_deletion;
mod order_details;
mod orders;
mod repeated;
mod search;
mod segments;
mod subscriptions;
mod support;
mod tokens;
mod unreadable;
mod upload;
mod web_setup;
mod wrong_types;

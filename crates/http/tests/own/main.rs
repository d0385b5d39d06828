//! Selfsame's own API over the in-memory storage: identity, catalog, operations, and the limits and traces of every call.

#![allow(clippy::expect_used, reason = "a helper that fails has to fail the test")]

mod admission;
mod catalog;
mod changes;
mod conditional;
mod contact_actions;
mod damage;
mod decisions;
mod export;
mod export_verifications;
mod exports;
mod files;
mod find;
mod history;
mod imports;
mod limits;
mod lookup;
mod merges;
mod mobile;
mod operations;
mod patch;
mod policy;
mod previews;
mod resolve;
mod schema;
mod script;
mod segments;
mod support;
mod trace;
mod tracker;
mod trust;
mod view;
mod webhooks;

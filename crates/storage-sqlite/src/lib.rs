//! The SQLite adapter: every port of [`selfsame_application::ports`] on one database file.
//!
//! A batch is read on a read-only connection, and written on the writing connection, in a transaction that begins with
//! `BEGIN IMMEDIATE`; SQLite has one writer at a time, across processes. All statements of a read or a write run on the
//! calling thread, without messages between threads. A batch is passed as one JSON text that `json_each` splits, so the
//! number of statements does not depend on its size.

mod audit;
mod catalog;
mod changes;
mod contacts;
mod decimals;
mod details;
mod error;
mod exports;
mod history;
mod identity;
mod imports;
mod jobs;
mod location;
mod maintenance;
mod memberships;
mod migrations;
mod orders;
mod pending;
mod policies;
mod readers;
mod rows;
mod search;
mod second_factors;
mod segments;
mod sites;
mod statement;
mod storage;
mod store;
mod users;
mod webhooks;
mod whole;
mod workspaces;
mod writer;
mod zones;

pub use store::{SqliteOptions, SqliteStore};

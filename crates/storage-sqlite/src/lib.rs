//! The SQLite adapter: every port of [`selfsame_application::ports`] over one database file.
//!
//! SQLite has one writer at a time, so a unit of work begins with `BEGIN IMMEDIATE` and needs no row locks: whatever it has read stays
//! true until it commits, whichever process serves the file. Readers have connections of their own and see what is committed.
//! Batches travel as one JSON text and are taken apart by `json_each`, so the number of statements does not depend on their size.

mod catalog;
mod contacts;
mod details;
mod error;
mod history;
mod identity;
mod location;
mod maintenance;
mod orders;
mod pending;
mod policies;
mod readers;
mod rows;
mod sites;
mod storage;
mod store;
mod whole;
mod workspaces;
mod writer;

pub use store::{SqliteOptions, SqliteStore};

//! The SQLite adapter: every port of [`selfsame_application::ports`] over one database file.
//!
//! A batch is read on a connection that only reads, and written on the one that writes, in a transaction that begins with `BEGIN IMMEDIATE`;
//! SQLite has one writer at a time, whichever process it is in. All statements of a read or a write run on the thread that asks for them,
//! without a message to another one. Batches travel as one JSON text and are taken apart by `json_each`, so the number of statements does not
//! depend on their size.

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
mod migrations;
mod orders;
mod pending;
mod policies;
mod readers;
mod rows;
mod segments;
mod sites;
mod statement;
mod storage;
mod store;
mod whole;
mod workspaces;
mod writer;

pub use store::{SqliteOptions, SqliteStore};

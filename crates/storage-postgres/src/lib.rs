//! The `PostgreSQL` adapter of Selfsame's storage ports.
//!
//! [`PostgresStore`] implements every port; the files mirror those of the ports. How writers keep out of each other's way is
//! told in `storage/lock.rs`. Statements are literals; everything variable is bound.

mod bounded;
mod catalog;
mod contacts;
mod error;
mod history;
mod identity;
mod maintenance;
mod numbers;
mod orders;
mod partitions;
mod pending;
mod policies;
mod retention;
mod rows;
mod sites;
mod storage;
mod store;
mod workspaces;

pub use store::{ConnectOptions, PostgresStore};

//! The `PostgreSQL` adapter of Selfsame's storage ports.
//!
//! [`PostgresStore`] implements every port; the files mirror those of the ports. What a batch reads and writes
//! is in the functions of `migrations/postgres`. Statements are literals; everything variable is bound.

mod bounded;
mod catalog;
mod changes;
mod contacts;
mod distribution;
mod error;
mod exports;
mod history;
mod identity;
mod imports;
mod jobs;
mod maintenance;
mod numbers;
mod orders;
mod partitions;
mod pending;
mod policies;
mod retention;
mod rows;
mod segments;
mod sites;
mod storage;
mod store;
mod workspaces;

pub use distribution::{DistributeError, Distributed, Distribution};
pub use store::{ConnectOptions, PostgresStore};

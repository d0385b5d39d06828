//! The `PostgreSQL` adapter of Selfsame's storage ports.
//!
//! [`PostgresStore`] implements every port; the files mirror those of the ports. The functions of `migrations/postgres`
//! read and write batches. Statements are literals; all values are bound.

mod audit;
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
mod memberships;
mod numbers;
mod orders;
mod partitions;
mod pending;
mod policies;
mod retention;
mod rows;
mod search;
mod second_factors;
mod segments;
mod sites;
mod storage;
mod store;
mod users;
mod webhooks;
mod workspaces;

pub use distribution::{DistributeError, Distributed, Distribution};
pub use store::{ConnectOptions, PostgresStore};

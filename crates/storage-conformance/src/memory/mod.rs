//! The in-memory adapter: for tests of the application and the front ends, and the reference that other adapters are compared
//! with. File names mirror the ports.
//!
//! One mutex per workspace serializes its writers. A commit changes a copy and replaces the data with it, so readers see only committed states,
//! and a dropped transaction has no effect.
#![warn(clippy::expect_used, clippy::missing_panics_doc)]

mod apply;
mod audit;
mod catalog;
mod changes;
mod contacts;
mod contract;
mod exports;
mod history;
mod identity;
mod import_undo;
mod imports;
mod jobs;
mod load;
mod maintenance;
mod memberships;
mod orders;
mod revisions;
mod second_factors;
mod segments;
mod sites;
mod space;
mod storage;
mod store;
mod users;
mod webhooks;
mod workspaces;

pub use contract::ContractError;
pub use store::MemoryStore;

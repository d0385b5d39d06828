//! Compiles the plan of a segment to SQL.
//!
//! One compiler for both databases: they have the same tables and columns, and what they write differently is in [`engine`](Engine).
//! Every condition comes out true or false, never null, so that NOT is the exact complement.

mod compile;
mod engine;
mod history;
#[cfg(test)]
mod tests;
mod zones;

pub use compile::{Bound, Query, count, members};
pub use engine::Engine;

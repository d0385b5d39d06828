//! Compiles the plan of a segment to SQL.
//!
//! One compiler serves both databases: their tables and columns are the same, and [`engine`](Engine) contains the
//! differences of syntax. Every condition is true or false, never null, so that NOT is the exact complement.

mod compile;
mod engine;
mod history;
#[cfg(test)]
mod tests;
mod zones;

pub use compile::{Bound, Query, Rows, TimeColumn, counts, differences, members};
pub use engine::Engine;

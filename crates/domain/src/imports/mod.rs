//! Imports of files: their options, the meaning of their columns, and the titles that are recognised.

mod options;
mod plan;
mod target;
mod titles;

pub use options::FileOptions;
pub use plan::{Column, Plan};
pub use target::{Target, UNKNOWN_UNIQUE_BY, UniqueByProblem};

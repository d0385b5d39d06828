//! Imports of files: what is asked of one, which column holds what, and what titles mean.

mod options;
mod plan;
mod target;
mod titles;

pub use options::FileOptions;
pub use plan::{Column, Plan};
pub use target::{Target, UNKNOWN_UNIQUE_BY, UniqueByProblem};

//! The write lane: what arrives while a commit is under way shares the next one.
//!
//! There is no timer. An idle lane takes a submission at once, alone; a busy one lets submissions of the same workspace wait and
//! takes them together. Correctness never depends on it: a batch is decided as if one command came after the other, and
//! the revision of the workspace keeps several servers apart.

mod batch;
mod contention;
mod decide;
mod dry_run;
mod execute;
mod queue;
mod records;

pub(crate) use dry_run::dry_run;
pub use queue::LaneOptions;
pub(crate) use queue::{Lane, Priority};

//! The write lane: submissions that arrive during a commit share the next one.
//!
//! There is no timer. An idle lane takes a submission at once, alone. A busy one queues submissions of the same
//! workspace and takes them together. Correctness never depends on batching: a batch is decided as if its commands ran
//! one after the other, and the revision of the workspace serialises several servers. Where the storage allows it, the
//! next batch is read while the one before is written.

mod batch;
mod contention;
mod decide;
mod dry_run;
mod execute;
mod overlap;
mod queue;
mod records;

pub(crate) use dry_run::dry_run;
pub(crate) use queue::Lane;
pub use queue::LaneOptions;

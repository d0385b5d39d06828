//! The write lane.

mod answers;
mod background;
mod batches;
mod bounds;
mod dry_run;
mod duplicates;
mod equivalence;
mod failures;
mod overlap;
mod replays;

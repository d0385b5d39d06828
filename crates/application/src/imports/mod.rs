//! Imports: many contacts at once, through the same lane and the same rules as a single one.

mod accept;
mod outcome;
mod pace;
mod reading;
mod run;
mod undo;

pub use accept::ImportRequest;
pub(crate) use run::ImportHandler;
pub(crate) use undo::UndoHandler;

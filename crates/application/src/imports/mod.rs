//! Imports: many contacts at once, through the same lane and the same rules as a single one.

mod accept;
mod inspect;
mod outcome;
mod pace;
mod preview;
mod reading;
mod run;
mod undo;
mod upload;

pub use accept::ImportRequest;
pub(crate) use outcome::rows_of;
pub use preview::{ImportPreview, PreviewBody, PreviewError, PreviewRequest, PreviewRow, PreviewTotals};
pub(crate) use run::ImportHandler;
pub(crate) use undo::UndoHandler;
pub use upload::Upload;

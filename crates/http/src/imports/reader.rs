//! The rows of stored bodies, of every form.

use super::files::FileRows;
use super::preview::PREVIEW_LIMIT;
use crate::contacts::read_bulk_rows;
use selfsame_application::ports::{
    Continuation, FileSample, Import, ImportFormat, Inspection, InspectionContext, ReadRow, RowReader, RowsError,
};
use selfsame_domain::Policy;
use std::io::Read;

/// Reads the rows of imports.
#[derive(Debug, Clone, Copy)]
pub struct ImportRows {
    files: FileRows,
}

impl ImportRows {
    /// Reads files of at most so many bytes once they are unpacked.
    pub fn new(file_limit: u64) -> Self {
        Self {
            files: FileRows { limit: file_limit },
        }
    }

    /// Reads files for previews, which are answered at once: of at most 256 MiB, and of no more than an import may have.
    pub fn for_previews(file_limit: u64) -> Self {
        Self::new(PREVIEW_LIMIT.min(file_limit))
    }
}

impl RowReader for ImportRows {
    fn inspect(
        &self,
        import: &Import,
        context: &InspectionContext,
        body: &mut dyn Read,
    ) -> Result<Inspection, RowsError> {
        match import.format {
            ImportFormat::Bulk => Ok(Inspection::default()),
            ImportFormat::File => self.files.inspect(import, context, body),
        }
    }

    fn sample(
        &self,
        import: &Import,
        context: &InspectionContext,
        body: &mut dyn Read,
        most: usize,
    ) -> Result<FileSample, RowsError> {
        match import.format {
            ImportFormat::Bulk => Ok(FileSample::default()),
            ImportFormat::File => self.files.sample(import, context, body, most),
        }
    }

    fn read(
        &self,
        import: &Import,
        policy: &Policy,
        body: &mut dyn Read,
        rows: &mut dyn FnMut(ReadRow) -> Continuation,
    ) -> Result<(), RowsError> {
        match import.format {
            ImportFormat::Bulk => read_bulk_rows(policy, body, rows),
            ImportFormat::File => self.files.read(import, policy, body, rows),
        }
    }
}

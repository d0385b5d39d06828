//! Tables in files, row by row: CSV, TSV, NDJSON and XLSX, packed with gzip or not, in the encodings that people have.
//!
//! Everything is read as a stream: what is in memory is a sample of the beginning, the row that is read, and for XLSX the texts that its cells
//! share. What cannot be read is an error that names its line, never a guess.

mod delimited;
mod delimiter;
mod encoding;
mod error;
mod lines;
mod pieces;
mod sheet;
mod source;

pub use error::TableError;
pub use source::{Form, MAX_COLUMNS, MAX_ROW_BYTES, Row, RowContent, Source, TableOptions, read};

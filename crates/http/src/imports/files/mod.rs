//! Imports of files: how a file is mapped to contacts, and what its columns look like.

mod columns;
mod contact;
mod how;
mod parameters;
mod rows;

pub(super) use parameters::{FileParams, Parameters, read_date_formats, read_map};
pub(super) use selfsame_domain::imports::{Column, FileOptions, Plan, Target};

pub use contact::segments_cell;
pub(crate) use rows::FileRows;

//! Imports of files: how a file is mapped to contacts, and what its columns look like.

mod columns;
mod contact;
mod options;
mod parameters;
mod plan;
mod rows;
mod target;
mod titles;

pub(super) use options::FileOptions;
pub(super) use parameters::{FileParams, Parameters, read_date_formats, read_map, region};
pub(super) use plan::{Column, Plan};
pub(super) use target::Target;

pub use contact::segments_cell;
pub(crate) use parameters::UNKNOWN_MEMBER;
pub(crate) use rows::FileRows;

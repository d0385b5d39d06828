//! Invented people, for trying an import and for measuring one.

mod forms;
mod names;
mod people;

pub(crate) use forms::{CsvPeople, NdjsonPeople, People};

//! The API page for people: a single self-contained file, rendered from the API description.

mod model;
mod prose;
mod render;
mod schema;

pub(super) use render::{ApiPage, render};

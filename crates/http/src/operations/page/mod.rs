//! The API as a page for people: made from the API's description, one file that needs nothing else.

mod model;
mod prose;
mod render;
mod schema;

pub(super) use render::{ApiPage, render};

//! The definitions of a workspace: custom fields and subscription categories.

mod categories;
mod definition;
mod fields;
mod routes;

pub(crate) use routes::routes;

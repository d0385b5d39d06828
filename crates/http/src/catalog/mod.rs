//! The definitions of a workspace: custom fields and subscription categories.

mod categories;
mod change;
mod fields;
mod routes;

use change::{change, number};
pub(crate) use routes::routes;

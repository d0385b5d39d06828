//! What a workspace defines for its contacts: custom fields and subscription categories.

mod categories;
mod change;
mod fields;
mod routes;

use change::{change, number};
pub(crate) use routes::routes;

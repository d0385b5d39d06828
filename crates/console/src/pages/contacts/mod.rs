//! `/contacts`.

mod csv;
mod explain;
mod list;
mod search;
mod timeline;
mod undo;
mod view;

use crate::state::ConsoleState;
use axum::Router;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .merge(list::routes())
        .merge(csv::routes())
        .merge(explain::routes())
        .merge(view::routes())
        .merge(undo::routes())
}

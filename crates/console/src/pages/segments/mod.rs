//! `/segments`.

mod add;
mod build;
mod builder;
mod delete;
mod history;
mod list;
mod view;

use crate::state::ConsoleState;
use axum::Router;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .merge(list::routes())
        .merge(add::routes())
        .merge(build::routes())
        .merge(view::routes())
        .merge(history::routes())
        .merge(delete::routes())
}

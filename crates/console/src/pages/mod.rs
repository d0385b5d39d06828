//! The pages, one file each: routes, handlers and the template struct.

mod account;
mod contacts;
mod exports;
mod home;
mod imports;
mod invitation;
mod preferences;
mod review;
mod second_factor;
mod segments;
mod settings;
mod sign_in;
mod sign_in_code;
mod sign_in_provider;

pub(crate) use imports::takes_file;

use crate::error::PageError;
use crate::state::ConsoleState;
use askama::Template;
use axum::Router;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;

/// The routes of all pages.
pub(crate) fn routes() -> Router<ConsoleState> {
    Router::new()
        .merge(home::routes())
        .merge(sign_in::routes())
        .merge(invitation::routes())
        .merge(sign_in_code::routes())
        .merge(sign_in_provider::routes())
        .merge(account::routes())
        .merge(second_factor::routes())
        .merge(preferences::routes())
        .merge(contacts::routes())
        .merge(segments::routes())
        .merge(imports::routes())
        .merge(exports::routes())
        .merge(review::routes())
        .merge(settings::routes())
}

/// Writes a page.
fn show(page: &impl Template) -> Result<Response, PageError> {
    Ok(Html(page.render()?).into_response())
}

/// Writes a page with a status: a form that is shown again.
fn show_again(status: StatusCode, page: &impl Template) -> Result<Response, PageError> {
    Ok((status, Html(page.render()?)).into_response())
}

/// A number in an address; anything else is no address.
fn number(text: &str) -> Result<i64, PageError> {
    let number = text.parse::<i64>().ok().filter(|number| *number > 0);
    number.ok_or(PageError::NotFound)
}

/// A UUID in an address; anything else is no address.
fn uuid(text: &str) -> Result<uuid::Uuid, PageError> {
    uuid::Uuid::parse_str(text).map_err(|_| PageError::NotFound)
}

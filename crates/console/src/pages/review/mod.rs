//! `/review`: merges and identifiers that need a look.

mod identifier;
mod merge;
mod merges;
mod quarantined;
mod shared;

use crate::error::PageError;
use crate::page::{Link, Page, Section};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use axum::Router;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use selfsame_domain::{IdentifierKey, IdentifierKind};

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .merge(merges::routes())
        .merge(merge::routes())
        .merge(shared::routes())
        .merge(quarantined::routes())
        .merge(identifier::routes())
}

/// A page of the reviews: its frame, and the links to all of them.
fn page(signed_in: &SignedIn, current: &str) -> (Page, Vec<Link>) {
    let texts = signed_in.browser.texts;
    let link = |(name, href): (&str, &str)| Link {
        href: href.to_owned(),
        text: texts.get(&format!("review-{name}")),
        is_current: name == current,
    };
    let page = Page::of(signed_in, Section::Review, &texts.get(&format!("review-{current}")));
    let links = [
        ("merges", "/review"),
        ("shared", "/review/shared"),
        ("quarantined", "/review/quarantined"),
    ];
    (page, links.map(link).into())
}

/// The address of the page of an identifier.
fn address_of(key: &IdentifierKey) -> String {
    let value = utf8_percent_encode(&key.value, NON_ALPHANUMERIC);
    format!("/review/identifier?kind={}&value={value}", key.kind)
}

/// An identifier in an address or a form; anything else is no address.
fn key_of(kind: &str, value: &str) -> Result<IdentifierKey, PageError> {
    let kind = IdentifierKind::from_text(kind).ok_or(PageError::NotFound)?;
    if value.is_empty() {
        return Err(PageError::NotFound);
    }
    Ok(IdentifierKey {
        kind,
        value: value.to_owned(),
    })
}

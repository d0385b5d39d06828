//! `/review/quarantined`: identifiers that contacts hold beyond the limit of their kind.

use super::{address_of, key_of, page};
use crate::contact_view::kind;
use crate::error::PageError;
use crate::page::{Link, Page};
use crate::pages::{number, show};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use crate::texts::When;
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use selfsame_application::ports::{Holder, QuarantinedPlace};
use selfsame_domain::ContactId;
use selfsame_domain::console::Permission;
use serde::Deserialize;

/// How many identifiers a page has.
const PAGE: u32 = 50;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/review/quarantined", get(view))
}

/// The last row of the page before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PageParams {
    kind: String,
    value: String,
    home: String,
}

/// An identifier in the list.
struct Row {
    kind: String,
    value: String,
    contact: i64,
    is_removed: bool,
    last_seen: When,
    href: String,
}

#[derive(Template)]
#[template(path = "review/quarantined.html")]
struct QuarantinedPage {
    page: Page,
    links: Vec<Link>,
    rows: Vec<Row>,
    next: Option<String>,
}

async fn view(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    Query(params): Query<PageParams>,
) -> Result<Response, PageError> {
    signed_in.require(Permission::Read)?;
    let texts = signed_in.browser.texts;
    let after = match params.kind.as_str() {
        "" => None,
        kind => Some(QuarantinedPlace {
            key: key_of(kind, &params.value)?,
            home: ContactId(number(&params.home)?),
        }),
    };
    // One row more than a page holds shows whether there is a next page.
    let store = state.app.store();
    let mut found = store
        .quarantined(signed_in.workspace(), after.as_ref(), PAGE + 1)
        .await?;
    let more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let next = found.last().filter(|_| more).map(|last| {
        let key = last.held.key();
        let value = utf8_percent_encode(&key.value, NON_ALPHANUMERIC);
        let home = last.held.home;
        format!("/review/quarantined?kind={}&value={value}&home={home}", key.kind)
    });
    let row = |holder: &Holder| Row {
        kind: kind(holder.held.kind(), texts),
        value: holder.held.identifier.typed.clone(),
        contact: holder.contact.0,
        is_removed: holder.removed,
        last_seen: texts.when(holder.held.last_seen),
        href: address_of(holder.held.key()),
    };
    let (page, links) = page(&signed_in, "quarantined");
    show(&QuarantinedPage {
        page,
        links,
        rows: found.iter().map(row).collect(),
        next,
    })
}

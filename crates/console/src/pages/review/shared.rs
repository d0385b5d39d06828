//! `/review/shared`: identifiers that were seen with too many external IDs and do not match any more.

use super::{address_of, key_of, page};
use crate::contact_view::{kind, value_of};
use crate::error::PageError;
use crate::page::{Link, Page};
use crate::pages::show;
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use selfsame_application::ports::SharedIdentifier;
use selfsame_domain::console::Permission;
use serde::Deserialize;

/// How many identifiers a page has.
const PAGE: u32 = 50;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/review/shared", get(view))
}

/// The last identifier of the page before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PageParams {
    kind: String,
    value: String,
}

/// An identifier in the list.
struct Row {
    kind: String,
    value: String,
    external_ids: String,
    is_blocked: bool,
    href: String,
}

#[derive(Template)]
#[template(path = "review/shared.html")]
struct SharedPage {
    page: Page,
    links: Vec<Link>,
    /// How many external IDs make an identifier shared.
    threshold: String,
    rows: Vec<Row>,
    next: Option<String>,
}

async fn view(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    Query(params): Query<PageParams>,
) -> Result<Response, PageError> {
    signed_in.require(Permission::Read)?;
    let (store, workspace, texts) = (state.app.store(), signed_in.workspace(), signed_in.browser.texts);
    let after = match params.kind.as_str() {
        "" => None,
        kind => Some(key_of(kind, &params.value)?),
    };
    let policy = store.policy(workspace).await?.policy;
    // One row more than a page holds shows whether there is a next page.
    let mut found = store
        .shared(workspace, policy.shared_threshold, after.as_ref(), PAGE + 1)
        .await?;
    let more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let next = found.last().filter(|_| more).map(|last| {
        let value = utf8_percent_encode(&last.key.value, NON_ALPHANUMERIC);
        format!("/review/shared?kind={}&value={value}", last.key.kind)
    });
    let row = |shared: &SharedIdentifier| Row {
        kind: kind(shared.key.kind, texts),
        value: value_of(&shared.key).to_owned(),
        external_ids: texts.number(u64::from(shared.external_ids)),
        is_blocked: policy.blocks(shared.key.kind, &shared.key.value, &shared.key.value),
        href: address_of(&shared.key),
    };
    let (page, links) = page(&signed_in, "shared");
    show(&SharedPage {
        page,
        links,
        threshold: texts.number(u64::from(policy.shared_threshold)),
        rows: found.iter().map(row).collect(),
        next,
    })
}

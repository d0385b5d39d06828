//! `/review`: the latest merges, to look at and to undo.

use super::page;
use crate::contact_view::MergeRow;
use crate::error::PageError;
use crate::page::{Link, Page};
use crate::pages::{show, uuid};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use selfsame_domain::MergeId;
use selfsame_domain::console::Permission;
use serde::Deserialize;

/// How many merges a page has.
const PAGE: u32 = 25;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/review", get(view))
}

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PageParams {
    /// The last merge of the page before.
    before: String,
}

#[derive(Template)]
#[template(path = "review/merges.html")]
struct MergesPage {
    page: Page,
    links: Vec<Link>,
    merges: Vec<MergeRow>,
    may_undo: bool,
    older: Option<String>,
}

async fn view(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    Query(params): Query<PageParams>,
) -> Result<Response, PageError> {
    signed_in.require(Permission::Read)?;
    let (store, workspace, texts) = (state.app.store(), signed_in.workspace(), signed_in.browser.texts);
    let before = match params.before.as_str() {
        "" => None,
        text => Some(MergeId(uuid(text)?)),
    };
    if let Some(before) = before {
        store.merge(workspace, before).await?.ok_or(PageError::NotFound)?;
    }
    let mut merges = store.merges(workspace, before, PAGE + 1).await?;
    let more = merges.len() > PAGE as usize;
    merges.truncate(PAGE as usize);
    let last = merges.last().map(|merge| merge.id).filter(|_| more);
    let (page, links) = page(&signed_in, "merges");
    show(&MergesPage {
        page,
        links,
        merges: merges.iter().map(|merge| MergeRow::of(merge, texts)).collect(),
        may_undo: signed_in.person.may(Permission::ChangeIdentity),
        older: last.map(|last| format!("/review?before={last}")),
    })
}

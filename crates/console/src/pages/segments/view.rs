//! A segment: its conditions in words, how many contacts are in it, and which.

use crate::contact_view::ContactRow;
use crate::error::PageError;
use crate::page::{Page, Section};
use crate::pages::{number, show};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::get;
use selfsame_application::ports::MembersFrom;
use selfsame_domain::console::Permission;
use selfsame_domain::{ContactId, SegmentId};
use serde::Deserialize;

/// How many contacts a page has.
const PAGE: u32 = 25;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/segments/{id}", get(view))
}

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ListQuery {
    /// The last contact of the page before; 0 for the first page.
    after: i64,
}

#[derive(Template)]
#[template(path = "segments/view.html")]
struct SegmentPage {
    page: Page,
    id: i64,
    name: String,
    words: Option<String>,
    count: u64,
    rows: Vec<ContactRow>,
    next: Option<String>,
    may_edit: bool,
}

async fn view(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Query(params): Query<ListQuery>,
) -> Result<Response, PageError> {
    signed_in.require(Permission::Read)?;
    let (workspace, texts) = (signed_in.workspace(), signed_in.browser.texts);
    let id = SegmentId(number(&id)?);
    let segment = state.app.segment(workspace, id).await?;
    let count = state.app.count_segment(workspace, id).await?;
    let from = MembersFrom::After(ContactId(params.after.max(0)));
    // One row more than a page holds shows whether there is a next page.
    let mut members = state.app.segment_members(workspace, id, from, PAGE + 1).await?;
    let more = members.len() > PAGE as usize;
    members.truncate(PAGE as usize);
    let last = members.last().map(|details| details.contact.id).filter(|_| more);
    show(&SegmentPage {
        page: Page::of(&signed_in, Section::Segments, segment.name.as_str()),
        id: id.0,
        name: segment.name.to_string(),
        words: segment.readable,
        count,
        rows: members
            .iter()
            .map(|details| ContactRow::of(&details.contact, texts))
            .collect(),
        next: last.map(|last| format!("/segments/{id}?after={last}")),
        may_edit: signed_in.person.may(Permission::EditSegments),
    })
}

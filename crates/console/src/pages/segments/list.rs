//! The list of segments.

use crate::error::PageError;
use crate::page::{Page, Section};
use crate::pages::show;
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use selfsame_domain::console::Permission;
use serde::Deserialize;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/segments", get(view))
}

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ListQuery {
    /// What the name contains.
    q: String,
}

/// A segment in the list.
struct Row {
    id: i64,
    name: String,
    /// The formula in words; none for a list.
    words: Option<String>,
}

#[derive(Template)]
#[template(path = "segments/list.html")]
struct SegmentsPage {
    page: Page,
    q: String,
    rows: Vec<Row>,
    may_edit: bool,
}

async fn view(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    Query(params): Query<ListQuery>,
) -> Result<Response, PageError> {
    signed_in.require(Permission::Read)?;
    let q = params.q.trim();
    let segments = state.app.segments(signed_in.workspace(), Some(q)).await?;
    let row = |segment: selfsame_application::SegmentView| Row {
        id: segment.id.0,
        name: segment.name.to_string(),
        words: segment.readable,
    };
    show(&SegmentsPage {
        page: Page::of(
            &signed_in,
            Section::Segments,
            &signed_in.browser.texts.get("segments-title"),
        ),
        q: q.to_owned(),
        rows: segments.into_iter().map(row).collect(),
        may_edit: signed_in.person.may(Permission::EditSegments),
    })
}

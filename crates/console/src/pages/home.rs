//! `/`: where to begin.

use super::show;
use crate::contact_view::MergeRow;
use crate::error::PageError;
use crate::page::{Page, Section};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use selfsame_application::ports::ContactQuery;
use selfsame_domain::console::Permission;

/// How many merges are shown.
const MERGES: u32 = 5;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/", get(view))
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    page: Page,
    contacts: u64,
    segments: u64,
    merges: Vec<MergeRow>,
}

async fn view(State(state): State<ConsoleState>, signed_in: SignedIn) -> Result<Response, PageError> {
    signed_in.require(Permission::Read)?;
    let (workspace, texts) = (signed_in.workspace(), signed_in.browser.texts);
    let store = state.app.store();
    let one = ContactQuery {
        limit: 1,
        ..ContactQuery::default()
    };
    let contacts = store.search(workspace, &one).await?.total;
    let segments = store.segments(workspace, None, 0, 1).await?.total;
    let merges = store.merges(workspace, None, MERGES).await?;
    show(&HomePage {
        page: Page::of(&signed_in, Section::Home, &texts.get("home-title")),
        contacts,
        segments,
        merges: merges.iter().map(|merge| MergeRow::of(merge, texts)).collect(),
    })
}

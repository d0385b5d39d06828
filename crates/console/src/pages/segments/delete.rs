//! Deleting a segment: asked once.

use crate::error::{PageError, go, mendable};
use crate::fields::Posted;
use crate::page::{Page, Section};
use crate::pages::{number, show, show_again};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use selfsame_domain::SegmentId;
use selfsame_domain::console::Permission;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/segments/{id}/delete", get(confirm).post(delete))
}

#[derive(Template)]
#[template(path = "segments/delete.html")]
struct DeletePage {
    page: Page,
    id: i64,
    name: String,
    problem: Option<String>,
}

impl DeletePage {
    async fn of(state: &ConsoleState, signed_in: &SignedIn, id: SegmentId) -> Result<Self, PageError> {
        let segment = state.app.segment(signed_in.workspace(), id).await?;
        Ok(Self {
            page: Page::of(
                signed_in,
                Section::Segments,
                &signed_in.browser.texts.get("segment-delete"),
            ),
            id: id.0,
            name: segment.name.to_string(),
            problem: None,
        })
    }
}

async fn confirm(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    signed_in.require(Permission::EditSegments)?;
    show(&DeletePage::of(&state, &signed_in, SegmentId(number(&id)?)).await?)
}

async fn delete(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted { signed_in, .. }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::EditSegments)?;
    let id = SegmentId(number(&id)?);
    match state.app.delete_segment(&signed_in.person, id).await {
        Ok(()) => Ok(go(&signed_in.browser, "/segments")),
        Err(error) => {
            let (status, problem) = mendable(error.into(), signed_in.browser.texts)?;
            let page = DeletePage::of(&state, &signed_in, id).await?;
            let problem = Some(problem);
            show_again(status, &DeletePage { problem, ..page })
        }
    }
}

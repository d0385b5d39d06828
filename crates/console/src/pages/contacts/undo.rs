//! Undoing a merge: what will go back is shown first.

use crate::contact_view::{MergeRow, key};
use crate::error::{PageError, go};
use crate::fields::Posted;
use crate::page::{Page, Section};
use crate::pages::{number, show, uuid};
use crate::reasons;
use crate::sentences::attribute;
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use selfsame_domain::console::Permission;
use selfsame_domain::{Command, ContactId, Merge, MergeId};

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/contacts/{id}/merges/{merge}/undo", get(confirm).post(undo))
}

#[derive(Template)]
#[template(path = "contacts/undo.html")]
struct UndoPage {
    page: Page,
    id: i64,
    merge: MergeRow,
    identifiers: Vec<String>,
    attributes: Vec<String>,
    segments: u64,
    /// Why it cannot be undone.
    refused: Option<String>,
}

/// The merge, if it is one of the contact's.
async fn find(state: &ConsoleState, signed_in: &SignedIn, id: &str, merge: &str) -> Result<Merge, PageError> {
    let (id, merge) = (ContactId(number(id)?), MergeId(uuid(merge)?));
    let identity = state.app.store().identity(signed_in.workspace(), id).await?;
    let merges = identity.ok_or(PageError::NotFound)?.merges;
    merges
        .into_iter()
        .find(|known| known.id == merge)
        .ok_or(PageError::NotFound)
}

async fn confirm(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    Path((id, merge)): Path<(String, String)>,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ChangeIdentity)?;
    let texts = signed_in.browser.texts;
    let merge = find(&state, &signed_in, &id, &merge).await?;
    let command = Command::Undo { merge: merge.id };
    let would = state.app.dry_run(signed_in.workspace(), vec![command], None).await?;
    let rejection = would.into_iter().find_map(|decision| decision.rejection);
    let moved = &merge.moved;
    show(&UndoPage {
        page: Page::of(&signed_in, Section::Contacts, &texts.get("undo-title")),
        id: number(&id)?,
        merge: MergeRow::of(&merge, texts),
        identifiers: moved.identifiers.iter().map(|moved| key(moved, texts)).collect(),
        attributes: moved.filled.iter().map(|filled| attribute(*filled, texts)).collect(),
        segments: moved.segments.len() as u64,
        refused: rejection.map(|rejection| reasons::rejection(&rejection, texts)),
    })
}

async fn undo(
    State(state): State<ConsoleState>,
    Path((id, merge)): Path<(String, String)>,
    Posted { signed_in, .. }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ChangeIdentity)?;
    let merge = find(&state, &signed_in, &id, &merge).await?;
    state.app.undo_merge(&signed_in.person, merge.id).await?;
    Ok(go(&signed_in.browser, &format!("/contacts/{}#merges", number(&id)?)))
}

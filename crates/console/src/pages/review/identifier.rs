//! `/review/identifier`: who holds an identifier, and what can be done about one that does not match.

use super::{address_of, key_of};
use crate::contact_view::{kind, value_of};
use crate::error::{PageError, go};
use crate::fields::{Fields, Posted};
use crate::page::{Page, Section};
use crate::pages::{number, show, show_again};
use crate::sentences;
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use crate::texts::When;
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use selfsame_application::ports::Holder;
use selfsame_domain::console::Permission;
use selfsame_domain::{ContactId, IdentifierKey, IdentifierState, Outcome};
use serde::Deserialize;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/review/identifier", get(view))
        .route("/review/identifier/reevaluate", post(reevaluate))
        .route("/review/identifier/unshare", post(unshare))
        .route("/review/identifier/block", post(block))
}

/// Which identifier.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PageParams {
    kind: String,
    value: String,
}

/// A contact that holds the identifier.
struct HolderRow {
    contact: i64,
    is_removed: bool,
    state: String,
    is_quarantined: bool,
    source: String,
    first_seen: When,
    last_seen: When,
}

#[derive(Template)]
#[template(path = "review/identifier.html")]
#[expect(clippy::struct_excessive_bools, reason = "each decides of a part of the page")]
struct IdentifierPage {
    page: Page,
    /// Kind and matching form, as forms send them back.
    key: IdentifierKey,
    kind: String,
    value: String,
    external_ids: u64,
    is_shared: bool,
    is_blocked: bool,
    holders: Vec<HolderRow>,
    may_change: bool,
    may_block: bool,
    problem: Option<String>,
}

impl IdentifierPage {
    async fn of(state: &ConsoleState, signed_in: &SignedIn, key: IdentifierKey) -> Result<Self, PageError> {
        let (store, workspace, texts) = (state.app.store(), signed_in.workspace(), signed_in.browser.texts);
        let found = store.lookup(workspace, &key).await?;
        if found.holders.is_empty() && found.record.seen_with.is_empty() {
            return Err(PageError::NotFound);
        }
        let policy = store.policy(workspace).await?.policy;
        let row = |holder: &Holder| HolderRow {
            contact: holder.contact.0,
            is_removed: holder.removed,
            state: texts.get(&format!("identifier-{}", holder.held.state.as_str())),
            is_quarantined: holder.held.state == IdentifierState::Quarantined && !holder.removed,
            source: holder.held.source.as_str().to_owned(),
            first_seen: texts.when(holder.held.first_seen),
            last_seen: texts.when(holder.held.last_seen),
        };
        let first = found.holders.first();
        let typed = first.map_or_else(|| value_of(&key), |holder| holder.held.identifier.typed.as_str());
        let person = &signed_in.person;
        Ok(Self {
            page: Page::of(signed_in, Section::Review, &texts.get("review-identifier")),
            kind: kind(key.kind, texts),
            value: typed.to_owned(),
            external_ids: found.record.seen_with.len() as u64,
            is_shared: found.record.is_shared(&policy),
            is_blocked: policy.blocks(key.kind, typed, &key.value),
            holders: found.holders.iter().map(row).collect(),
            may_change: person.may(Permission::ChangeIdentity),
            may_block: person.may(Permission::ManageSettings),
            problem: None,
            key,
        })
    }

    /// How many active contacts hold it.
    fn active(&self) -> usize {
        self.holders.iter().filter(|holder| !holder.is_removed).count()
    }
}

async fn view(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    Query(params): Query<PageParams>,
) -> Result<Response, PageError> {
    signed_in.require(Permission::Read)?;
    let key = key_of(&params.kind, &params.value)?;
    show(&IdentifierPage::of(&state, &signed_in, key).await?)
}

/// The identifier of a form, if the workspace knows it.
async fn posted(state: &ConsoleState, signed_in: &SignedIn, fields: &Fields) -> Result<IdentifierKey, PageError> {
    let key = key_of(fields.text("kind"), fields.raw("value"))?;
    let found = state.app.store().lookup(signed_in.workspace(), &key).await?;
    if found.holders.is_empty() && found.record.seen_with.is_empty() {
        return Err(PageError::NotFound);
    }
    Ok(key)
}

async fn reevaluate(
    State(state): State<ConsoleState>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ChangeIdentity)?;
    let contact = ContactId(number(fields.text("contact"))?);
    let key = posted(&state, &signed_in, &fields).await?;
    let decision = state
        .app
        .reevaluate_identifier(&signed_in.person, contact, key.clone())
        .await?;
    if decision.outcome == Outcome::Updated {
        return Ok(go(&signed_in.browser, &address_of(&key)));
    }
    let texts = signed_in.browser.texts;
    let reasons = sentences::effects(&decision, texts).join(" ");
    let page = IdentifierPage::of(&state, &signed_in, key).await?;
    let problem = Some(format!("{} {reasons}", texts.get("review-unchanged")));
    show_again(StatusCode::CONFLICT, &IdentifierPage { problem, ..page })
}

async fn unshare(
    State(state): State<ConsoleState>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ChangeIdentity)?;
    let key = posted(&state, &signed_in, &fields).await?;
    state.app.unshare_identifier(&signed_in.person, key.clone()).await?;
    Ok(go(&signed_in.browser, "/review/shared"))
}

async fn block(State(state): State<ConsoleState>, Posted { signed_in, fields }: Posted) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageSettings)?;
    let key = posted(&state, &signed_in, &fields).await?;
    state.app.block_identifier(&signed_in.person, &key).await?;
    Ok(go(&signed_in.browser, "/review/shared"))
}

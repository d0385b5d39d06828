//! `/review/merge`: merging two contacts by hand. What it would do is shown first.

use crate::contact_view::{ContactRow, IdentifierRow, name_of};
use crate::error::{PageError, go};
use crate::fields::Posted;
use crate::page::{Page, Section};
use crate::pages::{number, show};
use crate::reasons;
use crate::sentences;
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use selfsame_application::ports::IdentityView;
use selfsame_domain::console::Permission;
use selfsame_domain::{Command, ContactId, Rejection};
use serde::Deserialize;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/review/merge", get(view).post(merge))
}

/// Which contacts.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PageParams {
    survivor: String,
    absorbed: String,
}

/// One of the two contacts.
struct Side {
    row: ContactRow,
    title: String,
    identifiers: Vec<IdentifierRow>,
}

/// What the merge would do.
struct Outlook {
    /// Survivor and absorbed contact, each with the name of its heading.
    sides: [(&'static str, Side); 2],
    effects: Vec<String>,
    /// Why it is refused.
    refused: Option<String>,
    /// Whether it is done all the same when it is forced.
    can_be_forced: bool,
}

#[derive(Template)]
#[template(path = "review/merge.html")]
struct MergePage {
    page: Page,
    survivor: String,
    absorbed: String,
    outlook: Option<Outlook>,
}

async fn view(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    Query(params): Query<PageParams>,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ChangeIdentity)?;
    let outlook = match (params.survivor.trim(), params.absorbed.trim()) {
        (survivor, absorbed) if !survivor.is_empty() && !absorbed.is_empty() => {
            let (survivor, absorbed) = (ContactId(number(survivor)?), ContactId(number(absorbed)?));
            Some(outlook(&state, &signed_in, survivor, absorbed).await?)
        }
        _ => None,
    };
    show(&MergePage {
        page: Page::of(&signed_in, Section::Review, &signed_in.browser.texts.get("merge-title")),
        survivor: params.survivor,
        absorbed: params.absorbed,
        outlook,
    })
}

async fn outlook(
    state: &ConsoleState,
    signed_in: &SignedIn,
    survivor: ContactId,
    absorbed: ContactId,
) -> Result<Outlook, PageError> {
    let (workspace, texts) = (signed_in.workspace(), signed_in.browser.texts);
    let command = |force| Command::Merge {
        survivor,
        absorbed,
        force,
    };
    let side = async |id| {
        let found = state.app.store().identity(workspace, id).await?;
        let IdentityView { contact, .. } = found.ok_or(PageError::NotFound)?;
        let title = match name_of(&contact) {
            name if name.is_empty() => texts.with("contact-title", "id", &contact.id.to_string()),
            name => name,
        };
        let held = contact.identifiers.iter().filter(|held| held.is_visible());
        Ok::<Side, PageError>(Side {
            row: ContactRow::of(&contact, texts),
            title,
            identifiers: held.map(|held| IdentifierRow::of(held, &contact, texts)).collect(),
        })
    };
    let would = state.app.dry_run(workspace, vec![command(false)], None).await?;
    let would = would
        .into_iter()
        .next()
        .ok_or(PageError::Internal("a command without a decision"))?;
    let can_be_forced = matches!(
        would.rejection,
        Some(Rejection::DifferentExternalIds | Rejection::TooManyIdentifiers { .. })
    );
    Ok(Outlook {
        sides: [
            ("merge-survivor", side(survivor).await?),
            ("merge-absorbed-contact", side(absorbed).await?),
        ],
        effects: sentences::effects(&would, texts),
        refused: would
            .rejection
            .as_ref()
            .map(|refused| reasons::rejection(refused, texts)),
        can_be_forced,
    })
}

async fn merge(State(state): State<ConsoleState>, Posted { signed_in, fields }: Posted) -> Result<Response, PageError> {
    signed_in.require(Permission::ChangeIdentity)?;
    let (survivor, absorbed) = (
        ContactId(number(fields.text("survivor"))?),
        ContactId(number(fields.text("absorbed"))?),
    );
    for id in [survivor, absorbed] {
        let found = state.app.store().answering(signed_in.workspace(), id).await?;
        found.ok_or(PageError::NotFound)?;
    }
    let decision = state
        .app
        .merge_contacts(&signed_in.person, survivor, absorbed, fields.is_on("force"))
        .await?;
    let survivor = decision.contact.unwrap_or(survivor);
    Ok(go(&signed_in.browser, &format!("/contacts/{survivor}#merges")))
}

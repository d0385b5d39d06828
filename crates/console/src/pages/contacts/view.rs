//! A contact: who it is, why it is one person, what it did, and in which segments it is.

use super::timeline::{Entry, read_cursor, write_cursor};
use crate::contact_view::{IdentifierRow, MergeRow, name_of};
use crate::error::{PageError, go};
use crate::page::{Choice, Page, Section};
use crate::pages::{number, show};
use crate::sentences::{Sentence, attribute};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use crate::texts::{Texts, When};
use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::get;
use selfsame_application::ports::IdentityView;
use selfsame_application::{TimelineCursor, TimelineKind, TimelineQuery};
use selfsame_domain::console::Permission;
use selfsame_domain::{AttributeKey, AttributeValue, Contact, ContactId, ContactState};
use serde::Deserialize;

/// How many decisions are shown.
const DECISIONS: u32 = 50;
/// How many entries of the timeline are shown.
const ENTRIES: u32 = 25;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/contacts/{id}", get(view))
}

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ListQuery {
    /// The only kind of entries of the timeline; all without one.
    kind: String,
    /// Where the page of the timeline before ended.
    after: String,
}

/// A segment that the contact is in.
struct SegmentRow {
    id: i64,
    name: String,
    because: String,
    until: Option<When>,
}

#[derive(Template)]
#[template(path = "contacts/view.html")]
struct ContactPage {
    page: Page,
    id: i64,
    name: String,
    is_removed: bool,
    created: When,
    updated: When,
    source: String,
    attributes: Vec<(String, String)>,
    identifiers: Vec<IdentifierRow>,
    decisions: Vec<Sentence>,
    merges: Vec<MergeRow>,
    may_undo: bool,
    segments: Vec<SegmentRow>,
    kinds: Vec<Choice>,
    entries: Vec<Entry>,
    older: Option<String>,
}

async fn view(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Query(params): Query<ListQuery>,
) -> Result<Response, PageError> {
    signed_in.require(Permission::Read)?;
    let (workspace, texts) = (signed_in.workspace(), signed_in.browser.texts);
    let id = ContactId(number(&id)?);
    let identity = state.app.store().identity(workspace, id).await?;
    let identity = identity.ok_or(PageError::NotFound)?;
    if identity.contact.id != id {
        return Ok(go(&signed_in.browser, &format!("/contacts/{}", identity.contact.id)));
    }
    let decisions = state
        .app
        .store()
        .latest_decisions(workspace, id, None, DECISIONS)
        .await?;
    let decisions = decisions.ok_or(PageError::NotFound)?;
    let (entries, older) = timeline(&state, &signed_in, id, &params).await?;
    let IdentityView { contact, merges, .. } = &identity;
    let title = match name_of(contact) {
        name if name.is_empty() => texts.with("contact-title", "id", &id.to_string()),
        name => name,
    };
    show(&ContactPage {
        page: Page::of(&signed_in, Section::Contacts, &title),
        id: id.0,
        name: title,
        is_removed: contact.state == ContactState::Removed,
        created: texts.when(contact.created_at),
        updated: texts.when(contact.updated_at),
        source: contact.source.as_str().to_owned(),
        attributes: attributes(&state, &signed_in, contact).await?,
        identifiers: identifiers(contact, texts),
        decisions: decisions
            .iter()
            .map(|(touched, decision)| Sentence::of(decision, *touched, id, texts))
            .collect(),
        merges: merges.iter().rev().map(|merge| MergeRow::of(merge, texts)).collect(),
        may_undo: signed_in.person.may(Permission::ChangeIdentity),
        segments: segments(&state, &signed_in, contact).await?,
        kinds: kinds(&params, texts),
        entries,
        older,
    })
}

/// All identifiers, those that the contact shows first.
fn identifiers(contact: &Contact, texts: Texts) -> Vec<IdentifierRow> {
    let mut held: Vec<_> = contact.identifiers.iter().collect();
    held.sort_by_key(|held| (!held.is_visible(), held.kind(), held.first_seen));
    held.into_iter()
        .map(|held| IdentifierRow::of(held, contact, texts))
        .collect()
}

/// Names and values of what the contact has besides identifiers.
async fn attributes(
    state: &ConsoleState,
    signed_in: &SignedIn,
    contact: &Contact,
) -> Result<Vec<(String, String)>, PageError> {
    let texts = signed_in.browser.texts;
    let fields = state.app.store().fields(signed_in.workspace()).await?;
    let label = |key: AttributeKey| match key {
        AttributeKey::Field(id) => {
            let known = fields.iter().find(|field| field.id == id);
            known.map_or_else(|| attribute(key, texts), |field| field.name.clone())
        }
        built_in => attribute(built_in, texts),
    };
    let value = |value: &AttributeValue| match value {
        AttributeValue::Text(text) => text.clone(),
        AttributeValue::Field(value) => value.to_wire(),
    };
    let all = contact.attributes.0.keys();
    let shown = all.filter_map(|key| Some((label(*key), value(contact.attributes.get(*key)?))));
    Ok(shown.collect())
}

/// The segments that the contact is in, and why. A removed contact is in none.
async fn segments(state: &ConsoleState, signed_in: &SignedIn, contact: &Contact) -> Result<Vec<SegmentRow>, PageError> {
    if !contact.is_active() {
        return Ok(Vec::new());
    }
    let texts = signed_in.browser.texts;
    let all = state.app.segments_of(signed_in.workspace(), contact.id).await?;
    let row = |standing: selfsame_application::StandingInSegment| SegmentRow {
        id: standing.id.0,
        name: standing.name.to_string(),
        because: standing.because,
        until: standing.until.map(|until| texts.when(until)),
    };
    Ok(all.into_iter().filter(|standing| standing.is_member).map(row).collect())
}

/// One page of the timeline, and the address of the next one.
async fn timeline(
    state: &ConsoleState,
    signed_in: &SignedIn,
    id: ContactId,
    params: &ListQuery,
) -> Result<(Vec<Entry>, Option<String>), PageError> {
    let kind = TimelineKind::ALL.into_iter().find(|kind| kind.as_str() == params.kind);
    let after = match params.after.as_str() {
        "" => Some(TimelineCursor::default()),
        text => read_cursor(text),
    };
    let query = TimelineQuery {
        kinds: kind.map_or_else(|| TimelineKind::ALL.into(), |kind| [kind].into()),
        from: None,
        until: None,
        after: after.ok_or(PageError::NotFound)?,
        limit: ENTRIES,
    };
    let found = state.app.timeline(signed_in.workspace(), id, &query).await?;
    let found = found.ok_or(PageError::NotFound)?;
    let next = found.next.map(|next| {
        let kind = kind.map_or("", TimelineKind::as_str);
        format!("/contacts/{id}?kind={kind}&after={}#timeline", write_cursor(&next))
    });
    let texts = signed_in.browser.texts;
    Ok((
        found.items.iter().map(|item| Entry::of(item, id, texts)).collect(),
        next,
    ))
}

/// Of what kind entries are shown, as a choice.
fn kinds(params: &ListQuery, texts: Texts) -> Vec<Choice> {
    let all = Choice {
        value: String::new(),
        text: texts.get("timeline-all"),
        is_chosen: params.kind.is_empty(),
    };
    let choice = |kind: TimelineKind| Choice {
        value: kind.as_str().to_owned(),
        text: texts.get(&format!("timeline-{}", kind.as_str())),
        is_chosen: kind.as_str() == params.kind,
    };
    std::iter::once(all).chain(TimelineKind::ALL.map(choice)).collect()
}

//! A webhook: whether it works, and its messages.

use super::list::{kind_in_words, kinds_in_words};
use super::{state_of, webhook_id};
use crate::error::PageError;
use crate::page::{Choice, Link, Page};
use crate::pages::settings::page;
use crate::pages::show;
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use crate::texts::{Texts, When};
use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::get;
use selfsame_application::ports::{Delivery, DeliveryPlace, DeliveryQuery, Webhook};
use selfsame_domain::console::Permission;
use selfsame_domain::webhooks::{DeliveryStatus, EndpointAnswer};
use selfsame_domain::{MessageId, Revision};
use serde::Deserialize;

/// How many messages a page has.
pub(super) const PAGE: u32 = 50;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/settings/webhooks/{id}", get(view))
}

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PageParams {
    /// The only status; all without one.
    status: String,
    /// The last message of the page before: `REVISION.PLACE.MESSAGE`.
    before: String,
}

/// A message in the list.
struct MessageRow {
    id: String,
    kind: String,
    contact: i64,
    status: String,
    is_dead: bool,
    attempts: u32,
    next_try: Option<When>,
    answer: Option<(When, String)>,
}

/// What is shown once, after an action.
#[derive(Debug, Default)]
pub(super) struct Notice {
    pub(super) secret: Option<String>,
    pub(super) text: Option<String>,
    pub(super) problem: Option<String>,
}

#[derive(Template)]
#[template(path = "settings/webhooks/view.html")]
pub(super) struct WebhookPage {
    page: Page,
    links: Vec<Link>,
    id: String,
    url: String,
    kinds: String,
    state: String,
    is_enabled: bool,
    paused_until: Option<When>,
    problem: Option<String>,
    /// Its place in the feed of changes.
    position: i64,
    pending: u64,
    statuses: Vec<Choice>,
    messages: Vec<MessageRow>,
    has_dead: bool,
    older: Option<String>,
    notice: Notice,
}

impl WebhookPage {
    /// The page of a webhook with its latest messages.
    pub(super) async fn of(
        state: &ConsoleState,
        signed_in: &SignedIn,
        webhook: &Webhook,
        notice: Notice,
    ) -> Result<Self, PageError> {
        Self::at(state, signed_in, webhook, notice, (None, None)).await
    }

    async fn at(
        state: &ConsoleState,
        signed_in: &SignedIn,
        webhook: &Webhook,
        notice: Notice,
        (status, before): (Option<DeliveryStatus>, Option<DeliveryPlace>),
    ) -> Result<Self, PageError> {
        let (store, workspace, texts) = (state.app.store(), signed_in.workspace(), signed_in.browser.texts);
        let query = DeliveryQuery {
            workspace,
            webhook: webhook.id,
            status,
            before,
            limit: PAGE + 1,
        };
        let mut found = store.deliveries(&query).await?;
        let more = found.len() > PAGE as usize;
        found.truncate(PAGE as usize);
        let last = found.last().map(Delivery::at).filter(|_| more);
        let chosen = status.map_or("", DeliveryStatus::as_str);
        let older = last.map(|last| {
            let message = last.message.to_header();
            format!(
                "/settings/webhooks/{}?status={chosen}&before={}.{}.{message}",
                webhook.id, last.revision, last.place
            )
        });
        let (page, links) = page(signed_in, "webhooks");
        Ok(Self {
            page,
            links,
            id: webhook.id.to_string(),
            url: webhook.url.as_str().to_owned(),
            kinds: kinds_in_words(&webhook.kinds, texts),
            state: texts.get(state_of(webhook)),
            is_enabled: webhook.is_enabled,
            paused_until: webhook.health.paused_until.map(|until| texts.when(until)),
            problem: webhook.health.problem.clone(),
            position: webhook.position.0,
            pending: store.pending_deliveries(workspace, webhook.id).await?,
            statuses: statuses(status, texts),
            messages: found.iter().map(|message| row(message, texts)).collect(),
            has_dead: found.iter().any(|message| message.state.status == DeliveryStatus::Dead),
            older,
            notice,
        })
    }
}

fn statuses(chosen: Option<DeliveryStatus>, texts: Texts) -> Vec<Choice> {
    let all = Choice {
        value: String::new(),
        text: texts.get("delivery-all"),
        is_chosen: chosen.is_none(),
    };
    let choice = |status: DeliveryStatus| Choice {
        value: status.as_str().to_owned(),
        text: texts.get(&format!("delivery-{}", status.as_str())),
        is_chosen: chosen == Some(status),
    };
    [all].into_iter().chain(DeliveryStatus::ALL.map(choice)).collect()
}

fn row(message: &Delivery, texts: Texts) -> MessageRow {
    let state = &message.state;
    let is_pending = state.status == DeliveryStatus::Pending;
    MessageRow {
        id: message.message.to_header(),
        kind: kind_in_words(message.kind, texts),
        contact: message.contact.0,
        status: texts.get(&format!("delivery-{}", state.status.as_str())),
        is_dead: state.status == DeliveryStatus::Dead,
        attempts: state.attempts,
        next_try: is_pending.then(|| texts.when(state.next_try_at)),
        answer: state
            .last
            .as_ref()
            .map(|(answer, at)| (texts.when(*at), in_words(answer))),
    }
}

/// An answer as it came.
pub(super) fn in_words(answer: &EndpointAnswer) -> String {
    match answer.status {
        Some(status) => format!("{status} {}", answer.detail).trim_end().to_owned(),
        None => answer.detail.clone(),
    }
}

/// Reads the place of a message in an address.
fn place(text: &str) -> Option<DeliveryPlace> {
    let (revision, rest) = text.split_once('.')?;
    let (place, message) = rest.split_once('.')?;
    Some(DeliveryPlace {
        revision: Revision(revision.parse().ok()?),
        place: place.parse().ok().filter(|place| i32::try_from(*place).is_ok())?,
        message: MessageId::from_header(message)?,
    })
}

async fn view(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Query(params): Query<PageParams>,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageSettings)?;
    let webhook = state.app.webhook_of(&signed_in.person, webhook_id(&id)?).await?;
    let status = match params.status.as_str() {
        "" => None,
        text => Some(DeliveryStatus::from_text(text).ok_or(PageError::NotFound)?),
    };
    let before = match params.before.as_str() {
        "" => None,
        text => Some(place(text).ok_or(PageError::NotFound)?),
    };
    show(&WebhookPage::at(&state, &signed_in, &webhook, Notice::default(), (status, before)).await?)
}

//! The webhooks of the workspace, and a new one.

use super::state_of;
use crate::error::{PageError, mendable};
use crate::fields::Posted;
use crate::page::{Choice, Link, Page};
use crate::pages::settings::page;
use crate::pages::{show, show_again};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use crate::texts::{Texts, When};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use secrecy::ExposeSecret;
use selfsame_application::NewWebhook;
use selfsame_application::ports::Webhook;
use selfsame_domain::ChangeKind;
use selfsame_domain::console::Permission;
use selfsame_domain::webhooks::{WantedKinds, WebhookUrl};
use std::collections::BTreeSet;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/settings/webhooks", get(view).post(make))
}

/// A webhook in the list.
struct Row {
    id: String,
    url: String,
    kinds: String,
    state: String,
    problem: Option<String>,
    created: When,
}

#[derive(Template)]
#[template(path = "settings/webhooks/list.html")]
struct WebhooksPage {
    page: Page,
    links: Vec<Link>,
    rows: Vec<Row>,
    kinds: Vec<Choice>,
    url: String,
    /// The secret of a webhook that was just made: it is shown this once.
    made: Option<String>,
    problem: Option<String>,
}

/// Kinds of changes in words.
pub(super) fn kinds_in_words(kinds: &WantedKinds, texts: Texts) -> String {
    match kinds {
        WantedKinds::All => texts.get("webhook-all-kinds"),
        WantedKinds::Some(kinds) => {
            let words = kinds.iter().map(|kind| kind_in_words(*kind, texts));
            words.collect::<Vec<_>>().join(", ")
        }
    }
}

/// A kind of change in words.
pub(super) fn kind_in_words(kind: ChangeKind, texts: Texts) -> String {
    texts.get(&format!("change-{}", kind.as_str()))
}

impl WebhooksPage {
    async fn of(state: &ConsoleState, signed_in: &SignedIn, chosen: &BTreeSet<ChangeKind>) -> Result<Self, PageError> {
        let texts = signed_in.browser.texts;
        let webhooks = state.app.store().webhooks(signed_in.workspace()).await?;
        let row = |webhook: &Webhook| Row {
            id: webhook.id.to_string(),
            url: webhook.url.as_str().to_owned(),
            kinds: kinds_in_words(&webhook.kinds, texts),
            state: texts.get(state_of(webhook)),
            problem: webhook.health.problem.clone(),
            created: texts.when(webhook.created_at),
        };
        let choice = |kind: ChangeKind| Choice {
            value: kind.as_str().to_owned(),
            text: kind_in_words(kind, texts),
            is_chosen: chosen.contains(&kind),
        };
        let (page, links) = page(signed_in, "webhooks");
        Ok(Self {
            page,
            links,
            rows: webhooks.iter().map(row).collect(),
            kinds: ChangeKind::ALL.map(choice).into(),
            url: String::new(),
            made: None,
            problem: None,
        })
    }
}

async fn view(State(state): State<ConsoleState>, signed_in: SignedIn) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageSettings)?;
    show(&WebhooksPage::of(&state, &signed_in, &BTreeSet::new()).await?)
}

async fn make(State(state): State<ConsoleState>, Posted { signed_in, fields }: Posted) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageSettings)?;
    let texts = signed_in.browser.texts;
    let typed = fields.text("url");
    let chosen = fields.pairs().filter(|(name, _)| *name == "kind");
    let chosen = chosen.map(|(_, kind)| ChangeKind::from_text(kind));
    let chosen: BTreeSet<ChangeKind> = chosen.collect::<Option<_>>().ok_or(PageError::BadForm)?;
    let kinds = if chosen.is_empty() {
        WantedKinds::All
    } else {
        WantedKinds::Some(chosen.clone())
    };
    let refused = match WebhookUrl::parse(typed) {
        Err(_) => (StatusCode::UNPROCESSABLE_ENTITY, texts.get("webhook-url-problem")),
        Ok(url) => {
            let new = NewWebhook { url, kinds, key: None };
            match state.app.make_webhook(&signed_in.person, new).await {
                Ok((_, key)) => {
                    let made = Some(key.text().expose_secret().to_owned());
                    let page = WebhooksPage::of(&state, &signed_in, &BTreeSet::new()).await?;
                    return show(&WebhooksPage { made, ..page });
                }
                Err(error) => mendable(error.into(), texts)?,
            }
        }
    };
    let (status, problem) = refused;
    let page = WebhooksPage::of(&state, &signed_in, &chosen).await?;
    let again = WebhooksPage {
        url: typed.to_owned(),
        problem: Some(problem),
        ..page
    };
    show_again(status, &again)
}

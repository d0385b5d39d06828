//! API keys: the list, a new one, and revoking.

use super::page;
use crate::error::{PageError, go};
use crate::fields::Posted;
use crate::page::{Choice, Link, Page};
use crate::pages::{show, show_again, uuid};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use crate::texts::When;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use selfsame_application::KeySecret;
use selfsame_application::ports::ApiKey;
use selfsame_domain::console::Permission;
use selfsame_domain::{KeyId, Rights, Timestamp};

/// The most characters of a name.
const LONGEST_NAME: usize = 100;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/settings/keys", get(view).post(make))
        .route("/settings/keys/{id}/revoke", post(revoke))
}

/// A key in the list.
struct Row {
    id: String,
    name: String,
    prefix: String,
    rights: String,
    created: When,
    last_used: Option<When>,
    state: String,
    is_open: bool,
}

#[derive(Template)]
#[template(path = "settings/keys.html")]
struct KeysPage {
    page: Page,
    links: Vec<Link>,
    rows: Vec<Row>,
    rights: Vec<Choice>,
    /// The secret of a key that was just made: it is shown this once.
    made: Option<String>,
    name: String,
    problem: Option<String>,
}

impl KeysPage {
    async fn of(state: &ConsoleState, signed_in: &SignedIn) -> Result<Self, PageError> {
        let keys = state.app.api_keys(&signed_in.person).await?;
        let (page, links) = page(signed_in, "keys");
        let (texts, now) = (signed_in.browser.texts, state.app.clock().now());
        let row = |key: &ApiKey| {
            let open = is_open(key, now);
            Row {
                id: key.id.to_string(),
                name: key.name.clone(),
                prefix: key.prefix.clone(),
                rights: texts.get(&format!("rights-{}", key.rights.as_str())),
                created: texts.when(key.created_at),
                last_used: key.last_used_at.map(|at| texts.when(at)),
                state: texts.get(open.unwrap_or("key-active")),
                is_open: open.is_none(),
            }
        };
        let choice = |rights: Rights| Choice {
            value: rights.as_str().to_owned(),
            text: texts.get(&format!("rights-{}", rights.as_str())),
            is_chosen: rights == Rights::EventsContacts,
        };
        Ok(Self {
            page,
            links,
            rows: keys.iter().map(row).collect(),
            rights: Rights::ALL.map(choice).into(),
            made: None,
            name: String::new(),
            problem: None,
        })
    }
}

/// Why a key opens nothing; nothing for one that does.
fn is_open(key: &ApiKey, now: Timestamp) -> Option<&'static str> {
    if key.revoked_at.is_some() {
        Some("key-revoked")
    } else if key.expires_at.is_some_and(|end| end <= now) {
        Some("key-expired")
    } else {
        None
    }
}

async fn view(State(state): State<ConsoleState>, signed_in: SignedIn) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageKeys)?;
    show(&KeysPage::of(&state, &signed_in).await?)
}

async fn make(State(state): State<ConsoleState>, Posted { signed_in, fields }: Posted) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageKeys)?;
    let (name, rights) = (fields.text("name"), Rights::from_text(fields.text("rights")));
    let is_name = !name.is_empty() && name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control);
    let Some(rights) = rights.filter(|_| is_name) else {
        let page = KeysPage::of(&state, &signed_in).await?;
        let problem = Some(signed_in.browser.texts.get("key-name-problem"));
        let name = name.to_owned();
        return show_again(StatusCode::UNPROCESSABLE_ENTITY, &KeysPage { name, problem, ..page });
    };
    let secret = KeySecret::draw(state.app.ids());
    state
        .app
        .make_api_key(&signed_in.person, secret.key(name, rights, None))
        .await?;
    let made = Some(secret.expose().to_owned());
    let page = KeysPage::of(&state, &signed_in).await?;
    show(&KeysPage { made, ..page })
}

async fn revoke(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted { signed_in, .. }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageKeys)?;
    state.app.revoke_api_key(&signed_in.person, KeyId(uuid(&id)?)).await?;
    Ok(go(&signed_in.browser, "/settings/keys"))
}

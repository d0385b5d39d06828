//! Sites with the snippet to copy, and the secrets that sign identity tokens.

use super::page;
use crate::error::{PageError, go, mendable};
use crate::fields::{Fields, Posted};
use crate::page::{Link, Page};
use crate::pages::{number, show, show_again};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use crate::texts::When;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use chrono::TimeDelta;
use http::StatusCode;
use secrecy::ExposeSecret;
use selfsame_application::ports::Site;
use selfsame_domain::SiteId;
use selfsame_domain::console::Permission;
use selfsame_domain::values::SiteOrigin;
use std::collections::BTreeSet;

/// The most characters of a name.
const LONGEST_NAME: usize = 100;
/// For how long after the last request a site counts as working.
const LIVELY: TimeDelta = TimeDelta::days(1);

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/settings/sites", get(view).post(make))
        .route("/settings/sites/{id}", post(change))
        .route("/settings/sites/{id}/delete", post(delete))
        .route("/settings/signing-secrets", post(make_secret))
}

/// A site in the list.
struct SiteRow {
    id: i64,
    name: String,
    /// One a line.
    origins: String,
    allow_unsigned: bool,
    created: When,
    snippet: String,
    seen: Option<When>,
    is_lively: bool,
}

/// What was typed into the form of a new site.
#[derive(Default)]
struct Typed {
    name: String,
    origins: String,
    allow_unsigned: bool,
}

#[derive(Template)]
#[template(path = "settings/sites.html")]
struct SitesPage {
    page: Page,
    links: Vec<Link>,
    sites: Vec<SiteRow>,
    typed: Typed,
    /// When each live signing secret was made, the newest first.
    secrets: Vec<When>,
    /// A signing secret that was just made: it is shown this once.
    made: Option<String>,
    problem: Option<String>,
}

impl SitesPage {
    async fn of(state: &ConsoleState, signed_in: &SignedIn) -> Result<Self, PageError> {
        let (store, workspace, texts) = (state.app.store(), signed_in.workspace(), signed_in.browser.texts);
        let seen = store.sites_seen(workspace).await?;
        let now = state.app.clock().now();
        let row = |site: &Site| {
            let seen = seen.get(&site.id).copied();
            SiteRow {
                id: site.id.0,
                name: site.name.clone(),
                origins: written(&site.origins),
                allow_unsigned: site.allow_unsigned,
                created: texts.when(site.created_at),
                snippet: snippet(&state.settings.public_url, &site.key),
                seen: seen.map(|at| texts.when(at)),
                is_lively: seen.is_some_and(|at| now - at < LIVELY),
            }
        };
        let sites = store.sites(workspace).await?;
        let secrets = store.signing_secrets(workspace).await?;
        let (page, links) = page(signed_in, "sites");
        Ok(Self {
            page,
            links,
            sites: sites.iter().map(row).collect(),
            typed: Typed::default(),
            secrets: secrets.iter().map(|secret| texts.when(secret.created_at)).collect(),
            made: None,
            problem: None,
        })
    }
}

/// What the pages of a site have in their head.
fn snippet(public_url: &str, key: &str) -> String {
    format!(
        "<script>window.selfsame=window.selfsame||function(){{(selfsame.q=selfsame.q||[]).push(arguments)}}</script>\n\
         <script async src=\"{public_url}/t/selfsame.js\" data-site=\"{key}\"></script>"
    )
}

fn written(origins: &BTreeSet<SiteOrigin>) -> String {
    let lines: Vec<String> = origins.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// The origins of a form, one a line.
fn origins(fields: &Fields) -> Option<BTreeSet<SiteOrigin>> {
    let lines = fields.text("origins").lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty());
    lines.map(|line| SiteOrigin::parse(line).ok()).collect()
}

async fn view(State(state): State<ConsoleState>, signed_in: SignedIn) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageSettings)?;
    show(&SitesPage::of(&state, &signed_in).await?)
}

async fn make(State(state): State<ConsoleState>, Posted { signed_in, fields }: Posted) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageSettings)?;
    let texts = signed_in.browser.texts;
    let typed = Typed {
        name: fields.text("name").to_owned(),
        origins: fields.text("origins").to_owned(),
        allow_unsigned: fields.is_on("unsigned"),
    };
    let name = &typed.name;
    let is_name = !name.is_empty() && name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control);
    let (status, problem) = match origins(&fields) {
        None => (StatusCode::UNPROCESSABLE_ENTITY, texts.get("site-origin-problem")),
        Some(_) if !is_name => (StatusCode::UNPROCESSABLE_ENTITY, texts.get("site-name-problem")),
        Some(origins) => {
            let person = &signed_in.person;
            match state.app.make_site(person, name, origins, typed.allow_unsigned).await {
                Ok(_) => return Ok(go(&signed_in.browser, "/settings/sites")),
                Err(error) => mendable(error.into(), texts)?,
            }
        }
    };
    let page = SitesPage::of(&state, &signed_in).await?;
    let problem = Some(problem);
    show_again(status, &SitesPage { typed, problem, ..page })
}

async fn change(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageSettings)?;
    let id = SiteId(number(&id)?);
    let Some(origins) = origins(&fields) else {
        let page = SitesPage::of(&state, &signed_in).await?;
        let problem = Some(signed_in.browser.texts.get("site-origin-problem"));
        return show_again(StatusCode::UNPROCESSABLE_ENTITY, &SitesPage { problem, ..page });
    };
    state
        .app
        .change_site(&signed_in.person, id, &origins, fields.is_on("unsigned"))
        .await?;
    Ok(go(&signed_in.browser, "/settings/sites"))
}

async fn delete(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted { signed_in, .. }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageSettings)?;
    state.app.delete_site(&signed_in.person, SiteId(number(&id)?)).await?;
    Ok(go(&signed_in.browser, "/settings/sites"))
}

async fn make_secret(
    State(state): State<ConsoleState>,
    Posted { signed_in, .. }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageSettings)?;
    let secret = state.app.make_signing_secret(&signed_in.person).await?;
    let page = SitesPage::of(&state, &signed_in).await?;
    let made = Some(secret.expose_secret().to_owned());
    show(&SitesPage { made, ..page })
}

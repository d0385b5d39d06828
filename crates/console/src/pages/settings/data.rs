//! Sites with the snippet to copy, custom fields and categories.

use super::page;
use crate::error::PageError;
use crate::page::{Link, Page};
use crate::pages::show;
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use crate::texts::When;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use selfsame_application::ports::Site;
use selfsame_domain::console::Permission;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/settings/sites", get(sites))
        .route("/settings/fields", get(fields))
}

/// A site in the list.
struct SiteRow {
    name: String,
    origins: Vec<String>,
    created: When,
    snippet: String,
}

#[derive(Template)]
#[template(path = "settings/sites.html")]
struct SitesPage {
    page: Page,
    links: Vec<Link>,
    sites: Vec<SiteRow>,
}

async fn sites(State(state): State<ConsoleState>, signed_in: SignedIn) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageKeys)?;
    let texts = signed_in.browser.texts;
    let sites = state.app.store().sites(signed_in.workspace()).await?;
    let (page, links) = page(&signed_in, "sites");
    let row = |site: &Site| SiteRow {
        name: site.name.clone(),
        origins: site.origins.iter().map(ToString::to_string).collect(),
        created: texts.when(site.created_at),
        snippet: snippet(&state.settings.public_url, &site.key),
    };
    show(&SitesPage {
        page,
        links,
        sites: sites.iter().map(row).collect(),
    })
}

/// What the pages of a site have in their head.
fn snippet(public_url: &str, key: &str) -> String {
    format!(
        "<script>window.selfsame=window.selfsame||function(){{(selfsame.q=selfsame.q||[]).push(arguments)}}</script>\n\
         <script async src=\"{public_url}/t/selfsame.js\" data-site=\"{key}\"></script>"
    )
}

/// A custom field in the list.
struct FieldRow {
    id: String,
    name: String,
    key: String,
    field_type: &'static str,
    is_identifying: bool,
    is_archived: bool,
}

#[derive(Template)]
#[template(path = "settings/fields.html")]
struct FieldsPage {
    page: Page,
    links: Vec<Link>,
    fields: Vec<FieldRow>,
    categories: Vec<(String, u64)>,
}

async fn fields(State(state): State<ConsoleState>, signed_in: SignedIn) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageKeys)?;
    let (store, workspace) = (state.app.store(), signed_in.workspace());
    let fields = store.fields(workspace).await?;
    let categories = store.categories(workspace).await?;
    let (page, links) = page(&signed_in, "fields");
    let row = |field: selfsame_domain::CustomField| FieldRow {
        id: field.id.to_string(),
        key: format!("{}.{}", field.profile_key, field.field_key),
        field_type: field.field_type.as_wire(),
        is_identifying: field.identifying,
        is_archived: field.archived,
        name: field.name,
    };
    show(&FieldsPage {
        page,
        links,
        fields: fields.into_iter().map(row).collect(),
        categories: categories
            .into_iter()
            .map(|(category, contacts)| (category.name.to_string(), contacts))
            .collect(),
    })
}

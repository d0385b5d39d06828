//! The imports of the last 30 days, and the form for a new one.

use crate::error::PageError;
use crate::page::{Page, Section};
use crate::pages::{show, show_again, uuid};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use crate::texts::{Texts, When};
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use selfsame_application::ports::{Import, ImportFormat, ImportId};
use selfsame_domain::console::Permission;
use serde::Deserialize;

/// How many imports a page has.
const PAGE: u32 = 25;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/imports", get(view))
}

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PageParams {
    /// The last import of the page before.
    before: String,
}

/// An import in the list.
struct Row {
    id: String,
    at: When,
    status: String,
    source: String,
    rows: String,
    rejected: String,
}

impl Row {
    fn of(import: &Import, texts: Texts) -> Self {
        let mut status = texts.get(&format!("import-{}", import.status.as_str()));
        if import.is_dry_run {
            status = texts.with("import-dry", "status", &status);
        }
        Self {
            id: import.id.to_string(),
            at: texts.when(import.created_at),
            status,
            source: match import.format {
                ImportFormat::Bulk => texts.get("import-source-bulk"),
                ImportFormat::File => texts.get("import-source-file"),
            },
            rows: texts.number(import.counts.total()),
            rejected: texts.number(import.counts.rejected),
        }
    }
}

#[derive(Template)]
#[template(path = "imports/list.html")]
struct ImportsPage {
    page: Page,
    may_import: bool,
    limit: String,
    rows: Vec<Row>,
    older: Option<String>,
    problem: Option<String>,
}

impl ImportsPage {
    async fn of(state: &ConsoleState, signed_in: &SignedIn, before: Option<ImportId>) -> Result<Self, PageError> {
        let texts = signed_in.browser.texts;
        // One row more than a page holds shows whether there is a next page.
        let mut imports = state
            .app
            .store()
            .imports(signed_in.workspace(), before, PAGE + 1)
            .await?;
        let more = imports.len() > PAGE as usize;
        imports.truncate(PAGE as usize);
        let last = imports.last().map(|import| import.id).filter(|_| more);
        Ok(Self {
            page: Page::of(signed_in, Section::Imports, &texts.get("imports-title")),
            may_import: signed_in.person.may(Permission::Import),
            limit: texts.number(state.settings.import_limit >> 20),
            rows: imports.iter().map(|import| Row::of(import, texts)).collect(),
            older: last.map(|last| format!("/imports?before={last}")),
            problem: None,
        })
    }
}

async fn view(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    Query(params): Query<PageParams>,
) -> Result<Response, PageError> {
    signed_in.require(Permission::Read)?;
    let before = match params.before.as_str() {
        "" => None,
        text => Some(ImportId(uuid(text)?)),
    };
    show(&ImportsPage::of(&state, &signed_in, before).await?)
}

/// Shows the list again, and what is wrong with the form.
pub(super) async fn again(state: &ConsoleState, signed_in: &SignedIn, problem: &str) -> Result<Response, PageError> {
    let page = ImportsPage::of(state, signed_in, None).await?;
    let problem = Some(signed_in.browser.texts.get(problem));
    show_again(StatusCode::UNPROCESSABLE_ENTITY, &ImportsPage { problem, ..page })
}

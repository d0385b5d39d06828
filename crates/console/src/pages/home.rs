//! `/`: where to begin.

use super::show;
use crate::contact_view::MergeRow;
use crate::error::PageError;
use crate::page::{Page, Section};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use selfsame_application::ports::{ContactQuery, Import, ImportStatus, RunStatus};
use selfsame_domain::console::Permission;

/// How many merges are shown.
const MERGES: u32 = 5;
/// How many of the latest imports, and how many exports, are looked through for failures.
const LOOKED_AT: u32 = 20;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/", get(view))
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    page: Page,
    contacts: u64,
    segments: u64,
    merges: Vec<MergeRow>,
    /// What needs a look: where it leads, and what it is.
    failures: Vec<(String, String)>,
}

async fn view(State(state): State<ConsoleState>, signed_in: SignedIn) -> Result<Response, PageError> {
    signed_in.require(Permission::Read)?;
    let (workspace, texts) = (signed_in.workspace(), signed_in.browser.texts);
    let store = state.app.store();
    let one = ContactQuery {
        limit: 1,
        ..ContactQuery::default()
    };
    let contacts = store.search(workspace, &one).await?.total;
    let segments = store.segments(workspace, None, 0, 1).await?.total;
    let merges = store.merges(workspace, None, MERGES).await?;
    show(&HomePage {
        page: Page::of(&signed_in, Section::Home, &texts.get("home-title")),
        contacts,
        segments,
        failures: failures(&state, &signed_in).await?,
        merges: merges.iter().map(|merge| MergeRow::of(merge, texts)).collect(),
    })
}

/// Imports that failed or need a decision, and exports whose latest run failed.
async fn failures(state: &ConsoleState, signed_in: &SignedIn) -> Result<Vec<(String, String)>, PageError> {
    let (store, workspace, texts) = (state.app.store(), signed_in.workspace(), signed_in.browser.texts);
    let imports = store.imports(workspace, None, LOOKED_AT).await?;
    let of_import = |import: &Import| {
        let name = match import.status {
            ImportStatus::Failed => "home-import-failed",
            ImportStatus::NeedsDecision => "home-import-undecided",
            _ => return None,
        };
        let at = texts.when(import.created_at).text;
        Some((format!("/imports/{}", import.id), texts.with(name, "at", &at)))
    };
    let mut failures: Vec<(String, String)> = imports.iter().filter_map(of_import).collect();
    if signed_in.person.may(Permission::ManageExports) {
        let exports = store.exports(workspace).await?;
        for export in exports.iter().take(LOOKED_AT as usize) {
            let latest = store.runs(workspace, export.id, None, 1).await?;
            if latest.first().is_some_and(|run| run.status == RunStatus::Failed) {
                let text = texts.with("home-export-failed", "name", &export.name);
                failures.push((format!("/exports/{}", export.id), text));
            }
        }
    }
    Ok(failures)
}

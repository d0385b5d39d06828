//! `/`: how the workspace grows, and what needs a look.

use super::show;
use crate::chart::Chart;
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
use chrono::{NaiveTime, TimeDelta};
use selfsame_application::ports::{ContactQuery, Import, ImportStatus, RunStatus};
use selfsame_domain::Timestamp;
use selfsame_domain::console::Permission;

/// How many merges are shown.
const MERGES: u32 = 5;
/// How many of the latest imports, and how many exports, are looked through for failures.
const LOOKED_AT: u32 = 20;
/// Up to how many identifiers are counted that need a look.
const COUNTED: u32 = 100;
/// For how many days new and merged contacts are shown, today included.
const DAYS: u16 = 30;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/", get(view))
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    page: Page,
    contacts: u64,
    segments: u64,
    chart: Chart,
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
    let mut failures = identifiers(&state, &signed_in).await?;
    failures.extend(imports(&state, &signed_in).await?);
    if signed_in.person.may(Permission::ManageExports) {
        failures.extend(exports(&state, &signed_in).await?);
    }
    show(&HomePage {
        page: Page::of(&signed_in, Section::Home, &texts.get("home-title")),
        contacts,
        segments,
        chart: chart(&state, &signed_in).await?,
        failures,
        merges: merges.iter().map(|merge| MergeRow::of(merge, texts)).collect(),
    })
}

/// New and merged contacts of the last days, by days in UTC.
async fn chart(state: &ConsoleState, signed_in: &SignedIn) -> Result<Chart, PageError> {
    let texts = signed_in.browser.texts;
    let bounds = bounds(state.app.clock().now());
    let store = state.app.store();
    let counts = store.counts_between(signed_in.workspace(), &bounds).await?;
    let days: Vec<(String, Vec<u64>)> = bounds
        .iter()
        .zip(counts)
        .map(|(day, counts)| (texts.day(*day), vec![counts.created, counts.merged]))
        .collect();
    Ok(Chart::of(&days, texts))
}

/// The beginnings of the last days, and the end of today.
fn bounds(now: Timestamp) -> Vec<Timestamp> {
    let today = now.date_naive().and_time(NaiveTime::MIN).and_utc();
    let ago = |days: i64| today.checked_sub_signed(TimeDelta::days(days));
    (-1..i64::from(DAYS)).rev().filter_map(ago).collect()
}

/// Identifiers that do not match any more, if there are any.
async fn identifiers(state: &ConsoleState, signed_in: &SignedIn) -> Result<Vec<(String, String)>, PageError> {
    let (store, workspace, texts) = (state.app.store(), signed_in.workspace(), signed_in.browser.texts);
    let policy = store.policy(workspace).await?.policy;
    let mut shared = store.shared(workspace, policy.shared_threshold, None, COUNTED).await?;
    // What is blocked has been looked at.
    shared.retain(|shared| !policy.blocks(shared.key.kind, &shared.key.value, &shared.key.value));
    let quarantined = store.quarantined(workspace, None, COUNTED).await?;
    let line = |count: usize, name: &str, href: &str| {
        let counted = count as u64;
        let text = match counted {
            0 => return None,
            counted if counted < u64::from(COUNTED) => texts.count(name, counted),
            counted => texts.count(&format!("{name}-or-more"), counted),
        };
        Some((href.to_owned(), text))
    };
    let lines = [
        line(shared.len(), "home-shared", "/review/shared"),
        line(quarantined.len(), "home-quarantined", "/review/quarantined"),
    ];
    Ok(lines.into_iter().flatten().collect())
}

/// Imports that failed or need a decision.
async fn imports(state: &ConsoleState, signed_in: &SignedIn) -> Result<Vec<(String, String)>, PageError> {
    let texts = signed_in.browser.texts;
    let imports = state
        .app
        .store()
        .imports(signed_in.workspace(), None, LOOKED_AT)
        .await?;
    let of_import = |import: &Import| {
        let name = match import.status {
            ImportStatus::Failed => "home-import-failed",
            ImportStatus::NeedsDecision => "home-import-undecided",
            _ => return None,
        };
        let at = texts.when(import.created_at).text;
        Some((format!("/imports/{}", import.id), texts.with(name, "at", &at)))
    };
    Ok(imports.iter().filter_map(of_import).collect())
}

/// Exports whose latest run failed.
async fn exports(state: &ConsoleState, signed_in: &SignedIn) -> Result<Vec<(String, String)>, PageError> {
    let (store, workspace, texts) = (state.app.store(), signed_in.workspace(), signed_in.browser.texts);
    let mut failures = Vec::new();
    for export in store.exports(workspace).await?.iter().take(LOOKED_AT as usize) {
        let latest = store.runs(workspace, export.id, None, 1).await?;
        if latest.first().is_some_and(|run| run.status == RunStatus::Failed) {
            let text = texts.with("home-export-failed", "name", &export.name);
            failures.push((format!("/exports/{}", export.id), text));
        }
    }
    Ok(failures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_the_last_thirty_days() {
        let now: Timestamp = "2026-03-01T23:59:59Z".parse().expect("a time");
        let bounds = bounds(now);
        assert_eq!(bounds.len(), 31);
        let text = |at: Option<&Timestamp>| at.map(Timestamp::to_rfc3339);
        assert_eq!(text(bounds.first()).as_deref(), Some("2026-01-31T00:00:00+00:00"));
        assert_eq!(text(bounds.last()).as_deref(), Some("2026-03-02T00:00:00+00:00"));
        assert!(bounds.is_sorted());
    }
}

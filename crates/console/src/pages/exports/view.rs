//! An export: what it writes, and its runs.

use super::{export_id, schedule};
use crate::error::PageError;
use crate::page::{Page, Section};
use crate::pages::{show, uuid};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use crate::texts::{Texts, When};
use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::get;
use selfsame_application::ports::{Export, ExportRun};
use selfsame_domain::RunId;
use selfsame_domain::console::Permission;
use selfsame_domain::export::ColumnSet;
use serde::Deserialize;

/// How many runs a page has.
const PAGE: u32 = 20;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/exports/{id}", get(view))
}

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PageParams {
    /// The last run of the page before.
    before: String,
}

/// A run in the list.
struct RunRow {
    id: String,
    at: When,
    finished: Option<When>,
    state: String,
    is_over: bool,
    percent: u64,
    how: String,
    rows: Vec<(String, String)>,
    cut: Option<String>,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "exports/view.html")]
struct ExportPage {
    page: Page,
    id: String,
    connector_id: String,
    connector: String,
    datasets: Vec<String>,
    schema: String,
    schedule: String,
    segment: Option<i64>,
    external_id: bool,
    /// The columns that the export lacks, by dataset.
    lacking: Vec<(String, Vec<String>)>,
    is_paused: bool,
    next_run: Option<When>,
    is_moving: bool,
    runs: Vec<RunRow>,
    older: Option<String>,
}

async fn view(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Query(params): Query<PageParams>,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageExports)?;
    let (store, workspace, texts) = (state.app.store(), signed_in.workspace(), signed_in.browser.texts);
    let export = store.export(workspace, export_id(&id)?).await?;
    let export = export.ok_or(PageError::NotFound)?;
    let connector = store.connector(workspace, export.connector).await?;
    let before = match params.before.as_str() {
        "" => None,
        text => Some(RunId(uuid(text)?)),
    };
    let mut runs = store.runs(workspace, export.id, before, PAGE + 1).await?;
    let more = runs.len() > PAGE as usize;
    runs.truncate(PAGE as usize);
    let last = runs.last().map(|run| run.id).filter(|_| more);
    show(&ExportPage {
        page: Page::of(&signed_in, Section::Exports, &export.name),
        id: export.id.to_string(),
        connector_id: export.connector.to_string(),
        connector: connector.map(|connector| connector.name).unwrap_or_default(),
        datasets: datasets(&export, texts),
        schema: export.definition.schema.clone(),
        schedule: schedule(export.definition.schedule.as_ref(), texts),
        segment: export.definition.segment.map(|segment| segment.0),
        external_id: !export.definition.datasets.iter().any(lacks_external_id),
        lacking: lacking(&export, texts),
        is_paused: export.is_paused,
        next_run: export
            .next_run_at
            .filter(|_| !export.is_paused)
            .map(|next| texts.when(next)),
        is_moving: before.is_none() && runs.iter().any(|run| !run.status.is_over()),
        runs: runs.iter().map(|run| RunRow::of(run, texts)).collect(),
        older: last.map(|last| format!("/exports/{}?before={last}", export.id)),
    })
}

fn datasets(export: &Export, texts: Texts) -> Vec<String> {
    let sets = export.definition.datasets.iter();
    sets.map(|set| texts.get(&format!("dataset-{}", set.dataset.as_str())))
        .collect()
}

/// The columns that the export lacks, with their datasets.
fn lacking(export: &Export, texts: Texts) -> Vec<(String, Vec<String>)> {
    let sets = export.definition.datasets.iter();
    let lacks = sets.map(|set| {
        let columns = set.lacking().iter().map(ToString::to_string).collect::<Vec<_>>();
        (texts.get(&format!("dataset-{}", set.dataset.as_str())), columns)
    });
    lacks.filter(|(_, columns)| !columns.is_empty()).collect()
}

fn lacks_external_id(set: &ColumnSet) -> bool {
    ColumnSet::new(set.dataset, true).has_external_id() && !set.has_external_id()
}

impl RunRow {
    fn of(run: &ExportRun, texts: Texts) -> Self {
        let report = &run.report;
        let rows = report.rows.iter().map(|(dataset, rows)| {
            let name = texts.get(&format!("dataset-{dataset}"));
            (name, texts.number(*rows))
        });
        Self {
            id: run.id.to_string(),
            at: texts.when(run.created_at),
            finished: run.finished_at.map(|at| texts.when(at)),
            state: texts.get(&format!("run-{}", run.status.as_str())),
            is_over: run.status.is_over(),
            percent: percent(report.progress),
            how: texts.get(if report.is_full { "run-full" } else { "run-changes" }),
            rows: rows.collect(),
            cut: (report.values_cut > 0).then(|| texts.count("run-cut", report.values_cut)),
            error: report.error.clone(),
        }
    }
}

/// A part from 0 to 1 in percent.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the part is from 0 to 1, and a fraction of a percent is not shown"
)]
fn percent(part: f64) -> u64 {
    (part.clamp(0.0, 1.0) * 100.0) as u64
}

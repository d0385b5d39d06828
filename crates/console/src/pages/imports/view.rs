//! An import: its progress, and what became of each row.

use super::preview_view::{damage, dates};
use super::{ProblemView, import_id};
use crate::error::PageError;
use crate::page::{Choice, Page, Section};
use crate::pages::show;
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use crate::texts::{Texts, When};
use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::HeaderName;
use selfsame_application::ports::{Import, ImportRow, ImportStatus, RowOutcome, RowQuery};
use selfsame_domain::Timestamp;
use selfsame_domain::console::Permission;
use selfsame_domain::imports::FileOptions;
use serde::Deserialize;

/// How many rows a page has.
const PAGE: u32 = 50;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/imports/{id}", get(view))
}

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PageParams {
    /// Only rows of this outcome.
    outcome: String,
    /// The last row of the page before.
    after: u64,
    /// What was wrong with a decision: `key`.
    problem: String,
}

/// A row and what became of it.
struct Row {
    number: String,
    line: String,
    outcome: String,
    contact: Option<i64>,
    error: Option<String>,
    kept: Vec<String>,
}

/// A damaged column to decide about.
struct Decide {
    problem: ProblemView,
    damage: Vec<Choice>,
    dates: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "imports/view.html")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a part of the page that is shown or not"
)]
struct ImportPage {
    page: Page,
    id: String,
    status: String,
    /// Whether the state changes by itself, so that the page asks again.
    is_moving: bool,
    is_dry_run: bool,
    done: u64,
    total: Option<u64>,
    /// Seconds since something was last done for it.
    heartbeat: u64,
    rate: Option<String>,
    created: When,
    finished: Option<When>,
    counts: Vec<(String, String)>,
    error: Option<String>,
    decide: Vec<Decide>,
    decide_problem: Option<String>,
    may_cancel: bool,
    may_undo: bool,
    has_rejects: bool,
    outcomes: Vec<Choice>,
    rows: Vec<Row>,
    next: Option<String>,
}

async fn view(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Query(params): Query<PageParams>,
) -> Result<Response, PageError> {
    signed_in.require(Permission::Read)?;
    let (id, texts) = (import_id(&id)?, signed_in.browser.texts);
    let (store, workspace) = (state.app.store(), signed_in.workspace());
    let import = store.import(workspace, id).await?.ok_or(PageError::NotFound)?;
    let outcome = match params.outcome.as_str() {
        "" => None,
        text => Some(RowOutcome::from_text(text).ok_or(PageError::NotFound)?),
    };
    let query = RowQuery {
        outcome,
        after: params.after,
        limit: PAGE + 1,
    };
    let mut rows = store.import_rows(workspace, id, &query).await?;
    let more = rows.len() > PAGE as usize;
    rows.truncate(PAGE as usize);
    let next = rows.last().filter(|_| more).map(|last| {
        let outcome = outcome.map_or("", RowOutcome::as_str);
        format!("/imports/{id}?outcome={outcome}&after={}#rows", last.row)
    });
    let mut page = ImportPage::of(&state, &signed_in, &import)?;
    page.outcomes = outcomes(outcome, texts);
    page.rows = rows.iter().map(|row| Row::of(row, texts)).collect();
    page.next = next;
    page.decide_problem = (params.problem == "key").then(|| texts.get("import-key-problem"));
    if signed_in.browser.is_script && !page.is_moving {
        // The script polled a part of the page, and all of it has changed.
        let refresh = (HeaderName::from_static("hx-refresh"), "true");
        return Ok(([refresh], show(&page)?).into_response());
    }
    show(&page)
}

impl ImportPage {
    fn of(state: &ConsoleState, signed_in: &SignedIn, import: &Import) -> Result<Self, PageError> {
        let texts = signed_in.browser.texts;
        let now = state.app.clock().now();
        let done = import.counts.total();
        let seconds = |from: Timestamp| u64::try_from((now - from).num_seconds()).unwrap_or_default();
        let is_running = import.status == ImportStatus::Running;
        let is_over = import.status.is_over();
        let may = signed_in.person.may(Permission::Import);
        let count = |outcome: &RowOutcome| {
            let name = texts.get(&format!("row-{}", outcome.as_str()));
            (name, texts.number(import.counts.get(*outcome)))
        };
        let status = if import.is_undoing {
            texts.get("import-undoing")
        } else {
            texts.get(&format!("import-{}", import.status.as_str()))
        };
        let rate = import.started_at.filter(|_| is_running).map(seconds);
        Ok(Self {
            page: Page::of(signed_in, Section::Imports, &texts.get("import-title")),
            id: import.id.to_string(),
            status,
            is_moving: import.is_undoing || matches!(import.status, ImportStatus::Queued | ImportStatus::Running),
            is_dry_run: import.is_dry_run,
            done,
            total: import.total.filter(|total| *total > 0),
            heartbeat: seconds(import.heartbeat_at),
            rate: rate
                .filter(|seconds| *seconds > 0)
                .map(|seconds| texts.number(done / seconds)),
            created: texts.when(import.created_at),
            finished: import.finished_at.map(|at| texts.when(at)),
            counts: RowOutcome::ALL.iter().map(count).collect(),
            error: import.error.clone(),
            decide: if may { decide(import, texts)? } else { Vec::new() },
            decide_problem: None,
            may_cancel: may && !is_over && !import.is_cancelling,
            may_undo: may
                && is_over
                && import.status != ImportStatus::Undone
                && !import.is_undoing
                && !import.is_dry_run,
            has_rejects: import.counts.rejected > 0,
            outcomes: Vec::new(),
            rows: Vec::new(),
            next: None,
        })
    }
}

/// The damaged columns, where the import needs a decision.
fn decide(import: &Import, texts: Texts) -> Result<Vec<Decide>, PageError> {
    if import.status != ImportStatus::NeedsDecision {
        return Ok(Vec::new());
    }
    let options = FileOptions::from_text(&import.options);
    let options = options.map_err(|_| PageError::Internal("an import whose options cannot be read back"))?;
    let view = |problem| {
        let shown = ProblemView::of(problem, texts);
        let is_dates = problem.kind == "ambiguous_dates";
        Decide {
            damage: if is_dates {
                Vec::new()
            } else {
                damage(&shown.column, &options, texts)
            },
            dates: if is_dates {
                dates(&shown.column, &options, texts)
            } else {
                Vec::new()
            },
            problem: shown,
        }
    };
    Ok(import.problems.iter().map(view).collect())
}

/// The outcomes, as a choice.
fn outcomes(chosen: Option<RowOutcome>, texts: Texts) -> Vec<Choice> {
    let all = Choice {
        value: String::new(),
        text: texts.get("import-rows-all"),
        is_chosen: chosen.is_none(),
    };
    let choice = |outcome: &RowOutcome| Choice {
        value: outcome.as_str().to_owned(),
        text: texts.get(&format!("row-{}", outcome.as_str())),
        is_chosen: chosen == Some(*outcome),
    };
    std::iter::once(all).chain(RowOutcome::ALL.iter().map(choice)).collect()
}

impl Row {
    fn of(row: &ImportRow, texts: Texts) -> Self {
        let kept = row.kept.iter().map(|kept| format!("{}: {}", kept.field, kept.reason));
        Self {
            number: texts.number(row.row),
            line: texts.number(row.line),
            outcome: texts.get(&format!("row-{}", row.outcome.as_str())),
            contact: row.contact.map(|contact| contact.0),
            error: row.error.clone(),
            kept: kept.collect(),
        }
    }
}

//! Building a dynamic segment, and changing a segment.

use super::builder::{BuildPage, CardView, PreviewView};
use crate::cards::{Draft, DraftProblem, by_card};
use crate::error::{PageError, go, mendable};
use crate::fields::Posted;
use crate::page::{Page, Section};
use crate::pages::{number, show, show_again};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use selfsame_application::{ConsoleError, Preview, SegmentError, SegmentPreviewRequest};
use selfsame_domain::SegmentId;
use selfsame_domain::console::Permission;
use selfsame_domain::segments::{Definitions, Formula, print};
use selfsame_domain::values::SegmentName;
use serde::Deserialize;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/segments/new", get(new).post(make))
        .route("/segments/{id}/edit", get(edit).post(change))
        .route("/contacts/filter", get(filter).post(change_filter))
}

/// A segment in the making: a new one, or one that there is.
struct Work {
    of: Option<SegmentId>,
    /// A list has a name alone.
    is_dynamic: bool,
    /// Whether the conditions are those of the list of contacts, and not saved.
    is_filter: bool,
    draft: Draft,
    focus: Option<usize>,
    definitions: Definitions,
}

/// What a draft came to.
#[derive(Default)]
struct Checked {
    formula: Option<Formula>,
    preview: Option<Preview>,
    problems: Vec<DraftProblem>,
}

async fn new(State(state): State<ConsoleState>, signed_in: SignedIn) -> Result<Response, PageError> {
    signed_in.require(Permission::EditSegments)?;
    let definitions = state.app.store().definitions(signed_in.workspace()).await?;
    let work = Work {
        of: None,
        is_dynamic: true,
        is_filter: false,
        draft: Draft::new(),
        focus: None,
        definitions,
    };
    show(&page(&signed_in, &work, &Checked::default(), None))
}

/// The conditions of the list of contacts.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FilterParams {
    /// The conditions as text.
    filter: String,
}

/// The builder for the list of contacts, with the conditions that it has.
async fn filter(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    Query(params): Query<FilterParams>,
) -> Result<Response, PageError> {
    signed_in.require(Permission::Read)?;
    let workspace = signed_in.workspace();
    let definitions = state.app.store().definitions(workspace).await?;
    let draft = match params.filter.trim() {
        "" => Draft::new(),
        text => Draft::of("", &state.app.parse_formula(workspace, text).await?, &definitions),
    };
    let work = Work {
        of: None,
        is_dynamic: true,
        is_filter: true,
        draft,
        focus: None,
        definitions,
    };
    let mut checked = check(&state, &signed_in, &work, "").await?;
    checked.problems.retain(|problem| problem.reason.is_some());
    show(&page(&signed_in, &work, &checked, None))
}

async fn change_filter(State(state): State<ConsoleState>, posted: Posted) -> Result<Response, PageError> {
    posted.signed_in.require(Permission::Read)?;
    let definitions = state.app.store().definitions(posted.signed_in.workspace()).await?;
    let draft = Draft::read(&posted.fields);
    let work = Work {
        of: None,
        is_dynamic: true,
        is_filter: true,
        draft,
        focus: None,
        definitions,
    };
    work_on(&state, posted, work).await
}

async fn edit(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    signed_in.require(Permission::EditSegments)?;
    let id = SegmentId(number(&id)?);
    let (definitions, name) = defined(&state, &signed_in, id).await?;
    let formula = definitions.formulas.get(&id);
    let draft = match formula {
        Some(formula) => Draft::of(&name, formula, &definitions),
        None => Draft {
            name,
            ..Draft::default()
        },
    };
    let work = Work {
        of: Some(id),
        is_dynamic: formula.is_some(),
        is_filter: false,
        draft,
        focus: None,
        definitions,
    };
    let checked = check(&state, &signed_in, &work, "").await?;
    show(&page(&signed_in, &work, &checked, None))
}

async fn make(State(state): State<ConsoleState>, posted: Posted) -> Result<Response, PageError> {
    posted.signed_in.require(Permission::EditSegments)?;
    let definitions = state.app.store().definitions(posted.signed_in.workspace()).await?;
    let draft = Draft::read(&posted.fields);
    let work = Work {
        of: None,
        is_dynamic: true,
        is_filter: false,
        draft,
        focus: None,
        definitions,
    };
    work_on(&state, posted, work).await
}

async fn change(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, PageError> {
    posted.signed_in.require(Permission::EditSegments)?;
    let id = SegmentId(number(&id)?);
    let (definitions, _) = defined(&state, &posted.signed_in, id).await?;
    let is_dynamic = definitions.is_dynamic(id);
    let draft = Draft::read(&posted.fields);
    let work = Work {
        of: Some(id),
        is_dynamic,
        is_filter: false,
        draft,
        focus: None,
        definitions,
    };
    work_on(&state, posted, work).await
}

/// What the workspace defines, and the name of one of its segments.
async fn defined(
    state: &ConsoleState,
    signed_in: &SignedIn,
    id: SegmentId,
) -> Result<(Definitions, String), PageError> {
    let definitions = state.app.store().definitions(signed_in.workspace()).await?;
    let name = definitions.names.get(&id).ok_or(PageError::NotFound)?.to_string();
    Ok((definitions, name))
}

/// Does what the button asks for, and shows the form again, or saves.
async fn work_on(
    state: &ConsoleState,
    Posted { signed_in, fields }: Posted,
    mut work: Work,
) -> Result<Response, PageError> {
    let button = fields.text("do");
    work.focus = work.draft.press(button);
    let mut checked = check(state, &signed_in, &work, button).await?;
    if button != "done" {
        // Empty inputs are reported on "Done" only.
        checked.problems.retain(|problem| problem.reason.is_some());
        return show(&page(&signed_in, &work, &checked, None));
    }
    if work.is_filter && checked.problems.is_empty() {
        let words = checked.formula.map(|formula| print(&formula, &work.definitions));
        let filter = utf8_percent_encode(&words.unwrap_or_default(), NON_ALPHANUMERIC).to_string();
        return Ok(go(&signed_in.browser, &format!("/contacts?filter={filter}")));
    }
    let texts = signed_in.browser.texts;
    let name = SegmentName::parse(&work.draft.name).ok().filter(|_| !work.is_filter);
    let (Some(name), true) = (name, checked.problems.is_empty()) else {
        let is_unnamed = !work.is_filter && SegmentName::parse(&work.draft.name).is_err();
        let problem = if is_unnamed {
            "builder-name-problem"
        } else {
            "builder-problems"
        };
        let page = page(&signed_in, &work, &checked, Some(texts.get(problem)));
        return show_again(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    match save(state, &signed_in, &work, name, &checked).await {
        Ok(id) => Ok(go(&signed_in.browser, &format!("/segments/{id}"))),
        Err(ConsoleError::Segment(SegmentError::Invalid(problems))) => {
            checked.problems = by_card(problems);
            let problem = Some(texts.get("builder-problems"));
            show_again(
                StatusCode::UNPROCESSABLE_ENTITY,
                &page(&signed_in, &work, &checked, problem),
            )
        }
        Err(error) => {
            let (status, problem) = mendable(error.into(), texts)?;
            show_again(status, &page(&signed_in, &work, &checked, Some(problem)))
        }
    }
}

async fn save(
    state: &ConsoleState,
    signed_in: &SignedIn,
    work: &Work,
    name: SegmentName,
    checked: &Checked,
) -> Result<SegmentId, ConsoleError> {
    let (person, formula) = (&signed_in.person, checked.formula.clone());
    match work.of {
        Some(id) => {
            state.app.change_segment(person, id, name, formula).await?;
            Ok(id)
        }
        None => state.app.create_segment(person, name, formula).await,
    }
}

/// What the draft chooses now, or what is wrong with it. One button counts however long it takes.
async fn check(state: &ConsoleState, signed_in: &SignedIn, work: &Work, button: &str) -> Result<Checked, PageError> {
    if !work.is_dynamic {
        return Ok(Checked::default());
    }
    let formula = match work.draft.formula(&work.definitions) {
        Ok(formula) => formula,
        Err(problems) => {
            return Ok(Checked {
                problems,
                ..Checked::default()
            });
        }
    };
    let request = SegmentPreviewRequest {
        formula: &formula,
        compared_with: work.of,
        exact: button == "count",
    };
    match state.app.preview_segment(signed_in.workspace(), request).await {
        Ok(preview) => Ok(Checked {
            formula: Some(formula),
            preview: Some(preview),
            problems: Vec::new(),
        }),
        Err(SegmentError::Invalid(problems)) => Ok(Checked {
            problems: by_card(problems),
            ..Checked::default()
        }),
        Err(error) => Err(error.into()),
    }
}

fn page(signed_in: &SignedIn, work: &Work, checked: &Checked, problem: Option<String>) -> BuildPage {
    let texts = signed_in.browser.texts;
    let (action, title) = match work.of {
        _ if work.is_filter => ("/contacts/filter".to_owned(), "filter-title"),
        Some(id) => (format!("/segments/{id}/edit"), "segment-edit"),
        None => ("/segments/new".to_owned(), "segments-new"),
    };
    let section = if work.is_filter {
        Section::Contacts
    } else {
        Section::Segments
    };
    let whole = checked.problems.iter().find(|problem| problem.card.is_none());
    let whole = whole.map(|problem| problem.reason.clone().unwrap_or_else(|| texts.get("builder-no-cards")));
    BuildPage {
        page: Page::of(signed_in, section, &texts.get(title)),
        action,
        is_filter: work.is_filter,
        name: work.draft.name.clone(),
        any: work.draft.any,
        cards: CardView::all(
            &work.draft,
            &work.definitions,
            work.of,
            &checked.problems,
            work.focus,
            texts,
        ),
        text: work.draft.text.clone(),
        is_dynamic: work.is_dynamic,
        problem: whole.or(problem),
        preview: checked.preview.as_ref().map(|preview| PreviewView::of(preview, texts)),
    }
}

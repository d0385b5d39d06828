//! How many contacts were in a segment on the last days.

use crate::chart::Chart;
use crate::error::PageError;
use crate::page::{Page, Section};
use crate::pages::{number, show};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use crate::texts::Texts;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use chrono::NaiveTime;
use selfsame_application::SegmentDay;
use selfsame_domain::console::Permission;
use selfsame_domain::{SegmentId, Timestamp};

/// For how many days counts are shown, today included.
const DAYS: u32 = 30;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/segments/{id}/history", get(view))
}

#[derive(Template)]
#[template(path = "segments/history.html")]
struct HistoryPage {
    page: Page,
    id: i64,
    name: String,
    chart: Chart,
    /// Each day with its entries, its exits and its count, the latest first.
    days: Vec<(String, [String; 3])>,
}

async fn view(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    signed_in.require(Permission::Read)?;
    let (workspace, texts) = (signed_in.workspace(), signed_in.browser.texts);
    let id = SegmentId(number(&id)?);
    let segment = state.app.segment(workspace, id).await?;
    let days = state.app.segment_history(workspace, id, DAYS).await?.days;
    let counts: Vec<(String, Vec<u64>)> = days
        .iter()
        .map(|day| (texts.day(start_of(day)), vec![day.count]))
        .collect();
    show(&HistoryPage {
        page: Page::of(&signed_in, Section::Segments, segment.name.as_str()),
        id: id.0,
        name: segment.name.to_string(),
        chart: Chart::of(&counts, texts),
        days: days.iter().rev().map(|day| in_words(day, texts)).collect(),
    })
}

fn start_of(day: &SegmentDay) -> Timestamp {
    day.day.and_time(NaiveTime::MIN).and_utc()
}

fn in_words(day: &SegmentDay, texts: Texts) -> (String, [String; 3]) {
    let numbers = [day.entered, day.left, day.count].map(|number| texts.number(number));
    (texts.day(start_of(day)), numbers)
}

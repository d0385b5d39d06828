//! The list of contacts, and looking for one.

use super::search::{SearchBy, SearchTarget};
use crate::contact_view::ContactRow;
use crate::error::PageError;
use crate::page::{Choice, Page, Section};
use crate::pages::show;
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use crate::texts::Texts;
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use selfsame_application::ports::{ContactDetails, ContactQuery, Page as Found};
use selfsame_domain::console::Permission;
use selfsame_domain::{ContactId, Timestamp};
use serde::Deserialize;

/// How many contacts a page has.
const PAGE: u32 = 25;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/contacts", get(view))
}

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PageParams {
    /// What is looked for.
    q: String,
    /// By what.
    by: String,
    /// How many results of a search are passed over.
    from: u64,
    /// The last contact of the page before, in the list of everybody: its update and its number.
    after: String,
}

#[derive(Template)]
#[template(path = "contacts/list.html")]
struct ContactsPage {
    page: Page,
    q: String,
    ways: Vec<Choice>,
    total: u64,
    rows: Vec<ContactRow>,
    newer: Option<String>,
    older: Option<String>,
}

async fn view(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    Query(params): Query<PageParams>,
) -> Result<Response, PageError> {
    signed_in.require(Permission::Read)?;
    let texts = signed_in.browser.texts;
    let q = params.q.trim();
    let by = SearchBy::from_text(&params.by);
    if q.is_empty() {
        return everybody(&state, &signed_in, by, &params.after).await;
    }
    let (by, found) = find(&state, &signed_in, q, by, params.from).await?;
    let link = |from: u64| {
        let q = utf8_percent_encode(q, NON_ALPHANUMERIC);
        format!("/contacts?q={q}&by={}&from={from}", by.as_str())
    };
    let next = params.from.saturating_add(found.items.len() as u64);
    show(&ContactsPage {
        page: Page::of(&signed_in, Section::Contacts, &texts.get("contacts-title")),
        q: q.to_owned(),
        ways: ways(by, texts),
        total: found.total,
        rows: found
            .items
            .iter()
            .map(|details| ContactRow::of(&details.contact, texts))
            .collect(),
        newer: (params.from > 0).then(|| link(params.from.saturating_sub(u64::from(PAGE)))),
        older: (next < found.total && !found.items.is_empty()).then(|| link(next)),
    })
}

/// By what contacts are looked for, as a choice.
fn ways(chosen: SearchBy, texts: Texts) -> Vec<Choice> {
    let way = |one: SearchBy| Choice {
        value: one.as_str().to_owned(),
        text: texts.get(&format!("by-{}", one.as_str())),
        is_chosen: one == chosen,
    };
    SearchBy::ALL.map(way).into()
}

/// Everybody, the latest changed first, page by page: each begins after the last contact of the page before, however many stand there.
async fn everybody(
    state: &ConsoleState,
    signed_in: &SignedIn,
    by: SearchBy,
    after: &str,
) -> Result<Response, PageError> {
    let (store, workspace, texts) = (state.app.store(), signed_in.workspace(), signed_in.browser.texts);
    let first = ContactQuery {
        limit: PAGE + 1,
        ..ContactQuery::default()
    };
    let (mut items, total) = if after.is_empty() {
        let found = store.search(workspace, &first).await?;
        (found.items, found.total)
    } else {
        let place = read_place(after).ok_or(PageError::NotFound)?;
        let items = store.contacts_updated_before(workspace, place, PAGE + 1).await?;
        let total = store
            .search(workspace, &ContactQuery { limit: 0, ..first })
            .await?
            .total;
        (items, total)
    };
    let more = items.len() > PAGE as usize;
    items.truncate(PAGE as usize);
    let last = items.last().filter(|_| more);
    show(&ContactsPage {
        page: Page::of(signed_in, Section::Contacts, &texts.get("contacts-title")),
        q: String::new(),
        ways: ways(by, texts),
        total,
        rows: items
            .iter()
            .map(|details| ContactRow::of(&details.contact, texts))
            .collect(),
        newer: (!after.is_empty()).then(|| "/contacts".to_owned()),
        older: last.map(|last| {
            let (at, id) = (last.contact.updated_at.timestamp_micros(), last.contact.id);
            format!("/contacts?after={at}-{id}")
        }),
    })
}

/// Reads a place in the list: microseconds since 1970 and the number of a contact.
fn read_place(text: &str) -> Option<(Timestamp, ContactId)> {
    let (at, id) = text.split_once('-')?;
    let at = Timestamp::from_timestamp_micros(at.parse().ok()?)?;
    Some((at, ContactId(id.parse().ok()?)))
}

/// The results and the criterion that produced them. [`SearchBy::Anything`] uses the first criterion with results.
async fn find(
    state: &ConsoleState,
    signed_in: &SignedIn,
    q: &str,
    by: SearchBy,
    from: u64,
) -> Result<(SearchBy, Found<ContactDetails>), PageError> {
    let ways = if by == SearchBy::Anything {
        &SearchBy::TRIED[..]
    } else {
        &[by]
    };
    let region = signed_in.person.workspace.policy.default_phone_region.as_ref();
    for way in ways {
        let Some(target) = way.target(q, region) else {
            continue;
        };
        let found = run_search(state, signed_in, target, from).await?;
        if found.total > 0 {
            return Ok((*way, found));
        }
    }
    let empty = Found {
        items: Vec::new(),
        total: 0,
    };
    Ok((by, empty))
}

async fn run_search(
    state: &ConsoleState,
    signed_in: &SignedIn,
    target: SearchTarget,
    from: u64,
) -> Result<Found<ContactDetails>, PageError> {
    let (store, workspace) = (state.app.store(), signed_in.workspace());
    match target {
        SearchTarget::Number(id) => {
            let items: Vec<ContactDetails> = store.contact(workspace, id).await?.into_iter().collect();
            let total = items.len() as u64;
            Ok(Found { items, total })
        }
        SearchTarget::Filter(filter) => {
            let query = ContactQuery {
                filter,
                offset: from,
                limit: PAGE,
                ..ContactQuery::default()
            };
            Ok(store.search(workspace, &query).await?)
        }
    }
}

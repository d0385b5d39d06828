//! The list of contacts, and looking for one.

use super::search::{SearchBy, SearchTarget};
use crate::contact_view::ContactRow;
use crate::error::PageError;
use crate::page::{Choice, Page, Section};
use crate::pages::show;
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use selfsame_application::ports::{ContactDetails, ContactFilter, ContactQuery, Page as Found};
use selfsame_domain::console::Permission;
use serde::Deserialize;

/// How many contacts a page has.
const PAGE: u32 = 25;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/contacts", get(view))
}

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ListQuery {
    /// What is looked for.
    q: String,
    /// By what.
    by: String,
    /// How many are passed over.
    from: u64,
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
    Query(params): Query<ListQuery>,
) -> Result<Response, PageError> {
    signed_in.require(Permission::Read)?;
    let texts = signed_in.browser.texts;
    let q = params.q.trim();
    let (by, found) = find(&state, &signed_in, q, SearchBy::from_text(&params.by), params.from).await?;
    let way = |one: SearchBy| Choice {
        value: one.as_str().to_owned(),
        text: texts.get(&format!("by-{}", one.as_str())),
        is_chosen: one == by,
    };
    let link = |from: u64| {
        let q = utf8_percent_encode(q, NON_ALPHANUMERIC);
        format!("/contacts?q={q}&by={}&from={from}", by.as_str())
    };
    let next = params.from.saturating_add(found.items.len() as u64);
    show(&ContactsPage {
        page: Page::of(&signed_in, Section::Contacts, &texts.get("contacts-title")),
        q: q.to_owned(),
        ways: SearchBy::ALL.map(way).into(),
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

/// The results and the criterion that produced them. [`SearchBy::Anything`] uses the first criterion with results.
async fn find(
    state: &ConsoleState,
    signed_in: &SignedIn,
    q: &str,
    by: SearchBy,
    from: u64,
) -> Result<(SearchBy, Found<ContactDetails>), PageError> {
    if q.is_empty() {
        let everybody = SearchTarget::Filter(ContactFilter::default());
        return Ok((by, run_search(state, signed_in, everybody, from).await?));
    }
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

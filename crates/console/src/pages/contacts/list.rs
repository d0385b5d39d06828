//! The list of contacts, and looking for one.

use super::search::{SearchBy, SearchTarget};
use crate::columns::Column;
use crate::cookies;
use crate::error::{PageError, go};
use crate::fields::Posted;
use crate::page::{Choice, Page, Section};
use crate::pages::preferences::own_path;
use crate::pages::show;
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use crate::texts::Texts;
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum_extra::extract::CookieJar;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use selfsame_application::ports::{ContactDetails, ContactQuery, MembersFrom, Page as Found};
use selfsame_domain::console::Permission;
use selfsame_domain::{ContactId, Timestamp};
use serde::Deserialize;

/// How many contacts a page has.
const PAGE: u32 = 25;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/contacts", get(view))
        .route("/contacts/columns", post(choose_columns))
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
    /// The last contact of the page before. In the list of everybody: its update and its number; in a filtered one: its number.
    after: String,
    /// The conditions that contacts fulfil, as text.
    filter: String,
}

/// A contact in the list.
struct Row {
    id: i64,
    cells: Vec<String>,
}

#[derive(Template)]
#[template(path = "contacts/list.html")]
struct ContactsPage {
    page: Page,
    q: String,
    ways: Vec<Choice>,
    filter: String,
    /// Where the conditions are changed.
    filter_page: String,
    total: u64,
    labels: Vec<String>,
    rows: Vec<Row>,
    columns: Vec<Choice>,
    newer: Option<String>,
    older: Option<String>,
    /// Where the list is as a file, for those who may have it.
    file: Option<String>,
}

/// A part of the list, and where it goes on.
struct Listed {
    items: Vec<ContactDetails>,
    total: u64,
    newer: Option<String>,
    older: Option<String>,
}

async fn view(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    jar: CookieJar,
    Query(params): Query<PageParams>,
) -> Result<Response, PageError> {
    signed_in.require(Permission::Read)?;
    let texts = signed_in.browser.texts;
    let (q, filter) = (params.q.trim(), params.filter.trim());
    let mut by = SearchBy::from_text(&params.by);
    let listed = if !filter.is_empty() {
        filtered(&state, &signed_in, filter, &params.after).await?
    } else if q.is_empty() {
        everybody(&state, &signed_in, &params.after).await?
    } else {
        let (found_by, listed) = found(&state, &signed_in, q, by, params.from).await?;
        by = found_by;
        listed
    };
    let chosen = columns(&jar);
    let fields = state.app.store().fields(signed_in.workspace()).await?;
    let row = |details: &ContactDetails| Row {
        id: details.contact.id.0,
        cells: chosen
            .iter()
            .map(|column| column.cell(&details.contact, |at| texts.when(at).text))
            .collect(),
    };
    let may_have_it = signed_in.person.may(Permission::ExportContacts);
    let file = (may_have_it && q.is_empty() && listed.total > 0).then(|| match filter {
        "" => "/contacts/list.csv".to_owned(),
        filter => format!("/contacts/list.csv?filter={}", encoded(filter)),
    });
    show(&ContactsPage {
        page: Page::of(&signed_in, Section::Contacts, &texts.get("contacts-title")),
        q: q.to_owned(),
        ways: ways(by, texts),
        filter: filter.to_owned(),
        filter_page: match filter {
            "" => "/contacts/filter".to_owned(),
            filter => format!("/contacts/filter?filter={}", encoded(filter)),
        },
        total: listed.total,
        labels: chosen.iter().map(|column| column.label(&fields, texts)).collect(),
        rows: listed.items.iter().map(row).collect(),
        columns: Column::choices(&chosen, &fields, texts),
        newer: listed.newer,
        older: listed.older,
        file,
    })
}

/// The columns that the browser's user chose.
pub(super) fn columns(jar: &CookieJar) -> Vec<Column> {
    Column::chosen(jar.get(cookies::COLUMNS).map_or("", |cookie| cookie.value()))
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Stores the choice of columns in a cookie. Only this browser's display changes.
async fn choose_columns(
    State(state): State<ConsoleState>,
    jar: CookieJar,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::Read)?;
    let chosen: Vec<&str> = fields
        .pairs()
        .filter(|(name, _)| *name == "column")
        .map(|(_, column)| column)
        .collect();
    let columns = Column::written(&Column::chosen(&chosen.join(".")));
    let jar = cookies::set_choice(&state, jar, cookies::COLUMNS, &columns);
    let back = own_path(fields.text("back"));
    Ok((jar, go(&signed_in.browser, back)).into_response())
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
async fn everybody(state: &ConsoleState, signed_in: &SignedIn, after: &str) -> Result<Listed, PageError> {
    let (store, workspace) = (state.app.store(), signed_in.workspace());
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
    let older = last.map(|last| {
        let (at, id) = (last.contact.updated_at.timestamp_micros(), last.contact.id);
        format!("/contacts?after={at}-{id}")
    });
    Ok(Listed {
        items,
        total,
        newer: (!after.is_empty()).then(|| "/contacts".to_owned()),
        older,
    })
}

/// The contacts that fulfil conditions, by number.
async fn filtered(state: &ConsoleState, signed_in: &SignedIn, filter: &str, after: &str) -> Result<Listed, PageError> {
    let workspace = signed_in.workspace();
    let formula = state.app.parse_formula(workspace, filter).await?;
    let after = match after {
        "" => ContactId(0),
        text => ContactId(text.parse().map_err(|_| PageError::NotFound)?),
    };
    let from = MembersFrom::After(after);
    let found = state.app.search_by_formula(workspace, &formula, from, PAGE + 1).await?;
    let (mut items, total) = (found.items, found.total);
    let more = items.len() > PAGE as usize;
    items.truncate(PAGE as usize);
    let filter = encoded(filter);
    let last = items.last().filter(|_| more).map(|last| last.contact.id);
    Ok(Listed {
        items,
        total,
        newer: (after.0 > 0).then(|| format!("/contacts?filter={filter}")),
        older: last.map(|last| format!("/contacts?filter={filter}&after={last}")),
    })
}

/// Reads a place in the list: microseconds since 1970 and the number of a contact.
fn read_place(text: &str) -> Option<(Timestamp, ContactId)> {
    let (at, id) = text.split_once('-')?;
    let at = Timestamp::from_timestamp_micros(at.parse().ok()?)?;
    Some((at, ContactId(id.parse().ok()?)))
}

/// The results of a search and the criterion that produced them.
async fn found(
    state: &ConsoleState,
    signed_in: &SignedIn,
    q: &str,
    by: SearchBy,
    from: u64,
) -> Result<(SearchBy, Listed), PageError> {
    let (by, found) = find(state, signed_in, q, by, from).await?;
    let link = |from: u64| format!("/contacts?q={}&by={}&from={from}", encoded(q), by.as_str());
    let next = from.saturating_add(found.items.len() as u64);
    let listed = Listed {
        newer: (from > 0).then(|| link(from.saturating_sub(u64::from(PAGE)))),
        older: (next < found.total && !found.items.is_empty()).then(|| link(next)),
        items: found.items,
        total: found.total,
    };
    Ok((by, listed))
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

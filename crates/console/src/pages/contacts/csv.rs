//! The list of contacts as a file.

use super::list::columns;
use crate::columns::Column;
use crate::error::PageError;
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum_extra::extract::CookieJar;
use chrono::SecondsFormat;
use futures::stream;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use selfsame_application::ports::{ContactDetails, MembersFrom};
use selfsame_domain::console::Permission;
use selfsame_domain::{Contact, ContactId, CustomField};
use serde::Deserialize;
use std::borrow::Cow;
use std::io;

/// How many contacts are read from the storage at a time.
const AT_ONCE: u32 = 500;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/contacts/list.csv", get(download))
}

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FileParams {
    /// The conditions that contacts fulfil, as text; everybody without.
    filter: String,
}

/// Sends the contacts by number, with the columns of the list. Contacts that come while it is sent may be among them.
async fn download(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    jar: CookieJar,
    Query(params): Query<FileParams>,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ExportContacts)?;
    let (app, workspace, texts) = (state.app.clone(), signed_in.workspace(), signed_in.browser.texts);
    let formula = match params.filter.trim() {
        "" => None,
        text => Some(app.parse_formula(workspace, text).await?),
    };
    let chosen = columns(&jar);
    let fields: Vec<CustomField> = app.store().fields(workspace).await?;
    let labels = chosen.iter().map(|column| column.label(&fields, texts));
    let header: Vec<String> = [texts.get("column-id")].into_iter().chain(labels).collect();
    app.note_contacts_exported(&signed_in.person).await?;
    let pieces = stream::try_unfold(Some((ContactId(0), Some(header))), move |at| {
        let (app, formula, chosen) = (app.clone(), formula.clone(), chosen.clone());
        async move {
            let Some((after, header)) = at else { return Ok(None) };
            let found: Vec<ContactDetails> = match &formula {
                None => app
                    .store()
                    .contacts_after(workspace, after, AT_ONCE)
                    .await
                    .map_err(io::Error::other)?,
                Some(formula) => app
                    .page_by_formula(workspace, formula, MembersFrom::After(after), AT_ONCE)
                    .await
                    .map_err(io::Error::other)?,
            };
            let is_last = found.len() < AT_ONCE as usize;
            let next = found.last().filter(|_| !is_last).map(|last| (last.contact.id, None));
            let rows = found.iter().map(|details| &details.contact);
            Ok::<_, io::Error>(Some((lines(header, rows, &chosen)?, next)))
        }
    });
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"contacts.csv\""),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

fn lines<'c>(
    header: Option<Vec<String>>,
    contacts: impl Iterator<Item = &'c Contact>,
    columns: &[Column],
) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if let Some(header) = header {
        writer.write_record(header).map_err(io::Error::other)?;
    }
    for contact in contacts {
        let id = contact.id.to_string();
        let time = |at: selfsame_domain::Timestamp| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let cells = columns.iter().map(|column| column.cell(contact, time));
        let record = [id].into_iter().chain(cells);
        let record = record.map(|cell| harmless(&cell).into_owned());
        writer.write_record(record).map_err(io::Error::other)?;
    }
    writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
}

/// A text that spreadsheet programs do not take for a formula. A phone number begins with a plus and is none.
fn harmless(cell: &str) -> Cow<'_, str> {
    let is_number =
        |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit() || b" ,+".contains(&byte));
    match cell.chars().next() {
        Some('+') if is_number(&cell[1..]) => Cow::Borrowed(cell),
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => Cow::Owned(format!("'{cell}")),
        _ => Cow::Borrowed(cell),
    }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn formulas_are_texts() {
        for (cell, expected) in [
            ("Ann", "Ann"),
            ("+380501234567", "+380501234567"),
            ("+380501234567, +380501234568", "+380501234567, +380501234568"),
            ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-2", "'-2"),
            ("", ""),
        ] {
            assert_eq!(harmless(cell), expected);
        }
    }
}

//! All contacts that a formula chooses in one answer, as CSV.

use super::forms::MemberBody;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures::stream;
use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};
use selfsame_application::Application;
use selfsame_application::ports::{ContactDetails, MembersFrom};
use selfsame_domain::segments::Formula;
use selfsame_domain::{ContactId, WorkspaceId};
use std::io;

/// How many contacts are read from the storage at a time.
const AT_ONCE: u32 = 1_000;

const TITLES: [&str; 6] = [
    "contactId",
    "externalCustomerId",
    "email",
    "phone",
    "firstName",
    "lastName",
];

/// Whether a request accepts CSV.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut accepted = accepted.flat_map(|list| list.split(','));
    accepted.any(|media| media.split(';').next().unwrap_or_default().trim() == "text/csv")
}

/// The contacts after one, read and sent in pieces (RFC 4180, with a line of titles).
pub(super) fn answer(app: Application, workspace: WorkspaceId, formula: Formula, after: ContactId) -> Response {
    let pieces = stream::try_unfold((Some(after), true), move |(after, is_first)| {
        let (app, formula) = (app.clone(), formula.clone());
        async move {
            let Some(after) = after else { return Ok(None) };
            let from = MembersFrom::After(after);
            let page = app.page_by_formula(workspace, &formula, from, AT_ONCE).await;
            let page = page.map_err(io::Error::other)?;
            let text = write(&page, is_first)?;
            let is_last = page.len() < AT_ONCE as usize;
            let next = page.last().filter(|_| !is_last).map(|last| last.contact.id);
            Ok::<_, io::Error>(Some((text, (next, false))))
        }
    });
    ([(CONTENT_TYPE, "text/csv; charset=utf-8")], Body::from_stream(pieces)).into_response()
}

fn write(page: &[ContactDetails], is_first: bool) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if is_first {
        writer.write_record(TITLES).map_err(io::Error::other)?;
    }
    for details in page {
        let cells = MemberBody::from(details).cells();
        writer.write_record(cells).map_err(io::Error::other)?;
    }
    writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
}

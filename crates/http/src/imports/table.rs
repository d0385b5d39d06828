//! All rows of an import in one answer, as a table or as lines of JSON.

use super::rows::RowBody;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures::stream;
use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};
use selfsame_application::Application;
use selfsame_application::ports::{ImportId, ImportRow, RowQuery};
use selfsame_domain::WorkspaceId;
use std::io;

/// How many rows are read from the storage at a time.
const AT_ONCE: u32 = 1000;

const HEAD: [&str; 7] = ["row", "line", "outcome", "contactId", "decision", "error", "kept"];

/// The form of an answer with all rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    /// RFC 4180, with a line of titles.
    Csv,
    /// A JSON object a line.
    Ndjson,
}

impl Table {
    /// The form that a request accepts; none for JSON in pages.
    pub(super) fn accepted(headers: &HeaderMap) -> Option<Self> {
        let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        accepted.flat_map(|list| list.split(',')).find_map(|media| {
            match media.split(';').next().unwrap_or_default().trim() {
                "text/csv" => Some(Self::Csv),
                "application/x-ndjson" | "application/ndjson" => Some(Self::Ndjson),
                _ => None,
            }
        })
    }

    fn media(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    fn head(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Csv => csv(|writer| writer.write_record(HEAD)),
            Self::Ndjson => Ok(Vec::new()),
        }
    }

    fn write(self, rows: &[ImportRow]) -> io::Result<Vec<u8>> {
        match self {
            Self::Csv => csv(|writer| {
                rows.iter()
                    .map(RowBody::from)
                    .try_for_each(|row| writer.write_record(cells(&row)))
            }),
            Self::Ndjson => {
                let mut text = Vec::new();
                for row in rows.iter().map(RowBody::from) {
                    serde_json::to_writer(&mut text, &row)?;
                    text.push(b'\n');
                }
                Ok(text)
            }
        }
    }
}

/// All rows of a query, read and sent in pieces.
pub(super) fn answer(app: Application, workspace: WorkspaceId, id: ImportId, query: RowQuery, form: Table) -> Response {
    let first = RowQuery {
        limit: AT_ONCE,
        ..query
    };
    let pieces = stream::try_unfold((Some(first), true), move |(query, is_first)| {
        let app = app.clone();
        async move {
            let Some(query) = query else { return Ok(None) };
            let rows = app
                .store()
                .import_rows(workspace, id, &query)
                .await
                .map_err(io::Error::other)?;
            let mut text = if is_first { form.head()? } else { Vec::new() };
            text.extend(form.write(&rows)?);
            let is_last = rows.len() < AT_ONCE as usize;
            let next = rows.last().filter(|_| !is_last).map(|last| RowQuery {
                after: last.row,
                ..query
            });
            Ok::<_, io::Error>(Some((text, (next, false))))
        }
    });
    ([(CONTENT_TYPE, form.media())], Body::from_stream(pieces)).into_response()
}

fn cells(row: &RowBody) -> [String; 7] {
    let kept = row.kept.iter().map(|kept| format!("{}: {}", kept.field, kept.reason));
    [
        row.row.to_string(),
        row.line.to_string(),
        row.outcome.to_owned(),
        row.contact_id.map(|id| id.to_string()).unwrap_or_default(),
        row.decision.clone().unwrap_or_default(),
        row.error.clone().unwrap_or_default(),
        kept.collect::<Vec<_>>().join("; "),
    ]
}

fn csv(write: impl FnOnce(&mut csv::Writer<Vec<u8>>) -> csv::Result<()>) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    write(&mut writer).map_err(io::Error::other)?;
    writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
}

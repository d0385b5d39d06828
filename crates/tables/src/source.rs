//! What a file is: packed or not, a spreadsheet, delimited text, or lines of JSON.

use crate::error::TableError;
use crate::{delimited, encoding, lines, sheet};
use flate2::read::MultiGzDecoder;
use selfsame_domain::sheet::Cell;
use std::io::{self, Cursor, ErrorKind, Read};
use std::ops::ControlFlow;

/// How long a row may be, in bytes of UTF-8. An unclosed quote makes one row of the rest of the file.
pub const MAX_ROW_BYTES: usize = 1 << 20;

/// How many columns a table may have.
pub const MAX_COLUMNS: usize = 1000;

/// What gzip begins with (RFC 1952, 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What a ZIP archive, and with it XLSX, begins with.
const ZIP: [u8; 4] = *b"PK\x03\x04";

/// The form of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Delimited text; the delimiter is found.
    Csv,
    /// Text delimited by tabulators.
    Tsv,
    /// A JSON object a line.
    Ndjson,
    /// The first sheet of a spreadsheet.
    Xlsx,
}

/// How a table is to be read.
#[derive(Debug, Clone, Copy)]
pub struct TableOptions<'a> {
    /// Its form; none to find it out.
    pub form: Option<Form>,
    /// The label of its encoding (WHATWG); none to find it out.
    pub encoding: Option<&'a str>,
    /// Its delimiter; none to find it out.
    pub delimiter: Option<u8>,
    /// How many bytes it may have once it is unpacked.
    pub limit: u64,
}

/// What a table turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its form.
    pub form: Form,
    /// The name of its encoding; none for spreadsheets.
    pub encoding: Option<&'static str>,
    /// The delimiter of its cells, for delimited text.
    pub delimiter: Option<u8>,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// What it holds.
    pub content: RowContent,
}

/// What a row holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowContent {
    /// Cells. The first row of a table is its header.
    Cells {
        /// The cells in their order.
        cells: Vec<Cell>,
        /// Whether the place of each cell is known although others are missing, as in a spreadsheet.
        is_placed: bool,
    },
    /// The text of a JSON value.
    Json(String),
}

/// Reads a table: calls `begin` when it is known what the table is, and `row` for each row that is not blank, until it breaks.
///
/// # Errors
///
/// [`TableError`].
pub fn read(
    body: &mut dyn Read,
    how: &TableOptions<'_>,
    begin: &mut dyn FnMut(&Source),
    row: &mut dyn FnMut(Row) -> ControlFlow<()>,
) -> Result<(), TableError> {
    let (head, body) = peek(body)?;
    if head.starts_with(&GZIP) {
        let unpacked = Limited {
            inner: MultiGzDecoder::new(body),
            left: how.limit,
        };
        let (head, mut body) = peek(unpacked)?;
        return unpacked_table(&head, &mut body, how, begin, row);
    }
    let mut body = Limited {
        inner: body,
        left: how.limit,
    };
    unpacked_table(&head, &mut body, how, begin, row)
}

fn unpacked_table(
    head: &[u8],
    body: &mut dyn Read,
    how: &TableOptions<'_>,
    begin: &mut dyn FnMut(&Source),
    row: &mut dyn FnMut(Row) -> ControlFlow<()>,
) -> Result<(), TableError> {
    if head.starts_with(&ZIP) {
        begin(&Source {
            form: Form::Xlsx,
            encoding: None,
            delimiter: None,
        });
        return sheet::read(body, row);
    }
    if how.form == Some(Form::Xlsx) {
        return Err(TableError::malformed("the file is no XLSX spreadsheet"));
    }
    let mut decoded = encoding::decoded(body, how.encoding)?;
    let form = how.form.unwrap_or_else(|| decoded.form());
    let name = decoded.encoding();
    if form == Form::Ndjson {
        begin(&Source {
            form,
            encoding: Some(name),
            delimiter: None,
        });
        return lines::read(&mut decoded, row);
    }
    let delimiter = match (how.delimiter, form) {
        (Some(delimiter), _) => delimiter,
        (None, Form::Tsv) => b'\t',
        (None, _) => decoded.delimiter(),
    };
    begin(&Source {
        form,
        encoding: Some(name),
        delimiter: Some(delimiter),
    });
    delimited::read(&mut decoded, delimiter, row)
}

/// A body whose first bytes were read.
type Peeked<R> = io::Chain<Cursor<Vec<u8>>, R>;

/// The first bytes of a body, and the whole of it.
fn peek<R: Read>(mut body: R) -> io::Result<(Vec<u8>, Peeked<R>)> {
    let mut head = Vec::new();
    body.by_ref().take(ZIP.len() as u64).read_to_end(&mut head)?;
    Ok((head.clone(), Cursor::new(head).chain(body)))
}

/// A stream that fails beyond a limit.
struct Limited<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::from(ErrorKind::FileTooLarge))?;
        Ok(read)
    }
}

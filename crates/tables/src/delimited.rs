//! Delimited text: CSV and TSV (RFC 4180, with line ends and cells as programs write them).

use crate::delimiter;
use crate::error::{TableError, invalid};
use crate::source::{MAX_COLUMNS, MAX_ROW_BYTES, Row, RowContent};
use csv::{ByteRecord, ErrorKind, ReaderBuilder};
use selfsame_domain::sheet::Cell;
use std::collections::VecDeque;
use std::io::{self, Read};
use std::ops::ControlFlow;

/// How many bytes are read at a time.
const BUFFER: usize = 64 << 10;

pub(crate) fn read(
    text: &mut dyn Read,
    delimiter: u8,
    row: &mut dyn FnMut(Row) -> ControlFlow<()>,
) -> Result<(), TableError> {
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(BUFFER)
        .from_reader(Lines::new(text));
    let mut record = ByteRecord::new();
    let mut is_first = true;
    loop {
        reader.get_mut().left = MAX_ROW_BYTES + BUFFER;
        if !reader.read_byte_record(&mut record).map_err(failure)? {
            return Ok(());
        }
        let start = record.position().map_or(0, csv::Position::byte);
        let line = reader.get_mut().line_at(start);
        if std::mem::take(&mut is_first) && declares_delimiter(&record, delimiter) {
            continue;
        }
        if record.len() > MAX_COLUMNS {
            return Err(TableError::malformed(format!(
                "the row on line {line} has {} cells; a table may have {MAX_COLUMNS} columns",
                record.len()
            )));
        }
        // The bytes were decoded: they are UTF-8.
        let cells: Vec<Cell> = record
            .iter()
            .map(|cell| Cell::text(&String::from_utf8_lossy(cell)))
            .collect();
        if cells.iter().all(Cell::is_blank) {
            continue;
        }
        let content = RowContent::Cells {
            cells,
            is_placed: false,
        };
        if row(Row { line, content }).is_break() {
            return Ok(());
        }
    }
}

/// Whether a row is the `sep=` of a spreadsheet program, which the delimiter that it names has split.
fn declares_delimiter(record: &ByteRecord, delimiter: u8) -> bool {
    let fields: Vec<&[u8]> = record.iter().collect();
    delimiter::declared(&fields.join(&delimiter)).is_some()
}

fn failure(error: csv::Error) -> TableError {
    match error.into_kind() {
        ErrorKind::Io(error) => error.into(),
        _ => TableError::malformed("the table cannot be read"),
    }
}

/// A text with its line ends, which the parser reads ahead and does not count as people do.
struct Lines<'t> {
    text: &'t mut dyn Read,
    /// How many bytes may be read before the row has to end.
    left: usize,
    /// How many bytes were read.
    read: u64,
    /// Where line ends are that were read and not counted: the place of a character, and whether a line ends with it.
    ends: VecDeque<(u64, bool)>,
    /// How many lines ended before those.
    ended: u64,
}

impl<'t> Lines<'t> {
    fn new(text: &'t mut dyn Read) -> Self {
        Self {
            text,
            left: 0,
            read: 0,
            ends: VecDeque::new(),
            ended: 0,
        }
    }

    /// The line of a row that begins at a place, or behind the blank lines there.
    fn line_at(&mut self, start: u64) -> u64 {
        let mut place = start;
        while let Some((at, ends)) = self.ends.front().copied() {
            if at > place {
                break;
            }
            if at == place {
                place += 1;
            }
            self.ended += u64::from(ends);
            self.ends.pop_front();
        }
        self.ended + 1
    }
}

impl Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.text.read(buffer)?;
        self.left = self.left.checked_sub(read).ok_or_else(|| {
            let megabyte = MAX_ROW_BYTES >> 20;
            invalid(format!(
                "the row that begins on line {} or soon after is longer than {megabyte} MiB: a quote is probably not closed",
                self.ended + 1
            ))
        })?;
        for (offset, byte) in (0..).zip(&buffer[..read]) {
            if matches!(byte, b'\r' | b'\n') {
                self.ends.push_back((self.read + offset, *byte == b'\n'));
            }
        }
        self.read += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(u64, Vec<String>)> {
        let mut found = Vec::new();
        read(&mut text.as_bytes(), b',', &mut |row| {
            let RowContent::Cells { cells, .. } = row.content else {
                panic!("cells")
            };
            found.push((row.line, cells.into_iter().map(|cell| cell.text).collect()));
            ControlFlow::Continue(())
        })
        .unwrap();
        found
    }

    fn row(line: u64, cells: &[&str]) -> (u64, Vec<String>) {
        (line, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn rows_know_their_lines() {
        for end in ["\n", "\r\n"] {
            let text = ["a,b", "1,\"x", "y\"", "", "", "2,z", " , ", "3,\"\"\"q\"\"\""].join(end);
            let quoted = format!("x{end}y");
            let expected = [
                row(1, &["a", "b"]),
                row(2, &["1", &quoted]),
                row(6, &["2", "z"]),
                row(8, &["3", "\"q\""]),
            ];
            assert_eq!(rows(&text), expected, "{end:?}");
        }
        assert_eq!(rows("\n\na\n"), [row(3, &["a"])]);
        assert_eq!(rows("sep=,\r\na,b\r\n"), [row(2, &["a", "b"])]);
    }

    #[test]
    fn digits_that_are_kept_as_a_text_are_read() {
        assert_eq!(
            rows("=\"00123\",'7\n"),
            [row(1, &["=\"00123\"", "'7"])].map(|(line, mut cells)| {
                "00123".clone_into(&mut cells[0]);
                (line, cells)
            })
        );
    }

    #[test]
    fn a_quote_that_is_not_closed_is_named() {
        let text = format!("a,b\n1,2\n3,\"{}", "x\n".repeat(MAX_ROW_BYTES));
        let error = read(&mut text.as_bytes(), b',', &mut |_| ControlFlow::Continue(())).unwrap_err();
        assert!(error.to_string().contains("a quote is probably not closed"), "{error}");
    }
}

//! A bound for the memory that reading a sheet takes.

use crate::error::{TableError, invalid};
use crate::source::MAX_ROW_BYTES;
use quick_xml::events::Event;
use quick_xml::{Error, Reader};
use std::io::{self, BufRead, BufReader, Read};

/// Fails where a cell of a sheet, or a tag or text outside of cells, is longer than a row may be. The XML parser of the spreadsheet library
/// holds a whole cell in memory, and a small ZIP archive can unpack to a very long one.
pub(crate) fn check(sheet: impl Read) -> Result<(), TableError> {
    let mut reader = Reader::from_reader(Piece {
        inner: BufReader::new(sheet),
        left: 0,
    });
    let mut buffer = Vec::new();
    let mut open_cells = 0_u64;
    loop {
        if open_cells == 0 {
            reader.get_mut().left = MAX_ROW_BYTES;
        }
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(failure)? {
            Event::Start(tag) if tag.local_name().as_ref() == "c" => open_cells += 1,
            Event::End(tag) if tag.local_name().as_ref() == "c" => open_cells = open_cells.saturating_sub(1),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

fn failure(error: Error) -> TableError {
    match error {
        Error::Io(error) => io::Error::new(error.kind(), error.to_string()).into(),
        _ => TableError::not_a_spreadsheet(),
    }
}

/// A stream that fails after so many bytes.
struct Piece<R> {
    inner: R,
    left: usize,
}

impl<R: BufRead> BufRead for Piece<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            let megabyte = MAX_ROW_BYTES >> 20;
            return Err(invalid(format!(
                "the spreadsheet has a cell of more than {megabyte} MiB"
            )));
        }
        let bytes = self.inner.fill_buf()?;
        Ok(&bytes[..bytes.len().min(self.left)])
    }

    fn consume(&mut self, amount: usize) {
        self.left = self.left.saturating_sub(amount);
        self.inner.consume(amount);
    }
}

impl<R: BufRead> Read for Piece<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?;
        let read = bytes.len().min(buffer.len());
        buffer[..read].copy_from_slice(&bytes[..read]);
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_has_a_bound_and_a_sheet_has_none() {
        let text = |length: usize| "x".repeat(length);
        let cell = |inside: &str| format!("<sheetData><row><c t=\"inlineStr\">{inside}</c></row></sheetData>");
        let short = cell("<is><t>Ann</t></is>").repeat(30_000);
        assert!(short.len() > MAX_ROW_BYTES);
        assert!(check(format!("<worksheet>{short}</worksheet>").as_bytes()).is_ok());
        let runs = format!("<r><t>{}</t></r>", text(1000)).repeat(2000);
        for long in [
            cell(&format!("<is><t>{}</t></is>", text(MAX_ROW_BYTES))),
            cell(&format!("<is>{runs}</is>")),
            cell(&format!("<is>{}</is>", format!("<c></c>{runs}").repeat(2))),
            cell(&format!("<v>{}</v>", "&amp;".repeat(MAX_ROW_BYTES / 4))),
            format!("<!--{}-->", text(MAX_ROW_BYTES)),
            format!("<x><![CDATA[{}]]></x>", text(MAX_ROW_BYTES)),
        ] {
            let error = check(long.as_bytes()).unwrap_err();
            assert!(error.to_string().contains("a cell of more than 1 MiB"), "{error}");
        }
    }
}

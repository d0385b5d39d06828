//! Spreadsheets: the first sheet of an XLSX file (ECMA-376).

use crate::error::TableError;
use crate::pieces;
use crate::source::{MAX_COLUMNS, MAX_ROW_BYTES, Row, RowContent};
use calamine::{DataRef, Reader, Xlsx, XlsxError};
use selfsame_domain::sheet::{Cell, CellKind};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use zip::ZipArchive;

/// How many bytes the parts of a file may have that are held in memory: texts that cells share, styles, the list of sheets.
const MAX_HELD: u64 = 64 << 20;

/// How many parts a file may have.
const MAX_PARTS: usize = 10_000;

pub(crate) fn read(body: &mut dyn Read, row: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), TableError> {
    // A ZIP archive is read from its end.
    let mut file = tempfile::tempfile().map_err(TableError::Io)?;
    io::copy(body, &mut file)?;
    let file = bounded(file)?;
    let mut book = Xlsx::new(BufReader::new(file)).map_err(damaged)?;
    let Some(name) = book.sheet_names().first().cloned() else {
        return Err(TableError::malformed("the spreadsheet has no sheet"));
    };
    let mut cells = book.worksheet_cells_reader(&name).map_err(damaged)?;
    let mut current = Vec::new();
    let (mut at, mut left) = (0, MAX_ROW_BYTES);
    while let Some(found) = cells.next_cell_with_formula_metadata().map_err(damaged)? {
        let (place, column) = found.pos;
        if place != at {
            if hand_on(at, &mut current, row).is_break() {
                return Ok(());
            }
            (at, left) = (place, MAX_ROW_BYTES);
        }
        let column = column as usize;
        let cell = match (&found.value, &found.formula) {
            // A program that does not calculate wrote the file.
            (DataRef::Empty, Some(_)) => Cell::of(CellKind::Formula, "= without a result"),
            (value, _) => read_cell(value),
        };
        if cell.is_blank() {
            continue;
        }
        // Many cells may share one long text.
        left = left.checked_sub(cell.text.len()).ok_or_else(|| {
            TableError::malformed(format!("row {} is longer than {} MiB", place + 1, MAX_ROW_BYTES >> 20))
        })?;
        if column >= MAX_COLUMNS {
            let reason = format!("row {} has a value beyond column {MAX_COLUMNS}", place + 1);
            return Err(TableError::malformed(reason));
        }
        if current.len() <= column {
            current.resize_with(column + 1, || Cell::text(""));
        }
        current[column] = cell;
    }
    // Whether the reader wants more does not matter after the last row.
    let _ = hand_on(at, &mut current, row);
    Ok(())
}

fn hand_on(place: u32, cells: &mut Vec<Cell>, row: &mut dyn FnMut(Row) -> ControlFlow<()>) -> ControlFlow<()> {
    if cells.iter().all(Cell::is_blank) {
        cells.clear();
        return ControlFlow::Continue(());
    }
    let content = RowContent::Cells {
        cells: std::mem::take(cells),
        is_placed: true,
    };
    row(Row {
        line: u64::from(place) + 1,
        content,
    })
}

/// A number as it was entered, as far as a spreadsheet keeps it.
fn read_cell(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Int(number) => Cell::of(CellKind::Number, &number.to_string()),
        // The shortest text that reads back: digits that are not kept are zeros.
        DataRef::Float(number) => Cell::of(CellKind::Number, &number.to_string()),
        DataRef::String(text) => Cell::text(text),
        DataRef::SharedString(text) => Cell::text(text),
        DataRef::Bool(value) => Cell::text(if *value { "true" } else { "false" }),
        DataRef::DateTime(at) => Cell::of(CellKind::Date, &date(at)),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cell::of(CellKind::Date, text),
        DataRef::Error(error) => Cell::of(CellKind::Error, &error.to_string()),
        DataRef::Empty => Cell::text(""),
    }
}

fn date(at: &calamine::ExcelDateTime) -> String {
    match at.as_datetime() {
        Some(time) if time.time() == chrono::NaiveTime::MIN => time.format("%Y-%m-%d").to_string(),
        Some(time) => time.format("%Y-%m-%dT%H:%M").to_string(),
        None => at.as_f64().to_string(),
    }
}

/// The file, if what of it is held in memory is no more than allowed once it is unpacked.
fn bounded(file: File) -> Result<File, TableError> {
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|_| TableError::not_a_spreadsheet())?;
    if archive.len() > MAX_PARTS {
        return Err(TableError::not_a_spreadsheet());
    }
    let mut left = MAX_HELD;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|_| TableError::not_a_spreadsheet())?;
        // The cells themselves are read as a stream.
        if part.name().is_ok_and(|name| name.starts_with("xl/worksheets/")) {
            pieces::check(part)?;
            continue;
        }
        let held = io::copy(&mut part.take(left + 1), &mut io::sink()).map_err(|_| TableError::not_a_spreadsheet())?;
        left = left.checked_sub(held).ok_or_else(|| {
            TableError::malformed(format!(
                "the spreadsheet has more than {} MiB of texts; save it as CSV",
                MAX_HELD >> 20
            ))
        })?;
    }
    let mut file = archive.into_inner().into_inner();
    file.seek(SeekFrom::Start(0)).map_err(TableError::Io)?;
    Ok(file)
}

/// The library's errors quote parts of the file.
fn damaged(error: XlsxError) -> TableError {
    match error {
        XlsxError::Io(error) => TableError::Io(error),
        XlsxError::Password => TableError::malformed("the spreadsheet is protected by a password"),
        _ => TableError::not_a_spreadsheet(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_xlsxwriter::{Format, Workbook};
    use std::io::{Cursor, Write};
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    #[test]
    fn cells_keep_what_the_file_says_of_them() {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write_string(0, 0, "id").unwrap();
        sheet.write_string(0, 2, "phone").unwrap();
        sheet.write_string(2, 0, "00123").unwrap();
        sheet.write_number(2, 2, 380_501_234_567.0).unwrap();
        sheet.write_number(3, 0, 1_234_567_890_123_456_789.0).unwrap();
        let date = Format::new().set_num_format("dd.mm.yyyy");
        sheet.write_number_with_format(3, 2, 45_323.0, &date).unwrap();
        let bytes = book.save_to_buffer().unwrap();
        let mut found = Vec::new();
        read(&mut bytes.as_slice(), &mut |row| {
            let RowContent::Cells { cells, is_placed } = row.content else {
                panic!("cells")
            };
            assert!(is_placed);
            let cells: Vec<_> = cells.into_iter().map(|cell| (cell.text, cell.kind)).collect();
            found.push((row.line, cells));
            ControlFlow::Continue(())
        })
        .unwrap();
        let cell = |text: &str, kind| (text.to_owned(), kind);
        let text = |text: &str| cell(text, CellKind::Text);
        let expected = [
            (1, vec![text("id"), text(""), text("phone")]),
            (3, vec![text("00123"), text(""), cell("380501234567", CellKind::Number)]),
            (
                4,
                vec![
                    cell("1234567890123456800", CellKind::Number),
                    text(""),
                    cell("2024-02-01", CellKind::Date),
                ],
            ),
        ];
        assert_eq!(found, expected);
    }

    /// A spreadsheet whose first sheet has this XML.
    fn with_sheet(xml: &str) -> Vec<u8> {
        let mut book = Workbook::new();
        book.add_worksheet().write_string(0, 0, "x".repeat(30_000)).unwrap();
        let book = book.save_to_buffer().unwrap();
        let mut archive = ZipArchive::new(Cursor::new(book)).unwrap();
        let mut changed = ZipWriter::new(Cursor::new(Vec::new()));
        for index in 0..archive.len() {
            let part = archive.by_index_raw(index).unwrap();
            let name = part.name().unwrap().into_owned();
            if name == "xl/worksheets/sheet1.xml" {
                changed.start_file(name, SimpleFileOptions::default()).unwrap();
                changed.write_all(xml.as_bytes()).unwrap();
            } else {
                changed.raw_copy_file(part).unwrap();
            }
        }
        changed.finish().unwrap().into_inner()
    }

    fn sheet(rows: &str) -> String {
        format!("<worksheet xmlns=\"{SPREADSHEET}\"><sheetData>{rows}</sheetData></worksheet>")
    }

    const SPREADSHEET: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

    #[test]
    fn a_formula_without_a_result_is_no_empty_cell() {
        let xml =
            sheet("<row r=\"1\"><c r=\"A1\"><f>1+1</f><v></v></c><c r=\"B1\" t=\"str\"><f>A2</f><v></v></c></row>");
        let mut found = Vec::new();
        read(&mut with_sheet(&xml).as_slice(), &mut |row| {
            found.push(row.content);
            ControlFlow::Continue(())
        })
        .unwrap();
        let [RowContent::Cells { cells, .. }] = &found[..] else {
            panic!("{found:?}")
        };
        let kinds: Vec<CellKind> = cells.iter().map(|cell| cell.kind).collect();
        assert_eq!(kinds, [CellKind::Formula]);
    }

    #[test]
    fn a_row_of_cells_that_share_a_long_text_has_a_bound() {
        let cells = "<c t=\"s\"><v>0</v></c>".repeat(40);
        let long = with_sheet(&sheet(&format!("<row>{cells}</row>")));
        let error = read(&mut long.as_slice(), &mut |_| ControlFlow::Continue(())).unwrap_err();
        assert!(error.to_string().contains("row 1 is longer than 1 MiB"), "{error}");
    }

    #[test]
    fn what_is_no_spreadsheet_is_refused() {
        let error = read(
            &mut b"PK\x03\x04nonsense".as_slice(),
            &mut |_| ControlFlow::Continue(()),
        )
        .unwrap_err();
        assert!(error.to_string().contains("no XLSX spreadsheet"), "{error}");
    }
}

//! What spreadsheet programs do to texts that look like numbers, and how they write files.

use rust_xlsxwriter::{Format, Workbook};
use std::fmt::Write;

/// What a program shows of digits in a cell without a format, which is what it saves as CSV: leading zeros go, 15 digits are kept, and from 12 digits
/// on it is scientific notation with five places.
pub(super) fn general(digits: &str) -> String {
    let kept = fifteen_digits(digits);
    if kept.len() < 12 {
        return kept;
    }
    scientific(&kept)
}

/// Scientific notation with five places at the most: `3.80501E+11`.
pub(super) fn scientific(digits: &str) -> String {
    let number: f64 = digits.parse().expect("a number");
    let shown = format!("{number:.5e}");
    let (mantissa, exponent) = shown.split_once('e').expect("an exponent");
    let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
    let exponent: i32 = exponent.parse().expect("a number");
    format!("{mantissa}E+{exponent:02}")
}

/// What is left of scientific notation when the file is opened again and the column is shown as whole numbers.
pub(super) fn reopened(digits: &str) -> String {
    let number: f64 = scientific(digits).parse().expect("a number");
    format!("{number:.0}")
}

/// Digits as a number cell keeps them: without leading zeros, and zeros from the sixteenth on.
pub(super) fn fifteen_digits(digits: &str) -> String {
    let significant = digits.trim_start_matches('0');
    let significant = if significant.is_empty() { "0" } else { significant };
    let kept = significant.len().min(15);
    let lost = significant.len() - kept;
    format!("{}{}", &significant[..kept], "0".repeat(lost))
}

/// With separators of thousands.
pub(super) fn grouped(digits: &str, separator: char) -> String {
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

/// A code such as `3-1` as the date that a program takes it for.
pub(super) fn as_day(code: &str) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (month, day) = code.split_once('-').expect("a code");
    let month: usize = month.parse().expect("a number");
    format!("{day}-{}", MONTHS[month - 1])
}

/// Delimited text with a header, quoted where it has to be.
pub(super) fn delimited(header: &[&str], rows: &[Vec<String>], delimiter: char, end: &str) -> String {
    let mut text = String::new();
    let header = header.iter().map(|title| (*title).to_owned()).collect();
    for row in std::iter::once(&header).chain(rows) {
        let row: &Vec<String> = row;
        let cells: Vec<String> = row
            .iter()
            .map(|cell| {
                if cell.contains([delimiter, '"', '\n']) {
                    format!("\"{}\"", cell.replace('"', "\"\""))
                } else {
                    cell.clone()
                }
            })
            .collect();
        write!(text, "{}{end}", cells.join(&delimiter.to_string())).expect("a text");
    }
    text
}

/// A cell of a spreadsheet.
#[derive(Debug, Clone)]
pub(super) enum XlsxCell {
    Text(String),
    Number(f64),
    Date(f64),
    Formula(&'static str, &'static str),
}

/// A spreadsheet with one sheet.
pub(super) fn xlsx(header: &[&str], rows: &[Vec<XlsxCell>]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let date = Format::new().set_num_format("dd.mm.yyyy");
    for (column, title) in (0..).zip(header) {
        sheet.write_string(0, column, *title).expect("a title");
    }
    for (place, row) in (1..).zip(rows) {
        for (column, cell) in (0..).zip(row) {
            match cell {
                XlsxCell::Text(text) => sheet.write_string(place, column, text),
                XlsxCell::Number(number) => sheet.write_number(place, column, *number),
                XlsxCell::Date(day) => sheet.write_number_with_format(place, column, *day, &date),
                XlsxCell::Formula(formula, result) => {
                    let formula = rust_xlsxwriter::Formula::new(*formula).set_result(*result);
                    sheet.write_formula(place, column, formula)
                }
            }
            .expect("a cell");
        }
    }
    book.save_to_buffer().expect("a spreadsheet")
}

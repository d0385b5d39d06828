//! Output for people: standard output, tables, and errors in one line.

use anyhow::{Context, Result};
use chrono::SecondsFormat;
use selfsame_domain::Timestamp;
use serde::Serialize;
use std::io::{self, ErrorKind, Write, stderr, stdout};

/// Writes to standard output and flushes. A closed pipe (`selfsame openapi | head`) is no error.
pub(crate) fn print(text: &str) -> Result<()> {
    match print_all(text) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to standard output"),
    }
}

/// Writes text that must not get lost to standard output, and flushes.
pub(crate) fn print_all(text: &str) -> io::Result<()> {
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Writes a value as indented JSON.
pub(crate) fn print_json(value: &impl Serialize) -> Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    print(&text)
}

/// Writes an error with its causes as one line on standard error.
pub(crate) fn complain(error: &anyhow::Error) {
    // When standard error is closed, the error cannot be reported.
    let _ = writeln!(stderr(), "error: {}", one_line(error));
}

/// An error with its causes, without line breaks. A cause that its wrapper quotes already is not repeated.
pub(crate) fn one_line(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        let cause = cause.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            text = cause;
        } else if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// Columns under upper-case titles, two blanks apart.
pub(crate) fn table<const N: usize>(titles: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = titles.map(|title| title.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let titles = titles.map(str::to_owned);
    let mut text = String::new();
    for row in std::iter::once(&titles).chain(rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let blanks = width - cell.chars().count() + 2;
            line.extend([cell, " ".repeat(blanks).as_str()]);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A time to the second, readable for people and programs.
pub(crate) fn time(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A time that may be missing.
pub(crate) fn time_or(at: Option<Timestamp>, otherwise: &str) -> String {
    at.map_or_else(|| otherwise.to_owned(), time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_and_says_nothing_twice() {
        let error = anyhow::anyhow!("no such\n  host")
            .context("cannot connect")
            .context("cannot connect: no such host");
        assert_eq!(
            one_line(&error),
            "cannot connect: no such host: cannot connect: no such host"
        );
        let error = anyhow::anyhow!("refused\n  by peer").context("cannot connect");
        assert_eq!(one_line(&error), "cannot connect: refused by peer");
        let error = anyhow::anyhow!("refused").context("cannot connect: refused");
        assert_eq!(one_line(&error), "cannot connect: refused");
    }

    #[test]
    fn columns_line_up_and_lines_have_no_trailing_blanks() {
        let rows = [["1".to_owned(), "été".to_owned()], ["22".to_owned(), "b".to_owned()]];
        assert_eq!(table(["ID", "NAME"], &rows), "ID  NAME\n1   été\n22  b\n");
    }
}

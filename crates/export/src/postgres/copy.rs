//! Rows in the text format of COPY (<https://www.postgresql.org/docs/current/sql-copy.html>, "Text Format").

use super::error::refused;
use selfsame_application::ports::SinkError;
use selfsame_domain::export::{Cell, Row};
use std::fmt::Write;

/// The rows as lines.
pub(super) fn lines(rows: &[Row]) -> Result<String, SinkError> {
    let size = rows.iter().flatten().map(|cell| cell.size() + 1).sum();
    let mut text = String::with_capacity(size);
    for row in rows {
        for (index, cell) in row.iter().enumerate() {
            if index > 0 {
                text.push('\t');
            }
            put(&mut text, cell)?;
        }
        text.push('\n');
    }
    Ok(text)
}

fn put(text: &mut String, cell: &Cell) -> Result<(), SinkError> {
    let written = match cell {
        Cell::Null => text.write_str("\\N"),
        Cell::Integer(number) => write!(text, "{number}"),
        Cell::Number(amount) => write!(text, "{amount}"),
        Cell::Flag(flag) => text.write_str(if *flag { "t" } else { "f" }),
        Cell::Time(time) => write!(text, "{}", time.format("%Y-%m-%d %H:%M:%S")),
        Cell::Date(date) => write!(text, "{date}"),
        Cell::LocalTime(time) => write!(text, "{}", time.format("%Y-%m-%d %H:%M:%S")),
        Cell::Text(value) => return escape(text, value),
    };
    written.map_err(|_| refused("a value cannot be written"))
}

fn escape(text: &mut String, value: &str) -> Result<(), SinkError> {
    for c in value.chars() {
        match c {
            '\0' => return Err(refused("a text has a NUL character, which PostgreSQL cannot hold")),
            '\\' => text.push_str("\\\\"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            other => text.push(other),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_taken_for_format() {
        let text = |text: &str| Cell::Text(text.to_owned());
        let rows = vec![
            vec![Cell::Null, text("\\N"), text(""), Cell::Integer(-1), Cell::Flag(true)],
            vec![
                text("a\tb\nc\rd\\."),
                text("😀"),
                Cell::Time("0001-02-03T04:05:06.7Z".parse().unwrap()),
            ],
        ];
        assert_eq!(
            lines(&rows).unwrap(),
            "\\N\t\\\\N\t\t-1\tt\na\\tb\\nc\\rd\\\\.\t😀\t0001-02-03 04:05:06\n"
        );
        assert!(lines(&[vec![text("a\0")]]).is_err());
    }
}

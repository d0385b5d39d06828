//! A cell of a table.

/// What a file says of a cell beside its text. Cells of text files are [`CellKind::Text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellKind {
    /// A text.
    Text,
    /// A number: a spreadsheet keeps 15 digits of it.
    Number,
    /// A date or a time, written as ISO 8601.
    Date,
    /// The error of a formula, such as `#N/A`.
    Error,
    /// A formula whose result the file does not have.
    Formula,
}

/// A cell of a table, with outer blanks trimmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Its text; empty for no value.
    pub text: String,
    /// What the file says of it.
    pub kind: CellKind,
}

impl Cell {
    /// A cell of a text file. `="…"`, by which programs keep spreadsheets from reading digits as a number, stands for the text in the quotes.
    pub fn text(text: &str) -> Self {
        let text = text.trim();
        let quoted = text
            .strip_prefix("=\"")
            .and_then(|rest| rest.strip_suffix('"'))
            .filter(|inner| !inner.contains('"'));
        Self {
            text: quoted.unwrap_or(text).trim().to_owned(),
            kind: CellKind::Text,
        }
    }

    /// A cell of a spreadsheet.
    pub fn of(kind: CellKind, text: &str) -> Self {
        match kind {
            CellKind::Text => Self::text(text),
            CellKind::Number | CellKind::Date | CellKind::Error | CellKind::Formula => Self {
                text: text.trim().to_owned(),
                kind,
            },
        }
    }

    /// Whether it has no value.
    pub fn is_blank(&self) -> bool {
        self.text.is_empty()
    }
}

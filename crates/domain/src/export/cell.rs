//! The values of rows.

use crate::Timestamp;
use crate::values::Amount;
use chrono::{NaiveDate, NaiveDateTime};

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// No value.
    Null,
    /// A whole number.
    Integer(i64),
    /// An exact decimal number.
    Number(Amount),
    /// A truth value.
    Flag(bool),
    /// A time in UTC. Destinations get whole seconds (wire fact: `YYYY-MM-DD HH:MM:SS`).
    Time(Timestamp),
    /// A date.
    Date(NaiveDate),
    /// A date and a time of day without a time zone, in whole seconds.
    LocalTime(NaiveDateTime),
    /// A text.
    Text(String),
}

/// A row, in the order of its table's columns.
pub type Row = Vec<Cell>;

impl Cell {
    /// A text, or no value.
    pub fn text(value: Option<impl Into<String>>) -> Self {
        value.map_or(Self::Null, |text| Self::Text(text.into()))
    }

    /// A whole number, or no value.
    pub fn integer(value: Option<i64>) -> Self {
        value.map_or(Self::Null, Self::Integer)
    }

    /// An amount, or no value.
    pub fn number(value: Option<Amount>) -> Self {
        value.map_or(Self::Null, Self::Number)
    }

    /// A time, or no value.
    pub fn time(value: Option<Timestamp>) -> Self {
        value.map_or(Self::Null, Self::Time)
    }

    /// How many bytes its text has, about.
    pub fn size(&self) -> usize {
        match self {
            Self::Null | Self::Flag(_) => 1,
            Self::Integer(_) | Self::Number(_) => 8,
            Self::Date(_) => 10,
            Self::Time(_) | Self::LocalTime(_) => 19,
            Self::Text(text) => text.len(),
        }
    }
}

/// Cuts a text to so many characters (Unicode code points, as databases count them). Says whether it was longer.
pub fn cut(text: &mut String, max_chars: usize) -> bool {
    // No text has more characters than bytes.
    if text.len() <= max_chars {
        return false;
    }
    let Some((end, _)) = text.char_indices().nth(max_chars) else {
        return false;
    };
    text.truncate(end);
    true
}

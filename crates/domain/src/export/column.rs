//! Columns.

use std::borrow::Cow;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// A whole number of 32 bits.
    Integer,
    /// A whole number of 64 bits.
    BigInteger,
    /// An exact decimal number.
    Number,
    /// A truth value.
    Flag,
    /// A time in UTC, without an offset.
    Time,
    /// A date.
    Date,
    /// A date and a time of day without a time zone.
    LocalTime,
    /// A text of at most so many characters; none for no limit.
    Text(Option<u16>),
}

/// A column of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Column {
    /// Its name, in the letter case in which it is exported (wire fact).
    pub name: Cow<'static, str>,
    /// What it holds.
    pub kind: ColumnType,
    /// What it means, one sentence.
    pub description: Cow<'static, str>,
}

impl Column {
    pub(super) const fn new(name: &'static str, kind: ColumnType, description: &'static str) -> Self {
        Self {
            name: Cow::Borrowed(name),
            kind,
            description: Cow::Borrowed(description),
        }
    }
}

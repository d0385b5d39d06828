//! The types of custom fields.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a custom field holds (wire fact).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum FieldType {
    /// One line of at most 1,000 characters.
    TextField,
    /// Several lines of at most 5,000 characters.
    TextArea,
    /// A whole number of 32 bits.
    Number,
    /// A decimal number.
    Decimal,
    /// A date.
    Date,
    /// A date and a time of day, to the minute, without time zone.
    DateTime,
    /// One of several values.
    ComboBox,
    /// Some of several values.
    CheckboxList,
    /// Any number of words, up to 100.
    Tags,
}

impl FieldType {
    /// Every type.
    pub const ALL: [Self; 9] = [
        Self::TextField,
        Self::TextArea,
        Self::Number,
        Self::Decimal,
        Self::Date,
        Self::DateTime,
        Self::ComboBox,
        Self::CheckboxList,
        Self::Tags,
    ];

    /// The text of the type on the wire and in storage.
    pub fn as_wire(self) -> &'static str {
        match self {
            Self::TextField => "TEXTFIELD",
            Self::TextArea => "TEXTAREA",
            Self::Number => "NUMBER",
            Self::Decimal => "DECIMAL",
            Self::Date => "DATE",
            Self::DateTime => "DATETIME",
            Self::ComboBox => "COMBOBOX",
            Self::CheckboxList => "CHECKBOXLIST",
            Self::Tags => "TAGS",
        }
    }

    /// Reads the text of a type in any case (both are seen, wire fact), outer blanks trimmed.
    pub fn from_wire(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|field| field.as_wire().eq_ignore_ascii_case(text.trim()))
    }
}

impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_wire())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_read_back_in_any_case() {
        for field in FieldType::ALL {
            assert_eq!(FieldType::from_wire(field.as_wire()), Some(field));
            assert_eq!(FieldType::from_wire(&field.as_wire().to_lowercase()), Some(field));
            assert_eq!(
                serde_json::to_value(field).ok().as_ref().and_then(|v| v.as_str()),
                Some(field.as_wire())
            );
        }
        assert_eq!(FieldType::from_wire("TEXT"), None);
    }
}

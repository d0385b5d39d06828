//! The values of custom fields.

use super::{FieldType, ValueError, decimal, field_date, text};
use crate::Timestamp;
use chrono::{Datelike, NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The greatest length of a text field and of a chosen value, in characters (wire fact).
const MAX_TEXT: usize = 1_000;

/// The greatest length of a text area and of a written list, in characters (wire fact for text areas).
const MAX_LONG_TEXT: usize = 5_000;

/// The greatest length of a written number or date, in characters.
const MAX_SHORT_TEXT: usize = 100;

/// The most tags of one field.
const MAX_TAGS: usize = 100;

/// The value of a custom field, in the type of the field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldValue {
    /// Of a text field, a text area or a combo box: 1 to 1,000 characters; in a text area 1 to 5,000, with line breaks.
    Text(String),
    /// Of a number field.
    Integer(i32),
    /// Of a decimal field: at most 28 significant digits, its scale as sent. Serialized as text.
    Decimal(#[serde(with = "decimal")] Decimal),
    /// Of a date field.
    Date(NaiveDate),
    /// Of a date-and-time field: whole minutes, no time zone.
    DateTime(NaiveDateTime),
    /// Of a checkbox list or of tags: at least one, in the order sent, none twice, none with a comma.
    Choices(Vec<String>),
}

impl FieldValue {
    /// Reads a value of a field from its text form, outer blanks trimmed.
    ///
    /// `allowed` are the values that a combo box or a checkbox list may hold, compared exactly; any when it is empty. It
    /// means nothing for the other types. Lists are separated by commas; blanks around entries, empty entries and
    /// repeated ones are dropped. Decimals have a dot and no exponent. For dates see the wire facts: `yyyy-MM-dd`,
    /// `dd/MM/yyyy`, `dd.MM.yyyy`, `dd.MM.yy` (the latest year that is at most ten years after `at`, the time of the command), and
    /// `yyyy-MM-ddTHH:mm`.
    ///
    /// # Errors
    ///
    /// The variant that is named after the type, [`ValueError::NotAllowed`], [`ValueError::TooMany`], and those of
    /// [`text::clean`].
    pub fn parse(field_type: FieldType, text: &str, allowed: &[String], at: Timestamp) -> Result<Self, ValueError> {
        match field_type {
            FieldType::TextField => text::clean(text, MAX_TEXT).map(Self::Text),
            FieldType::TextArea => text::clean_multiline(text, MAX_LONG_TEXT).map(Self::Text),
            FieldType::Number => parse_integer(&text::clean(text, MAX_SHORT_TEXT)?).map(Self::Integer),
            FieldType::Decimal => decimal::parse(&text::clean(text, MAX_SHORT_TEXT)?).map(Self::Decimal),
            FieldType::Date => field_date::parse_date(&text::clean(text, MAX_SHORT_TEXT)?, at.year()).map(Self::Date),
            FieldType::DateTime => field_date::parse_date_time(&text::clean(text, MAX_SHORT_TEXT)?).map(Self::DateTime),
            FieldType::ComboBox => {
                let choice = text::clean(text, MAX_TEXT)?;
                check_allowed(&choice, allowed)?;
                Ok(Self::Text(choice))
            }
            FieldType::CheckboxList => {
                let choices = parse_list(text)?;
                choices.iter().try_for_each(|choice| check_allowed(choice, allowed))?;
                Ok(Self::Choices(choices))
            }
            FieldType::Tags => {
                let tags = parse_list(text)?;
                if tags.len() > MAX_TAGS {
                    return Err(ValueError::TooMany {
                        max: MAX_TAGS,
                        actual: tags.len(),
                    });
                }
                Ok(Self::Choices(tags))
            }
        }
    }

    /// The text form that clients read back. [`Self::parse`] of it, with the same type, gives the same value.
    pub fn to_wire(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Integer(number) => number.to_string(),
            Self::Decimal(number) => number.to_string(),
            Self::Date(date) => field_date::date_to_wire(*date),
            Self::DateTime(at) => field_date::date_time_to_wire(*at),
            Self::Choices(choices) => choices.join(","),
        }
    }

    /// The normal form of the type, by which values are compared (identity rules, table of kinds): text exactly, with
    /// line breaks as LF; numbers without needless zeros; lists in alphabetical order.
    pub fn matching(&self) -> String {
        match self {
            Self::Text(text) => text.replace("\r\n", "\n").replace('\r', "\n"),
            Self::Decimal(number) => number.normalize().to_string(),
            Self::Choices(choices) => {
                let mut sorted: Vec<&str> = choices.iter().map(String::as_str).collect();
                sorted.sort_unstable();
                sorted.join(",")
            }
            Self::Integer(_) | Self::Date(_) | Self::DateTime(_) => self.to_wire(),
        }
    }
}

fn parse_integer(text: &str) -> Result<i32, ValueError> {
    text.parse().map_err(|_| ValueError::NotInteger {
        min: i32::MIN.into(),
        max: i32::MAX.into(),
    })
}

fn parse_list(text: &str) -> Result<Vec<String>, ValueError> {
    let cleaned = text::clean(text, MAX_LONG_TEXT)?;
    let mut entries: Vec<String> = Vec::new();
    for entry in cleaned.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        if !entries.iter().any(|known| known == entry) {
            entries.push(entry.to_owned());
        }
    }
    if entries.is_empty() {
        Err(ValueError::Empty)
    } else {
        Ok(entries)
    }
}

fn check_allowed(choice: &str, allowed: &[String]) -> Result<(), ValueError> {
    if allowed.is_empty() || allowed.iter().any(|one| one.trim() == choice) {
        Ok(())
    } else {
        Err(ValueError::NotAllowed { choices: allowed.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(field_type: FieldType, text: &str) -> Result<String, ValueError> {
        FieldValue::parse(field_type, text, &[], Timestamp::UNIX_EPOCH).map(|value| value.to_wire())
    }

    fn matching(field_type: FieldType, text: &str) -> Result<String, ValueError> {
        FieldValue::parse(field_type, text, &[], Timestamp::UNIX_EPOCH).map(|value| value.matching())
    }

    #[test]
    fn texts() {
        assert_eq!(read(FieldType::TextField, " Аня ").as_deref(), Ok("Аня"));
        assert_eq!(read(FieldType::TextField, "a\nb"), Err(ValueError::ControlCharacter));
        assert_eq!(read(FieldType::TextArea, "a\r\nb").as_deref(), Ok("a\r\nb"));
        assert_eq!(matching(FieldType::TextArea, "a\r\nb").as_deref(), Ok("a\nb"));
        assert_eq!(
            read(FieldType::TextField, &"я".repeat(1001)),
            Err(ValueError::TooLong {
                max: 1000,
                actual: 1001
            })
        );
        assert!(read(FieldType::TextArea, &"я".repeat(5000)).is_ok());
        assert!(read(FieldType::TextArea, &"я".repeat(5001)).is_err());
        for field_type in FieldType::ALL {
            assert_eq!(read(field_type, "  "), Err(ValueError::Empty), "{field_type}");
        }
    }

    #[test]
    fn numbers() {
        let not_integer = ValueError::NotInteger {
            min: -2_147_483_648,
            max: 2_147_483_647,
        };
        assert_eq!(read(FieldType::Number, "2147483647").as_deref(), Ok("2147483647"));
        assert_eq!(read(FieldType::Number, "+007").as_deref(), Ok("7"));
        for text in ["2147483648", "1.0", "1e3", "one", "1 000"] {
            assert_eq!(read(FieldType::Number, text), Err(not_integer.clone()), "{text}");
        }
        for (text, wire, normal) in [
            ("1.50", "1.50", "1.5"),
            ("-0.0", "0.0", "0"),
            ("+012", "12", "12"),
            ("100", "100", "100"),
        ] {
            assert_eq!(read(FieldType::Decimal, text).as_deref(), Ok(wire));
            assert_eq!(matching(FieldType::Decimal, text).as_deref(), Ok(normal));
        }
        for text in [
            "1,5",
            "1e5",
            "1_000",
            ".5",
            "5.",
            "-",
            "NaN",
            "0.00000000000000000000000000001",
            "1..2",
            "--1",
        ] {
            assert_eq!(read(FieldType::Decimal, text), Err(ValueError::NotDecimal), "{text}");
        }
    }

    #[test]
    fn dates() {
        assert_eq!(read(FieldType::Date, "31.12.80").as_deref(), Ok("1980-12-31"));
        assert_eq!(read(FieldType::Date, "31.12.81").as_deref(), Ok("1881-12-31"));
        assert_eq!(read(FieldType::Date, "31.13.24"), Err(ValueError::NotADate));
        assert_eq!(
            read(FieldType::DateTime, " 2024-12-31T23:59 ").as_deref(),
            Ok("2024-12-31T23:59")
        );
        assert_eq!(read(FieldType::DateTime, "31.12.24"), Err(ValueError::NotADateTime));
    }

    #[test]
    fn choices() {
        let allowed = ["red".to_owned(), "green".to_owned()];
        let parse = |field_type, text| {
            FieldValue::parse(field_type, text, &allowed, Timestamp::UNIX_EPOCH).map(|value| value.to_wire())
        };
        assert_eq!(parse(FieldType::ComboBox, " red ").as_deref(), Ok("red"));
        assert_eq!(
            parse(FieldType::ComboBox, "Red"),
            Err(ValueError::NotAllowed { choices: 2 })
        );
        assert_eq!(read(FieldType::ComboBox, "a, b").as_deref(), Ok("a, b"));
        assert_eq!(
            parse(FieldType::CheckboxList, "red, green,,red ").as_deref(),
            Ok("red,green")
        );
        assert_eq!(
            parse(FieldType::CheckboxList, "red,blue"),
            Err(ValueError::NotAllowed { choices: 2 })
        );
        assert_eq!(parse(FieldType::CheckboxList, ", ,"), Err(ValueError::Empty));
        assert_eq!(parse(FieldType::Tags, "blue").as_deref(), Ok("blue"));
        assert_eq!(matching(FieldType::Tags, "b, a"), matching(FieldType::Tags, "a,b"));
        let tags = (0..101).map(|n| n.to_string()).collect::<Vec<_>>();
        assert!(read(FieldType::Tags, &tags[..100].join(",")).is_ok());
        assert_eq!(
            read(FieldType::Tags, &tags.join(",")),
            Err(ValueError::TooMany { max: 100, actual: 101 })
        );
    }

    #[test]
    fn serialized_by_type() {
        let values = [
            (FieldType::TextField, "a", r#"{"text":"a"}"#),
            (FieldType::Number, "1", r#"{"integer":1}"#),
            (FieldType::Decimal, "1.10", r#"{"decimal":"1.10"}"#),
            (FieldType::Date, "2024-12-31", r#"{"date":"2024-12-31"}"#),
            (
                FieldType::DateTime,
                "2024-12-31T23:59",
                r#"{"date_time":"2024-12-31T23:59:00"}"#,
            ),
            (FieldType::Tags, "a,b", r#"{"choices":["a","b"]}"#),
        ];
        for (field_type, text, json) in values {
            let value = FieldValue::parse(field_type, text, &[], Timestamp::UNIX_EPOCH).ok();
            assert_eq!(serde_json::to_string(&value).ok().as_deref(), Some(json));
            assert_eq!(serde_json::from_str(json).ok(), value);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_returned_is_read_back(
            field_type in prop::sample::select(FieldType::ALL.to_vec()),
            anything in any::<String>(),
            written in "[-+]?[0-9]{0,12}[.,/-]?[0-9a-c, ]{0,12}",
        ) {
            for text in [anything, written] {
                if let Ok(value) = FieldValue::parse(field_type, &text, &[], Timestamp::UNIX_EPOCH) {
                    let again = FieldValue::parse(field_type, &value.to_wire(), &[], Timestamp::UNIX_EPOCH);
                    prop_assert_eq!(again.as_ref().map(FieldValue::to_wire), Ok(value.to_wire()));
                    prop_assert_eq!(again.as_ref().map(FieldValue::matching), Ok(value.matching()));
                    prop_assert_eq!(again, Ok(value));
                }
            }
        }
    }
}

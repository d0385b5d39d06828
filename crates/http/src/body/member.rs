//! A value in a body with its place, and the lenient forms in which clients of the wire protocol send it: numbers for texts, `null`, blanks, a
//! bare object for an array.

use crate::body::fault_of;
use crate::fields::{Fields, Problems};
use serde_json::Value;

/// The error of a member that should be a text.
pub(crate) const NOT_A_TEXT: &str = "must be a text";

/// The value of a member in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent<T> {
    /// The member is missing, or a blank text.
    Nothing,
    /// `null`.
    Null,
    /// A value.
    Value(T),
}

impl<'a> Sent<&'a Value> {
    /// The value of a member, if it has one.
    pub(crate) fn of(raw: Option<&'a Value>) -> Self {
        match raw {
            None => Self::Nothing,
            Some(Value::Null) => Self::Null,
            Some(Value::String(text)) if text.trim().is_empty() => Self::Nothing,
            Some(value) => Self::Value(value),
        }
    }
}

impl<T> Sent<T> {
    /// The value, where `null` counts as missing.
    pub(crate) fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Nothing | Self::Null => None,
        }
    }

    pub(crate) fn map<U>(self, with: impl FnOnce(T) -> U) -> Sent<U> {
        match self {
            Self::Nothing => Sent::Nothing,
            Self::Null => Sent::Null,
            Self::Value(value) => Sent::Value(with(value)),
        }
    }
}

/// A value in a body, and its place. By default the value is missing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Member<'a> {
    /// The value as it was sent, `null` and blank texts included; none if it is missing.
    pub(crate) raw: Option<&'a Value>,
    /// The JSON pointer of the object, or of the value.
    within: &'a str,
    /// Its name; none where the pointer is that of the value.
    name: Option<&'a str>,
}

impl<'a> Member<'a> {
    /// A member of an object.
    pub(crate) fn of(fields: &'a Fields<'_>, name: &'a str) -> Self {
        Self {
            raw: fields.member(name),
            within: fields.here(),
            name: Some(name),
        }
    }

    /// The value at a pointer.
    pub(crate) fn here(pointer: &'a str, value: &'a Value) -> Self {
        Self {
            raw: Some(value),
            within: pointer,
            name: None,
        }
    }

    /// The JSON pointer of the value.
    pub(crate) fn pointer(&self) -> String {
        self.name.map_or_else(
            || self.within.to_owned(),
            |name| format!("{}/{}", self.within, name.replace('~', "~0").replace('/', "~1")),
        )
    }

    /// The value; a blank text counts as missing.
    pub(crate) fn sent(&self) -> Sent<&'a Value> {
        Sent::of(self.raw)
    }

    /// Adds an error, and reads nothing.
    pub(crate) fn refuse<T>(&self, problems: &mut Problems, reason: impl ToString) -> Option<T> {
        problems.add(self.pointer(), reason);
        None
    }

    /// The value of a result; an error is added to the problems.
    pub(crate) fn check<T, E: ToString>(&self, problems: &mut Problems, result: Result<T, E>) -> Option<T> {
        result.map_or_else(|error| self.refuse(problems, error), Some)
    }

    /// The value, which must be there.
    pub(crate) fn required(&self, problems: &mut Problems) -> Option<&'a Value> {
        self.sent().value().or_else(|| self.refuse(problems, "is required"))
    }

    /// A text; a whole number becomes its text. No other type is accepted: `true` or `1.5` as an identifier is a mistake that
    /// would make one person of many.
    pub(crate) fn text(&self, problems: &mut Problems) -> Sent<String> {
        self.scalar(problems, NOT_A_TEXT, name_of)
    }

    /// A whole number; a text of digits is accepted.
    pub(crate) fn integer(&self, problems: &mut Problems) -> Sent<i64> {
        self.scalar(problems, "must be a whole number", |value| match value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        })
    }

    /// A boolean; the texts `true` and `false` are accepted.
    pub(crate) fn boolean(&self, problems: &mut Problems) -> Sent<bool> {
        self.scalar(problems, "must be true or false", |value| match value {
            Value::Bool(value) => Some(*value),
            Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
            _ => None,
        })
    }

    /// An object.
    pub(crate) fn object(&self, problems: &mut Problems) -> Sent<Fields<'a>> {
        object_of(self.sent(), || self.pointer(), problems)
    }

    /// The value as `read` reads it. Where it cannot, `reason` is added to the problems, and nothing counts as sent.
    fn scalar<T>(
        &self,
        problems: &mut Problems,
        reason: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Sent<T> {
        converted(self.sent(), || self.pointer(), (reason, problems), read)
    }

    /// The texts of an array, or a single text, with their pointers. Blank ones are left out.
    pub(crate) fn texts(&self, max: usize, problems: &mut Problems) -> Vec<(String, String)> {
        let entries = self.list(max, problems);
        let read = |(pointer, value): (String, &Value)| match name_of(value) {
            Some(text) if text.trim().is_empty() => None,
            Some(text) => Some((pointer, text)),
            None => {
                problems.add(pointer, why(value, NOT_A_TEXT));
                None
            }
        };
        entries.into_iter().filter_map(read).collect()
    }

    /// The entries of an array with their pointers; a bare value counts as the only entry (wire fact). `null` and blank entries are left out.
    /// A list of more than `max` entries is an error, and no entry is read.
    pub(crate) fn list(&self, max: usize, problems: &mut Problems) -> Vec<(String, &'a Value)> {
        list_of(self.sent(), self.pointer(), max, problems)
    }
}

/// See [`Member::object`].
pub(crate) fn object_of<'a>(
    sent: Sent<&'a Value>,
    pointer: impl Fn() -> String,
    problems: &mut Problems,
) -> Sent<Fields<'a>> {
    let object = converted(sent, &pointer, ("must be an object", problems), Value::as_object);
    object.map(|members| Fields::of(Some(members), pointer()))
}

/// See [`Member::list`].
pub(crate) fn list_of<'a>(
    sent: Sent<&'a Value>,
    pointer: String,
    max: usize,
    problems: &mut Problems,
) -> Vec<(String, &'a Value)> {
    match sent {
        Sent::Nothing | Sent::Null => Vec::new(),
        Sent::Value(Value::Array(items)) if !problems.fits(&pointer, items.len(), max) => Vec::new(),
        Sent::Value(Value::Array(items)) => {
            let entries = items.iter().enumerate().filter(|(_, item)| says_something(item));
            entries
                .map(|(index, item)| (format!("{pointer}/{index}"), item))
                .collect()
        }
        Sent::Value(single) => vec![(pointer, single)],
    }
}

/// The value as `read` reads it. Where it cannot, the reason is added to the problems, and nothing counts as sent.
fn converted<'a, T>(
    sent: Sent<&'a Value>,
    pointer: impl Fn() -> String,
    (reason, problems): (&'static str, &mut Problems),
    read: impl FnOnce(&'a Value) -> Option<T>,
) -> Sent<T> {
    match sent {
        Sent::Nothing => Sent::Nothing,
        Sent::Null => Sent::Null,
        Sent::Value(value) => read(value).map_or_else(
            || {
                problems.add(pointer(), why(value, reason));
                Sent::Nothing
            },
            Sent::Value,
        ),
    }
}

/// The error of a value of the wrong type: the reason why the value, or an entry of it, could not be read, else `otherwise`.
pub(crate) fn why(value: &Value, otherwise: &'static str) -> &'static str {
    let within = || value.as_array()?.iter().find_map(fault_of);
    fault_of(value).or_else(within).unwrap_or(otherwise)
}

/// Whether a value counts as sent: `null` and blank texts do not.
pub(crate) fn says_something(value: &Value) -> bool {
    !value.is_null() && value.as_str().is_none_or(|text| !text.trim().is_empty())
}

/// The text of a text or a whole number.
pub(crate) fn name_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => number.as_i64().map(|number| number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The text of a scalar, for values that are no identifiers.
pub(crate) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => fault_of(value).is_none().then(|| number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

//! JSON that is checked while it is read, so that every refusal can name the member.

use crate::error::{ApiError, Problem};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

/// How deep members may be nested. The deepest request of the API has five levels.
const MAX_DEPTH: usize = 32;

/// The first number above the range of a 64-bit integer that a binary floating-point number can hold.
const TWO_POW_63: f64 = 9_223_372_036_854_775_808.0;

/// Reads JSON. Empty, blank or only a byte order mark is none.
pub(super) fn parse(bytes: &[u8]) -> Result<Option<Value>, ApiError> {
    let bytes = without_mark(bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let reader = Reader::default();
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let read = Checked(&reader)
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    read.map(Some).map_err(|error| reader.explain(&error))
}

/// Reads the value at a place of a body whose grammar was checked.
pub(super) fn parse_part(json: &str, path: &[Step]) -> Result<Value, Problem> {
    let reader = Reader {
        path: RefCell::new(path.to_vec()),
        base: path.len(),
        ..Reader::default()
    };
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let read = Checked(&reader).deserialize(&mut deserializer);
    read.map_err(|error| {
        let problem = reader.problem(&error);
        problem.unwrap_or_else(|| Problem::new(reader.pointer(), format!("cannot be read: {}", reason(&error))))
    })
}

/// The members of an object as they are written; none when it is no object, or no JSON.
pub(super) fn members(bytes: &[u8]) -> Option<BTreeMap<String, &RawValue>> {
    serde_json::from_slice(without_mark(bytes)).ok()
}

/// The body without its byte order mark.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// What is wrong, without the place, which counts from where the reading began.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

/// A step from a value to one inside it.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Member(String),
    Entry(usize),
}

impl Step {
    /// The step in a pointer.
    fn to_segment(&self) -> String {
        match self {
            Self::Member(name) => name.replace('~', "~0").replace('/', "~1"),
            Self::Entry(index) => index.to_string(),
        }
    }
}

/// Where the reading is, and what it refused.
#[derive(Debug, Default)]
struct Reader {
    path: RefCell<Vec<Step>>,
    /// The length of the path where the reading began.
    base: usize,
    refused: RefCell<Option<Problem>>,
}

impl Reader {
    fn pointer(&self) -> String {
        let path = self.path.borrow();
        path.iter()
            .fold(String::new(), |pointer, step| pointer + "/" + &step.to_segment())
    }

    fn refuse<E: serde::de::Error>(&self, reason: &str) -> E {
        *self.refused.borrow_mut() = Some(Problem::new(self.pointer(), reason));
        E::custom(reason)
    }

    fn enter<E: serde::de::Error>(&self, step: Step) -> Result<(), E> {
        self.path.borrow_mut().push(step);
        if self.path.borrow().len() > MAX_DEPTH {
            self.path.borrow_mut().truncate(self.base.max(1));
            return Err(self.refuse("must not be nested that deeply"));
        }
        Ok(())
    }

    fn leave(&self) {
        self.path.borrow_mut().pop();
    }

    /// What is wrong with one member, where that is known.
    fn problem(&self, error: &serde_json::Error) -> Option<Problem> {
        if let Some(problem) = self.refused.take() {
            return Some(problem);
        }
        let reason = reason(error);
        // An unpaired surrogate is well-formed to the eye; the member helps more than the position.
        let unpaired = reason.contains("surrogate") || reason.contains("unexpected end of hex escape");
        unpaired.then(|| Problem::new(self.pointer(), "must not contain unpaired surrogates"))
    }

    fn explain(&self, error: &serde_json::Error) -> ApiError {
        self.problem(error).map_or_else(
            || ApiError::Malformed {
                reason: reason(error),
                line: error.line(),
                column: error.column(),
            },
            ApiError::from,
        )
    }
}

/// Reads one value.
#[derive(Debug, Clone, Copy)]
struct Checked<'r>(&'r Reader);

impl<'de> DeserializeSeed<'de> for Checked<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Checked<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        match i64::try_from(value) {
            Ok(value) => Ok(Value::Number(value.into())),
            Err(_) => Err(self.0.refuse("must be within the range of a 64-bit integer")),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        if value.abs() >= TWO_POW_63 {
            return Err(self.0.refuse("must be within the range of a 64-bit integer"));
        }
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| self.0.refuse("must be a finite number"))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<Value, E> {
        if text.chars().any(is_refused) {
            return Err(self.0.refuse("must not contain control characters"));
        }
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        loop {
            self.0.enter(Step::Entry(array.len()))?;
            let Some(item) = items.next_element_seed(self)? else {
                break;
            };
            self.0.leave();
            array.push(item);
        }
        self.0.leave();
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if name.chars().any(is_refused) {
                return Err(A::Error::custom("a member's name contains control characters"));
            }
            self.0.enter(Step::Member(name.clone()))?;
            let value = members.next_value_seed(self)?;
            self.0.leave();
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

/// Databases and headers cannot carry NUL, and no text of a contact has other control characters but those of a text area.
fn is_refused(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(text: &[u8]) -> String {
        parse(text)
            .map_err(|error| error.detail())
            .expect_err("must be refused")
    }

    #[test]
    fn reads_json() {
        let value = json!({"a": [1, -2, 1.5, null, true, {"b": "ї\n"}], "c": {}});
        assert_eq!(parse(value.to_string().as_bytes()).unwrap(), Some(value));
        assert_eq!(parse(b"\xef\xbb\xbf{}").unwrap(), Some(json!({})));
        for nothing in ["", " \r\n", "\u{feff}"] {
            assert_eq!(parse(nothing.as_bytes()).unwrap(), None);
        }
    }

    #[test]
    fn names_the_member() {
        let number = "must be within the range of a 64-bit integer";
        let control = "must not contain control characters";
        let surrogate = "must not contain unpaired surrogates";
        for (text, member, reason) in [
            (r#"{"id": 9223372036854775808}"#, "id", number),
            (r#"{"id": -9223372036854775809}"#, "id", number),
            (r#"{"orders": [1, {"items": 1e30}]}"#, "orders[1].items", number),
            (r#"{"params": {"email": "x\u0000"}}"#, "params.email", control),
            (r#"{"value": "\u0085"}"#, "value", control),
            (r#"["ok", "\ud800"]"#, "[1]", surrogate),
            (r#"{"value": "\udc00x"}"#, "value", surrogate),
            (r#"{"value": "\ud800\u0041"}"#, "value", surrogate),
            // Names that nobody gave but the sender.
            (r#"{"ann@example.com": {"value": 1e30}}"#, "*.value", number),
            (r#"{"params": {"+380671234567": 1e30}}"#, "params.*", number),
            (r#"{"380671234567": "\ud800"}"#, "*", surrogate),
        ] {
            assert_eq!(refused(text.as_bytes()), format!("{member} {reason}"), "{text}");
        }
    }

    #[test]
    fn depth_is_limited() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert!(refused(nested(MAX_DEPTH + 1).as_bytes()).contains("nested"));
        assert!(refused("[".repeat(1_000_000).as_bytes()).contains("nested"));
    }

    #[test]
    fn says_where_json_ends_to_be_json() {
        assert_eq!(
            refused(b"{\n  \"a\": }"),
            "the body is no valid JSON: expected value at line 2 column 8"
        );
        for text in [
            &b"{} {}"[..],
            b"{\"a\": \"\xff\"}",
            b"nul",
            b"{\"a\": \"\n\"",
            b"{\"a\\u0000\": 1}",
            b"NaN",
        ] {
            assert!(refused(text).starts_with("the body is no valid JSON"), "{text:?}");
        }
    }
}

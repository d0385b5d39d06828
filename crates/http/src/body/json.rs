//! A JSON reader that replaces values that later layers cannot store.
//!
//! Such a value does not refuse the body. A marker replaces it, which is no text, no number in range and no other expected value: the reader
//! of the member finds it unreadable, reports the reason of [`fault_of`], and reads the rest.

use super::tokens::{Token, is_refused, mended, rewritten};
use crate::error::ApiError;
use crate::fields::{Fields, Problems};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// How deep members may be nested. The deepest request of the API has five levels.
const MAX_DEPTH: usize = 32;

/// The first number above the range of a 64-bit integer that a binary floating-point number can hold.
const TWO_POW_63: f64 = 9_223_372_036_854_775_808.0;

/// The markers: numbers that no request can contain, because the reader accepts only signed 64-bit integers.
const TEXT: u64 = u64::MAX;
const NUMBER: u64 = u64::MAX - 1;
const DEPTH: u64 = u64::MAX - 2;
const NAME: u64 = u64::MAX - 3;

/// The reason why a value could not be read, if a marker replaced it.
pub(crate) fn fault_of(value: &Value) -> Option<&'static str> {
    match value.as_u64()? {
        TEXT => Some("must not contain control characters or unpaired surrogates"),
        NUMBER => Some("must be within the range of a 64-bit integer"),
        DEPTH => Some("must not be nested that deeply"),
        NAME => Some("must not have a name with control characters or unpaired surrogates"),
        _ => None,
    }
}

/// A value to be stored as JSON, without values that cannot be stored: members are left out, and an entry of a list becomes `null`, so that
/// the others keep their places. Each is reported with its place. None when nothing is left.
pub(crate) fn pruned(value: &Value, pointer: &str, faults: &mut Problems) -> Option<Value> {
    if let Some(reason) = fault_of(value) {
        faults.add(pointer, reason);
        return None;
    }
    Some(match value {
        Value::Array(entries) => {
            let each = |(index, entry)| pruned(entry, &format!("{pointer}/{index}"), faults).unwrap_or_default();
            Value::Array(entries.iter().enumerate().map(each).collect())
        }
        Value::Object(members) => {
            let fields = Fields::of(Some(members), pointer.to_owned());
            let each = |(name, value)| Some((String::from(name), pruned(value, &fields.pointer(name), faults)?));
            Value::Object(fields.members().filter_map(each).collect())
        }
        scalar => scalar.clone(),
    })
}

/// Reads JSON. None when the body is empty, blank or only a byte order mark.
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<Value>, ApiError> {
    let bytes = without_mark(bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let malformed = |error: serde_json::Error| ApiError::Malformed {
        reason: reason(&error),
        line: error.line(),
        column: error.column(),
    };
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let read = Reader::new().deserialize(&mut deserializer);
    if let Ok(value) = read.and_then(|value| deserializer.end().map(|()| value)) {
        return Ok(Some(value));
    }
    let json: &RawValue = serde_json::from_slice(bytes).map_err(malformed)?;
    value(json).map(Some).map_err(malformed)
}

/// Reads a value of valid JSON grammar.
pub(super) fn value(json: &RawValue) -> Result<Value, serde_json::Error> {
    let read = |json: &str| Reader::new().deserialize(&mut serde_json::Deserializer::from_str(json));
    read(json.get()).or_else(|_| read(&rewritten(json.get(), readable)))
}

/// A readable placeholder for a scalar that `serde_json` cannot read; [`fault_of`] reports it like other markers. None for a readable scalar.
fn readable(token: Token<'_>) -> Option<String> {
    match token {
        Token::Text(text) => mended(text).map(|_| r#""\u0000""#.to_owned()),
        Token::Number(number) => {
            let is_huge = number.parse::<f64>().is_ok_and(|number| number.abs() > 1e300);
            is_huge.then(|| "1e300".to_owned())
        }
    }
}

/// The members of an object as raw JSON; none when the text is no object, is invalid JSON, or has a name with unpaired surrogates.
pub(super) fn members(bytes: &[u8]) -> Option<BTreeMap<String, &RawValue>> {
    serde_json::from_slice(without_mark(bytes)).ok()
}

/// The body without its byte order mark.
pub(crate) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// The error text without its place, which counts from the start of the value and not of the body.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

/// Reads one value.
#[derive(Debug, Clone, Copy)]
struct Reader {
    /// How many further levels of nesting are allowed.
    levels: usize,
}

impl Reader {
    fn new() -> Self {
        Self { levels: MAX_DEPTH }
    }

    /// The reader of the values inside this one.
    fn within(self) -> Option<Self> {
        let levels = self.levels.checked_sub(1)?;
        Some(Self { levels })
    }
}

impl<'de> DeserializeSeed<'de> for Reader {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader {
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
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(NUMBER.into(), Value::from))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        let is_kept = value.abs() < TWO_POW_63;
        Ok(if is_kept { value.into() } else { NUMBER.into() })
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        let is_kept = !text.contains(is_refused);
        Ok(if is_kept { text.into() } else { TEXT.into() })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let Some(within) = self.within() else {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(DEPTH.into());
        };
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(within)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let Some(within) = self.within() else {
            while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(DEPTH.into());
        };
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if name.contains(is_refused) {
                members.next_value::<IgnoredAny>()?;
                // The name must not become another name by losing its invalid characters.
                object.entry("").or_insert(NAME.into());
            } else {
                object.insert(name, members.next_value_seed(within)?);
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Value {
        parse(text.as_bytes()).unwrap().unwrap()
    }

    #[test]
    fn reads_json() {
        let value = json!({"a": [1, -2, 1.5, null, true, {"b": "ї\n"}], "c": {}});
        assert_eq!(read(&value.to_string()), value);
        assert_eq!(parse(b"\xef\xbb\xbf{}").unwrap(), Some(json!({})));
        for nothing in ["", " \r\n", "\u{feff}"] {
            assert_eq!(parse(nothing.as_bytes()).unwrap(), None);
        }
    }

    #[test]
    fn what_cannot_be_kept_is_marked_and_the_rest_is_read() {
        for (unreadable, mark) in [
            ("9223372036854775808", NUMBER),
            ("-9223372036854775809", NUMBER),
            ("18446744073709551615", NUMBER),
            ("1e30", NUMBER),
            ("-1e999", NUMBER),
            (&"9".repeat(400), NUMBER),
            (r#""x\u0000""#, TEXT),
            (r#""\u0085""#, TEXT),
            (r#""\ud800""#, TEXT),
            (r#""\udc00x""#, TEXT),
            (r#""\ud800\u0041""#, TEXT),
        ] {
            let body = read(&format!(
                r#"{{"a": [{unreadable}, "\ud83d\ude00"], "b": {unreadable}}}"#
            ));
            assert_eq!(body, json!({"a": [mark, "😀"], "b": mark}), "{unreadable}");
            assert!(fault_of(&body["b"]).is_some());
            let mut faults = Problems::default();
            assert_eq!(pruned(&body, "", &mut faults), Some(json!({"a": [null, "😀"]})));
            let places: Vec<String> = faults.all().into_iter().map(|fault| fault.pointer).collect();
            assert_eq!(places, ["/*/0", "/*"]);
        }
    }

    #[test]
    fn a_name_that_cannot_be_kept_is_none() {
        for name in [r"a\u0000", r"\ud800"] {
            let body = read(&format!(r#"{{"{name}": {{"x": "\ud800"}}, "a": 1}}"#));
            assert_eq!(body, json!({"": NAME, "a": 1}), "{name}");
        }
    }

    #[test]
    fn depth_is_limited() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(!read(&nested(MAX_DEPTH)).to_string().contains(&DEPTH.to_string()));
        for depth in [MAX_DEPTH + 1, 100_000] {
            let within = read(&nested(depth)).to_string();
            assert_eq!(within.trim_matches(['[', ']']), DEPTH.to_string());
        }
        let objects = r#"{"a":"#.repeat(MAX_DEPTH + 1) + "1" + &"}".repeat(MAX_DEPTH + 1);
        assert!(read(&objects).to_string().contains(&DEPTH.to_string()));
    }

    #[test]
    fn says_where_json_ends_to_be_json() {
        let refused = |text: &[u8]| parse(text).expect_err("must be refused").detail();
        assert_eq!(
            refused(b"{\n  \"a\": }"),
            "the body is no valid JSON: expected value at line 2 column 8"
        );
        for text in [
            &b"{} {}"[..],
            b"{\"a\": \"\xff\"}",
            b"nul",
            b"{\"a\": \"\n\"",
            b"{\"a\": 1e30, \"b\": \"\x01\"}",
            b"NaN",
            &vec![b'['; 1_000_000],
        ] {
            assert!(refused(text).starts_with("the body is no valid JSON"));
        }
    }
}

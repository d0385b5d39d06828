//! Scalars with their exact text.
//!
//! Amounts must be exact, and a binary floating-point number is not: `12345678901234567.89` would become another number. Shops also send
//! descriptions with control characters and unpaired surrogates, and numbers that do not fit into 64 bits. The reader of bodies keeps none of
//! these, so a second pass reads them: it keeps numbers with a fraction, an exponent or too many digits as texts, and it reads
//! texts without control characters and with U+FFFD for unpaired surrogates.

use crate::body::{Token, mended, rewritten, without_mark};
use serde_json::Value;
use std::borrow::Cow;

/// The scalars of a JSON value, with their exact text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Exact {
    /// The place of the value (JSON pointer).
    base: String,
    rewritten: Option<Value>,
}

impl Exact {
    /// Reads a value of valid JSON at a JSON pointer.
    pub(crate) fn of(json: &[u8], base: &str) -> Self {
        let json = std::str::from_utf8(without_mark(json)).unwrap_or_default();
        let rewritten = match rewritten(json, written) {
            // The reader of bodies reads every scalar exactly.
            Cow::Borrowed(_) => None,
            Cow::Owned(other) => serde_json::from_str(&other).ok(),
        };
        Self {
            base: base.to_owned(),
            rewritten,
        }
    }

    /// The exact text of the scalar at a JSON pointer, if the reader of bodies may have changed its digits or found it unreadable.
    pub(super) fn text(&self, pointer: &str) -> Option<&str> {
        let within = pointer.strip_prefix(&self.base)?;
        self.rewritten.as_ref()?.pointer(within)?.as_str()
    }
}

fn written(token: Token<'_>) -> Option<String> {
    match token {
        Token::Text(text) => mended(text),
        Token::Number(number) => number.parse::<i64>().is_err().then(|| format!("\"{number}\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stay_as_they_were_written() {
        let body = br#"{"a": [12345678901234567.89, 1.10, {"b/c": -1E-7}], "t": "1.5 \" 2.5", "n": 7, "e": [true,false,null]}"#;
        let exact = Exact::of(body, "");
        for (pointer, digits) in [
            ("/a/0", Some("12345678901234567.89")),
            ("/a/1", Some("1.10")),
            ("/a/2/b~1c", Some("-1E-7")),
            ("/t", Some("1.5 \" 2.5")),
            ("/n", None),
            ("/e/0", None),
        ] {
            assert_eq!(exact.text(pointer), digits, "{pointer}");
        }
    }

    #[test]
    fn digits_are_found_where_the_value_stands() {
        let exact = Exact::of(br#"{"totalCost": 10.10}"#, "/orders/1");
        assert_eq!(exact.text("/orders/1/totalCost"), Some("10.10"));
        assert_eq!(exact.text("/orders/0/totalCost"), None);
    }

    #[test]
    fn what_cannot_be_read_is_mended() {
        let body = br#"{"a": "x\u0000y\ud83d", "b": [18446744073709551615, -1e999]}"#;
        let exact = Exact::of(body, "");
        assert_eq!(exact.text("/a"), Some("xy\u{fffd}"));
        assert_eq!(exact.text("/b/0"), Some("18446744073709551615"));
        assert_eq!(exact.text("/b/1"), Some("-1e999"));
    }

    #[test]
    fn nothing_is_read_twice_without_need() {
        for body in [r#"{"a": [1, -2, "1.5", "e\\"], "b": true}"#, "", "\u{feff}[]", "\"open"] {
            assert!(Exact::of(body.as_bytes(), "").rewritten.is_none(), "{body}");
        }
    }
}

//! Numbers as they were written.
//!
//! Money is exact, and a binary floating-point number is not: `12345678901234567.89` would come out as another number. The reader of
//! bodies knows no better, so amounts are looked up in a second reading in which every number with a fraction or an exponent is a text.

use serde_json::Value;

/// The numbers of a JSON value, digit for digit.
#[derive(Debug, Clone, Default)]
pub(crate) struct Exact {
    /// Where the value stands (JSON pointer).
    base: String,
    quoted: Option<Value>,
}

impl Exact {
    /// Reads a value that was read as JSON before, and stands at a JSON pointer.
    pub(crate) fn of(json: &[u8], base: &str) -> Self {
        let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
        Self {
            base: base.to_owned(),
            quoted: quoted(json).and_then(|quoted| serde_json::from_slice(&quoted).ok()),
        }
    }

    /// The digits of the number at a JSON pointer, where a floating-point number might have others.
    pub(super) fn digits(&self, pointer: &str) -> Option<&str> {
        let within = pointer.strip_prefix(&self.base)?;
        self.quoted.as_ref()?.pointer(within)?.as_str()
    }
}

/// The JSON with quotes around every number that is not whole; none when there is no such number.
fn quoted(json: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(json.len() + json.len() / 8);
    let mut found = false;
    let mut rest = json;
    while let Some(&first) = rest.first() {
        let begins_number = matches!(first, b'-' | b'0'..=b'9');
        let length = match first {
            b'"' => text_length(rest),
            _ if begins_number => rest.iter().take_while(|byte| is_of_number(**byte)).count(),
            _ => 1,
        };
        let (token, after) = rest.split_at(length);
        rest = after;
        if begins_number && token.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
            found = true;
            out.push(b'"');
            out.extend_from_slice(token);
            out.push(b'"');
        } else {
            out.extend_from_slice(token);
        }
    }
    found.then_some(out)
}

pub(super) fn is_of_number(byte: u8) -> bool {
    matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E' | b'0'..=b'9')
}

/// The length of the text that begins here, with its quotes.
pub(super) fn text_length(json: &[u8]) -> usize {
    let mut escaped = false;
    for (index, byte) in json.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    json.len()
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
            assert_eq!(exact.digits(pointer), digits, "{pointer}");
        }
    }

    #[test]
    fn digits_are_found_where_the_value_stands() {
        let exact = Exact::of(br#"{"totalCost": 10.10}"#, "/orders/1");
        assert_eq!(exact.digits("/orders/1/totalCost"), Some("10.10"));
        assert_eq!(exact.digits("/orders/0/totalCost"), None);
    }

    #[test]
    fn nothing_is_read_twice_without_need() {
        for body in [r#"{"a": [1, -2, "1.5", "e\\"], "b": true}"#, "", "\u{feff}[]", "\"open"] {
            assert!(Exact::of(body.as_bytes(), "").quoted.is_none(), "{body}");
        }
    }
}

//! Rewrites JSON text scalar by scalar, for changes that JSON parsers do not support.

use std::borrow::Cow;

/// A scalar as written in the JSON text. Names of members are texts, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'j> {
    /// A text with its quotes.
    Text(&'j str),
    /// A number.
    Number(&'j str),
}

/// The JSON text with every scalar replaced for which `replace` returns another one. The JSON must have valid grammar.
pub(crate) fn rewritten(json: &str, replace: impl Fn(Token<'_>) -> Option<String>) -> Cow<'_, str> {
    let mut out = String::new();
    // The start of the text that is not yet copied to `out`.
    let mut kept = 0;
    let mut at = 0;
    let bytes = json.as_bytes();
    while let Some(first) = bytes.get(at) {
        let length = match first {
            b'"' => text_length(&bytes[at..]),
            b'-' | b'0'..=b'9' => bytes[at..].iter().take_while(|byte| is_of_number(**byte)).count(),
            _ => 1,
        };
        let end = at + length;
        let token = match first {
            b'"' => json.get(at..end).map(Token::Text),
            b'-' | b'0'..=b'9' => json.get(at..end).map(Token::Number),
            _ => None,
        };
        if let Some(other) = token.and_then(&replace) {
            out.push_str(json.get(kept..at).unwrap_or_default());
            out.push_str(&other);
            kept = end;
        }
        at = end;
    }
    if kept == 0 {
        return Cow::Borrowed(json);
    }
    out.push_str(json.get(kept..).unwrap_or_default());
    Cow::Owned(out)
}

fn is_of_number(byte: u8) -> bool {
    matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E' | b'0'..=b'9')
}

/// The length of the text that begins here, with its quotes.
fn text_length(json: &[u8]) -> usize {
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

/// Whether a character is forbidden in texts: databases and headers cannot store NUL, and texts of contacts have no control characters
/// other than tab and line breaks.
pub(crate) fn is_refused(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r')
}

/// A text, with its quotes, without control characters and with U+FFFD for unpaired surrogates; none when it has neither.
pub(crate) fn mended(token: &str) -> Option<String> {
    if !token.contains('\\') && !token.contains(is_refused) {
        return None;
    }
    let mut out = String::with_capacity(token.len());
    let mut rest = token;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\\' => mend_escape(rest, &mut out),
            other => {
                if !is_refused(other) {
                    out.push(other);
                }
                other.len_utf8()
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    (out != token).then_some(out)
}

/// Appends the repaired form of the escape at the start of `rest` to `out`, and returns the length of the escape.
fn mend_escape(rest: &str, out: &mut String) -> usize {
    let head = |length| rest.get(..length).unwrap_or(rest);
    match code(rest) {
        Some(0xd800..=0xdbff) => {
            let low = rest.get(6..).and_then(code);
            let is_pair = matches!(low, Some(0xdc00..=0xdfff));
            out.push_str(if is_pair { head(12) } else { "\\ufffd" });
            if is_pair { 12 } else { 6 }
        }
        Some(0xdc00..=0xdfff) => {
            out.push_str("\\ufffd");
            6
        }
        Some(code) => {
            let is_dropped = char::from_u32(code).is_some_and(is_refused);
            out.push_str(if is_dropped { "" } else { head(6) });
            6
        }
        None => {
            let next = rest.chars().nth(1);
            let length = 1 + next.map_or(0, char::len_utf8);
            let is_dropped = matches!(next, Some('b' | 'f'));
            out.push_str(if is_dropped { "" } else { head(length) });
            length
        }
    }
}

/// The code of `\uXXXX` at the beginning of a text.
fn code(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_mended() {
        for (sent, read) in [
            (r#""x\u0000\u000b\b\fy\u0085""#, r#""xy""#),
            (r#""\ud83d""#, r#""\ufffd""#),
            (r#""\ude00\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ud83dx""#, r#""\ufffdx""#),
            ("\"x\u{7f}\u{9f}y\"", "\"xy\""),
        ] {
            assert_eq!(mended(sent).as_deref(), Some(read));
            assert_eq!(mended(read), None, "once is enough");
        }
        for good in [r#""\t\n\\u0000\"\u00e9""#, r#""їжак""#, r#""""#] {
            assert_eq!(mended(good), None, "{good}");
        }
        for broken in ["\"open", "\"\\", "\"\\u12", "\"\\ud83d\\u"] {
            mended(broken);
        }
    }

    #[test]
    fn scalars_are_replaced_where_they_stand() {
        let json = r#"{"a": [12, -1.5e+3, "1 \" 2", true], "їжак": null}"#;
        let quoted = rewritten(json, |token| match token {
            Token::Number(number) => Some(format!("<{number}>")),
            Token::Text(text) => text.contains("їжак").then(|| "\"b\"".to_owned()),
        });
        assert_eq!(quoted, r#"{"a": [<12>, <-1.5e+3>, "1 \" 2", true], "b": null}"#);
        assert!(matches!(rewritten(json, |_| None), Cow::Borrowed(_)));
        assert_eq!(rewritten("\"open", |_| None), "\"open");
    }
}

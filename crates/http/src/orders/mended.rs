//! An order with what no database takes put right, so that it costs a character and not the order.
//!
//! Shops send descriptions as their editors left them, with control characters and halves of emoji, and numbers that do not fit into 64 bits.

use super::exact::{is_of_number, text_length};

/// What is noted about an order that was read from [`mended`] JSON.
pub(super) const NOTE: &str = "has control characters, which are taken out, unpaired surrogates, which are replaced, or numbers beyond \
    64 bits, which are read as texts";

/// JSON without control characters and unpaired surrogates in its texts. A number beyond 64 bits is a text of the same digits.
pub(super) fn mended(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => text_length(rest.as_bytes()),
            '-' | '0'..='9' => rest.bytes().take_while(|byte| is_of_number(*byte)).count(),
            other => other.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        rest = after;
        match first {
            '"' => mend_text(token, &mut out),
            '-' | '0'..='9' if !fits(token) => {
                out.push('"');
                out.push_str(token);
                out.push('"');
            }
            _ => out.push_str(token),
        }
    }
    out
}

/// Whether a number is one that the reader of bodies takes.
fn fits(number: &str) -> bool {
    const TWO_POW_63: f64 = 9_223_372_036_854_775_808.0;
    let is_near = || number.parse::<f64>().is_ok_and(|number| number.abs() < TWO_POW_63);
    number.parse::<i64>().is_ok() || (number.contains(['.', 'e', 'E']) && is_near())
}

fn mend_text(token: &str, out: &mut String) {
    let mut rest = token;
    while let Some(first) = rest.chars().next() {
        let length = match (first, escaped(rest)) {
            ('\\', Some(0xd800..=0xdbff)) => {
                let low = rest.get(6..).and_then(escaped);
                let is_pair = matches!(low, Some(0xdc00..=0xdfff));
                out.push_str(if is_pair { &rest[..12] } else { "\\ufffd" });
                if is_pair { 12 } else { 6 }
            }
            ('\\', Some(0xdc00..=0xdfff)) => {
                out.push_str("\\ufffd");
                6
            }
            ('\\', Some(code)) => {
                let is_dropped = char::from_u32(code).is_some_and(is_dropped);
                out.push_str(if is_dropped { "" } else { &rest[..6] });
                6
            }
            ('\\', None) => {
                let next = rest[1..].chars().next();
                let length = 1 + next.map_or(0, char::len_utf8);
                out.push_str(if matches!(next, Some('b' | 'f')) {
                    ""
                } else {
                    &rest[..length]
                });
                length
            }
            (other, _) => {
                if !is_dropped(other) {
                    out.push(other);
                }
                other.len_utf8()
            }
        };
        rest = &rest[length..];
    }
}

/// The code of `\uXXXX` at the beginning of a text.
fn escaped(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u32::from_str_radix(digits, 16).ok()
}

fn is_dropped(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_database_takes_is_put_right() {
        for (sent, read) in [
            (r#"{"a": "x\u0000\u000b\b\fy\u0085"}"#, r#"{"a": "xy"}"#),
            (
                r#"["\ud83d", "\ude00\ud83d\ude00", "\ud83dx"]"#,
                r#"["\ufffd", "\ufffd\ud83d\ude00", "\ufffdx"]"#,
            ),
            (
                r#"["\t\n\\u0000\"\u00e9", "їжак"]"#,
                r#"["\t\n\\u0000\"\u00e9", "їжак"]"#,
            ),
            ("[9223372036854775807, 1.5, -1e3]", "[9223372036854775807, 1.5, -1e3]"),
            ("[9223372036854775808, 1e19]", r#"["9223372036854775808", "1e19"]"#),
            ("\"x\u{7f}\u{9f}y\"", "\"xy\""),
            (r#"{"a\u0000b": true}"#, r#"{"ab": true}"#),
        ] {
            assert_eq!(mended(sent), read);
            assert_eq!(mended(read), read, "once is enough");
        }
        for broken in ["\"open", "\"\\", "\"\\u12", "\"\\ud83d\\u"] {
            mended(broken);
        }
    }
}

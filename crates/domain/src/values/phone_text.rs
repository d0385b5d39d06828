//! The text of a phone number, before it is read by a numbering plan.

use rlibphonenumber::PHONE_NUMBER_UTIL;

/// The scheme of a telephone URI (RFC 3966).
const SCHEME: &str = "tel:";

/// The digits of a written phone number, and whether it says that they are international.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dialled {
    /// ASCII digits, at least one.
    pub(super) digits: String,
    /// Whether a plus stands before them.
    pub(super) plus: bool,
}

impl Dialled {
    /// Reads digits of any script with an optional plus before the first (wire fact: digits with an optional plus, no text).
    ///
    /// Left out: `tel:` at the beginning, a comma at the end, and everywhere blanks, dashes, dots, slashes, parentheses and invisible marks.
    /// Everything else makes the text no phone number: letters, two numbers in one text, an extension. So does the fraction that a
    /// spreadsheet adds (`380501234567.0`), whose digits belong to no number.
    pub(super) fn read(text: &str) -> Option<Self> {
        Self::plain(text).or_else(|| Self::written(text))
    }

    /// Reads ASCII digits with an optional plus before them, the most frequent form.
    fn plain(text: &str) -> Option<Self> {
        let (digits, plus) = text.strip_prefix('+').map_or((text, false), |digits| (digits, true));
        let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| Self {
            digits: digits.to_owned(),
            plus,
        })
    }

    fn written(text: &str) -> Option<Self> {
        let visible: String = text.chars().filter(|c| !is_invisible(*c)).collect();
        let number = without_scheme(visible.trim()).trim_end_matches([',', '，', ' ']);
        if has_fraction(number) {
            return None;
        }
        let mut digits = String::with_capacity(number.len());
        let mut plus = false;
        for c in number.chars() {
            match c {
                '0'..='9' => digits.push(c),
                '+' | '＋' if digits.is_empty() && !plus => plus = true,
                c if is_punctuation(c) => {}
                c if c.is_ascii() => return None,
                c => digits.push_str(&digit(c)?),
            }
        }
        (!digits.is_empty()).then_some(Self { digits, plus })
    }
}

fn without_scheme(text: &str) -> &str {
    match text.split_at_checked(SCHEME.len()) {
        Some((scheme, number)) if scheme.eq_ignore_ascii_case(SCHEME) => number,
        _ => text,
    }
}

/// Whether a text ends like a decimal number: one dot in all, and after it a single digit or nothing but zeros.
fn has_fraction(text: &str) -> bool {
    let Some((whole, fraction)) = text.split_once(['.', '．']) else {
        return false;
    };
    let zeros = fraction.chars().all(|c| c == '0');
    let single = fraction.len() == 1 && fraction.chars().all(|c| c.is_ascii_digit());
    !whole.is_empty() && !fraction.is_empty() && (zeros || single)
}

/// The decimal digit of another script as an ASCII digit.
fn digit(c: char) -> Option<String> {
    let mut buffer = [0; 4];
    let digit = PHONE_NUMBER_UTIL.normalize_digits_only(c.encode_utf8(&mut buffer));
    (digit.len() == 1).then_some(digit)
}

/// What stands between the digits: blanks, ASCII and typographic dashes, dots, slashes, parentheses.
fn is_punctuation(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '-' | '.' | '(' | ')' | '/' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '－' | '．' | '／' | '（' | '）'
        )
}

/// Marks that text programs leave in copied numbers: zero-width characters, marks of direction, soft hyphens, byte order marks, selectors of
/// variants.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{fe0f}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(String, bool)> {
        Dialled::read(text).map(|dialled| (dialled.digits, dialled.plus))
    }

    #[test]
    fn digits_with_punctuation() {
        let expected = Some(("380501234567".to_owned(), true));
        for text in [
            "+380501234567",
            "+38 (050) 123-45-67",
            "(+38) 050.123.45.67",
            "+38\u{a0}050–123–45–67",
            "tel:+380-50-123-45-67",
            "TEL: +380501234567",
            "+38/050/1234567",
            "+38 050 123 45 67.",
            "+38 050 123 45 67 ,",
            "＋３８（０５０）１２３－４５－６７",
            "+٣٨٠٥٠١٢٣٤٥٦٧",
            "+३८०५०१२३४५६७",
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        assert_eq!(read("0501234567"), Some(("0501234567".to_owned(), false)));
    }

    #[test]
    fn invisible_marks_are_left_out() {
        let ranges = [
            '\u{200b}'..='\u{200f}',
            '\u{202a}'..='\u{202e}',
            '\u{2060}'..='\u{2069}',
        ];
        let marks = ranges.into_iter().flatten().chain(['\u{feff}', '\u{fe0f}', '\u{ad}']);
        for mark in marks {
            let text = format!("{mark}+38{mark}0501234567{mark}");
            assert_eq!(read(&text), Some(("380501234567".to_owned(), true)), "{mark:?}");
        }
    }

    #[test]
    fn anything_else_is_none() {
        for text in [
            "",
            "+",
            "--",
            ",",
            "tel:",
            "phone",
            "+38050CALLME",
            "38+050",
            "++38050",
            "050;060",
            "050,060",
            "380501234567.0",
            "+380501234567.00",
            "380501234567.5",
            "3.80501234567E+11",
            "3.80501E+11",
            "+380501234567 ext. 5",
            "+380501234567x5",
            "+380501234567#5",
            "tel:+380501234567;ext=5",
            "+38050123456²",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}

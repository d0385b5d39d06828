//! A phone number as people write it, before anybody asks whose it is.

/// The digits of a written phone number, and whether it says that they are international.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dialled {
    /// ASCII digits, at least one.
    pub(super) digits: String,
    /// Whether a plus stands before them.
    pub(super) plus: bool,
}

impl Dialled {
    /// Reads ASCII digits with an optional plus before the first, and blanks, dashes, dots and parentheses anywhere
    /// (wire fact: digits with an optional plus, no text). Everything else makes the text no phone number.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut digits = String::with_capacity(text.len());
        let mut plus = false;
        for c in text.chars() {
            match c {
                '0'..='9' => digits.push(c),
                '+' if digits.is_empty() && !plus => plus = true,
                c if is_punctuation(c) => {}
                _ => return None,
            }
        }
        (!digits.is_empty()).then_some(Self { digits, plus })
    }
}

/// What stands between the digits: blanks, ASCII and typographic dashes, dots, parentheses.
fn is_punctuation(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '.' | '(' | ')' | '\u{2010}'..='\u{2015}' | '\u{2212}')
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
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        assert_eq!(read("0501234567"), Some(("0501234567".to_owned(), false)));
    }

    #[test]
    fn anything_else_is_none() {
        for text in [
            "",
            "+",
            "--",
            "phone",
            "+38050CALLME",
            "38+050",
            "++38050",
            "050;060",
            "050/060",
            "٠٥٠",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}

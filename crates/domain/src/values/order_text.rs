//! A text that describes an order or one of its items.

use super::newtype::text_value;
use super::{ValueError, text};

text_value! {
    /// A text that describes an order or one of its items: 1 to 2,000 characters, outer blanks trimmed, line breaks and tabs inside.
    /// Its content is not read.
    OrderText, 2000, text::clean_multiline
}

impl OrderText {
    /// As much of a text as fits: cut after [`Self::MAX_CHARS`] characters, and without control characters.
    ///
    /// # Errors
    ///
    /// [`ValueError::Empty`] when nothing is left.
    pub fn fitted(text: &str) -> Result<Self, ValueError> {
        Self::parse(&text::fitted(text, Self::MAX_CHARS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_trimmed_and_limited() {
        assert_eq!(OrderText::parse(" a\nb ").map(String::from).as_deref(), Ok("a\nb"));
        assert!(OrderText::parse(&"я".repeat(2000)).is_ok());
        let error = ValueError::TooLong {
            max: 2000,
            actual: 2001,
        };
        assert_eq!(OrderText::parse(&"я".repeat(2001)), Err(error));
        assert_eq!(OrderText::parse("a\0"), Err(ValueError::ControlCharacter));
        assert_eq!(
            OrderText::fitted(&"я".repeat(2001)),
            OrderText::parse(&"я".repeat(2000))
        );
        assert_eq!(OrderText::fitted("a\0"), OrderText::parse("a"));
        assert_eq!(OrderText::fitted("\0"), Err(ValueError::Empty));
    }
}

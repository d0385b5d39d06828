//! The name of a subscription category.

use super::newtype::text_value;
use super::text;

text_value! {
    /// The name of a subscription category; also the name of the segment that the category owns, hence of the same length:
    /// one line of 1 to 255 characters.
    CategoryName, 255, text::clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::ValueError;

    #[test]
    fn is_trimmed_and_limited() {
        let longest = "я".repeat(255);
        assert_eq!(CategoryName::parse(&longest).map(String::from), Ok(longest.clone()));
        assert_eq!(CategoryName::parse(" a b ").map(String::from).as_deref(), Ok("a b"));
        assert_eq!(
            CategoryName::parse(&(longest + "я")),
            Err(ValueError::TooLong {
                max: 255,
                actual: 255 + 1
            })
        );
        assert_eq!(CategoryName::parse(" "), Err(ValueError::Empty));
        assert_eq!(CategoryName::parse("a\0"), Err(ValueError::ControlCharacter));
    }
}

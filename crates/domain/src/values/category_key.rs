//! The key of a subscription category.

use super::newtype::text_value;
use super::text;

text_value! {
    /// The key of a subscription category, by which calls name it: one line of 1 to 100 characters.
    CategoryKey, 100, text::clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::ValueError;

    #[test]
    fn is_trimmed_and_limited() {
        let longest = "я".repeat(100);
        assert_eq!(CategoryKey::parse(&longest).map(String::from), Ok(longest.clone()));
        assert_eq!(CategoryKey::parse(" a b ").map(String::from).as_deref(), Ok("a b"));
        assert_eq!(
            CategoryKey::parse(&(longest + "я")),
            Err(ValueError::TooLong {
                max: 100,
                actual: 100 + 1
            })
        );
        assert_eq!(CategoryKey::parse(" "), Err(ValueError::Empty));
        assert_eq!(CategoryKey::parse("a\0"), Err(ValueError::ControlCharacter));
    }
}

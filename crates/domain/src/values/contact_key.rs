//! The contact key of the wire protocol.

use super::newtype::text_value;
use super::text;

text_value! {
    /// The contact key of the wire protocol (`contactKey`): one line of 1 to 255 characters. Events may name a contact by it; other calls keep it
    /// and do not search by it.
    ContactKey, 255, text::clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::ValueError;

    #[test]
    fn is_trimmed_and_limited() {
        let longest = "я".repeat(255);
        assert_eq!(ContactKey::parse(&longest).map(String::from), Ok(longest.clone()));
        assert_eq!(ContactKey::parse(" a b ").map(String::from).as_deref(), Ok("a b"));
        assert_eq!(
            ContactKey::parse(&(longest + "я")),
            Err(ValueError::TooLong {
                max: 255,
                actual: 255 + 1
            })
        );
        assert_eq!(ContactKey::parse(" "), Err(ValueError::Empty));
        assert_eq!(ContactKey::parse("a\0"), Err(ValueError::ControlCharacter));
    }
}

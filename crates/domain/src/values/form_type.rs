//! What form a subscription came from.

use super::forbidden;
use super::newtype::text_value;

text_value! {
    /// What form a subscription came from: 1 to 77 characters, none of those that the wire protocol forbids in keys. It
    /// becomes part of an event type's key of at most 100, behind `subscribeUpdateFromApi-` (wire fact).
    FormType, 77, forbidden::clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::ValueError;

    #[test]
    fn is_trimmed_limited_and_without_forbidden_characters() {
        let longest = "я".repeat(77);
        assert_eq!(FormType::parse(&longest).map(String::from), Ok(longest.clone()));
        assert_eq!(FormType::parse(" a-b_c ").map(String::from).as_deref(), Ok("a-b_c"));
        assert_eq!(
            FormType::parse(&(longest + "я")),
            Err(ValueError::TooLong {
                max: 77,
                actual: 77 + 1
            })
        );
        assert_eq!(FormType::parse("a/b"), Err(ValueError::ForbiddenCharacter('/')));
    }
}

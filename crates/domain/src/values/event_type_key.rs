//! The key of an event type.

use super::forbidden;
use super::newtype::text_value;

text_value! {
    /// The key of an event type: 1 to 100 characters, none of those that the wire protocol forbids in keys (wire fact). As
    /// typed; the reader decides whether case matters.
    EventTypeKey, 100, forbidden::clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::ValueError;

    #[test]
    fn is_trimmed_limited_and_without_forbidden_characters() {
        let longest = "я".repeat(100);
        assert_eq!(EventTypeKey::parse(&longest).map(String::from), Ok(longest.clone()));
        assert_eq!(EventTypeKey::parse(" a-b_c ").map(String::from).as_deref(), Ok("a-b_c"));
        assert_eq!(
            EventTypeKey::parse(&(longest + "я")),
            Err(ValueError::TooLong {
                max: 100,
                actual: 100 + 1
            })
        );
        assert_eq!(EventTypeKey::parse("a/b"), Err(ValueError::ForbiddenCharacter('/')));
    }
}

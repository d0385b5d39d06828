//! What an event is about.

use super::forbidden;
use super::newtype::text_value;

text_value! {
    /// What an event is about (`keyValue` on the wire), such as an address or an order: 1 to 300 characters, none of those
    /// that the wire protocol forbids in keys (wire fact).
    EventKeyValue, 300, forbidden::clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::ValueError;

    #[test]
    fn is_trimmed_limited_and_without_forbidden_characters() {
        let longest = "я".repeat(300);
        assert_eq!(EventKeyValue::parse(&longest).map(String::from), Ok(longest.clone()));
        assert_eq!(
            EventKeyValue::parse(" a-b_c ").map(String::from).as_deref(),
            Ok("a-b_c")
        );
        assert_eq!(
            EventKeyValue::parse(&(longest + "я")),
            Err(ValueError::TooLong {
                max: 300,
                actual: 300 + 1
            })
        );
        assert_eq!(EventKeyValue::parse("a/b"), Err(ValueError::ForbiddenCharacter('/')));
    }
}

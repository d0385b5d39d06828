//! The customer's own ID of a contact.

use super::newtype::text_value;
use super::text;

text_value! {
    /// The customer's own, permanent ID of a contact (`externalCustomerId` on the wire): 1 to 100 characters, outer
    /// blanks trimmed, case-sensitive, no control characters (identity rules, table of kinds).
    ExternalId, 100, text::clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::ValueError;

    #[test]
    fn is_trimmed_and_limited() {
        let longest = "я".repeat(100);
        assert_eq!(ExternalId::parse(&longest).map(String::from), Ok(longest.clone()));
        assert_eq!(ExternalId::parse(" a b ").map(String::from).as_deref(), Ok("a b"));
        assert_eq!(
            ExternalId::parse(&(longest + "я")),
            Err(ValueError::TooLong {
                max: 100,
                actual: 100 + 1
            })
        );
        assert_eq!(ExternalId::parse(" "), Err(ValueError::Empty));
        assert_eq!(ExternalId::parse("a\0"), Err(ValueError::ControlCharacter));
    }

    #[test]
    fn keeps_case() {
        assert_ne!(ExternalId::parse("Ab"), ExternalId::parse("ab"));
    }

    #[test]
    fn deserializes_through_the_check() {
        assert_eq!(
            serde_json::from_str::<ExternalId>("\" 7 \"").ok(),
            ExternalId::parse("7").ok()
        );
        assert!(serde_json::from_str::<ExternalId>("\" \"").is_err());
        assert_eq!(
            ExternalId::parse("7")
                .ok()
                .and_then(|id| serde_json::to_string(&id).ok())
                .as_deref(),
            Some("\"7\"")
        );
    }
}

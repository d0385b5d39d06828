//! The customer's own ID of an order.

use super::newtype::text_value;
use super::text;

text_value! {
    /// The customer's own, permanent ID of an order (`externalOrderId` on the wire): 1 to 100 characters (wire fact, length of the
    /// exported column), outer blanks trimmed, case-sensitive, no control characters.
    ExternalOrderId, 100, text::clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::ValueError;

    #[test]
    fn is_trimmed_and_limited() {
        let longest = "я".repeat(100);
        assert_eq!(ExternalOrderId::parse(&longest).map(String::from), Ok(longest.clone()));
        assert_eq!(
            ExternalOrderId::parse(" №7/a ").map(String::from).as_deref(),
            Ok("№7/a")
        );
        let error = ValueError::TooLong { max: 100, actual: 101 };
        assert_eq!(ExternalOrderId::parse(&(longest + "я")), Err(error));
        assert_eq!(ExternalOrderId::parse(" "), Err(ValueError::Empty));
        assert_ne!(ExternalOrderId::parse("a"), ExternalOrderId::parse("A"));
    }
}

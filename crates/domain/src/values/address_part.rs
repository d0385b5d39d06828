//! One part of a postal address.

use super::newtype::text_value;
use super::text;

text_value! {
    /// Region, town, or street and house of a postal address: one line of 1 to 300 characters, as typed.
    AddressPart, 300, text::clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::ValueError;

    #[test]
    fn is_trimmed_and_limited() {
        let longest = "я".repeat(300);
        assert_eq!(AddressPart::parse(&longest).map(String::from), Ok(longest.clone()));
        assert_eq!(AddressPart::parse(" a b ").map(String::from).as_deref(), Ok("a b"));
        assert_eq!(
            AddressPart::parse(&(longest + "я")),
            Err(ValueError::TooLong {
                max: 300,
                actual: 300 + 1
            })
        );
        assert_eq!(AddressPart::parse(" "), Err(ValueError::Empty));
        assert_eq!(AddressPart::parse("a\0"), Err(ValueError::ControlCharacter));
    }
}

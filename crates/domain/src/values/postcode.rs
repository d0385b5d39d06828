//! A postcode.

use super::newtype::text_value;
use super::text;

text_value! {
    /// A postcode of any country: one line of 1 to 20 characters, as typed.
    Postcode, 20, text::clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::ValueError;

    #[test]
    fn is_trimmed_and_limited() {
        let longest = "я".repeat(20);
        assert_eq!(Postcode::parse(&longest).map(String::from), Ok(longest.clone()));
        assert_eq!(Postcode::parse(" a b ").map(String::from).as_deref(), Ok("a b"));
        assert_eq!(
            Postcode::parse(&(longest + "я")),
            Err(ValueError::TooLong {
                max: 20,
                actual: 20 + 1
            })
        );
        assert_eq!(Postcode::parse(" "), Err(ValueError::Empty));
        assert_eq!(Postcode::parse("a\0"), Err(ValueError::ControlCharacter));
    }
}

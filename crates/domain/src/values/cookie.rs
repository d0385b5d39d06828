//! A web visitor's cookie.

use super::newtype::text_value;
use super::text;

text_value! {
    /// The value of a web visitor's cookie (`sc`): 1 to 250 characters, compared exactly.
    Cookie, 250, text::clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::ValueError;

    #[test]
    fn is_trimmed_and_limited() {
        let longest = "я".repeat(250);
        assert_eq!(Cookie::parse(&longest).map(String::from), Ok(longest.clone()));
        assert_eq!(Cookie::parse(" a b ").map(String::from).as_deref(), Ok("a b"));
        assert_eq!(
            Cookie::parse(&(longest + "я")),
            Err(ValueError::TooLong {
                max: 250,
                actual: 250 + 1
            })
        );
        assert_eq!(Cookie::parse(" "), Err(ValueError::Empty));
        assert_eq!(Cookie::parse("a\0"), Err(ValueError::ControlCharacter));
    }
}

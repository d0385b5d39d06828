//! The address of a push or messenger subscription.

use super::newtype::text_value;
use super::text;

text_value! {
    /// The address of a mobile push, web push or Telegram subscription: 1 to 4,096 characters, compared exactly; outer
    /// blanks are trimmed, nothing else is changed. Qualified by an [`AppId`](super::AppId) (identity rules, table of kinds).
    Token, 4096, text::clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::ValueError;

    #[test]
    fn is_trimmed_and_limited() {
        let longest = "я".repeat(4096);
        assert_eq!(Token::parse(&longest).map(String::from), Ok(longest.clone()));
        assert_eq!(Token::parse(" a b ").map(String::from).as_deref(), Ok("a b"));
        assert_eq!(
            Token::parse(&(longest + "я")),
            Err(ValueError::TooLong {
                max: 4096,
                actual: 4096 + 1
            })
        );
        assert_eq!(Token::parse(" "), Err(ValueError::Empty));
        assert_eq!(Token::parse("a\0"), Err(ValueError::ControlCharacter));
    }
}

//! The name of a segment.

use super::newtype::text_value;
use super::text;

text_value! {
    /// The name of a segment (a group on the wire): one line of 1 to 255 characters, as typed.
    SegmentName, 255, text::clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::ValueError;

    #[test]
    fn is_trimmed_and_limited() {
        let longest = "я".repeat(255);
        assert_eq!(SegmentName::parse(&longest).map(String::from), Ok(longest.clone()));
        assert_eq!(SegmentName::parse(" a b ").map(String::from).as_deref(), Ok("a b"));
        assert_eq!(
            SegmentName::parse(&(longest + "я")),
            Err(ValueError::TooLong {
                max: 255,
                actual: 255 + 1
            })
        );
        assert_eq!(SegmentName::parse(" "), Err(ValueError::Empty));
        assert_eq!(SegmentName::parse("a\0"), Err(ValueError::ControlCharacter));
    }
}

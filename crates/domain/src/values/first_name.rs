//! A person's first name.

use super::newtype::text_value;
use super::person_name::{self, Words};

text_value! {
    /// A person's first name, as typed, outer blanks trimmed: at most 40 characters, letters of any alphabet with their
    /// marks, at least one letter, at most three digits, apostrophes inside a word, hyphens inside a word or between
    /// words, one dot at the end of a word of at most three characters,
    /// and at most three words longer than three characters and three of at most three (wire fact).
    FirstName, 40, |text, max_chars| person_name::clean(text, max_chars, Words::Counted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::{NameProblem, ValueError};

    #[test]
    fn words() {
        assert_eq!(
            FirstName::parse(" Anna Maria ").map(String::from).as_deref(),
            Ok("Anna Maria")
        );
        let long = FirstName::parse("Anna Maria Rosa Elena");
        let short = FirstName::parse("a b c d");
        assert_eq!(long, Err(ValueError::BadName(NameProblem::TooManyLongWords)));
        assert_eq!(short, Err(ValueError::BadName(NameProblem::TooManyShortWords)));
        assert_eq!(FirstName::parse("1"), Err(ValueError::BadName(NameProblem::NoLetter)));
    }
}

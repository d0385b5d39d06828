//! A person's last name.

use super::newtype::text_value;
use super::person_name::{self, Words};

text_value! {
    /// A person's last name, as typed, outer blanks trimmed: at most 40 characters, letters of any alphabet with their
    /// marks, at least one letter, at most three digits, apostrophes inside a word, hyphens inside a word or between
    /// words, one dot at the end of a word of at most three characters,
    /// and any number of words (wire fact).
    LastName, 40, |text, max_chars| person_name::clean(text, max_chars, Words::Any)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::{NameProblem, ValueError};

    #[test]
    fn words() {
        assert_eq!(
            LastName::parse(" Anna Maria ").map(String::from).as_deref(),
            Ok("Anna Maria")
        );
        let long = LastName::parse("Anna Maria Rosa Elena");
        let short = LastName::parse("a b c d");
        assert_eq!(long.map(String::from).as_deref(), Ok("Anna Maria Rosa Elena"));
        assert_eq!(short.map(String::from).as_deref(), Ok("a b c d"));
        assert_eq!(LastName::parse("1"), Err(ValueError::BadName(NameProblem::NoLetter)));
    }
}

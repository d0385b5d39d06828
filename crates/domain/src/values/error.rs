//! Why a text is not the value that it was read as.

use thiserror::Error;

/// Why a text is not the value that it was read as. One variant per cause.
///
/// The texts are written to follow the name of what was read ("email must be …") and never repeat the value, so that
/// they can be logged and answered as they are.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ValueError {
    /// Nothing is left after outer blanks are trimmed.
    #[error("must not be empty")]
    Empty,
    /// Longer than the value may be. Both counts in characters (Unicode scalar values), not in bytes.
    #[error("must be at most {max} characters long, not {actual}")]
    TooLong {
        /// The most that is allowed.
        max: usize,
        /// What was sent.
        actual: usize,
    },
    /// Longer than the value may be. Both counts in bytes of UTF-8.
    #[error("must be at most {max} bytes long, not {actual}")]
    TooManyBytes {
        /// The most that is allowed.
        max: usize,
        /// What was sent.
        actual: usize,
    },
    /// A list with more entries than it may have.
    #[error("must have at most {max} entries, not {actual}")]
    TooMany {
        /// The most that is allowed.
        max: usize,
        /// What was sent.
        actual: usize,
    },
    /// NUL or another control character.
    #[error("must not contain control characters")]
    ControlCharacter,
    /// A character that this value must not contain (wire fact).
    #[error("must not contain the character {0:?}")]
    ForbiddenCharacter(char),
    /// Not an address of RFC 5321 with a domain of at least two labels.
    #[error("must be an email address")]
    NotAnEmail,
    /// Not a phone number, or not one that can be made international.
    #[error("must be an international phone number")]
    NotAPhone,
    /// Digits that are no international number, and no default region in which they could be a national one.
    #[error(
        "must be an international phone number such as +380501234567: a national one is read only when the workspace's policy sets defaultPhoneRegion"
    )]
    NoPhoneRegion,
    /// Not a scheme, a host and perhaps a port.
    #[error("must be an origin such as https://shop.example: http or https and a host, without a path or a *")]
    NotAnOrigin,
    /// Not a host name, with or without a port, nor the address of a page.
    #[error("must be a domain such as shop.example, or the address of the shop")]
    NotADomain,
    /// Not a region of ISO 3166-1 alpha-2.
    #[error("must be a two-letter region code")]
    NotARegion,
    /// Not a well-formed language tag (BCP 47).
    #[error("must be a language tag")]
    NotALanguage,
    /// Not a name of the IANA time zone database.
    #[error("must be the name of a time zone")]
    NotATimeZone,
    /// Not a whole number within the bounds, both included.
    #[error("must be a whole number from {min} to {max}")]
    NotInteger {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// Not a decimal number, or one with more than 28 significant digits.
    #[error("must be a decimal number with a dot and at most 28 digits")]
    NotDecimal,
    /// An amount below zero of what there can be no less than nothing of.
    #[error("must not be negative")]
    Negative,
    /// Not a currency of ISO 4217.
    #[error("must be a currency of three letters such as UAH (ISO 4217)")]
    NotACurrency,
    /// Not a date in one of the accepted forms, or one that no calendar has.
    #[error("must be a date such as 2024-12-31, 31/12/2024 or 31.12.2024")]
    NotADate,
    /// Not a date and time in the accepted form, or one that no calendar has.
    #[error("must be a date and time such as 2024-12-31T23:59")]
    NotADateTime,
    /// Not among the values that are allowed.
    #[error("must be among the {choices} allowed values")]
    NotAllowed {
        /// How many values are allowed.
        choices: usize,
    },
    /// Against the rules for people's names (wire fact).
    #[error("{0}")]
    BadName(NameProblem),
    /// Not a JSON object.
    #[error("must be a JSON object")]
    NotAnObject,
    /// Not a regular expression, or one that is too large.
    #[error("must be a valid regular expression of moderate size")]
    NotAPattern,
}

/// Which rule for people's names a text breaks (wire fact).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NameProblem {
    /// Only digits, blanks and punctuation.
    #[error("must contain a letter")]
    NoLetter,
    /// More than three digits.
    #[error("must contain at most 3 digits")]
    TooManyDigits,
    /// An apostrophe that is not between two letters or digits of one word.
    #[error("must have apostrophes only inside a word")]
    ApostropheOutsideWord,
    /// A hyphen that is neither inside a word nor between two words.
    #[error("must have hyphens only inside a word or between words")]
    HyphenOutsideWord,
    /// A dot that is not the single one at the end of a word of at most three characters.
    #[error("must have a dot only at the end of a word of at most 3 characters")]
    MisplacedDot,
    /// More than three words that are longer than three characters.
    #[error("must have at most 3 words longer than 3 characters")]
    TooManyLongWords,
    /// More than three words of at most three characters.
    #[error("must have at most 3 words of 3 characters or fewer")]
    TooManyShortWords,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_lower_case_without_full_stop() {
        let errors = [
            ValueError::Empty,
            ValueError::TooLong { max: 1, actual: 2 },
            ValueError::TooManyBytes { max: 1, actual: 2 },
            ValueError::TooMany { max: 1, actual: 2 },
            ValueError::ControlCharacter,
            ValueError::ForbiddenCharacter('<'),
            ValueError::NotAnEmail,
            ValueError::NotAPhone,
            ValueError::NoPhoneRegion,
            ValueError::NotARegion,
            ValueError::NotALanguage,
            ValueError::NotATimeZone,
            ValueError::NotInteger { min: -1, max: 1 },
            ValueError::NotDecimal,
            ValueError::Negative,
            ValueError::NotACurrency,
            ValueError::NotADate,
            ValueError::NotADateTime,
            ValueError::NotAllowed { choices: 3 },
            ValueError::BadName(NameProblem::NoLetter),
            ValueError::NotAPattern,
        ];
        for error in errors {
            let text = error.to_string();
            assert!(text.starts_with("must "), "{text}");
            assert!(!text.ends_with('.'), "{text}");
        }
        assert_eq!(
            ValueError::ForbiddenCharacter('<').to_string(),
            "must not contain the character '<'"
        );
    }
}

//! Passwords of people.

use crate::values::Email;
use std::fmt;

/// A password that may be set. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// Why a text may not be set as a password. None of these repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    /// Too short to withstand guessing.
    #[error("must have at least {} characters", Password::SHORTEST)]
    TooShort,
    /// Longer than any password manager makes them.
    #[error("must have at most {} characters", Password::LONGEST)]
    TooLong,
    /// It is the email address or its local part, perhaps repeated, or one character again and again: the first things that are guessed.
    #[error("must not be the email address or one repeated character")]
    Guessable,
}

impl Password {
    /// The fewest characters (Unicode scalar values). No rule says which: those make passwords easier to guess, not harder (NIST SP
    /// 800-63B, 3.1.1.2).
    pub const SHORTEST: usize = 12;
    /// The most characters.
    pub const LONGEST: usize = 256;

    /// Reads a password for the owner of an address.
    pub fn parse(text: &str, email: &Email) -> Result<Self, PasswordProblem> {
        let length = text.chars().count();
        if length < Self::SHORTEST {
            return Err(PasswordProblem::TooShort);
        }
        if length > Self::LONGEST {
            return Err(PasswordProblem::TooLong);
        }
        let folded = text.to_lowercase();
        let local = email.matching().rsplit_once('@').map_or("", |(local, _)| local);
        let mut characters = folded.chars();
        let first = characters.next();
        let is_one_character = characters.all(|other| Some(other) == first);
        if is_one_character || repeats(&folded, email.matching()) || repeats(&folded, local) {
            return Err(PasswordProblem::Guessable);
        }
        Ok(Self(text.to_owned()))
    }

    /// The password itself: to hash it, and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Whether a text is another one, once or several times.
fn repeats(text: &str, part: &str) -> bool {
    !part.is_empty() && text.replace(part, "").is_empty()
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> Option<PasswordProblem> {
        let email = Email::parse("Olena.K@Example.com").unwrap();
        Password::parse(text, &email).err()
    }

    #[test]
    fn a_password_has_twelve_characters_and_is_not_the_address() {
        assert_eq!(problem("eleven char"), Some(PasswordProblem::TooShort));
        assert_eq!(problem("довгий пароль"), None);
        assert_eq!(problem(&"x1".repeat(128)), None);
        assert_eq!(problem(&"x1".repeat(129)), Some(PasswordProblem::TooLong));
        for guessable in ["aaaaaaaaaaaa", "olena.k@example.com", "OLENA.Kolena.k"] {
            assert_eq!(problem(guessable), Some(PasswordProblem::Guessable), "{guessable}");
        }
        assert_eq!(problem("olena.k likes tea"), None);
    }

    #[test]
    fn nothing_of_a_password_is_in_its_debug_form() {
        let email = Email::parse("olena@example.com").unwrap();
        let password = Password::parse("visible visible", &email).unwrap();
        assert!(!format!("{password:?}").contains("visible"));
    }
}

//! API keys: generating secrets, and checking given ones.

use crate::access::NewKey;
use crate::ports::Ids;
use data_encoding::BASE32_DNSSEC;
use secrecy::{ExposeSecret, SecretString};
use selfsame_domain::{Rights, Timestamp};
use sha2::{Digest, Sha256};

/// The prefix of every generated secret, so that people and secret scanners recognise it.
const MARK: &str = "sk_";
/// How many characters after the prefix are shown to recognise a secret: 40 of a generated secret's 192 bits.
const SHOWN: usize = 8;
/// The shortest secret that the settings may have, in characters.
const SHORTEST: usize = 20;
/// The longest secret that the settings may have, in characters: it must fit into a request header.
const LONGEST: usize = 256;

/// The secret of an API key. Its `Debug` shows nothing.
#[derive(Debug, Clone)]
pub struct KeySecret(SecretString);

/// The reason why a secret from the settings is refused. No variant contains the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakSecret {
    /// It can be guessed.
    #[error("must have at least {SHORTEST} characters")]
    TooShort,
    /// No request header holds it.
    #[error("must have at most {LONGEST} characters")]
    TooLong,
    /// No request header can carry it.
    #[error("must consist of visible ASCII characters, without blanks")]
    Invisible,
}

impl KeySecret {
    /// Draws a new secret of 192 bits.
    pub fn draw(ids: &dyn Ids) -> Self {
        Self(format!("{MARK}{}", BASE32_DNSSEC.encode(&ids.secret())).into())
    }

    /// Checks a given secret.
    pub fn parse(text: &str) -> Result<Self, WeakSecret> {
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(WeakSecret::Invisible);
        }
        match text.len() {
            ..SHORTEST => Err(WeakSecret::TooShort),
            SHORTEST..=LONGEST => Ok(Self(text.into())),
            _ => Err(WeakSecret::TooLong),
        }
    }

    /// The key that this secret opens, to be stored.
    pub fn key(&self, name: &str, rights: Rights, expires_at: Option<Timestamp>) -> NewKey {
        NewKey {
            name: name.to_owned(),
            rights,
            expires_at,
            prefix: self.prefix().to_owned(),
            digest: Sha256::digest(self.expose()).to_vec(),
        }
    }

    /// The secret itself. Only for showing it once to the person who made it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The part of the secret that is stored and shown. All characters are ASCII.
    fn prefix(&self) -> &str {
        let secret = self.expose();
        let mark = if secret.starts_with(MARK) { MARK.len() } else { 0 };
        &secret[..mark + SHOWN]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Fixed;

    impl Ids for Fixed {
        fn uuid(&self, _: selfsame_domain::Timestamp) -> uuid::Uuid {
            uuid::Uuid::nil()
        }

        fn secret(&self) -> [u8; 24] {
            std::array::from_fn(|at| u8::try_from(at).unwrap())
        }
    }

    #[test]
    fn a_drawn_secret_carries_its_24_bytes_and_shows_eleven_characters() {
        let secret = KeySecret::draw(&Fixed);
        let text = secret.expose();
        assert_eq!(
            BASE32_DNSSEC
                .decode(text.strip_prefix("sk_").unwrap().as_bytes())
                .unwrap(),
            Fixed.secret()
        );
        let key = secret.key("first", Rights::Full, None);
        assert_eq!(key.prefix, text[..11]);
        assert_eq!(key.digest, Sha256::digest(text).to_vec());
    }

    #[test]
    fn nothing_of_a_secret_is_in_its_debug_form() {
        let secret = KeySecret::parse("visible-visible-visible").unwrap();
        assert!(!format!("{secret:?}").contains("visible"));
    }

    #[test]
    fn a_secret_from_outside_is_20_to_256_visible_ascii_characters() {
        assert_eq!(KeySecret::parse(&"x".repeat(19)).unwrap_err(), WeakSecret::TooShort);
        assert_eq!(KeySecret::parse(&"x".repeat(257)).unwrap_err(), WeakSecret::TooLong);
        assert_eq!(
            KeySecret::parse("twenty characters ok").unwrap_err(),
            WeakSecret::Invisible
        );
        assert_eq!(
            KeySecret::parse("zwanzig-zeichen-süß!").unwrap_err(),
            WeakSecret::Invisible
        );
        assert_eq!(KeySecret::parse(&"x".repeat(20)).unwrap().prefix(), "xxxxxxxx");
        assert_eq!(KeySecret::parse(&"x".repeat(256)).unwrap().expose().len(), 256);
    }
}

//! Secrets and signatures of webhooks, in the form of Standard Webhooks.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use selfsame_domain::webhooks::signed_content;
use sha2::Sha256;

/// How the text of a secret begins.
const PREFIX: &str = "whsec_";

/// The length of a secret, in bytes.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A secret that signs messages: `whsec_` and 24 to 64 bytes in Base64.
#[derive(Debug, Clone)]
pub struct SigningKey(SecretString);

impl SigningKey {
    /// Reads a secret. The error does not repeat it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        bytes(text).ok_or("must be whsec_ and 24 to 64 bytes in Base64")?;
        Ok(Self(text.to_owned().into()))
    }

    /// The secret of these bytes.
    pub(super) fn new(bytes: [u8; 24]) -> Self {
        Self(format!("{PREFIX}{}", BASE64.encode(&bytes)).into())
    }

    /// The text, which the receiver needs.
    pub fn text(&self) -> &SecretString {
        &self.0
    }

    /// The signature of a message: `v1,` and HMAC-SHA-256 in Base64. None if the secret is none.
    pub(super) fn sign(&self, id: &str, seconds: i64, body: &str) -> Option<String> {
        let key = bytes(self.0.expose_secret())?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
        mac.update(signed_content(id, seconds, body).as_bytes());
        Some(format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes())))
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let bytes = BASE64.decode(text.strip_prefix(PREFIX)?.as_bytes()).ok()?;
    Some(bytes).filter(|bytes| BYTES.contains(&bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification_is_signed() {
        let key = SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(
            signed.as_deref(),
            Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        );
        assert!(!format!("{key:?}").contains("MfKQ"));
    }

    #[test]
    fn a_secret_is_long_enough_and_base64() {
        assert!(SigningKey::parse(SigningKey::new([7; 24]).text().expose_secret()).is_ok());
        for text in [
            "",
            "whsec_",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_AAAA",
            "whsec_!fKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        ] {
            assert!(SigningKey::parse(text).is_err(), "{text}");
        }
    }
}

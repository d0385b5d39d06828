//! Signatures of tokens: HMAC-SHA-256 (RFC 2104) under a signing secret's text, in lower-case hexadecimal digits.

use crate::ports::SigningSecret;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use sha2::Sha256;

/// Appends a dot and the signature to a text.
pub(super) fn sign(secret: &SigningSecret, text: &str) -> Option<String> {
    let signature = mac(secret, text)?.finalize().into_bytes();
    Some(format!("{text}.{}", HEXLOWER.encode(&signature)))
}

/// Splits a token into the text before the last dot and the signature after it. None when it has no signature.
pub(super) fn split(token: &str) -> Option<(&str, Vec<u8>)> {
    let (text, signature) = token.trim().rsplit_once('.')?;
    Some((text, HEXLOWER.decode(signature.as_bytes()).ok()?))
}

/// Whether one of the secrets made the signature. Compares in constant time.
pub(super) fn is_signed(text: &str, signature: &[u8], secrets: &[SigningSecret]) -> bool {
    let made = |secret: &SigningSecret| mac(secret, text).is_some_and(|mac| mac.verify_slice(signature).is_ok());
    secrets.iter().any(made)
}

/// HMAC accepts keys of any length, so this always returns one.
fn mac(secret: &SigningSecret, text: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.secret.expose_secret().as_bytes()).ok()?;
    mac.update(text.as_bytes());
    Some(mac)
}

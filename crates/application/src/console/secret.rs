//! Secrets of sessions and invitations.

use crate::ports::Ids;
use data_encoding::BASE32_DNSSEC;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// How many random bytes a secret has.
const BYTES: usize = 32;

/// Draws a secret of 256 bits, in small letters and digits.
pub(super) fn draw(ids: &dyn Ids) -> SecretString {
    let drawn = [ids.secret(), ids.secret()].concat();
    BASE32_DNSSEC.encode(&drawn[..BYTES]).into()
}

/// What is stored of a secret. It has too many bits to be guessed, so that it needs no salt and no stretching.
pub(super) fn digest(secret: &SecretString) -> Vec<u8> {
    Sha256::digest(secret.expose_secret().as_bytes()).to_vec()
}

//! Credentials at rest: XChaCha20-Poly1305, with the connector as associated data, so that the ciphertext of one
//! connector cannot be decrypted for another.

use super::error::ExportError;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretString};
use selfsame_domain::{ConnectorId, WorkspaceId};
use sha2::{Digest, Sha256};
use std::fmt;

/// The length of a nonce in bytes.
const NONCE: usize = 24;

/// Encrypts and decrypts credentials with the installation's key.
#[derive(Clone)]
pub struct Vault {
    cipher: XChaCha20Poly1305,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

impl Vault {
    /// Creates a vault whose key is derived from a secret text. The text must be as hard to guess as a key: it is
    /// hashed once, not stretched.
    pub fn new(secret: &SecretString) -> Self {
        let digest: [u8; 32] = Sha256::digest(secret.expose_secret().as_bytes()).into();
        Self {
            cipher: XChaCha20Poly1305::new(&Key::from(digest)),
        }
    }

    /// Encrypts credentials. `nonce` must be a fresh random value for every call.
    pub(super) fn seal(
        &self,
        (workspace, connector): (WorkspaceId, ConnectorId),
        nonce: [u8; NONCE],
        secret: &SecretString,
    ) -> Result<Vec<u8>, ExportError> {
        let aad = aad(workspace, connector);
        let payload = Payload {
            msg: secret.expose_secret().as_bytes(),
            aad: &aad,
        };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| ExportError::NoKey)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Decrypts what [`Self::seal`] made with the same key for the same connector.
    pub(super) fn open(
        &self,
        (workspace, connector): (WorkspaceId, ConnectorId),
        sealed: &[u8],
    ) -> Result<SecretString, ExportError> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(ExportError::OtherKey)?;
        let aad = aad(workspace, connector);
        let payload = Payload { msg: sealed, aad: &aad };
        let opened = self.cipher.decrypt(&XNonce::from(*nonce), payload);
        let opened = opened.ok().and_then(|bytes| String::from_utf8(bytes).ok());
        opened.map(Into::into).ok_or(ExportError::OtherKey)
    }
}

fn aad(workspace: WorkspaceId, connector: ConnectorId) -> Vec<u8> {
    format!("connector {workspace} {connector}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn what_is_sealed_opens_with_its_key_and_its_connector_alone() {
        let vault = Vault::new(&"key".to_owned().into());
        let place = (WorkspaceId(1), ConnectorId(Uuid::nil()));
        let sealed = vault.seal(place, [7; NONCE], &"password".to_owned().into()).unwrap();
        assert!(!sealed.windows(8).any(|part| part == b"password"));
        assert_eq!(vault.open(place, &sealed).unwrap().expose_secret(), "password");
        let mut altered = sealed.clone();
        altered[NONCE] ^= 1;
        for refused in [
            vault.open((WorkspaceId(2), place.1), &sealed),
            vault.open((place.0, ConnectorId(Uuid::max())), &sealed),
            vault.open(place, &altered),
            vault.open(place, b"short"),
            Vault::new(&"other".to_owned().into()).open(place, &sealed),
        ] {
            assert!(matches!(refused, Err(ExportError::OtherKey)));
        }
        assert_eq!(format!("{vault:?}"), "Vault");
    }
}

//! Credentials at rest: XChaCha20-Poly1305, with their owner as associated data, so that the ciphertext of one connector
//! or webhook cannot be decrypted for another.

use super::error::ExportError;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretString};
use selfsame_domain::{ConnectorId, UserId, WebhookId, WorkspaceId};
use sha2::{Digest, Sha256};
use std::fmt;

/// The length of a nonce in bytes.
const NONCE: usize = 24;

/// The owner of credentials.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Owner {
    /// A connector.
    Connector(WorkspaceId, ConnectorId),
    /// A webhook.
    Webhook(WorkspaceId, WebhookId),
    /// The second factor of a person.
    SecondFactor(UserId),
    /// A sign-in between its two steps.
    SignIn,
}

impl Owner {
    /// The associated data.
    fn aad(self) -> Vec<u8> {
        match self {
            Self::Connector(workspace, id) => format!("connector {workspace} {id}"),
            Self::Webhook(workspace, id) => format!("webhook {workspace} {id}"),
            Self::SecondFactor(user) => format!("second factor {user}"),
            Self::SignIn => "sign-in".to_owned(),
        }
        .into_bytes()
    }
}

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
    pub(crate) fn seal(&self, owner: Owner, nonce: [u8; NONCE], secret: &SecretString) -> Result<Vec<u8>, ExportError> {
        let aad = owner.aad();
        let payload = Payload {
            msg: secret.expose_secret().as_bytes(),
            aad: &aad,
        };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| ExportError::NoKey)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Decrypts what [`Self::seal`] made with the same key for the same owner.
    pub(crate) fn open(&self, owner: Owner, sealed: &[u8]) -> Result<SecretString, ExportError> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(ExportError::OtherKey)?;
        let aad = owner.aad();
        let payload = Payload { msg: sealed, aad: &aad };
        let opened = self.cipher.decrypt(&XNonce::from(*nonce), payload);
        let opened = opened.ok().and_then(|bytes| String::from_utf8(bytes).ok());
        opened.map(Into::into).ok_or(ExportError::OtherKey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn what_is_sealed_opens_with_its_key_and_its_owner_alone() {
        let vault = Vault::new(&"key".to_owned().into());
        let place = Owner::Connector(WorkspaceId(1), ConnectorId(Uuid::nil()));
        let sealed = vault.seal(place, [7; NONCE], &"password".to_owned().into()).unwrap();
        assert!(!sealed.windows(8).any(|part| part == b"password"));
        assert_eq!(vault.open(place, &sealed).unwrap().expose_secret(), "password");
        let mut altered = sealed.clone();
        altered[NONCE] ^= 1;
        for refused in [
            vault.open(Owner::Connector(WorkspaceId(2), ConnectorId(Uuid::nil())), &sealed),
            vault.open(Owner::Connector(WorkspaceId(1), ConnectorId(Uuid::max())), &sealed),
            vault.open(Owner::Webhook(WorkspaceId(1), WebhookId(Uuid::nil())), &sealed),
            vault.open(Owner::SecondFactor(UserId(Uuid::nil())), &sealed),
            vault.open(Owner::SignIn, &sealed),
            vault.open(place, &altered),
            vault.open(place, b"short"),
            Vault::new(&"other".to_owned().into()).open(place, &sealed),
        ] {
            assert!(matches!(refused, Err(ExportError::OtherKey)));
        }
        assert_eq!(format!("{vault:?}"), "Vault");
    }
}

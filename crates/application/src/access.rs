//! Workspaces, API keys, and the authentication of requests.

mod event_token;
mod identity_token;
mod key_secret;
mod recognised;
mod sender;
mod shared_reads;
mod signature;
mod sites;

use crate::app::Application;
use crate::ports::{AccessVersion, ApiKey, Credentials, KeyToStore, StorageError, Workspace};
use chrono::TimeDelta;
use selfsame_domain::{Action, KeyId, Rights, Timestamp, WorkspaceId};
use std::sync::{Arc, PoisonError};

pub use identity_token::TokenError;
pub use key_secret::{KeySecret, WeakSecret};
pub(crate) use recognised::Recognised;
pub use sender::{Sender, WarrantError};
pub(crate) use shared_reads::SharedReads;

/// The shortest interval at which the last use of a key is stored.
const TOUCH_EVERY: TimeDelta = TimeDelta::minutes(1);

/// The most keys whose last use this server remembers. The uses of forgotten ones are stored once more.
const MOST_TOUCHED: usize = 10_000;

/// An authenticated caller: a valid key and its workspace.
#[derive(Debug, Clone, PartialEq)]
pub struct Principal {
    /// The key.
    pub key: ApiKey,
    /// The workspace that every query of the request is bound to.
    pub workspace: Workspace,
    /// The access version of the workspace that both were read at.
    pub access: AccessVersion,
}

impl Principal {
    /// Whether the key's rights cover an action.
    pub fn may(&self, action: Action) -> bool {
        self.key.rights.allow(action)
    }

    /// Refuses a workspace number that does not belong to the key. The number is small and can be guessed, so it
    /// identifies nothing by itself (identity rules, "Trust").
    pub fn check_number(&self, workspace: i64) -> Result<(), AccessError> {
        if self.workspace.id.0 == workspace {
            Ok(())
        } else {
            Err(AccessError::ForeignNumber)
        }
    }
}

/// Why a secret is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// No such key exists.
    #[error("the API key is unknown")]
    Unknown,
    /// No such site exists.
    #[error("the site key is unknown")]
    UnknownSite,
    /// A page of another origin sent the public key of a site.
    #[error("the site does not take requests of this origin")]
    ForeignOrigin,
    /// A workspace number came without an API key of that workspace.
    #[error("the number of a workspace opens nothing without an API key of that workspace")]
    ForeignNumber,
    /// The text is not an event token, or its signature is wrong.
    #[error("the token for events is unknown")]
    UnknownToken,
    /// The key was revoked.
    #[error("the API key was revoked")]
    Revoked,
    /// The key has expired.
    #[error("the API key has expired")]
    Expired,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] Arc<StorageError>),
}

impl From<Credentials> for Principal {
    fn from(credentials: Credentials) -> Self {
        let Credentials { key, workspace, access } = credentials;
        Self { key, workspace, access }
    }
}

/// A key to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// Its display name, 1 to 100 characters.
    pub name: String,
    /// What it may do.
    pub rights: Rights,
    /// When it expires, if ever.
    pub expires_at: Option<Timestamp>,
    /// The first characters of its secret, by which people recognise it.
    pub prefix: String,
    /// SHA-256 of its secret.
    pub digest: Vec<u8>,
}

impl Application {
    /// Returns the owner of the secret with this SHA-256 digest. Records the use of the key, at most once a minute.
    pub async fn authenticate(&self, digest: &[u8]) -> Result<Arc<Principal>, AccessError> {
        let store = Arc::clone(&self.store);
        let read = |digest: Vec<u8>| async move { Ok(store.credentials(&digest).await?.map(Principal::from)) };
        let found = self.credential_reads.get_or_read(&digest.to_vec(), read).await?;
        self.recognised.set(digest, found.as_ref());
        let principal = found.ok_or(AccessError::Unknown)?;
        self.admit(&principal.key).await?;
        Ok(principal)
    }

    /// Returns the owner of a secret from memory, without a read. None for a secret that this server has not authenticated yet,
    /// and for an expired key.
    ///
    /// The key may be revoked since, and the policy may be another one. So whatever is done for the caller MUST be submitted
    /// by [`Application::submit_on`], and a refusal needs [`Application::authenticate`] first.
    pub async fn recognise(&self, digest: &[u8]) -> Result<Option<Arc<Principal>>, AccessError> {
        let Some(principal) = self.recognised.get(digest) else {
            return Ok(None);
        };
        match self.admit(&principal.key).await {
            Ok(()) => Ok(Some(principal)),
            Err(AccessError::Expired) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Refuses a revoked or expired key, and records the use of a valid one.
    async fn admit(&self, key: &ApiKey) -> Result<(), AccessError> {
        let now = self.clock.now();
        if key.revoked_at.is_some() {
            return Err(AccessError::Revoked);
        }
        if key.expires_at.is_some_and(|end| end <= now) {
            return Err(AccessError::Expired);
        }
        if self.claims_touch(key, now) {
            let touched = self.store.touch_key(key.workspace, key.id, now).await;
            touched.map_err(Arc::new)?;
        }
        Ok(())
    }

    /// Whether the use of the key must be stored now. Only one of several concurrent requests stores it: the row would
    /// be their bottleneck.
    fn claims_touch(&self, key: &ApiKey, now: Timestamp) -> bool {
        let is_fresh = |last: Timestamp| now - last < TOUCH_EVERY;
        if key.last_used_at.is_some_and(is_fresh) {
            return false;
        }
        let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        if touched.get(&key.id).copied().is_some_and(is_fresh) {
            return false;
        }
        if touched.len() >= MOST_TOUCHED {
            touched.retain(|_, last| is_fresh(*last));
        }
        if touched.len() >= MOST_TOUCHED {
            touched.clear();
        }
        touched.insert(key.id, now);
        true
    }

    /// Creates a workspace.
    pub async fn create_workspace(&self, name: &str) -> Result<Workspace, StorageError> {
        self.store.create_workspace(name, self.clock.now()).await
    }

    /// Creates the first workspace with a key of full rights if no workspace exists. Returns whether it did.
    pub async fn bootstrap(&self, workspace: &str, key: NewKey) -> Result<bool, StorageError> {
        let key = self.key_to_store(WorkspaceId(0), key);
        self.store.bootstrap(workspace, &key, self.clock.now()).await
    }

    /// Creates a key.
    pub async fn create_key(&self, workspace: WorkspaceId, key: NewKey) -> Result<ApiKey, StorageError> {
        let to_store = self.key_to_store(workspace, key);
        self.store.create_key(&to_store).await?;
        Ok(to_store.key)
    }

    /// Revokes a key. Returns whether the workspace has it.
    pub async fn revoke_key(&self, workspace: WorkspaceId, key: KeyId) -> Result<bool, StorageError> {
        self.store.revoke_key(workspace, key, self.clock.now()).await
    }

    fn key_to_store(&self, workspace: WorkspaceId, new: NewKey) -> KeyToStore {
        let created_at = self.clock.now();
        let key = ApiKey {
            id: KeyId(self.ids.uuid(created_at)),
            workspace,
            name: new.name,
            prefix: new.prefix,
            rights: new.rights,
            created_at,
            expires_at: new.expires_at,
            last_used_at: None,
            revoked_at: None,
        };
        KeyToStore {
            key,
            digest: new.digest,
        }
    }
}

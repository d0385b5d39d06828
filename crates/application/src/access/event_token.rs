//! Event tokens. An API key issues them to programs that may record events and nothing else (wire fact:
//! `POST auth/token`).
//!
//! `events.WORKSPACE.KEY.EXPIRY.SIGNATURE`, where WORKSPACE is the workspace's number, KEY the ID of the API key,
//! EXPIRY the expiry time in whole seconds since 1970, and SIGNATURE the signature of everything before it under a
//! signing secret of the workspace. Nothing is stored: a token expires with its time, its API key or its signing
//! secret.

use super::{AccessError, Principal, signature};
use crate::app::Application;
use crate::ports::StorageError;
use chrono::TimeDelta;
use selfsame_domain::{KeyId, WorkspaceId};
use std::sync::Arc;
use uuid::Uuid;

/// The prefix of every event token.
const MARK: &str = "events";

/// How long a token is valid.
const LIFETIME: TimeDelta = TimeDelta::hours(1);

/// The content of a token.
struct Content {
    workspace: WorkspaceId,
    key: KeyId,
    /// In seconds since 1970.
    expiry: i64,
}

fn read(signed: &str) -> Option<Content> {
    let mut parts = signed.split('.');
    let (Some(MARK), Some(workspace), Some(key), Some(expiry), None) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    Some(Content {
        workspace: WorkspaceId(workspace.parse().ok()?),
        key: KeyId(Uuid::parse_str(key).ok()?),
        expiry: expiry.parse().ok()?,
    })
}

impl Application {
    /// Issues a token that records events for an hour with the rights of the key. None where the secret cannot sign.
    pub async fn event_token(&self, principal: &Principal) -> Result<Option<String>, StorageError> {
        let secret = self.signing_secret(principal.workspace.id).await?;
        let expiry = (self.clock.now() + LIFETIME).timestamp();
        let text = format!("{MARK}.{}.{}.{expiry}", principal.workspace.id, principal.key.id);
        Ok(signature::sign(&secret, &text))
    }

    /// Whether a text has the form of an event token, and so cannot be an API key.
    pub fn is_event_token(text: &str) -> bool {
        text.strip_prefix(MARK).is_some_and(|rest| rest.starts_with('.'))
    }

    /// Returns the API key that issued an event token. Reads the key each time, so a revocation takes effect at once.
    pub async fn authenticate_event_token(&self, token: &str) -> Result<Arc<Principal>, AccessError> {
        let (signed, signature) = signature::split(token).ok_or(AccessError::UnknownToken)?;
        let Content { workspace, key, expiry } = read(signed).ok_or(AccessError::UnknownToken)?;
        let secrets = self.store.signing_secrets(workspace).await.map_err(Arc::new)?;
        if !signature::is_signed(signed, &signature, &secrets) {
            return Err(AccessError::UnknownToken);
        }
        if expiry <= self.clock.now().timestamp() {
            return Err(AccessError::Expired);
        }
        let found = self.store.credentials_of(workspace, key).await.map_err(Arc::new)?;
        let principal = Principal::from(found.ok_or(AccessError::Unknown)?);
        self.admit(&principal.key).await?;
        Ok(Arc::new(principal))
    }
}

//! Errors of the webhook use cases.

use crate::changes::ChangesError;
use crate::egress::EgressError;
use crate::exports::ExportError;
use crate::ports::StorageError;

/// Why a use case of webhooks fails.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The workspace has no such webhook.
    #[error("webhook not found")]
    NotFound,
    /// The host of the URL may not be connected to.
    #[error(transparent)]
    Egress(#[from] EgressError),
    /// Secrets cannot be stored, because the server has no key to encrypt them with.
    #[error("this server has no key to encrypt secrets with: set SELFSAME_SECRET_KEY")]
    NoKey,
    /// The secret was encrypted with another key.
    #[error(
        "the secret of the webhook was encrypted with another SELFSAME_SECRET_KEY: set that key, or give the webhook a new secret"
    )]
    OtherKey,
    /// The server sends no webhooks.
    #[error("this server sends no webhooks")]
    Unavailable,
    /// The feed does not have the changes to be sent again.
    #[error(transparent)]
    Feed(ChangesError),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl WebhookError {
    /// The error of the vault.
    pub(super) fn of_vault(error: &ExportError) -> Self {
        match error {
            ExportError::OtherKey => Self::OtherKey,
            _ => Self::NoKey,
        }
    }
}

impl From<ChangesError> for WebhookError {
    fn from(error: ChangesError) -> Self {
        match error {
            ChangesError::Storage(error) => Self::Storage(error),
            other => Self::Feed(other),
        }
    }
}

//! The outbound dependencies of webhooks.

use super::error::WebhookError;
use super::signing::SigningKey;
use crate::app::Application;
use crate::egress::{Egress, EgressError};
use crate::exports::{Owner, Vault};
use crate::ports::{MessageBodies, SignedMessage, Webhook, WebhookSender};
use secrecy::ExposeSecret;
use selfsame_domain::webhooks::WebhookUrl;
use selfsame_domain::{Timestamp, WebhookId, WorkspaceId};
use std::sync::Arc;

/// The outbound dependencies of webhooks.
#[derive(Debug, Clone)]
pub struct WebhookOutlets {
    /// Sends messages.
    pub sender: Arc<dyn WebhookSender>,
    /// Writes the bodies of messages.
    pub bodies: Arc<dyn MessageBodies>,
    /// Encrypts secrets; none without a key.
    pub vault: Option<Vault>,
    /// Which addresses webhooks may name.
    pub egress: Egress,
}

impl Application {
    /// Enables webhooks. Without this, the application refuses them.
    #[must_use]
    pub fn with_webhooks(mut self, outlets: WebhookOutlets) -> Self {
        self.webhook_outlets = Some(Arc::new(outlets));
        self
    }

    pub(super) fn webhook_outlets(&self) -> Result<&WebhookOutlets, WebhookError> {
        self.webhook_outlets.as_deref().ok_or(WebhookError::Unavailable)
    }
}

impl WebhookOutlets {
    /// Refuses hosts in private networks. An unresolvable host is accepted here: the sender looks at its addresses before
    /// every connection.
    pub(super) async fn permit(&self, url: &WebhookUrl) -> Result<(), WebhookError> {
        let (host, port) = url.host().ok_or(WebhookError::Egress(EgressError::Unresolved))?;
        match self.egress.resolve(&host, port).await {
            Err(EgressError::Private) => Err(EgressError::Private.into()),
            Err(EgressError::Unresolved) | Ok(_) => Ok(()),
        }
    }

    /// Encrypts a secret. `nonce` must be a fresh random value for every call.
    pub(super) fn seal(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        nonce: [u8; 24],
        key: &SigningKey,
    ) -> Result<Vec<u8>, WebhookError> {
        let vault = self.vault.as_ref().ok_or(WebhookError::NoKey)?;
        let sealed = vault.seal(Owner::Webhook(workspace, id), nonce, key.text());
        sealed.map_err(|error| WebhookError::of_vault(&error))
    }

    /// The secrets that sign messages at a time, the latest first.
    pub(super) fn keys(&self, webhook: &Webhook, now: Timestamp) -> Result<Vec<SigningKey>, WebhookError> {
        let vault = self.vault.as_ref().ok_or(WebhookError::NoKey)?;
        let before = webhook.sealed_before.as_ref().filter(|(_, until)| *until > now);
        let all = [&webhook.sealed].into_iter().chain(before.map(|(sealed, _)| sealed));
        all.map(|sealed| {
            let opened = vault.open(Owner::Webhook(webhook.workspace, webhook.id), sealed);
            let opened = opened.map_err(|error| WebhookError::of_vault(&error))?;
            SigningKey::parse(opened.expose_secret()).map_err(|_| WebhookError::OtherKey)
        })
        .collect()
    }

    /// A message with the signatures of all keys.
    pub(super) fn message(
        url: &WebhookUrl,
        keys: &[SigningKey],
        id: String,
        body: String,
        now: Timestamp,
    ) -> SignedMessage {
        let seconds = now.timestamp();
        let signatures = keys.iter().filter_map(|key| key.sign(&id, seconds, &body));
        SignedMessage {
            url: url.clone(),
            signature: signatures.collect::<Vec<_>>().join(" "),
            id,
            seconds,
            body,
        }
    }
}

//! Creating, changing, enabling, disabling and deleting webhooks.

use super::error::WebhookError;
use super::signing::SigningKey;
use crate::app::Application;
use crate::changes::ChangeQuery;
use crate::ports::Webhook;
use selfsame_domain::webhooks::{EndpointHealth, OLD_SECRET, WantedKinds, WebhookUrl};
use selfsame_domain::{WebhookId, WorkspaceId};
use std::collections::BTreeSet;

/// A webhook to create.
#[derive(Debug, Clone)]
pub struct NewWebhook {
    /// Where messages are sent.
    pub url: WebhookUrl,
    /// Which changes are sent.
    pub kinds: WantedKinds,
    /// The secret; none to make one.
    pub key: Option<SigningKey>,
}

/// A change of a webhook. Fields that are none stay as they are.
#[derive(Debug, Clone, Default)]
pub struct WebhookChange {
    /// The new URL.
    pub url: Option<WebhookUrl>,
    /// Which changes are sent from now on.
    pub kinds: Option<WantedKinds>,
}

impl Application {
    /// Creates a webhook, which sends the changes of later commits. Returns it with its secret.
    pub async fn create_webhook(
        &self,
        workspace: WorkspaceId,
        new: NewWebhook,
    ) -> Result<(Webhook, SigningKey), WebhookError> {
        let outlets = self.webhook_outlets()?;
        outlets.permit(&new.url).await?;
        let key = new.key.unwrap_or_else(|| SigningKey::new(self.ids.secret()));
        let now = self.clock.now();
        let id = WebhookId(self.ids.uuid(now));
        let sealed = outlets.seal(workspace, id, self.ids.secret(), &key)?;
        let present = ChangeQuery {
            after: None,
            limit: 1,
            kinds: BTreeSet::new(),
        };
        let webhook = Webhook {
            workspace,
            id,
            url: new.url,
            kinds: new.kinds,
            sealed,
            sealed_before: None,
            is_enabled: true,
            health: EndpointHealth::default(),
            position: self.changes(workspace, &present).await?.next,
            created_at: now,
            updated_at: now,
        };
        self.store.create_webhook(&webhook).await?;
        Ok((webhook, key))
    }

    /// Changes the URL or the kinds of a webhook. With a new URL, it is tried at once.
    pub async fn change_webhook(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        change: WebhookChange,
    ) -> Result<Webhook, WebhookError> {
        let mut webhook = self.found_webhook(workspace, id).await?;
        let is_elsewhere = change.url.as_ref().is_some_and(|url| *url != webhook.url);
        if let Some(url) = change.url {
            self.webhook_outlets()?.permit(&url).await?;
            webhook.url = url;
        }
        webhook.kinds = change.kinds.unwrap_or(webhook.kinds);
        self.store_webhook(&mut webhook).await?;
        if is_elsewhere && webhook.is_enabled {
            return self.switch_webhook(workspace, id, true).await;
        }
        Ok(webhook)
    }

    /// Gives a webhook a new secret. The old one signs beside it for 24 hours.
    pub async fn rotate_webhook_secret(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        key: Option<SigningKey>,
    ) -> Result<(Webhook, SigningKey), WebhookError> {
        let mut webhook = self.found_webhook(workspace, id).await?;
        let outlets = self.webhook_outlets()?;
        let now = self.clock.now();
        let key = key.unwrap_or_else(|| SigningKey::new(self.ids.secret()));
        let sealed = outlets.seal(workspace, id, self.ids.secret(), &key)?;
        // A secret of another key cannot sign any more.
        let opens = outlets.keys(&webhook, now).is_ok();
        let before = std::mem::replace(&mut webhook.sealed, sealed);
        webhook.sealed_before = opens.then_some((before, now + OLD_SECRET));
        self.store_webhook(&mut webhook).await?;
        if !opens && webhook.is_enabled {
            return Ok((self.switch_webhook(workspace, id, true).await?, key));
        }
        Ok((webhook, key))
    }

    /// Enables a webhook, which goes on where it stopped and is tried at once; or disables it.
    pub async fn switch_webhook(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        is_enabled: bool,
    ) -> Result<Webhook, WebhookError> {
        let now = self.clock.now();
        let health = EndpointHealth::default();
        if !self
            .store
            .switch_webhook(workspace, id, is_enabled, &health, now)
            .await?
        {
            return Err(WebhookError::NotFound);
        }
        self.found_webhook(workspace, id).await
    }

    /// Deletes a webhook with its messages.
    pub async fn delete_webhook(&self, workspace: WorkspaceId, id: WebhookId) -> Result<(), WebhookError> {
        if self.store.delete_webhook(workspace, id).await? {
            Ok(())
        } else {
            Err(WebhookError::NotFound)
        }
    }

    pub(super) async fn found_webhook(&self, workspace: WorkspaceId, id: WebhookId) -> Result<Webhook, WebhookError> {
        self.store.webhook(workspace, id).await?.ok_or(WebhookError::NotFound)
    }

    async fn store_webhook(&self, webhook: &mut Webhook) -> Result<(), WebhookError> {
        webhook.updated_at = self.clock.now();
        if self.store.update_webhook(webhook).await? {
            Ok(())
        } else {
            Err(WebhookError::NotFound)
        }
    }
}

//! Webhooks that people manage.

use super::error::ConsoleError;
use super::sessions::Person;
use crate::app::Application;
use crate::ports::Webhook;
use crate::webhooks::{NewWebhook, Replay, SigningKey};
use selfsame_domain::WebhookId;
use selfsame_domain::console::{AuditAction, Permission};
use selfsame_domain::webhooks::EndpointAnswer;

impl Application {
    /// Makes a webhook. Returns it with its secret, which is shown this once.
    pub async fn make_webhook(&self, person: &Person, new: NewWebhook) -> Result<(Webhook, SigningKey), ConsoleError> {
        self.note_webhook(person, AuditAction::WebhookCreated, &host_of(&new.url))
            .await?;
        Ok(self.create_webhook(person.workspace.id, new).await?)
    }

    /// A webhook of the person's workspace.
    pub async fn webhook_of(&self, person: &Person, id: WebhookId) -> Result<Webhook, ConsoleError> {
        person.require(Permission::ManageSettings)?;
        let found = self.store.webhook(person.workspace.id, id).await?;
        found.ok_or(ConsoleError::NotFound("webhook"))
    }

    /// Enables or disables a webhook.
    pub async fn switch_webhook_by_hand(
        &self,
        person: &Person,
        id: WebhookId,
        is_enabled: bool,
    ) -> Result<(), ConsoleError> {
        let webhook = self.webhook_of(person, id).await?;
        self.note_webhook(person, AuditAction::WebhookChanged, &host_of(&webhook.url))
            .await?;
        self.switch_webhook(person.workspace.id, id, is_enabled).await?;
        Ok(())
    }

    /// Gives a webhook a new secret, which is shown this once.
    pub async fn rotate_webhook_by_hand(&self, person: &Person, id: WebhookId) -> Result<SigningKey, ConsoleError> {
        let webhook = self.webhook_of(person, id).await?;
        self.note_webhook(person, AuditAction::WebhookChanged, &host_of(&webhook.url))
            .await?;
        Ok(self.rotate_webhook_secret(person.workspace.id, id, None).await?.1)
    }

    /// Sends a test message and returns the answer of the endpoint.
    pub async fn test_webhook_by_hand(&self, person: &Person, id: WebhookId) -> Result<EndpointAnswer, ConsoleError> {
        self.webhook_of(person, id).await?;
        Ok(self.test_webhook(person.workspace.id, id).await?)
    }

    /// Sends messages again. Returns how many dead messages are pending now.
    pub async fn replay_webhook_by_hand(
        &self,
        person: &Person,
        id: WebhookId,
        replay: &Replay,
    ) -> Result<u64, ConsoleError> {
        let webhook = self.webhook_of(person, id).await?;
        self.note_webhook(person, AuditAction::WebhookReplayed, &host_of(&webhook.url))
            .await?;
        Ok(self.replay_webhook(person.workspace.id, id, replay).await?)
    }

    /// Deletes a webhook with its messages.
    pub async fn delete_webhook_by_hand(&self, person: &Person, id: WebhookId) -> Result<(), ConsoleError> {
        let webhook = self.webhook_of(person, id).await?;
        self.note_webhook(person, AuditAction::WebhookDeleted, &host_of(&webhook.url))
            .await?;
        Ok(self.delete_webhook(person.workspace.id, id).await?)
    }

    async fn note_webhook(&self, person: &Person, action: AuditAction, object: &str) -> Result<(), ConsoleError> {
        person.require(Permission::ManageSettings)?;
        self.note(person.workspace.id, person.actor(), action, object).await?;
        Ok(())
    }
}

/// What the audit log says of a webhook: a path and a query may be secret.
fn host_of(url: &selfsame_domain::webhooks::WebhookUrl) -> String {
    url.host().map_or_else(String::new, |(host, _)| host)
}

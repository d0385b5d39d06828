//! The port of webhooks, which the probe delegates.

use super::probe::Probe;
use async_trait::async_trait;
use selfsame_application::ports::{Delivery, DeliveryQuery, DueQuery, NewJob, StorageError, Webhook, Webhooks};
use selfsame_domain::webhooks::EndpointHealth;
use selfsame_domain::{MessageId, Revision, Timestamp, WebhookId, WorkspaceId};

type Read<T> = Result<T, StorageError>;

#[async_trait]
impl Webhooks for Probe {
    async fn create_webhook(&self, webhook: &Webhook) -> Read<()> {
        self.inner.create_webhook(webhook).await
    }

    async fn webhook(&self, workspace: WorkspaceId, id: WebhookId) -> Read<Option<Webhook>> {
        self.inner.webhook(workspace, id).await
    }

    async fn webhooks(&self, workspace: WorkspaceId) -> Read<Vec<Webhook>> {
        self.inner.webhooks(workspace).await
    }

    async fn update_webhook(&self, webhook: &Webhook) -> Read<bool> {
        self.inner.update_webhook(webhook).await
    }

    async fn switch_webhook(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        is_enabled: bool,
        health: &EndpointHealth,
        now: Timestamp,
    ) -> Read<bool> {
        self.inner.switch_webhook(workspace, id, is_enabled, health, now).await
    }

    async fn delete_webhook(&self, workspace: WorkspaceId, id: WebhookId) -> Read<bool> {
        self.inner.delete_webhook(workspace, id).await
    }

    async fn due_webhooks(&self, now: Timestamp, limit: u32) -> Read<Vec<(WorkspaceId, WebhookId)>> {
        self.inner.due_webhooks(now, limit).await
    }

    async fn replace_job(&self, job: &NewJob) -> Read<bool> {
        self.inner.replace_job(job).await
    }

    async fn store_deliveries(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        range: (Revision, Revision),
        deliveries: &[Delivery],
    ) -> Read<bool> {
        self.inner.store_deliveries(workspace, id, range, deliveries).await
    }

    async fn pending_deliveries(&self, workspace: WorkspaceId, id: WebhookId) -> Read<u64> {
        self.inner.pending_deliveries(workspace, id).await
    }

    async fn due_deliveries(&self, query: &DueQuery) -> Read<Vec<Delivery>> {
        self.inner.due_deliveries(query).await
    }

    async fn record_attempts(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        deliveries: &[Delivery],
        state: (bool, &EndpointHealth),
    ) -> Read<()> {
        self.inner.record_attempts(workspace, id, deliveries, state).await
    }

    async fn deliveries(&self, query: &DeliveryQuery) -> Read<Vec<Delivery>> {
        self.inner.deliveries(query).await
    }

    async fn move_webhook(&self, workspace: WorkspaceId, id: WebhookId, to: Revision) -> Read<bool> {
        self.inner.move_webhook(workspace, id, to).await
    }

    async fn revive_deliveries(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        messages: &[MessageId],
        now: Timestamp,
    ) -> Read<u64> {
        self.inner.revive_deliveries(workspace, id, messages, now).await
    }

    async fn prune_deliveries(&self, delivered_before: Timestamp, dead_before: Timestamp) -> Read<u64> {
        self.inner.prune_deliveries(delivered_before, dead_before).await
    }
}

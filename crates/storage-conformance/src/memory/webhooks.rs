//! Webhooks and their deliveries.

use super::store::{MemoryStore, Shared};
use async_trait::async_trait;
use selfsame_application::ports::{Delivery, DeliveryQuery, DueQuery, NewJob, StorageError, Webhook, Webhooks};
use selfsame_domain::webhooks::{DeliveryState, DeliveryStatus, EndpointHealth};
use selfsame_domain::{ContactId, MessageId, Revision, Timestamp, WebhookId, WorkspaceId};

#[async_trait]
impl Webhooks for MemoryStore {
    async fn create_webhook(&self, webhook: &Webhook) -> Result<(), StorageError> {
        let mut shared = self.lock();
        if !shared.accounts.contains_key(&webhook.workspace) {
            return Err(StorageError::UnknownWorkspace);
        }
        shared.free_webhook_url(webhook)?;
        shared.webhooks.insert((webhook.workspace, webhook.id), webhook.clone());
        Ok(())
    }

    async fn webhook(&self, workspace: WorkspaceId, id: WebhookId) -> Result<Option<Webhook>, StorageError> {
        Ok(self.lock().webhooks.get(&(workspace, id)).cloned())
    }

    async fn webhooks(&self, workspace: WorkspaceId) -> Result<Vec<Webhook>, StorageError> {
        let shared = self.lock();
        let own = shared
            .webhooks
            .values()
            .filter(|webhook| webhook.workspace == workspace);
        Ok(own.take(500).cloned().collect())
    }

    async fn update_webhook(&self, webhook: &Webhook) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        shared.free_webhook_url(webhook)?;
        let Some(stored) = shared.webhooks.get_mut(&(webhook.workspace, webhook.id)) else {
            return Ok(false);
        };
        *stored = Webhook {
            is_enabled: stored.is_enabled,
            health: stored.health.clone(),
            position: stored.position,
            created_at: stored.created_at,
            ..webhook.clone()
        };
        Ok(true)
    }

    async fn switch_webhook(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        is_enabled: bool,
        health: &EndpointHealth,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        let Some(stored) = shared.webhooks.get_mut(&(workspace, id)) else {
            return Ok(false);
        };
        stored.is_enabled = is_enabled;
        stored.health = health.clone();
        stored.updated_at = now;
        Ok(true)
    }

    async fn delete_webhook(&self, workspace: WorkspaceId, id: WebhookId) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        shared
            .deliveries
            .retain(|(space, webhook, _), _| (*space, *webhook) != (workspace, id));
        Ok(shared.webhooks.remove(&(workspace, id)).is_some())
    }

    async fn due_webhooks(&self, now: Timestamp, limit: u32) -> Result<Vec<(WorkspaceId, WebhookId)>, StorageError> {
        let shared = self.lock();
        let has_job = |webhook: &Webhook| {
            let mut jobs = shared.jobs.iter();
            jobs.any(|job| {
                job.job.workspace == webhook.workspace && job.job.id.0 == webhook.id.0 && !job.state.is_over()
            })
        };
        let is_behind = |webhook: &Webhook| {
            let account = shared.accounts.get(&webhook.workspace);
            account.is_some_and(|account| webhook.position < account.space.revisions.latest)
        };
        let due = shared.webhooks.values().filter(|webhook| {
            webhook.is_enabled
                && webhook.health.paused_until.is_none_or(|until| until <= now)
                && (is_behind(webhook)
                    || shared
                        .pending(webhook.workspace, webhook.id)
                        .any(|one| is_due(one, now)))
                && !has_job(webhook)
        });
        let due = due.map(|webhook| (webhook.workspace, webhook.id));
        Ok(due.take(limit as usize).collect())
    }

    async fn replace_job(&self, job: &NewJob) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        shared.jobs.retain(|stored| {
            (stored.job.workspace, stored.job.id) != (job.workspace, job.id) || !stored.state.is_over()
        });
        match shared.enqueue(job) {
            Ok(()) => Ok(true),
            Err(StorageError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn store_deliveries(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        (from, to): (Revision, Revision),
        deliveries: &[Delivery],
    ) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        let webhook = shared.webhooks.get_mut(&(workspace, id));
        let Some(webhook) = webhook.filter(|webhook| webhook.is_enabled && webhook.position == from) else {
            return Ok(false);
        };
        webhook.position = to;
        for delivery in deliveries {
            let stored = shared.deliveries.entry((workspace, id, delivery.message));
            let stored = stored.or_insert_with(|| delivery.clone());
            stored.revive(delivery.state.next_try_at, |status| status != DeliveryStatus::Pending);
        }
        Ok(true)
    }

    async fn pending_deliveries(&self, workspace: WorkspaceId, id: WebhookId) -> Result<u64, StorageError> {
        Ok(self.lock().pending(workspace, id).count() as u64)
    }

    async fn due_deliveries(&self, query: &DueQuery) -> Result<Vec<Delivery>, StorageError> {
        let shared = self.lock();
        let pending = || shared.pending(query.workspace, query.webhook);
        let order = |delivery: &Delivery| (delivery.revision, delivery.place);
        let is_first = |delivery: &&Delivery| {
            !pending().any(|other| other.contact == delivery.contact && order(other) < order(delivery))
        };
        let due = pending()
            .filter(|delivery| is_due(delivery, query.now))
            .filter(is_first);
        let mut due: Vec<Delivery> = due.cloned().collect();
        due.sort_by_key(|delivery| {
            let since = query.longest_due_first.then_some(delivery.state.next_try_at);
            (since, order(delivery))
        });
        due.truncate(query.limit as usize);
        Ok(due)
    }

    async fn record_attempts(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        deliveries: &[Delivery],
        (is_enabled, health): (bool, &EndpointHealth),
    ) -> Result<(), StorageError> {
        let mut shared = self.lock();
        let webhook = shared.webhooks.get_mut(&(workspace, id));
        if let Some(webhook) = webhook.filter(|webhook| webhook.is_enabled) {
            webhook.is_enabled = is_enabled;
            webhook.health = health.clone();
        }
        for delivery in deliveries {
            let stored = shared.deliveries.get_mut(&(workspace, id, delivery.message));
            if let Some(stored) = stored.filter(|stored| stored.state.status == DeliveryStatus::Pending) {
                stored.state = delivery.state.clone();
            }
        }
        Ok(())
    }

    async fn deliveries(&self, query: &DeliveryQuery) -> Result<Vec<Delivery>, StorageError> {
        let shared = self.lock();
        let mut found: Vec<Delivery> = shared
            .of_webhook(query.workspace, query.webhook)
            .filter(|delivery| query.status.is_none_or(|status| delivery.state.status == status))
            .filter(|delivery| query.before.is_none_or(|before| delivery.at() < before))
            .cloned()
            .collect();
        found.sort_by_key(|delivery| std::cmp::Reverse(delivery.at()));
        found.truncate(query.limit as usize);
        Ok(found)
    }

    async fn move_webhook(&self, workspace: WorkspaceId, id: WebhookId, to: Revision) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        let webhook = shared.webhooks.get_mut(&(workspace, id));
        Ok(webhook.map(|webhook| webhook.position = to).is_some())
    }

    async fn revive_deliveries(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        messages: &[MessageId],
        now: Timestamp,
    ) -> Result<u64, StorageError> {
        let mut shared = self.lock();
        let mut revived = 0;
        for message in messages {
            if let Some(stored) = shared.deliveries.get_mut(&(workspace, id, *message)) {
                revived += u64::from(stored.revive(now, |status| status == DeliveryStatus::Dead));
            }
        }
        Ok(revived)
    }

    async fn prune_deliveries(&self, delivered_before: Timestamp, dead_before: Timestamp) -> Result<u64, StorageError> {
        let mut shared = self.lock();
        let before = shared.deliveries.len();
        shared.deliveries.retain(|_, delivery| match delivery.state.status {
            DeliveryStatus::Pending => true,
            DeliveryStatus::Delivered => delivery.state.next_try_at >= delivered_before,
            DeliveryStatus::Dead => delivery.state.next_try_at >= dead_before,
        });
        Ok((before - shared.deliveries.len()) as u64)
    }
}

fn is_due(delivery: &Delivery, now: Timestamp) -> bool {
    delivery.state.next_try_at <= now
}

trait Revive {
    /// Makes a message pending again if its status is one of those. Returns whether it was.
    fn revive(&mut self, now: Timestamp, is_one: impl Fn(DeliveryStatus) -> bool) -> bool;
}

impl Revive for Delivery {
    fn revive(&mut self, now: Timestamp, is_one: impl Fn(DeliveryStatus) -> bool) -> bool {
        let is_one = is_one(self.state.status);
        if is_one {
            let last = self.state.last.take();
            self.state = DeliveryState {
                last,
                ..DeliveryState::new(now)
            };
        }
        is_one
    }
}

impl Shared {
    /// Deletes the messages about contacts that were erased.
    pub(super) fn forget_messages(&mut self, workspace: WorkspaceId, is_erased: impl Fn(ContactId) -> bool) {
        self.deliveries
            .retain(|(space, ..), delivery| *space != workspace || !is_erased(delivery.contact));
    }

    fn free_webhook_url(&self, webhook: &Webhook) -> Result<(), StorageError> {
        let mut others = self.webhooks.values();
        let is_taken = others
            .any(|other| other.workspace == webhook.workspace && other.id != webhook.id && other.url == webhook.url);
        if is_taken {
            return Err(StorageError::Conflict {
                what: "the URL of the webhook",
            });
        }
        Ok(())
    }

    fn of_webhook(&self, workspace: WorkspaceId, id: WebhookId) -> impl Iterator<Item = &Delivery> {
        let own = self.deliveries.iter();
        own.filter(move |((space, webhook, _), _)| (*space, *webhook) == (workspace, id))
            .map(|(_, delivery)| delivery)
    }

    fn pending(&self, workspace: WorkspaceId, id: WebhookId) -> impl Iterator<Item = &Delivery> {
        self.of_webhook(workspace, id)
            .filter(|delivery| delivery.state.status == DeliveryStatus::Pending)
    }
}

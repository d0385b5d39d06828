//! Webhooks: endpoints that receive changes, and the messages for them.

use super::{NewJob, StorageError};
use async_trait::async_trait;
use selfsame_domain::webhooks::{
    DeliveryState, DeliveryStatus, EndpointAnswer, EndpointHealth, WantedKinds, WebhookUrl,
};
use selfsame_domain::{ChangeKind, ContactChange, ContactId, MessageId, Revision, Timestamp, WebhookId, WorkspaceId};
use std::fmt;

/// An endpoint that receives changes.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its ID, unique within the workspace.
    pub id: WebhookId,
    /// Where messages are sent, unique within the workspace.
    pub url: WebhookUrl,
    /// Which changes are sent.
    pub kinds: WantedKinds,
    /// The secret that signs messages, encrypted.
    pub sealed: Vec<u8>,
    /// The secret before it, encrypted, and until when it signs too.
    pub sealed_before: Option<(Vec<u8>, Timestamp)>,
    /// Whether messages are made and sent.
    pub is_enabled: bool,
    /// Whether the endpoint works.
    pub health: EndpointHealth,
    /// All changes up to this commit are messages, or are not wanted.
    pub position: Revision,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed by a person.
    pub updated_at: Timestamp,
}

/// Secrets are left out.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("workspace", &self.workspace)
            .field("id", &self.id)
            .field("is_enabled", &self.is_enabled)
            .field("health", &self.health)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

/// A message for an endpoint: one change of one contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its ID, unique within the webhook.
    pub message: MessageId,
    /// The commit of the change.
    pub revision: Revision,
    /// Its place among the changes of the commit.
    pub place: u32,
    /// The contact. Messages of one contact are sent one after the other.
    pub contact: ContactId,
    /// What became of the contact.
    pub kind: ChangeKind,
    /// The body. It is signed, and sent as it is.
    pub body: String,
    /// Its progress.
    pub state: DeliveryState,
}

impl Delivery {
    /// Where it is in the list of the deliveries of its webhook.
    pub fn at(&self) -> DeliveryPlace {
        DeliveryPlace {
            revision: self.revision,
            place: self.place,
            message: self.message,
        }
    }
}

/// A place in the list of the deliveries of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeliveryPlace {
    /// The commit of the change.
    pub revision: Revision,
    /// The place among the changes of the commit.
    pub place: u32,
    /// The message.
    pub message: MessageId,
}

/// A page of the deliveries of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryQuery {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The webhook.
    pub webhook: WebhookId,
    /// Which deliveries; all without.
    pub status: Option<DeliveryStatus>,
    /// Only those before this place.
    pub before: Option<DeliveryPlace>,
    /// The greatest number of deliveries.
    pub limit: u32,
}

/// Which deliveries to read for sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueQuery {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The webhook.
    pub webhook: WebhookId,
    /// The current time.
    pub now: Timestamp,
    /// Whether those that were due first come first, instead of those of the earliest changes.
    pub longest_due_first: bool,
    /// The greatest number of deliveries.
    pub limit: u32,
}

/// Stores webhooks and their deliveries.
#[async_trait]
pub trait Webhooks: Send + Sync {
    /// Stores a webhook. [`StorageError::Conflict`] when its URL is taken, [`StorageError::UnknownWorkspace`] when its
    /// workspace does not exist.
    async fn create_webhook(&self, webhook: &Webhook) -> Result<(), StorageError>;

    /// One webhook.
    async fn webhook(&self, workspace: WorkspaceId, id: WebhookId) -> Result<Option<Webhook>, StorageError>;

    /// The webhooks of a workspace, by ID, at most 500.
    async fn webhooks(&self, workspace: WorkspaceId) -> Result<Vec<Webhook>, StorageError>;

    /// Stores the URL, the kinds and the secrets of a webhook. Returns whether it exists; [`StorageError::Conflict`]
    /// when the URL is taken.
    async fn update_webhook(&self, webhook: &Webhook) -> Result<bool, StorageError>;

    /// Enables or disables a webhook, and stores its health. Returns whether it exists.
    async fn switch_webhook(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        is_enabled: bool,
        health: &EndpointHealth,
        now: Timestamp,
    ) -> Result<bool, StorageError>;

    /// Deletes a webhook with its deliveries. Returns whether it existed.
    async fn delete_webhook(&self, workspace: WorkspaceId, id: WebhookId) -> Result<bool, StorageError>;

    /// Webhooks of all workspaces that have work: enabled, not paused, behind the last commit of their workspace or with
    /// a pending delivery that is due, and without a job of their ID that is queued or running.
    async fn due_webhooks(&self, now: Timestamp, limit: u32) -> Result<Vec<(WorkspaceId, WebhookId)>, StorageError>;

    /// Queues a job in place of one of the same ID that is over. Returns false if there is one that is not over.
    async fn replace_job(&self, job: &NewJob) -> Result<bool, StorageError>;

    /// Stores deliveries and moves the position of the webhook, if it is enabled and its position is `from`. Returns
    /// whether it was. A message that is stored already and not pending is pending again, with the given state.
    async fn store_deliveries(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        (from, to): (Revision, Revision),
        deliveries: &[Delivery],
    ) -> Result<bool, StorageError>;

    /// The number of pending deliveries.
    async fn pending_deliveries(&self, workspace: WorkspaceId, id: WebhookId) -> Result<u64, StorageError>;

    /// Pending deliveries that are due. MUST leave out a delivery when an earlier one of the same contact is pending.
    async fn due_deliveries(&self, query: &DueQuery) -> Result<Vec<Delivery>, StorageError>;

    /// Stores the states of deliveries that are still pending, and, if the webhook is enabled, its health and whether it
    /// is enabled. One transaction.
    async fn record_attempts(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        deliveries: &[Delivery],
        (is_enabled, health): (bool, &EndpointHealth),
    ) -> Result<(), StorageError>;

    /// Deliveries, the latest change first.
    async fn deliveries(&self, query: &DeliveryQuery) -> Result<Vec<Delivery>, StorageError>;

    /// Sets the position of a webhook. Returns whether it exists.
    async fn move_webhook(&self, workspace: WorkspaceId, id: WebhookId, to: Revision) -> Result<bool, StorageError>;

    /// Makes dead deliveries pending again. Returns how many there were among the given ones.
    async fn revive_deliveries(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        messages: &[MessageId],
        now: Timestamp,
    ) -> Result<u64, StorageError>;

    /// Deletes deliveries of all workspaces whose last attempt was before a time: of delivered and of dead messages.
    /// Returns how many.
    async fn prune_deliveries(&self, delivered_before: Timestamp, dead_before: Timestamp) -> Result<u64, StorageError>;
}

/// A signed message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedMessage {
    /// Where it is sent.
    pub url: WebhookUrl,
    /// `webhook-id`.
    pub id: String,
    /// `webhook-timestamp`, in seconds since 1970.
    pub seconds: i64,
    /// `webhook-signature`.
    pub signature: String,
    /// The body, JSON.
    pub body: String,
}

/// Sends messages to endpoints.
#[async_trait]
pub trait WebhookSender: Send + Sync + fmt::Debug {
    /// Sends a message once and returns the answer, or why there was none; the reason MUST NOT repeat the URL. MUST refuse
    /// private, loopback, link-local and other special addresses unless they are allowed, MUST NOT follow redirects, and
    /// MUST bound every wait and the size of the answer.
    async fn send(&self, message: &SignedMessage) -> EndpointAnswer;
}

/// Writes the bodies of messages.
pub trait MessageBodies: Send + Sync + fmt::Debug {
    /// The body of a change. The same change MUST always have the same body.
    fn of_change(&self, change: &ContactChange) -> String;

    /// The body of a test.
    fn of_test(&self, at: Timestamp) -> String;
}

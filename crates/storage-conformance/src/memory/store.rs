//! The state that all clones of a store share.

use super::second_factors::StoredFactor;
use super::space::Space;
use selfsame_application::Replay;
use selfsame_application::ports::{
    AccessVersion, ApiKey, Connector, Delivery, Export, ExportRun, Import, ImportId, ImportRow, Invitation, Job,
    Session, SigningSecret, Site, StoredUser, Webhook, Workspace,
};
use selfsame_domain::console::{AuditEntry, Role};
use selfsame_domain::{
    AuditId, ConnectorId, ExportId, MessageId, RunId, SiteId, Timestamp, UserId, WebhookId, WorkspaceId,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A storage in memory. Clones share their state.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) accounts: BTreeMap<WorkspaceId, Account>,
    pub(super) keys: Vec<StoredKey>,
    pub(super) sites: BTreeMap<SiteId, Site>,
    /// When the keys of sites were last used.
    pub(super) sites_seen: BTreeMap<SiteId, Timestamp>,
    /// The number of sites that were ever created.
    pub(super) sites_made: i64,
    /// Newest first.
    pub(super) secrets: BTreeMap<WorkspaceId, Vec<SigningSecret>>,
    /// In the order in which they were enqueued.
    pub(super) jobs: Vec<Job>,
    pub(super) imports: BTreeMap<(WorkspaceId, ImportId), StoredImport>,
    pub(super) uploads: BTreeMap<(WorkspaceId, ImportId), StoredUpload>,
    pub(super) connectors: BTreeMap<(WorkspaceId, ConnectorId), Connector>,
    pub(super) exports: BTreeMap<(WorkspaceId, ExportId), Export>,
    pub(super) runs: BTreeMap<(WorkspaceId, RunId), ExportRun>,
    pub(super) webhooks: BTreeMap<(WorkspaceId, WebhookId), Webhook>,
    pub(super) deliveries: BTreeMap<(WorkspaceId, WebhookId, MessageId), Delivery>,
    pub(super) people: People,
    pub(super) audit: BTreeMap<(WorkspaceId, AuditId), AuditEntry>,
}

/// Who works in the console. Sessions and invitations are kept by the digests of their secrets.
#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) users: BTreeMap<UserId, StoredUser>,
    pub(super) members: BTreeMap<(WorkspaceId, UserId), StoredMember>,
    pub(super) invitations: BTreeMap<Vec<u8>, Invitation>,
    pub(super) sessions: BTreeMap<Vec<u8>, Session>,
    pub(super) factors: BTreeMap<UserId, StoredFactor>,
    /// Accounts of identity providers, by issuer and subject.
    pub(super) identities: BTreeMap<(String, String), UserId>,
}

/// The role of a user in a workspace, and since when.
#[derive(Debug, Clone, Copy)]
pub(super) struct StoredMember {
    pub(super) role: Role,
    pub(super) since: Timestamp,
}

/// A body whose import is not accepted yet.
#[derive(Debug, Default)]
pub(super) struct StoredUpload {
    pub(super) chunks: Vec<Vec<u8>>,
    pub(super) touched_at: Timestamp,
}

/// An import with its body, in chunks, and its rows.
#[derive(Debug)]
pub(super) struct StoredImport {
    pub(super) import: Import,
    pub(super) body: Vec<Vec<u8>>,
    pub(super) rows: Vec<ImportRow>,
    pub(super) replay: Option<Replay>,
}

/// A workspace with its data.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) workspace: Workspace,
    pub(super) access: AccessVersion,
    /// A commit replaces it as a whole.
    pub(super) space: Arc<Space>,
    /// Held during a write.
    pub(super) writer: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Clone)]
pub(super) struct StoredKey {
    pub(super) key: ApiKey,
    pub(super) digest: Vec<u8>,
}

impl MemoryStore {
    /// An empty storage.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ignores poisoning: a panic while the lock is held leaves the state consistent, because every change is a single insertion or replacement.
    pub(super) fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The committed data of a workspace; empty for an unknown workspace.
    pub(super) fn space(&self, workspace: WorkspaceId) -> Arc<Space> {
        self.lock()
            .accounts
            .get(&workspace)
            .map(|account| Arc::clone(&account.space))
            .unwrap_or_default()
    }
}

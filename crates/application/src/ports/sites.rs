//! Sites with their public keys, and the secrets that sign identity tokens.

use async_trait::async_trait;
use secrecy::SecretString;
use selfsame_domain::values::SiteOrigin;
use selfsame_domain::{SiteId, Timestamp, WorkspaceId};
use std::collections::{BTreeMap, BTreeSet};

use super::{StorageError, Workspace};

/// How many signing secrets of a workspace are live: the newest signs, the previous one is still accepted, so that
/// tokens outlive a rotation.
pub const LIVE_SECRETS: usize = 2;

/// A site: pages or an app that use a public key (identity rules, "Trust").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Its number, unique in the installation. It authorizes nothing: it is small and can be guessed.
    pub id: SiteId,
    /// The workspace that it belongs to.
    pub workspace: WorkspaceId,
    /// Its display name, 1 to 100 characters, unique within the workspace.
    pub name: String,
    /// Its public key, safe to publish, unique.
    pub key: String,
    /// The origins whose pages may use the key; none for an app.
    pub origins: BTreeSet<SiteOrigin>,
    /// Whether the key may name external IDs, emails and phones without a signed identity token.
    pub allow_unsigned: bool,
    /// When it was created.
    pub created_at: Timestamp,
}

/// A site to create; fields as in [`Site`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSite {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its name.
    pub name: String,
    /// Its public key.
    pub key: String,
    /// Its origins.
    pub origins: BTreeSet<SiteOrigin>,
    /// Whether unsigned identification is accepted.
    pub allow_unsigned: bool,
}

/// A secret that signs identity tokens. Its `Debug` output omits it.
#[derive(Debug, Clone)]
pub struct SigningSecret {
    /// The secret.
    pub secret: SecretString,
    /// When it was created.
    pub created_at: Timestamp,
}

/// What a public key grants access to.
#[derive(Debug, Clone)]
pub struct SiteAccess {
    /// The site.
    pub site: Site,
    /// Its workspace.
    pub workspace: Workspace,
    /// The live signing secrets of the workspace, newest first; at most [`LIVE_SECRETS`].
    pub secrets: Vec<SigningSecret>,
}

/// Stores sites and signing secrets.
#[async_trait]
pub trait Sites: Send + Sync {
    /// Creates a site. [`StorageError::Conflict`] when its name is taken in the workspace or its key anywhere,
    /// [`StorageError::UnknownWorkspace`] when its workspace does not exist.
    async fn create_site(&self, site: &NewSite, at: Timestamp) -> Result<Site, StorageError>;

    /// The sites of a workspace, by number.
    async fn sites(&self, workspace: WorkspaceId) -> Result<Vec<Site>, StorageError>;

    /// Sets the origins of a site, and whether it accepts unsigned identification. Returns whether the workspace has
    /// it.
    async fn set_site(
        &self,
        workspace: WorkspaceId,
        site: SiteId,
        origins: &BTreeSet<SiteOrigin>,
        allow_unsigned: bool,
    ) -> Result<bool, StorageError>;

    /// Adds origins to a site. Concurrent additions all take effect. Returns whether the workspace has it.
    async fn add_origins(
        &self,
        workspace: WorkspaceId,
        site: SiteId,
        origins: &BTreeSet<SiteOrigin>,
    ) -> Result<bool, StorageError>;

    /// Deletes a site. Its key is invalid from then on; data that came through it stays. Returns whether the workspace
    /// had it.
    async fn remove_site(&self, workspace: WorkspaceId, site: SiteId) -> Result<bool, StorageError>;

    /// Returns the access of a public key. MUST see a deletion or a change as soon as it is committed, from every
    /// server.
    async fn site(&self, key: &str) -> Result<Option<SiteAccess>, StorageError>;

    /// Stores that the key of a site was used. A later time stays. A site that was deleted is left out.
    async fn touch_site(&self, workspace: WorkspaceId, site: SiteId, at: Timestamp) -> Result<(), StorageError>;

    /// When the keys of the sites of a workspace were last used, to the minute; without those that never were.
    async fn sites_seen(&self, workspace: WorkspaceId) -> Result<BTreeMap<SiteId, Timestamp>, StorageError>;

    /// Whether a site of any workspace has this origin.
    async fn knows_origin(&self, origin: &str) -> Result<bool, StorageError>;

    /// Adds the newest signing secret of a workspace; all but the newest [`LIVE_SECRETS`] are deleted.
    /// [`StorageError::UnknownWorkspace`] when the workspace does not exist.
    async fn add_signing_secret(&self, workspace: WorkspaceId, secret: &SigningSecret) -> Result<(), StorageError>;

    /// Adds a signing secret to a workspace that has none, and only then: of several concurrent calls one MUST succeed.
    /// [`StorageError::UnknownWorkspace`] when the workspace does not exist.
    async fn add_first_signing_secret(
        &self,
        workspace: WorkspaceId,
        secret: &SigningSecret,
    ) -> Result<(), StorageError>;

    /// The live signing secrets of a workspace, newest first.
    async fn signing_secrets(&self, workspace: WorkspaceId) -> Result<Vec<SigningSecret>, StorageError>;
}

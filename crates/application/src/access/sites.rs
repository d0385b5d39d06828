//! Sites, their public keys, and the identity of their visitors.

use super::identity_token::{self, TokenError};
use crate::access::{AccessError, Principal, TOUCH_EVERY};
use crate::app::Application;
use crate::ports::{NewSite, SigningSecret, Site, SiteAccess, StorageError};
use crate::submit::SubmitError;
use chrono::TimeDelta;
use data_encoding::BASE32_DNSSEC;
use secrecy::SecretString;
use selfsame_domain::values::{ExternalId, SiteOrigin};
use selfsame_domain::{Call, Command, Contact, ContactRequest, Timestamp, WorkspaceId};
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

/// The prefix of every public key, so that it is not mistaken for a secret.
const SITE_KEY_MARK: &str = "pk_";

/// The prefix of every signing secret, so that secret scanners recognise it.
const SIGNING_MARK: &str = "sig_";

/// How long an identity token is valid that an API key requests.
const TOKEN_LIFETIME: TimeDelta = TimeDelta::days(1);

/// The name of the site that shops share.
const WEB_SITE: &str = "web";

impl Application {
    /// Returns the site and workspace of a public key. A caller with a secret key as well sees only the sites of its
    /// own workspace (identity rules, "Trust").
    pub async fn open_site(&self, key: &str, secret: Option<&Principal>) -> Result<Arc<SiteAccess>, AccessError> {
        let store = Arc::clone(&self.store);
        let read = |key: String| async move { store.site(&key).await };
        let found = self.site_reads.get_or_read(&key.to_owned(), read).await?;
        let own = |access: &Arc<SiteAccess>| secret.is_none_or(|secret| secret.workspace.id == access.workspace.id);
        let found = found.filter(own).ok_or(AccessError::UnknownSite)?;
        self.note_use(&found.site).await?;
        Ok(found)
    }

    /// Stores the use of a site's key, at most once a minute.
    async fn note_use(&self, site: &Site) -> Result<(), AccessError> {
        let now = self.clock.now();
        // Only one of several concurrent requests stores it: the row would be their bottleneck.
        let is_claimed = {
            let mut seen = self.sites_seen.lock().unwrap_or_else(PoisonError::into_inner);
            let is_fresh = seen.get(&site.id).is_some_and(|last| now - *last < TOUCH_EVERY);
            if !is_fresh {
                seen.insert(site.id, now);
            }
            !is_fresh
        };
        if is_claimed {
            let touched = self.store.touch_site(site.workspace, site.id, now).await;
            touched.map_err(Arc::new)?;
        }
        Ok(())
    }

    /// Whether a site of any workspace has this origin.
    pub async fn knows_origin(&self, origin: &str) -> Result<bool, AccessError> {
        let store = Arc::clone(&self.store);
        let read = |origin: String| async move { Ok(store.knows_origin(&origin).await?.then_some(())) };
        Ok(self.origin_reads.get_or_read(&origin.to_owned(), read).await?.is_some())
    }

    /// Returns the external ID that an identity token vouches for, by the live secrets of the site's workspace.
    pub fn vouched(&self, site: &SiteAccess, token: &str) -> Result<ExternalId, TokenError> {
        identity_token::verify(token, &site.secrets, self.clock.now())
    }

    /// Creates a site with a new public key.
    pub async fn create_site(
        &self,
        workspace: WorkspaceId,
        name: &str,
        origins: BTreeSet<SiteOrigin>,
        allow_unsigned: bool,
    ) -> Result<Site, StorageError> {
        let site = NewSite {
            workspace,
            name: name.to_owned(),
            key: format!("{SITE_KEY_MARK}{}", BASE32_DNSSEC.encode(&self.ids.secret())),
            origins,
            allow_unsigned,
        };
        self.store.create_site(&site, self.clock.now()).await
    }

    /// Ensures that pages of a domain may use the public key of a site of the workspace. Returns the site, and whether
    /// the domain was added. A domain that no site has is added to the site of [`Self::web_site`].
    pub async fn register_domain(
        &self,
        workspace: WorkspaceId,
        origins: &BTreeSet<SiteOrigin>,
    ) -> Result<(Site, bool), StorageError> {
        if let Some(site) = self.site_of_domain(workspace, origins).await? {
            return Ok((site, false));
        }
        let mut site = self.web_site(workspace).await?;
        if !self.store.add_origins(workspace, site.id, origins).await? {
            // A concurrent request deleted the site.
            return Err(StorageError::Retriable);
        }
        site.origins.extend(origins.iter().cloned());
        Ok((site, true))
    }

    /// Returns the site of a workspace that has one of these origins; the oldest of several.
    pub async fn site_of_domain(
        &self,
        workspace: WorkspaceId,
        origins: &BTreeSet<SiteOrigin>,
    ) -> Result<Option<Site>, StorageError> {
        let sites = self.store.sites(workspace).await?;
        Ok(sites.into_iter().find(|site| !site.origins.is_disjoint(origins)))
    }

    /// Returns the site whose key is used by the workspace's shops that name no site: the only site with pages, else
    /// the one named [`WEB_SITE`]. Creates it when it is missing (wire fact: a shop plug-in requests the script before
    /// it names its domain).
    pub async fn web_site(&self, workspace: WorkspaceId) -> Result<Site, StorageError> {
        if let Some(site) = shared_site(self.store.sites(workspace).await?) {
            return Ok(site);
        }
        match self.create_site(workspace, WEB_SITE, BTreeSet::new(), false).await {
            // A concurrent request created it.
            Err(StorageError::Conflict { .. }) => {
                let sites = self.store.sites(workspace).await?;
                shared_site(sites).ok_or(StorageError::Retriable)
            }
            made => made,
        }
    }

    /// Creates a new signing secret of 192 bits for a workspace. The previous one stays live; older ones are deleted.
    pub async fn rotate_signing_secret(&self, workspace: WorkspaceId) -> Result<SecretString, StorageError> {
        let new = self.new_signing_secret();
        self.store.add_signing_secret(workspace, &new).await?;
        Ok(new.secret)
    }

    fn new_signing_secret(&self) -> SigningSecret {
        SigningSecret {
            secret: format!("{SIGNING_MARK}{}", BASE32_DNSSEC.encode(&self.ids.secret())).into(),
            created_at: self.clock.now(),
        }
    }

    /// Returns the signing secret of a workspace. The first one is created on demand.
    pub(super) async fn signing_secret(&self, workspace: WorkspaceId) -> Result<SigningSecret, StorageError> {
        let newest = self.store.signing_secrets(workspace).await?.into_iter().next();
        if let Some(secret) = newest {
            return Ok(secret);
        }
        self.store
            .add_first_signing_secret(workspace, &self.new_signing_secret())
            .await?;
        let newest = self.store.signing_secrets(workspace).await?.into_iter().next();
        newest.ok_or(StorageError::Retriable)
    }

    /// Finds a contact as an event with this request would. Writes nothing.
    pub async fn find_contact(
        &self,
        workspace: WorkspaceId,
        request: ContactRequest,
    ) -> Result<Option<Contact>, SubmitError> {
        let command = Command::Contact(Call::Event { creates: false }, Box::new(request));
        let decided = self.dry_run(workspace, vec![command], None).await?;
        let Some(id) = decided.first().and_then(|decision| decision.contact) else {
            return Ok(None);
        };
        let found = self.store.contact(workspace, id).await.map_err(SubmitError::from)?;
        Ok(found.map(|details| details.contact))
    }

    /// Issues an identity token of an external ID that is valid for a day. None where the secret cannot sign.
    pub async fn identity_token(
        &self,
        workspace: WorkspaceId,
        id: &ExternalId,
    ) -> Result<Option<String>, StorageError> {
        let secret = self.signing_secret(workspace).await?;
        let end = self.clock.now() + TOKEN_LIFETIME;
        Ok(identity_token::sign(&secret, id, Some(end)))
    }

    /// Signs an identity token with the newest secret of a workspace. None without a secret.
    pub async fn sign_identity(
        &self,
        workspace: WorkspaceId,
        id: &ExternalId,
        expires_at: Option<Timestamp>,
    ) -> Result<Option<String>, StorageError> {
        let secrets = self.store.signing_secrets(workspace).await?;
        let newest = secrets.first();
        Ok(newest.and_then(|secret| identity_token::sign(secret, id, expires_at)))
    }
}

/// Returns the site that shops share.
fn shared_site(sites: Vec<Site>) -> Option<Site> {
    let named = |site: &Site| site.name == WEB_SITE;
    let (mut shared, mut others): (Vec<_>, Vec<_>) = sites
        .into_iter()
        .filter(|site| named(site) || !site.origins.is_empty())
        .partition(named);
    shared.pop().or_else(|| others.pop().filter(|_| others.is_empty()))
}

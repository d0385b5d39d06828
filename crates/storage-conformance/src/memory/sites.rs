//! Sites with their public keys, and the secrets that sign identity tokens.

use super::store::MemoryStore;
use async_trait::async_trait;
use selfsame_application::ports::{LIVE_SECRETS, NewSite, SigningSecret, Site, SiteAccess, Sites, StorageError};
use selfsame_domain::values::SiteOrigin;
use selfsame_domain::{SiteId, Timestamp, WorkspaceId};
use std::collections::{BTreeMap, BTreeSet};

#[async_trait]
impl Sites for MemoryStore {
    async fn create_site(&self, site: &NewSite, at: Timestamp) -> Result<Site, StorageError> {
        let mut shared = self.lock();
        if !shared.accounts.contains_key(&site.workspace) {
            return Err(StorageError::UnknownWorkspace);
        }
        let is_taken =
            |known: &Site| known.key == site.key || (known.workspace == site.workspace && known.name == site.name);
        if shared.sites.values().any(is_taken) {
            return Err(StorageError::Conflict {
                what: "the name or the key of the site",
            });
        }
        shared.sites_made += 1;
        let made = Site {
            id: SiteId(shared.sites_made),
            workspace: site.workspace,
            name: site.name.clone(),
            key: site.key.clone(),
            origins: site.origins.clone(),
            allow_unsigned: site.allow_unsigned,
            created_at: at,
        };
        shared.sites.insert(made.id, made.clone());
        Ok(made)
    }

    async fn sites(&self, workspace: WorkspaceId) -> Result<Vec<Site>, StorageError> {
        let shared = self.lock();
        let own = shared.sites.values().filter(|site| site.workspace == workspace);
        Ok(own.cloned().collect())
    }

    async fn set_site(
        &self,
        workspace: WorkspaceId,
        site: SiteId,
        origins: &BTreeSet<SiteOrigin>,
        allow_unsigned: bool,
    ) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        let Some(site) = shared.sites.get_mut(&site).filter(|site| site.workspace == workspace) else {
            return Ok(false);
        };
        site.origins.clone_from(origins);
        site.allow_unsigned = allow_unsigned;
        Ok(true)
    }

    async fn add_origins(
        &self,
        workspace: WorkspaceId,
        site: SiteId,
        origins: &BTreeSet<SiteOrigin>,
    ) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        let own = shared.sites.get_mut(&site).filter(|site| site.workspace == workspace);
        Ok(own.map(|site| site.origins.extend(origins.iter().cloned())).is_some())
    }

    async fn remove_site(&self, workspace: WorkspaceId, site: SiteId) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        let has = shared.sites.get(&site).is_some_and(|site| site.workspace == workspace);
        if has {
            shared.sites.remove(&site);
        }
        Ok(has)
    }

    async fn site(&self, key: &str) -> Result<Option<SiteAccess>, StorageError> {
        let shared = self.lock();
        let Some(site) = shared.sites.values().find(|site| site.key == key) else {
            return Ok(None);
        };
        let account = shared.accounts.get(&site.workspace);
        Ok(account.map(|account| SiteAccess {
            site: site.clone(),
            workspace: account.workspace.clone(),
            secrets: shared.secrets.get(&site.workspace).cloned().unwrap_or_default(),
        }))
    }

    async fn touch_site(&self, workspace: WorkspaceId, site: SiteId, at: Timestamp) -> Result<(), StorageError> {
        let mut shared = self.lock();
        if shared.sites.get(&site).is_some_and(|site| site.workspace == workspace) {
            let seen = shared.sites_seen.entry(site).or_insert(at);
            *seen = at.max(*seen);
        }
        Ok(())
    }

    async fn sites_seen(&self, workspace: WorkspaceId) -> Result<BTreeMap<SiteId, Timestamp>, StorageError> {
        let shared = self.lock();
        let is_own = |site: &SiteId| shared.sites.get(site).is_some_and(|site| site.workspace == workspace);
        let seen = shared.sites_seen.iter().filter(|(site, _)| is_own(site));
        Ok(seen.map(|(site, at)| (*site, *at)).collect())
    }

    async fn knows_origin(&self, origin: &str) -> Result<bool, StorageError> {
        let shared = self.lock();
        let mut origins = shared.sites.values().flat_map(|site| &site.origins);
        Ok(origins.any(|known| known.as_str() == origin))
    }

    async fn add_signing_secret(&self, workspace: WorkspaceId, secret: &SigningSecret) -> Result<(), StorageError> {
        let mut shared = self.lock();
        if !shared.accounts.contains_key(&workspace) {
            return Err(StorageError::UnknownWorkspace);
        }
        let secrets = shared.secrets.entry(workspace).or_default();
        secrets.insert(0, secret.clone());
        secrets.truncate(LIVE_SECRETS);
        Ok(())
    }

    async fn add_first_signing_secret(
        &self,
        workspace: WorkspaceId,
        secret: &SigningSecret,
    ) -> Result<(), StorageError> {
        let mut shared = self.lock();
        if !shared.accounts.contains_key(&workspace) {
            return Err(StorageError::UnknownWorkspace);
        }
        let secrets = shared.secrets.entry(workspace).or_default();
        if secrets.is_empty() {
            secrets.push(secret.clone());
        }
        Ok(())
    }

    async fn signing_secrets(&self, workspace: WorkspaceId) -> Result<Vec<SigningSecret>, StorageError> {
        Ok(self.lock().secrets.get(&workspace).cloned().unwrap_or_default())
    }
}

//! Sites, their public keys, and who is behind them.

use super::identity_token::{self, TokenError};
use crate::access::AccessError;
use crate::app::Application;
use crate::ports::{NewSite, SigningSecret, Site, SiteAccess, SiteRef, StorageError};
use data_encoding::BASE32_DNSSEC;
use secrecy::SecretString;
use selfsame_domain::values::{ExternalId, SiteOrigin};
use selfsame_domain::{Timestamp, WorkspaceId};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How every public key begins, so that nobody takes it for a secret.
const SITE_KEY_MARK: &str = "pk_";

/// How every signing secret begins, so that secret scanners recognise one.
const SIGNING_MARK: &str = "sig_";

impl Application {
    /// What a public key, or a site's number, opens.
    pub async fn open_site(&self, site: &SiteRef) -> Result<Arc<SiteAccess>, AccessError> {
        let store = Arc::clone(&self.store);
        let read = |site: SiteRef| async move { store.site(&site).await };
        self.site_reads.ask(site, read).await?.ok_or(AccessError::UnknownSite)
    }

    /// Whether a site of any workspace has this origin.
    pub async fn knows_origin(&self, origin: &str) -> Result<bool, AccessError> {
        let store = Arc::clone(&self.store);
        let read = |origin: String| async move { Ok(store.knows_origin(&origin).await?.then_some(())) };
        Ok(self.origin_reads.ask(&origin.to_owned(), read).await?.is_some())
    }

    /// Whom an identity token vouches for, by the live secrets of the site's workspace.
    pub fn vouched(&self, site: &SiteAccess, token: &str) -> Result<ExternalId, TokenError> {
        identity_token::verify(token, &site.secrets, self.clock.now())
    }

    /// Makes a site with a new public key.
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

    /// Makes a new signing secret of 192 bits for a workspace. The one before it stays live, older ones are deleted.
    pub async fn rotate_signing_secret(&self, workspace: WorkspaceId) -> Result<SecretString, StorageError> {
        let secret: SecretString = format!("{SIGNING_MARK}{}", BASE32_DNSSEC.encode(&self.ids.secret())).into();
        let to_store = SigningSecret {
            secret: secret.clone(),
            created_at: self.clock.now(),
        };
        self.store.add_signing_secret(workspace, &to_store).await?;
        Ok(secret)
    }

    /// Signs an identity token with the newest secret of a workspace; none without a secret.
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

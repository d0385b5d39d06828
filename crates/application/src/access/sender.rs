//! The sender of a page's or an app's request, and how far it is trusted (identity rules, "Trust").

use super::{AccessError, Principal, TokenError};
use crate::app::Application;
use crate::ports::{SiteAccess, Workspace};
use selfsame_domain::{Action, IdentifierKind, Policy, Warrant, WorkspaceId};
use std::sync::Arc;

/// The sender of a page's or an app's request.
#[derive(Debug, Clone)]
pub enum Sender {
    /// A page or an app, by the public key of its site.
    Site(Arc<SiteAccess>),
    /// A server, by its secret key, and the site if the request names one.
    Server(Arc<Principal>, Option<Arc<SiteAccess>>),
}

/// Why an identity token makes nothing trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WarrantError {
    /// The token is not valid.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The policy blocks the external ID of the token.
    #[error("is an identity token for a blocked external ID: it names no contact")]
    Blocked,
}

impl Sender {
    /// Whether a secret key came with the request.
    pub fn has_secret(&self) -> bool {
        matches!(self, Self::Server(..))
    }

    /// Whether the sender may do this. A public key may do what its calls do, as far as [`Self::warrant`] goes.
    pub fn may(&self, action: Action) -> bool {
        match self {
            Self::Site(_) => true,
            Self::Server(principal, _) => principal.may(action),
        }
    }

    fn owner(&self) -> &Workspace {
        match self {
            Self::Site(access) => &access.workspace,
            Self::Server(principal, _) => &principal.workspace,
        }
    }

    /// The workspace that every query of the request is bound to.
    pub fn workspace(&self) -> WorkspaceId {
        self.owner().id
    }

    /// The identity policy of the workspace.
    pub fn policy(&self) -> &Policy {
        &self.owner().policy
    }

    /// The scope in which event IDs are unique: the site, or the workspace if the request names no site.
    pub fn place(&self) -> String {
        match self {
            Self::Site(access) | Self::Server(_, Some(access)) => format!("site {}", access.site.id),
            Self::Server(principal, None) => format!("workspace {}", principal.workspace.id),
        }
    }
}

impl Application {
    /// Opens a site for a page or an app, or for a server that names the site beside its secret key.
    ///
    /// `origin` is the origin of a page. Requests without one come from apps and servers: only browsers send it, so only browsers are restricted
    /// to the origins of the site.
    ///
    /// # Errors
    ///
    /// [`AccessError::UnknownSite`] for a key that no site of the caller's workspace has, and [`AccessError::ForeignOrigin`].
    pub async fn open_sender(
        &self,
        site: &str,
        secret: Option<Arc<Principal>>,
        origin: Option<&str>,
    ) -> Result<Sender, AccessError> {
        let access = self.open_site(site, secret.as_deref()).await?;
        let is_own = |origin: &str| access.site.origins.iter().any(|own| own.as_str() == origin);
        if origin.is_some_and(|origin| !is_own(origin)) {
            return Err(AccessError::ForeignOrigin);
        }
        Ok(match secret {
            None => Sender::Site(access),
            Some(principal) => Sender::Server(principal, Some(access)),
        })
    }

    /// The warrant of a request: what makes its claims trusted. A secret key is sufficient. An invalid token is an error, also if the site
    /// allows unsigned identification: its sender relies on it.
    ///
    /// # Errors
    ///
    /// [`WarrantError`] says why the token does not count.
    pub fn warrant(&self, sender: &Sender, token: Option<&str>) -> Result<Warrant, WarrantError> {
        let access = match sender {
            Sender::Server(principal, _) => return Ok(Warrant::SecretKey(principal.key.rights)),
            Sender::Site(access) => access,
        };
        let Some(token) = token else {
            let is_unsigned = access.site.allow_unsigned;
            return Ok(if is_unsigned {
                Warrant::Unsigned
            } else {
                Warrant::PublicKey
            });
        };
        let vouched = self.vouched(access, token)?;
        let id = vouched.as_str();
        if sender.policy().blocks(IdentifierKind::ExternalId, id, id) {
            return Err(WarrantError::Blocked);
        }
        Ok(Warrant::Token(vouched))
    }
}

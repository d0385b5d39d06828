//! Requests of pages and apps: their site, and their trust (identity rules, "Trust").

use crate::auth::Authenticated;
use crate::body::Incoming;
use crate::error::ApiError;
use crate::fields::Problems;
use crate::reply::{Repeated, submit_all, submit_as};
use crate::state::HttpState;
use crate::trace::Note;
use http::header::ORIGIN;
use http::{Extensions, HeaderMap};
use selfsame_application::ports::{SiteAccess, Workspace};
use selfsame_domain::{Action, Command, Decision, IdentifierKind, Policy, Warrant, WorkspaceId};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// The sender of a page's or an app's request.
#[derive(Debug, Clone)]
pub(crate) enum Visit {
    /// A site, by its public key.
    Public(Arc<SiteAccess>),
    /// A workspace, by its secret key, and its site if the request names one.
    Secret(Authenticated, Option<Arc<SiteAccess>>),
}

impl Visit {
    /// Opens a site. Refuses an unknown key with 401, a page of another origin with 403. Requests without `Origin` come from apps and
    /// servers: only browsers send the header, so only browsers are restricted to origins.
    pub(crate) async fn open(
        state: &HttpState,
        site: &str,
        secret: Option<Authenticated>,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Result<Self, ApiError> {
        // Authentication applies the rate limit of a secret key.
        if let Some(limits) = state.limits.as_ref().filter(|_| secret.is_none()) {
            limits.check(&Sha256::digest(site).into())?;
        }
        let access = state.app.open_site(site, secret.as_ref().map(|key| &*key.0)).await?;
        if let Some(note) = extensions.get::<Note>() {
            note.workspace(access.workspace.id);
        }
        if let Some(origin) = headers.get(ORIGIN) {
            let origin = origin.to_str().unwrap_or_default();
            if !access.site.origins.iter().any(|own| own.as_str() == origin) {
                return Err(ApiError::ForeignOrigin);
            }
        }
        Ok(match secret {
            None => Self::Public(access),
            Some(key) => Self::Secret(key, Some(access)),
        })
    }

    /// Whether a secret key came with the request.
    pub(crate) fn is_secret(&self) -> bool {
        matches!(self, Self::Secret(..))
    }

    /// Refuses an action that the rights of a secret key do not cover, with 403.
    pub(crate) fn allow(&self, action: Action) -> Result<(), ApiError> {
        match self {
            Self::Public(_) => Ok(()),
            Self::Secret(key, _) => key.allow(action),
        }
    }

    fn own(&self) -> &Workspace {
        match self {
            Self::Public(access) => &access.workspace,
            Self::Secret(key, _) => &key.0.workspace,
        }
    }

    /// The workspace that every query of the request is bound to.
    pub(crate) fn workspace(&self) -> WorkspaceId {
        self.own().id
    }

    /// The identity policy of the workspace.
    pub(crate) fn policy(&self) -> &Policy {
        &self.own().policy
    }

    /// The scope in which event IDs are unique: the site, or the workspace if the request names no site.
    pub(crate) fn place(&self) -> String {
        match self {
            Self::Public(access) | Self::Secret(_, Some(access)) => format!("site {}", access.site.id),
            Self::Secret(key, None) => format!("workspace {}", key.workspace()),
        }
    }

    /// The warrant of the request: what makes its claims trusted. A secret key is sufficient. An invalid token is an error, also if the site
    /// allows unsigned identification: its sender relies on it.
    pub(crate) fn warrant(
        &self,
        state: &HttpState,
        token: Option<&str>,
        pointer: &str,
        problems: &mut Problems,
    ) -> Option<Warrant> {
        let access = match self {
            Self::Secret(key, _) => return Some(Warrant::SecretKey(key.0.key.rights)),
            Self::Public(access) => access,
        };
        match token {
            Some(token) => {
                let vouched = problems.check(pointer, state.app.vouched(access, token))?;
                let id = vouched.as_str();
                if self.policy().blocks(IdentifierKind::ExternalId, id, id) {
                    problems.add(
                        pointer,
                        "is an identity token for a blocked external ID: it names nobody",
                    );
                    return None;
                }
                Some(Warrant::Token(vouched))
            }
            None if access.site.allow_unsigned => Some(Warrant::Unsigned),
            None => Some(Warrant::PublicKey),
        }
    }

    /// Submits commands in one transaction. An idempotency key belongs to the public or secret key of the request.
    pub(crate) async fn submit(
        &self,
        state: &HttpState,
        incoming: &Incoming,
        commands: Vec<Command>,
    ) -> Result<Vec<Decision>, ApiError> {
        match self {
            Self::Secret(key, _) => submit_all(state, key, incoming, commands, Repeated::Taken).await,
            Self::Public(access) => {
                let scope = format!("site {}", access.site.id);
                submit_as(state, self.workspace(), &scope, incoming, commands, Repeated::Taken).await
            }
        }
    }
}

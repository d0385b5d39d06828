//! Requests with a public key: which site they come from, and what they may do (identity rules, "Trust").

use crate::body::Incoming;
use crate::error::ApiError;
use crate::fields::Problems;
use crate::reply::{Repeated, submit_as};
use crate::state::HttpState;
use crate::trace::Note;
use http::header::ORIGIN;
use http::{Extensions, HeaderMap};
use selfsame_application::ports::{SiteAccess, SiteRef};
use selfsame_domain::values::ExternalId;
use selfsame_domain::{Command, Decision, IdentifierKind, WorkspaceId};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// A site whose key a request brought.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    /// What the key opens.
    pub(crate) access: Arc<SiteAccess>,
}

/// What is known of who is behind a public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Behind {
    /// A signed identity token vouches for this external ID.
    Vouched(ExternalId),
    /// Nothing does, and the site takes what the request says.
    Believed,
    /// Nothing does: nobody is named but by changeable identifiers.
    Anonymous,
}

impl Visit {
    /// Opens a site. Refuses an unknown key with 401, a page of another origin with 403. Requests without `Origin` come from apps and
    /// servers: only browsers tell of pages, and only browsers are held to origins.
    pub(crate) async fn open(
        state: &HttpState,
        site: SiteRef,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Result<Self, ApiError> {
        if let Some(limits) = &state.limits {
            let digest = match &site {
                SiteRef::Key(key) => Sha256::digest(key),
                SiteRef::Id(id) => Sha256::digest(format!("site {id}")),
            };
            limits.check(&digest.into())?;
        }
        let access = state.app.open_site(&site).await?;
        if let Some(note) = extensions.get::<Note>() {
            note.workspace(access.workspace.id);
        }
        if let Some(origin) = headers.get(ORIGIN) {
            let origin = origin.to_str().unwrap_or_default();
            if !access.site.origins.iter().any(|own| own.as_str() == origin) {
                return Err(ApiError::ForeignOrigin);
            }
        }
        Ok(Self { access })
    }

    /// The workspace that every query of the request is bound to.
    pub(crate) fn workspace(&self) -> WorkspaceId {
        self.access.workspace.id
    }

    /// Who is behind the request, by the identity token that it brought. A token that vouches for nobody is wrong, whatever the site takes:
    /// whoever sends one relies on it.
    pub(crate) fn behind(
        &self,
        state: &HttpState,
        token: Option<&str>,
        pointer: &str,
        problems: &mut Problems,
    ) -> Option<Behind> {
        match token {
            Some(token) => {
                let vouched = problems.check(pointer, state.app.vouched(&self.access, token))?;
                let id = vouched.as_str();
                if self.access.workspace.policy.blocks(IdentifierKind::ExternalId, id, id) {
                    problems.add(
                        pointer,
                        "is an identity token for a blocked external ID: it names nobody",
                    );
                    return None;
                }
                Some(Behind::Vouched(vouched))
            }
            None if self.access.site.allow_unsigned => Some(Behind::Believed),
            None => Some(Behind::Anonymous),
        }
    }

    /// Submits commands that belong together.
    pub(crate) async fn submit(
        &self,
        state: &HttpState,
        incoming: &Incoming,
        commands: Vec<Command>,
    ) -> Result<Vec<Decision>, ApiError> {
        let scope = format!("site {}", self.access.site.id);
        submit_as(state, self.workspace(), &scope, incoming, commands, Repeated::Taken).await
    }
}

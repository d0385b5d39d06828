//! Who asks for a page.

use crate::browser::Browser;
use crate::cookies;
use crate::error::PageError;
use crate::state::ConsoleState;
use axum::extract::FromRequestParts;
use axum_extra::extract::CookieJar;
use http::Method;
use http::request::Parts;
use secrecy::SecretString;
use selfsame_application::{ConsoleError, Person};
use selfsame_domain::WorkspaceId;
use selfsame_domain::console::Permission;

/// A request of somebody who is signed in. Extracting it sends everybody else to the sign-in.
#[derive(Debug)]
pub(crate) struct SignedIn {
    pub(crate) person: Person,
    pub(crate) browser: Browser,
    /// The secret of the session.
    pub(crate) token: SecretString,
}

impl SignedIn {
    /// Refuses with 403 what the person's role does not permit.
    pub(crate) fn require(&self, permission: Permission) -> Result<(), PageError> {
        Ok(self.person.require(permission)?)
    }

    /// The workspace that every query of the request is bound to.
    pub(crate) fn workspace(&self) -> WorkspaceId {
        self.person.workspace.id
    }
}

impl FromRequestParts<ConsoleState> for SignedIn {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &ConsoleState) -> Result<Self, Self::Rejection> {
        let browser = Browser::of(parts);
        let back = (parts.method == Method::GET).then(|| browser.here.clone());
        let jar = CookieJar::from_headers(&parts.headers);
        let Some(token) = cookies::session(state, &jar) else {
            return Err(PageError::SignIn { back });
        };
        match state.app.person(&token).await {
            Ok(person) => Ok(Self { person, browser, token }),
            Err(ConsoleError::NoSession) => Err(PageError::SignIn { back }),
            Err(error) => Err(error.into()),
        }
    }
}

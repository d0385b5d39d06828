//! Signing in by an identity provider.

use super::audit::Actor;
use super::error::ConsoleError;
use super::second_step::FirstStep;
use super::secret;
use crate::app::Application;
use crate::ports::{AuthorizationRequest, IdentityProvider, LinkedIdentity, ProviderIdentity, StoredUser};
use secrecy::SecretString;
use selfsame_domain::console::AuditAction;
use selfsame_domain::values::Email;
use std::sync::Arc;

impl Application {
    /// With an identity provider by which people may sign in.
    pub fn with_identity_provider(mut self, provider: Arc<dyn IdentityProvider>) -> Self {
        self.identity_provider = Some(provider);
        self
    }

    /// Begins a sign-in by the identity provider. Returns what the browser has to keep until it comes back to `redirect`, and where to send it.
    pub async fn begin_provider_sign_in(&self, redirect: &str) -> Result<(AuthorizationRequest, String), ConsoleError> {
        let draw = || secret::draw(&*self.ids);
        let request = AuthorizationRequest {
            state: draw(),
            nonce: draw(),
            verifier: draw(),
        };
        let url = self.provider()?.authorization_url(&request, redirect).await?;
        Ok((request, url))
    }

    /// Completes the first step of a sign-in by the identity provider, with the code that the browser came back with.
    ///
    /// An account that signed in before is the person of that time, whatever its address is now. The first time it is the person with its
    /// verified address. No account is made here: people join by invitations.
    pub async fn finish_provider_sign_in(
        &self,
        request: &AuthorizationRequest,
        code: SecretString,
        redirect: &str,
        agent: &str,
    ) -> Result<FirstStep, ConsoleError> {
        let identity = self.provider()?.identity(code, request, redirect).await?;
        let linked = self.store.user_by_identity(&identity.issuer, &identity.subject).await?;
        let known = match linked {
            Some(known) => known,
            None => self.link(&identity).await?,
        };
        let workspace = self.first_workspace(&known.user).await?;
        self.pass_first_step(&known, workspace, agent).await
    }

    async fn link(&self, identity: &ProviderIdentity) -> Result<StoredUser, ConsoleError> {
        if !identity.is_email_verified {
            return Err(ConsoleError::EmailNotVerified);
        }
        let email = identity.email.as_deref().and_then(|email| Email::parse(email).ok());
        let email = email.ok_or(ConsoleError::EmailNotVerified)?;
        let known = self.store.user_by_email(&email).await?;
        let known = known.ok_or(ConsoleError::UnknownAccount)?;
        let user = &known.user;
        let workspace = self.first_workspace(user).await?;
        self.note(
            workspace,
            Actor::User(user),
            AuditAction::IdentityLinked,
            &identity.issuer,
        )
        .await?;
        let now = self.clock.now();
        let linked = self
            .store
            .link_identity(user.id, &identity.issuer, &identity.subject, now);
        match linked.await? {
            LinkedIdentity::Linked => Ok(known),
            LinkedIdentity::Taken => Err(ConsoleError::OtherAccount),
        }
    }

    fn provider(&self) -> Result<&dyn IdentityProvider, ConsoleError> {
        let provider = self.identity_provider.as_deref();
        provider.ok_or(ConsoleError::NotFound("identity provider"))
    }
}

//! The two steps of a sign-in: the password (or an identity provider), then the code of the second factor.
//!
//! What is known after the first step is encrypted and given to the browser, so that any server can take the second step and nothing is
//! stored for sign-ins that are never completed.

use super::error::ConsoleError;
use super::sign_in::NewSession;
use crate::app::Application;
use crate::exports::Owner;
use crate::ports::{StoredUser, User};
use data_encoding::BASE64URL_NOPAD;
use secrecy::{ExposeSecret, SecretString};
use selfsame_domain::console::SIGN_IN_LIFETIME;
use selfsame_domain::values::Email;
use selfsame_domain::{Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What follows the first step of a sign-in.
#[derive(Debug)]
pub enum FirstStep {
    /// The person has no second factor: a session began.
    Begun(NewSession),
    /// The person has to give a code of their second factor. The secret identifies the sign-in until then.
    NeedsCode(SecretString),
}

/// A sign-in whose second step is missing.
#[derive(Debug, Clone)]
pub struct PendingSignIn {
    /// Who signs in.
    pub user: User,
    workspace: WorkspaceId,
}

/// What the browser keeps between the steps, encrypted.
#[derive(Debug, Serialize, Deserialize)]
struct Pending {
    email: String,
    workspace: i64,
    /// When it ends.
    expires_at: Timestamp,
    /// The digest of the password's hash: another password ends the sign-in.
    password: String,
}

impl Application {
    /// Begins a session, or asks for the code of the person's second factor first.
    pub(super) async fn pass_first_step(
        &self,
        known: &StoredUser,
        workspace: WorkspaceId,
        agent: &str,
    ) -> Result<FirstStep, ConsoleError> {
        let factor = self.store.second_factor(known.user.id).await?;
        if factor.is_none_or(|factor| factor.confirmed_at.is_none()) {
            let begun = self.begin_session(&known.user, workspace, agent).await?;
            return Ok(FirstStep::Begun(begun));
        }
        let pending = Pending {
            email: known.user.email.as_typed().to_owned(),
            workspace: workspace.0,
            expires_at: self.clock.now() + SIGN_IN_LIFETIME,
            password: fingerprint(known),
        };
        let text = serde_json::to_string(&pending).map_err(|_| ConsoleError::Unwritable)?;
        let sealed = self.vault()?.seal(Owner::SignIn, self.ids.secret(), &text.into());
        let sealed = sealed.map_err(|_| ConsoleError::NoKey)?;
        Ok(FirstStep::NeedsCode(BASE64URL_NOPAD.encode(&sealed).into()))
    }

    /// The sign-in that waits for its second step. Fails with [`ConsoleError::SignInOver`] when there is none any more.
    pub async fn pending_sign_in(&self, token: &SecretString) -> Result<PendingSignIn, ConsoleError> {
        let sealed = BASE64URL_NOPAD.decode(token.expose_secret().as_bytes());
        let sealed = sealed.map_err(|_| ConsoleError::SignInOver)?;
        let opened = self.vault()?.open(Owner::SignIn, &sealed);
        let opened = opened.map_err(|_| ConsoleError::SignInOver)?;
        let pending = serde_json::from_str(opened.expose_secret());
        let pending: Pending = pending.map_err(|_| ConsoleError::SignInOver)?;
        let email = Email::parse(&pending.email).map_err(|_| ConsoleError::SignInOver)?;
        let known = self.store.user_by_email(&email).await?;
        let known =
            known.filter(|known| fingerprint(known) == pending.password && pending.expires_at > self.clock.now());
        Ok(PendingSignIn {
            user: known.ok_or(ConsoleError::SignInOver)?.user,
            workspace: WorkspaceId(pending.workspace),
        })
    }

    /// Takes the second step: begins the session if the code is right.
    pub async fn finish_sign_in(
        &self,
        pending: &PendingSignIn,
        code: &str,
        agent: &str,
    ) -> Result<NewSession, ConsoleError> {
        self.check_code(&pending.user, pending.workspace, code).await?;
        self.begin_session(&pending.user, pending.workspace, agent).await
    }
}

fn fingerprint(known: &StoredUser) -> String {
    BASE64URL_NOPAD.encode(&Sha256::digest(known.password.expose_secret().as_bytes()))
}

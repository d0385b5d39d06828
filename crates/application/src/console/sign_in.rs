//! Signing in, and changing the password.

use super::audit::Actor;
use super::error::ConsoleError;
use super::passwords::Passwords;
use super::second_step::FirstStep;
use super::secret;
use super::sessions::Person;
use crate::app::Application;
use crate::ports::{Session, StoredUser, User};
use secrecy::SecretString;
use selfsame_domain::console::{AuditAction, Password};
use selfsame_domain::values::Email;
use selfsame_domain::{SessionId, WorkspaceId};

/// The most characters that are kept of what a browser calls itself.
const LONGEST_AGENT: usize = 200;

/// A session that was begun.
#[derive(Debug)]
pub struct NewSession {
    /// Its secret; only its digest is stored.
    pub token: SecretString,
    /// The session.
    pub session: Session,
}

impl Application {
    /// With passwords hashed at another cost.
    pub fn with_passwords(mut self, passwords: Passwords) -> Self {
        self.passwords = passwords;
        self
    }

    /// Begins a session, in the first of the person's workspaces, unless the person has a second factor. An unknown address takes as long as
    /// a wrong password, and is answered alike.
    pub async fn sign_in(&self, email: &Email, password: SecretString, agent: &str) -> Result<FirstStep, ConsoleError> {
        let known = self.check_password(email, password).await?;
        let workspace = self.first_workspace(&known.user).await?;
        self.pass_first_step(&known, workspace, agent).await
    }

    /// Where a person begins to work.
    pub(super) async fn first_workspace(&self, user: &User) -> Result<WorkspaceId, ConsoleError> {
        let first = self.store.works_in(user.id).await?.into_iter().next();
        Ok(first.ok_or(ConsoleError::NoWorkspace)?.workspace)
    }

    /// Goes on in another workspace of the person, in a new session that takes the place of this one.
    pub async fn switch_workspace(&self, person: &Person, to: WorkspaceId) -> Result<NewSession, ConsoleError> {
        let works_in = self.store.works_in(person.user.id).await?;
        if !works_in.iter().any(|known| known.workspace == to) {
            return Err(ConsoleError::NotFound("workspace"));
        }
        let begun = self.begin_session(&person.user, to, &person.session.agent).await?;
        self.store.end_session(person.user.id, person.session.id).await?;
        Ok(begun)
    }

    /// Sets another password, and ends all other sessions of the person.
    pub async fn change_password(&self, person: &Person, current: SecretString, new: &str) -> Result<(), ConsoleError> {
        let user = &person.user;
        let new = Password::parse(new, &user.email)?;
        self.check_password(&user.email, current).await?;
        let hash = self.hash(&new).await?;
        self.note(person.workspace.id, person.actor(), AuditAction::PasswordChanged, "")
            .await?;
        if self.store.set_password(user.id, &hash, person.session.id).await? {
            Ok(())
        } else {
            Err(ConsoleError::NotFound("user"))
        }
    }

    /// The person of an address, if the password is theirs.
    pub(super) async fn check_password(
        &self,
        email: &Email,
        password: SecretString,
    ) -> Result<StoredUser, ConsoleError> {
        let found = self.store.user_by_email(email).await?;
        let hash = found.as_ref().map(|known| known.password.clone());
        let is_theirs = self.passwords.verify(password, hash).await?;
        found.filter(|_| is_theirs).ok_or(ConsoleError::WrongCredentials)
    }

    pub(super) async fn hash(&self, password: &Password) -> Result<SecretString, ConsoleError> {
        self.passwords.hash(password.expose().into(), self.ids.secret()).await
    }

    pub(super) async fn begin_session(
        &self,
        user: &User,
        workspace: WorkspaceId,
        agent: &str,
    ) -> Result<NewSession, ConsoleError> {
        let now = self.clock.now();
        let session = Session {
            id: SessionId(self.ids.uuid(now)),
            user: user.id,
            workspace,
            created_at: now,
            last_used_at: now,
            agent: agent.chars().filter(|c| !c.is_control()).take(LONGEST_AGENT).collect(),
        };
        let token = secret::draw(&*self.ids);
        self.note(workspace, Actor::User(user), AuditAction::SignedIn, "")
            .await?;
        self.store.add_session(&session, &secret::digest(&token)).await?;
        Ok(NewSession { token, session })
    }
}

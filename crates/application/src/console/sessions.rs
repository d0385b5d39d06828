//! Sessions of people.

use super::audit::Actor;
use super::error::ConsoleError;
use super::secret;
use crate::app::Application;
use crate::ports::{OpenSession, Session, StorageError, User, Workspace};
use chrono::TimeDelta;
use secrecy::SecretString;
use selfsame_domain::SessionId;
use selfsame_domain::console::{AuditAction, Permission, Role, SESSION_IDLE, SESSION_LIFETIME, is_session_over};

/// How seldom the use of a session is written.
const TOUCH_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// Who.
    pub user: User,
    /// The workspace that every query of the request is bound to.
    pub workspace: Workspace,
    /// What they are in it.
    pub role: Role,
    /// Their session.
    pub session: Session,
}

impl Person {
    /// Whether the person's role permits it.
    pub fn may(&self, permission: Permission) -> bool {
        self.role.may(permission)
    }

    /// Refuses what the person's role does not permit.
    pub fn require(&self, permission: Permission) -> Result<(), ConsoleError> {
        if self.may(permission) {
            Ok(())
        } else {
            Err(ConsoleError::Forbidden)
        }
    }

    pub(super) fn actor(&self) -> Actor<'_> {
        Actor::User(&self.user)
    }
}

impl From<OpenSession> for Person {
    fn from(open: OpenSession) -> Self {
        Self {
            user: open.user,
            workspace: open.workspace,
            role: open.role,
            session: open.session,
        }
    }
}

impl Application {
    /// Who has the secret of a session. Notes its use, at most once a minute.
    pub async fn person(&self, token: &SecretString) -> Result<Person, ConsoleError> {
        let open = self.store.session(&secret::digest(token)).await?;
        let person = Person::from(open.ok_or(ConsoleError::NoSession)?);
        let (session, now) = (&person.session, self.clock.now());
        if is_session_over(session.created_at, session.last_used_at, now) {
            self.store.end_session(session.user, session.id).await?;
            return Err(ConsoleError::NoSession);
        }
        if now - session.last_used_at >= TOUCH_EVERY {
            self.store.touch_session(session.id, now).await?;
        }
        Ok(person)
    }

    /// The sessions of a person that are not over, the latest sign-in first.
    pub async fn sessions_of(&self, person: &Person) -> Result<Vec<Session>, StorageError> {
        let now = self.clock.now();
        let mut sessions = self.store.sessions(person.user.id).await?;
        sessions.retain(|session| !is_session_over(session.created_at, session.last_used_at, now));
        Ok(sessions)
    }

    /// Ends the session of a person.
    pub async fn sign_out(&self, person: &Person) -> Result<(), ConsoleError> {
        self.note(person.workspace.id, person.actor(), AuditAction::SignedOut, "")
            .await?;
        // A session that ended meanwhile is as good as one that ends now.
        self.store.end_session(person.user.id, person.session.id).await?;
        Ok(())
    }

    /// Ends another session of the same person.
    pub async fn end_session(&self, person: &Person, id: SessionId) -> Result<(), ConsoleError> {
        self.note(
            person.workspace.id,
            person.actor(),
            AuditAction::SessionEnded,
            &id.to_string(),
        )
        .await?;
        if self.store.end_session(person.user.id, id).await? {
            Ok(())
        } else {
            Err(ConsoleError::NotFound("session"))
        }
    }

    /// Deletes sessions that are over, and invitations that ended. Returns how many rows these were.
    pub async fn prune_sessions(&self) -> Result<u64, StorageError> {
        let now = self.clock.now();
        self.store
            .prune_sessions(now - SESSION_IDLE, now - SESSION_LIFETIME, now)
            .await
    }
}

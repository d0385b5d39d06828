//! People who work in the console, their sessions and their invitations.

use async_trait::async_trait;
use secrecy::SecretString;
use selfsame_domain::console::Role;
use selfsame_domain::values::Email;
use selfsame_domain::{InvitationId, SessionId, Timestamp, UserId, WorkspaceId};

use super::{StorageError, Workspace};

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Their identity.
    pub id: UserId,
    /// The address by which they sign in. Its matching form is unique in the installation.
    pub email: Email,
    /// When they joined their first workspace.
    pub created_at: Timestamp,
}

/// A person with the hash of their password. Its `Debug` shows nothing of that.
#[derive(Debug, Clone)]
pub struct StoredUser {
    /// The person.
    pub user: User,
    /// The hash, in the PHC string format, with its salt and its parameters.
    pub password: SecretString,
}

/// A person in a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The person.
    pub user: User,
    /// What they are in the workspace.
    pub role: Role,
    /// When they joined it.
    pub since: Timestamp,
}

/// A workspace that a person works in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserWorkspace {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its name.
    pub name: String,
    /// What the person is in it.
    pub role: Role,
}

/// An invitation to a workspace. Its secret link can be accepted once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its identity.
    pub id: InvitationId,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The invited address; `None` when the person enters it on acceptance.
    pub email: Option<Email>,
    /// What the person will be.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Who accepts an invitation.
#[derive(Debug, Clone)]
pub enum Joining {
    /// A new person.
    New(StoredUser),
    /// A person who works in another workspace already.
    Known(UserId),
}

/// A session, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its identity.
    pub id: SessionId,
    /// The user.
    pub user: UserId,
    /// The workspace that it is in.
    pub workspace: WorkspaceId,
    /// When the person signed in.
    pub created_at: Timestamp,
    /// When it was last used, exact to a minute.
    pub last_used_at: Timestamp,
    /// What the browser calls itself, at most 200 characters.
    pub agent: String,
}

/// What the secret of a session opens.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenSession {
    /// The session; it may be over.
    pub session: Session,
    /// The person.
    pub user: User,
    /// The workspace.
    pub workspace: Workspace,
    /// What the person is in it now.
    pub role: Role,
}

/// What became of a change of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberChange {
    /// It was made.
    Done,
    /// The workspace has no such member.
    Missing,
    /// The workspace would have no admin left. Nothing was changed.
    LastAdmin,
}

/// Keeps people, sessions and invitations. Secrets are stored as SHA-256 digests alone.
#[async_trait]
pub trait Users: Send + Sync {
    /// Stores an invitation. [`StorageError::UnknownWorkspace`] without its workspace, [`StorageError::Conflict`] when the digest is known.
    async fn add_invitation(&self, invitation: &Invitation, digest: &[u8]) -> Result<(), StorageError>;

    /// The invitation with this digest and the name of its workspace; none when there is none, or it was accepted. It may be past its time.
    async fn invitation(&self, digest: &[u8]) -> Result<Option<(Invitation, String)>, StorageError>;

    /// Open invitations of a workspace, by creation time.
    async fn invitations(&self, workspace: WorkspaceId) -> Result<Vec<Invitation>, StorageError>;

    /// Deletes an invitation. Says whether the workspace had it.
    async fn remove_invitation(&self, workspace: WorkspaceId, id: InvitationId) -> Result<bool, StorageError>;

    /// Adds a member by an invitation and deletes the invitation. Of several concurrent acceptances exactly one MUST succeed. A
    /// member already gets the role of the invitation. Says whether there was the invitation; without it nothing changes.
    /// [`StorageError::Conflict`] when the address of a new person is taken: nothing changes either.
    async fn accept_invitation(&self, digest: &[u8], joining: &Joining, at: Timestamp) -> Result<bool, StorageError>;

    /// The person with an address, compared by its matching form.
    async fn user_by_email(&self, email: &Email) -> Result<Option<StoredUser>, StorageError>;

    /// Sets the hash of a person's password, and ends all their sessions but one. Says whether there is the person.
    async fn set_password(&self, user: UserId, password: &SecretString, keep: SessionId) -> Result<bool, StorageError>;

    /// The workspaces that a person works in, by number.
    async fn works_in(&self, user: UserId) -> Result<Vec<UserWorkspace>, StorageError>;

    /// The people of a workspace, by address.
    async fn users_of(&self, workspace: WorkspaceId) -> Result<Vec<Member>, StorageError>;

    /// Gives a member another role, or without one removes them from the workspace; their sessions in it open nothing then. However many such
    /// changes come at once, a workspace that had an admin MUST keep one.
    async fn set_member(
        &self,
        workspace: WorkspaceId,
        user: UserId,
        role: Option<Role>,
    ) -> Result<MemberChange, StorageError>;

    /// Stores a session. [`StorageError::Conflict`] when the digest is known.
    async fn add_session(&self, session: &Session, digest: &[u8]) -> Result<(), StorageError>;

    /// What the secret with this digest opens; nothing when the person is no member of the session's workspace any more. MUST see the end of
    /// a session and a change of the role as soon as they are committed, from every server.
    async fn session(&self, digest: &[u8]) -> Result<Option<OpenSession>, StorageError>;

    /// Notes that a session was used. Nothing happens when it has ended.
    async fn touch_session(&self, id: SessionId, at: Timestamp) -> Result<(), StorageError>;

    /// The sessions of a person, the latest sign-in first.
    async fn sessions(&self, user: UserId) -> Result<Vec<Session>, StorageError>;

    /// Ends a session. Says whether the person had it.
    async fn end_session(&self, user: UserId, id: SessionId) -> Result<bool, StorageError>;

    /// Deletes sessions that were last used before `unused_since` or began before `began_before`, and invitations that ended before `now`.
    /// Returns how many rows these were.
    async fn prune_sessions(
        &self,
        unused_since: Timestamp,
        began_before: Timestamp,
        now: Timestamp,
    ) -> Result<u64, StorageError>;
}

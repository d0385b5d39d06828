//! People who work in the console, their sessions and their invitations.

use crate::error::{conflict, names_nothing, storage};
use crate::rows::{Row, micros};
use crate::statement::{SqliteRow, statement};
use crate::store::SqliteStore;
use crate::workspaces::workspace;
use async_trait::async_trait;
use rusqlite::Connection;
use secrecy::{ExposeSecret, SecretString};
use selfsame_application::ports::{
    Invitation, Joining, Member, MemberChange, OpenSession, Session, StorageError, StoredUser, User, UserWorkspace,
    Users,
};
use selfsame_domain::console::Role;
use selfsame_domain::values::Email;
use selfsame_domain::{InvitationId, SessionId, Timestamp, UserId, WorkspaceId};

const INVITATION: &str = "
    SELECT i.invitation_id, i.workspace_id, i.email, i.role, i.created_at, i.expires_at, w.name
    FROM invitations AS i JOIN workspaces AS w ON w.workspace_id = i.workspace_id
    WHERE i.digest = ?1";

const INVITATIONS: &str = "
    SELECT invitation_id, workspace_id, email, role, created_at, expires_at
    FROM invitations WHERE workspace_id = ?1 ORDER BY created_at, invitation_id";

const ADD_MEMBER: &str = "
    INSERT INTO members (workspace_id, user_id, role, since) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (workspace_id, user_id) DO UPDATE SET role = excluded.role";

const HAS_OTHER_ADMIN: &str = "
    SELECT 1 FROM members WHERE workspace_id = ?1 AND user_id <> ?2 AND role = ?3 LIMIT 1";

/// The columns of the user begin at 6, those of the workspace at 9.
const SESSION: &str = "
    SELECT s.session_id, s.user_id, s.workspace_id, s.created_at, s.last_used_at, s.agent,
           u.user_id, u.email, u.created_at, w.workspace_id, w.name, w.policy, w.created_at, m.role
    FROM sessions AS s
    JOIN users AS u ON u.user_id = s.user_id
    JOIN members AS m ON m.workspace_id = s.workspace_id AND m.user_id = s.user_id
    JOIN workspaces AS w ON w.workspace_id = s.workspace_id
    WHERE s.digest = ?1";

const SESSIONS: &str = "
    SELECT session_id, user_id, workspace_id, created_at, last_used_at, agent
    FROM sessions WHERE user_id = ?1 ORDER BY created_at DESC, session_id DESC";

#[async_trait]
impl Users for SqliteStore {
    async fn add_invitation(&self, invitation: &Invitation, digest: &[u8]) -> Result<(), StorageError> {
        let mut writing = self.writer.begin().await?;
        statement(
            "INSERT INTO invitations (workspace_id, invitation_id, digest, email, role, created_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )
        .bind(invitation.workspace.0)
        .bind(invitation.id.0)
        .bind(digest)
        .bind(invitation.email.as_ref().map(Email::as_typed))
        .bind(invitation.role.as_str())
        .bind(micros(invitation.created_at))
        .bind(micros(invitation.expires_at))
        .execute(writing.connection()?)
        .map_err(|error| {
            if names_nothing(&error) {
                StorageError::UnknownWorkspace
            } else {
                conflict(error, "the digest of the invitation")
            }
        })?;
        writing.commit()
    }

    async fn invitation(&self, digest: &[u8]) -> Result<Option<(Invitation, String)>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let row = statement(INVITATION).bind(digest);
        let row = row.fetch_optional(reader.connection()?).map_err(storage)?;
        let read = |row: SqliteRow| Ok((read_invitation(&row)?, Row::new(&row, "workspaces", 1).get(6, "name")?));
        row.map(read).transpose()
    }

    async fn invitations(&self, workspace: WorkspaceId) -> Result<Vec<Invitation>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let rows = statement(INVITATIONS).bind(workspace.0);
        let rows = rows.fetch_all(reader.connection()?).map_err(storage)?;
        rows.iter().map(read_invitation).collect()
    }

    async fn remove_invitation(&self, workspace: WorkspaceId, id: InvitationId) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let done = statement("DELETE FROM invitations WHERE workspace_id = ?1 AND invitation_id = ?2")
            .bind(workspace.0)
            .bind(id.0)
            .execute(writing.connection()?)
            .map_err(storage)?;
        writing.commit()?;
        Ok(done.rows_affected() == 1)
    }

    async fn accept_invitation(&self, digest: &[u8], joining: &Joining, at: Timestamp) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let row = statement(INVITATION)
            .bind(digest)
            .fetch_optional(writing.connection()?)
            .map_err(storage)?;
        let Some(row) = row else {
            return Ok(false);
        };
        let invitation = read_invitation(&row)?;
        let user = match joining {
            Joining::Known(user) => *user,
            Joining::New(new) => insert_user(writing.connection()?, new)?,
        };
        statement(ADD_MEMBER)
            .bind(invitation.workspace.0)
            .bind(user.0)
            .bind(invitation.role.as_str())
            .bind(micros(at))
            .execute(writing.connection()?)
            .map_err(storage)?;
        statement("DELETE FROM invitations WHERE digest = ?1")
            .bind(digest)
            .execute(writing.connection()?)
            .map_err(storage)?;
        writing.commit()?;
        Ok(true)
    }

    async fn user_by_email(&self, email: &Email) -> Result<Option<StoredUser>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let row = statement("SELECT user_id, email, created_at, password FROM users WHERE email_match = ?1")
            .bind(email.matching())
            .fetch_optional(reader.connection()?)
            .map_err(storage)?;
        let read = |row: SqliteRow| {
            let password: String = Row::new(&row, "users", 0).get(3, "password")?;
            let user = read_user(&row, 0)?;
            let password = password.into();
            Ok(StoredUser { user, password })
        };
        row.map(read).transpose()
    }

    async fn set_password(&self, user: UserId, password: &SecretString, keep: SessionId) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let done = statement("UPDATE users SET password = ?2 WHERE user_id = ?1")
            .bind(user.0)
            .bind(password.expose_secret())
            .execute(writing.connection()?)
            .map_err(storage)?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        statement("DELETE FROM sessions WHERE user_id = ?1 AND session_id <> ?2")
            .bind(user.0)
            .bind(keep.0)
            .execute(writing.connection()?)
            .map_err(storage)?;
        writing.commit()?;
        Ok(true)
    }

    async fn works_in(&self, user: UserId) -> Result<Vec<UserWorkspace>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let rows = statement(
            "SELECT m.workspace_id, w.name, m.role
             FROM members AS m JOIN workspaces AS w ON w.workspace_id = m.workspace_id
             WHERE m.user_id = ?1 ORDER BY m.workspace_id",
        )
        .bind(user.0)
        .fetch_all(reader.connection()?)
        .map_err(storage)?;
        let read = |row: &SqliteRow| {
            let row = Row::new(row, "members", 0);
            Ok(UserWorkspace {
                workspace: WorkspaceId(row.get(0, "workspace_id")?),
                name: row.get(1, "name")?,
                role: row.read(2, "role", Role::from_text)?,
            })
        };
        rows.iter().map(read).collect()
    }

    async fn users_of(&self, workspace: WorkspaceId) -> Result<Vec<Member>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let rows = statement(
            "SELECT u.user_id, u.email, u.created_at, m.role, m.since
             FROM members AS m JOIN users AS u ON u.user_id = m.user_id
             WHERE m.workspace_id = ?1 ORDER BY u.email_match",
        )
        .bind(workspace.0)
        .fetch_all(reader.connection()?)
        .map_err(storage)?;
        let read = |cells: &SqliteRow| {
            let row = Row::new(cells, "members", 0);
            Ok(Member {
                user: read_user(cells, 0)?,
                role: row.read(3, "role", Role::from_text)?,
                since: row.time(4, "since")?,
            })
        };
        rows.iter().map(read).collect()
    }

    async fn set_member(
        &self,
        workspace: WorkspaceId,
        user: UserId,
        role: Option<Role>,
    ) -> Result<MemberChange, StorageError> {
        // One writer at a time, so that of two admins who remove each other the second finds that it is the last.
        let mut writing = self.writer.begin().await?;
        if role != Some(Role::Admin) && !has_other_admin(writing.connection()?, workspace, user)? {
            let known = statement("SELECT 1 FROM members WHERE workspace_id = ?1 AND user_id = ?2")
                .bind(workspace.0)
                .bind(user.0)
                .fetch_optional(writing.connection()?)
                .map_err(storage)?;
            return Ok(known.map_or(MemberChange::Missing, |_| MemberChange::LastAdmin));
        }
        let changed = match role {
            Some(role) => statement("UPDATE members SET role = ?3 WHERE workspace_id = ?1 AND user_id = ?2")
                .bind(workspace.0)
                .bind(user.0)
                .bind(role.as_str()),
            None => statement("DELETE FROM members WHERE workspace_id = ?1 AND user_id = ?2")
                .bind(workspace.0)
                .bind(user.0),
        };
        let done = changed.execute(writing.connection()?).map_err(storage)?;
        writing.commit()?;
        Ok(match done.rows_affected() {
            0 => MemberChange::Missing,
            _ => MemberChange::Done,
        })
    }

    async fn add_session(&self, session: &Session, digest: &[u8]) -> Result<(), StorageError> {
        let mut writing = self.writer.begin().await?;
        statement(
            "INSERT INTO sessions (digest, session_id, user_id, workspace_id, created_at, last_used_at, agent)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )
        .bind(digest)
        .bind(session.id.0)
        .bind(session.user.0)
        .bind(session.workspace.0)
        .bind(micros(session.created_at))
        .bind(micros(session.last_used_at))
        .bind(&session.agent)
        .execute(writing.connection()?)
        .map_err(|error| conflict(error, "the digest of the session"))?;
        writing.commit()
    }

    async fn session(&self, digest: &[u8]) -> Result<Option<OpenSession>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let row = statement(SESSION).bind(digest);
        let row = row.fetch_optional(reader.connection()?).map_err(storage)?;
        let read = |row: SqliteRow| {
            Ok(OpenSession {
                session: read_session(&row)?,
                user: read_user(&row, 6)?,
                workspace: workspace(&self.policies, &Row::new(&row, "workspaces", 9), 9)?,
                role: Row::new(&row, "members", 9).read(13, "role", Role::from_text)?,
            })
        };
        row.map(read).transpose()
    }

    async fn touch_session(&self, id: SessionId, at: Timestamp) -> Result<(), StorageError> {
        let mut writing = self.writer.begin().await?;
        statement("UPDATE sessions SET last_used_at = max(last_used_at, ?2) WHERE session_id = ?1")
            .bind(id.0)
            .bind(micros(at))
            .execute(writing.connection()?)
            .map_err(storage)?;
        writing.commit()
    }

    async fn sessions(&self, user: UserId) -> Result<Vec<Session>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let rows = statement(SESSIONS).bind(user.0);
        let rows = rows.fetch_all(reader.connection()?).map_err(storage)?;
        rows.iter().map(read_session).collect()
    }

    async fn end_session(&self, user: UserId, id: SessionId) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let done = statement("DELETE FROM sessions WHERE user_id = ?1 AND session_id = ?2")
            .bind(user.0)
            .bind(id.0)
            .execute(writing.connection()?)
            .map_err(storage)?;
        writing.commit()?;
        Ok(done.rows_affected() == 1)
    }

    async fn prune_sessions(
        &self,
        unused_since: Timestamp,
        began_before: Timestamp,
        now: Timestamp,
    ) -> Result<u64, StorageError> {
        let mut writing = self.writer.begin().await?;
        let sessions = statement("DELETE FROM sessions WHERE last_used_at < ?1 OR created_at < ?2")
            .bind(micros(unused_since))
            .bind(micros(began_before))
            .execute(writing.connection()?)
            .map_err(storage)?;
        let invitations = statement("DELETE FROM invitations WHERE expires_at < ?1")
            .bind(micros(now))
            .execute(writing.connection()?)
            .map_err(storage)?;
        writing.commit()?;
        Ok(sessions.rows_affected() + invitations.rows_affected())
    }
}

fn insert_user(connection: &Connection, new: &StoredUser) -> Result<UserId, StorageError> {
    let StoredUser { user, password } = new;
    statement("INSERT INTO users (user_id, email, email_match, password, created_at) VALUES (?1, ?2, ?3, ?4, ?5)")
        .bind(user.id.0)
        .bind(user.email.as_typed())
        .bind(user.email.matching())
        .bind(password.expose_secret())
        .bind(micros(user.created_at))
        .execute(connection)
        .map_err(|error| conflict(error, "the email address"))?;
    Ok(user.id)
}

fn has_other_admin(connection: &Connection, workspace: WorkspaceId, user: UserId) -> Result<bool, StorageError> {
    let found = statement(HAS_OTHER_ADMIN)
        .bind(workspace.0)
        .bind(user.0)
        .bind(Role::Admin.as_str())
        .fetch_optional(connection)
        .map_err(storage)?;
    Ok(found.is_some())
}

/// Reads `user_id, email, created_at` from a column on.
pub(crate) fn read_user(row: &SqliteRow, from: usize) -> Result<User, StorageError> {
    let row = Row::new(row, "users", from);
    Ok(User {
        id: UserId(row.get(from, "user_id")?),
        email: row.read(from + 1, "email", |text| Email::parse(text).ok())?,
        created_at: row.time(from + 2, "created_at")?,
    })
}

fn read_invitation(row: &SqliteRow) -> Result<Invitation, StorageError> {
    let row = Row::new(row, "invitations", 0);
    let email: Option<String> = row.get(2, "email")?;
    let email = email.map(|text| Email::parse(&text).map_err(|_| row.corrupt("email")));
    Ok(Invitation {
        id: InvitationId(row.get(0, "invitation_id")?),
        workspace: WorkspaceId(row.get(1, "workspace_id")?),
        email: email.transpose()?,
        role: row.read(3, "role", Role::from_text)?,
        created_at: row.time(4, "created_at")?,
        expires_at: row.time(5, "expires_at")?,
    })
}

fn read_session(row: &SqliteRow) -> Result<Session, StorageError> {
    let row = Row::new(row, "sessions", 0);
    Ok(Session {
        id: SessionId(row.get(0, "session_id")?),
        user: UserId(row.get(1, "user_id")?),
        workspace: WorkspaceId(row.get(2, "workspace_id")?),
        created_at: row.time(3, "created_at")?,
        last_used_at: row.time(4, "last_used_at")?,
        agent: row.get(5, "agent")?,
    })
}

//! People who work in the console, their sessions and their invitations.

use crate::error::{is_orphan, is_taken, translate};
use crate::rows;
use crate::store::PostgresStore;
use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use selfsame_application::ports::{
    Invitation, Joining, Member, MemberChange, OpenSession, Session, StorageError, StoredUser, User, UserWorkspace,
    Users, Workspace,
};
use selfsame_domain::console::Role;
use selfsame_domain::values::Email;
use selfsame_domain::{InvitationId, Policy, SessionId, Timestamp, UserId, WorkspaceId};
use sqlx::PgConnection;
use uuid::Uuid;

const INVITATION: &str = "
    SELECT i.invitation_id, i.workspace_id, i.email, i.role, i.created_at, i.expires_at, w.name AS workspace_name
    FROM invitations i
    JOIN workspaces w ON w.workspace_id = i.workspace_id
    WHERE i.digest = $1";

const INVITATIONS: &str = "
    SELECT i.invitation_id, i.workspace_id, i.email, i.role, i.created_at, i.expires_at, w.name AS workspace_name
    FROM invitations i
    JOIN workspaces w ON w.workspace_id = i.workspace_id
    WHERE i.workspace_id = $1
    ORDER BY i.created_at, i.invitation_id";

/// Of several who accept one invitation the first deletes the row; the others wait for its commit and find none.
const TAKE_INVITATION: &str = "DELETE FROM invitations WHERE digest = $1 RETURNING workspace_id, role";

const ADD_MEMBER: &str = "
    INSERT INTO members (workspace_id, user_id, role, since) VALUES ($1, $2, $3, $4)
    ON CONFLICT (workspace_id, user_id) DO UPDATE SET role = excluded.role";

const MEMBERS: &str = "
    SELECT u.user_id, u.email, u.created_at, m.role, m.since
    FROM members m
    JOIN users u ON u.user_id = m.user_id
    WHERE m.workspace_id = $1
    ORDER BY u.email_match";

/// The policy is read apart: on a cluster it is on the node of its workspace, and these are on all of them.
const SESSION: &str = "
    SELECT s.session_id, s.user_id, s.workspace_id, s.created_at, s.last_used_at, s.agent,
           u.email, u.created_at AS user_created_at, m.role, w.name AS workspace_name, w.created_at AS workspace_created_at
    FROM sessions s
    JOIN users u ON u.user_id = s.user_id
    JOIN members m ON m.workspace_id = s.workspace_id AND m.user_id = s.user_id
    JOIN workspaces w ON w.workspace_id = s.workspace_id
    WHERE s.digest = $1";

const SESSIONS: &str = "
    SELECT session_id, user_id, workspace_id, created_at, last_used_at, agent
    FROM sessions
    WHERE user_id = $1
    ORDER BY created_at DESC, session_id DESC";

#[derive(Debug, sqlx::FromRow)]
struct InvitationRow {
    invitation_id: Uuid,
    workspace_id: i64,
    email: Option<String>,
    role: String,
    created_at: Timestamp,
    expires_at: Timestamp,
    workspace_name: String,
}

#[derive(Debug, sqlx::FromRow)]
struct UserRow {
    user_id: Uuid,
    email: String,
    created_at: Timestamp,
}

#[derive(Debug, sqlx::FromRow)]
struct MemberRow {
    #[sqlx(flatten)]
    user: UserRow,
    role: String,
    since: Timestamp,
}

#[derive(Debug, sqlx::FromRow)]
struct SessionRow {
    session_id: Uuid,
    user_id: Uuid,
    workspace_id: i64,
    created_at: Timestamp,
    last_used_at: Timestamp,
    agent: String,
}

#[derive(Debug, sqlx::FromRow)]
struct OpenSessionRow {
    #[sqlx(flatten)]
    session: SessionRow,
    email: String,
    user_created_at: Timestamp,
    role: String,
    workspace_name: String,
    workspace_created_at: Timestamp,
}

#[async_trait]
impl Users for PostgresStore {
    async fn add_invitation(&self, invitation: &Invitation, digest: &[u8]) -> Result<(), StorageError> {
        let inserted = sqlx::query(
            "INSERT INTO invitations (workspace_id, invitation_id, digest, email, role, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(invitation.workspace.0)
        .bind(invitation.id.0)
        .bind(digest)
        .bind(invitation.email.as_ref().map(Email::as_typed))
        .bind(invitation.role.as_str())
        .bind(invitation.created_at)
        .bind(invitation.expires_at)
        .execute(self.pool())
        .await;
        match inserted {
            Ok(_) => Ok(()),
            Err(error) if is_orphan(&error) => Err(StorageError::UnknownWorkspace),
            Err(error) => Err(taken(error, "the digest of the invitation")),
        }
    }

    async fn invitation(&self, digest: &[u8]) -> Result<Option<(Invitation, String)>, StorageError> {
        let found: Option<InvitationRow> = sqlx::query_as(INVITATION)
            .bind(digest)
            .fetch_optional(self.pool())
            .await
            .map_err(translate)?;
        found.map(read_invitation).transpose()
    }

    async fn invitations(&self, workspace: WorkspaceId) -> Result<Vec<Invitation>, StorageError> {
        let found: Vec<InvitationRow> = sqlx::query_as(INVITATIONS)
            .bind(workspace.0)
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        rows::all(found, |row| read_invitation(row).map(|(invitation, _)| invitation))
    }

    async fn remove_invitation(&self, workspace: WorkspaceId, id: InvitationId) -> Result<bool, StorageError> {
        let done = sqlx::query("DELETE FROM invitations WHERE workspace_id = $1 AND invitation_id = $2")
            .bind(workspace.0)
            .bind(id.0)
            .execute(self.pool())
            .await
            .map_err(translate)?;
        Ok(done.rows_affected() == 1)
    }

    async fn accept_invitation(&self, digest: &[u8], joining: &Joining, at: Timestamp) -> Result<bool, StorageError> {
        self.in_time(self.accept(digest, joining, at)).await
    }

    async fn user_by_email(&self, email: &Email) -> Result<Option<StoredUser>, StorageError> {
        let found: Option<(Uuid, String, Timestamp, String)> =
            sqlx::query_as("SELECT user_id, email, created_at, password FROM users WHERE email_match = $1")
                .bind(email.matching())
                .fetch_optional(self.pool())
                .await
                .map_err(translate)?;
        let read = |(user_id, email, created_at, password): (Uuid, String, Timestamp, String)| {
            let user = read_user(user_id, &email, created_at)?;
            let password = password.into();
            Ok(StoredUser { user, password })
        };
        found.map(read).transpose()
    }

    async fn set_password(&self, user: UserId, password: &SecretString, keep: SessionId) -> Result<bool, StorageError> {
        self.in_time(async {
            let mut transaction = self.pool().begin().await.map_err(translate)?;
            let done = sqlx::query("UPDATE users SET password = $2 WHERE user_id = $1")
                .bind(user.0)
                .bind(password.expose_secret())
                .execute(&mut *transaction)
                .await
                .map_err(translate)?;
            sqlx::query("DELETE FROM sessions WHERE user_id = $1 AND session_id <> $2")
                .bind(user.0)
                .bind(keep.0)
                .execute(&mut *transaction)
                .await
                .map_err(translate)?;
            transaction.commit().await.map_err(translate)?;
            Ok(done.rows_affected() == 1)
        })
        .await
    }

    async fn works_in(&self, user: UserId) -> Result<Vec<UserWorkspace>, StorageError> {
        let found: Vec<(i64, String, String)> = sqlx::query_as(
            "SELECT m.workspace_id, w.name, m.role
             FROM members m
             JOIN workspaces w ON w.workspace_id = m.workspace_id
             WHERE m.user_id = $1
             ORDER BY m.workspace_id",
        )
        .bind(user.0)
        .fetch_all(self.pool())
        .await
        .map_err(translate)?;
        rows::all(found, |(workspace, name, role)| {
            Ok(UserWorkspace {
                workspace: WorkspaceId(workspace),
                name,
                role: read_role("members", &role, user.0)?,
            })
        })
    }

    async fn users_of(&self, workspace: WorkspaceId) -> Result<Vec<Member>, StorageError> {
        let found: Vec<MemberRow> = sqlx::query_as(MEMBERS)
            .bind(workspace.0)
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        rows::all(found, |row| {
            let MemberRow { user, role, since } = row;
            Ok(Member {
                role: read_role("members", &role, user.user_id)?,
                user: read_user(user.user_id, &user.email, user.created_at)?,
                since,
            })
        })
    }

    async fn set_member(
        &self,
        workspace: WorkspaceId,
        user: UserId,
        role: Option<Role>,
    ) -> Result<MemberChange, StorageError> {
        self.in_time(self.change_member(workspace, user, role)).await
    }

    async fn add_session(&self, session: &Session, digest: &[u8]) -> Result<(), StorageError> {
        let inserted = sqlx::query(
            "INSERT INTO sessions (digest, session_id, user_id, workspace_id, created_at, last_used_at, agent)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(digest)
        .bind(session.id.0)
        .bind(session.user.0)
        .bind(session.workspace.0)
        .bind(session.created_at)
        .bind(session.last_used_at)
        .bind(&session.agent)
        .execute(self.pool())
        .await;
        inserted
            .map(drop)
            .map_err(|error| taken(error, "the digest of the session"))
    }

    async fn session(&self, digest: &[u8]) -> Result<Option<OpenSession>, StorageError> {
        self.in_time(self.read_open_session(digest)).await
    }

    async fn touch_session(&self, id: SessionId, at: Timestamp) -> Result<(), StorageError> {
        sqlx::query("UPDATE sessions SET last_used_at = GREATEST(last_used_at, $2) WHERE session_id = $1")
            .bind(id.0)
            .bind(at)
            .execute(self.pool())
            .await
            .map_err(translate)?;
        Ok(())
    }

    async fn sessions(&self, user: UserId) -> Result<Vec<Session>, StorageError> {
        let found: Vec<SessionRow> = sqlx::query_as(SESSIONS)
            .bind(user.0)
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        Ok(found.into_iter().map(Session::from).collect())
    }

    async fn end_session(&self, user: UserId, id: SessionId) -> Result<bool, StorageError> {
        let done = sqlx::query("DELETE FROM sessions WHERE user_id = $1 AND session_id = $2")
            .bind(user.0)
            .bind(id.0)
            .execute(self.pool())
            .await
            .map_err(translate)?;
        Ok(done.rows_affected() == 1)
    }

    async fn prune_sessions(
        &self,
        unused_since: Timestamp,
        began_before: Timestamp,
        now: Timestamp,
    ) -> Result<u64, StorageError> {
        let sessions = sqlx::query("DELETE FROM sessions WHERE last_used_at < $1 OR created_at < $2")
            .bind(unused_since)
            .bind(began_before)
            .execute(self.pool())
            .await
            .map_err(translate)?;
        let invitations = sqlx::query("DELETE FROM invitations WHERE expires_at < $1")
            .bind(now)
            .execute(self.pool())
            .await
            .map_err(translate)?;
        Ok(sessions.rows_affected() + invitations.rows_affected())
    }
}

impl PostgresStore {
    async fn accept(&self, digest: &[u8], joining: &Joining, at: Timestamp) -> Result<bool, StorageError> {
        let mut transaction = self.pool().begin().await.map_err(translate)?;
        let taken: Option<(i64, String)> = sqlx::query_as(TAKE_INVITATION)
            .bind(digest)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(translate)?;
        let Some((workspace, role)) = taken else {
            return Ok(false);
        };
        let user = match joining {
            Joining::Known(user) => *user,
            Joining::New(new) => insert_user(&mut transaction, new).await?,
        };
        sqlx::query(ADD_MEMBER)
            .bind(workspace)
            .bind(user.0)
            .bind(role)
            .bind(at)
            .execute(&mut *transaction)
            .await
            .map_err(translate)?;
        transaction.commit().await.map_err(translate)?;
        Ok(true)
    }

    async fn change_member(
        &self,
        workspace: WorkspaceId,
        user: UserId,
        role: Option<Role>,
    ) -> Result<MemberChange, StorageError> {
        let mut transaction = self.pool().begin().await.map_err(translate)?;
        // The lock of the workspace's row makes changes follow each other, so that of two admins who remove each other the second finds that
        // it is the last.
        sqlx::query("SELECT workspace_id FROM workspaces WHERE workspace_id = $1 FOR NO KEY UPDATE")
            .bind(workspace.0)
            .execute(&mut *transaction)
            .await
            .map_err(translate)?;
        let known: Vec<(Uuid, String)> = sqlx::query_as("SELECT user_id, role FROM members WHERE workspace_id = $1")
            .bind(workspace.0)
            .fetch_all(&mut *transaction)
            .await
            .map_err(translate)?;
        if !known.iter().any(|(id, _)| *id == user.0) {
            return Ok(MemberChange::Missing);
        }
        let is_other_admin = |(id, role): &(Uuid, String)| *id != user.0 && role == Role::Admin.as_str();
        if role != Some(Role::Admin) && !known.iter().any(is_other_admin) {
            return Ok(MemberChange::LastAdmin);
        }
        let change = match role {
            Some(role) => sqlx::query("UPDATE members SET role = $3 WHERE workspace_id = $1 AND user_id = $2")
                .bind(workspace.0)
                .bind(user.0)
                .bind(role.as_str()),
            None => sqlx::query("DELETE FROM members WHERE workspace_id = $1 AND user_id = $2")
                .bind(workspace.0)
                .bind(user.0),
        };
        change.execute(&mut *transaction).await.map_err(translate)?;
        transaction.commit().await.map_err(translate)?;
        Ok(MemberChange::Done)
    }

    async fn read_open_session(&self, digest: &[u8]) -> Result<Option<OpenSession>, StorageError> {
        let mut connection = self.pool().acquire().await.map_err(translate)?;
        let found: Option<OpenSessionRow> = sqlx::query_as(SESSION)
            .bind(digest)
            .fetch_optional(&mut *connection)
            .await
            .map_err(translate)?;
        let Some(row) = found else {
            return Ok(None);
        };
        let session = Session::from(row.session);
        let policy = self.policies().read(&mut connection, session.workspace).await?;
        let workspace = Workspace {
            id: session.workspace,
            name: row.workspace_name,
            policy: Policy::clone(&policy.policy),
            created_at: row.workspace_created_at,
        };
        Ok(Some(OpenSession {
            user: read_user(session.user.0, &row.email, row.user_created_at)?,
            role: read_role("members", &row.role, session.user.0)?,
            session,
            workspace,
        }))
    }
}

async fn insert_user(connection: &mut PgConnection, new: &StoredUser) -> Result<UserId, StorageError> {
    let StoredUser { user, password } = new;
    sqlx::query("INSERT INTO users (user_id, email, email_match, password, created_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(user.id.0)
        .bind(user.email.as_typed())
        .bind(user.email.matching())
        .bind(password.expose_secret())
        .bind(user.created_at)
        .execute(connection)
        .await
        .map_err(|error| taken(error, "the email address"))?;
    Ok(user.id)
}

fn taken(error: sqlx::Error, what: &'static str) -> StorageError {
    if is_taken(&error) {
        StorageError::Conflict { what }
    } else {
        translate(error)
    }
}

fn read_role(table: &'static str, text: &str, key: Uuid) -> Result<Role, StorageError> {
    Role::from_text(text).ok_or_else(|| rows::corrupt(table, "role", &key))
}

fn read_email(table: &'static str, text: &str, key: Uuid) -> Result<Email, StorageError> {
    Email::parse(text).map_err(|_| rows::corrupt(table, "email", &key))
}

pub(crate) fn read_user(user_id: Uuid, email: &str, created_at: Timestamp) -> Result<User, StorageError> {
    Ok(User {
        id: UserId(user_id),
        email: read_email("users", email, user_id)?,
        created_at,
    })
}

fn read_invitation(row: InvitationRow) -> Result<(Invitation, String), StorageError> {
    let id = row.invitation_id;
    let email = row.email.map(|text| read_email("invitations", &text, id));
    let invitation = Invitation {
        id: InvitationId(id),
        workspace: WorkspaceId(row.workspace_id),
        email: email.transpose()?,
        role: read_role("invitations", &row.role, id)?,
        created_at: row.created_at,
        expires_at: row.expires_at,
    };
    Ok((invitation, row.workspace_name))
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        Self {
            id: SessionId(row.session_id),
            user: UserId(row.user_id),
            workspace: WorkspaceId(row.workspace_id),
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            agent: row.agent,
        }
    }
}

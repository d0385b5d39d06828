//! What the probe leaves to the store that it watches: people of the console and the audit log.

use super::probe::Probe;
use async_trait::async_trait;
use secrecy::SecretString;
use selfsame_application::ports::{
    Audit, Invitation, Joining, LinkedIdentity, Member, MemberChange, OpenSession, SecondFactor, SecondFactors,
    Session, StorageError, StoredUser, UserIdentities, UserWorkspace, Users,
};
use selfsame_domain::console::{AuditEntry, Role};
use selfsame_domain::values::Email;
use selfsame_domain::{AuditId, InvitationId, SessionId, Timestamp, UserId, WorkspaceId};

#[async_trait]
impl Users for Probe {
    async fn add_invitation(&self, invitation: &Invitation, digest: &[u8]) -> Result<(), StorageError> {
        self.inner.add_invitation(invitation, digest).await
    }

    async fn invitation(&self, digest: &[u8]) -> Result<Option<(Invitation, String)>, StorageError> {
        self.inner.invitation(digest).await
    }

    async fn invitations(&self, workspace: WorkspaceId) -> Result<Vec<Invitation>, StorageError> {
        self.inner.invitations(workspace).await
    }

    async fn remove_invitation(&self, workspace: WorkspaceId, id: InvitationId) -> Result<bool, StorageError> {
        self.inner.remove_invitation(workspace, id).await
    }

    async fn accept_invitation(&self, digest: &[u8], joining: &Joining, at: Timestamp) -> Result<bool, StorageError> {
        self.inner.accept_invitation(digest, joining, at).await
    }

    async fn user_by_email(&self, email: &Email) -> Result<Option<StoredUser>, StorageError> {
        self.inner.user_by_email(email).await
    }

    async fn set_password(&self, user: UserId, password: &SecretString, keep: SessionId) -> Result<bool, StorageError> {
        self.inner.set_password(user, password, keep).await
    }

    async fn works_in(&self, user: UserId) -> Result<Vec<UserWorkspace>, StorageError> {
        self.inner.works_in(user).await
    }

    async fn users_of(&self, workspace: WorkspaceId) -> Result<Vec<Member>, StorageError> {
        self.inner.users_of(workspace).await
    }

    async fn set_member(
        &self,
        workspace: WorkspaceId,
        user: UserId,
        role: Option<Role>,
    ) -> Result<MemberChange, StorageError> {
        self.inner.set_member(workspace, user, role).await
    }

    async fn add_session(&self, session: &Session, digest: &[u8]) -> Result<(), StorageError> {
        self.inner.add_session(session, digest).await
    }

    async fn session(&self, digest: &[u8]) -> Result<Option<OpenSession>, StorageError> {
        self.inner.session(digest).await
    }

    async fn touch_session(&self, id: SessionId, at: Timestamp) -> Result<(), StorageError> {
        self.inner.touch_session(id, at).await
    }

    async fn sessions(&self, user: UserId) -> Result<Vec<Session>, StorageError> {
        self.inner.sessions(user).await
    }

    async fn end_session(&self, user: UserId, id: SessionId) -> Result<bool, StorageError> {
        self.inner.end_session(user, id).await
    }

    async fn prune_sessions(
        &self,
        unused_since: Timestamp,
        began_before: Timestamp,
        now: Timestamp,
    ) -> Result<u64, StorageError> {
        self.inner.prune_sessions(unused_since, began_before, now).await
    }
}

#[async_trait]
impl SecondFactors for Probe {
    async fn second_factor(&self, user: UserId) -> Result<Option<SecondFactor>, StorageError> {
        self.inner.second_factor(user).await
    }

    async fn begin_second_factor(&self, user: UserId, secret: &[u8]) -> Result<bool, StorageError> {
        self.inner.begin_second_factor(user, secret).await
    }

    async fn confirm_second_factor(
        &self,
        user: UserId,
        secret: &[u8],
        at: Timestamp,
        step: i64,
        recovery_codes: &[Vec<u8>],
    ) -> Result<bool, StorageError> {
        let confirmed = self.inner.confirm_second_factor(user, secret, at, step, recovery_codes);
        confirmed.await
    }

    async fn take_totp_step(&self, user: UserId, step: i64) -> Result<bool, StorageError> {
        self.inner.take_totp_step(user, step).await
    }

    async fn take_recovery_code(&self, user: UserId, digest: &[u8]) -> Result<bool, StorageError> {
        self.inner.take_recovery_code(user, digest).await
    }

    async fn remove_second_factor(&self, user: UserId) -> Result<bool, StorageError> {
        self.inner.remove_second_factor(user).await
    }

    async fn users_with_second_factor(&self, workspace: WorkspaceId) -> Result<Vec<UserId>, StorageError> {
        self.inner.users_with_second_factor(workspace).await
    }
}

#[async_trait]
impl UserIdentities for Probe {
    async fn user_by_identity(&self, issuer: &str, subject: &str) -> Result<Option<StoredUser>, StorageError> {
        self.inner.user_by_identity(issuer, subject).await
    }

    async fn link_identity(
        &self,
        user: UserId,
        issuer: &str,
        subject: &str,
        at: Timestamp,
    ) -> Result<LinkedIdentity, StorageError> {
        self.inner.link_identity(user, issuer, subject, at).await
    }
}

#[async_trait]
impl Audit for Probe {
    async fn append_audit(&self, entry: &AuditEntry) -> Result<(), StorageError> {
        self.inner.append_audit(entry).await
    }

    async fn audit(
        &self,
        workspace: WorkspaceId,
        before: Option<AuditId>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StorageError> {
        self.inner.audit(workspace, before, limit).await
    }
}

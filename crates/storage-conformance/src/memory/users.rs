//! People who work in the console, their sessions and their invitations.

use super::store::{MemoryStore, Shared, StoredMember};
use async_trait::async_trait;
use secrecy::SecretString;
use selfsame_application::ports::{
    Invitation, Joining, Member, MemberChange, OpenSession, Session, StorageError, StoredUser, User, UserWorkspace,
    Users,
};
use selfsame_domain::console::Role;
use selfsame_domain::values::Email;
use selfsame_domain::{InvitationId, SessionId, Timestamp, UserId, WorkspaceId};

#[async_trait]
impl Users for MemoryStore {
    async fn add_invitation(&self, invitation: &Invitation, digest: &[u8]) -> Result<(), StorageError> {
        let mut shared = self.lock();
        if !shared.accounts.contains_key(&invitation.workspace) {
            return Err(StorageError::UnknownWorkspace);
        }
        if shared.people.invitations.contains_key(digest) {
            let what = "the digest of the invitation";
            return Err(StorageError::Conflict { what });
        }
        shared.people.invitations.insert(digest.to_vec(), invitation.clone());
        Ok(())
    }

    async fn invitation(&self, digest: &[u8]) -> Result<Option<(Invitation, String)>, StorageError> {
        let shared = self.lock();
        let Some(invitation) = shared.people.invitations.get(digest) else {
            return Ok(None);
        };
        let account = shared.accounts.get(&invitation.workspace);
        Ok(account.map(|account| (invitation.clone(), account.workspace.name.clone())))
    }

    async fn invitations(&self, workspace: WorkspaceId) -> Result<Vec<Invitation>, StorageError> {
        let shared = self.lock();
        let all = shared.people.invitations.values();
        let mut own: Vec<Invitation> = all.filter(|known| known.workspace == workspace).cloned().collect();
        own.sort_by_key(|invitation| (invitation.created_at, invitation.id));
        Ok(own)
    }

    async fn remove_invitation(&self, workspace: WorkspaceId, id: InvitationId) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        let before = shared.people.invitations.len();
        let is_it = |known: &Invitation| known.workspace == workspace && known.id == id;
        shared.people.invitations.retain(|_, known| !is_it(known));
        Ok(shared.people.invitations.len() < before)
    }

    async fn accept_invitation(&self, digest: &[u8], joining: &Joining, at: Timestamp) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        let people = &mut shared.people;
        let Some(invitation) = people.invitations.get(digest).cloned() else {
            return Ok(false);
        };
        let user = match joining {
            Joining::Known(user) => *user,
            Joining::New(new) => {
                let email = new.user.email.matching();
                if people.users.values().any(|known| known.user.email.matching() == email) {
                    let what = "the email address";
                    return Err(StorageError::Conflict { what });
                }
                people.users.insert(new.user.id, new.clone());
                new.user.id
            }
        };
        let member = people.members.entry((invitation.workspace, user));
        member
            .and_modify(|known| known.role = invitation.role)
            .or_insert(StoredMember {
                role: invitation.role,
                since: at,
            });
        people.invitations.remove(digest);
        Ok(true)
    }

    async fn user_by_email(&self, email: &Email) -> Result<Option<StoredUser>, StorageError> {
        let shared = self.lock();
        let mut users = shared.people.users.values();
        Ok(users
            .find(|known| known.user.email.matching() == email.matching())
            .cloned())
    }

    async fn set_password(&self, user: UserId, password: &SecretString, keep: SessionId) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        let Some(known) = shared.people.users.get_mut(&user) else {
            return Ok(false);
        };
        known.password = password.clone();
        let ends = |session: &Session| session.user == user && session.id != keep;
        shared.people.sessions.retain(|_, session| !ends(session));
        Ok(true)
    }

    async fn works_in(&self, user: UserId) -> Result<Vec<UserWorkspace>, StorageError> {
        let shared = self.lock();
        let own = shared.people.members.iter().filter(|((_, known), _)| *known == user);
        let read = |((workspace, _), member): (&(WorkspaceId, UserId), &StoredMember)| {
            let account = shared.accounts.get(workspace)?;
            Some(UserWorkspace {
                workspace: *workspace,
                name: account.workspace.name.clone(),
                role: member.role,
            })
        };
        Ok(own.filter_map(read).collect())
    }

    async fn users_of(&self, workspace: WorkspaceId) -> Result<Vec<Member>, StorageError> {
        let shared = self.lock();
        let own = shared
            .people
            .members
            .iter()
            .filter(|((known, _), _)| *known == workspace);
        let read = |((_, user), member): (&(WorkspaceId, UserId), &StoredMember)| {
            let stored = shared.people.users.get(user)?;
            Some(Member {
                user: stored.user.clone(),
                role: member.role,
                since: member.since,
            })
        };
        let mut members: Vec<Member> = own.filter_map(read).collect();
        members.sort_by(|one, other| one.user.email.matching().cmp(other.user.email.matching()));
        Ok(members)
    }

    async fn set_member(
        &self,
        workspace: WorkspaceId,
        user: UserId,
        role: Option<Role>,
    ) -> Result<MemberChange, StorageError> {
        let mut shared = self.lock();
        let members = &mut shared.people.members;
        if !members.contains_key(&(workspace, user)) {
            return Ok(MemberChange::Missing);
        }
        let is_other_admin = |(known, other): &(WorkspaceId, UserId), role: Role| {
            *known == workspace && *other != user && role == Role::Admin
        };
        let keeps_admin =
            role == Some(Role::Admin) || members.iter().any(|(key, member)| is_other_admin(key, member.role));
        if !keeps_admin {
            return Ok(MemberChange::LastAdmin);
        }
        match (role, members.get_mut(&(workspace, user))) {
            (Some(role), Some(member)) => member.role = role,
            _ => drop(members.remove(&(workspace, user))),
        }
        Ok(MemberChange::Done)
    }

    async fn add_session(&self, session: &Session, digest: &[u8]) -> Result<(), StorageError> {
        let mut shared = self.lock();
        if shared.people.sessions.contains_key(digest) {
            let what = "the digest of the session";
            return Err(StorageError::Conflict { what });
        }
        shared.people.sessions.insert(digest.to_vec(), session.clone());
        Ok(())
    }

    async fn session(&self, digest: &[u8]) -> Result<Option<OpenSession>, StorageError> {
        Ok(self.lock().open_session(digest))
    }

    async fn touch_session(&self, id: SessionId, at: Timestamp) -> Result<(), StorageError> {
        let mut shared = self.lock();
        for session in shared.people.sessions.values_mut().filter(|session| session.id == id) {
            session.last_used_at = session.last_used_at.max(at);
        }
        Ok(())
    }

    async fn sessions(&self, user: UserId) -> Result<Vec<Session>, StorageError> {
        let shared = self.lock();
        let all = shared.people.sessions.values();
        let mut own: Vec<Session> = all.filter(|session| session.user == user).cloned().collect();
        own.sort_by_key(|session| std::cmp::Reverse((session.created_at, session.id)));
        Ok(own)
    }

    async fn end_session(&self, user: UserId, id: SessionId) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        let before = shared.people.sessions.len();
        let is_it = |session: &Session| session.user == user && session.id == id;
        shared.people.sessions.retain(|_, session| !is_it(session));
        Ok(shared.people.sessions.len() < before)
    }

    async fn prune_sessions(
        &self,
        unused_since: Timestamp,
        began_before: Timestamp,
        now: Timestamp,
    ) -> Result<u64, StorageError> {
        let mut shared = self.lock();
        let people = &mut shared.people;
        let count = |people: &super::store::People| people.sessions.len() + people.invitations.len();
        let before = count(people);
        people
            .sessions
            .retain(|_, session| session.last_used_at >= unused_since && session.created_at >= began_before);
        people.invitations.retain(|_, invitation| invitation.expires_at >= now);
        Ok((before - count(people)) as u64)
    }
}

impl Shared {
    fn open_session(&self, digest: &[u8]) -> Option<OpenSession> {
        let session = self.people.sessions.get(digest)?;
        let member = self.people.members.get(&(session.workspace, session.user))?;
        let user: User = self.people.users.get(&session.user)?.user.clone();
        Some(OpenSession {
            session: session.clone(),
            user,
            workspace: self.accounts.get(&session.workspace)?.workspace.clone(),
            role: member.role,
        })
    }
}

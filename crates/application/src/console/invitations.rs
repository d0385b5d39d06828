//! Invitations to a workspace: links that open once.

use super::audit::Actor;
use super::error::ConsoleError;
use super::second_step::FirstStep;
use super::secret;
use super::sessions::Person;
use crate::app::Application;
use crate::ports::{Invitation, Joining, StorageError, StoredUser, User};
use secrecy::{ExposeSecret, SecretString};
use selfsame_domain::console::{AuditAction, INVITATION_LIFETIME, Password, Permission, Role};
use selfsame_domain::values::Email;
use selfsame_domain::{InvitationId, UserId, WorkspaceId};

impl Application {
    /// Creates an invitation for the operator of the server. Returns the invitation and its secret.
    pub async fn invite_as_operator(
        &self,
        workspace: WorkspaceId,
        email: Option<Email>,
        role: Role,
    ) -> Result<(Invitation, SecretString), StorageError> {
        self.make_invitation(Actor::Operator, workspace, email, role).await
    }

    /// Creates an invitation. Returns the invitation and its secret.
    pub async fn invite(
        &self,
        person: &Person,
        email: Email,
        role: Role,
    ) -> Result<(Invitation, SecretString), ConsoleError> {
        person.require(Permission::ManagePeople)?;
        let made = self.make_invitation(person.actor(), person.workspace.id, Some(email), role);
        Ok(made.await?)
    }

    async fn make_invitation(
        &self,
        actor: Actor<'_>,
        workspace: WorkspaceId,
        email: Option<Email>,
        role: Role,
    ) -> Result<(Invitation, SecretString), StorageError> {
        let now = self.clock.now();
        let invitation = Invitation {
            id: InvitationId(self.ids.uuid(now)),
            workspace,
            email,
            role,
            created_at: now,
            expires_at: now + INVITATION_LIFETIME,
        };
        let token = secret::draw(&*self.ids);
        let invited = invitation.email.as_ref().map_or("", Email::as_typed);
        let object = format!("{invited} {}", role.as_str());
        self.note(workspace, actor, AuditAction::Invited, object.trim()).await?;
        self.store.add_invitation(&invitation, &secret::digest(&token)).await?;
        Ok((invitation, token))
    }

    /// Invitations of the workspace that are open.
    pub async fn invitations(&self, person: &Person) -> Result<Vec<Invitation>, ConsoleError> {
        person.require(Permission::ManagePeople)?;
        let now = self.clock.now();
        let mut open = self.store.invitations(person.workspace.id).await?;
        open.retain(|invitation| invitation.expires_at > now);
        Ok(open)
    }

    /// Takes an invitation back.
    pub async fn revoke_invitation(&self, person: &Person, id: InvitationId) -> Result<(), ConsoleError> {
        person.require(Permission::ManagePeople)?;
        let workspace = person.workspace.id;
        self.note(
            workspace,
            person.actor(),
            AuditAction::InvitationRevoked,
            &id.to_string(),
        )
        .await?;
        if self.store.remove_invitation(workspace, id).await? {
            Ok(())
        } else {
            Err(ConsoleError::NotFound("invitation"))
        }
    }

    /// An invitation that is open, and the name of its workspace.
    pub async fn invitation(&self, token: &SecretString) -> Result<(Invitation, String), ConsoleError> {
        let found = self.store.invitation(&secret::digest(token)).await?;
        let now = self.clock.now();
        let open = found.filter(|(invitation, _)| invitation.expires_at > now);
        open.ok_or(ConsoleError::NoInvitation)
    }

    /// Accepts an invitation and signs in. A new person sets a password; one who works in another workspace already gives the one they
    /// have, and then the code of their second factor. `email` is used when the invitation has none.
    pub async fn accept_invitation(
        &self,
        token: &SecretString,
        email: Option<Email>,
        password: SecretString,
        agent: &str,
    ) -> Result<FirstStep, ConsoleError> {
        let (invitation, _) = self.invitation(token).await?;
        let email = invitation.email.or(email).ok_or(ConsoleError::WrongCredentials)?;
        let now = self.clock.now();
        let (known, joining) = if self.store.user_by_email(&email).await?.is_some() {
            let known = self.check_password(&email, password).await?;
            let id = known.user.id;
            (known, Joining::Known(id))
        } else {
            let checked = Password::parse(password.expose_secret(), &email)?;
            let user = User {
                id: UserId(self.ids.uuid(now)),
                email,
                created_at: now,
            };
            let password = self.hash(&checked).await?;
            let new = StoredUser { user, password };
            (new.clone(), Joining::New(new))
        };
        let digest = secret::digest(token);
        let joined = match self.store.accept_invitation(&digest, &joining, now).await {
            // Another request registered this address in the meantime.
            Err(StorageError::Conflict { .. }) => return Err(ConsoleError::WrongCredentials),
            joined => joined?,
        };
        if !joined {
            return Err(ConsoleError::NoInvitation);
        }
        // After the deed: whether the invitation still opens is known only then.
        let role = invitation.role.as_str();
        self.note(
            invitation.workspace,
            Actor::User(&known.user),
            AuditAction::Joined,
            role,
        )
        .await?;
        self.pass_first_step(&known, invitation.workspace, agent).await
    }
}

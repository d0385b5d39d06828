//! The people of a workspace.

use super::error::ConsoleError;
use super::sessions::Person;
use crate::app::Application;
use crate::ports::{Member, MemberChange};
use selfsame_domain::UserId;
use selfsame_domain::console::{AuditAction, Permission, Role};

impl Application {
    /// The people of the workspace.
    pub async fn people(&self, person: &Person) -> Result<Vec<Member>, ConsoleError> {
        person.require(Permission::ManagePeople)?;
        Ok(self.store.users_of(person.workspace.id).await?)
    }

    /// Gives a member another role, or without one removes them from the workspace.
    pub async fn set_member(&self, person: &Person, user: UserId, role: Option<Role>) -> Result<(), ConsoleError> {
        let members = self.people(person).await?;
        let member = members.iter().find(|member| member.user.id == user);
        let member = member.ok_or(ConsoleError::NotFound("member"))?;
        let email = member.user.email.as_typed();
        let (action, object) = match role {
            Some(role) => (AuditAction::RoleChanged, format!("{email} {}", role.as_str())),
            None => (AuditAction::MemberRemoved, email.to_owned()),
        };
        let workspace = person.workspace.id;
        self.note(workspace, person.actor(), action, &object).await?;
        match self.store.set_member(workspace, user, role).await? {
            MemberChange::Done => Ok(()),
            MemberChange::Missing => Err(ConsoleError::NotFound("member")),
            MemberChange::LastAdmin => Err(ConsoleError::LastAdmin),
        }
    }
}

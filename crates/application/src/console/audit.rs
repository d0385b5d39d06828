//! Writing the audit log, and reading it.

use super::error::ConsoleError;
use super::sessions::Person;
use crate::app::Application;
use crate::ports::{StorageError, User};
use selfsame_domain::console::{AuditAction, AuditEntry, Permission};
use selfsame_domain::{AuditId, WorkspaceId};

/// Who does something.
#[derive(Debug, Clone, Copy)]
pub(super) enum Actor<'a> {
    /// A person in the console.
    User(&'a User),
    /// Whoever runs the server.
    Operator,
}

impl Application {
    /// Writes down what is about to be done. An object is cut after [`AuditEntry::LONGEST_OBJECT`] characters.
    pub(super) async fn note(
        &self,
        workspace: WorkspaceId,
        actor: Actor<'_>,
        action: AuditAction,
        object: &str,
    ) -> Result<(), StorageError> {
        let at = self.clock.now();
        let (user, by) = match actor {
            Actor::User(user) => (Some(user.id), user.email.as_typed().to_owned()),
            Actor::Operator => (None, String::new()),
        };
        let entry = AuditEntry {
            id: AuditId(self.ids.uuid(at)),
            workspace,
            at,
            user,
            by,
            action,
            object: object.chars().take(AuditEntry::LONGEST_OBJECT).collect(),
        };
        self.store.append_audit(&entry).await
    }

    /// Entries of the audit log, the latest first; those before `before`.
    pub async fn audit_log(
        &self,
        person: &Person,
        before: Option<AuditId>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, ConsoleError> {
        person.require(Permission::ManagePeople)?;
        Ok(self.store.audit(person.workspace.id, before, limit).await?)
    }
}

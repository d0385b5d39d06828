//! What people decide about contacts and identifiers that need a look.

use super::error::ConsoleError;
use super::sessions::Person;
use crate::app::Application;
use selfsame_domain::console::{AuditAction, Permission};
use selfsame_domain::values::{BlockedValue, BlockedValues};
use selfsame_domain::{Command, ContactId, Decision, IdentifierKey, Policy};

impl Application {
    /// Merges two contacts by hand. With `force` different external IDs and limits are overruled.
    pub async fn merge_contacts(
        &self,
        person: &Person,
        survivor: ContactId,
        absorbed: ContactId,
        force: bool,
    ) -> Result<Decision, ConsoleError> {
        person.require(Permission::ChangeIdentity)?;
        let object = format!("{survivor} {absorbed}");
        let command = Command::Merge {
            survivor,
            absorbed,
            force,
        };
        self.act(person, AuditAction::ContactsMerged, &object, command).await
    }

    /// Writes down that a list of contacts is about to be downloaded.
    pub async fn note_contacts_exported(&self, person: &Person) -> Result<(), ConsoleError> {
        person.require(Permission::ExportContacts)?;
        self.note(person.workspace.id, person.actor(), AuditAction::ContactsExported, "")
            .await?;
        Ok(())
    }

    /// Evaluates an identifier of a contact again that does not match. The decision says whether it matches now.
    pub async fn reevaluate_identifier(
        &self,
        person: &Person,
        contact: ContactId,
        key: IdentifierKey,
    ) -> Result<Decision, ConsoleError> {
        person.require(Permission::ChangeIdentity)?;
        let object = format!("{contact} {}", key.kind);
        let command = Command::Reevaluate { contact, key };
        self.act(person, AuditAction::IdentifierReevaluated, &object, command)
            .await
    }

    /// Makes a shared identifier evidence again.
    pub async fn unshare_identifier(&self, person: &Person, key: IdentifierKey) -> Result<Decision, ConsoleError> {
        person.require(Permission::ChangeIdentity)?;
        let object = key.kind.to_string();
        self.act(
            person,
            AuditAction::IdentifierUnshared,
            &object,
            Command::Unshare { key },
        )
        .await
    }

    /// Puts an identifier on the list of blocked values. One that is on it already stays as it is.
    pub async fn block_identifier(&self, person: &Person, key: &IdentifierKey) -> Result<(), ConsoleError> {
        person.require(Permission::ManageSettings)?;
        let policy = &person.workspace.policy;
        if policy.blocks(key.kind, &key.value, &key.value) {
            return Ok(());
        }
        let mut entries: Vec<BlockedValue> = policy.blocked.iter().cloned().collect();
        let entry = BlockedValue::exact(Some(key.kind.as_str()), &key.value);
        entries.push(entry?);
        let blocked = BlockedValues::new(entries)?;
        let policy = Policy {
            blocked,
            ..policy.clone()
        };
        self.change_policy(person, policy).await
    }

    /// Replaces the policy. It decides requests that come after it.
    pub async fn change_policy(&self, person: &Person, policy: Policy) -> Result<(), ConsoleError> {
        person.require(Permission::ManageSettings)?;
        policy.check()?;
        let command = Command::SetPolicy(Box::new(policy));
        self.act(person, AuditAction::PolicyChanged, "", command).await?;
        Ok(())
    }
}

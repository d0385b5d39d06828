//! Changes that people make in a workspace.

use super::error::ConsoleError;
use super::sessions::Person;
use crate::access::NewKey;
use crate::app::Application;
use crate::ports::ApiKey;
use crate::submit::Submission;
use selfsame_domain::console::{AuditAction, Permission};
use selfsame_domain::segments::Formula;
use selfsame_domain::values::SegmentName;
use selfsame_domain::{Command, Decision, Effect, KeyId, MergeId, SegmentId};

impl Application {
    /// Undoes a merge of contacts.
    pub async fn undo_merge(&self, person: &Person, merge: MergeId) -> Result<Decision, ConsoleError> {
        person.require(Permission::ChangeIdentity)?;
        let found = self.store.merge(person.workspace.id, merge).await?;
        let found = found.ok_or(ConsoleError::NotFound("merge"))?;
        let object = format!("{} {}", found.survivor, found.absorbed);
        let command = Command::Undo { merge };
        self.act(person, AuditAction::MergeUndone, &object, command).await
    }

    /// Makes a segment: a dynamic one with a formula, else a list. Returns its number.
    pub async fn create_segment(
        &self,
        person: &Person,
        name: SegmentName,
        formula: Option<Formula>,
    ) -> Result<SegmentId, ConsoleError> {
        person.require(Permission::EditSegments)?;
        if let Some(formula) = &formula {
            self.check_formula(person.workspace.id, formula, None).await?;
        }
        let object = name.to_string();
        let command = Command::CreateSegment {
            name,
            formula: formula.map(Box::new),
        };
        let decision = self.act(person, AuditAction::SegmentCreated, &object, command).await?;
        let made = decision.effects.iter().find_map(|effect| match effect {
            Effect::SegmentCreated { segment } => Some(*segment),
            _ => None,
        });
        made.ok_or(ConsoleError::NotFound("segment"))
    }

    /// Renames a segment, and changes the formula of a dynamic one.
    pub async fn change_segment(
        &self,
        person: &Person,
        segment: SegmentId,
        name: SegmentName,
        formula: Option<Formula>,
    ) -> Result<(), ConsoleError> {
        person.require(Permission::EditSegments)?;
        if let Some(formula) = &formula {
            self.check_formula(person.workspace.id, formula, Some(segment)).await?;
        }
        let object = format!("{segment} {name}");
        let command = Command::ChangeSegment {
            segment,
            name: Some(name),
            formula: formula.map(Box::new),
        };
        self.act(person, AuditAction::SegmentChanged, &object, command).await?;
        Ok(())
    }

    /// Deletes a segment. Its contacts stay.
    pub async fn delete_segment(&self, person: &Person, segment: SegmentId) -> Result<(), ConsoleError> {
        person.require(Permission::EditSegments)?;
        let view = self.segment(person.workspace.id, segment).await?;
        let object = format!("{segment} {}", view.name);
        let command = Command::DeleteSegment { segment };
        self.act(person, AuditAction::SegmentDeleted, &object, command).await?;
        Ok(())
    }

    /// The API keys of the workspace, by time of making.
    pub async fn api_keys(&self, person: &Person) -> Result<Vec<ApiKey>, ConsoleError> {
        person.require(Permission::ManageKeys)?;
        Ok(self.store.keys(person.workspace.id).await?)
    }

    /// Makes an API key of the workspace.
    pub async fn make_api_key(&self, person: &Person, key: NewKey) -> Result<ApiKey, ConsoleError> {
        person.require(Permission::ManageKeys)?;
        let object = format!("{} {}", key.name, key.rights.as_str());
        self.note(person.workspace.id, person.actor(), AuditAction::KeyCreated, &object)
            .await?;
        Ok(self.create_key(person.workspace.id, key).await?)
    }

    /// Revokes an API key of the workspace.
    pub async fn revoke_api_key(&self, person: &Person, key: KeyId) -> Result<(), ConsoleError> {
        let keys = self.api_keys(person).await?;
        let known = keys.iter().find(|known| known.id == key);
        let known = known.ok_or(ConsoleError::NotFound("API key"))?;
        self.note(
            person.workspace.id,
            person.actor(),
            AuditAction::KeyRevoked,
            &known.name,
        )
        .await?;
        if self.revoke_key(person.workspace.id, key).await? {
            Ok(())
        } else {
            Err(ConsoleError::NotFound("API key"))
        }
    }

    /// Submits a command of a person. A refused one is an error.
    pub(super) async fn act(
        &self,
        person: &Person,
        action: AuditAction,
        object: &str,
        command: Command,
    ) -> Result<Decision, ConsoleError> {
        let workspace = person.workspace.id;
        self.note(workspace, person.actor(), action, object).await?;
        let decisions = self.submit(workspace, Submission::of(command)).await?;
        let decision = decisions.into_iter().next().ok_or(ConsoleError::NotFound("decision"))?;
        match decision.rejection {
            Some(rejection) => Err(ConsoleError::Rejected(rejection)),
            None => Ok(decision),
        }
    }
}

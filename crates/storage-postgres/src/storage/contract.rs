//! What a change set must not ask for.

use super::known::Known;
use selfsame_application::ports::StorageError;
use selfsame_domain::{ChangeSet, ContactId, IdentifierKey};
use std::collections::{HashMap, HashSet};

/// How a unit of work was misused. Unlike a lost race, doing it again would not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ContractError {
    /// A row that is to be removed was not loaded.
    #[error("a row of {table} that is to be removed was not loaded")]
    NotLoaded {
        /// The table.
        table: &'static str,
    },
    /// A value that must be unique is given to two.
    #[error("a value of {table} is taken")]
    Taken {
        /// The table.
        table: &'static str,
    },
    /// A transaction that was begun as a dry run was asked to write.
    #[error("a dry run writes nothing")]
    DryRun,
}

impl From<ContractError> for StorageError {
    fn from(error: ContractError) -> Self {
        Self::Refused(Box::new(error))
    }
}

/// Finds what the unique keys of the database would refuse for another reason than a race.
pub(super) fn check(changes: &ChangeSet, known: &Known) -> Result<(), ContractError> {
    if !changes.identifiers_removed.iter().all(|key| known.has_identifier(key)) {
        return Err(ContractError::NotLoaded { table: "identifiers" });
    }
    if !changes.memberships_removed.iter().all(|key| known.has_membership(*key)) {
        return Err(ContractError::NotLoaded {
            table: "segment_members",
        });
    }
    check_exclusive(changes, known)?;
    let open = changes.visitors.iter().filter(|visitor| visitor.closed_at.is_none());
    let mut keys = HashSet::new();
    if open.into_iter().all(|visitor| keys.insert(&visitor.key)) {
        Ok(())
    } else {
        Err(ContractError::Taken { table: "visitors" })
    }
}

/// At most one row of an exclusive key: of those that were loaded and stay, and those that are written.
fn check_exclusive(changes: &ChangeSet, known: &Known) -> Result<(), ContractError> {
    let written = || changes.identifiers.iter().filter(|held| held.kind().is_exclusive());
    if written().next().is_none() {
        return Ok(());
    }
    let removed: HashSet<(&IdentifierKey, ContactId)> = changes
        .identifiers_removed
        .iter()
        .map(|(key, home)| (key, *home))
        .collect();
    let stays = |key: &IdentifierKey, home, owner| !removed.contains(&(key, home)) && !changes.erased.contains(&owner);
    let mut homes: HashMap<&IdentifierKey, ContactId> = known
        .exclusive()
        .filter(|(key, home, owner)| stays(key, *home, *owner))
        .map(|(key, home, _)| (key, home))
        .collect();
    for held in written() {
        if homes
            .insert(held.key(), held.home)
            .is_some_and(|home| home != held.home)
        {
            return Err(ContractError::Taken { table: "identifiers" });
        }
    }
    Ok(())
}

//! Violations of the change set's contract.

use selfsame_application::ports::StorageError;

/// How a change set broke its contract ([`selfsame_domain::ChangeSet`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContractError {
    /// A row is written more than once.
    #[error("a row of {table} is written twice")]
    Twice {
        /// The table.
        table: &'static str,
    },
    /// A row to be changed or deleted does not exist.
    #[error("a row of {table} is not there")]
    Missing {
        /// The table.
        table: &'static str,
    },
    /// A value that must be unique is taken.
    #[error("a value of {table} is taken")]
    Taken {
        /// The table.
        table: &'static str,
    },
}

impl From<ContractError> for StorageError {
    fn from(error: ContractError) -> Self {
        Self::Refused(Box::new(error))
    }
}

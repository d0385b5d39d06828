//! The second factors of people who work in the console.

use super::StorageError;
use async_trait::async_trait;
use selfsame_domain::{Timestamp, UserId, WorkspaceId};

/// The second factor of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// The secret, encrypted.
    pub secret: Vec<u8>,
    /// When it was turned on; `None` while it is being set up.
    pub confirmed_at: Option<Timestamp>,
    /// How many recovery codes are left.
    pub recovery_codes: u64,
}

/// Keeps second factors. Secrets are stored encrypted, recovery codes as SHA-256 digests.
#[async_trait]
pub trait SecondFactors: Send + Sync {
    /// The second factor of a person.
    async fn second_factor(&self, user: UserId) -> Result<Option<SecondFactor>, StorageError>;

    /// Stores the secret of a factor that is being set up, in place of an earlier one that was not confirmed. Says whether it was stored: a
    /// confirmed factor MUST stay as it is.
    async fn begin_second_factor(&self, user: UserId, secret: &[u8]) -> Result<bool, StorageError>;

    /// Turns on the factor that is being set up with this encrypted secret, and stores the digests of its recovery codes. `step` is the time
    /// step of the code that confirmed it. Says whether there was the factor; without it nothing changes.
    async fn confirm_second_factor(
        &self,
        user: UserId,
        secret: &[u8],
        at: Timestamp,
        step: i64,
        recovery_codes: &[Vec<u8>],
    ) -> Result<bool, StorageError>;

    /// Takes a time step of a confirmed factor. Says whether it is later than all that were taken: of several who bring the same code exactly
    /// one MUST succeed.
    async fn take_totp_step(&self, user: UserId, step: i64) -> Result<bool, StorageError>;

    /// Deletes a recovery code. Says whether the person had it: of several who bring it exactly one MUST succeed.
    async fn take_recovery_code(&self, user: UserId, digest: &[u8]) -> Result<bool, StorageError>;

    /// Deletes the factor of a person, confirmed or not, with its recovery codes. Says whether there was one.
    async fn remove_second_factor(&self, user: UserId) -> Result<bool, StorageError>;

    /// The people of a workspace who have a confirmed factor, in no particular order.
    async fn users_with_second_factor(&self, workspace: WorkspaceId) -> Result<Vec<UserId>, StorageError>;
}

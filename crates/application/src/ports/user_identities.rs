//! The accounts of identity providers by which people sign in.

use super::{StorageError, StoredUser};
use async_trait::async_trait;
use selfsame_domain::{Timestamp, UserId};

/// Whether an account of an identity provider is a person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkedIdentity {
    /// It was linked now, or was linked with this person before.
    Linked,
    /// The account belongs to another person, or the person has another account of the same issuer. Nothing was changed.
    Taken,
}

/// Keeps which account of which identity provider is which person (OpenID Connect Core, 5.7: issuer and subject together are unique and
/// never reassigned). Both are compared byte by byte.
#[async_trait]
pub trait UserIdentities: Send + Sync {
    /// The person with an account.
    async fn user_by_identity(&self, issuer: &str, subject: &str) -> Result<Option<StoredUser>, StorageError>;

    /// Links an account with a person. A person MUST have at most one account of an issuer, and an account at most one person.
    async fn link_identity(
        &self,
        user: UserId,
        issuer: &str,
        subject: &str,
        at: Timestamp,
    ) -> Result<LinkedIdentity, StorageError>;
}

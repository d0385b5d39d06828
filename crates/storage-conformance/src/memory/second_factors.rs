//! Second factors, and accounts of identity providers.

use super::store::MemoryStore;
use async_trait::async_trait;
use selfsame_application::ports::{
    LinkedIdentity, SecondFactor, SecondFactors, StorageError, StoredUser, UserIdentities,
};
use selfsame_domain::{Timestamp, UserId, WorkspaceId};
use std::collections::BTreeSet;

/// A second factor with what only the storage reads.
#[derive(Debug, Clone)]
pub(super) struct StoredFactor {
    secret: Vec<u8>,
    confirmed_at: Option<Timestamp>,
    last_step: i64,
    recovery_codes: BTreeSet<Vec<u8>>,
}

#[async_trait]
impl SecondFactors for MemoryStore {
    async fn second_factor(&self, user: UserId) -> Result<Option<SecondFactor>, StorageError> {
        let shared = self.lock();
        Ok(shared.people.factors.get(&user).map(|stored| SecondFactor {
            secret: stored.secret.clone(),
            confirmed_at: stored.confirmed_at,
            recovery_codes: stored.recovery_codes.len() as u64,
        }))
    }

    async fn begin_second_factor(&self, user: UserId, secret: &[u8]) -> Result<bool, StorageError> {
        let factors = &mut self.lock().people.factors;
        if factors.get(&user).is_some_and(|known| known.confirmed_at.is_some()) {
            return Ok(false);
        }
        let begun = StoredFactor {
            secret: secret.to_vec(),
            confirmed_at: None,
            last_step: 0,
            recovery_codes: BTreeSet::new(),
        };
        factors.insert(user, begun);
        Ok(true)
    }

    async fn confirm_second_factor(
        &self,
        user: UserId,
        secret: &[u8],
        at: Timestamp,
        step: i64,
        recovery_codes: &[Vec<u8>],
    ) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        let begun = shared.people.factors.get_mut(&user);
        let Some(begun) = begun.filter(|known| known.confirmed_at.is_none() && known.secret == secret) else {
            return Ok(false);
        };
        begun.confirmed_at = Some(at);
        begun.last_step = step;
        begun.recovery_codes = recovery_codes.iter().cloned().collect();
        Ok(true)
    }

    async fn take_totp_step(&self, user: UserId, step: i64) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        let factor = shared.people.factors.get_mut(&user);
        let Some(factor) = factor.filter(|known| known.confirmed_at.is_some() && known.last_step < step) else {
            return Ok(false);
        };
        factor.last_step = step;
        Ok(true)
    }

    async fn take_recovery_code(&self, user: UserId, digest: &[u8]) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        let factor = shared.people.factors.get_mut(&user);
        Ok(factor.is_some_and(|known| known.recovery_codes.remove(digest)))
    }

    async fn remove_second_factor(&self, user: UserId) -> Result<bool, StorageError> {
        Ok(self.lock().people.factors.remove(&user).is_some())
    }

    async fn users_with_second_factor(&self, workspace: WorkspaceId) -> Result<Vec<UserId>, StorageError> {
        let shared = self.lock();
        let people = &shared.people;
        let confirmed = people.factors.iter().filter(|(_, known)| known.confirmed_at.is_some());
        let own = confirmed.filter(|(user, _)| people.members.contains_key(&(workspace, **user)));
        Ok(own.map(|(user, _)| *user).collect())
    }
}

#[async_trait]
impl UserIdentities for MemoryStore {
    async fn user_by_identity(&self, issuer: &str, subject: &str) -> Result<Option<StoredUser>, StorageError> {
        let shared = self.lock();
        let people = &shared.people;
        let user = people.identities.get(&(issuer.to_owned(), subject.to_owned()));
        Ok(user.and_then(|user| people.users.get(user)).cloned())
    }

    async fn link_identity(
        &self,
        user: UserId,
        issuer: &str,
        subject: &str,
        _: Timestamp,
    ) -> Result<LinkedIdentity, StorageError> {
        let identities = &mut self.lock().people.identities;
        let account = (issuer.to_owned(), subject.to_owned());
        if let Some(owner) = identities.get(&account) {
            let is_own = *owner == user;
            return Ok(if is_own {
                LinkedIdentity::Linked
            } else {
                LinkedIdentity::Taken
            });
        }
        let has_other = identities
            .iter()
            .any(|((known, _), owner)| known == issuer && *owner == user);
        if has_other {
            return Ok(LinkedIdentity::Taken);
        }
        identities.insert(account, user);
        Ok(LinkedIdentity::Linked)
    }
}

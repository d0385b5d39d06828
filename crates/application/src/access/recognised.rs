//! Keys that this server has authenticated, kept in memory.

use super::Principal;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most keys in memory. One more empties the memory: each key is then read once again.
const MOST: usize = 10_000;

/// The owners of secrets as they were last read, by the digests of the secrets. A revocation or a new policy on another
/// server does not change them, so an entry counts only together with the access version of the workspace, which
/// [`crate::Application::submit_on`] checks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recognised {
    keys: Arc<Mutex<HashMap<Vec<u8>, Arc<Principal>>>>,
}

impl Recognised {
    /// The owner of a secret.
    pub(super) fn get(&self, digest: &[u8]) -> Option<Arc<Principal>> {
        self.lock().get(digest).cloned()
    }

    /// Stores the owner of a secret. Unknown and revoked keys are not kept: they are read each time.
    pub(super) fn set(&self, digest: &[u8], found: Option<&Arc<Principal>>) {
        let mut keys = self.lock();
        match found.filter(|principal| principal.key.revoked_at.is_none()) {
            Some(principal) => {
                if keys.len() >= MOST && !keys.contains_key(digest) {
                    keys.clear();
                }
                keys.insert(digest.to_vec(), Arc::clone(principal));
            }
            None => {
                keys.remove(digest);
            }
        }
    }

    /// A panic cannot leave the map inconsistent: every critical section makes a single change.
    fn lock(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Arc<Principal>>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

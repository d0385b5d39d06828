//! Policies that were read before.

use selfsame_domain::{Policy, WorkspaceId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many workspaces are remembered; then it starts anew.
const CAPACITY: usize = 1024;

/// Texts of policies, and what they say.
type Known = HashMap<WorkspaceId, (String, Arc<Policy>)>;

/// Remembers parsed policies by their text. The text itself is read from the database every time, so that nothing is ever stale; what
/// is saved is the parsing, which costs more than the rest of a small transaction.
#[derive(Debug, Clone, Default)]
pub(crate) struct Policies {
    known: Arc<Mutex<Known>>,
}

impl Policies {
    /// The policy that a text says.
    pub(crate) fn read(&self, workspace: WorkspaceId, text: &str) -> Result<Arc<Policy>, serde_json::Error> {
        if let Some((known, policy)) = self.lock().get(&workspace)
            && known == text
        {
            return Ok(Arc::clone(policy));
        }
        let policy: Arc<Policy> = Arc::new(serde_json::from_str(text)?);
        let mut known = self.lock();
        if known.len() >= CAPACITY {
            known.clear();
        }
        known.insert(workspace, (text.to_owned(), Arc::clone(&policy)));
        Ok(policy)
    }

    /// A panic under the lock leaves the map whole: every change is a single insertion or removal.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

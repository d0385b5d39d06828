//! A cache of policies.

use selfsame_application::ports::PolicyVersion;
use selfsame_domain::{Policy, WorkspaceId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most cached workspaces; a full cache is emptied.
const CAPACITY: usize = 1024;

/// Policies as text and parsed.
type Texts = HashMap<WorkspaceId, (String, Arc<Policy>)>;

/// Caches parsed policies by their text, and the latest version of each that a batch has read. Credentials read the
/// text every time and save the parsing; a batch confirms the version by its revision.
#[derive(Debug, Clone, Default)]
pub(crate) struct Policies {
    texts: Arc<Mutex<Texts>>,
    versions: Arc<Mutex<HashMap<WorkspaceId, PolicyVersion>>>,
}

impl Policies {
    /// The latest known version of a workspace's policy.
    pub(crate) fn known(&self, workspace: WorkspaceId) -> Option<PolicyVersion> {
        lock(&self.versions).get(&workspace).cloned()
    }

    /// Caches a version, unless a later one is cached.
    pub(crate) fn note(&self, workspace: WorkspaceId, version: PolicyVersion) {
        let mut versions = lock(&self.versions);
        let latest = versions.get(&workspace);
        if latest.is_some_and(|latest| latest.revision >= version.revision) {
            return;
        }
        if versions.len() >= CAPACITY {
            versions.clear();
        }
        versions.insert(workspace, version);
    }

    /// Parses the text of a policy.
    pub(crate) fn read(&self, workspace: WorkspaceId, text: &str) -> Result<Arc<Policy>, serde_json::Error> {
        if let Some((known, policy)) = lock(&self.texts).get(&workspace)
            && known == text
        {
            return Ok(Arc::clone(policy));
        }
        let policy: Arc<Policy> = Arc::new(serde_json::from_str(text)?);
        let mut texts = lock(&self.texts);
        if texts.len() >= CAPACITY {
            texts.clear();
        }
        texts.insert(workspace, (text.to_owned(), Arc::clone(&policy)));
        Ok(policy)
    }
}

/// A panic cannot leave the map inconsistent: every critical section is a single insertion or removal.
fn lock<T>(map: &Mutex<T>) -> MutexGuard<'_, T> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}

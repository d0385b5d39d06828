//! Policies that were read before.

use selfsame_application::ports::PolicyVersion;
use selfsame_domain::{Policy, WorkspaceId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many workspaces are remembered; then it starts anew.
const CAPACITY: usize = 1024;

/// Texts of policies, and what they say.
type Texts = HashMap<WorkspaceId, (String, Arc<Policy>)>;

/// Remembers parsed policies by their text, and the latest version of each that a batch has met. Reading credentials reads the text every
/// time and saves the parsing; reading for a batch confirms the version by its revision.
#[derive(Debug, Clone, Default)]
pub(crate) struct Policies {
    texts: Arc<Mutex<Texts>>,
    versions: Arc<Mutex<HashMap<WorkspaceId, PolicyVersion>>>,
}

impl Policies {
    /// The version of a workspace's policy that was met last.
    pub(crate) fn known(&self, workspace: WorkspaceId) -> Option<PolicyVersion> {
        lock(&self.versions).get(&workspace).cloned()
    }

    /// Remembers a version, unless a later one is remembered.
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

    /// The policy that a text says.
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

/// A panic under the lock leaves the map whole: every change is a single insertion or removal.
fn lock<T>(map: &Mutex<T>) -> MutexGuard<'_, T> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Policies, kept in memory between statements.

use crate::error::translate;
use crate::rows;
use selfsame_application::ports::{PolicyVersion, StorageError};
use selfsame_domain::{Revision, WorkspaceId};
use sqlx::PgConnection;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const READ: &str = "
    SELECT p.policy::text, r.policy
    FROM policies p
    JOIN revisions r ON r.workspace_id = $1
    WHERE p.workspace_id = $1";

/// The last known policy of every workspace. A read names the revision of the policy that it uses, and its statement
/// reports when that is outdated.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    known: Mutex<HashMap<WorkspaceId, PolicyVersion>>,
}

impl Policies {
    pub(crate) fn known(&self, workspace: WorkspaceId) -> Option<PolicyVersion> {
        self.lock().get(&workspace).cloned()
    }

    /// Reads the policy, and caches it.
    pub(crate) async fn read(
        &self,
        connection: &mut PgConnection,
        workspace: WorkspaceId,
    ) -> Result<PolicyVersion, StorageError> {
        let row: Option<(String, i64)> = sqlx::query_as(READ)
            .bind(workspace.0)
            .fetch_optional(connection)
            .await
            .map_err(translate)?;
        let (text, revision) = row.ok_or(StorageError::UnknownWorkspace)?;
        let policy = PolicyVersion {
            revision: Revision(revision),
            policy: Arc::new(rows::json(&text, "policies", "policy", &workspace)?),
        };
        self.note(workspace, &policy);
        Ok(policy)
    }

    /// Caches a policy, unless a later one is known.
    pub(crate) fn note(&self, workspace: WorkspaceId, policy: &PolicyVersion) {
        let mut known = self.lock();
        let latest = known.get(&workspace);
        if latest.is_none_or(|latest| latest.revision < policy.revision) {
            known.insert(workspace, policy.clone());
        }
    }

    /// A panic cannot leave the map inconsistent: every critical section makes a single change.
    fn lock(&self) -> MutexGuard<'_, HashMap<WorkspaceId, PolicyVersion>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Policies, kept in memory between transactions.

use crate::error::translate;
use crate::rows;
use selfsame_application::ports::StorageError;
use selfsame_domain::{Policy, WorkspaceId};
use sqlx::PgConnection;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A policy as it was read, with what tells it from any other.
#[derive(Debug)]
pub(crate) struct KnownPolicy {
    pub(crate) policy: Policy,
    fingerprint: i64,
}

impl KnownPolicy {
    /// Whether it is the stored one.
    pub(crate) fn is(&self, fingerprint: i64) -> bool {
        self.fingerprint == fingerprint
    }
}

/// The last known policy of every workspace that was written to.
///
/// A transaction begins with what is known, which saves a round trip. The first statement of the transaction that reads anything also
/// returns the fingerprint of the stored policy, and [`Policies::check`] makes the transaction start over when it is another one: as
/// if the policy had been read at the beginning.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    known: Mutex<HashMap<WorkspaceId, Arc<KnownPolicy>>>,
}

impl Policies {
    pub(crate) fn known(&self, workspace: WorkspaceId) -> Option<Arc<KnownPolicy>> {
        self.lock().get(&workspace).cloned()
    }

    /// Reads the policy, and remembers it.
    pub(crate) async fn read(
        &self,
        connection: &mut PgConnection,
        workspace: WorkspaceId,
    ) -> Result<Arc<KnownPolicy>, StorageError> {
        let row: Option<(String, i64)> = sqlx::query_as(
            "SELECT policy::text, jsonb_hash_extended(policy, 0) FROM workspaces WHERE workspace_id = $1",
        )
        .bind(workspace.0)
        .fetch_optional(connection)
        .await
        .map_err(translate)?;
        let (text, fingerprint) = row.ok_or(StorageError::UnknownWorkspace)?;
        let policy = rows::json(&text, "workspaces", "policy", &workspace)?;
        let known = Arc::new(KnownPolicy { policy, fingerprint });
        self.lock().insert(workspace, Arc::clone(&known));
        Ok(known)
    }

    /// Compares what a transaction goes by with what is stored.
    pub(crate) fn check(
        &self,
        workspace: WorkspaceId,
        known: &Arc<KnownPolicy>,
        stored: Option<i64>,
    ) -> Result<(), StorageError> {
        match stored {
            None => Err(StorageError::UnknownWorkspace),
            Some(stored) if known.is(stored) => Ok(()),
            Some(_) => {
                let mut all = self.lock();
                if all.get(&workspace).is_some_and(|latest| Arc::ptr_eq(latest, known)) {
                    all.remove(&workspace);
                }
                Err(StorageError::Retriable)
            }
        }
    }

    pub(crate) fn forget(&self, workspace: WorkspaceId) {
        self.lock().remove(&workspace);
    }

    /// A panic while the lock is held leaves the map whole: every change under it is a single one.
    fn lock(&self) -> MutexGuard<'_, HashMap<WorkspaceId, Arc<KnownPolicy>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

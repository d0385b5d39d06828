//! Forgetting what exports need no longer.

use crate::app::Application;
use crate::ports::StorageError;
use chrono::TimeDelta;

/// For how long runs can be looked at, in days.
const RUN_DAYS: i64 = 30;

impl Application {
    /// Deletes runs of more than 30 days ago, and notes of what was deleted that every export has; returns how many of both.
    pub async fn prune_exports(&self) -> Result<u64, StorageError> {
        let before = self.clock.now() - TimeDelta::days(RUN_DAYS);
        let mut pruned = self.store.prune_runs(before).await?;
        for workspace in self.store.workspaces().await? {
            // Read before the exports: one that is made meanwhile begins with this state, or a later one.
            let latest = self.store.export_snapshot(workspace.id).await?.revision();
            let exports = self.store.exports(workspace.id).await?;
            // One that never ran to its end may be at its first run, and then need notes that were made since that began.
            let synced = exports.iter().map(|export| export.synced.unwrap_or_default());
            let up_to = synced.min().unwrap_or(latest);
            pruned += self.store.prune_deleted(workspace.id, up_to).await?;
        }
        Ok(pruned)
    }
}

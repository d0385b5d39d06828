//! Deleting outdated records of exports.

use crate::app::Application;
use crate::ports::{PruneUpTo, StorageError};
use chrono::TimeDelta;
use selfsame_domain::Revision;

/// For how many days runs are kept.
const RUN_DAYS: i64 = 30;

/// Of how many commits the change feed has the erasures at least.
pub(crate) const FEED_COMMITS: i64 = 1_000_000;

impl Application {
    /// Deletes runs older than 30 days, and deletion records that neither an export nor the change feed needs. Returns
    /// the number of both.
    pub async fn prune_exports(&self) -> Result<u64, StorageError> {
        let before = self.clock.now() - TimeDelta::days(RUN_DAYS);
        let mut pruned = self.store.prune_runs(before).await?;
        for workspace in self.store.workspaces().await? {
            // Read before the exports: an export that is created meanwhile begins with this state or a later one.
            let latest = self.store.export_snapshot(workspace.id).await?.revision();
            let exports = self.store.exports(workspace.id).await?;
            // An export that never finished a run may be in its first one, and needs the deletion records since that
            // run began.
            let synced = exports.iter().map(|export| export.synced.unwrap_or_default());
            let up_to = synced.min().unwrap_or(latest);
            let feed_begins = Revision(latest.0.saturating_sub(FEED_COMMITS).max(0));
            let up_to = PruneUpTo {
                contacts: up_to.min(feed_begins),
                others: up_to,
            };
            pruned += self.store.prune_deleted(workspace.id, up_to).await?;
        }
        Ok(pruned)
    }
}

//! Keeping the index of substrings up to date.

use crate::app::Application;
use crate::ports::StorageError;

/// How many contacts a step indexes: a few milliseconds of work, for which other writers wait on `SQLite`.
const STEP: u32 = 200;

impl Application {
    /// Makes one step for each workspace whose index is behind, so that large ones do not hold up the others. Returns whether any of them still is.
    pub async fn index_contacts(&self) -> Result<bool, StorageError> {
        let mut is_behind = false;
        for workspace in self.store.unindexed().await? {
            is_behind |= self.store.index(workspace, STEP).await?;
        }
        Ok(is_behind)
    }
}

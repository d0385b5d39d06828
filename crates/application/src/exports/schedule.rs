//! Exports that run by themselves.

use super::error::ExportError;
use crate::app::Application;
use crate::ports::Export;

/// How many exports are begun in one go.
const AT_ONCE: u32 = 100;

impl Application {
    /// Queues a run of every export that is due, and says how many. Times that passed meanwhile are made up for by one run. Of servers that do
    /// this at once, one queues the run.
    pub async fn start_due_exports(&self) -> Result<u64, ExportError> {
        let mut started = 0;
        for export in self.store.due_exports(self.clock.now(), AT_ONCE).await? {
            started += u64::from(self.start_due(&export).await?);
        }
        Ok(started)
    }

    async fn start_due(&self, due: &Export) -> Result<bool, ExportError> {
        let mut next = due.clone();
        next.next_run_at = next
            .definition
            .schedule
            .as_ref()
            .and_then(|schedule| schedule.next(self.clock.now()));
        // Somebody else changed it, or another server was faster: whatever is due is seen the next time.
        if !self.store.update_export(&next).await? {
            return Ok(false);
        }
        match self.start_export_run(due.workspace, due.id).await {
            Ok(_) => Ok(true),
            Err(ExportError::NotFound(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

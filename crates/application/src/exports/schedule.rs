//! Scheduled runs of exports.

use super::error::ExportError;
use crate::app::Application;
use crate::ports::Export;

/// How many exports are started in one call.
const AT_ONCE: u32 = 100;

impl Application {
    /// Queues a run of every due export, and returns how many. One run makes up for all scheduled times that passed.
    /// When several servers do this at the same time, one of them queues the run.
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
        // A concurrent change or another server won. The next call sees what is still due.
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

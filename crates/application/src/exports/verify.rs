//! Verifying what an export has written.
//!
//! A verification is a run. It first writes what has changed, so that the tables are at the state that it reads. Then it
//! sends all rows of the same state to the destination, which compares them with its tables.

use super::error::ExportError;
use super::feed::Feed;
use super::run::{Attempted, Stop, waiting};
use crate::app::Application;
use crate::ports::{CompareRequest, ExportRun, ExportSnapshot, SinkError, Verification, Watermark};
use selfsame_domain::{ExportId, RunId, WorkspaceId};

/// The most keys that a verification lists, for each table and kind of difference.
const MOST_KEYS: u32 = 100;

impl Application {
    /// Queues a verification of an export, and returns its run. With `mend`, it also writes the rows that differ.
    pub async fn verify_export(&self, workspace: WorkspaceId, id: ExportId, mend: bool) -> Result<RunId, ExportError> {
        let found = self.store.export(workspace, id).await?;
        let export = found.ok_or(ExportError::NotFound("export"))?;
        let found = self.store.connector(workspace, export.connector).await?;
        let kind = found.ok_or(ExportError::NotFound("connector"))?.settings.kind();
        if !kind.is_compared() {
            return Err(ExportError::NotCompared);
        }
        if export.synced.is_none() {
            return Err(ExportError::NeverRan);
        }
        let run = self.queue_run(workspace, id, Some(Verification::new(mend))).await?;
        // A run that was queued already covers the request only when it does the same.
        let queued = self.store.run(workspace, run).await?;
        let covers = queued.and_then(|run| run.report.verification);
        if covers.is_some_and(|verification| verification.mend == mend) {
            Ok(run)
        } else {
            Err(ExportError::AlreadyQueued)
        }
    }
}

/// Compares the tables, which are at the state of the watermark, with the rows of that state, and fills the report.
pub(super) async fn verify(
    attempted: &Attempted<'_>,
    mut source: Box<dyn ExportSnapshot>,
    watermark: Watermark,
    run: &mut ExportRun,
    mend: bool,
) -> Result<(), Stop> {
    let Attempted { app, export, .. } = attempted;
    let mut sink = attempted.begin().await?;
    if sink.watermark().map(|known| known.revision) != Some(watermark.revision) {
        return Err(SinkError::Raced.into());
    }
    // The rows that are sent to be compared are not written.
    let written = run.report.clone();
    let passes = (Feed::PASSES, 2.0 * Feed::PASSES);
    let feed = attempted.feed(run, &mut *source, &mut *sink, None, passes);
    feed.run().await?;
    drop(source);
    (run.report.rows, run.report.bytes, run.report.values_cut) = (written.rows, written.bytes, written.values_cut);
    let policy = app.store.policy(export.workspace).await?.policy;
    let request = CompareRequest {
        events_since: policy.events_kept_since(watermark.as_of),
        limit: MOST_KEYS,
        mend,
    };
    let tables = waiting(attempted.attempt, sink.compare(request)).await?;
    if mend && tables.iter().any(|table| table.differences() > 0) {
        waiting(attempted.attempt, sink.write(watermark, true)).await?;
        sink.commit().await?;
    }
    let tables = Some(tables);
    run.report.verification = Some(Verification { mend, tables });
    Ok(())
}

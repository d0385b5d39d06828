//! Executes a run of an export.
//!
//! A run reads one state of the workspace, sends what changed since the watermark stored at the destination, and writes
//! it there together with the new watermark. So the destination alone defines what it contains: when a run stops at any
//! point, the next one makes up for it, and nothing is written twice.

use super::error::ExportError;
use super::feed::Feed;
use super::verify::verify;
use crate::app::Application;
use crate::jobs::{Attempt, Interruption, JobEnd, JobHandler};
use crate::ports::{
    Connector, Export, ExportRun, ExportSnapshot, Job, JobKind, RunReport, RunStatus, SinkError, SinkRequest, SinkRun,
    StorageError, Verification, Watermark,
};
use async_trait::async_trait;
use selfsame_domain::export::{Dataset, TablePlan};
use selfsame_domain::{Revision, RunId};
use tokio::time::Instant;
use uuid::Uuid;

/// After how many attempts a run fails whose destination cannot be reached. The next run tries again.
const MOST_ATTEMPTS: u32 = 4;

/// Executes runs of exports.
#[derive(Debug)]
pub(crate) struct ExportHandler;

/// Why a run stopped early.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stop {
    /// The attempt has to end.
    #[error("the attempt has to end")]
    End(JobEnd),
    /// The destination failed.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The export cannot be executed.
    #[error(transparent)]
    Export(#[from] ExportError),
}

/// Waits for the destination, until the attempt must end. What the destination was doing is dropped then.
pub(super) async fn waiting<T>(attempt: &Attempt, work: impl Future<Output = Result<T, SinkError>>) -> Result<T, Stop> {
    let done = attempt.unless_ended(work).await.map_err(Stop::End)?;
    Ok(done?)
}

#[async_trait]
impl JobHandler for ExportHandler {
    fn kind(&self) -> JobKind {
        JobKind::Export
    }

    async fn run(&self, app: &Application, job: &Job, attempt: &Attempt) -> Result<JobEnd, Interruption> {
        let Some((mut run, export, connector)) = subject(app, job).await? else {
            return Ok(JobEnd::Finished);
        };
        let now = app.clock.now();
        run.status = RunStatus::Running;
        run.report = RunReport {
            started_at: run.report.started_at.or(Some(now)),
            updated_at: Some(now),
            verification: run.report.verification.map(|asked| Verification::new(asked.mend)),
            ..RunReport::default()
        };
        if !app.store.update_run(&run).await? {
            return Ok(JobEnd::Finished);
        }
        let done = write(app, attempt, &export, &connector, &mut run).await;
        end(app, job, run, &export, done).await
    }

    async fn give_up(&self, app: &Application, job: &Job, error: &str) -> Result<(), StorageError> {
        let Some((mut run, ..)) = subject(app, job).await? else {
            return Ok(());
        };
        run.report.error = Some(error.to_owned());
        over(app, &mut run, RunStatus::Failed).await
    }
}

/// Returns the run of a job, with its export and connector. None when the run is over, or one of them was deleted.
async fn subject(app: &Application, job: &Job) -> Result<Option<(ExportRun, Export, Connector)>, StorageError> {
    let Ok(id) = Uuid::parse_str(&job.job.payload) else {
        return Ok(None);
    };
    let workspace = job.job.workspace;
    let run = app.store.run(workspace, RunId(id)).await?;
    let Some(run) = run.filter(|run| !run.status.is_over()) else {
        return Ok(None);
    };
    let Some(export) = app.store.export(workspace, run.export).await? else {
        return Ok(None);
    };
    let connector = app.store.connector(workspace, export.connector).await?;
    Ok(connector.map(|connector| (run, export, connector)))
}

/// An attempt at a run.
pub(super) struct Attempted<'a> {
    pub(super) app: &'a Application,
    pub(super) attempt: &'a Attempt,
    pub(super) export: &'a Export,
    connector: &'a Connector,
    plans: Vec<TablePlan>,
}

impl Attempted<'_> {
    /// Begins to write, or to compare.
    pub(super) async fn begin(&self) -> Result<Box<dyn SinkRun>, Stop> {
        let begun_at = self.app.clock.now();
        let request = SinkRequest {
            destination: self.app.destination(self.connector)?,
            export: self.export.id,
            attempt: self.app.ids.uuid(begun_at),
            begun_at,
            schema: self.export.definition.schema.clone(),
            tables: self.plans.clone(),
        };
        let outlets = self.app.outlets(self.connector.settings.kind())?;
        waiting(self.attempt, outlets.sinks.begin(request)).await
    }

    /// The feed of the rows since a revision. `passes` is as in [`Feed`].
    pub(super) fn feed<'f>(
        &'f self,
        run: &'f mut ExportRun,
        source: &'f mut dyn ExportSnapshot,
        sink: &'f mut dyn SinkRun,
        since: Option<Revision>,
        passes: (f64, f64),
    ) -> Feed<'f> {
        Feed {
            app: self.app,
            attempt: self.attempt,
            run,
            stored_at: Instant::now(),
            source,
            sink,
            plans: self.plans.iter().map(|plan| (plan.dataset, plan.clone())).collect(),
            segment: self.export.definition.segment,
            since,
            passes,
        }
    }
}

/// Reads, sends and commits the rows, verifies them if that is asked, and fills the report of the run.
async fn write(
    app: &Application,
    attempt: &Attempt,
    export: &Export,
    connector: &Connector,
    run: &mut ExportRun,
) -> Result<(), Stop> {
    let attempted = Attempted {
        app,
        attempt,
        export,
        connector,
        plans: plans(app, export).await?,
    };
    let mut sink = attempted.begin().await?;
    if attempted
        .plans
        .iter()
        .any(|plan| plan.dataset == Dataset::SegmentMembers)
    {
        app.catch_up(export.workspace).await?;
    }
    let mut source = app.store.export_snapshot(export.workspace).await?;
    let (revision, as_of) = (source.revision(), app.clock.now());
    let since = if export.must_fill {
        None
    } else {
        known(export, sink.watermark(), revision)
    };
    run.report.is_full = since.is_none();
    let mend = run.report.verification.as_ref().map(|asked| asked.mend);
    let rounds = if mend.is_some() { 2.0 } else { 1.0 };
    let feed = attempted.feed(run, &mut *source, &mut *sink, since, (0.0, rounds * Feed::PASSES));
    feed.run().await?;
    // A verification reads the same state again.
    let source = mend.is_some().then_some(source);
    let watermark = Watermark { revision, as_of };
    waiting(attempt, sink.write(watermark, since.is_none())).await?;
    // Not dropped: nobody would know whether it was made visible.
    sink.commit().await?;
    if let (Some(mend), Some(source)) = (mend, source) {
        verify(&attempted, source, watermark, run, mend).await?;
    }
    (run.report.revision, run.report.progress) = (Some(revision), 1.0);
    Ok(())
}

/// The tables of an export. Those of custom fields have a column for every field that there is now.
async fn plans(app: &Application, export: &Export) -> Result<Vec<TablePlan>, Stop> {
    let sets = &export.definition.datasets;
    let plans = sets.iter().map(TablePlan::new);
    let mut plans: Vec<TablePlan> = plans.collect::<Result<_, _>>().map_err(ExportError::from)?;
    if sets.iter().any(|set| set.dataset == Dataset::ContactsCustom) {
        let fields = app.store.definitions(export.workspace).await?.fields;
        plans = plans.into_iter().map(|plan| plan.with_fields(&fields)).collect();
    }
    Ok(plans)
}

/// The revision that the destination contains, if a run can build on it. Deletion records up to `Export::synced` may be
/// pruned, so an older watermark needs a full run. So does one ahead of the storage: that destination has seen commits
/// that were lost.
fn known(export: &Export, watermark: Option<Watermark>, latest: Revision) -> Option<Revision> {
    let revision = watermark?.revision;
    let is_kept = export.synced.is_none_or(|synced| synced <= revision);
    (is_kept && revision <= latest).then_some(revision)
}

/// Records how a run ended.
async fn end(
    app: &Application,
    job: &Job,
    mut run: ExportRun,
    export: &Export,
    done: Result<(), Stop>,
) -> Result<JobEnd, Interruption> {
    let stop = match done {
        Ok(()) => {
            note_synced(app, &run, export).await?;
            over(app, &mut run, RunStatus::Succeeded).await?;
            return Ok(JobEnd::Finished);
        }
        Err(stop) => stop,
    };
    match stop {
        Stop::End(JobEnd::Cancelled) => {
            over(app, &mut run, RunStatus::Cancelled).await?;
            Ok(JobEnd::Cancelled)
        }
        Stop::End(end) => Ok(end),
        Stop::Storage(error) | Stop::Export(ExportError::Storage(error)) => Err(error.into()),
        Stop::Sink(error) if error.is_transient() && job.attempts < MOST_ATTEMPTS => {
            run.report.error = Some(error.to_string());
            app.store.update_run(&run).await?;
            Err(Interruption::Other("the destination cannot be reached"))
        }
        Stop::Sink(_) | Stop::Export(_) => {
            let (workspace, id) = (run.workspace.0, run.export);
            tracing::warn!(workspace, export = %id, error = &stop as &dyn std::error::Error, "an export failed");
            run.report.error = Some(match &stop {
                Stop::Sink(error) => error.with_grant(),
                other => other.to_string(),
            });
            over(app, &mut run, RunStatus::Failed).await?;
            Ok(JobEnd::Finished)
        }
    }
}

/// Records the revision that the tables contain, so that older deletion records can be pruned.
async fn note_synced(app: &Application, run: &ExportRun, ran: &Export) -> Result<(), Interruption> {
    let Some(revision) = run.report.revision else {
        return Ok(());
    };
    let noted = app
        .change_export(run.workspace, run.export, |export| {
            export.synced = export.synced.max(Some(revision));
            // Columns that were added during the run still need to be filled.
            let is_same = export.definition == ran.definition;
            export.must_fill = export.must_fill && !(is_same && run.report.is_full);
        })
        .await;
    match noted {
        Ok(_) | Err(ExportError::NotFound(_)) => Ok(()),
        Err(ExportError::Storage(error)) => Err(error.into()),
        Err(_) => Err(Interruption::Other("the export is being changed by others")),
    }
}

async fn over(app: &Application, run: &mut ExportRun, status: RunStatus) -> Result<(), StorageError> {
    let now = app.clock.now();
    run.status = status;
    run.finished_at = Some(now);
    run.report.updated_at = Some(now);
    app.store.update_run(run).await?;
    let kind = status.as_str();
    metrics::counter!("selfsame_export_runs_total", "end" => kind).increment(1);
    Ok(())
}

//! Storing connectors, exports and runs.

use crate::{Backend, Fixture};
use selfsame_application::ports::{
    Clock, Connector, ConnectorDeleted, Export, ExportDefinition, ExportRun, Ids, JobId, JobKind, JobState, Lease,
    LeaseRequest, NewJob, RunReport, RunStarted, RunStatus, StorageError,
};
use selfsame_domain::export::{ColumnSet, ConnectorSettings, Dataset, FileFormat, Schedule};
use selfsame_domain::{ConnectorId, ExportId, Revision, RunId, WorkspaceId};
use std::collections::BTreeMap;
use uuid::Uuid;

fn connector(f: &Fixture<'_>, name: &str) -> Connector {
    let now = f.clock().now();
    Connector {
        workspace: f.workspace,
        id: ConnectorId(f.ids().uuid(now)),
        name: name.to_owned(),
        settings: ConnectorSettings::File {
            directory: "/x".to_owned(),
            format: FileFormat::Csv,
        },
        sealed: Some(vec![0, 255, 7]),
        created_at: now,
        updated_at: now,
    }
}

fn export(f: &Fixture<'_>, connector: &Connector, name: &str) -> Export {
    let now = f.clock().now();
    Export {
        workspace: f.workspace,
        id: ExportId(f.ids().uuid(now)),
        version: 1,
        name: name.to_owned(),
        connector: connector.id,
        definition: ExportDefinition {
            datasets: vec![ColumnSet::new(Dataset::Contacts, true)],
            schema: "public".to_owned(),
            schedule: Schedule::every(5).ok(),
            segment: None,
        },
        is_paused: false,
        synced: None,
        must_fill: false,
        next_run_at: Some(now),
        created_at: now,
        updated_at: now,
    }
}

async fn kept(f: &Fixture<'_>) -> (Connector, Export) {
    let connector = connector(f, "c");
    f.store()
        .create_connector(&connector)
        .await
        .expect("create a connector");
    let export = export(f, &connector, "e");
    assert!(f.store().create_export(&export).await.expect("create an export"));
    (connector, export)
}

fn run_of(f: &Fixture<'_>, export: &Export) -> (ExportRun, NewJob) {
    let now = f.clock().now();
    let id = f.ids().uuid(now);
    let run = ExportRun {
        workspace: f.workspace,
        id: RunId(id),
        export: export.id,
        job: JobId(id),
        status: RunStatus::Queued,
        report: RunReport::default(),
        created_at: now,
        finished_at: None,
    };
    let job = NewJob {
        workspace: f.workspace,
        id: JobId(id),
        kind: JobKind::Export,
        queue: "e".to_owned(),
        payload: id.to_string(),
        not_before: now,
        created_at: now,
    };
    (run, job)
}

/// Connectors are read back completely, and their names are unique.
pub async fn connectors_are_kept_and_named_once(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let mut first = connector(&f, "first");
    f.store().create_connector(&first).await.expect("create");
    let second = connector(&f, "second");
    f.store().create_connector(&second).await.expect("create");
    let taken = f.store().create_connector(&connector(&f, "first")).await;
    assert!(matches!(taken, Err(StorageError::Conflict { .. })), "{taken:?}");
    f.reopen().await;
    "second".clone_into(&mut first.name);
    let taken = f.store().update_connector(&first).await;
    assert!(matches!(taken, Err(StorageError::Conflict { .. })), "{taken:?}");
    (first.name, first.sealed) = ("third".to_owned(), None);
    assert!(f.store().update_connector(&first).await.expect("update"));
    let all = f.store().connectors(f.workspace).await.expect("list");
    assert_eq!(all, [first.clone(), second]);
    let export = export(&f, &first, "e");
    assert!(f.store().create_export(&export).await.expect("create"));
    let deleted = f.store().delete_connector(f.workspace, first.id).await;
    assert_eq!(deleted.expect("delete"), ConnectorDeleted::InUse);
    assert!(
        f.store()
            .delete_export(f.workspace, export.id, f.clock().now())
            .await
            .expect("delete")
    );
    for expected in [ConnectorDeleted::Yes, ConnectorDeleted::Missing] {
        let deleted = f.store().delete_connector(f.workspace, first.id).await;
        assert_eq!(deleted.expect("delete"), expected);
    }
    assert!(
        !f.store()
            .create_export(&export)
            .await
            .expect("create without a connector")
    );
    let nowhere = Connector {
        workspace: WorkspaceId(f.workspace.0 + 1_000),
        ..connector(&f, "x")
    };
    let refused = f.store().create_connector(&nowhere).await;
    assert!(matches!(refused, Err(StorageError::UnknownWorkspace)), "{refused:?}");
}

/// An export changes only if its version is the one that was read, and it is due while it is not paused.
pub async fn an_export_changes_from_the_version_that_was_read(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let (_, mut export) = kept(&f).await;
    f.reopen().await;
    let found = f.store().export(f.workspace, export.id).await.expect("read");
    assert_eq!(found.as_ref(), Some(&export));
    let due = async |f: &Fixture<'_>, at| f.store().due_exports(at, 10).await.expect("due").len();
    let now = f.clock().now();
    assert_eq!(due(&f, now).await, 1);
    assert_eq!(due(&f, now - chrono::TimeDelta::seconds(1)).await, 0);
    (export.synced, export.must_fill, export.is_paused) = (Some(Revision(7)), true, true);
    assert!(f.store().update_export(&export).await.expect("update"));
    assert!(!f.store().update_export(&export).await.expect("update an old version"));
    export.version = 2;
    assert_eq!(f.store().exports(f.workspace).await.expect("list"), [export.clone()]);
    assert_eq!(due(&f, now).await, 0);
    let other = f.enter_new_workspace("two").await;
    assert_eq!(f.store().export(f.workspace, export.id).await.expect("read"), None);
    assert!(f.store().exports(f.workspace).await.expect("list").is_empty());
    assert!(f.store().export(other, export.id).await.expect("read").is_some());
}

/// At most one run of an export is queued.
pub async fn a_run_is_queued_once_and_reads_back(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let (_, export) = kept(&f).await;
    let (mut run, job) = run_of(&f, &export);
    assert_eq!(f.store().start_run(&run, &job).await.expect("start"), RunStarted::New);
    let (second, second_job) = run_of(&f, &export);
    let again = f.store().start_run(&second, &second_job).await.expect("start");
    assert_eq!(again, RunStarted::Queued(run.id));
    f.reopen().await;
    let stored = f
        .store()
        .job(f.workspace, run.job)
        .await
        .expect("read")
        .expect("its job");
    assert_eq!((stored.state, stored.job), (JobState::Queued, job));
    run.status = RunStatus::Running;
    run.report.rows = BTreeMap::from([("contacts".to_owned(), 3)]);
    run.report.revision = Some(Revision(9));
    assert!(f.store().update_run(&run).await.expect("update"));
    assert_eq!(
        f.store().run(f.workspace, run.id).await.expect("read"),
        Some(run.clone())
    );
    assert_eq!(
        f.store().start_run(&second, &second_job).await.expect("start"),
        RunStarted::New
    );
    let runs = f.store().runs(f.workspace, export.id, None, 10).await.expect("list");
    assert_eq!(runs, [second.clone(), run.clone()]);
    let earlier = f
        .store()
        .runs(f.workspace, export.id, Some(second.id), 10)
        .await
        .expect("list");
    assert_eq!(earlier, [run.clone()]);
    (run.status, run.finished_at) = (RunStatus::Failed, Some(f.clock().now()));
    assert!(f.store().update_run(&run).await.expect("end"));
    assert!(!f.store().update_run(&run).await.expect("end twice"));
    assert_eq!(f.store().prune_runs(f.clock().now()).await.expect("prune"), 0);
    f.clock().advance_seconds(1);
    assert_eq!(f.store().prune_runs(f.clock().now()).await.expect("prune"), 1);
    let missing = Export {
        id: ExportId(Uuid::max()),
        ..export
    };
    let (run, job) = run_of(&f, &missing);
    assert_eq!(
        f.store().start_run(&run, &job).await.expect("start"),
        RunStarted::Missing
    );
}

/// A waiting run is cancelled at once with its job.
pub async fn cancelling_a_run_cancels_its_job(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let (_, export) = kept(&f).await;
    let (run, job) = run_of(&f, &export);
    f.store().start_run(&run, &job).await.expect("start");
    let now = f.clock().now();
    let cancelled = f
        .store()
        .cancel_run(f.workspace, run.id, now)
        .await
        .expect("cancel")
        .expect("the run");
    assert_eq!(
        (cancelled.status, cancelled.finished_at),
        (RunStatus::Cancelled, Some(now))
    );
    let state = async |job| {
        f.store()
            .job(f.workspace, job)
            .await
            .expect("read")
            .expect("the job")
            .state
    };
    assert_eq!(state(run.job).await, JobState::Cancelled);
}

/// A run under way is asked to stop, and deleting an export cancels its open runs.
pub async fn a_run_under_way_is_asked_to_stop(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let (_, export) = kept(&f).await;
    let now = f.clock().now();
    let state = async |job| {
        f.store()
            .job(f.workspace, job)
            .await
            .expect("read")
            .expect("the job")
            .state
    };
    let (mut run, job) = run_of(&f, &export);
    f.store().start_run(&run, &job).await.expect("start");
    let request = LeaseRequest {
        kind: JobKind::Export,
        per_workspace: 1,
        now,
        lease: Lease {
            owner: Uuid::nil(),
            until: now + chrono::TimeDelta::seconds(10),
        },
    };
    f.store().lease(&request).await.expect("lease").expect("the job");
    run.status = RunStatus::Running;
    f.store().update_run(&run).await.expect("update");
    let answer = f
        .store()
        .cancel_run(f.workspace, run.id, now)
        .await
        .expect("cancel")
        .expect("the run");
    assert_eq!(answer.status, RunStatus::Running);
    let job = f
        .store()
        .job(f.workspace, run.job)
        .await
        .expect("read")
        .expect("the job");
    assert!(job.is_cancelling);
    let (queued, job) = run_of(&f, &export);
    f.store().start_run(&queued, &job).await.expect("start");
    assert!(
        f.store()
            .delete_export(f.workspace, export.id, now)
            .await
            .expect("delete")
    );
    assert_eq!(state(queued.job).await, JobState::Cancelled);
    assert_eq!(f.store().run(f.workspace, run.id).await.expect("read"), None);
    assert_eq!(
        f.store().cancel_run(f.workspace, run.id, now).await.expect("cancel"),
        None
    );
}

//! Bodies of imports that are uploaded before, and what a person decides about them.

use crate::{Backend, Fixture};
use chrono::TimeDelta;
use selfsame_application::ports::{
    Accepted, Clock, ColumnProblem, Ids, Import, ImportFormat, ImportId, ImportStatus, Inspection, JobId, JobKind,
    JobState, NewImport, NewJob, StorageError,
};
use selfsame_domain::WorkspaceId;

fn job(f: &Fixture<'_>, import: ImportId) -> NewJob {
    let now = f.clock().now();
    NewJob {
        workspace: f.workspace,
        id: JobId(f.ids().uuid(now)),
        kind: JobKind::Import,
        queue: "q".to_owned(),
        payload: import.to_string(),
        not_before: now,
        created_at: now,
    }
}

fn uploaded(f: &Fixture<'_>, id: ImportId) -> NewImport {
    NewImport {
        id,
        format: ImportFormat::File,
        options: "{}".to_owned(),
        total: None,
        is_dry_run: true,
        is_uploaded: true,
        replay: None,
        replays_since: f.clock().now() - TimeDelta::hours(24),
        job: job(f, id),
    }
}

fn new_id(f: &Fixture<'_>) -> ImportId {
    ImportId(f.ids().uuid(f.clock().now()))
}

async fn append(f: &Fixture<'_>, id: ImportId, place: u32, chunks: &[&[u8]]) {
    let appended = f.store().append_upload(f.workspace, id, place, chunks, f.clock().now());
    appended.await.expect("append");
}

async fn chunk(f: &Fixture<'_>, id: ImportId, place: u32) -> Option<Vec<u8>> {
    f.store()
        .import_chunk(f.workspace, id, place)
        .await
        .expect("read a chunk")
}

async fn read(f: &Fixture<'_>, id: ImportId) -> Import {
    f.store()
        .import(f.workspace, id)
        .await
        .expect("read")
        .expect("the import")
}

/// An import of an uploaded body that is running.
async fn running(f: &Fixture<'_>) -> ImportId {
    let id = new_id(f);
    append(f, id, 0, &[b"body"]).await;
    let accepted = f.store().accept_import(&uploaded(f, id), &[]).await;
    assert_eq!(accepted.expect("accept"), Accepted::New);
    let started = f.store().start_import(f.workspace, id, f.clock().now()).await;
    assert!(started.expect("start"));
    id
}

fn found(problems: Vec<ColumnProblem>) -> Inspection {
    Inspection {
        total: 7,
        found: "{\"form\":\"csv\"}".to_owned(),
        problems,
    }
}

fn problem() -> ColumnProblem {
    ColumnProblem {
        column: "Телефон \"1\"".to_owned(),
        kind: "scientific".to_owned(),
        reason: "їжак".to_owned(),
        rows: vec![1, 2],
    }
}

async fn inspected(f: &Fixture<'_>, id: ImportId, found: &Inspection) -> bool {
    let recorded = f.store().record_inspection(f.workspace, id, found, f.clock().now());
    recorded.await.expect("record")
}

pub async fn an_upload_becomes_the_body_of_its_import(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let id = new_id(&f);
    append(&f, id, 0, &[b"first", b"second"]).await;
    append(&f, id, 2, &[b"\0\xff"]).await;
    f.reopen().await;
    assert_eq!(f.store().import(f.workspace, id).await.expect("read"), None);
    let accepted = f.store().accept_import(&uploaded(&f, id), &[]).await;
    assert_eq!(accepted.expect("accept"), Accepted::New);
    let import = read(&f, id).await;
    assert_eq!(
        (import.is_dry_run, import.found, import.problems),
        (true, None, Vec::new())
    );
    assert_eq!(chunk(&f, id, 1).await.as_deref(), Some(&b"second"[..]));
    assert_eq!(chunk(&f, id, 2).await.as_deref(), Some(&b"\0\xff"[..]));
    // It is an upload no longer.
    f.store().drop_upload(f.workspace, id).await.expect("drop");
    assert_eq!(
        f.store()
            .drop_uploads(f.clock().now() + TimeDelta::days(1))
            .await
            .expect("drop"),
        0
    );
    assert!(chunk(&f, id, 0).await.is_some());
}

pub async fn what_was_broken_off_is_deleted(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let (dropped, idle, fresh) = (new_id(&f), new_id(&f), new_id(&f));
    for id in [dropped, idle, fresh] {
        append(&f, id, 0, &[b"x"]).await;
    }
    f.store().drop_upload(f.workspace, dropped).await.expect("drop");
    assert_eq!(chunk(&f, dropped, 0).await, None);
    let since = f.clock().now() + TimeDelta::seconds(1);
    f.clock().advance_seconds(60);
    append(&f, fresh, 1, &[b"y"]).await;
    assert_eq!(f.store().drop_uploads(since).await.expect("drop"), 1);
    assert_eq!(
        (chunk(&f, idle, 0).await, chunk(&f, fresh, 0).await),
        (None, Some(b"x".to_vec()))
    );
    let accepted = f.store().accept_import(&uploaded(&f, idle), &[]).await;
    assert!(matches!(accepted, Err(StorageError::Lost { .. })), "{accepted:?}");
    assert_eq!(f.store().import(f.workspace, idle).await.expect("read"), None);
    let nowhere = f
        .store()
        .append_upload(WorkspaceId(9999), idle, 0, &[b"x"], f.clock().now())
        .await;
    assert!(matches!(nowhere, Err(StorageError::UnknownWorkspace)), "{nowhere:?}");
}

pub async fn an_inspection_without_problems_lets_the_import_go_on(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = running(&f).await;
    assert!(inspected(&f, id, &found(Vec::new())).await);
    let import = read(&f, id).await;
    assert_eq!((import.status, import.total), (ImportStatus::Running, Some(7)));
    assert_eq!(import.found, Some(found(Vec::new()).found));
    let decided = f.store().decide_import(id, "{}", &job(&f, id)).await;
    assert!(!decided.expect("decide"), "there is nothing to decide");
}

pub async fn problems_wait_for_a_decision(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let id = running(&f).await;
    assert!(inspected(&f, id, &found(vec![problem()])).await);
    f.reopen().await;
    let import = read(&f, id).await;
    assert_eq!(
        (import.status, import.problems),
        (ImportStatus::NeedsDecision, vec![problem()])
    );
    assert!(!inspected(&f, id, &found(Vec::new())).await, "it is not running");
    let job = job(&f, id);
    assert!(
        f.store()
            .decide_import(id, "{\"skip\":[]}", &job)
            .await
            .expect("decide")
    );
    let import = read(&f, id).await;
    assert_eq!(
        (import.status, import.options.as_str(), import.job),
        (ImportStatus::Queued, "{\"skip\":[]}", job.id)
    );
    assert_eq!((import.found, import.problems), (None, Vec::new()));
    let queued = f
        .store()
        .job(f.workspace, job.id)
        .await
        .expect("read")
        .expect("the job");
    assert_eq!(queued.state, JobState::Queued);
    assert!(chunk(&f, id, 0).await.is_some());
}

pub async fn an_import_without_a_decision_is_cancelled(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let (old, new) = (running(&f).await, running(&f).await);
    inspected(&f, old, &found(vec![problem()])).await;
    let since = f.clock().now() + TimeDelta::seconds(1);
    f.clock().advance_seconds(60);
    inspected(&f, new, &found(vec![problem()])).await;
    let cancelled = f.store().cancel_undecided(since, f.clock().now()).await;
    assert_eq!(cancelled.expect("cancel"), 1);
    assert_eq!(read(&f, old).await.status, ImportStatus::Cancelled);
    assert_eq!(
        (read(&f, new).await.status, chunk(&f, old, 0).await),
        (ImportStatus::NeedsDecision, None)
    );
}

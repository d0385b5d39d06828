//! Imports.

use super::raw;
use crate::{Backend, Fixture, api_call, erase};
use chrono::TimeDelta;
use selfsame_application::Replay;
use selfsame_application::ports::{
    Accepted, Basis, Clock, Commit, Ids, Import, ImportEnd, ImportFormat, ImportId, ImportProgress, ImportRow,
    ImportStatus, JobId, JobKind, JobState, Lease, LeaseRequest, NewImport, NewJob, ReadRequest, RowCounts, RowOutcome,
    RowQuery, RowsRecorded, StorageError,
};
use selfsame_domain::{ContactId, DecisionId, WorkspaceId};
use uuid::Uuid;

fn new_import(f: &Fixture<'_>) -> NewImport {
    let now = f.clock().now();
    let id = f.ids().uuid(now);
    NewImport {
        id: ImportId(id),
        format: ImportFormat::Bulk,
        options: "{}".to_owned(),
        total: Some(3),
        is_dry_run: false,
        is_uploaded: false,
        replay: None,
        replays_since: now - TimeDelta::hours(24),
        job: NewJob {
            workspace: f.workspace,
            id: JobId(id),
            kind: JobKind::Import,
            queue: "q".to_owned(),
            payload: id.to_string(),
            not_before: now,
            created_at: now,
        },
    }
}

async fn accept(f: &Fixture<'_>) -> ImportId {
    let import = new_import(f);
    let accepted = f.store().accept_import(&import, &[b"first", b"\0\xff"]).await;
    assert_eq!(accepted.expect("accept"), Accepted::New);
    import.id
}

pub(super) async fn running(f: &Fixture<'_>) -> ImportId {
    let id = accept(f).await;
    assert!(
        f.store()
            .start_import(f.workspace, id, f.clock().now())
            .await
            .expect("start")
    );
    id
}

pub(super) async fn read(f: &Fixture<'_>, id: ImportId) -> Import {
    f.store()
        .import(f.workspace, id)
        .await
        .expect("read")
        .expect("the import is there")
}

async fn chunk(f: &Fixture<'_>, id: ImportId, place: u32) -> Option<Vec<u8>> {
    f.store()
        .import_chunk(f.workspace, id, place)
        .await
        .expect("read a chunk")
}

pub(super) async fn rows(f: &Fixture<'_>, id: ImportId, query: RowQuery) -> Vec<ImportRow> {
    f.store().import_rows(f.workspace, id, &query).await.expect("read rows")
}

pub(super) const ALL: RowQuery = RowQuery {
    outcome: None,
    after: 0,
    limit: 100,
};

pub(super) fn row(number: u64, outcome: RowOutcome) -> ImportRow {
    let is_rejected = outcome == RowOutcome::Rejected;
    ImportRow {
        row: number,
        line: number + 10,
        outcome,
        contact: (!is_rejected).then_some(ContactId(7)),
        decision: (!is_rejected).then_some(DecisionId(Uuid::from_u128(number.into()))),
        error: is_rejected.then(|| "не годиться \"🦔\"".to_owned()),
        dedupe_value: Some(format!("value {number}")),
        undo: Vec::new(),
        kept: Vec::new(),
    }
}

pub(super) async fn record(f: &Fixture<'_>, id: ImportId, done: u64, rows: &[ImportRow]) -> RowsRecorded {
    let recorded = f
        .store()
        .record_rows(f.workspace, id, done, rows, f.clock().now())
        .await;
    recorded.expect("record rows")
}

pub(super) async fn end(f: &Fixture<'_>, id: ImportId, end: ImportEnd) -> bool {
    let ended = f.store().end_import(f.workspace, id, &end, f.clock().now()).await;
    ended.expect("end an import")
}

pub async fn an_accepted_import_is_there_after_a_restart_with_its_job(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let (id, now) = (accept(&f).await, f.clock().now());
    f.reopen().await;
    let expected = Import {
        workspace: f.workspace,
        id,
        format: ImportFormat::Bulk,
        options: "{}".to_owned(),
        status: ImportStatus::Queued,
        total: Some(3),
        counts: RowCounts::default(),
        is_dry_run: false,
        found: None,
        problems: Vec::new(),
        error: None,
        is_cancelling: false,
        is_undoing: false,
        job: JobId(id.0),
        created_at: now,
        started_at: None,
        heartbeat_at: now,
        finished_at: None,
    };
    assert_eq!(read(&f, id).await, expected);
    let job = f
        .store()
        .job(f.workspace, JobId(id.0))
        .await
        .expect("read")
        .expect("the job");
    assert_eq!((job.state, job.job.payload), (JobState::Queued, id.to_string()));
    assert_eq!(chunk(&f, id, 0).await.as_deref(), Some(&b"first"[..]));
    assert_eq!(chunk(&f, id, 1).await.as_deref(), Some(&b"\0\xff"[..]));
    assert_eq!(chunk(&f, id, 2).await, None);
}

pub async fn rows_are_recorded_with_the_commit_of_their_decisions_or_neither_is(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = accept(&f).await;
    let commit = async |number: i64, done: u64, row: &ImportRow, excludes: bool| {
        let changes = raw::contacts(vec![raw::active(raw::far(number))]);
        let commit = Commit {
            changes: &changes,
            records: &[],
            import: Some(ImportProgress {
                import: id,
                done,
                rows: std::slice::from_ref(row),
                now: f.clock().now(),
            }),
        };
        let written = if excludes {
            let transaction = f.store().exclusive(f.workspace).await.expect("the revision");
            transaction.write(commit).await.map(drop)
        } else {
            let basis = Basis {
                revision: raw::read(&f, ReadRequest::default()).await.revision,
                ..Basis::default()
            };
            f.store().write(f.workspace, &basis, commit).await.map(drop)
        };
        let is_there = f.is_there(raw::far(number)).await;
        assert_eq!(
            is_there,
            written.is_ok(),
            "the contact is written with its row: {written:?}"
        );
        match written {
            Ok(()) => true,
            Err(StorageError::ImportNotRunning) => false,
            Err(error) => panic!("{error:?}"),
        }
    };
    let (first, second) = (row(1, RowOutcome::Created), row(2, RowOutcome::Created));
    for excludes in [false, true] {
        assert!(!commit(1, 0, &first, excludes).await, "no worker began it");
    }
    let started = f.store().start_import(f.workspace, id, f.clock().now()).await;
    assert!(started.expect("start"));
    assert!(commit(1, 0, &first, false).await);
    for excludes in [false, true] {
        assert!(!commit(2, 0, &first, excludes).await, "another server was faster");
    }
    assert!(commit(2, 1, &second, true).await);
    assert_eq!(rows(&f, id, ALL).await, [first, second]);
    assert_eq!(read(&f, id).await.counts.total(), 2);
    let cancelled = f.store().cancel_import(f.workspace, id, f.clock().now()).await;
    cancelled.expect("cancel");
    for excludes in [false, true] {
        assert!(
            !commit(3, 2, &row(3, RowOutcome::Created), excludes).await,
            "it is being cancelled"
        );
    }
    assert_eq!(read(&f, id).await.counts.total(), 2);
}

pub async fn rows_are_recorded_once_and_in_their_order(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = accept(&f).await;
    let first = [row(1, RowOutcome::Created), row(2, RowOutcome::Rejected)];
    assert_eq!(record(&f, id, 0, &first).await, RowsRecorded::No, "no worker began it");
    assert!(
        f.store()
            .start_import(f.workspace, id, f.clock().now())
            .await
            .expect("start")
    );
    assert_eq!(record(&f, id, 0, &first).await, RowsRecorded::Yes);
    assert_eq!(
        record(&f, id, 0, &first).await,
        RowsRecorded::No,
        "another server was faster"
    );
    let second = [
        row(3, RowOutcome::Merged),
        row(4, RowOutcome::Unchanged),
        row(5, RowOutcome::Restored),
    ];
    f.clock().advance_seconds(1);
    assert_eq!(record(&f, id, 2, &second).await, RowsRecorded::Yes);
    assert_eq!(
        record(&f, id, 5, &[row(6, RowOutcome::Updated)]).await,
        RowsRecorded::Yes
    );
    let import = read(&f, id).await;
    let each = RowCounts {
        created: 1,
        updated: 1,
        restored: 1,
        unchanged: 1,
        merged: 1,
        rejected: 1,
    };
    assert_eq!((import.counts, import.heartbeat_at), (each, f.clock().now()));
    let all = rows(&f, id, ALL).await;
    assert_eq!(all[..5], [first.as_slice(), &second].concat());
    assert_eq!(
        rows(
            &f,
            id,
            RowQuery {
                after: 2,
                limit: 2,
                ..ALL
            }
        )
        .await,
        second[..2]
    );
    let rejected = RowQuery {
        outcome: Some(RowOutcome::Rejected),
        ..ALL
    };
    assert_eq!(rows(&f, id, rejected).await, first[1..]);
    assert!(rows(&f, id, RowQuery { after: 2, ..rejected }).await.is_empty());
}

pub async fn an_import_that_is_over_has_no_body_and_takes_no_rows(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = running(&f).await;
    let error = "no luck".to_owned();
    f.clock().advance_seconds(1);
    assert!(end(&f, id, ImportEnd::Failed { error }).await);
    let import = read(&f, id).await;
    assert_eq!(
        (import.status, import.error.as_deref()),
        (ImportStatus::Failed, Some("no luck"))
    );
    assert_eq!(import.finished_at, Some(f.clock().now()));
    assert_eq!(chunk(&f, id, 0).await, None);
    assert_eq!(
        record(&f, id, 0, &[row(1, RowOutcome::Created)]).await,
        RowsRecorded::No
    );
    assert!(!end(&f, id, ImportEnd::Finished).await);
    assert!(
        !f.store()
            .start_import(f.workspace, id, f.clock().now())
            .await
            .expect("start")
    );
}

pub async fn cancelling_ends_what_waits_and_asks_what_runs(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let (runs, waits) = (running(&f).await, accept(&f).await);
    let cancel = async |id| {
        f.store()
            .cancel_import(f.workspace, id, f.clock().now())
            .await
            .expect("cancel")
    };
    let cancelled = cancel(waits).await.expect("the import");
    assert_eq!(
        (cancelled.status, cancelled.finished_at),
        (ImportStatus::Cancelled, Some(f.clock().now()))
    );
    let job = f
        .store()
        .job(f.workspace, JobId(waits.0))
        .await
        .expect("read")
        .expect("the job");
    assert_eq!(job.state, JobState::Cancelled);
    assert_eq!(chunk(&f, waits, 0).await, None);
    let answer = cancel(runs).await.expect("the import");
    assert_eq!((answer.status, answer.is_cancelling), (ImportStatus::Running, true));
    assert_eq!(
        record(&f, runs, 0, &[row(1, RowOutcome::Created)]).await,
        RowsRecorded::Cancelling
    );
    assert!(end(&f, runs, ImportEnd::Cancelled).await);
    assert_eq!(cancel(runs).await.expect("the import").status, ImportStatus::Cancelled);
    assert_eq!(cancel(ImportId(Uuid::nil())).await, None);
}

pub async fn an_import_with_a_job_between_attempts_is_cancelled_at_once(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let mut import = new_import(&f);
    import.job.not_before = f.clock().now() + TimeDelta::hours(1);
    f.store().accept_import(&import, &[b"x"]).await.expect("accept");
    f.store()
        .start_import(f.workspace, import.id, f.clock().now())
        .await
        .expect("start");
    f.store()
        .cancel_import(f.workspace, import.id, f.clock().now())
        .await
        .expect("cancel");
    let now = f.clock().now();
    let request = LeaseRequest {
        kind: JobKind::Import,
        per_workspace: 1,
        now,
        lease: Lease {
            owner: Uuid::nil(),
            until: now,
        },
    };
    assert!(f.store().lease(&request).await.expect("lease").is_some());
}

pub async fn an_idempotency_key_makes_one_import_for_a_time(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let import = |digest: &[u8]| NewImport {
        replay: Some(Replay {
            key: "k".to_owned(),
            digest: digest.to_vec(),
        }),
        ..new_import(&f)
    };
    let first = import(b"a");
    let accept = async |import: &NewImport| f.store().accept_import(import, &[b"x"]).await.expect("accept");
    assert_eq!(accept(&first).await, Accepted::New);
    let again = import(b"a");
    assert_eq!(accept(&again).await, Accepted::Known(first.id));
    assert_eq!(f.store().import(f.workspace, again.id).await.expect("read"), None);
    assert_eq!(f.store().job(f.workspace, again.job.id).await.expect("read"), None);
    assert_eq!(accept(&import(b"b")).await, Accepted::OtherRequest);
    f.clock().advance_seconds(24 * 3600 + 1);
    assert_eq!(accept(&import(b"b")).await, Accepted::New);
}

pub async fn imports_are_listed_newest_first_and_are_the_workspace_s_own(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let ids = [accept(&f).await, accept(&f).await, accept(&f).await];
    let list = async |f: &Fixture<'_>, before| {
        let found = f.store().imports(f.workspace, before, 2).await.expect("list");
        found.into_iter().map(|import| import.id).collect::<Vec<_>>()
    };
    assert_eq!(list(&f, None).await, [ids[2], ids[1]]);
    assert_eq!(list(&f, Some(ids[1])).await, [ids[0]]);
    f.enter_new_workspace("two").await;
    assert!(list(&f, None).await.is_empty());
    assert_eq!(f.store().import(f.workspace, ids[0]).await.expect("read"), None);
    assert_eq!(chunk(&f, ids[0], 0).await, None);
    assert!(rows(&f, ids[0], ALL).await.is_empty());
    f.workspace = WorkspaceId(999);
    let refused = f.store().accept_import(&new_import(&f), &[]).await;
    assert!(matches!(refused, Err(StorageError::UnknownWorkspace)), "{refused:?}");
}

pub async fn imports_and_their_values_are_forgotten_after_a_time(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let (over, open) = (running(&f).await, running(&f).await);
    for id in [over, open] {
        record(&f, id, 0, &[row(1, RowOutcome::Created)]).await;
    }
    assert!(end(&f, over, ImportEnd::Finished).await);
    f.clock().advance_seconds(1);
    let now = f.clock().now();
    assert_eq!(f.store().forget_dedupe_values(now).await.expect("forget"), 1);
    assert_eq!(rows(&f, over, ALL).await[0].dedupe_value, None);
    assert!(rows(&f, open, ALL).await[0].dedupe_value.is_some());
    assert_eq!(f.store().prune_imports(now).await.expect("prune"), 1);
    assert_eq!(f.store().import(f.workspace, over).await.expect("read"), None);
    assert!(rows(&f, over, ALL).await.is_empty());
    assert_eq!(rows(&f, open, ALL).await.len(), 1);
}

pub async fn erasing_a_contact_forgets_its_values_in_imports(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let kept = f.id(api_call().email("kept@example.com").upsert()).await;
    let survivor = f.id(api_call().external("a").upsert()).await;
    let absorbed = f.id(api_call().email("b@example.com").upsert()).await;
    let id = running(&f).await;
    let about = |number, contact| ImportRow {
        contact: Some(contact),
        ..row(number, RowOutcome::Updated)
    };
    record(&f, id, 0, &[about(1, kept), about(2, survivor), about(3, absorbed)]).await;
    f.merge(survivor, absorbed).await;
    f.decide(erase(survivor)).await;
    let left = rows(&f, id, ALL).await.into_iter().map(|row| row.dedupe_value);
    assert_eq!(left.collect::<Vec<_>>(), [Some("value 1".to_owned()), None, None]);
}

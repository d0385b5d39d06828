//! Imports on the in-memory adapter: batches, takeover after a crash, cancelling, order.
#![allow(clippy::expect_used, reason = "a helper that fails has to fail the test")]

use chrono::TimeDelta;
use selfsame_application::ports::{
    Clock, Contacts, Continuation, Import, ImportFormat, ImportId, ImportRow, ImportStatus, Imports, JobKind, Jobs,
    Lease, LeaseRequest, ReadRow, RowCounts, RowOutcome, RowQuery, RowReader, RowsError, UndoAnswer,
};
use selfsame_application::{
    Application, ImportBatch, ImportRequest, Options, Replay, Submission, SubmitError, Worker, WorkerOptions,
};
use selfsame_domain::values::{Email, FirstName, Source};
use selfsame_domain::{
    AttributeInput, Call, ChannelDetails, ChannelInput, Command, ContactRequest, DedupeOn, Identifier, Policy,
    WorkspaceId,
};
use selfsame_storage_conformance::{ManualClock, MemoryStore, SequenceIds};
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Reads lines of `email` or `email name`; `!` ends the reading as malformed, `?` is a row that cannot be read.
#[derive(Debug)]
struct Lines;

impl RowReader for Lines {
    fn read(
        &self,
        _: &Import,
        _: &Policy,
        body: &mut dyn Read,
        rows: &mut dyn FnMut(ReadRow) -> Continuation,
    ) -> Result<(), RowsError> {
        let mut text = String::new();
        body.read_to_string(&mut text)?;
        for (line, text) in (1..).zip(text.lines()) {
            if text == "!" {
                return Err(RowsError::Malformed("no more".to_owned()));
            }
            let command = if text == "?" {
                Err("unreadable".to_owned())
            } else {
                Ok(command(text))
            };
            let row = ReadRow {
                line,
                bytes: text.len(),
                dedupe_value: Some(text.to_owned()),
                command,
            };
            if rows(row) == Continuation::No {
                break;
            }
        }
        Ok(())
    }
}

fn command(text: &str) -> Command {
    let (email, name) = text.split_once(' ').unwrap_or((text, "Ann"));
    let mut request = ContactRequest::new(Source::Import);
    request.channels.push(ChannelInput {
        channel: selfsame_domain::values::ChannelType::Email,
        identifier: Identifier::email(&Email::parse(email).expect("an email")),
        details: ChannelDetails::default(),
    });
    let name = FirstName::parse(name).expect("a name");
    request.attributes.push(AttributeInput::first_name(Some(&name)));
    let call = Call::Bulk {
        dedupe_on: DedupeOn::Email,
        restore: false,
    };
    Command::Contact(call, Box::new(request))
}

struct Stand {
    app: Application,
    store: MemoryStore,
    clock: ManualClock,
    workspace: WorkspaceId,
}

impl Stand {
    async fn new() -> Self {
        let (store, clock) = (MemoryStore::new(), ManualClock::new());
        let app = Application::new(
            Arc::new(store.clone()),
            Arc::new(clock.clone()),
            Arc::new(SequenceIds::new()),
            Options::default(),
        );
        let workspace = app.create_workspace("one").await.expect("make a workspace").id;
        Self {
            app,
            store,
            clock,
            workspace,
        }
    }

    fn worker(&self) -> Worker {
        self.app.worker(Arc::new(Lines), WorkerOptions::default())
    }

    async fn accept(&self, body: &str, replay: Option<Replay>) -> Result<ImportId, SubmitError> {
        let request = ImportRequest {
            format: ImportFormat::Bulk,
            options: String::new(),
            total: None,
            is_dry_run: false,
            queue: "q".to_owned(),
            replay,
        };
        self.app.accept_import(self.workspace, request, body.as_bytes()).await
    }

    async fn import(&self, id: ImportId) -> Import {
        self.app
            .store()
            .import(self.workspace, id)
            .await
            .expect("read")
            .expect("the import")
    }

    async fn rows(&self, id: ImportId) -> Vec<ImportRow> {
        let query = RowQuery {
            outcome: None,
            after: 0,
            limit: 10_000,
        };
        self.app
            .store()
            .import_rows(self.workspace, id, &query)
            .await
            .expect("read rows")
    }
}

fn many(count: usize) -> String {
    let lines = (1..=count).map(|number| format!("p{number}@example.com\n"));
    lines.collect::<Vec<_>>().concat()
}

#[tokio::test]
async fn every_row_is_decided_once_and_recorded_in_its_order() {
    let stand = Stand::new().await;
    let id = stand
        .accept(&format!("{}?\np1@example.com Eve\np2@example.com", many(500)), None)
        .await
        .expect("accept");
    stand.worker().run_due().await.expect("run");
    let import = stand.import(id).await;
    let counts = RowCounts {
        created: 500,
        updated: 1,
        unchanged: 1,
        rejected: 1,
        ..RowCounts::default()
    };
    assert_eq!((import.status, import.counts), (ImportStatus::Finished, counts));
    let rows = stand.rows(id).await;
    assert!(rows.iter().map(|row| row.row).eq(1..=503));
    assert_eq!(
        (rows[500].outcome, rows[500].error.as_deref()),
        (RowOutcome::Rejected, Some("unreadable"))
    );
    assert_eq!(
        (rows[501].outcome, rows[501].contact),
        (RowOutcome::Updated, rows[0].contact)
    );
}

#[tokio::test]
async fn a_body_that_ends_to_be_readable_fails_after_the_rows_before() {
    let stand = Stand::new().await;
    let id = stand
        .accept("a@example.com\n!\nb@example.com", None)
        .await
        .expect("accept");
    stand.worker().run_due().await.expect("run");
    let import = stand.import(id).await;
    assert_eq!(
        (import.status, import.error.as_deref()),
        (ImportStatus::Failed, Some("no more"))
    );
    assert_eq!(import.counts.created, 1);
}

/// Leases and starts the import, as a server does that is killed right afterwards.
async fn begin_and_die(stand: &Stand, id: ImportId) {
    let now = stand.clock.now();
    let lease = Lease {
        owner: Uuid::nil(),
        until: now + TimeDelta::seconds(10),
    };
    let request = LeaseRequest {
        kind: JobKind::Import,
        per_workspace: 1,
        now,
        lease,
    };
    stand.store.lease(&request).await.expect("lease").expect("the job");
    assert!(stand.store.start_import(stand.workspace, id, now).await.expect("start"));
}

/// Decides and records the first rows, as a server does that is killed afterwards.
async fn decide_and_die(stand: &Stand, id: ImportId, rows: &[&str]) {
    begin_and_die(stand, id).await;
    let read = |row: &&str| ReadRow {
        line: 1,
        bytes: row.len(),
        dedupe_value: None,
        command: Ok(command(row)),
    };
    let submission = Submission {
        commands: rows.iter().map(|row| command(row)).collect(),
        replay: None,
        duplicate_digest: None,
        bytes: 0,
        import: Some(ImportBatch {
            import: id,
            done: 0,
            rows: rows.iter().map(read).collect(),
        }),
    };
    stand.app.submit(stand.workspace, submission).await.expect("submit");
    let import = stand.import(id).await;
    assert_eq!(
        import.counts.total(),
        rows.len() as u64,
        "the rows are recorded with their decisions"
    );
}

#[tokio::test]
async fn a_batch_that_was_decided_before_a_kill_is_not_decided_again() {
    for count in [1, 70, 150] {
        let stand = Stand::new().await;
        let body = many(200);
        let id = stand.accept(&body, None).await.expect("accept");
        let rows: Vec<&str> = body.lines().take(count).collect();
        decide_and_die(&stand, id, &rows).await;
        stand.worker().run_due().await.expect("run");
        assert_eq!(
            stand.import(id).await.status,
            ImportStatus::Running,
            "the lease of the dead is not over"
        );
        stand.clock.advance_seconds(10);
        stand.worker().run_due().await.expect("run");
        let import = stand.import(id).await;
        assert_eq!(import.status, ImportStatus::Finished, "{count}");
        // A second decision would have left the rows unchanged.
        assert_eq!(
            import.counts,
            RowCounts {
                created: 200,
                ..RowCounts::default()
            },
            "{count}"
        );
    }
}

#[tokio::test]
async fn imports_of_a_queue_keep_their_order() {
    let stand = Stand::new().await;
    let first = stand
        .accept(&format!("{}x@example.com One", many(300)), None)
        .await
        .expect("accept");
    let second = stand.accept("x@example.com Two", None).await.expect("accept");
    stand.worker().run_due().await.expect("run");
    let (first, second) = (stand.rows(first).await, stand.rows(second).await);
    assert_eq!(first.last().map(|row| row.outcome), Some(RowOutcome::Created));
    assert_eq!(second[0].outcome, RowOutcome::Updated);
}

#[tokio::test]
async fn a_cancelled_import_lists_the_rows_that_were_decided() {
    let stand = Stand::new().await;
    let id = stand.accept(&many(3), None).await.expect("accept");
    begin_and_die(&stand, id).await;
    let answer = stand
        .app
        .cancel_import(stand.workspace, id, Duration::ZERO)
        .await
        .expect("cancel");
    assert_eq!(answer.expect("the import").status, ImportStatus::Running);
    stand.clock.advance_seconds(10);
    stand.worker().run_due().await.expect("run");
    assert_eq!(stand.import(id).await.status, ImportStatus::Cancelled);
    let waiting = stand.accept(&many(3), None).await.expect("accept");
    let cancelled = stand
        .app
        .cancel_import(stand.workspace, waiting, Duration::ZERO)
        .await
        .expect("cancel");
    assert_eq!(cancelled.expect("the import").status, ImportStatus::Cancelled);
}

#[tokio::test]
async fn an_idempotency_key_answers_with_the_first_import() {
    let stand = Stand::new().await;
    let replay = |digest: u8| {
        Some(Replay {
            key: "k".to_owned(),
            digest: vec![digest],
        })
    };
    let first = stand.accept("a@example.com", replay(1)).await.expect("accept");
    assert_eq!(stand.accept("a@example.com", replay(1)).await.expect("accept"), first);
    assert!(matches!(
        stand.accept("b@example.com", replay(2)).await,
        Err(SubmitError::ReplayMismatch)
    ));
}

#[tokio::test]
async fn an_undo_is_finished_by_the_next_server_after_a_kill() {
    let stand = Stand::new().await;
    stand.accept("p7@example.com Ida", None).await.expect("accept");
    stand.worker().run_due().await.expect("run");
    let id = stand.accept(&many(300), None).await.expect("accept");
    stand.worker().run_due().await.expect("run");
    let before = stand
        .app
        .undo_import(stand.workspace, id, Duration::ZERO)
        .await
        .expect("undo");
    assert!(matches!(before, UndoAnswer::Accepted(import) if import.is_undoing));
    let now = stand.clock.now();
    let lease = Lease {
        owner: Uuid::nil(),
        until: now + TimeDelta::seconds(10),
    };
    let request = LeaseRequest {
        kind: JobKind::UndoImport,
        per_workspace: 1,
        now,
        lease,
    };
    stand.store.lease(&request).await.expect("lease").expect("the job");
    stand.worker().run_due().await.expect("run");
    assert!(stand.import(id).await.is_undoing, "the lease of the dead is not over");
    stand.clock.advance_seconds(10);
    stand.worker().run_due().await.expect("run");
    let import = stand.import(id).await;
    assert_eq!((import.status, import.is_undoing), (ImportStatus::Undone, false));
    assert_eq!(import.counts.created, 299);
    let rows = stand.rows(id).await;
    assert!(rows.iter().all(|row| row.kept.is_empty()));
    let mut left = Vec::new();
    for row in &rows {
        let contact = row.contact.expect("a contact");
        if stand
            .store
            .contact(stand.workspace, contact)
            .await
            .expect("read")
            .is_some()
        {
            left.push(row.row);
        }
    }
    assert_eq!(left, [7], "only the contact that was there before");
}

//! What failed and abandoned transactions leave behind.

use crate::common::{decide, open, workspace};
use metrics_exporter_prometheus::PrometheusBuilder;
use selfsame_application::ports::{
    Basis, Commit, Exclusive, ReadAnswer, ReadRequest, Storage, StorageError, Workspaces,
};
use selfsame_domain::values::Source;
use selfsame_domain::{
    ChangeSet, ContactId, ContactRow, ContactState, Footprint, FreshCount, Snapshot, Timestamp, WorkspaceId,
};
use selfsame_storage_conformance::{Kind, api_call, identifier, run};
use selfsame_storage_sqlite::SqliteStore;
use std::future::{Future, poll_fn};
use std::task::Poll;

fn one_contact() -> Footprint {
    Footprint {
        fresh: FreshCount {
            contacts: 1,
            ..FreshCount::default()
        },
        ..Footprint::default()
    }
}

fn made(id: ContactId) -> ChangeSet {
    let at = Timestamp::UNIX_EPOCH;
    let (state, source) = (ContactState::Active, Source::Api);
    let row = ContactRow {
        id,
        state,
        canonical: id,
        merged_into: None,
        source,
        created_at: at,
        updated_at: at,
    };
    ChangeSet {
        contacts: vec![row],
        ..ChangeSet::default()
    }
}

fn request(footprint: Footprint) -> ReadRequest {
    ReadRequest {
        footprint,
        ..ReadRequest::default()
    }
}

fn snapshot(answer: ReadAnswer) -> Snapshot {
    match answer {
        ReadAnswer::State(state) => state.snapshot,
        ReadAnswer::OutdatedPolicy(newer) => panic!("the policy was not changed: {newer:?}"),
    }
}

fn commit(changes: &ChangeSet) -> Commit<'_> {
    Commit {
        changes,
        records: &[],
        import: None,
    }
}

/// Begins to create a contact; returns its number.
async fn begin(store: &SqliteStore, workspace: WorkspaceId) -> (Box<dyn Exclusive>, ContactId) {
    let mut transaction = store.exclusive(workspace).await.expect("begin");
    let read = transaction.read(&request(one_contact())).await.expect("read");
    (transaction, snapshot(read).fresh.contacts[0])
}

async fn make(store: &SqliteStore, workspace: WorkspaceId) -> ContactId {
    let (transaction, id) = begin(store, workspace).await;
    transaction.write(commit(&made(id))).await.expect("write");
    id
}

/// Everything runs on the thread that has the recorder.
#[tokio::test]
async fn a_wait_for_the_writing_connection_is_counted() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let numbers = recorder.handle();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let directory = tempfile::tempdir().expect("make a directory");
    let store = open(directory.path()).await;
    let (_, workspace) = workspace(&store).await;
    let begin = async || store.exclusive(workspace).await.expect("begin");
    let first = begin().await;
    let before = numbers.render();
    assert!(!before.contains("selfsame_lock_waits_total"), "{before}");
    let (second, ()) = futures::join!(begin(), async move { drop(first) });
    drop(second);
    let text = numbers.render();
    assert!(text.lines().any(|line| line == "selfsame_lock_waits_total 1"), "{text}");
}

#[test]
fn what_is_dropped_leaves_nothing_not_even_a_number() {
    let directory = tempfile::tempdir().expect("make a directory");
    run(async {
        let store = open(directory.path()).await;
        let (_, workspace) = workspace(&store).await;
        for _ in 0..3 {
            let (transaction, id) = begin(&store, workspace).await;
            assert_eq!(id, ContactId(1));
            drop(transaction);
        }
        assert_eq!(make(&store, workspace).await, ContactId(1));
        assert_eq!(begin(&store, workspace).await.1, ContactId(2));
    });
}

/// Polls a future a number of times and drops it. Returns whether it had ended.
async fn abandon<F: Future>(future: F, polls: usize) -> bool {
    let mut future = Box::pin(future);
    for _ in 0..polls {
        let ended = poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await;
        if ended {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

#[test]
fn an_abandoned_future_leaves_all_or_nothing_and_the_writer_in_order() {
    let directory = tempfile::tempdir().expect("make a directory");
    run(async {
        let store = open(directory.path()).await;
        let (_, workspace) = workspace(&store).await;
        for polls in 1..200 {
            abandon(make(&store, workspace), polls * 3).await;
        }
        let id = make(&store, workspace).await;
        let all = Footprint {
            contacts: (1..=id.0).map(ContactId).collect(),
            ..Footprint::default()
        };
        let found = store.read(workspace, &request(all)).await.expect("read");
        assert_eq!(
            i64::try_from(snapshot(found).contacts.len()),
            Ok(id.0),
            "numbers are those of the contacts that there are"
        );
    });
}

#[test]
fn a_read_keeps_no_writer_waiting() {
    let directory = tempfile::tempdir().expect("make a directory");
    run(async {
        let store = open(directory.path()).await;
        let (_, workspace) = workspace(&store).await;
        let (transaction, id) = begin(&store, workspace).await;
        let read = store.read(workspace, &request(one_contact())).await.expect("read");
        assert_eq!(snapshot(read).fresh.contacts, [id], "a read takes no number");
        transaction.write(commit(&made(id))).await.expect("write");
    });
}

#[test]
fn rows_that_are_not_there_are_noticed() {
    let directory = tempfile::tempdir().expect("make a directory");
    run(async {
        let store = open(directory.path()).await;
        let (app, workspace) = workspace(&store).await;
        let decision = decide(&app, workspace, api_call().external("one").upsert()).await;
        let id = decision.contact.expect("a contact");
        let key = identifier(Kind::Email, "a@example.org").key;
        let changes = [
            ChangeSet {
                identifiers_removed: vec![(key, id)],
                ..ChangeSet::default()
            },
            ChangeSet {
                contacts: made(ContactId(0)).contacts,
                ..ChangeSet::default()
            },
            made(id).tap(|changes| changes.contacts.push(changes.contacts[0].clone())),
        ];
        for change in changes {
            let transaction = store.exclusive(workspace).await.expect("begin");
            let refused = transaction.write(commit(&change)).await;
            assert!(
                matches!(refused, Err(StorageError::Refused(_))),
                "{change:?}: {refused:?}"
            );
        }
        decide(
            &app,
            workspace,
            api_call().external("one").email("a@example.org").upsert(),
        )
        .await;
    });
}

trait Tap: Sized {
    fn tap(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

impl Tap for ChangeSet {}

#[test]
fn an_unknown_workspace_is_reported_and_blocks_no_other() {
    let directory = tempfile::tempdir().expect("make a directory");
    run(async {
        let store = open(directory.path()).await;
        let unknown = WorkspaceId(9);
        let begun = store.exclusive(unknown).await.map(drop);
        let read = store.read(unknown, &ReadRequest::default()).await.map(drop);
        let written = store
            .write(unknown, &Basis::default(), commit(&made(ContactId(1))))
            .await;
        let policy = store.policy(unknown).await.map(drop);
        for answer in [begun, read, written.map(drop), policy] {
            assert!(matches!(answer, Err(StorageError::UnknownWorkspace)), "{answer:?}");
        }
        store
            .create_workspace("one", Timestamp::UNIX_EPOCH)
            .await
            .expect("make a workspace");
    });
}

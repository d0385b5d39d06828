//! Exports: what is kept of them, and reading what changed since a commit.

use crate::{Ask, Backend, Fixture, email, erase, event_type, keep, keep_order, order_key, remove, undo};
use selfsame_application::ports::{
    Clock, Commit, Connector, ConnectorDeleted, Deleted, Export, ExportDefinition, ExportRun, ExportSnapshot, Ids,
    JobId, JobKind, JobState, Lease, LeaseRequest, NewJob, RunReport, RunStarted, RunStatus, StorageError,
};
use selfsame_domain::export::{ColumnSet, ConnectorSettings, Dataset, FileFormat, Schedule};
use selfsame_domain::{
    ChangeSet, Command, ConnectorId, ContactState, EventPeriod, ExportId, OrderStatus, Revision, RunId, WorkspaceId,
};
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

/// Connectors read back whole, under names of their own.
pub async fn connectors_are_kept_and_named_once(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let mut first = connector(&f, "first");
    f.store().create_connector(&first).await.expect("create");
    let second = connector(&f, "second");
    f.store().create_connector(&second).await.expect("create");
    let taken = f.store().create_connector(&connector(&f, "first")).await;
    assert!(matches!(taken, Err(StorageError::Conflict { .. })), "{taken:?}");
    f.reopen().await;
    first.name = "second".to_owned();
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

/// An export changes only from the version that was read, and is due while it is not paused.
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

/// One run of an export is queued at the most.
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

/// A run that waits is cancelled at once, one under way is asked to stop, and deleting an export cancels what is open.
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
    let asked = f
        .store()
        .cancel_run(f.workspace, run.id, now)
        .await
        .expect("cancel")
        .expect("the run");
    assert_eq!(asked.status, RunStatus::Running);
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

async fn open(f: &Fixture<'_>) -> Box<dyn ExportSnapshot> {
    f.store().export_snapshot(f.workspace).await.expect("open a snapshot")
}

/// The numbers of contacts that changed since a commit, read in pages of two.
async fn changed(snapshot: &mut dyn ExportSnapshot, since: Revision) -> Vec<i64> {
    let (mut found, mut after) = (Vec::new(), (since, None));
    loop {
        let page = snapshot.contacts(after, 2).await.expect("read contacts");
        found.extend(page.iter().map(|details| details.contact.id.0));
        let Some(last) = page.last().filter(|_| page.len() == 2) else {
            break;
        };
        after = (last.contact.revision, Some(last.contact.id));
    }
    let mut once = found.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), found.len(), "a contact came twice: {found:?}");
    once
}

async fn deleted(snapshot: &mut dyn ExportSnapshot, since: Revision) -> Vec<Deleted> {
    let found = snapshot
        .deleted((since, None), 100)
        .await
        .expect("read what was deleted");
    found.into_iter().map(|(_, deleted)| deleted).collect()
}

/// Whatever can be exported of a contact raises its place in the order of reading.
pub async fn changed_contacts_are_read_once_each_since_a_commit(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        ids.push(
            f.id(Ask::new().external(name).email(&format!("{name}@example.com")).upsert())
                .await,
        );
    }
    let mut snapshot = open(&f).await;
    let all = ids.iter().map(|id| id.0).collect::<Vec<_>>();
    assert_eq!(changed(&mut *snapshot, Revision(0)).await, all);
    let before = snapshot.revision();
    assert_eq!(changed(&mut *snapshot, before).await, Vec::<i64>::new());
    f.id(Ask::new().external("b").first("B").upsert()).await;
    f.decide(remove(ids[3])).await;
    // The snapshot stays as it was.
    assert_eq!(changed(&mut *snapshot, before).await, Vec::<i64>::new());
    let mut snapshot = open(&f).await;
    assert_eq!(changed(&mut *snapshot, before).await, [ids[1].0, ids[3].0]);
    let page = snapshot.contacts((before, None), 10).await.expect("read contacts");
    let states: Vec<_> = page
        .iter()
        .map(|details| (details.contact.id, details.contact.state))
        .collect();
    assert_eq!(
        states,
        [(ids[1], ContactState::Active), (ids[3], ContactState::Removed)]
    );
    assert_eq!(page[0].contact.identifiers.len(), 2);
}

/// Unsubscribing an address shows at those who have it.
pub async fn unsubscribing_changes_those_who_show_the_address(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ann = f.id(Ask::new().external("a").email("ann@example.com").upsert()).await;
    f.id(Ask::new().external("b").email("bob@example.com").upsert()).await;
    let before = open(&f).await.revision();
    let unsubscribe = Command::Unsubscribe {
        email: email("ann@example.com"),
        unsubscribed: true,
    };
    f.decide(unsubscribe).await;
    let mut snapshot = open(&f).await;
    let page = snapshot.contacts((before, None), 10).await.expect("read contacts");
    assert_eq!(page.len(), 1);
    assert_eq!((page[0].contact.id, page[0].unsubscribed.len()), (ann, 1));
}

/// Merging and undoing change both contacts.
pub async fn merges_and_their_undoing_change_both_contacts(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ann = f.id(Ask::new().external("a").upsert()).await;
    let bob = f.id(Ask::new().email("bob@example.com").upsert()).await;
    let before = open(&f).await.revision();
    let made = f.merge(ann, bob).await;
    let mut snapshot = open(&f).await;
    assert_eq!(changed(&mut *snapshot, before).await, [ann.0, bob.0]);
    let page = snapshot.contacts((before, None), 10).await.expect("read contacts");
    let absorbed = page
        .iter()
        .find(|details| details.contact.id == bob)
        .expect("the absorbed one");
    assert_eq!(
        (absorbed.contact.state, absorbed.contact.canonical),
        (ContactState::Merged, ann)
    );
    let between = snapshot.revision();
    f.decide(undo(made)).await;
    let mut snapshot = open(&f).await;
    assert_eq!(changed(&mut *snapshot, between).await, [ann.0, bob.0]);
}

/// Erased contacts, deleted orders and deleted events are noted with the commit that did it.
pub async fn what_was_erased_and_deleted_is_noted(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    f.policy(|policy| (policy.delete_orders, policy.delete_past_events) = (true, true))
        .await;
    let ann = f.id(Ask::new().external("a").upsert()).await;
    let bob = f.id(Ask::new().email("bob@example.com").upsert()).await;
    f.merge(ann, bob).await;
    let now = f.clock().now();
    f.decide(keep(Ask::new().external("a").happened("seen"))).await;
    let mut snapshot = open(&f).await;
    let before = snapshot.revision();
    let event = snapshot
        .events((Revision(0), None), 10)
        .await
        .expect("read events")
        .remove(0)
        .event;
    let ordered = Ask::new().external("c").ordered("1", OrderStatus::Initialized, now);
    f.decide(keep_order(ordered)).await;
    f.decide(Command::DeleteOrder(order_key("1", None))).await;
    let order = Deleted::Order(selfsame_domain::export::order_id(&order_key("1", None)));
    f.clock().advance_seconds(3600);
    let period = EventPeriod {
        from: event.occurred_at,
        until: event.occurred_at + chrono::TimeDelta::seconds(1),
    };
    f.decide(Command::DeleteEvents(period)).await;
    let between = open(&f).await.revision();
    f.decide(erase(ann)).await;
    let mut snapshot = open(&f).await;
    let gone = deleted(&mut *snapshot, before).await;
    for expected in [
        order,
        Deleted::Event(event.id),
        Deleted::Contact(ann),
        Deleted::Contact(bob),
    ] {
        assert!(gone.contains(&expected), "{expected:?} is not in {gone:?}");
    }
    let later = deleted(&mut *snapshot, between).await;
    assert!(
        later.contains(&Deleted::Contact(ann)) && !later.contains(&order),
        "{later:?}"
    );
    drop(snapshot);
    let pruned = f.store().prune_deleted(f.workspace, between).await.expect("prune");
    assert_eq!(pruned, u64::try_from(gone.len() - later.len()).expect("a count"));
    assert_eq!(deleted(&mut *open(&f).await, before).await, later);
}

/// Orders come with the commit that last changed them.
pub async fn changed_orders_are_read_since_a_commit(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let now = f.clock().now();
    let ordered = |number: &str, status| keep_order(Ask::new().external("a").ordered(number, status, now));
    for number in ["3", "1", "2"] {
        f.decide(ordered(number, OrderStatus::Initialized)).await;
    }
    let mut snapshot = open(&f).await;
    let (mut found, mut after) = (Vec::new(), (Revision(0), None));
    loop {
        let page = snapshot.orders(after, 2).await.expect("read orders");
        found.extend(page.iter().map(|(_, order)| order.key.external_id.as_str().to_owned()));
        let Some((revision, last)) = page.last().filter(|_| page.len() == 2) else {
            break;
        };
        after = (*revision, Some(last.key.clone()));
    }
    assert_eq!(found, ["3", "1", "2"]);
    let before = snapshot.revision();
    f.decide(ordered("1", OrderStatus::Delivered)).await;
    let page = open(&f).await.orders((before, None), 10).await.expect("read orders");
    let changed: Vec<_> = page
        .iter()
        .map(|(_, order)| (order.key.clone(), order.status))
        .collect();
    assert_eq!(changed, [(order_key("1", None), OrderStatus::Delivered)]);
}

/// Events come once by themselves, and again when the visitor that left them is adopted.
pub async fn events_are_read_again_when_their_visitor_is_adopted(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    for name in ["one", "two", "three"] {
        f.decide(keep(Ask::new().cookie("c").happened(name))).await;
    }
    let mut snapshot = open(&f).await;
    let first = snapshot.events((Revision(0), None), 2).await.expect("read events");
    let place = (first[1].revision, Some(first[1].event.id));
    let rest = snapshot.events(place, 2).await.expect("read events");
    let types: Vec<_> = first
        .iter()
        .chain(&rest)
        .map(|exported| exported.event.type_key.clone())
        .collect();
    assert_eq!(types, ["one", "two", "three"].map(event_type));
    assert!(first.iter().all(|exported| exported.owner.is_none()));
    let before = snapshot.revision();
    let ann = f.id(Ask::new().external("a").cookie("c").upsert()).await;
    let mut snapshot = open(&f).await;
    assert_eq!(snapshot.events((before, None), 10).await.expect("read events"), []);
    let mut again = snapshot
        .events_of_changed_visitors((before, None), 2)
        .await
        .expect("read events");
    let last = again.last().expect("an event");
    let Some(selfsame_domain::Subject::Visitor(visitor)) = last.event.subject else {
        panic!("no visitor in {last:?}")
    };
    let place = (last.revision, Some((visitor, last.event.id)));
    again.extend(
        snapshot
            .events_of_changed_visitors(place, 2)
            .await
            .expect("read events"),
    );
    assert_eq!(again.len(), 3);
    assert!(again.iter().all(|exported| exported.owner == Some(ann)), "{again:?}");
}

/// A write that is held open across a snapshot is in the next one: it has a later revision, whenever it began.
pub async fn a_write_that_is_held_open_is_in_the_next_snapshot(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ann = f.id(Ask::new().external("a").upsert()).await;
    let bob = f.id(Ask::new().external("b").upsert()).await;
    let transaction = f.store().exclusive(f.workspace).await.expect("begin");
    let mut snapshot = open(&f).await;
    let since = snapshot.revision();
    assert_eq!(changed(&mut *snapshot, Revision(0)).await, [ann.0, bob.0]);
    let changes = ChangeSet {
        touched: [ann].into(),
        ..ChangeSet::default()
    };
    let commit = Commit {
        changes: &changes,
        records: &[],
    };
    let written = transaction.write(commit).await.expect("write");
    assert!(written > since);
    assert_eq!(changed(&mut *snapshot, since).await, Vec::<i64>::new());
    assert_eq!(changed(&mut *open(&f).await, since).await, [ann.0]);
}

/// A snapshot is of one workspace.
pub async fn a_snapshot_is_of_its_workspace(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    f.id(Ask::new().external("a").upsert()).await;
    f.enter_new_workspace("two").await;
    let mut snapshot = open(&f).await;
    assert_eq!(
        (snapshot.revision(), changed(&mut *snapshot, Revision(0)).await),
        (Revision(0), Vec::new())
    );
    let nowhere = WorkspaceId(f.workspace.0 + 1_000);
    let refused = f.store().export_snapshot(nowhere).await.map(drop);
    assert!(matches!(refused, Err(StorageError::UnknownWorkspace)), "{refused:?}");
}

//! Reading changes since a commit, for exports.

use crate::{Backend, Fixture, api_call, email, erase, event_type, keep, keep_order, order_key, remove, undo};
use selfsame_application::ports::{Clock, Commit, Deleted, ExportSnapshot, PruneUpTo, StorageError};
use selfsame_domain::{ChangeSet, Command, ContactState, EventPeriod, OrderStatus, Revision, WorkspaceId};
use std::collections::BTreeMap;

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

/// A change of any exported data of a contact raises its revision, which is its place in the order of reading.
pub async fn changed_contacts_are_read_once_each_since_a_commit(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        ids.push(
            f.id(api_call().external(name).email(&format!("{name}@example.com")).upsert())
                .await,
        );
    }
    let mut snapshot = open(&f).await;
    let all = ids.iter().map(|id| id.0).collect::<Vec<_>>();
    assert_eq!(changed(&mut *snapshot, Revision(0)).await, all);
    let before = snapshot.revision();
    assert_eq!(changed(&mut *snapshot, before).await, Vec::<i64>::new());
    f.id(api_call().external("b").first("B").upsert()).await;
    f.decide(remove(ids[3])).await;
    // The snapshot does not change.
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

/// Unsubscribing an address changes the contacts that have it.
pub async fn unsubscribing_changes_those_who_show_the_address(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ann = f.id(api_call().external("a").email("ann@example.com").upsert()).await;
    f.id(api_call().external("b").email("bob@example.com").upsert()).await;
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
    let ann = f.id(api_call().external("a").upsert()).await;
    let bob = f.id(api_call().email("bob@example.com").upsert()).await;
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

/// Erased contacts, deleted orders and deleted events are recorded with the commit that deleted them.
pub async fn what_was_erased_and_deleted_is_noted(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    f.policy(|policy| (policy.delete_orders, policy.delete_past_events) = (true, true))
        .await;
    let ann = f.id(api_call().external("a").upsert()).await;
    let bob = f.id(api_call().email("bob@example.com").upsert()).await;
    f.merge(ann, bob).await;
    let now = f.clock().now();
    f.decide(keep(api_call().external("a").happened("seen"))).await;
    let mut snapshot = open(&f).await;
    let before = snapshot.revision();
    let event = snapshot
        .events((Revision(0), None), 10)
        .await
        .expect("read events")
        .remove(0)
        .event;
    let ordered = api_call().external("c").ordered("1", OrderStatus::Initialized, now);
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
    let up_to = PruneUpTo {
        contacts: between,
        others: between,
    };
    let pruned = f.store().prune_deleted(f.workspace, up_to).await.expect("prune");
    assert_eq!(pruned, u64::try_from(gone.len() - later.len()).expect("a count"));
    assert_eq!(deleted(&mut *open(&f).await, before).await, later);
}

/// Orders come with the commit that last changed them.
pub async fn changed_orders_are_read_since_a_commit(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let now = f.clock().now();
    let ordered = |number: &str, status| keep_order(api_call().external("a").ordered(number, status, now));
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

/// Events are read once when they are recorded, and again when a contact adopts their visitor.
pub async fn events_are_read_again_when_their_visitor_is_adopted(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    for name in ["one", "two", "three"] {
        f.decide(keep(api_call().cookie("c").happened(name))).await;
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
    let ann = f.id(api_call().external("a").cookie("c").upsert()).await;
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

/// Visitors are read once when they are made, and again when a contact adopts them.
pub async fn visitors_are_read_again_when_they_are_adopted(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    for cookie in ["c", "d", "e"] {
        f.decide(keep(api_call().cookie(cookie).happened("seen"))).await;
    }
    let mut snapshot = open(&f).await;
    let first = snapshot.visitors((Revision(0), None), 2).await.expect("read visitors");
    let place = first.last().map(|(revision, visitor)| (*revision, Some(visitor.id)));
    let rest = snapshot
        .visitors(place.expect("a visitor"), 2)
        .await
        .expect("read visitors");
    let values: Vec<&str> = first
        .iter()
        .chain(&rest)
        .map(|(_, visitor)| visitor.key.value.as_str())
        .collect();
    assert_eq!(values, ["c", "d", "e"]);
    let before = snapshot.revision();
    let ann = f.id(api_call().external("a").cookie("d").upsert()).await;
    let changed = open(&f)
        .await
        .visitors((before, None), 10)
        .await
        .expect("read visitors");
    assert_eq!(changed.len(), 1, "{changed:?}");
    assert_eq!((changed[0].1.key.value.as_str(), changed[0].1.owner), ("d", Some(ann)));
}

/// Merges of absorbed contacts are found by them, also when they were undone.
pub async fn merges_are_found_by_the_absorbed_contact(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ann = f.id(api_call().external("a").upsert()).await;
    let bob = f.id(api_call().email("bob@example.com").upsert()).await;
    let first = f.merge(ann, bob).await;
    f.decide(undo(first)).await;
    let second = f.merge(ann, bob).await;
    let mut snapshot = open(&f).await;
    let found = snapshot.merges_of(&[bob, ann]).await.expect("read merges");
    let shown: BTreeMap<_, _> = found
        .iter()
        .map(|merge| (merge.id, merge.undone_at.is_some()))
        .collect();
    assert_eq!(shown, BTreeMap::from([(first, true), (second, false)]));
    assert_eq!(snapshot.merges_of(&[ann]).await.expect("read merges"), []);
}

/// A write that is open during a snapshot is in the next snapshot: it has a later revision, whenever it began.
pub async fn a_write_that_is_held_open_is_in_the_next_snapshot(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ann = f.id(api_call().external("a").upsert()).await;
    let bob = f.id(api_call().external("b").upsert()).await;
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
        import: None,
    };
    let written = transaction.write(commit).await.expect("write");
    assert!(written > since);
    assert_eq!(changed(&mut *snapshot, since).await, Vec::<i64>::new());
    assert_eq!(changed(&mut *open(&f).await, since).await, [ann.0]);
}

/// A snapshot has the data of one workspace.
pub async fn a_snapshot_is_of_its_workspace(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    f.id(api_call().external("a").upsert()).await;
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

//! The record of members of segments: entries and exits, members of past revisions, counts by day.

use super::dynamic_segments::{change, made};
use super::imports;
use super::segment_fields::{condition, empty, travel};
use crate::{Backend, Fixture, RequestBuilder, api_call, erase, keep, keep_order, merge, merge_of, remove, undo};
use futures::future::join_all;
use selfsame_application::ports::{Clock, ImportRow, MembersFrom, RowOutcome, RowsRecorded};
use selfsame_application::{Application, ChangeQuery, PastMembersError};
use selfsame_domain::{ChangeKind, Command, ContactId, MoveCause, OrderStatus, Revision, SegmentId, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) type Moved = (bool, SegmentId, ContactId, MoveCause);

const IN: bool = true;
const OUT: bool = false;

/// The last commit.
pub(super) async fn latest(f: &Fixture<'_>) -> Revision {
    let state = f.store().record_state(f.workspace).await.expect("read the record");
    state.latest
}

/// Entries and exits that the feed has after a revision, each with the commit that caused it.
async fn feed(f: &Fixture<'_>, after: Revision) -> Vec<(Moved, Revision)> {
    let (mut found, mut after) = (Vec::new(), after);
    loop {
        let query = ChangeQuery {
            after: Some(after),
            limit: 2,
            kinds: BTreeSet::from([ChangeKind::SegmentEntered, ChangeKind::SegmentLeft]),
        };
        let page = f.app().changes(f.workspace, &query).await.expect("read the feed");
        for change in &page.items {
            let moved = change.moved.expect("a move");
            assert!(
                moved.since < change.revision && change.revision <= page.next,
                "{page:?}"
            );
            assert_eq!(change.kind == ChangeKind::SegmentEntered, moved.entered);
            found.push(((moved.entered, moved.segment, change.contact, moved.cause), moved.since));
        }
        if page.next == after {
            return found;
        }
        after = page.next;
    }
}

/// What the commits after a revision moved, with the record in agreement with the members.
pub(super) async fn moves(f: &Fixture<'_>, after: Revision) -> Vec<Moved> {
    let found = feed(f, after).await;
    agree(f).await;
    found.into_iter().map(|(moved, _)| moved).collect()
}

/// What one command moved.
pub(super) async fn moved_by(f: &Fixture<'_>, command: Command) -> Vec<Moved> {
    moves(f, latest(f).await).await;
    let before = latest(f).await;
    f.decide(command).await;
    moves(f, before).await
}

/// The record has the members that every segment has.
pub(super) async fn agree(f: &Fixture<'_>) {
    let definitions = f.store().definitions(f.workspace).await.expect("read definitions");
    for id in definitions.names.keys() {
        let recorded = at(f, *id, latest(f).await).await;
        let from = MembersFrom::After(ContactId::NONE);
        let members = f.app().segment_members(f.workspace, *id, from, 1_000).await;
        let members = members.expect("read members").into_iter();
        let members: Vec<ContactId> = members.map(|details| details.contact.id).collect();
        assert_eq!(recorded, members, "segment {id}");
        let kept = f.store().recorded_count(f.workspace, *id).await.expect("read a count");
        assert_eq!(kept, members.len() as u64, "the count of segment {id}");
    }
}

/// The members of a segment at a revision.
pub(super) async fn at(f: &Fixture<'_>, segment: SegmentId, revision: Revision) -> Vec<ContactId> {
    let found = f
        .app()
        .segment_members_at(f.workspace, segment, revision, ContactId::NONE, 1_000)
        .await
        .expect("read past members");
    found.into_iter().map(|details| details.contact.id).collect()
}

pub async fn changes_of_contacts_are_recorded(backend: &mut dyn Backend) {
    use MoveCause::Change;
    let f = Fixture::new(backend).await;
    let segment = made(&f, "no id", &empty("externalCustomerId")).await;
    let before = latest(&f).await;
    let ann = f.id(api_call().email("ann@example.com").upsert()).await;
    assert_eq!(moves(&f, before).await, [(IN, segment, ann, Change)]);
    let rename = || api_call().email("ann@example.com").first("Ann");
    assert_eq!(moved_by(&f, rename().upsert()).await, []);
    assert_eq!(
        moved_by(&f, rename().external("ann").upsert()).await,
        [(OUT, segment, ann, Change)]
    );
    let bob = f.id(api_call().email("bob@example.com").upsert()).await;
    assert_eq!(moved_by(&f, remove(bob)).await, [(OUT, segment, bob, Change)]);
    let before = latest(&f).await;
    let new = f.id(api_call().email("bob@example.com").upsert()).await;
    assert_eq!(moves(&f, before).await, [(IN, segment, new, Change)]);
}

pub async fn merges_and_their_undo_are_recorded(backend: &mut dyn Backend) {
    use MoveCause::Change;
    let f = Fixture::new(backend).await;
    let mailed = made(&f, "mailed", &condition("email", "ends_with", json!("@example.com"))).await;
    let one = f.id(api_call().external("one").upsert()).await;
    let two = f.id(api_call().email("two@example.com").upsert()).await;
    moves(&f, Revision(0)).await;
    let before = latest(&f).await;
    let merged = merge_of(&f.decide(merge(one, two)).await);
    let found = moves(&f, before).await;
    assert_eq!(found, [(IN, mailed, one, Change), (OUT, mailed, two, Change)]);
    assert_eq!(
        moved_by(&f, undo(merged)).await,
        [(OUT, mailed, one, Change), (IN, mailed, two, Change)]
    );
}

pub async fn an_erasure_leaves_no_record(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let segment = made(&f, "no id", &empty("externalCustomerId")).await;
    let ann = f.id(api_call().email("ann@example.com").upsert()).await;
    let bob = f.id(api_call().email("bob@example.com").upsert()).await;
    moves(&f, Revision(0)).await;
    let then = latest(&f).await;
    f.decide(erase(ann)).await;
    assert_eq!(moves(&f, Revision(0)).await, [(IN, segment, bob, MoveCause::Change)]);
    assert_eq!(at(&f, segment, then).await, [bob], "also in the past");
    let recorded = f.store().recorded_memberships(f.workspace, &[ann]).await;
    assert_eq!(recorded.expect("read the record"), BTreeSet::new());
}

pub async fn events_visitors_and_orders_are_recorded(backend: &mut dyn Backend) {
    use MoveCause::Change;
    let f = Fixture::new(backend).await;
    let viewed = made(&f, "viewed", &json!({"event": "View"})).await;
    let orders = json!({"orders": "count", "op": "greater", "value": 0});
    let ordered = made(&f, "ordered", &orders).await;
    let ann = f.id(api_call().external("ann").upsert()).await;
    let bob = f.id(api_call().external("bob").upsert()).await;
    let view = |builder: RequestBuilder| keep(builder.happened("View"));
    assert_eq!(
        moved_by(&f, view(api_call().external("ann"))).await,
        [(IN, viewed, ann, Change)]
    );
    assert_eq!(moved_by(&f, view(api_call().cookie("c"))).await, []);
    let adopts = api_call().external("bob").cookie("c").upsert();
    assert_eq!(moved_by(&f, adopts).await, [(IN, viewed, bob, Change)]);
    let order = api_call()
        .external("bob")
        .ordered("1", OrderStatus::Delivered, f.clock().now());
    assert_eq!(moved_by(&f, keep_order(order)).await, [(IN, ordered, bob, Change)]);
}

pub async fn lists_are_recorded(backend: &mut dyn Backend) {
    use MoveCause::Change;
    let f = Fixture::new(backend).await;
    let before = latest(&f).await;
    let ann = f.id(api_call().external("ann").segment("VIP").upsert()).await;
    let bob = f.id(api_call().external("bob").segment("VIP").upsert()).await;
    let vip = f.segment("VIP").await;
    assert_eq!(
        moves(&f, before).await,
        [(IN, vip, ann, Change), (IN, vip, bob, Change)]
    );
    let none = made(&f, "not VIP", &json!({"not": {"segment": vip.0}})).await;
    let empty = Command::Detach {
        segment: vip,
        contacts: Vec::new(),
    };
    let emptied = moved_by(&f, empty).await;
    let expected = [
        (OUT, vip, ann, Change),
        (IN, none, ann, Change),
        (OUT, vip, bob, Change),
        (IN, none, bob, Change),
    ];
    assert_eq!(emptied, expected);
}

pub async fn an_edited_formula_moves_contacts(backend: &mut dyn Backend) {
    use MoveCause::Formula;
    let f = Fixture::new(backend).await;
    let ann = f.id(api_call().external("ann").upsert()).await;
    let bob = f.id(api_call().email("bob@example.com").upsert()).await;
    let before = latest(&f).await;
    let inner = made(&f, "inner", &empty("email")).await;
    let outer = made(&f, "outer", &json!({"not": {"segment": inner.0}})).await;
    let found = moves(&f, before).await;
    assert_eq!(
        found.into_iter().collect::<BTreeSet<_>>(),
        BTreeSet::from([(IN, inner, ann, Formula), (IN, outer, bob, Formula)])
    );
    let edited = moved_by(&f, change(inner, &json!({"not": empty("email")}))).await;
    let expected = BTreeSet::from([
        (OUT, inner, ann, Formula),
        (IN, inner, bob, Formula),
        (IN, outer, ann, Formula),
        (OUT, outer, bob, Formula),
    ]);
    assert_eq!(edited.into_iter().collect::<BTreeSet<_>>(), expected);
    f.decide(Command::DeleteSegment { segment: outer }).await;
    let left = moves(&f, Revision(0)).await;
    assert!(left.iter().all(|(_, segment, ..)| *segment == inner), "{left:?}");
}

pub async fn time_moves_contacts(backend: &mut dyn Backend) {
    use MoveCause::{Change, Time};
    let f = Fixture::new(backend).await;
    travel(&f, "2026-03-01T12:00:00Z");
    let recent = made(&f, "new", &condition("createdAt", "in_last_days", json!(1))).await;
    let active = made(&f, "active", &json!({"event": "Login", "within": {"lastDays": 2}})).await;
    let before = latest(&f).await;
    let ann = f.id(api_call().external("ann").upsert()).await;
    f.decide(keep(api_call().external("ann").happened("Login"))).await;
    assert_eq!(
        moves(&f, before).await,
        [(IN, recent, ann, Change), (IN, active, ann, Change)]
    );
    let before = latest(&f).await;
    // The record is not behind, and a check of all contacts is not due.
    let behind = async || {
        let (now, long_ago) = (f.clock().now(), Timestamp::UNIX_EPOCH);
        f.store().records_behind(now, long_ago, 10).await.expect("look")
    };
    travel(&f, "2026-03-02T11:59:59Z");
    assert_eq!(behind().await, []);
    travel(&f, "2026-03-02T13:00:00Z");
    assert_eq!(behind().await, [f.workspace], "a due time has come");
    assert_eq!(moves(&f, before).await, [(OUT, recent, ann, Time)]);
    assert_eq!(behind().await, []);
    let before = latest(&f).await;
    travel(&f, "2026-03-03T13:00:00Z");
    assert_eq!(behind().await, [f.workspace]);
    assert_eq!(moves(&f, before).await, [(OUT, active, ann, Time)]);
    assert_eq!(behind().await, []);
    let state = f.store().record_state(f.workspace).await.expect("read the record");
    assert_eq!(state.next_due, None, "nothing moves any more");
}

pub async fn an_edited_condition_on_the_time_has_due_times(backend: &mut dyn Backend) {
    use MoveCause::{Formula, Time};
    let f = Fixture::new(backend).await;
    travel(&f, "2026-03-01T12:00:00Z");
    let ann = f.id(api_call().external("ann").upsert()).await;
    travel(&f, "2026-03-05T12:00:00Z");
    let segment = made(&f, "new", &condition("createdAt", "in_last_days", json!(30))).await;
    moves(&f, Revision(0)).await;
    let last_week = condition("createdAt", "in_last_days", json!(7));
    assert_eq!(moved_by(&f, change(segment, &last_week)).await, []);
    let before = latest(&f).await;
    travel(&f, "2026-03-08T12:30:00Z");
    assert_eq!(moves(&f, before).await, [(OUT, segment, ann, Time)]);
    let old = json!({"not": last_week});
    assert_eq!(moved_by(&f, change(segment, &old)).await, [(IN, segment, ann, Formula)]);
    f.decide(Command::DeleteSegment { segment }).await;
    travel(&f, "2027-03-08T12:30:00Z");
    assert_eq!(moves(&f, Revision(0)).await, []);
}

/// Of a contact with more events than are read, the database decides.
pub async fn a_long_history_moves_a_contact(backend: &mut dyn Backend) {
    use MoveCause::{Change, Time};
    let f = Fixture::new(backend).await;
    travel(&f, "2026-03-01T12:00:00Z");
    let often = json!({"event": "View", "count": {"atLeast": 201}, "within": {"lastDays": 1}});
    let segment = made(&f, "often", &often).await;
    let ann = f.id(api_call().external("ann").upsert()).await;
    let view = || keep(api_call().external("ann").happened("View"));
    for events in [100, 100] {
        f.decide_all((0..events).map(|_| view()).collect()).await;
    }
    assert_eq!(moves(&f, Revision(0)).await, []);
    assert_eq!(moved_by(&f, view()).await, [(IN, segment, ann, Change)]);
    let before = latest(&f).await;
    travel(&f, "2026-03-02T13:00:00Z");
    assert_eq!(moves(&f, before).await, [(OUT, segment, ann, Time)]);
}

/// What others do, the policy and imports move contacts, and no commit writes these.
pub async fn what_no_commit_writes_moves_contacts(backend: &mut dyn Backend) {
    use MoveCause::Time;
    let f = Fixture::new(backend).await;
    f.policy(|policy| policy.shared_threshold = 2).await;
    let shared = made(&f, "shared", &condition("sharedCount", "greater", json!(0))).await;
    let by_import = made(&f, "imported", &json!({"not": empty("importId")})).await;
    let with_phone = |id: &str| api_call().external(id).sms("+380501234567").upsert();
    let ann = f.id(with_phone("ann")).await;
    moves(&f, Revision(0)).await;
    let before = latest(&f).await;
    let bob = f.id(with_phone("bob")).await;
    f.clock().advance_seconds(61);
    let found: BTreeSet<Moved> = moves(&f, before).await.into_iter().collect();
    assert!(found.contains(&(IN, shared, ann, Time)), "{found:?}");
    assert!(
        found.iter().any(|(entered, _, contact, _)| *entered && *contact == bob),
        "{found:?}"
    );
    let before = latest(&f).await;
    let import = imports::running(&f).await;
    let row = ImportRow {
        contact: Some(ann),
        ..imports::row(1, RowOutcome::Updated)
    };
    let recorded = imports::record(&f, import, 0, &[row]).await;
    assert_eq!(recorded, RowsRecorded::Yes);
    f.clock().advance_seconds(61);
    assert_eq!(moves(&f, before).await, [(IN, by_import, ann, Time)]);
}

pub async fn past_members_are_those_of_the_revision(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let segment = made(&f, "no id", &empty("externalCustomerId")).await;
    let made_in = latest(&f).await;
    let ann = f.id(api_call().email("ann@example.com").upsert()).await;
    let with_ann = latest(&f).await;
    moves(&f, Revision(0)).await;
    let bob = f.id(api_call().email("bob@example.com").upsert()).await;
    let with_both = latest(&f).await;
    moves(&f, Revision(0)).await;
    f.decide(api_call().email("ann@example.com").external("ann").upsert())
        .await;
    let without_ann = latest(&f).await;
    moves(&f, Revision(0)).await;
    f.decide(remove(bob)).await;
    for (revision, members) in [
        (made_in, vec![]),
        (with_ann, vec![ann]),
        (with_both, vec![ann, bob]),
        (without_ann, vec![bob]),
        (latest(&f).await, vec![]),
    ] {
        assert_eq!(at(&f, segment, revision).await, members, "at {revision}");
    }
    let page = |after, limit| {
        f.app()
            .segment_members_at(f.workspace, segment, with_both, after, limit)
    };
    let second = page(ann, 10).await.expect("a page");
    assert_eq!((second.len(), second[0].contact.id), (1, bob));
    assert_eq!(page(ContactId::NONE, 1).await.expect("a page").len(), 1);
    let ahead = Revision(latest(&f).await.0 + 1);
    let refused = f
        .app()
        .segment_members_at(f.workspace, segment, ahead, ContactId::NONE, 1)
        .await;
    assert!(matches!(refused, Err(PastMembersError::Ahead { .. })), "{refused:?}");
}

pub async fn a_contact_page_says_since_when(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let segment = made(&f, "no id", &empty("externalCustomerId")).await;
    let ann = f.id(api_call().email("ann@example.com").upsert()).await;
    let (entered, at) = (latest(&f).await, f.clock().now());
    let since = async || {
        let found = f.app().segments_of(f.workspace, ann).await.expect("read segments");
        assert_eq!(found[0].id, segment);
        found[0].since
    };
    assert_eq!(since().await, Some((entered, at)));
    f.clock().advance_seconds(5);
    assert_eq!(since().await, Some((entered, at)), "it stays");
    f.decide(api_call().email("ann@example.com").external("ann").upsert())
        .await;
    assert_eq!(since().await, None);
}

pub async fn members_are_counted_by_day(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    travel(&f, "2026-03-01T12:00:00Z");
    let segment = made(&f, "no id", &empty("externalCustomerId")).await;
    let id = |name: &str| api_call().email(&format!("{name}@example.com"));
    f.decide_all(vec![id("a").upsert(), id("b").upsert()]).await;
    moves(&f, Revision(0)).await;
    travel(&f, "2026-03-03T23:59:50Z");
    f.decide_all(vec![id("c").upsert(), id("a").external("a").upsert()])
        .await;
    let counts = async |days: u32| {
        let found = f.app().segment_history(f.workspace, segment, days).await;
        let found = found.expect("read a history").days.into_iter();
        let day = |day: selfsame_application::SegmentDay| (day.day.to_string(), day.entered, day.left, day.count);
        found.map(day).collect::<Vec<_>>()
    };
    let day = |day: &str, entered, left, count| (day.to_owned(), entered, left, count);
    let all = [
        day("2026-02-28", 0, 0, 0),
        day("2026-03-01", 2, 0, 2),
        day("2026-03-02", 0, 0, 2),
        day("2026-03-03", 1, 1, 2),
    ];
    assert_eq!(counts(4).await, all);
    assert_eq!(counts(2).await, all[2..]);
    travel(&f, "2026-03-04T00:00:10Z");
    assert_eq!(counts(1).await, [day("2026-03-04", 0, 0, 2)]);
}

pub async fn many_moves_take_several_commits(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    made(&f, "empty", &condition("contactId", "less", json!(0))).await;
    let builder = |number: usize| api_call().email(&format!("{number}@example.com")).upsert();
    for batch in 0..11 {
        f.decide_all((batch * 100..batch * 100 + 100).map(builder).collect())
            .await;
    }
    assert_eq!(moves(&f, Revision(0)).await, []);
    let before = latest(&f).await;
    let segment = made(&f, "no id", &empty("externalCustomerId")).await;
    let query = ChangeQuery {
        after: Some(before),
        limit: 1,
        kinds: ChangeKind::ALL.into(),
    };
    let mut pages = Vec::new();
    let mut after = before;
    loop {
        let query = ChangeQuery {
            after: Some(after),
            ..query.clone()
        };
        let page = f.app().changes(f.workspace, &query).await.expect("read the feed");
        if page.next == after {
            break;
        }
        after = page.next;
        pages.push(page.items.len());
    }
    pages.retain(|moves| *moves > 0);
    assert_eq!(pages, [1_000, 100]);
    let all = at(&f, segment, latest(&f).await).await;
    assert_eq!(all.len(), 1_000, "a page");
}

pub async fn servers_that_record_at_once_record_once(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let segment = made(&f, "no id", &empty("externalCustomerId")).await;
    let begin = latest(&f).await;
    let servers: Vec<Application> = (0..3).map(|_| f.second_server()).collect();
    let mut expected = Vec::new();
    for number in 0..5 {
        let contact = f.id(api_call().email(&format!("{number}@example.com")).upsert()).await;
        expected.push((IN, segment, contact, MoveCause::Change));
        let recording = servers.iter().map(|server| server.record_memberships(f.workspace));
        for recorded in join_all(recording).await {
            recorded.expect("record");
        }
    }
    assert_eq!(moves(&f, begin).await, expected);
}

pub async fn a_record_is_of_its_workspace(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let none: &Value = &empty("externalCustomerId");
    let segment = made(&f, "no id", none).await;
    let ann = f.id(api_call().email("ann@example.com").upsert()).await;
    let expected = [(IN, segment, ann, MoveCause::Change)];
    assert_eq!(moves(&f, Revision(0)).await, expected);
    let first = f.enter_new_workspace("two").await;
    assert_eq!(made(&f, "no id", none).await, segment, "the same number");
    assert_eq!(moves(&f, Revision(0)).await, []);
    assert_eq!(f.id(api_call().external("ann").upsert()).await, ann, "the same number");
    assert_eq!(moves(&f, Revision(0)).await, []);
    f.workspace = first;
    assert_eq!(moves(&f, Revision(0)).await, expected);
}

//! The contents of a footprint's snapshot.

use super::raw::{plant, read, visitor};
use crate::{
    Backend, Fixture, Kind, api_call, category_key, force_merge, identifier, keep, merge_of, remove, segment_name,
    sorted, sorted_snapshot,
};
use selfsame_application::ports::{ReadAnswer, ReadRequest};
use selfsame_domain::{
    CategoryId, ChangeSet, Contact, ContactId, FieldId, Footprint, FreshCount, Identifier, SegmentId, Snapshot,
};
use std::collections::{BTreeMap, BTreeSet};

async fn load(f: &Fixture<'_>, footprint: Footprint) -> Snapshot {
    let request = ReadRequest {
        footprint,
        ..ReadRequest::default()
    };
    let committed = read(f, request.clone()).await;
    let policy = f.store().policy(f.workspace).await.expect("the policy").revision;
    let mut transaction = f.store().exclusive(f.workspace).await.expect("begin");
    let answer = transaction
        .read(&ReadRequest { policy, ..request })
        .await
        .expect("read");
    let ReadAnswer::State(held) = answer else {
        panic!("the policy was not changed: {answer:?}")
    };
    let snapshot = sorted_snapshot(committed.snapshot);
    assert_eq!(held.revision, committed.revision);
    assert_eq!(sorted_snapshot(held.snapshot), snapshot, "both see the same state");
    snapshot
}

fn footprint_with(fill: impl FnOnce(&mut Footprint)) -> Footprint {
    let mut footprint = Footprint::default();
    fill(&mut footprint);
    footprint
}

fn numbers<T>(map: &BTreeMap<ContactId, T>) -> Vec<ContactId> {
    map.keys().copied().collect()
}

fn keys(keys: &[(&Identifier, bool)]) -> Footprint {
    let keys = keys
        .iter()
        .map(|(identifier, holders)| (identifier.key.clone(), *holders))
        .collect();
    Footprint {
        keys,
        ..Footprint::default()
    }
}

pub async fn an_empty_footprint_loads_nothing(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    f.id(api_call()
        .external("a")
        .email("a@example.com")
        .cookie("c")
        .segment("s")
        .upsert())
        .await;
    assert_eq!(load(&f, Footprint::default()).await, Snapshot::default());
}

pub async fn a_snapshot_brings_the_holders_of_its_keys_whole(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let email = identifier(Kind::Email, "a@example.com");
    let one = f
        .id(api_call()
            .external("a")
            .email("a@example.com")
            .cookie("c")
            .segment("s")
            .first("Ann")
            .upsert())
        .await;
    let two = f.id(api_call().external("b").email("a@example.com").upsert()).await;
    f.id(api_call().external("c").email("c@example.com").upsert()).await;
    let snapshot = load(&f, keys(&[(&email, true)])).await;
    assert_eq!(numbers(&snapshot.contacts), [one, two]);
    assert_eq!(snapshot.contacts[&one], sorted(f.contact(one).await));
    assert_eq!(snapshot.keys.len(), 1);
    assert_eq!(snapshot.keys[&email.key], f.lookup(&email.key).await.record);
    let lean = load(&f, keys(&[(&email, false)])).await;
    assert!(lean.contacts.is_empty(), "holders were not asked for");
    assert_eq!(lean.keys, snapshot.keys);
    let unknown = load(&f, keys(&[(&identifier(Kind::Email, "x@example.com"), true)])).await;
    assert_eq!(unknown, Snapshot::default(), "a record that is the default is none");
}

pub async fn a_removed_holder_comes_by_exclusive_identifiers_only(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f
        .id(api_call()
            .external("a")
            .email("a@example.com")
            .device("d")
            .cookie("c")
            .upsert())
        .await;
    f.decide(remove(id)).await;
    let cases = [
        (identifier(Kind::ExternalId, "a"), true),
        (identifier(Kind::DeviceId, "d"), true),
        (identifier(Kind::Cookie, "c"), true),
        (identifier(Kind::Email, "a@example.com"), false),
    ];
    for (identifier, comes) in cases {
        let snapshot = load(&f, keys(&[(&identifier, true)])).await;
        assert_eq!(snapshot.contacts.contains_key(&id), comes, "{}", identifier.kind());
    }
    let named = load(
        &f,
        Footprint {
            contacts: [id].into(),
            ..Footprint::default()
        },
    )
    .await;
    assert_eq!(numbers(&named.contacts), [id]);
}

pub async fn an_absorbed_number_brings_who_answers(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").upsert()).await;
    let two = f.id(api_call().external("b").email("b@example.com").upsert()).await;
    f.decide(force_merge(one, two)).await;
    let snapshot = load(
        &f,
        Footprint {
            contacts: [two, ContactId(999)].into(),
            ..Footprint::default()
        },
    )
    .await;
    assert_eq!(numbers(&snapshot.contacts), [one]);
    assert_eq!(snapshot.canonical, [(two, one)].into());
    let by_key = load(&f, keys(&[(&identifier(Kind::Email, "b@example.com"), true)])).await;
    assert_eq!(numbers(&by_key.contacts), [one]);
    assert!(by_key.canonical.is_empty());
    assert_eq!(by_key.contacts[&one].identifiers.len(), 3);
}

pub async fn a_merge_brings_its_whole_group(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let mut ids = Vec::new();
    for index in 0..5 {
        ids.push(
            f.id(api_call()
                .external(&format!("e{index}"))
                .cookie(&format!("c{index}"))
                .first("Ann")
                .upsert())
                .await,
        );
    }
    let undone = merge_of(&f.decide(force_merge(ids[0], ids[1])).await);
    f.decide(crate::undo(undone)).await;
    let first = merge_of(&f.decide(force_merge(ids[2], ids[1])).await);
    let second = merge_of(&f.decide(force_merge(ids[0], ids[2])).await);
    for merge in [first, second] {
        let snapshot = load(
            &f,
            Footprint {
                merges: [merge].into(),
                ..Footprint::default()
            },
        )
        .await;
        assert_eq!(numbers(&snapshot.contacts), ids[..3]);
        assert_eq!(
            snapshot.merges.keys().copied().collect::<BTreeSet<_>>(),
            [undone, first, second].into()
        );
        let absorbed: &Contact = &snapshot.contacts[&ids[1]];
        assert_eq!((absorbed.canonical, absorbed.merged_into), (ids[0], Some(ids[2])));
        assert_eq!(absorbed.identifiers.len(), 0);
        assert!(
            absorbed
                .attributes
                .text(selfsame_domain::AttributeKey::FirstName)
                .is_some(),
            "frozen, not forgotten"
        );
        assert_eq!(snapshot.contacts[&ids[0]].identifiers.len(), 6);
    }
}

pub async fn open_visitors_come_with_their_cookies(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    plant(
        &f,
        ChangeSet {
            visitors: vec![visitor(7, "free", None), visitor(8, "other", None)],
            ..ChangeSet::default()
        },
    )
    .await;
    f.id(api_call().external("a").cookie("c").upsert()).await;
    let two = f.id(api_call().external("b").cookie("c").upsert()).await;
    let cookies = [
        identifier(Kind::Cookie, "free"),
        identifier(Kind::Cookie, "c"),
        identifier(Kind::Cookie, "none"),
    ];
    let requested: Vec<(&Identifier, bool)> = cookies.iter().map(|cookie| (cookie, true)).collect();
    let snapshot = load(&f, keys(&requested)).await;
    let mut found: Vec<_> = snapshot
        .visitors
        .iter()
        .map(|visitor| (visitor.key.value.as_str(), visitor.owner))
        .collect();
    found.sort_unstable();
    assert_eq!(found, [("c", Some(two)), ("free", None)], "closed ones stay away");
}

pub async fn closed_visitors_come_with_their_times(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").with(kind, "c").upsert()).await;
    let moved = f.decide(api_call().external("b").with(kind, "c").upsert()).await;
    let named = identifier(kind, "c");
    for (seconds, expected) in [(-3_600, Some(one)), (-1, Some(one)), (0, None), (3_600, None)] {
        let time = moved.at + chrono::TimeDelta::seconds(seconds);
        let late = [(named.key.clone(), time)].into();
        let requested = Footprint {
            late,
            ..keys(&[(&named, true)])
        };
        let snapshot = load(&f, requested).await;
        let owners: Vec<_> = snapshot.visitors.iter().map(|visitor| visitor.owner).collect();
        let mut wanted: Vec<_> = expected.into_iter().chain(moved.contact).map(Some).collect();
        wanted.retain(|owner| !owners.contains(owner));
        assert_eq!(
            (owners.len(), wanted),
            (1 + usize::from(expected.is_some()), vec![]),
            "{seconds}"
        );
        let contacts: BTreeSet<ContactId> = expected.into_iter().chain(moved.contact).collect();
        let found: BTreeSet<ContactId> = snapshot.contacts.into_keys().collect();
        assert_eq!(found, contacts, "{seconds}: owners come along");
    }
}

pub async fn owners_of_tokens_and_devices_come_from_the_first_move_on(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    let named = identifier(kind, "c");
    let behind = async || load(&f, keys(&[(&named, true)])).await.visitors;
    f.decide(keep(api_call().with(kind, "c").happened("waits"))).await;
    let is_cookie = kind == Kind::Cookie;
    assert_eq!(
        behind().await.len(),
        usize::from(is_cookie),
        "what waits comes with its key"
    );
    f.id(api_call().external("a").with(kind, "c").upsert()).await;
    assert_eq!(behind().await.len(), usize::from(is_cookie));
    let moved = f.decide(api_call().external("b").with(kind, "c").upsert()).await;
    let found: Vec<_> = behind()
        .await
        .into_iter()
        .map(|visitor| (visitor.owner, visitor.since, visitor.follows))
        .collect();
    assert_eq!(found, [(moved.contact, moved.at, true)]);
}

/// A footprint, and the expected segments (by index), categories and fields of its snapshot.
type Case<'a> = (Footprint, &'a [usize], &'a [i64], &'a [FieldId]);

pub async fn the_catalog_comes_by_number_name_and_key(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    for (key, name) in [("a", "A"), ("b", "B"), ("c", "C")] {
        f.create_category(key, name).await;
    }
    f.id(api_call().external("x").segment("s").segment("t").upsert()).await;
    let one = super::fields::create(&f, super::fields::field("one", crate::FieldType::Tags)).await;
    super::fields::create(&f, super::fields::field("two", crate::FieldType::Tags)).await;
    let three = super::fields::create(&f, super::fields::field("three", crate::FieldType::Tags)).await;
    let mut segments = Vec::new();
    for name in ["A", "B", "C", "s"] {
        segments.push(f.segment(name).await);
    }
    let names = [segment_name("s"), segment_name("B"), segment_name("?")];
    let key = ("personal".to_owned(), "three".to_owned());
    let both = footprint_with(|f| (f.fields, f.field_keys) = ([one, FieldId(99)].into(), [key].into()));
    let category_keys = [category_key("a"), category_key("?")];
    let cases: [Case<'_>; 6] = [
        (
            footprint_with(|f| f.segments = [segments[3], SegmentId(99)].into()),
            &[3],
            &[],
            &[],
        ),
        // The category of the name is loaded with its segment.
        (footprint_with(|f| f.segment_names = names.into()), &[1, 3], &[2], &[]),
        (
            footprint_with(|f| f.category_keys = category_keys.into()),
            &[0],
            &[1],
            &[],
        ),
        (
            footprint_with(|f| f.categories = [CategoryId(3), CategoryId(9)].into()),
            &[2],
            &[3],
            &[],
        ),
        (footprint_with(|f| f.all_categories = true), &[0, 1, 2], &[1, 2, 3], &[]),
        (both, &[], &[], &[one, three]),
    ];
    for (footprint, places, categories, fields) in cases {
        let snapshot = load(&f, footprint).await;
        let found: Vec<SegmentId> = snapshot.segments.iter().map(|segment| segment.id).collect();
        assert_eq!(found, places.iter().map(|place| segments[*place]).collect::<Vec<_>>());
        let found: Vec<i64> = snapshot.categories.iter().map(|category| category.id.0).collect();
        assert_eq!(found, categories);
        let found: Vec<FieldId> = snapshot.fields.iter().map(|field| field.id).collect();
        assert_eq!(found, fields);
    }
}

pub async fn fresh_numbers_are_enough_and_ascend(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").segment("known").upsert()).await;
    let footprint = Footprint {
        segment_names: ["known", "unknown", "another"].map(segment_name).into(),
        fresh: FreshCount {
            contacts: 5,
            segments: 2,
            categories: 3,
            fields: 1,
        },
        ..Footprint::default()
    };
    let fresh = load(&f, footprint).await.fresh;
    assert_eq!(fresh.contacts.len(), 5);
    assert!(fresh.contacts.is_sorted() && fresh.contacts[0] > id);
    assert!(
        fresh.segments.len() >= 4,
        "two asked for, and one for every unknown name"
    );
    assert!(fresh.segments.is_sorted() && fresh.segments[0] > f.segment("known").await);
    assert_eq!((fresh.categories.len(), fresh.fields.len()), (3, 1));
    assert!(fresh.categories.is_sorted());
}

//! The contract of a unit of work: what a snapshot holds, and which changes are refused.

use super::raw::{active, at, far, held, held_sample, member, merged, plant, recorded, visitor, write};
use crate::{
    Ask, Backend, Fixture, Kind, category_key, force_merge, identifier, merge_of, remove, segment_name, sorted,
};
use selfsame_application::ports::{Mode, StorageError};
use selfsame_domain::values::CategoryName;
use selfsame_domain::{
    CategoryId, ChangeSet, Command, Contact, ContactId, FieldId, Footprint, FreshCount, Identifier, IdentifierKey,
    Segment, SegmentId, Snapshot,
};
use std::collections::BTreeMap;

async fn load(f: &Fixture<'_>, footprint: Footprint) -> Snapshot {
    let mut snapshots = Vec::new();
    for mode in [Mode::Write, Mode::DryRun] {
        let mut work = f.store().begin(f.workspace, mode).await.expect("begin");
        snapshots.push(normal(work.load(&footprint).await.expect("load")));
    }
    assert_eq!(snapshots[0], snapshots[1], "a dry run sees what a write sees");
    snapshots.remove(0)
}

/// A snapshot whose unordered parts are in one order.
pub(crate) fn normal(mut snapshot: Snapshot) -> Snapshot {
    snapshot.contacts = snapshot
        .contacts
        .into_iter()
        .map(|(id, contact)| (id, sorted(contact)))
        .collect();
    snapshot.visitors.sort_by_key(|visitor| visitor.id);
    snapshot.segments.sort_by_key(|segment| segment.id);
    snapshot.categories.sort_by_key(|category| category.id);
    snapshot.fields.sort_by_key(|field| field.id);
    snapshot
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
    f.id(Ask::new()
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
        .id(Ask::new()
            .external("a")
            .email("a@example.com")
            .cookie("c")
            .segment("s")
            .first("Ann")
            .upsert())
        .await;
    let two = f.id(Ask::new().external("b").email("a@example.com").upsert()).await;
    f.id(Ask::new().external("c").email("c@example.com").upsert()).await;
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
        .id(Ask::new()
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
    let one = f.id(Ask::new().external("a").upsert()).await;
    let two = f.id(Ask::new().external("b").email("b@example.com").upsert()).await;
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
            f.id(Ask::new()
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
            snapshot
                .merges
                .keys()
                .copied()
                .collect::<std::collections::BTreeSet<_>>(),
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
    f.id(Ask::new().external("a").cookie("c").upsert()).await;
    let two = f.id(Ask::new().external("b").cookie("c").upsert()).await;
    let cookies = [
        identifier(Kind::Cookie, "free"),
        identifier(Kind::Cookie, "c"),
        identifier(Kind::Cookie, "none"),
    ];
    let asked: Vec<(&Identifier, bool)> = cookies.iter().map(|cookie| (cookie, true)).collect();
    let snapshot = load(&f, keys(&asked)).await;
    let mut found: Vec<_> = snapshot
        .visitors
        .iter()
        .map(|visitor| (visitor.cookie.as_str(), visitor.owner))
        .collect();
    found.sort_unstable();
    assert_eq!(found, [("c", Some(two)), ("free", None)], "closed ones stay away");
}

pub async fn the_catalog_comes_by_number_name_and_key(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    for (key, name) in [("a", "A"), ("b", "B"), ("c", "C")] {
        let name = CategoryName::parse(name).expect("a name");
        f.decide(Command::CreateCategory {
            key: category_key(key),
            name,
        })
        .await;
    }
    f.id(Ask::new().external("x").segment("s").segment("t").upsert()).await;
    let one = super::fields::create(&f, super::fields::field("one", crate::FieldType::Tags)).await;
    super::fields::create(&f, super::fields::field("two", crate::FieldType::Tags)).await;
    let three = super::fields::create(&f, super::fields::field("three", crate::FieldType::Tags)).await;
    let (a, b, c, s) = (
        f.segment("A").await,
        f.segment("B").await,
        f.segment("C").await,
        f.segment("s").await,
    );
    let found = async |footprint: Footprint| -> (Vec<SegmentId>, Vec<CategoryId>, Vec<FieldId>) {
        let snapshot = load(&f, footprint).await;
        let segments = snapshot.segments.iter().map(|segment| segment.id).collect();
        let categories = snapshot.categories.iter().map(|category| category.id).collect();
        (
            segments,
            categories,
            snapshot.fields.iter().map(|field| field.id).collect(),
        )
    };
    let none = Footprint::default;
    let segments = Footprint {
        segments: [s, SegmentId(99)].into(),
        ..none()
    };
    assert_eq!(found(segments).await, (vec![s], vec![], vec![]));
    let names = Footprint {
        segment_names: [segment_name("s"), segment_name("B"), segment_name("?")].into(),
        ..none()
    };
    assert_eq!(
        found(names).await,
        (vec![b, s], vec![CategoryId(2)], vec![]),
        "the category of the name comes along"
    );
    let by_key = Footprint {
        category_keys: [category_key("a"), category_key("?")].into(),
        ..none()
    };
    assert_eq!(found(by_key).await, (vec![a], vec![CategoryId(1)], vec![]));
    let by_number = Footprint {
        categories: [CategoryId(3), CategoryId(9)].into(),
        ..none()
    };
    assert_eq!(found(by_number).await, (vec![c], vec![CategoryId(3)], vec![]));
    let all = Footprint {
        all_categories: true,
        ..none()
    };
    assert_eq!(
        found(all).await,
        (vec![a, b, c], [1, 2, 3].map(CategoryId).to_vec(), vec![])
    );
    let key = ("personal".to_owned(), "three".to_owned());
    let fields = Footprint {
        fields: [one, FieldId(99)].into(),
        field_keys: [key].into(),
        ..none()
    };
    assert_eq!(found(fields).await, (vec![], vec![], vec![one, three]));
}

pub async fn fresh_numbers_are_enough_and_ascend(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(Ask::new().external("a").segment("known").upsert()).await;
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

async fn refused(f: &Fixture<'_>, changes: ChangeSet) {
    let before = crate::observe(f.store(), f.workspace, ContactId(5), &[]).await;
    let answer = write(f.store(), f.workspace, &changes, &[]).await;
    assert!(
        matches!(answer, Err(StorageError::Refused(_))),
        "{answer:?} for {changes:?}"
    );
    assert_eq!(
        crate::observe(f.store(), f.workspace, ContactId(5), &[]).await,
        before,
        "it left something"
    );
}

pub async fn an_exclusive_identifier_with_two_owners_is_refused(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    for kind in [
        Kind::ExternalId,
        Kind::MobilePush,
        Kind::WebPush,
        Kind::Telegram,
        Kind::DeviceId,
        Kind::Cookie,
    ] {
        let identifiers = vec![held_sample(kind, 0, far(1)), held_sample(kind, 0, far(2))];
        refused(
            &f,
            ChangeSet {
                contacts: vec![active(far(1)), active(far(2))],
                identifiers,
                ..ChangeSet::default()
            },
        )
        .await;
    }
    let id = f.id(Ask::new().external("One").upsert()).await;
    let identifiers = vec![held_sample(Kind::ExternalId, 0, far(1))];
    let changes = ChangeSet {
        contacts: vec![active(far(1))],
        identifiers,
        ..ChangeSet::default()
    };
    refused(&f, changes.clone()).await;
    let identifiers_removed = vec![(identifier(Kind::ExternalId, "One").key, id)];
    plant(
        &f,
        ChangeSet {
            identifiers_removed,
            ..changes
        },
    )
    .await;
    assert_eq!(
        f.holders(&identifier(Kind::ExternalId, "One").key).await,
        [far(1)],
        "it was freed before"
    );
    let erased = vec![far(1), id];
    plant(
        &f,
        ChangeSet {
            erased,
            ..ChangeSet::default()
        },
    )
    .await;
}

pub async fn a_shared_identifier_with_two_owners_is_taken(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let identifiers = vec![held_sample(Kind::Email, 0, far(1)), held_sample(Kind::Email, 0, far(2))];
    plant(
        &f,
        ChangeSet {
            contacts: vec![active(far(1)), active(far(2))],
            identifiers,
            ..ChangeSet::default()
        },
    )
    .await;
    assert_eq!(
        f.holders(&identifier(Kind::Email, "One@example.com").key).await,
        [far(1), far(2)]
    );
}

pub async fn a_row_that_is_not_there_is_not_removed(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(Ask::new().external("a").segment("s").upsert()).await;
    let missing = |key: IdentifierKey, home| ChangeSet {
        identifiers_removed: vec![(key, home)],
        ..ChangeSet::default()
    };
    refused(&f, missing(identifier(Kind::Email, "a@example.com").key, id)).await;
    refused(&f, missing(identifier(Kind::ExternalId, "a").key, ContactId(id.0 + 1))).await;
    let segment = f.segment("s").await;
    let memberships_removed = vec![(segment, ContactId(id.0 + 1))];
    refused(
        &f,
        ChangeSet {
            memberships_removed,
            ..ChangeSet::default()
        },
    )
    .await;
}

pub async fn names_and_keys_of_the_catalog_are_unique(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let name = CategoryName::parse("A").expect("a name");
    f.decide(Command::CreateCategory {
        key: category_key("a"),
        name,
    })
    .await;
    super::fields::create(&f, super::fields::field("k", crate::FieldType::Tags)).await;
    let segment = |id, name: &str| Segment {
        id: SegmentId(id),
        name: segment_name(name),
        created_at: at(),
    };
    refused(
        &f,
        ChangeSet {
            segments: vec![segment(70, "A")],
            ..ChangeSet::default()
        },
    )
    .await;
    refused(
        &f,
        ChangeSet {
            segments: vec![segment(70, "x"), segment(71, "x")],
            ..ChangeSet::default()
        },
    )
    .await;
    let category = f.store().categories(f.workspace).await.expect("read")[0].0.clone();
    let same_key = selfsame_domain::Category {
        id: CategoryId(70),
        segment: SegmentId(70),
        ..category.clone()
    };
    let changes = ChangeSet {
        segments: vec![segment(70, "y")],
        categories: vec![same_key],
        ..ChangeSet::default()
    };
    refused(&f, changes).await;
    let same_segment = selfsame_domain::Category {
        id: CategoryId(70),
        key: category_key("z"),
        ..category
    };
    refused(
        &f,
        ChangeSet {
            categories: vec![same_segment],
            ..ChangeSet::default()
        },
    )
    .await;
    let field = f.store().fields(f.workspace).await.expect("read")[0].clone();
    let same = selfsame_domain::CustomField {
        id: FieldId(70),
        ..field
    };
    refused(
        &f,
        ChangeSet {
            fields: vec![same],
            ..ChangeSet::default()
        },
    )
    .await;
}

pub async fn a_cookie_has_one_open_visitor(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    refused(
        &f,
        ChangeSet {
            visitors: vec![visitor(1, "c", None), visitor(2, "c", None)],
            ..ChangeSet::default()
        },
    )
    .await;
    let closed = selfsame_domain::Visitor {
        closed_at: Some(at()),
        ..visitor(1, "c", None)
    };
    plant(
        &f,
        ChangeSet {
            visitors: vec![visitor(1, "c", None)],
            ..ChangeSet::default()
        },
    )
    .await;
    plant(
        &f,
        ChangeSet {
            visitors: vec![closed, visitor(2, "c", None)],
            ..ChangeSet::default()
        },
    )
    .await;
}

pub async fn rows_that_the_batch_did_not_load_are_repointed(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let contacts = vec![
        active(far(1)),
        merged(far(2), far(1), far(1)),
        merged(far(3), far(2), far(1)),
        active(far(9)),
    ];
    let visitors = vec![
        visitor(1, "a", Some(far(1))),
        selfsame_domain::Visitor {
            home: Some(far(3)),
            ..visitor(2, "b", Some(far(1)))
        },
    ];
    plant(
        &f,
        ChangeSet {
            contacts,
            visitors,
            ..ChangeSet::default()
        },
    )
    .await;
    let contacts = vec![merged(far(1), far(9), far(9))];
    plant(
        &f,
        ChangeSet {
            contacts,
            repointed: vec![(far(1), far(9))],
            ..ChangeSet::default()
        },
    )
    .await;
    for index in 1..=3 {
        assert_eq!(f.contact(far(index)).await.id, far(9));
    }
    assert_eq!(f.identity(far(9)).await.visitors.len(), 2);
    let contacts = vec![active(far(3))];
    plant(
        &f,
        ChangeSet {
            contacts,
            visitors_returned: vec![(far(3), far(3))],
            ..ChangeSet::default()
        },
    )
    .await;
    let of = async |id| {
        f.identity(id)
            .await
            .visitors
            .iter()
            .map(|visitor| visitor.cookie.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (of(far(9)).await, of(far(3)).await),
        (vec!["a".to_owned()], vec!["b".to_owned()])
    );
    f.check().await;
}

pub async fn changes_and_records_stand_or_fall_together(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let identifiers = vec![
        held_sample(Kind::DeviceId, 0, far(1)),
        held_sample(Kind::DeviceId, 0, far(2)),
    ];
    let wrong = ChangeSet {
        contacts: vec![active(far(1))],
        identifiers,
        ..ChangeSet::default()
    };
    let later = at() + chrono::TimeDelta::days(1);
    let answer = write(f.store(), f.workspace, &wrong, &[recorded("k", later)]).await;
    assert!(answer.is_err());
    let mut work = f.store().begin(f.workspace, Mode::DryRun).await.expect("begin");
    assert!(work.recorded(&["k".to_owned()], at()).await.expect("read").is_empty());
    drop(work);
    let right = ChangeSet {
        contacts: vec![active(far(1))],
        ..ChangeSet::default()
    };
    write(f.store(), f.workspace, &right, &[recorded("k", later)])
        .await
        .expect("write");
    assert!(f.is_there(far(1)).await);
    let mut work = f.store().begin(f.workspace, Mode::DryRun).await.expect("begin");
    assert_eq!(work.recorded(&["k".to_owned()], at()).await.expect("read").len(), 1);
}

pub async fn a_large_number_reads_back(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = ContactId(i64::MAX);
    let segment = SegmentId(i64::MAX);
    let changes = ChangeSet {
        contacts: vec![active(id)],
        identifiers: vec![held(identifier(Kind::Email, "a@example.com"), id, id)],
        segments: vec![Segment {
            id: segment,
            name: segment_name("last"),
            created_at: at(),
        }],
        memberships: vec![member(segment, id, id)],
        ..ChangeSet::default()
    };
    plant(&f, changes).await;
    let contact = f.contact(id).await;
    assert_eq!(
        (contact.id, contact.created_at, contact.segments()),
        (id, at(), [segment].into())
    );
    assert_eq!(f.all().await, [id]);
}

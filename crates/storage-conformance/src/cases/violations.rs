//! The check of the invariants finds violations. Every case repairs its violations, because the suite checks again.

use super::kinds::values;
use super::raw::{
    active, at, contacts, decision, event, far, held, held_sample, member, merge, merged, plant, visitor,
};
use crate::{Backend, Fixture, Kind, api_call, identifier, keep, segment_name};
use selfsame_domain::{
    ChangeSet, ContactId, LogEntry, Order, OrderStatus, Outcome, Segment, SegmentId, StoredEvent, Subject, Violation,
    Visitor, VisitorId, WorkspaceId,
};
use std::collections::BTreeSet;
use uuid::Uuid;

async fn found(f: &Fixture<'_>) -> Vec<(WorkspaceId, Violation)> {
    let mut found = f.store().violations().await.expect("check");
    found.sort();
    found
}

/// Writes rows, expects violations, erases the contacts and expects none.
async fn expect(backend: &mut dyn Backend, changes: ChangeSet, expected: Vec<Violation>) {
    let mut f = Fixture::new(backend).await;
    f.enter_new_workspace("broken").await;
    let everybody: Vec<ContactId> = (1..=9).map(far).collect();
    plant(&f, changes).await;
    let workspace = f.workspace;
    let mut expected: Vec<_> = expected.into_iter().map(|violation| (workspace, violation)).collect();
    expected.sort();
    assert_eq!(found(&f).await, expected);
    plant(
        &f,
        ChangeSet {
            erased: everybody,
            ..ChangeSet::default()
        },
    )
    .await;
    assert_eq!(found(&f).await, []);
}

pub async fn none_in_an_empty_storage(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    assert_eq!(found(&f).await, []);
}

pub async fn a_cycle_of_merges(backend: &mut dyn Backend) {
    let cycle = contacts(vec![merged(far(1), far(2), far(2)), merged(far(2), far(1), far(1))]);
    let cycles = [1, 2]
        .map(|index| Violation::MergeCycle { contact: far(index) })
        .to_vec();
    expect(backend, cycle, cycles).await;
}

pub async fn a_wrong_canonical_contact(backend: &mut dyn Backend) {
    let broken = contacts(vec![active(far(1)), active(far(2)), merged(far(3), far(1), far(2))]);
    let wrong = vec![Violation::WrongCanonical {
        contact: far(3),
        canonical: far(2),
    }];
    expect(backend, broken, wrong).await;
}

pub async fn a_chain_that_stops_half_way(backend: &mut dyn Backend) {
    let broken = contacts(vec![
        active(far(1)),
        merged(far(2), far(1), far(1)),
        merged(far(3), far(2), far(2)),
    ]);
    let wrong = vec![Violation::WrongCanonical {
        contact: far(3),
        canonical: far(2),
    }];
    expect(backend, broken, wrong).await;
}

pub async fn a_survivor_that_does_not_exist(backend: &mut dyn Backend) {
    let broken = contacts(vec![merged(far(1), far(2), far(2))]);
    let wrong = vec![
        Violation::WrongCanonical {
            contact: far(1),
            canonical: far(2),
        },
        Violation::Orphan {
            what: "merge".to_owned(),
            owner: far(2),
        },
    ];
    expect(backend, broken, wrong).await;
}

pub async fn an_identifier_without_an_owner(backend: &mut dyn Backend) {
    let identifiers = vec![held_sample(Kind::Email, 0, far(1))];
    let orphan = vec![Violation::Orphan {
        what: "identifier".to_owned(),
        owner: far(1),
    }];
    expect(
        backend,
        ChangeSet {
            identifiers,
            ..ChangeSet::default()
        },
        orphan,
    )
    .await;
}

pub async fn an_identifier_of_an_absorbed_contact(backend: &mut dyn Backend) {
    let contacts = contacts(vec![active(far(1)), merged(far(2), far(1), far(1))]);
    let identifiers = vec![held(identifier(Kind::DeviceId, "d"), far(2), far(2))];
    let orphan = vec![Violation::Orphan {
        what: "identifier".to_owned(),
        owner: far(2),
    }];
    expect(
        backend,
        ChangeSet {
            identifiers,
            ..contacts
        },
        orphan,
    )
    .await;
}

pub async fn a_membership_without_a_contact(backend: &mut dyn Backend) {
    let segment = Segment {
        id: SegmentId(1),
        name: segment_name("s"),
        created_at: at(),
    };
    let memberships = vec![member(SegmentId(1), far(1), far(1))];
    let orphan = vec![Violation::Orphan {
        what: "membership".to_owned(),
        owner: far(1),
    }];
    expect(
        backend,
        ChangeSet {
            segments: vec![segment],
            memberships,
            ..ChangeSet::default()
        },
        orphan,
    )
    .await;
}

pub async fn what_is_of_a_contact_that_does_not_exist(backend: &mut dyn Backend) {
    let order = api_call().ordered("o", OrderStatus::Initialized, at());
    let orders_made = vec![Order {
        key: order.key,
        contact: far(1),
        status: order.status,
        date: at(),
        content: order.content,
        decision: decision(1).id,
        created_at: at(),
        updated_at: at(),
    }];
    let broken = ChangeSet {
        orders_made,
        events: vec![event(1, Subject::Contact(far(1)))],
        log: vec![LogEntry {
            contact: far(1),
            decision: decision(1),
            mentions: BTreeSet::new(),
        }],
        ..ChangeSet::default()
    };
    let orphans = ["decision", "event", "order"].map(|what| Violation::Orphan {
        what: what.to_owned(),
        owner: far(1),
    });
    expect(backend, broken, orphans.to_vec()).await;
}

pub async fn what_was_brought_by_a_contact_that_does_not_exist(backend: &mut dyn Backend) {
    let brought = Visitor {
        home: Some(far(2)),
        ..visitor(1, "c", Some(far(1)))
    };
    let broken = ChangeSet {
        contacts: vec![active(far(1))],
        identifiers: vec![held(identifier(Kind::DeviceId, "d"), far(2), far(1))],
        visitors: vec![brought],
        ..ChangeSet::default()
    };
    let orphans = ["identifier", "visitor"].map(|what| Violation::Orphan {
        what: format!("{what} brought by a contact"),
        owner: far(2),
    });
    expect(backend, broken, orphans.to_vec()).await;
}

pub async fn a_membership_of_a_segment_that_does_not_exist(backend: &mut dyn Backend) {
    let broken = ChangeSet {
        contacts: vec![active(far(1))],
        memberships: vec![member(SegmentId(77), far(1), far(1))],
        ..ChangeSet::default()
    };
    let gone = Violation::NoSegment { segment: SegmentId(77) };
    expect(backend, broken, vec![gone]).await;
}

pub async fn an_event_of_a_visitor_that_does_not_exist(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    f.enter_new_workspace("broken").await;
    for kind in [Kind::Cookie, Kind::Email] {
        let waits = f
            .decide(keep(api_call().with(kind, values(kind)[0]).happened("waits")))
            .await;
        assert_eq!(waits.outcome, Outcome::Unmatched);
    }
    assert_eq!(found(&f).await, []);
    let gone = VisitorId(Uuid::from_u128(77));
    let events = vec![event(1, Subject::Visitor(gone))];
    let events_deleted = events.iter().map(|event| StoredEvent {
        occurred_at: event.occurred_at,
        id: event.id,
        type_key: event.type_key.clone(),
    });
    let mended = ChangeSet {
        events_deleted: events_deleted.collect(),
        ..ChangeSet::default()
    };
    let broken = ChangeSet {
        events,
        ..ChangeSet::default()
    };
    plant(&f, broken).await;
    assert_eq!(found(&f).await, [(f.workspace, Violation::NoVisitor { visitor: gone })]);
    plant(&f, mended).await;
    assert_eq!(found(&f).await, []);
}

pub async fn a_visitor_of_an_absorbed_contact(backend: &mut dyn Backend) {
    let contacts = contacts(vec![active(far(1)), merged(far(2), far(1), far(1))]);
    let visitors = vec![
        visitor(1, "c", Some(far(2))),
        visitor(2, "d", Some(far(1))),
        visitor(3, "e", None),
    ];
    let orphan = vec![Violation::Orphan {
        what: "visitor".to_owned(),
        owner: far(2),
    }];
    expect(backend, ChangeSet { visitors, ..contacts }, orphan).await;
}

pub async fn a_contact_that_brought_two_external_ids(backend: &mut dyn Backend) {
    let identifiers = vec![
        held_sample(Kind::ExternalId, 0, far(1)),
        held_sample(Kind::ExternalId, 1, far(1)),
    ];
    let two = vec![Violation::TwoExternalIds { contact: far(1) }];
    expect(
        backend,
        ChangeSet {
            contacts: vec![active(far(1))],
            identifiers,
            ..ChangeSet::default()
        },
        two,
    )
    .await;
}

pub async fn a_merge_that_no_record_could_undo(backend: &mut dyn Backend) {
    let absorbed = [2, 3, 4, 5].map(|index| merged(far(index), far(1), far(1)));
    let [stands, mut undone, mut elsewhere] = [0, 1, 2].map(|index| merge(&absorbed[index]).expect("a merge"));
    undone.undone_at = Some(at());
    elsewhere.survivor = far(5);
    let changes = ChangeSet {
        contacts: [active(far(1))].into_iter().chain(absorbed).collect(),
        merges: vec![stands, undone, elsewhere],
        ..ChangeSet::default()
    };
    let unrecorded = [3, 4, 5].map(|index| Violation::UnrecordedMerge { contact: far(index) });
    expect(backend, changes, unrecorded.to_vec()).await;
}

pub async fn the_first_thousand_visitors_are_listed(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let contacts: Vec<_> = (1..=1_005).map(|index| merged(far(index), far(0), far(0))).collect();
    let erased = contacts.iter().map(|row| row.id).collect();
    plant(
        &f,
        ChangeSet {
            contacts,
            ..ChangeSet::default()
        },
    )
    .await;
    assert_eq!(f.store().violations().await.expect("check").len(), 1_000);
    plant(
        &f,
        ChangeSet {
            erased,
            ..ChangeSet::default()
        },
    )
    .await;
}

//! Revisions, and when the snapshot of a batch is still valid.

use super::raw::{
    active, at, changes, contacts, event, far, held, held_sample, merged, plant, read, recorded, visitor, write,
};
use crate::{Backend, Fixture, Kind, api_call, contact_of, erase, event_type, identifier, keep, remove, segment_name};
use futures::future::join_all;
use selfsame_application::Submission;
use selfsame_application::ports::{Basis, Commit, ReadAnswer, ReadRequest, Written};
use selfsame_domain::{
    ChangeSet, Command, ContactId, ContactState, EventPeriod, Footprint, KeyRecord, Policy, Revision, Segment,
    SegmentId, Subject,
};

async fn revision(f: &Fixture<'_>) -> Revision {
    read(f, ReadRequest::default()).await.revision
}

/// The basis of a batch that reads the footprint now.
async fn basis(f: &Fixture<'_>, footprint: Footprint) -> Basis {
    let request = ReadRequest {
        footprint,
        reply_keys: vec!["k".to_owned()],
        now: at(),
        ..ReadRequest::default()
    };
    let state = read(f, request.clone()).await;
    Basis::of(&request, &state)
}

/// Writes a contact on a basis, on the other server.
async fn answer(f: &Fixture<'_>, basis: &Basis, number: i64) -> Written {
    let changes = changes(|c| c.contacts = vec![active(far(number))]);
    let commit = Commit {
        changes: &changes,
        records: &[],
        import: None,
    };
    let answer = f.another().write(f.workspace, basis, commit).await.expect("write");
    assert_eq!(
        f.is_there(far(number)).await,
        answer != Written::Stale,
        "all or nothing"
    );
    answer
}

fn key(kind: Kind, value: &str, held: bool) -> Footprint {
    Footprint {
        keys: [(identifier(kind, value).key, held)].into(),
        ..Footprint::default()
    }
}

fn contact(id: ContactId) -> Footprint {
    Footprint {
        contacts: [id].into(),
        ..Footprint::default()
    }
}

pub async fn a_commit_raises_the_revision_by_one(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    assert_eq!(revision(&f).await, Revision(0));
    f.id(api_call().external("a").upsert()).await;
    assert_eq!(revision(&f).await, Revision(1));
    let both = vec![
        api_call().external("b").upsert(),
        api_call().external("a").town("Kyiv").upsert(),
    ];
    f.decide_all(both).await;
    assert_eq!(revision(&f).await, Revision(2), "a commit, however much is in it");
    f.policy(|policy| policy.shared_threshold = 7).await;
    f.decide(keep(api_call().cookie("c").happened("e"))).await;
    f.decide(erase(ContactId(1))).await;
    assert_eq!(revision(&f).await, Revision(5));
    f.reopen().await;
    assert_eq!(revision(&f).await, Revision(5));
    let before = f.enter_new_workspace("two").await;
    assert_eq!(revision(&f).await, Revision(0), "every workspace counts for itself");
    f.workspace = before;
    let planted = write(f.store(), f.workspace, &ChangeSet::default(), &[recorded("k", at())]).await;
    assert_eq!(planted.expect("write"), Revision(6));
}

pub async fn what_changes_nothing_raises_nothing(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    assert_eq!(plant(&f, ChangeSet::default()).await, Revision(0));
    let nothing = Commit {
        changes: &ChangeSet::default(),
        records: &[],
        import: None,
    };
    let basis = basis(&f, Footprint::default()).await;
    let written = f.store().write(f.workspace, &basis, nothing).await.expect("write");
    assert_eq!(written, Written::Committed(Revision(0)));
    f.id(api_call().external("a").upsert()).await;
    f.decide(api_call().external("a").upsert()).await;
    f.would(api_call().external("b").upsert()).await;
    let refused = changes(|c| c.identifiers_removed = vec![(identifier(Kind::Email, "a@example.com").key, far(1))]);
    let answer = write(f.store(), f.workspace, &refused, &[]).await;
    assert!(answer.is_err());
    assert_eq!(revision(&f).await, Revision(1));
}

pub async fn a_contact_carries_the_commit_that_changed_it(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").device("d").segment("s").upsert()).await;
    let of = async |id| f.contact(id).await.revision.0;
    assert_eq!(of(one).await, 1);
    let two = f.id(api_call().external("b").upsert()).await;
    assert_eq!((of(one).await, of(two).await), (1, 2));
    f.decide(api_call().external("b").device("d").upsert()).await;
    assert_eq!(
        (of(one).await, of(two).await),
        (3, 3),
        "whom the device left, and whom it went to"
    );
    f.decide(api_call().external("a").first("Ann").upsert()).await;
    assert_eq!((of(one).await, of(two).await), (4, 3));
    let segment = f.segment("s").await;
    f.decide(Command::Detach {
        segment,
        contacts: Vec::new(),
    })
    .await;
    assert_eq!((of(one).await, of(two).await), (5, 3), "a membership went");
    let merge = f.decide(crate::force_merge(two, one)).await;
    assert_eq!(of(two).await, 6);
    f.decide(crate::undo(crate::merge_of(&merge))).await;
    assert_eq!((of(one).await, of(two).await), (7, 7));
}

pub async fn commits_of_several_servers_leave_no_gaps(backend: &mut dyn Backend) {
    const EACH: usize = 12;
    let f = Fixture::new(backend).await;
    let servers = [f.app().clone(), f.second_server(), f.second_server()];
    let write = async |server: usize| {
        let mut made = Vec::new();
        for number in 0..EACH {
            let builder = api_call()
                .external(&format!("{server} {number}"))
                .device(&format!("d{number}"));
            let answer = servers[server]
                .submit(f.workspace, Submission::of(builder.upsert()))
                .await;
            made.push(contact_of(&answer.expect("submit")[0]));
        }
        made
    };
    let made = join_all((0..servers.len()).map(write)).await;
    let last = revision(&f).await;
    let submissions = i64::try_from(EACH * servers.len()).expect("a small number");
    assert_eq!(last.0, submissions, "every submission was a commit of its own");
    for contacts in made {
        let mut revisions = Vec::new();
        for id in contacts {
            revisions.push(f.contact(id).await.revision);
        }
        assert!(revisions.iter().all(|revision| *revision <= last), "{revisions:?}");
    }
    f.check().await;
}

fn naming_a_segment() -> Footprint {
    Footprint {
        segment_names: [segment_name("s")].into(),
        ..Footprint::default()
    }
}

fn deleting_events() -> Footprint {
    Footprint {
        deleting: Some(EventPeriod {
            from: at(),
            until: at(),
        }),
        ..Footprint::default()
    }
}

/// Commands with their names, and footprints that read what each command changes.
fn what_is_read_and_changed(id: ContactId, other: ContactId) -> Vec<(&'static str, Footprint, Command)> {
    let email = || key(Kind::Email, "a@example.com", true);
    vec![
        ("a contact", contact(id), api_call().external("a").first("Ann").upsert()),
        (
            "the holder of a value",
            email(),
            api_call().external("a").last("Ann").upsert(),
        ),
        (
            "one more holder",
            email(),
            api_call().external("b").email("a@example.com").upsert(),
        ),
        ("a holder who goes", email(), remove(id)),
        ("a holder who comes back", email(), api_call().external("a").upsert()),
        (
            "a device that moves",
            key(Kind::DeviceId, "d", true),
            api_call().external("o").device("d").upsert(),
        ),
        (
            "what is known of a value",
            key(Kind::Email, "a@example.com", false),
            Command::Unsubscribe {
                email: crate::email("a@example.com"),
                unsubscribed: true,
            },
        ),
        (
            "a visitor",
            key(Kind::Cookie, "c", false),
            api_call().external("o").cookie("c").upsert(),
        ),
        ("a merge", contact(other), crate::force_merge(id, other)),
        (
            "a number that is absorbed",
            contact(other),
            api_call().external("o").town("Kyiv").upsert(),
        ),
        (
            "a definition",
            naming_a_segment(),
            api_call().external("a").segment("s").upsert(),
        ),
        (
            "the policy",
            Footprint::default(),
            Command::SetPolicy(Box::new(Policy {
                shared_threshold: 7,
                ..Policy::default()
            })),
        ),
        ("anything", deleting_events(), api_call().external("z").upsert()),
    ]
}

pub async fn a_write_is_stale_when_what_it_read_has_changed(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f
        .id(api_call().external("a").email("a@example.com").device("d").upsert())
        .await;
    let other = f.id(api_call().external("o").upsert()).await;
    f.decide(keep(api_call().cookie("c").happened("e"))).await;
    for (number, (what, footprint, command)) in (1..).zip(what_is_read_and_changed(id, other)) {
        let basis = basis(&f, footprint).await;
        f.decide(command).await;
        assert_eq!(answer(&f, &basis, number).await, Written::Stale, "{what}");
    }
}

pub async fn a_write_stands_when_something_else_has_changed(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f
        .id(api_call().external("a").email("a@example.com").device("d").upsert())
        .await;
    let requested = Footprint {
        segment_names: [segment_name("s")].into(),
        events: [selfsame_domain::EventId::sent("other")].into(),
        ..contact(id)
    };
    let footprint = Footprint {
        keys: key(Kind::Email, "a@example.com", true).keys,
        ..requested
    };
    let basis = basis(&f, footprint).await;
    f.decide(api_call().external("b").email("b@example.com").device("e").upsert())
        .await;
    f.decide(keep(api_call().cookie("c").happened("e"))).await;
    plant(&f, changes(|c| c.visitors = vec![visitor(1, "x", None)])).await;
    let before = revision(&f).await;
    let written = answer(&f, &basis, 1).await;
    assert_eq!(written, Written::Committed(before.next()));
    assert_eq!(revision(&f).await, before.next());
    assert_eq!(f.contact(far(1)).await.revision, before.next());
}

/// Change sets that add rows, with footprints that read the missing rows before.
fn what_is_absent_and_comes() -> Vec<(&'static str, Footprint, ChangeSet)> {
    let mut all = rows_that_come();
    let token = identifier(Kind::MobilePush, "t");
    let nameless = token.key_without_app().expect("the token of an app");
    let sent = selfsame_domain::EventId(uuid::Uuid::from_u128(7));
    let with_tokens = |c: &mut ChangeSet| {
        c.contacts = vec![active(far(20))];
        c.identifiers = vec![held(token.clone(), far(20), far(20))];
    };
    let with_event = |c: &mut ChangeSet| {
        c.contacts = vec![active(far(21))];
        c.events = vec![event(7, Subject::Contact(far(21)))];
        c.sent_events = vec![sent];
    };
    let of_app = Footprint {
        keys: [(nameless, true)].into(),
        ..Footprint::default()
    };
    let unsent = Footprint {
        events: [sent].into(),
        ..Footprint::default()
    };
    all.push(("the token of an app", of_app, changes(with_tokens)));
    all.push(("an event", unsent, changes(with_event)));
    all
}

fn rows_that_come() -> Vec<(&'static str, Footprint, ChangeSet)> {
    let email = identifier(Kind::Email, "One@example.com").key;
    let record = KeyRecord {
        unsubscribed_at: Some(at()),
        ..KeyRecord::default()
    };
    vec![
        (
            "a number",
            contact(far(10)),
            changes(|c| c.contacts = vec![active(far(10))]),
        ),
        (
            "a holder",
            key(Kind::Email, "One@example.com", true),
            changes(|c| {
                c.contacts = vec![active(far(11))];
                c.identifiers = vec![held_sample(Kind::Email, 0, far(11))];
            }),
        ),
        (
            "what is known",
            key(Kind::Email, "One@example.com", false),
            changes(|c| c.keys = vec![(email, record)]),
        ),
        (
            "a visitor",
            key(Kind::Cookie, "c", false),
            changes(|c| c.visitors = vec![visitor(2, "c", None)]),
        ),
        (
            "a segment",
            Footprint {
                segments: [SegmentId(70)].into(),
                ..Footprint::default()
            },
            changes(|c| {
                c.segments = vec![Segment {
                    id: SegmentId(70),
                    name: segment_name("n"),
                    created_at: at(),
                }];
            }),
        ),
        (
            "whether events create contacts",
            Footprint {
                event_types: [event_type("seen")].into(),
                ..Footprint::default()
            },
            changes(|c| c.creating = vec![(event_type("seen"), true)]),
        ),
    ]
}

pub async fn what_was_absent_and_is_there_makes_a_write_stale(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    for (number, (what, footprint, planted)) in (1..).zip(what_is_absent_and_comes()) {
        let basis = basis(&f, footprint).await;
        plant(&f, planted).await;
        assert_eq!(answer(&f, &basis, number).await, Written::Stale, "{what}");
    }
}

pub async fn what_was_there_and_is_gone_makes_a_write_stale(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f
        .id(api_call().external("a").email("a@example.com").segment("s").upsert())
        .await;
    let segment = f.segment("s").await;
    let email = || key(Kind::Email, "a@example.com", true);
    let emptied = basis(&f, contact(one)).await;
    plant(&f, changes(|c| c.segments_emptied = vec![segment])).await;
    assert_eq!(answer(&f, &emptied, 1).await, Written::Stale, "a membership");
    let replaced = basis(&f, email()).await;
    f.decide(api_call().external("a").email("b@example.com").upsert()).await;
    assert_eq!(answer(&f, &replaced, 2).await, Written::Stale, "an identifier");
    for (number, footprint) in [
        (3, contact(one)),
        (4, key(Kind::Email, "b@example.com", true)),
        (5, email()),
    ] {
        let id = f.id(api_call().external("a").email("b@example.com").upsert()).await;
        let erased = basis(&f, footprint).await;
        f.decide(erase(id)).await;
        assert_eq!(
            answer(&f, &erased, number).await,
            Written::Stale,
            "a contact that is erased"
        );
    }
}

pub async fn a_reply_that_was_recorded_meanwhile_makes_a_write_stale(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let later = at() + chrono::TimeDelta::days(1);
    for number in [1, 2] {
        let basis = basis(&f, Footprint::default()).await;
        let other = write(
            f.store(),
            f.workspace,
            &ChangeSet::default(),
            &[recorded("other", later)],
        )
        .await;
        other.expect("write");
        assert!(matches!(answer(&f, &basis, 10 + number).await, Written::Committed(_)));
        let same = write(f.store(), f.workspace, &ChangeSet::default(), &[recorded("k", later)]).await;
        same.expect("write");
        assert_eq!(answer(&f, &basis, number).await, Written::Stale);
    }
}

pub async fn an_outdated_policy_is_reported(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let another = f.another();
    let known = another.policy(f.workspace).await.expect("the policy");
    assert_eq!((known.revision, &*known.policy), (Revision(0), &Policy::default()));
    f.id(api_call().external("a").upsert()).await;
    f.policy(|policy| policy.shared_threshold = 7).await;
    let request = ReadRequest {
        policy: known.revision,
        footprint: contact(ContactId(1)),
        ..ReadRequest::default()
    };
    let newer_policy = |answer: ReadAnswer| match answer {
        ReadAnswer::OutdatedPolicy(newer) => (newer.revision, newer.policy.shared_threshold),
        ReadAnswer::State(state) => panic!("it was read by an old policy: {state:?}"),
    };
    assert_eq!(
        newer_policy(another.read(f.workspace, &request).await.expect("read")),
        (Revision(2), 7)
    );
    let newer = another.policy(f.workspace).await.expect("the policy");
    assert_eq!((newer.revision, newer.policy.shared_threshold), (Revision(2), 7));
    let mut transaction = another.exclusive(f.workspace).await.expect("begin");
    assert_eq!(
        newer_policy(transaction.read(&request).await.expect("read")),
        (Revision(2), 7)
    );
}

pub async fn an_exclusive_transaction_reads_what_stays_true(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").upsert()).await;
    let mut transaction = f.store().exclusive(f.workspace).await.expect("begin");
    let other = f.another();
    let changes = changes(|c| c.contacts = vec![active(far(3))]);
    let old = basis(&f, contact(id)).await;
    let commit = Commit {
        changes: &changes,
        records: &[],
        import: None,
    };
    let mut waiting = std::pin::pin!(other.write(f.workspace, &old, commit));
    assert!(futures::poll!(&mut waiting).is_pending(), "the revision is taken");
    let request = ReadRequest {
        footprint: contact(id),
        ..ReadRequest::default()
    };
    let ReadAnswer::State(state) = transaction.read(&request).await.expect("read") else {
        panic!("the policy was not changed")
    };
    assert_eq!(state.snapshot.contacts[&id].state, ContactState::Active);
    let absorbed = contacts(vec![active(far(1)), merged(far(2), far(1), far(1))]);
    let written = transaction
        .write(Commit {
            changes: &absorbed,
            records: &[],
            import: None,
        })
        .await
        .expect("write");
    assert_eq!(written, Revision(2));
    assert_eq!(waiting.await.expect("write"), Written::Committed(Revision(3)));
}

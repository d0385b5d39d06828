//! Late events: they belong to the owner of the token, the device or the cookie at their time (identity rule 4).

use super::raw::{plant, visitor};
use crate::{Ask, Backend, Fixture, Kind, contact_of, erase, event_type, identifier, keep, remove, undo};
use chrono::TimeDelta;
use selfsame_application::Submission;
use selfsame_application::ports::{Clock, EventQuery, HistoryOf};
use selfsame_domain::{
    ChangeSet, Command, ContactId, Decision, Effect, EventRequest, NotLinkedReason, Outcome, Subject, Timestamp,
    Visitor, VisitorId,
};

/// An event with its own time.
pub(super) fn told(ask: Ask, name: &str, at: Timestamp) -> Command {
    keep(EventRequest {
        occurred_at: Some(at),
        ..ask.happened(name)
    })
}

/// An event with only the identifier `c`.
fn seen(kind: Kind, name: &str, at: Timestamp) -> Command {
    told(Ask::new().with(kind, "c"), name, at)
}

/// Moves the identifier `c` to another contact an hour later; returns the contact and the time.
async fn moves(f: &Fixture<'_>, kind: Kind, ask: Ask) -> (ContactId, Timestamp) {
    f.clock().advance_seconds(3_600);
    let decision = f.decide(ask.with(kind, "c").upsert()).await;
    (contact_of(&decision), decision.at)
}

/// The types of a contact's events, at any time.
pub(super) async fn happened(f: &Fixture<'_>, id: ContactId) -> Vec<String> {
    let mut types = f.happened(id).await;
    types.sort();
    types
}

pub(super) fn minutes(at: Timestamp, minutes: i64) -> Timestamp {
    at + TimeDelta::minutes(minutes)
}

pub(super) fn visitors(decision: &Decision) -> Vec<VisitorId> {
    let waits = |effect: &Effect| match effect {
        Effect::EventWaits { visitor } => Some(*visitor),
        _ => None,
    };
    decision.effects.iter().filter_map(waits).collect()
}

pub async fn history_that_comes_late_is_the_former_owner_s(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    let three = f.id(Ask::new().email("c@example.com").upsert()).await;
    let (one, at_one) = moves(&f, kind, Ask::new().external("a")).await;
    let (two, at_two) = moves(&f, kind, Ask::new().external("b")).await;
    let (same, at_three) = moves(&f, kind, Ask::new().email("c@example.com")).await;
    assert_eq!(same, three);
    f.clock().advance_seconds(3_600);
    let identities = (f.identity(one).await, f.identity(two).await, f.identity(three).await);
    let holder = f.holders(&identifier(kind, "c").key).await;
    for (whose, name, at) in [
        (one, "long before", minutes(at_one, -60 * 24 * 20)),
        (one, "as one came", at_one),
        (one, "one", minutes(at_one, 59)),
        (two, "as two came", at_two),
        (two, "two", minutes(at_three, -1)),
        (three, "as three came", at_three),
        (three, "three", minutes(at_three, 30)),
    ] {
        let told = f.decide(seen(kind, name, at)).await;
        assert_eq!(
            (told.contact, told.outcome),
            (Some(whose), Outcome::Unchanged),
            "{name}"
        );
        assert_eq!(told.matched_by, Some(identifier(kind, "c").key), "{name}");
        assert_eq!(
            f.history(whose)
                .await
                .iter()
                .filter(|event| event.type_key == event_type(name))
                .count(),
            1
        );
    }
    let batch = [at_one, at_two, at_three]
        .map(|at| seen(kind, "batch", minutes(at, 1)))
        .into();
    let decisions: Vec<_> = f.decide_all(batch).await.into_iter().map(|told| told.contact).collect();
    assert_eq!(decisions, [Some(one), Some(two), Some(three)]);
    assert_eq!(f.happened(one).await, ["long before", "as one came", "batch", "one"]);
    assert_eq!(f.happened(two).await, ["as two came", "batch", "two"]);
    assert_eq!(f.happened(three).await, ["as three came", "batch", "three"]);
    assert_eq!(
        (&f.identity(one).await, &f.identity(two).await),
        (&identities.0, &identities.1)
    );
    assert_eq!(f.identity(three).await.visitors, identities.2.visitors);
    assert_eq!(
        f.holders(&identifier(kind, "c").key).await,
        holder,
        "nobody claims by it"
    );
}

pub async fn late_history_of_what_many_shared_is_the_former_owner_s(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    let mut owners = Vec::new();
    for external in ["a", "b", "c", "d"] {
        owners.push(moves(&f, kind, Ask::new().external(external)).await);
    }
    f.clock().advance_seconds(3_600);
    for (owner, at) in owners {
        let told = f.decide(seen(kind, "late", minutes(at, 1))).await;
        assert_eq!(told.contact, Some(owner));
    }
}

pub async fn what_comes_within_a_minute_is_of_now(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    let (one, _) = moves(&f, kind, Ask::new().external("a")).await;
    let (two, at_two) = moves(&f, kind, Ask::new().external("b")).await;
    let before = at_two - TimeDelta::seconds(5);
    f.decide(seen(kind, "a clock that is slow", before)).await;
    f.clock().advance_seconds(60);
    f.decide(seen(kind, "late", before)).await;
    assert_eq!(f.happened(one).await, ["late"]);
    assert_eq!(f.happened(two).await, ["a clock that is slow"]);
    let named = EventRequest {
        occurred_at: Some(before),
        ..Ask::new().with(kind, "c").external("b").happened("named")
    };
    f.decide(keep(named)).await;
    assert_eq!(f.happened(two).await.len(), 2, "whoever is named besides has it");
    assert_eq!(f.happened(one).await.len(), 1);
}

pub async fn late_history_in_the_batch_of_the_move(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    let (one, at_one) = moves(&f, kind, Ask::new().external("a")).await;
    f.clock().advance_seconds(3_600);
    let batch = vec![
        seen(kind, "before", minutes(at_one, -1)),
        Ask::new().external("b").with(kind, "c").upsert(),
        seen(kind, "after", minutes(at_one, 1)),
        Ask::new().external("a").with(kind, "c").upsert(),
        seen(kind, "again", minutes(at_one, 2)),
        keep(Ask::new().with(kind, "c").happened("now")),
    ];
    f.decide_all(batch).await;
    assert_eq!(f.happened(one).await, ["before", "after", "again", "now"]);
    let later = f.decide(seen(kind, "later", minutes(at_one, 3))).await;
    assert_eq!(later.contact, Some(one));
    if kind != Kind::Cookie {
        // Before the first move there is no visitor: the history is the contact's own.
        return;
    }
    let subject = async |name: &str| {
        let mut events = f.history(one).await.into_iter();
        events
            .find(|event| event.type_key == event_type(name))
            .and_then(|event| event.subject)
    };
    assert_eq!(subject("later").await, subject("before").await);
    assert_eq!(subject("again").await, subject("after").await);
    assert_eq!(subject("after").await, subject("before").await);
    assert_ne!(subject("now").await, subject("before").await, "it was theirs twice");
}

pub async fn late_history_follows_merges_and_comes_back(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    let survivor = f.id(Ask::new().email("s@example.com").upsert()).await;
    let (one, at_one) = moves(&f, kind, Ask::new().external("a")).await;
    let (two, _) = moves(&f, kind, Ask::new().external("b")).await;
    f.clock().advance_seconds(3_600);
    let merge = f.merge(survivor, one).await;
    let told = f.decide(seen(kind, "merged", minutes(at_one, 1))).await;
    assert_eq!(told.contact, Some(survivor));
    assert_eq!(f.happened(survivor).await, ["merged"]);
    f.decide(undo(merge)).await;
    let told = f.decide(seen(kind, "undone", minutes(at_one, 2))).await;
    assert_eq!(told.contact, Some(one));
    assert_eq!(f.happened(one).await, ["merged", "undone"]);
    assert!(f.happened(survivor).await.is_empty());
    assert!(f.happened(two).await.is_empty());
}

pub async fn late_history_of_a_removed_contact_waits_with_it(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    let (one, at_one) = moves(&f, kind, Ask::new().external("a")).await;
    let (two, _) = moves(&f, kind, Ask::new().external("b")).await;
    let visitor = f.identity(one).await.visitors[0].id;
    f.decide(remove(one)).await;
    f.clock().advance_seconds(3_600);
    let told = f.decide(seen(kind, "late", minutes(at_one, 1))).await;
    assert_eq!((told.outcome, told.contact), (Outcome::Unmatched, None));
    assert_eq!(visitors(&told), [visitor]);
    assert!(!f.is_there(one).await, "an event brings nobody back");
    f.id(Ask::new().external("a").upsert()).await;
    assert_eq!(f.happened(one).await, ["late"]);
    assert!(f.happened(two).await.is_empty());
}

pub async fn late_history_of_an_erased_contact_is_nobody_s(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    f.id(Ask::new().email("c@example.com").upsert()).await;
    let (one, at_one) = moves(&f, kind, Ask::new().external("a")).await;
    let (two, at_two) = moves(&f, kind, Ask::new().external("b")).await;
    let (three, at_three) = moves(&f, kind, Ask::new().email("c@example.com")).await;
    f.clock().advance_seconds(3_600);
    let nobody = async |name: &str, at: Timestamp| assert_forgotten(name, &f.decide(seen(kind, name, at)).await);
    f.decide(erase(two)).await;
    nobody("two", minutes(at_two, 1)).await;
    f.decide(seen(kind, "one", minutes(at_two, -1))).await;
    f.decide(seen(kind, "three", at_three)).await;
    assert_eq!(f.happened(one).await, ["one"]);
    let of_one = f
        .identity(one)
        .await
        .visitors
        .iter()
        .map(|visitor| visitor.id)
        .collect();
    let of_one = HistoryOf::Visitors(of_one);
    f.decide_all(vec![
        seen(kind, "gone with it", at_one),
        erase(one),
        seen(kind, "too late", at_one),
    ])
    .await;
    let left = f.store().events(f.workspace, &of_one, &EventQuery::latest(10)).await;
    assert_eq!(
        left.expect("read a history"),
        Some(Vec::new()),
        "what came before in the batch went along"
    );
    nobody("before one", minutes(at_one, -1)).await;
    nobody("one", minutes(at_one, 1)).await;
    nobody("two", minutes(at_two, 1)).await;
    assert_eq!(f.happened(three).await, ["three"]);
    f.decide(erase(three)).await;
    let told = f.decide(seen(kind, "whoever comes next", at_three)).await;
    assert_eq!(visitors(&told).len(), 1, "nobody has it: it is like a new one");
    let again = f.decide(seen(kind, "long before", at_one)).await;
    assert_eq!(visitors(&again), visitors(&told));
    let (next, _) = moves(&f, kind, Ask::new().external("d")).await;
    assert_eq!(f.happened(next).await, ["long before", "whoever comes next"]);
    let types = f.store().event_types(f.workspace, None, 100).await.expect("read types");
    let kept = types.iter().find(|counted| counted.key == event_type("two"));
    assert_eq!(kept.map(|counted| counted.count), Some(2), "they are kept and counted");
}

fn assert_forgotten(name: &str, told: &Decision) {
    assert_eq!((told.outcome, told.contact), (Outcome::Unmatched, None), "{name}");
    assert!(visitors(told).is_empty(), "{name}: {told:?}");
    let forgotten = |effect: &Effect| {
        matches!(
            effect,
            Effect::NotLinked {
                contact: None,
                reason: NotLinkedReason::Forgotten,
                ..
            }
        )
    };
    assert!(
        told.effects.len() == 1 && told.effects.iter().all(forgotten),
        "{name}: {told:?}"
    );
}

pub async fn late_history_that_races_with_an_erasure_leaves_nothing(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    let servers = [f.app().clone(), f.second_server()];
    for round in 0..8 {
        let (name, other) = (format!("a{round}"), format!("b{round}"));
        let named = || Ask::new().with(kind, &name);
        let one = contact_of(&f.decide(named().external(&name).upsert()).await);
        let at = f.clock().now();
        f.clock().advance_seconds(3_600);
        let two = contact_of(&f.decide(named().external(&other).upsert()).await);
        let of = HistoryOf::Visitors(
            f.identity(one)
                .await
                .visitors
                .iter()
                .map(|visitor| visitor.id)
                .collect(),
        );
        f.clock().advance_seconds(3_600);
        let late = told(named(), "late", at);
        let submit = |server: usize, command| servers[server].submit(f.workspace, Submission::of(command));
        let (kept, erased) = tokio::join!(submit(0, late), submit(1, erase(one)));
        kept.expect("keep an event");
        erased.expect("erase");
        let left = f.store().events(f.workspace, &of, &EventQuery::latest(10)).await;
        assert_eq!(left.expect("read a history"), Some(Vec::new()));
        assert!(f.happened(two).await.is_empty());
    }
    f.check().await;
}

pub async fn however_often_it_moved_its_time_is_found(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    let one = f.id(Ask::new().external("a").upsert()).await;
    let start = f.clock().now();
    let period = |number: i64| Visitor {
        since: minutes(start, number),
        key: identifier(kind, "c").key,
        closed_at: (number < 500).then(|| minutes(start, number + 1)),
        follows: number > 0,
        ..visitor(u128::try_from(number).unwrap_or_default() + 1, "c", Some(one))
    };
    let visitors = (0..=500).map(period).collect();
    plant(
        &f,
        ChangeSet {
            visitors,
            ..ChangeSet::default()
        },
    )
    .await;
    f.clock().advance_seconds(1_000 * 60);
    let numbers = [-1, 0, 1, 250, 499, 500, 501];
    let batch = numbers.map(|number| seen(kind, "e", minutes(start, number) + TimeDelta::seconds(30)));
    f.decide_all(batch.into()).await;
    let events = f.history(one).await.into_iter().rev();
    let subjects: Vec<_> = events.map(|event| event.subject).collect();
    let expected = numbers.map(|number| Some(Subject::Visitor(period(number.clamp(0, 500)).id)));
    assert_eq!(subjects, expected);
}

pub async fn an_offline_phone_tells_of_its_former_user(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let phone = |token: &str| Ask::new().device("d").with(Kind::MobilePush, token);
    let ann = f.decide(phone("t1").external("a").upsert()).await;
    f.clock().advance_seconds(3_600);
    let bob = f.decide(phone("t2").external("b").upsert()).await;
    f.clock().advance_seconds(3_600);
    let (hers, his) = (minutes(ann.at, 1), minutes(bob.at, 1));
    for (name, ask, at) in [
        ("device", Ask::new().device("d"), hers),
        ("new token", phone("t2"), hers),
        ("old token", phone("t1"), hers),
        ("cookie", Ask::new().device("d").cookie("c"), hers),
        ("before", phone("t2"), minutes(ann.at, -60)),
        ("his", phone("t2"), his),
        ("his too", Ask::new().device("d"), his),
    ] {
        let whose = if at == his { &bob } else { &ann };
        assert_eq!(f.decide(told(ask, name, at)).await.contact, whose.contact, "{name}");
    }
    let (ann, bob) = (contact_of(&ann), contact_of(&bob));
    assert_eq!(
        happened(&f, ann).await,
        ["before", "cookie", "device", "new token", "old token"]
    );
    assert_eq!(happened(&f, bob).await, ["his", "his too"]);
    assert_eq!(f.holders(&identifier(Kind::DeviceId, "d").key).await, [bob]);
    for (kind, text) in [(Kind::MobilePush, "t1"), (Kind::Cookie, "c")] {
        let holders = f.holders(&identifier(kind, text).key).await;
        assert!(holders.is_empty(), "nobody claims by it: {text}");
    }
}

pub async fn late_history_of_a_token_without_its_app_or_kind(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    for (name, kind) in [("x", Kind::MobilePush), ("y", Kind::WebPush), ("z", Kind::Telegram)] {
        let mut owners = Vec::new();
        for external in ["a", "b", "c"] {
            let decision = f.decide(Ask::new().external(external).with(kind, name).upsert()).await;
            owners.push((contact_of(&decision), minutes(decision.at, 1)));
            f.clock().advance_seconds(3_600);
        }
        for (owner, at) in &owners {
            for ask in [Ask::new().nameless(name), Ask::new().with(kind, name)] {
                let kept = f.decide(told(ask, name, *at)).await;
                assert_eq!(kept.contact, Some(*owner), "{name}");
                assert_eq!(kept.matched_by, Some(identifier(kind, name).key), "{name}");
            }
        }
        let named = Ask::new().nameless(name);
        let batch = vec![
            told(named.clone(), name, owners[1].1),
            named.external("a").event(false),
            told(Ask::new().nameless(name), name, owners[2].1),
        ];
        let whose: Vec<_> = f.decide_all(batch).await.into_iter().map(|kept| kept.contact).collect();
        assert_eq!(
            whose,
            [Some(owners[1].0), Some(owners[0].0), Some(owners[2].0)],
            "{name}"
        );
    }
}

pub async fn late_history_of_a_token_that_its_device_replaced(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let token = || Ask::new().with(Kind::MobilePush, "t1");
    let one = f.id(token().external("a").upsert()).await;
    f.clock().advance_seconds(3_600);
    let moved = f.decide(token().external("b").device("d").upsert()).await;
    f.clock().advance_seconds(3_600);
    f.decide(
        Ask::new()
            .external("b")
            .device("d")
            .with(Kind::MobilePush, "t2")
            .upsert(),
    )
    .await;
    f.clock().advance_seconds(3_600);
    let three = f.id(Ask::new().external("c").device("e").upsert()).await;
    f.decide(told(token().device("e"), "one", minutes(moved.at, -1))).await;
    f.decide(told(token().device("e"), "two", minutes(moved.at, 1))).await;
    let two = contact_of(&moved);
    assert_eq!(
        (f.happened(one).await, f.happened(two).await),
        (vec!["one".to_owned()], vec!["two".to_owned()])
    );
    assert!(f.happened(three).await.is_empty());
    f.clock().advance_seconds(3_600);
    let again = f.decide(token().external("c").upsert()).await;
    f.clock().advance_seconds(3_600);
    f.decide(told(token(), "two", minutes(again.at, -1))).await;
    f.decide(told(token(), "three", again.at)).await;
    f.decide(erase(two)).await;
    let kept = f.decide(told(token(), "forgotten", minutes(moved.at, 2))).await;
    assert_eq!(kept.contact, None);
    assert_eq!(f.happened(three).await, ["three"]);
    assert_eq!(f.happened(one).await, ["one"]);
}

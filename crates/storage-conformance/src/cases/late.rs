//! Late events: they belong to the owner of the token, the device or the cookie at their time (identity rule 4).

use super::raw::{plant, visitor};
use crate::{
    Backend, Fixture, Kind, RequestBuilder, api_call, contact_of, erase, event_type, identifier, keep, remove, undo,
};
use chrono::TimeDelta;
use selfsame_application::Submission;
use selfsame_application::ports::{Clock, EventQuery, HistoryOf};
use selfsame_domain::{
    ChangeSet, Command, ContactId, Decision, Effect, EventRequest, NotLinkedReason, Outcome, Subject, Timestamp,
    Visitor, VisitorId,
};

/// An event with its own time.
pub(super) fn late_event(builder: RequestBuilder, name: &str, at: Timestamp) -> Command {
    keep(EventRequest {
        occurred_at: Some(at),
        ..builder.happened(name)
    })
}

/// An event with only the identifier `c`.
fn seen(kind: Kind, name: &str, at: Timestamp) -> Command {
    late_event(api_call().with(kind, "c"), name, at)
}

/// Moves the identifier `c` to another contact an hour later; returns the contact and the time.
async fn moves(f: &Fixture<'_>, kind: Kind, builder: RequestBuilder) -> (ContactId, Timestamp) {
    f.clock().advance_seconds(3_600);
    let decision = f.decide(builder.with(kind, "c").upsert()).await;
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
    let three = f.id(api_call().email("c@example.com").upsert()).await;
    let (one, at_one) = moves(&f, kind, api_call().external("a")).await;
    let (two, at_two) = moves(&f, kind, api_call().external("b")).await;
    let (same, at_three) = moves(&f, kind, api_call().email("c@example.com")).await;
    assert_eq!(same, three);
    f.clock().advance_seconds(3_600);
    let identities = (f.identity(one).await, f.identity(two).await, f.identity(three).await);
    let holder = f.holders(&identifier(kind, "c").key).await;
    for (owner_then, name, at) in [
        (one, "long before", minutes(at_one, -60 * 24 * 20)),
        (one, "as one came", at_one),
        (one, "one", minutes(at_one, 59)),
        (two, "as two came", at_two),
        (two, "two", minutes(at_three, -1)),
        (three, "as three came", at_three),
        (three, "three", minutes(at_three, 30)),
    ] {
        let decision = f.decide(seen(kind, name, at)).await;
        assert_eq!(
            (decision.contact, decision.outcome),
            (Some(owner_then), Outcome::Unchanged),
            "{name}"
        );
        assert_eq!(decision.matched_by, Some(identifier(kind, "c").key), "{name}");
        assert_eq!(
            f.history(owner_then)
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
    let decisions: Vec<_> = f
        .decide_all(batch)
        .await
        .into_iter()
        .map(|decision| decision.contact)
        .collect();
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
        "no contact claims by it"
    );
}

pub async fn late_history_of_what_many_shared_is_the_former_owner_s(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    let mut owners = Vec::new();
    for external in ["a", "b", "c", "d"] {
        owners.push(moves(&f, kind, api_call().external(external)).await);
    }
    f.clock().advance_seconds(3_600);
    for (owner, at) in owners {
        let decision = f.decide(seen(kind, "late", minutes(at, 1))).await;
        assert_eq!(decision.contact, Some(owner));
    }
}

pub async fn what_comes_within_a_minute_is_of_now(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    let (one, _) = moves(&f, kind, api_call().external("a")).await;
    let (two, at_two) = moves(&f, kind, api_call().external("b")).await;
    let before = at_two - TimeDelta::seconds(5);
    f.decide(seen(kind, "a clock that is slow", before)).await;
    f.clock().advance_seconds(60);
    f.decide(seen(kind, "late", before)).await;
    assert_eq!(f.happened(one).await, ["late"]);
    assert_eq!(f.happened(two).await, ["a clock that is slow"]);
    let named = EventRequest {
        occurred_at: Some(before),
        ..api_call().with(kind, "c").external("b").happened("named")
    };
    f.decide(keep(named)).await;
    assert_eq!(
        f.happened(two).await.len(),
        2,
        "it belongs to the contact that is named besides"
    );
    assert_eq!(f.happened(one).await.len(), 1);
}

pub async fn late_history_in_the_batch_of_the_move(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    let (one, at_one) = moves(&f, kind, api_call().external("a")).await;
    f.clock().advance_seconds(3_600);
    let batch = vec![
        seen(kind, "before", minutes(at_one, -1)),
        api_call().external("b").with(kind, "c").upsert(),
        seen(kind, "after", minutes(at_one, 1)),
        api_call().external("a").with(kind, "c").upsert(),
        seen(kind, "again", minutes(at_one, 2)),
        keep(api_call().with(kind, "c").happened("now")),
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
    let survivor = f.id(api_call().email("s@example.com").upsert()).await;
    let (one, at_one) = moves(&f, kind, api_call().external("a")).await;
    let (two, _) = moves(&f, kind, api_call().external("b")).await;
    f.clock().advance_seconds(3_600);
    let merge = f.merge(survivor, one).await;
    let decision = f.decide(seen(kind, "merged", minutes(at_one, 1))).await;
    assert_eq!(decision.contact, Some(survivor));
    assert_eq!(f.happened(survivor).await, ["merged"]);
    f.decide(undo(merge)).await;
    let decision = f.decide(seen(kind, "undone", minutes(at_one, 2))).await;
    assert_eq!(decision.contact, Some(one));
    assert_eq!(f.happened(one).await, ["merged", "undone"]);
    assert!(f.happened(survivor).await.is_empty());
    assert!(f.happened(two).await.is_empty());
}

pub async fn late_history_of_a_removed_contact_waits_with_it(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    let (one, at_one) = moves(&f, kind, api_call().external("a")).await;
    let (two, _) = moves(&f, kind, api_call().external("b")).await;
    let visitor = f.identity(one).await.visitors[0].id;
    f.decide(remove(one)).await;
    f.clock().advance_seconds(3_600);
    let decision = f.decide(seen(kind, "late", minutes(at_one, 1))).await;
    assert_eq!((decision.outcome, decision.contact), (Outcome::Unmatched, None));
    assert_eq!(visitors(&decision), [visitor]);
    assert!(!f.is_there(one).await, "an event restores no contact");
    f.id(api_call().external("a").upsert()).await;
    assert_eq!(f.happened(one).await, ["late"]);
    assert!(f.happened(two).await.is_empty());
}

pub async fn late_history_of_an_erased_contact_has_no_owner(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    f.id(api_call().email("c@example.com").upsert()).await;
    let (one, at_one) = moves(&f, kind, api_call().external("a")).await;
    let (two, at_two) = moves(&f, kind, api_call().external("b")).await;
    let (three, at_three) = moves(&f, kind, api_call().email("c@example.com")).await;
    f.clock().advance_seconds(3_600);
    let assert_unmatched =
        async |name: &str, at: Timestamp| assert_forgotten(name, &f.decide(seen(kind, name, at)).await);
    f.decide(erase(two)).await;
    assert_unmatched("two", minutes(at_two, 1)).await;
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
    assert_unmatched("before one", minutes(at_one, -1)).await;
    assert_unmatched("one", minutes(at_one, 1)).await;
    assert_unmatched("two", minutes(at_two, 1)).await;
    assert_eq!(f.happened(three).await, ["three"]);
    f.decide(erase(three)).await;
    let decision = f.decide(seen(kind, "the next owner", at_three)).await;
    assert_eq!(visitors(&decision).len(), 1, "it has no owner: it is like a new one");
    let again = f.decide(seen(kind, "long before", at_one)).await;
    assert_eq!(visitors(&again), visitors(&decision));
    let (next, _) = moves(&f, kind, api_call().external("d")).await;
    assert_eq!(f.happened(next).await, ["long before", "the next owner"]);
    let types = f.store().event_types(f.workspace, None, 100).await.expect("read types");
    let kept = types.iter().find(|counted| counted.key == event_type("two"));
    assert_eq!(kept.map(|counted| counted.count), Some(2), "they are kept and counted");
}

fn assert_forgotten(name: &str, decision: &Decision) {
    assert_eq!(
        (decision.outcome, decision.contact),
        (Outcome::Unmatched, None),
        "{name}"
    );
    assert!(visitors(decision).is_empty(), "{name}: {decision:?}");
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
        decision.effects.len() == 1 && decision.effects.iter().all(forgotten),
        "{name}: {decision:?}"
    );
}

pub async fn late_history_that_races_with_an_erasure_leaves_nothing(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    let servers = [f.app().clone(), f.second_server()];
    for round in 0..8 {
        let (name, other) = (format!("a{round}"), format!("b{round}"));
        let named = || api_call().with(kind, &name);
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
        let late = late_event(named(), "late", at);
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
    let one = f.id(api_call().external("a").upsert()).await;
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

pub async fn an_offline_phone_reports_events_of_its_former_user(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let phone = |token: &str| api_call().device("d").with(Kind::MobilePush, token);
    let ann = f.decide(phone("t1").external("a").upsert()).await;
    f.clock().advance_seconds(3_600);
    let bob = f.decide(phone("t2").external("b").upsert()).await;
    f.clock().advance_seconds(3_600);
    let (hers, his) = (minutes(ann.at, 1), minutes(bob.at, 1));
    for (name, builder, at) in [
        ("device", api_call().device("d"), hers),
        ("new token", phone("t2"), hers),
        ("old token", phone("t1"), hers),
        ("cookie", api_call().device("d").cookie("c"), hers),
        ("before", phone("t2"), minutes(ann.at, -60)),
        ("his", phone("t2"), his),
        ("his too", api_call().device("d"), his),
    ] {
        let owner_then = if at == his { &bob } else { &ann };
        assert_eq!(
            f.decide(late_event(builder, name, at)).await.contact,
            owner_then.contact,
            "{name}"
        );
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
        assert!(holders.is_empty(), "no contact claims by it: {text}");
    }
}

pub async fn late_history_of_a_token_without_its_app_or_kind(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    for (name, kind) in [("x", Kind::MobilePush), ("y", Kind::WebPush), ("z", Kind::Telegram)] {
        let mut owners = Vec::new();
        for external in ["a", "b", "c"] {
            let decision = f.decide(api_call().external(external).with(kind, name).upsert()).await;
            owners.push((contact_of(&decision), minutes(decision.at, 1)));
            f.clock().advance_seconds(3_600);
        }
        for (owner, at) in &owners {
            for builder in [api_call().nameless(name), api_call().with(kind, name)] {
                let kept = f.decide(late_event(builder, name, *at)).await;
                assert_eq!(kept.contact, Some(*owner), "{name}");
                assert_eq!(kept.matched_by, Some(identifier(kind, name).key), "{name}");
            }
        }
        let named = api_call().nameless(name);
        let batch = vec![
            late_event(named.clone(), name, owners[1].1),
            named.external("a").event(false),
            late_event(api_call().nameless(name), name, owners[2].1),
        ];
        let owner_then: Vec<_> = f.decide_all(batch).await.into_iter().map(|kept| kept.contact).collect();
        assert_eq!(
            owner_then,
            [Some(owners[1].0), Some(owners[0].0), Some(owners[2].0)],
            "{name}"
        );
    }
}

pub async fn late_history_of_a_token_that_its_device_replaced(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let token = || api_call().with(Kind::MobilePush, "t1");
    let one = f.id(token().external("a").upsert()).await;
    f.clock().advance_seconds(3_600);
    let moved = f.decide(token().external("b").device("d").upsert()).await;
    f.clock().advance_seconds(3_600);
    f.decide(
        api_call()
            .external("b")
            .device("d")
            .with(Kind::MobilePush, "t2")
            .upsert(),
    )
    .await;
    f.clock().advance_seconds(3_600);
    let three = f.id(api_call().external("c").device("e").upsert()).await;
    f.decide(late_event(token().device("e"), "one", minutes(moved.at, -1)))
        .await;
    f.decide(late_event(token().device("e"), "two", minutes(moved.at, 1)))
        .await;
    let two = contact_of(&moved);
    assert_eq!(
        (f.happened(one).await, f.happened(two).await),
        (vec!["one".to_owned()], vec!["two".to_owned()])
    );
    assert!(f.happened(three).await.is_empty());
    f.clock().advance_seconds(3_600);
    let again = f.decide(token().external("c").upsert()).await;
    f.clock().advance_seconds(3_600);
    f.decide(late_event(token(), "two", minutes(again.at, -1))).await;
    f.decide(late_event(token(), "three", again.at)).await;
    f.decide(erase(two)).await;
    let kept = f.decide(late_event(token(), "forgotten", minutes(moved.at, 2))).await;
    assert_eq!(kept.contact, None);
    assert_eq!(f.happened(three).await, ["three"]);
    assert_eq!(f.happened(one).await, ["one"]);
}

//! Events, and the contact or visitor that owns them.

use crate::{
    Backend, Fixture, Kind, RequestBuilder, api_call, contact_of, erase, event_type, identifier, keep, merge_of,
    remove, undo,
};
use futures::future::join_all;
use selfsame_application::Submission;
use selfsame_application::ports::{Clock, EventQuery, HistoryOf};
use selfsame_domain::values::{EventKeyValue, FormType};
use selfsame_domain::{
    Call, Command, ContactId, Effect, Event, EventId, EventParams, EventRequest, EventType, Origin, Outcome, Subject,
    Timestamp,
};

/// A value of a kind.
pub(super) fn value(kind: Kind) -> &'static str {
    match kind {
        Kind::Email => "ann@example.com",
        Kind::Phone => "+380501234567",
        _ => "v",
    }
}

pub(super) fn of(kind: Kind) -> RequestBuilder {
    api_call().with(kind, value(kind))
}

/// A request that creates a contact with the identifier; a cookie needs another one beside it.
fn claiming(kind: Kind) -> RequestBuilder {
    match kind {
        Kind::ExternalId => of(kind),
        _ => of(kind).external("a"),
    }
}

fn creating(key: &str, creating: bool) -> Command {
    let key = event_type(key);
    Command::SetCreating { key, creating }
}

async fn types(f: &Fixture<'_>) -> Vec<EventType> {
    f.store()
        .event_types(f.workspace, None, 1_000)
        .await
        .expect("read types")
}

async fn page(f: &Fixture<'_>, id: ContactId, query: EventQuery) -> Vec<Event> {
    let found = f.store().events(f.workspace, &HistoryOf::Contact(id), &query).await;
    found.expect("read a history").expect("the contact is there")
}

fn seconds(at: Timestamp, seconds: i64) -> Timestamp {
    at + chrono::TimeDelta::seconds(seconds)
}

pub async fn an_event_reads_back_whole(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").upsert()).await;
    let occurred_at = seconds(f.clock().now(), -1_000_000) + chrono::TimeDelta::microseconds(7);
    let params = EventParams::parse(r#"{"Їжак": {"b": [1, null, "\u0000'\""]}, "a": ""}"#).expect("an object");
    for (number, origin) in Origin::ALL.into_iter().enumerate() {
        let sent = EventId::sent(&number.to_string());
        let request = EventRequest {
            id: Some(sent),
            key_value: EventKeyValue::parse("ключ 1").ok(),
            occurred_at: Some(occurred_at),
            origin,
            params: params.clone(),
            ..api_call().external("a").happened("тип")
        };
        let decision = f.decide(keep(request)).await;
        let expected = Event {
            id: sent,
            decision: decision.id,
            type_key: event_type("тип"),
            key_value: EventKeyValue::parse("ключ 1").ok(),
            subject: Some(Subject::Contact(id)),
            occurred_at,
            received_at: decision.at,
            origin,
            params: params.clone(),
        };
        assert!(f.history(id).await.contains(&expected), "{expected:?}");
    }
    let decision = f.decide(keep(api_call().external("a").happened("plain"))).await;
    let latest = f.history(id).await.remove(0);
    assert_eq!((latest.occurred_at, latest.key_value), (decision.at, None));
    assert_eq!(latest.params, EventParams::default());
}

pub async fn history_comes_latest_first_and_by_page(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").upsert()).await;
    let start = f.clock().now();
    // Three at each of four moments, in different months; some have event IDs of their senders.
    let happened = |number: i64| EventRequest {
        id: (number % 2 == 0).then(|| EventId::sent(&number.to_string())),
        occurred_at: Some(seconds(start, (number / 3) * -5_000_000)),
        ..api_call().external("a").happened(&format!("e{number}"))
    };
    f.decide_all((0..12).map(|number| keep(happened(number))).collect())
        .await;
    let whole = f.history(id).await;
    let names: Vec<&str> = whole.iter().map(|event| event.type_key.as_str()).collect();
    let of_one_moment = ["e2", "e1", "e0", "e5", "e4", "e3", "e8", "e7", "e6", "e11", "e10", "e9"];
    assert_eq!(names, of_one_moment, "what arrived last comes first");
    for size in [1, 2, 5, 12, 50] {
        let (mut read, mut after) = (Vec::new(), None);
        loop {
            let query = EventQuery {
                after,
                ..EventQuery::latest(size)
            };
            let found = page(&f, id, query).await;
            assert!(found.len() <= size as usize);
            let Some(last) = found.last() else { break };
            after = Some(last.place());
            read.extend(found);
        }
        assert_eq!(read, whole, "pages of {size}");
    }
}

pub async fn history_is_filtered_by_kind_and_time(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").cookie("c").upsert()).await;
    let start = f.clock().now();
    for (name, number) in ["PageView", "order", "PageView", "pageview"].into_iter().zip(0..) {
        let request = EventRequest {
            occurred_at: Some(seconds(start, number)),
            ..api_call().cookie("c").happened(name)
        };
        f.decide(keep(request)).await;
    }
    let read = async |query: EventQuery| -> Vec<i64> {
        let found = page(&f, id, query).await;
        found
            .iter()
            .map(|event| (event.occurred_at - start).num_seconds())
            .collect()
    };
    let all = || EventQuery::latest(10);
    let views = |page_views| EventQuery { page_views, ..all() };
    assert_eq!(read(views(Some(true))).await, [2, 0]);
    assert_eq!(read(views(Some(false))).await, [3, 1]);
    assert_eq!(read(EventQuery::latest(3)).await, [3, 2, 1]);
    let between = |from: i64, until: i64| EventQuery {
        from: Some(seconds(start, from)),
        until: Some(seconds(start, until)),
        ..all()
    };
    assert_eq!(read(between(1, 3)).await, [2, 1]);
    assert_eq!(read(between(0, 0)).await, [0; 0]);
    let last = page(&f, id, all()).await.remove(1);
    let all_at_once = EventQuery {
        page_views: Some(true),
        after: Some(last.place()),
        ..between(0, 3)
    };
    assert_eq!(read(all_at_once).await, [0]);
}

pub async fn what_waits_is_adopted(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    let first = f.decide(keep(of(kind).happened("one"))).await;
    assert_eq!((first.outcome, first.contact), (Outcome::Unmatched, None));
    let [Effect::EventWaits { visitor }] = first.effects[..] else {
        panic!("{first:?}")
    };
    let second = f.decide(keep(of(kind).happened("two"))).await;
    assert_eq!(second.effects, [Effect::EventWaits { visitor }]);
    assert!(f.all().await.is_empty());
    let key = identifier(kind, value(kind)).key;
    let waiting = f.store().visitors(f.workspace, &key).await.expect("read visitors");
    assert_eq!((waiting.len(), waiting[0].id, waiting[0].owner), (1, visitor, None));
    assert_eq!((waiting[0].since, &waiting[0].key), (first.at, &key));
    let claimed = f.decide(claiming(kind).upsert()).await;
    let id = contact_of(&claimed);
    assert_eq!(f.happened(id).await, ["one", "two"]);
    assert!(claimed.effects.contains(&Effect::VisitorAdopted { visitor }));
    let adopted = f.identity(id).await.visitors;
    assert_eq!(
        (adopted.len(), adopted[0].owner, adopted[0].home),
        (1, Some(id), Some(id))
    );
    f.decide(keep(of(kind).happened("three"))).await;
    assert_eq!(f.happened(id).await, ["one", "two", "three"]);
}

pub async fn what_waits_is_adopted_within_a_batch(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    let batch = vec![
        keep(of(kind).happened("one")),
        claiming(kind).upsert(),
        keep(of(kind).happened("two")),
    ];
    let decisions = f.decide_all(batch).await;
    assert_eq!(f.happened(contact_of(&decisions[1])).await.len(), 2);
}

pub async fn a_cookie_that_moves_divides_the_history(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let view = async |name: &str| f.decide(keep(api_call().cookie("c").happened(name))).await;
    view("before").await;
    let one = f.id(api_call().external("a").cookie("c").upsert()).await;
    view("one").await;
    let two = f.id(api_call().external("b").cookie("c").upsert()).await;
    view("two").await;
    assert_eq!(f.happened(one).await, ["before", "one"]);
    assert_eq!(f.happened(two).await, ["two"]);
}

pub async fn an_event_type_says_whether_its_events_create_contacts(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    assert_eq!(f.decide(creating("order", true)).await.outcome, Outcome::Updated);
    assert_eq!(f.decide(creating("order", true)).await.outcome, Outcome::Unchanged);
    f.reopen().await;
    let made = f
        .decide(keep(api_call().email("a@example.com").happened("order")))
        .await;
    assert_eq!(made.outcome, Outcome::Created);
    assert_eq!(f.happened(contact_of(&made)).await, ["order"]);
    for name in ["other", "Order"] {
        let other = f.decide(keep(api_call().email("b@example.com").happened(name))).await;
        assert_eq!(other.outcome, Outcome::Unmatched, "{name}");
    }
    let alone = f.decide(keep(api_call().cookie("c").happened("order"))).await;
    assert_eq!(alone.outcome, Outcome::Unmatched, "a cookie makes no contact");
    f.decide(creating("order", false)).await;
    let off = f.decide(keep(api_call().external("c").happened("order"))).await;
    assert_eq!(off.outcome, Outcome::Unmatched);
}

pub async fn events_are_counted_by_type_and_types_page(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let happened = |name: &str| keep(api_call().cookie("c").happened(name));
    let first = f.decide(happened("b")).await;
    let second = f.decide_all(vec![happened("b"), happened("Ї"), happened("b")]).await;
    f.decide(creating("c", true)).await;
    let row = |key: &str, creates_contacts, first_seen, last_seen, count| EventType {
        key: event_type(key),
        creates_contacts,
        first_seen,
        last_seen,
        count,
    };
    let (first, last) = (Some(first.at), Some(second[2].at));
    let expected = [
        row("b", false, first, last, 3),
        row("c", true, None, None, 0),
        row("Ї", false, last, last, 1),
    ];
    assert_eq!(types(&f).await, expected);
    let rest = f.store().event_types(f.workspace, Some(&event_type("b")), 1).await;
    assert_eq!(rest.expect("read types"), expected[1..2]);
}

pub async fn an_event_with_an_identity_is_stored_once(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").upsert()).await;
    let sent = |name: &str, text: &str| {
        keep(EventRequest {
            id: Some(EventId::sent(text)),
            ..api_call().external("a").happened(name)
        })
    };
    f.decide_all(vec![sent("one", "x"), sent("one again", "x"), sent("two", "y")])
        .await;
    f.reopen().await;
    let again = f.decide(sent("much later", "x")).await;
    assert!(matches!(again.effects[..], [Effect::Skipped(_)]), "{again:?}");
    assert_eq!(f.happened(id).await.len(), 2);
    assert_eq!(types(&f).await.iter().map(|row| row.count).sum::<u64>(), 2);
}

pub async fn an_event_sent_to_two_servers_at_once_is_stored_once(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").upsert()).await;
    let other = f.second_server();
    for round in 0..5 {
        let sent = || {
            let request = EventRequest {
                id: Some(EventId::sent(&round.to_string())),
                ..api_call().external("a").happened("once")
            };
            Submission::of(keep(request))
        };
        let all = (0..6).map(|number| {
            let app = if number % 2 == 0 { f.app() } else { &other };
            app.submit(f.workspace, sent())
        });
        for done in join_all(all).await {
            done.expect("submit");
        }
    }
    assert_eq!(f.happened(id).await.len(), 5);
}

/// The contact that claims the identifier shows the event, whichever of the two arrives first.
pub async fn events_that_race_with_a_claim_are_not_lost(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let other = f.second_server();
    for round in 0..8 {
        let (email, cookie) = (format!("p{round}@example.com"), format!("c{round}"));
        let mut commands = vec![api_call().email(&email).cookie(&cookie).upsert()];
        for number in 0..3 {
            let by_email = api_call().email(&email).happened(&format!("e{number}"));
            let by_cookie = api_call().cookie(&cookie).happened(&format!("c{number}"));
            commands.extend([keep(by_email), keep(by_cookie)]);
        }
        commands.rotate_left(round % 7);
        let all = commands.into_iter().enumerate().map(|(number, command)| {
            let app = if number % 2 == 0 { f.app() } else { &other };
            app.submit(f.workspace, Submission::of(command))
        });
        for done in join_all(all).await {
            done.expect("submit");
        }
        let holders = f.holders(&identifier(Kind::Email, &email).key).await;
        let mut seen = f.happened(holders[0]).await;
        seen.sort();
        assert_eq!(seen, ["c0", "c1", "c2", "e0", "e1", "e2"], "round {round}");
    }
}

pub async fn an_event_of_a_removed_contact_waits_with_it(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").upsert()).await;
    f.decide(remove(id)).await;
    f.decide(keep(api_call().external("a").happened("late"))).await;
    assert!(!f.is_there(id).await);
    assert_eq!(f.happened(id).await, ["late"]);
    f.id(api_call().external("a").upsert()).await;
    assert_eq!(f.happened(id).await, ["late"]);
}

pub async fn merges_bring_history_and_undoing_gives_it_back(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    f.decide(keep(api_call().email("a@example.com").happened("waited")))
        .await;
    f.decide(keep(api_call().cookie("c").happened("viewed"))).await;
    let one = f.id(api_call().email("a@example.com").cookie("c").upsert()).await;
    let two = f.id(api_call().external("b").upsert()).await;
    let three = f.id(api_call().external("z").upsert()).await;
    f.decide(keep(api_call().contact(one).happened("one"))).await;
    let first = f.merge(two, one).await;
    let second = merge_of(&f.decide(crate::force_merge(three, two)).await);
    f.decide(keep(api_call().cookie("c").happened("viewed later"))).await;
    let whole = ["waited", "viewed", "one", "viewed later"];
    for id in [one, two, three] {
        assert_eq!(f.happened(id).await, whole);
    }
    f.decide(keep(api_call().contact(one).happened("three"))).await;
    f.decide(undo(first)).await;
    assert_eq!(f.happened(one).await, whole, "its visitors go home with what they left");
    assert_eq!(f.happened(three).await, ["three"]);
    f.decide(undo(second)).await;
    assert_eq!((f.happened(two).await.len(), f.happened(three).await.len()), (0, 1));
}

pub async fn erasing_leaves_no_history(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    f.decide(keep(api_call().cookie("c").happened("viewed"))).await;
    let id = f.id(api_call().external("a").cookie("c").upsert()).await;
    let absorbed = f.id(api_call().email("b@example.com").upsert()).await;
    let other = f.id(api_call().external("o").upsert()).await;
    for event in [
        api_call().external("a").happened("seen"),
        api_call().contact(absorbed).happened("absorbed"),
        api_call().external("o").happened("other"),
    ] {
        f.decide(keep(event)).await;
    }
    f.merge(id, absorbed).await;
    let visitors: Vec<_> = f.identity(id).await.visitors.iter().map(|visitor| visitor.id).collect();
    let read = async || {
        let of = HistoryOf::Visitors(visitors.clone());
        let found = f.store().events(f.workspace, &of, &EventQuery::latest(10)).await;
        found.expect("read").expect("visitors have a history").len()
    };
    assert_eq!(read().await, 1);
    f.decide(erase(id)).await;
    assert_eq!(read().await, 0);
    let again = f
        .id(api_call().external("a").email("b@example.com").cookie("c").upsert())
        .await;
    assert_eq!(f.happened(again).await, [""; 0]);
    assert_eq!(f.happened(other).await, ["other"]);
}

pub async fn a_subscription_is_recorded_as_an_event(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let mut request = api_call().email("a@example.com").request();
    request.form_type = FormType::parse("footer").ok();
    let subscribe = || Command::Contact(Call::Subscribe, Box::new(request.clone()));
    let id = f.id(subscribe()).await;
    f.decide(subscribe()).await;
    assert_eq!(
        f.happened(id).await,
        ["subscribeFromApi-footer", "subscribeUpdateFromApi-footer"]
    );
    assert_eq!(f.history(id).await[0].origin, Origin::Selfsame);
}

pub async fn a_dry_run_keeps_no_event(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").upsert()).await;
    let would = f.would(keep(api_call().external("a").happened("x"))).await;
    assert_eq!(would.contact, Some(id));
    let waits = f.would(keep(api_call().cookie("c").happened("x"))).await;
    assert!(matches!(waits.effects[..], [Effect::EventWaits { .. }]));
    let key = identifier(Kind::Cookie, "c").key;
    assert_eq!(f.happened(id).await, [""; 0]);
    assert_eq!(types(&f).await, []);
    assert_eq!(f.store().visitors(f.workspace, &key).await.expect("read visitors"), []);
}

pub async fn many_events_in_one_batch(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ids = [
        f.id(api_call().external("c0").upsert()).await,
        f.id(api_call().external("c1").upsert()).await,
    ];
    let happened = |number: usize| {
        keep(
            api_call()
                .external(&format!("c{}", number % 2))
                .happened(&format!("t{}", number % 7)),
        )
    };
    f.decide_all((0..500).map(happened).collect()).await;
    for id in ids {
        assert_eq!(f.history(id).await.len(), 250);
    }
    assert_eq!(types(&f).await.iter().map(|row| row.count).sum::<u64>(), 500);
}

pub async fn visitors_of_a_cookie_are_listed_latest_first(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").cookie("c").upsert()).await;
    let two = f.id(api_call().external("b").cookie("c").upsert()).await;
    let key = identifier(Kind::Cookie, "c").key;
    let visitors = f.store().visitors(f.workspace, &key).await.expect("read visitors");
    let owners: Vec<_> = visitors.iter().map(|visitor| visitor.owner).collect();
    assert_eq!(owners, [Some(two), Some(one)]);
    let unknown = identifier(Kind::Cookie, "d").key;
    assert_eq!(
        f.store().visitors(f.workspace, &unknown).await.expect("read visitors"),
        []
    );
}

pub async fn history_survives_a_restart(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    f.decide(keep(api_call().email("a@example.com").happened("one"))).await;
    f.reopen().await;
    f.decide(keep(api_call().email("a@example.com").happened("two"))).await;
    let id = f.id(api_call().email("a@example.com").upsert()).await;
    let before = f.history(id).await;
    f.reopen().await;
    assert_eq!((f.history(id).await, before.len()), (before, 2));
}

pub async fn history_is_the_workspace_s_own(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let happened = || {
        keep(EventRequest {
            id: Some(EventId::sent("x")),
            ..api_call().email("a@example.com").happened("seen")
        })
    };
    f.decide(happened()).await;
    f.decide(creating("seen", true)).await;
    f.enter_new_workspace("two").await;
    assert_eq!(types(&f).await, []);
    let id = f.id(api_call().email("a@example.com").upsert()).await;
    assert_eq!(f.happened(id).await, [""; 0]);
    f.decide(happened()).await;
    assert_eq!(f.happened(id).await, ["seen"]);
    f.decide(erase(id)).await;
    f.workspace = selfsame_domain::WorkspaceId(f.workspace.0 - 1);
    let first = f.id(api_call().email("a@example.com").upsert()).await;
    assert_eq!(f.happened(first).await, ["seen"]);
}

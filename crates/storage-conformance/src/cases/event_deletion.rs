//! Deleting events by the time at which they happened.

use crate::{Backend, Fixture, api_call, event_type, keep};
use chrono::TimeDelta;
use futures::future::join_all;
use selfsame_application::Submission;
use selfsame_application::ports::Clock;
use selfsame_domain::{
    Command, Decision, Effect, EventId, EventPeriod, EventRequest, EventType, Outcome, Rejection, Timestamp,
};

async fn allowed(backend: &mut dyn Backend) -> Fixture<'_> {
    let f = Fixture::new(backend).await;
    f.policy(|policy| policy.delete_past_events = true).await;
    f
}

/// An event of `a`, `days` ago, with its name as the sender's event ID.
fn event_at(f: &Fixture<'_>, name: &str, days: i64) -> Command {
    keep(EventRequest {
        id: Some(EventId::sent(name)),
        occurred_at: Some(ago(f, days)),
        ..api_call().external("a").happened(name)
    })
}

fn ago(f: &Fixture<'_>, days: i64) -> Timestamp {
    let midnight = f.clock().now().date_naive().and_time(chrono::NaiveTime::MIN);
    midnight.and_utc() - TimeDelta::days(days)
}

fn delete(from: Timestamp, until: Timestamp) -> Command {
    Command::DeleteEvents(EventPeriod { from, until })
}

fn deleted(decision: &Decision) -> (usize, bool) {
    match decision.effects[..] {
        [Effect::EventsDeleted { count, more }] => (count, more),
        _ => panic!("nothing of events in {decision:?}"),
    }
}

async fn types(f: &Fixture<'_>) -> Vec<EventType> {
    let found = f.store().event_types(f.workspace, None, 1_000).await;
    found.expect("read types")
}

pub async fn events_of_a_time_are_deleted(backend: &mut dyn Backend) {
    let f = allowed(backend).await;
    let id = f.id(api_call().external("a").email("a@example.com").upsert()).await;
    for days in [400, 40, 30, 20, 10] {
        f.decide(event_at(&f, &format!("d{days}"), days)).await;
    }
    let waiting = |name: &str, days| {
        keep(EventRequest {
            occurred_at: Some(ago(&f, days)),
            ..api_call().cookie("c").happened(name)
        })
    };
    f.decide(waiting("d30", 30)).await;
    f.decide(waiting("d10", 10)).await;
    let decision = f.decide(delete(ago(&f, 400), ago(&f, 20))).await;
    assert_eq!((decision.outcome, deleted(&decision)), (Outcome::Updated, (4, false)));
    // The end of the period is exclusive.
    assert_eq!(f.happened(id).await, ["d20", "d10"]);
    f.decide(api_call().external("a").cookie("c").upsert()).await;
    assert_eq!(f.happened(id).await, ["d20", "d10", "d10"]);
    let again = f.decide(delete(ago(&f, 400), ago(&f, 20))).await;
    assert_eq!((again.outcome, deleted(&again)), (Outcome::Unchanged, (0, false)));
    f.check().await;
}

pub async fn deleted_events_leave_the_counts_and_may_come_again(backend: &mut dyn Backend) {
    let f = allowed(backend).await;
    let id = f.id(api_call().external("a").upsert()).await;
    let same = |days| {
        keep(EventRequest {
            occurred_at: Some(ago(&f, days)),
            ..api_call().external("a").happened("many")
        })
    };
    f.decide_all(vec![same(9), same(8), same(2), event_at(&f, "one", 9)])
        .await;
    let before = types(&f).await;
    f.decide(delete(ago(&f, 9), ago(&f, 7))).await;
    let gone = EventType {
        key: event_type("one"),
        creates_contacts: false,
        first_seen: None,
        last_seen: None,
        count: 0,
    };
    let left = EventType {
        count: 1,
        ..before[0].clone()
    };
    assert_eq!((types(&f).await, before[0].count), (vec![left, gone], 3));
    assert_eq!(f.happened(id).await, ["many"]);
    f.decide(event_at(&f, "one", 9)).await;
    assert_eq!(f.happened(id).await, ["one", "many"]);
    let counts: Vec<u64> = types(&f).await.iter().map(|row| row.count).collect();
    assert_eq!(counts, [1, 1]);
}

pub async fn no_more_than_so_many_events_are_deleted_at_once(backend: &mut dyn Backend) {
    let f = allowed(backend).await;
    let start = ago(&f, 3);
    let happened = |number: usize| {
        keep(EventRequest {
            occurred_at: Some(start + TimeDelta::seconds(i64::try_from(number).unwrap_or_default())),
            ..api_call().happened("mass")
        })
    };
    let many = EventPeriod::MOST_AT_ONCE + 2;
    for first in (0..many).step_by(1_000) {
        f.decide_all((first..many.min(first + 1_000)).map(happened).collect())
            .await;
    }
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(deleted(&f.decide(delete(start, ago(&f, 0))).await));
    }
    assert_eq!(answers, [(EventPeriod::MOST_AT_ONCE, true), (2, false), (0, false)]);
    assert_eq!(types(&f).await[0].count, 0);
}

pub async fn events_are_deleted_where_that_is_on_and_in_one_workspace(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").upsert()).await;
    f.decide(event_at(&f, "kept", 2)).await;
    let all = || delete(Timestamp::UNIX_EPOCH, Timestamp::MAX_UTC);
    let refused = f.decide(all()).await;
    assert_eq!(refused.rejection, Some(Rejection::EventsAreKept));
    let first = f.enter_new_workspace("two").await;
    f.policy(|policy| policy.delete_past_events = true).await;
    f.decide(event_at(&f, "other", 2)).await;
    let would = f.would(all()).await;
    assert_eq!((deleted(&would), types(&f).await[0].count), ((1, false), 1));
    f.decide(all()).await;
    assert_eq!(types(&f).await[0].count, 0);
    f.workspace = first;
    assert_eq!(f.happened(id).await, ["kept"]);
}

pub async fn events_deleted_by_two_servers_at_once_are_counted_once(backend: &mut dyn Backend) {
    let f = allowed(backend).await;
    let other = f.second_server();
    let id = f.id(api_call().external("a").upsert()).await;
    f.decide_all(
        (1..=5)
            .map(|number| event_at(&f, &format!("e{number}"), number))
            .collect(),
    )
    .await;
    f.clock().advance_seconds(1);
    let submit = |number: usize| {
        let app = if number.is_multiple_of(2) { f.app() } else { &other };
        app.submit(f.workspace, Submission::of(delete(ago(&f, 30), ago(&f, 0))))
    };
    let mut counted = 0;
    for decisions in join_all((0..6).map(submit)).await {
        counted += deleted(&decisions.expect("submit")[0]).0;
    }
    assert_eq!((counted, f.happened(id).await.len()), (5, 0));
    assert!(types(&f).await.iter().all(|row| row.count == 0));
    other.close().await;
}

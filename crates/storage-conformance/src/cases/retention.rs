//! The expiry of events.

use crate::{Backend, Fixture, Kind, RequestBuilder, api_call, event_type, identifier, keep, keep_order};
use chrono::{Datelike, Months, NaiveTime, TimeDelta};
use selfsame_application::ports::{Clock, EventQuery, Expired, HistoryOf, OrderQuery};
use selfsame_domain::{
    Command, Effect, Event, EventId, EventRequest, OrderStatus, Outcome, Rejection, Subject, Timestamp, VisitorId,
};

/// The beginning of the month so many months ago.
fn month(f: &Fixture<'_>, back: u32) -> Timestamp {
    let first = f.clock().now().date_naive().with_day(1).expect("a month has a first");
    let month = first - Months::new(back);
    month.and_time(NaiveTime::MIN).and_utc()
}

/// An event of `a` with its name as the sender's event ID.
fn event_at(name: &str, at: Timestamp) -> Command {
    keep(EventRequest {
        id: Some(EventId::sent(name)),
        occurred_at: Some(at),
        ..api_call().external("a").happened(name)
    })
}

/// The number of days back into the month before the last one.
fn two_months(f: &Fixture<'_>) -> u32 {
    let days = (f.clock().now() - month(f, 1)).num_days() + 5;
    u32::try_from(days).expect("few days")
}

async fn expire(f: &Fixture<'_>) -> Expired {
    f.store().expire(f.clock().now()).await.expect("expire")
}

pub async fn events_are_kept_by_whole_months(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").upsert()).await;
    let instant = TimeDelta::microseconds(1);
    let ages = [
        ("ancient", month(&f, 700)),
        ("old", month(&f, 13)),
        ("last of its month", month(&f, 2) - instant),
        ("first of its month", month(&f, 2)),
        ("new", month(&f, 0)),
    ];
    for (name, at) in ages {
        f.decide(event_at(name, at)).await;
    }
    assert_eq!(expire(&f).await, Expired::default());
    assert_eq!(f.happened(id).await.len(), 5);
    let keeper = f.enter_new_workspace("two").await;
    let other = f.id(api_call().external("a").upsert()).await;
    f.decide(event_at("old", month(&f, 13))).await;
    f.workspace = keeper;
    let days = two_months(&f);
    f.policy(|policy| policy.event_retention_days = Some(days)).await;
    expire(&f).await;
    assert_eq!(f.happened(id).await, ["first of its month", "new"]);
    assert_eq!(expire(&f).await, Expired::default());
    f.workspace = selfsame_domain::WorkspaceId(keeper.0 + 1);
    assert_eq!(f.happened(other).await, ["old"]);
    f.check().await;
}

pub async fn more_events_than_go_at_once_expire(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").upsert()).await;
    let old = month(&f, 700);
    let happened = |number: i64| {
        keep(EventRequest {
            occurred_at: Some(old + TimeDelta::seconds(number)),
            ..api_call().external("a").happened("mass")
        })
    };
    for first in (0..5_100).step_by(1_000) {
        f.decide_all((first..5_100.min(first + 1_000)).map(happened).collect())
            .await;
    }
    f.policy(|policy| policy.event_retention_days = Some(365)).await;
    assert_eq!(expire(&f).await.events, 5_100);
    assert_eq!(f.happened(id).await, [""; 0]);
}

pub async fn what_belongs_to_expired_events_stays(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let old = month(&f, 13);
    let waits = |builder: RequestBuilder| {
        keep(EventRequest {
            occurred_at: Some(old),
            ..builder.happened("seen")
        })
    };
    f.decide(waits(api_call().cookie("c"))).await;
    let decision = f.decide(waits(api_call().email("a@example.com"))).await;
    let [Effect::EventWaits { visitor }] = decision.effects[..] else {
        panic!("no visitor in {decision:?}");
    };
    let types = async || f.store().event_types(f.workspace, None, 10).await.expect("read types");
    let before = types().await;
    f.policy(|policy| policy.event_retention_days = Some(30)).await;
    expire(&f).await;
    assert_eq!((types().await, before[0].count), (before, 2));
    // The visitors stay: later events belong to them, and then to the contact that adopts them.
    for builder in [api_call().cookie("c"), api_call().email("a@example.com")] {
        f.decide(keep(builder.happened("later"))).await;
    }
    let id = f
        .id(api_call().external("a").email("a@example.com").cookie("c").upsert())
        .await;
    assert_eq!(f.happened(id).await, ["later", "later"]);
    let subjects: Vec<_> = f.history(id).await.iter().map(|event| event.subject).collect();
    assert!(subjects.contains(&Some(Subject::Visitor(visitor))), "{subjects:?}");
    let key = identifier(Kind::Cookie, "c").key;
    let visitors = f.store().visitors(f.workspace, &key).await.expect("read visitors");
    let visitors: Vec<VisitorId> = visitors.iter().map(|visitor| visitor.id).collect();
    assert!(
        visitors
            .iter()
            .any(|id| subjects.contains(&Some(Subject::Visitor(*id))))
    );
    f.check().await;
}

pub async fn an_identity_is_remembered_as_long_as_events_are_kept(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").upsert()).await;
    f.policy(|policy| policy.event_retention_days = Some(30)).await;
    f.decide(event_at("x", f.clock().now())).await;
    expire(&f).await;
    let again = f.decide(event_at("x", f.clock().now())).await;
    assert_eq!((again.outcome, f.happened(id).await.len()), (Outcome::Unchanged, 1));
    f.clock().advance_seconds(100 * 86_400);
    let expired = expire(&f).await;
    assert_eq!((expired.identities, f.happened(id).await.len()), (1, 0));
    f.decide(event_at("x", f.clock().now())).await;
    assert_eq!(f.happened(id).await, ["x"]);
}

pub async fn an_event_older_than_events_are_kept_is_refused(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").upsert()).await;
    f.policy(|policy| policy.event_retention_days = Some(30)).await;
    let day = |days| f.clock().now() - TimeDelta::days(days);
    let decisions = f
        .decide_all(vec![event_at("in", day(29)), event_at("out", day(31))])
        .await;
    assert_eq!(decisions[0].rejection, None);
    assert_eq!(decisions[1].rejection, Some(Rejection::EventTooOld { days: 30 }));
    // The order is stored, and its decision says that the event is not.
    let long_ago = day(31);
    let order = api_call()
        .external("a")
        .ordered("1", OrderStatus::Initialized, long_ago);
    let kept = f.decide(keep_order(order)).await;
    let reported_as_old = kept
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::Skipped(skipped) if skipped.field == "date"));
    assert!(reported_as_old && kept.rejection.is_none(), "{kept:?}");
    let changed = api_call().external("a").ordered("1", OrderStatus::Delivered, day(28));
    f.decide(keep_order(changed)).await;
    assert_eq!(f.happened(id).await, ["in", "orderDELIVERED"]);
    let orders = f
        .store()
        .orders(f.workspace, id, &OrderQuery::latest(10))
        .await
        .expect("read orders");
    assert_eq!(orders.map(|orders| orders.len()), Some(1));
    let types = f.store().event_types(f.workspace, None, 10).await.expect("read types");
    assert!(types.iter().all(|row| row.key != event_type("out")), "{types:?}");
}

pub async fn a_page_goes_on_after_events_that_expired(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").upsert()).await;
    for back in 0..6 {
        f.decide(event_at(&format!("m{back}"), month(&f, back))).await;
    }
    let read = async |after| {
        let query = EventQuery {
            after,
            ..EventQuery::latest(4)
        };
        let found = f.store().events(f.workspace, &HistoryOf::Contact(id), &query).await;
        found.expect("read a history").expect("the contact is there")
    };
    let first = read(None).await;
    let last = first.last().map(Event::place);
    let days = two_months(&f);
    f.policy(|policy| policy.event_retention_days = Some(days)).await;
    expire(&f).await;
    assert_eq!((first.len(), read(last).await), (4, Vec::new()));
    let names: Vec<_> = read(None)
        .await
        .into_iter()
        .map(|event| event.type_key.to_string())
        .collect();
    assert_eq!(names, ["m0", "m1", "m2"]);
}

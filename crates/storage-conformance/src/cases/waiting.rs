//! History that waits behind an identifier of a contact that it does not find: a removed contact's identifier, or a quarantined one.

use super::events::{of, value};
use crate::{Backend, Fixture, Kind, api_call, erase, identifier, keep, remove};
use selfsame_application::ports::{EventQuery, HistoryOf};
use selfsame_domain::{Command, ContactId, Effect, Limits};

/// Limits that quarantine every identifier of a contact.
const NONE: Limits = Limits {
    email: 0,
    phone: 0,
    mobile_push: 0,
    web_push: 0,
    telegram: 0,
    device_id: 0,
    cookie: 0,
    field: 0,
};

/// Creates a contact with the identifier and an external ID.
fn holder(kind: Kind) -> Command {
    match kind {
        Kind::ExternalId => of(kind).upsert(),
        _ => of(kind).external("a").upsert(),
    }
}

/// The same contact by its external ID alone.
fn again(kind: Kind) -> Command {
    match kind {
        Kind::ExternalId => of(kind).upsert(),
        _ => api_call().external("a").upsert(),
    }
}

async fn removed(f: &Fixture<'_>, kind: Kind) -> ContactId {
    let id = f.id(holder(kind)).await;
    f.decide(remove(id)).await;
    f.decide(keep(of(kind).happened("meanwhile"))).await;
    id
}

pub async fn what_came_while_a_contact_was_removed_joins_it(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    let id = removed(&f, kind).await;
    let would = f.would(again(kind)).await;
    let restored = f.decide(again(kind)).await;
    assert_eq!(would.effects, restored.effects);
    assert_eq!(f.happened(id).await, ["meanwhile"]);
    f.decide(keep(of(kind).happened("later"))).await;
    assert_eq!(f.happened(id).await, ["meanwhile", "later"]);
}

pub async fn what_came_while_a_contact_was_removed_joins_it_in_a_batch(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    let id = f.id(holder(kind)).await;
    let batch = vec![remove(id), keep(of(kind).happened("meanwhile")), again(kind)];
    f.decide_all(batch).await;
    assert_eq!(f.happened(id).await, ["meanwhile"]);
}

pub async fn an_update_by_number_brings_it_too(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    let id = removed(&f, kind).await;
    f.decide(api_call().first("Ann").update(id)).await;
    assert_eq!(f.happened(id).await, ["meanwhile"]);
}

pub async fn what_waits_behind_a_quarantined_value_joins_when_it_counts(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    f.policy(|policy| policy.limits = NONE).await;
    let id = f.id(holder(kind)).await;
    f.decide(keep(of(kind).happened("meanwhile"))).await;
    f.policy(|policy| policy.limits = Limits::default()).await;
    let settled = f.decide(holder(kind)).await;
    assert_eq!(f.happened(id).await, ["meanwhile"]);
    let counts = |effect: &Effect| matches!(effect, Effect::Attached { .. });
    assert!(settled.effects.iter().any(counts), "{settled:?}");
}

pub async fn what_waits_behind_a_quarantined_value_stays_when_it_moves(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    f.policy(|policy| policy.limits = NONE).await;
    let id = f.id(holder(kind)).await;
    f.decide(keep(of(kind).happened("meanwhile"))).await;
    f.policy(|policy| policy.limits = Limits::default()).await;
    let other = f.id(of(kind).external("b").upsert()).await;
    f.decide(keep(of(kind).happened("later"))).await;
    assert_eq!(f.happened(id).await, ["meanwhile"]);
    assert_eq!(f.happened(other).await, ["later"]);
}

pub async fn erasing_takes_along_what_waits(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    let id = removed(&f, kind).await;
    f.decide(erase(id)).await;
    let key = identifier(kind, value(kind)).key;
    let left = f.store().visitors(f.workspace, &key).await.expect("read visitors");
    assert_eq!(left, []);
    assert_eq!(f.lookup(&key).await.record, selfsame_domain::KeyRecord::default());
    let other = f.id(holder(kind)).await;
    assert_eq!(f.happened(other).await, [""; 0]);
}

pub async fn erasing_takes_along_what_waits_in_its_batch(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    let id = f.id(holder(kind)).await;
    let event = |name| keep(of(kind).happened(name));
    let batch = vec![remove(id), event("before"), erase(id), event("after"), holder(kind)];
    let other = f.decide_all(batch).await.pop().and_then(|decision| decision.contact);
    assert_eq!(f.happened(other.expect("a contact")).await, ["after"]);
}

pub async fn what_waits_behind_a_value_of_two_stays_with_the_other(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let shared = || api_call().email("ann@example.com");
    let one = f.id(shared().external("a").upsert()).await;
    let two = f.id(shared().external("b").upsert()).await;
    f.decide(remove(one)).await;
    f.decide(remove(two)).await;
    f.decide(keep(shared().happened("meanwhile"))).await;
    f.decide(erase(one)).await;
    f.id(api_call().external("b").upsert()).await;
    assert_eq!(f.happened(two).await, ["meanwhile"]);
}

pub async fn history_behind_a_removed_contacts_shared_value_joins_after_a_restore(
    backend: &mut dyn Backend,
    kind: Kind,
) {
    let f = Fixture::new(backend).await;
    let shared = || api_call().with(kind, "c");
    for external in ["a", "b"] {
        f.decide(shared().external(external).upsert()).await;
    }
    let id = f.id(shared().external("c").upsert()).await;
    f.decide(remove(id)).await;
    assert_eq!(f.decide(keep(shared().happened("viewed"))).await.contact, None);
    f.decide(api_call().external("c").upsert()).await;
    assert_eq!(f.history(id).await.len(), 1);
    f.decide(erase(id)).await;
    f.check().await;
}

pub async fn what_names_a_shared_email_goes_with_its_only_holder(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let shared = || api_call().email("ann@example.com");
    let ann = f.id(shared().external("a").upsert()).await;
    for external in ["b", "c"] {
        f.decide(api_call().external(external).upsert()).await;
        f.decide(keep(shared().external(external).happened("with"))).await;
    }
    let decision = f.decide(keep(shared().happened("viewed"))).await;
    let waits = decision.effects.iter().find_map(|effect| match effect {
        Effect::EventWaits { visitor } => Some(*visitor),
        _ => None,
    });
    let behind = HistoryOf::Visitors(vec![waits.expect("it waits")]);
    let left = async || f.store().events(f.workspace, &behind, &EventQuery::latest(10)).await;
    assert_eq!(decision.contact, None);
    assert_eq!(left().await.expect("read events").map(|events| events.len()), Some(1));
    assert!(f.happened(ann).await.is_empty());
    f.decide(erase(ann)).await;
    assert_eq!(left().await.expect("read events"), Some(Vec::new()));
}

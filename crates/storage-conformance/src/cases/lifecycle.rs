//! Identifiers of each kind when their contact is removed, restored, erased, merged.

use super::kinds::{alone, may_be_shared, sample, values, with_other};
use crate::{Backend, Fixture, api_call, erase, force_merge, merge_of, remove, undo};
use selfsame_domain::{Effect, IdentifierKind, KeyRecord, Outcome, Rule};

pub async fn remove_hides(backend: &mut dyn Backend, kind: IdentifierKind) {
    let f = Fixture::new(backend).await;
    let [value, ..] = values(kind);
    let key = sample(kind).key;
    let first = f.id(with_other(kind, value, "other").upsert()).await;
    let decision = f.decide(remove(first)).await;
    assert_eq!(
        (decision.outcome, decision.contact, decision.rule),
        (Outcome::Removed, Some(first), Rule::ContactId)
    );
    assert!(!f.is_there(first).await);
    assert!(f.holders(&key).await.is_empty());
    assert!(f.all().await.is_empty());
    let holders = f.lookup(&key).await.holders;
    assert_eq!(
        holders
            .iter()
            .map(|holder| (holder.contact, holder.removed))
            .collect::<Vec<_>>(),
        [(first, true)]
    );
    let next = f.decide(alone(kind, value).upsert()).await;
    if kind == IdentifierKind::ExternalId {
        assert_eq!(
            (next.outcome, next.contact, next.rule),
            (Outcome::Restored, Some(first), Rule::Restore)
        );
        return;
    }
    assert_eq!(
        next.outcome,
        Outcome::Created,
        "only an external ID finds a removed contact"
    );
    let second = next.contact.expect("a contact");
    assert_eq!(f.holders(&key).await, [second]);
    let moved = next.effects.contains(&Effect::Moved {
        identifier: sample(kind),
        from: first,
    });
    assert_eq!(moved, !may_be_shared(kind), "{next:?}");
}

pub async fn restore(backend: &mut dyn Backend, kind: IdentifierKind) {
    let f = Fixture::new(backend).await;
    let [value, ..] = values(kind);
    let builder = with_other(kind, value, "other");
    let id = f.id(builder.clone().first("Ann").segment("s").upsert()).await;
    let before = f.observable(id).await;
    f.decide(remove(id)).await;
    let decision = if kind == IdentifierKind::ExternalId {
        f.decide(builder.upsert()).await
    } else {
        f.decide(api_call().external("other").upsert()).await
    };
    assert_eq!(
        (decision.outcome, decision.contact, decision.rule),
        (Outcome::Restored, Some(id), Rule::Restore)
    );
    assert_eq!(f.observable(id).await, before);
    assert_eq!(f.holders(&sample(kind).key).await, [id]);
    assert_eq!(f.contact(id).await.updated_at, decision.at);
}

pub async fn erase_frees(backend: &mut dyn Backend, kind: IdentifierKind) {
    let f = Fixture::new(backend).await;
    let [value, ..] = values(kind);
    let key = sample(kind).key;
    let first = f.id(with_other(kind, value, "other").upsert()).await;
    let decision = f.decide(erase(first)).await;
    assert_eq!((decision.outcome, decision.contact), (Outcome::Erased, Some(first)));
    assert!(!f.is_there(first).await);
    let lookup = f.lookup(&key).await;
    assert_eq!((lookup.record, lookup.holders.len()), (KeyRecord::default(), 0));
    let next = f.decide(with_other(kind, value, "other").upsert()).await;
    assert_eq!((next.outcome, next.rule), (Outcome::Created, Rule::NoMatch));
    let second = next.contact.expect("a contact");
    assert!(second > first, "a number is never used again");
    assert_eq!(f.holders(&key).await, [second]);
    assert_eq!(f.log(second).await, [next]);
    assert!(!f.is_there(first).await);
    assert_eq!(f.decide(remove(first)).await.outcome, Outcome::Rejected);
}

pub async fn merge_moves(backend: &mut dyn Backend, kind: IdentifierKind) {
    let f = Fixture::new(backend).await;
    let [value, ..] = values(kind);
    let key = sample(kind).key;
    let survivor = f.id(api_call().external("survivor").upsert()).await;
    let absorbed = f.id(alone(kind, value).upsert()).await;
    let before = (f.observable(survivor).await, f.observable(absorbed).await);
    let decision = f.decide(force_merge(survivor, absorbed)).await;
    assert_eq!((decision.outcome, decision.contact), (Outcome::Merged, Some(survivor)));
    let merge = merge_of(&decision);
    assert!(f.merge_record(merge).await.moved.identifiers.contains(&key));
    assert_eq!(f.holders(&key).await, [survivor]);
    let held = f.lookup(&key).await.holders.remove(0);
    assert_eq!(
        (held.contact, held.held.home, held.held.owner),
        (survivor, absorbed, survivor)
    );
    assert_eq!(
        f.would(api_call().with(kind, value).upsert()).await.contact,
        Some(survivor)
    );
    f.decide(undo(merge)).await;
    assert_eq!((f.observable(survivor).await, f.observable(absorbed).await), before);
    assert_eq!(f.holders(&key).await, [absorbed]);
    assert_eq!(
        f.would(api_call().with(kind, value).upsert()).await.contact,
        Some(absorbed)
    );
}

//! Web visitors and the owners of their history.

use super::raw::{at, plant, visitor};
use crate::{Backend, Fixture, Kind, api_call, by_external, identifier, merge_of, undo};
use chrono::TimeDelta;
use selfsame_domain::{ChangeSet, Command, Effect, Outcome, Visitor, VisitorId};
use uuid::Uuid;

pub async fn a_cookie_opens_a_visitor(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let decision = f.decide(api_call().external("a").cookie("Їc1").upsert()).await;
    let id = decision.contact.expect("a contact");
    let visitors = f.identity(id).await.visitors;
    assert_eq!(visitors.len(), 1);
    let Visitor {
        key,
        home,
        owner,
        since,
        closed_at,
        follows,
        id: visitor,
    } = visitors[0].clone();
    assert_eq!((key.value.as_str(), home, owner), ("Їc1", Some(id), Some(id)));
    assert_eq!((since, closed_at, follows), (decision.at, None, false));
    assert!(decision.effects.contains(&Effect::VisitorAdopted { visitor }));
    f.id(api_call().external("a").cookie("Їc1").upsert()).await;
    assert_eq!(
        f.identity(id).await.visitors.len(),
        1,
        "the same cookie again is the same visitor"
    );
}

pub async fn a_cookie_that_moves_ends_a_history(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").cookie("c").upsert()).await;
    let moved = f.decide(api_call().external("b").cookie("c").upsert()).await;
    let two = moved.contact.expect("a contact");
    let (old, new) = (f.identity(one).await.visitors, f.identity(two).await.visitors);
    assert_eq!((old.len(), new.len()), (1, 1));
    assert_eq!((old[0].closed_at, new[0].closed_at), (Some(moved.at), None));
    assert_eq!(
        (old[0].owner, new[0].owner, new[0].since),
        (Some(one), Some(two), moved.at)
    );
    let back = f.decide(api_call().external("a").cookie("c").upsert()).await;
    let visitors = f.identity(one).await.visitors;
    assert_eq!(
        visitors.iter().map(|visitor| visitor.closed_at).collect::<Vec<_>>(),
        [Some(moved.at), None]
    );
    assert_eq!(visitors[1].since, back.at);
    assert_eq!(f.identity(two).await.visitors[0].closed_at, Some(back.at));
}

pub async fn a_history_without_a_name_is_adopted(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    plant(
        &f,
        ChangeSet {
            visitors: vec![visitor(7, "c", None)],
            ..ChangeSet::default()
        },
    )
    .await;
    let id = VisitorId(Uuid::from_u128(7));
    let decision = f.decide(api_call().external("a").cookie("c").upsert()).await;
    assert!(
        decision.effects.contains(&Effect::VisitorAdopted { visitor: id }),
        "{decision:?}"
    );
    let contact = decision.contact.expect("a contact");
    let visitors = f.identity(contact).await.visitors;
    assert_eq!(visitors.len(), 1);
    assert_eq!(
        (visitors[0].id, visitors[0].since, visitors[0].home),
        (id, at(), Some(contact))
    );
}

pub async fn histories_go_with_a_merge_and_come_back(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").cookie("c1").upsert()).await;
    let two = f.id(api_call().email("b@example.com").cookie("c2").upsert()).await;
    f.id(api_call().external("other").email("other@example.com").upsert())
        .await;
    f.id(api_call().external("other").cookie("c2").upsert()).await;
    f.id(api_call().email("b@example.com").cookie("c3").upsert()).await;
    let before = (f.identity(one).await.visitors, f.identity(two).await.visitors);
    let merge = f.merge(one, two).await;
    let visitors = f.identity(one).await.visitors;
    assert_eq!(visitors.len(), 3, "closed histories come along");
    assert!(visitors.iter().all(|visitor| visitor.owner == Some(one)));
    assert!(visitors.is_sorted_by_key(|visitor| visitor.since));
    f.decide(undo(merge)).await;
    assert_eq!((f.identity(one).await.visitors, f.identity(two).await.visitors), before);
}

pub async fn histories_of_a_chain_come_back_to_whom_they_belong(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(f.id(api_call().device(name).cookie(name).upsert()).await);
    }
    let inner = f.merge(ids[1], ids[2]).await;
    let outer = f.merge(ids[0], ids[1]).await;
    assert_eq!(f.identity(ids[0]).await.visitors.len(), 3);
    f.decide(undo(outer)).await;
    assert_eq!(f.identity(ids[0]).await.visitors.len(), 1);
    assert_eq!(f.identity(ids[1]).await.visitors.len(), 2);
    f.decide(undo(inner)).await;
    for id in &ids {
        let visitors = f.identity(*id).await.visitors;
        assert_eq!(visitors.len(), 1);
        assert_eq!((visitors[0].home, visitors[0].owner), (Some(*id), Some(*id)));
    }
}

pub async fn an_inner_undo_leaves_histories_with_the_chain(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(f.id(api_call().device(name).cookie(name).upsert()).await);
    }
    let inner = f.merge(ids[1], ids[2]).await;
    f.merge(ids[0], ids[1]).await;
    f.decide(undo(inner)).await;
    assert_eq!(f.identity(ids[0]).await.visitors.len(), 2);
    assert_eq!(f.identity(ids[2]).await.visitors.len(), 1);
    assert_eq!(f.holders(&identifier(Kind::Cookie, "c").key).await, [ids[2]]);
}

pub async fn an_absorbed_visitor_brings_its_history(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let anonymous = f.id(api_call().device("d").cookie("c").upsert()).await;
    let before = f.identity(anonymous).await.visitors;
    let decision = f.decide(api_call().external("a").cookie("c").upsert()).await;
    let id = decision.contact.expect("a contact");
    assert_eq!(id, anonymous, "the anonymous contact adopts the external ID");
    assert_eq!(f.identity(id).await.visitors, before);
    let other = f.id(api_call().device("e").cookie("f").upsert()).await;
    let decision = f.decide(api_call().external("a").cookie("f").upsert()).await;
    merge_of(&decision);
    let visitors = f.identity(other).await.visitors;
    assert_eq!(visitors.len(), 2);
    assert!(
        visitors
            .iter()
            .all(|visitor| visitor.closed_at.is_none() && visitor.owner == Some(id))
    );
}

pub async fn undoing_and_merging_at_once_moves_histories_along(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().device("a").cookie("a").upsert()).await;
    let two = f.id(api_call().device("b").cookie("b").upsert()).await;
    let three = f.id(api_call().device("c").cookie("c").upsert()).await;
    let merge = f.merge(one, two).await;
    let decisions = f.decide_all(vec![undo(merge), crate::merge(three, two)]).await;
    assert_eq!(decisions[1].outcome, Outcome::Merged);
    f.check().await;
    assert_eq!(f.identity(one).await.visitors.len(), 1);
    assert_eq!(f.identity(three).await.visitors.len(), 2);
    f.decide(undo(merge_of(&decisions[1]))).await;
    assert_eq!(f.identity(two).await.visitors.len(), 1);
}

pub async fn undoing_and_claiming_at_once_splits_histories(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").cookie("a").upsert()).await;
    let two = f.id(api_call().email("b@example.com").cookie("b").upsert()).await;
    let merge = f.merge(one, two).await;
    let decisions = f
        .decide_all(vec![undo(merge), api_call().external("c").cookie("b").upsert()])
        .await;
    let three = decisions[1].contact.expect("a contact");
    f.check().await;
    assert_eq!(three, two, "the returned contact holds the cookie and no external ID");
    assert_eq!(f.identity(one).await.visitors.len(), 1);
    let visitors = f.identity(two).await.visitors;
    assert_eq!(
        visitors.iter().map(|visitor| visitor.owner).collect::<Vec<_>>(),
        [Some(two)]
    );
}

pub async fn the_first_thousand_visitors_are_listed(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").upsert()).await;
    let later = |number: u128| {
        let since = at() + TimeDelta::seconds(i64::try_from(2_000 - number).unwrap_or_default());
        Visitor {
            since,
            ..visitor(number, &format!("c{number}"), Some(id))
        }
    };
    let visitors = (1..=1_001).map(later).collect();
    plant(
        &f,
        ChangeSet {
            visitors,
            ..ChangeSet::default()
        },
    )
    .await;
    let listed = f.identity(id).await.visitors;
    assert_eq!(listed.len(), 1_000);
    assert!(listed.is_sorted_by_key(|visitor| visitor.since));
    assert_eq!(listed[0].key.value, "c1001");
    f.decide(Command::Remove {
        contact: by_external("a"),
        erase: true,
    })
    .await;
    let fresh = f.id(api_call().external("b").cookie("c1").upsert()).await;
    assert_eq!(f.identity(fresh).await.visitors.len(), 1);
}

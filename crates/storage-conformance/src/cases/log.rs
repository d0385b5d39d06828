//! The identity log, and its entries about identifiers.

use crate::{
    Backend, Fixture, Kind, api_call, email, erase, force_merge, identifier, keep, merge, merge_of, remove, undo,
};
use selfsame_application::ports::Clock;
use selfsame_domain::{Command, ContactId, ContactState, DecisionId, Outcome, Rejection};
use uuid::Uuid;

const DAY: i64 = 24 * 3600;

pub async fn every_decision_reads_back_as_it_was_answered(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let builder = api_call()
        .external("a")
        .email("Ann@example.com")
        .mobile("app", "t")
        .cookie("c")
        .segment("s");
    let mut expected = vec![f.decide(builder.first("Ann").upsert()).await];
    let id = expected[0].contact.expect("a contact");
    let thief = f.decide(api_call().external("b").mobile("app", "t").upsert()).await;
    expected.push(thief.clone());
    let two = thief.contact.expect("a contact");
    expected.push(f.decide(api_call().external("a").email("b@example.com").upsert()).await);
    expected.push(f.decide(remove(id)).await);
    expected.push(f.decide(api_call().external("a").upsert()).await);
    expected.push(f.decide(force_merge(id, two)).await);
    let merge = merge_of(&expected[5]);
    expected.push(f.decide(undo(merge)).await);
    assert_eq!(f.log(id).await, expected);
    let of_two = f.log(two).await;
    assert_eq!(of_two, [thief, expected[5].clone(), expected[6].clone()]);
}

pub async fn a_log_is_read_by_page(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let mut expected = Vec::new();
    for index in 0..7 {
        expected.push(
            f.decide(api_call().external("a").town(&format!("town {index}")).upsert())
                .await,
        );
    }
    let id = expected[0].contact.expect("a contact");
    let mut found = Vec::new();
    let mut after: Option<DecisionId> = None;
    loop {
        let page = f
            .store()
            .log(f.workspace, id, after, 3)
            .await
            .expect("read")
            .expect("a log");
        assert!(page.len() <= 3);
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        found.extend(page);
    }
    assert_eq!(found, expected);
    let none = f.store().log(f.workspace, id, None, 0).await.expect("read");
    assert_eq!(none, Some(Vec::new()));
}

pub async fn a_rejection_is_logged_for_the_contacts_that_it_concerns(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let holder = f.id(api_call().external("a").upsert()).await;
    let id = f.id(api_call().external("b").upsert()).await;
    let other = f.id(api_call().external("c").upsert()).await;
    let held = f.decide(api_call().external("a").update(id)).await;
    let merged = f.decide(merge(holder, id)).await;
    let without_contact = f.decide(merge(id, ContactId(999))).await;
    for (refused, about) in [(&held, Some(id)), (&merged, Some(holder)), (&without_contact, Some(id))] {
        assert_eq!((refused.outcome, refused.contact), (Outcome::Rejected, about));
    }
    assert_eq!(f.log(holder).await[1..], [held.clone(), merged.clone()]);
    assert_eq!(f.log(id).await[1..], [held.clone(), merged, without_contact]);
    assert_eq!(f.log(other).await.len(), 1);
    f.decide(erase(holder)).await;
    assert_eq!(
        f.log(id).await.len(),
        4,
        "what names an erased contact stays, without it"
    );
    let held = f.decided(held.id).await.and_then(|held| held.rejection);
    let without_contact = ContactId::ERASED;
    assert_eq!(
        held,
        Some(Rejection::ExternalIdHeld {
            holder: without_contact
        })
    );
}

pub async fn a_decision_is_read_by_its_identity(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let made = f.decide(api_call().external("a").device("d").upsert()).await;
    let id = crate::contact_of(&made);
    let moved = f.decide(api_call().external("b").device("d").upsert()).await;
    let removed = f.decide(remove(id)).await;
    let gone = f.decide(remove(id)).await;
    assert_eq!(gone.outcome, Outcome::Rejected);
    for decision in [made.clone(), moved, removed, gone] {
        assert_eq!(f.decided(decision.id).await, Some(decision));
    }
    f.enter_new_workspace("two").await;
    assert!(f.decided(made.id).await.is_none());
}

pub async fn a_decision_without_a_contact_is_read_by_its_id_and_names_no_contact(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let refused = f.decide(api_call().cookie("c").upsert()).await;
    assert_eq!(refused.rejection, Some(Rejection::CookieAlone));
    let read_back = f.decided(refused.id).await.expect("the refusal");
    assert_eq!(
        (read_back.outcome, read_back.rejection),
        (refused.outcome, refused.rejection)
    );
    let unsubscribe = Command::Unsubscribe {
        email: email("ann@example.com"),
        unsubscribed: true,
    };
    let decision = f.decide(unsubscribe.clone()).await;
    let read_back = f.decided(decision.id).await.expect("the decision");
    assert!(
        read_back.redacted && !format!("{read_back:?}").contains("ann@"),
        "{read_back:?}"
    );
    for nothing in [unsubscribe, keep(api_call().email("bob@example.com").happened("e"))] {
        let decision = f.decide(nothing).await;
        assert_eq!(f.decided(decision.id).await, None, "it says nothing, or is one of many");
    }
}

pub async fn a_decision_without_a_contact_is_kept_for_a_month(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let known = f.decide(api_call().external("a").upsert()).await;
    let without_contact = f.decide(api_call().cookie("c").upsert()).await;
    let from_a_page = f.decide(api_call().cookie("c").event(false)).await;
    assert_eq!(
        f.decided(from_a_page.id).await,
        None,
        "anybody can make as many as they like"
    );
    let prune = async || f.store().prune(Clock::now(f.clock())).await.expect("prune");
    f.clock().advance_seconds((DecisionId::DAYS_WITHOUT_CONTACT - 1) * DAY);
    assert_eq!(prune().await, 0);
    assert!(f.decided(without_contact.id).await.is_some());
    f.clock().advance_seconds(2 * DAY);
    assert_eq!(prune().await, 1);
    assert_eq!(f.decided(without_contact.id).await, None);
    assert!(f.decided(known.id).await.is_some());
}

pub async fn an_unsubscription_is_logged_for_the_holders_of_the_address(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").email("x@example.com").upsert()).await;
    let two = f.id(api_call().external("b").email("x@example.com").upsert()).await;
    let other = f.id(api_call().external("c").email("y@example.com").upsert()).await;
    let unsubscribe = |unsubscribed| Command::Unsubscribe {
        email: email("X@example.com"),
        unsubscribed,
    };
    let done = f.decide(unsubscribe(true)).await;
    let again = f.decide(unsubscribe(true)).await;
    assert_eq!((done.outcome, again.outcome), (Outcome::Updated, Outcome::Unchanged));
    let undone = f.decide(unsubscribe(false)).await;
    for id in [one, two] {
        assert_eq!(f.log(id).await[1..], [done.clone(), undone.clone()]);
    }
    assert_eq!(f.log(other).await.len(), 1);
}

pub async fn what_is_removed_is_explained_until_it_is_erased(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("b").upsert()).await;
    f.decide(remove(id)).await;
    let log = async |id| f.store().log(f.workspace, id, None, 10).await.expect("read a log");
    let view = async |id| f.store().identity(f.workspace, id).await.expect("read an identity");
    let outcomes = log(id)
        .await
        .map(|log| log.iter().map(|decision| decision.outcome).collect::<Vec<_>>());
    assert_eq!(outcomes, Some(vec![Outcome::Created, Outcome::Removed]));
    let contact = view(id).await.map(|view| view.contact);
    assert_eq!(
        contact.map(|contact| (contact.id, contact.state)),
        Some((id, ContactState::Removed))
    );
    f.decide(erase(id)).await;
    for id in [id, ContactId(999)] {
        assert!(log(id).await.is_none());
        assert!(view(id).await.is_none());
    }
}

pub async fn the_survivors_log_includes_the_absorbed_contacts_log_once(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.decide(api_call().external("a").upsert()).await;
    let two = f.decide(api_call().device("d").upsert()).await;
    let three = f.decide(api_call().device("e").upsert()).await;
    let ids = [&one, &two, &three].map(crate::contact_of);
    let inner = f.decide(crate::merge(ids[1], ids[2])).await;
    let outer = f.decide(crate::merge(ids[0], ids[1])).await;
    let expected = vec![one, two, three, inner, outer];
    for id in ids {
        assert_eq!(
            f.log(id).await,
            expected,
            "the canonical contact answers for every number"
        );
    }
    let after = f
        .store()
        .log(f.workspace, ids[2], Some(expected[2].id), 10)
        .await
        .expect("read")
        .expect("a log");
    assert_eq!(after, expected[3..]);
}

pub async fn a_lookup_of_an_unknown_value_is_empty(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let lookup = f.lookup(&identifier(Kind::Email, "nobody@example.com").key).await;
    assert!(lookup.holders.is_empty() && lookup.record.seen_with.is_empty());
}

pub async fn the_first_hundred_holders_are_listed_by_contact_id(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let requests = (0..103)
        .map(|index| {
            api_call()
                .external(&format!("e{index}"))
                .email("x@example.com")
                .upsert()
        })
        .collect();
    let ids: Vec<ContactId> = f.decide_all(requests).await.iter().map(crate::contact_of).collect();
    let holders = f.lookup(&identifier(Kind::Email, "x@example.com").key).await.holders;
    assert_eq!(holders.len(), 100);
    assert_eq!(
        holders.iter().map(|holder| holder.contact).collect::<Vec<_>>(),
        ids[..100]
    );
}

pub async fn a_value_brought_by_two_contacts_is_listed_twice(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").email("x@example.com").upsert()).await;
    let two = f.id(api_call().external("b").email("x@example.com").upsert()).await;
    f.decide(force_merge(two, one)).await;
    let holders = f.lookup(&identifier(Kind::Email, "x@example.com").key).await.holders;
    let found: Vec<_> = holders
        .iter()
        .map(|holder| (holder.contact, holder.held.home))
        .collect();
    assert_eq!(found, [(two, one), (two, two)], "by contact, then home");
    let unknown = f
        .store()
        .merge(f.workspace, selfsame_domain::MergeId(Uuid::from_u128(1)))
        .await
        .expect("read");
    assert!(unknown.is_none());
}

pub async fn an_absorbed_contact_s_decisions_are_listed_latest_first(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").upsert()).await;
    let two = f.id(api_call().email("b@example.com").upsert()).await;
    f.decide(api_call().external("a").first("Ann").upsert()).await;
    f.merge(one, two).await;
    let read = async |after: Option<DecisionId>, limit| {
        let found = f.store().latest_decisions(f.workspace, two, after, limit).await;
        found.expect("read").expect("the contact is there")
    };
    let listed = read(None, 10).await;
    let touched: Vec<ContactId> = listed.iter().map(|(touched, _)| *touched).collect();
    assert_eq!(
        touched,
        [one, one, two, one],
        "the latest first; the merge touched both"
    );
    let read = async |after, limit| {
        let listed = read(after, limit).await;
        listed.into_iter().map(|(_, decision)| decision).collect::<Vec<_>>()
    };
    let whole = read(None, 10).await;
    let mut expected = f.log(one).await;
    expected.reverse();
    assert_eq!((whole.len(), &whole), (4, &expected));
    assert_eq!(read(None, 1).await, whole[..1]);
    assert_eq!(read(Some(whole[0].id), 2).await, whole[1..3]);
    let without_contact = f.store().latest_decisions(f.workspace, ContactId(99), None, 1).await;
    assert_eq!(without_contact.expect("read"), None);
}

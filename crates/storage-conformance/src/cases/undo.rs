//! Undoing merges.

use super::contacts::shown;
use super::tree::{Shape, Tree, orders};
use crate::{Backend, Fixture, Kind, api_call, contact_of, identifier, merge, merge_of, remove, undo};
use selfsame_domain::values::ChannelType;
use selfsame_domain::{
    AttributeInput, AttributeKey, Call, ContactId, ContactState, Decision, Effect, NotLinkedReason, Outcome,
};

pub async fn undoing_a_merge_leaves_no_trace(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let builder = api_call().external("a").email("a@example.com").cookie("c1");
    let one = f.id(builder.first("Ann").segment("s").upsert()).await;
    let builder = api_call()
        .email("b@example.com")
        .sms("+380501234567")
        .device("d")
        .cookie("c2")
        .mobile("app", "t");
    let two = f.id(builder.first("Bob").town("Lviv").segment("t").upsert()).await;
    let before = (f.observable(one).await, f.observable(two).await);
    let updated = (f.contact(one).await.updated_at, f.contact(two).await.updated_at);
    let visitors = (f.identity(one).await.visitors, f.identity(two).await.visitors);
    let merge = f.merge(one, two).await;
    assert_eq!(f.all().await, [one]);
    assert_eq!(f.decide(undo(merge)).await.outcome, Outcome::Unmerged);
    assert_eq!((f.observable(one).await, f.observable(two).await), before);
    assert_eq!(
        (f.contact(one).await.updated_at, f.contact(two).await.updated_at),
        updated,
        "rule 3 chooses as before"
    );
    assert_eq!(
        (f.identity(one).await.visitors, f.identity(two).await.visitors),
        visitors
    );
    let contact = f.contact(two).await;
    assert_eq!(
        (contact.state, contact.canonical, contact.merged_into),
        (ContactState::Active, two, None)
    );
    assert!(
        contact
            .identifiers
            .iter()
            .all(|held| held.home == two && held.owner == two)
    );
}

/// Undoes a shape in every order. Without data between the merges, all contacts are as before; with data, the order makes no difference.
async fn every_order(backend: &mut dyn Backend, count: usize, shape: Shape) {
    let mut f = Fixture::new(backend).await;
    let mut outcomes = Vec::new();
    for (index, order) in orders(shape.len()).iter().enumerate() {
        f.enter_new_workspace(&format!("plain {index}")).await;
        let tree = Tree::grow(&f, count, shape, false).await;
        tree.undo(&f, order).await;
        assert_eq!(
            tree.observables(&f).await,
            tree.before,
            "after undoing in the order {order:?}"
        );
        f.enter_new_workspace(&format!("data {index}")).await;
        let tree = Tree::grow(&f, count, shape, true).await;
        tree.undo(&f, order).await;
        outcomes.push((order.clone(), tree.observables(&f).await));
    }
    let (first, expected) = &outcomes[0];
    for (order, observables) in &outcomes {
        assert_eq!(
            observables, expected,
            "the order {order:?} leads elsewhere than {first:?}"
        );
    }
}

pub async fn three_in_a_line(backend: &mut dyn Backend) {
    every_order(backend, 3, &[(1, 2), (0, 1)]).await;
}

pub async fn three_upwards(backend: &mut dyn Backend) {
    every_order(backend, 3, &[(1, 0), (2, 1)]).await;
}

pub async fn three_in_a_star(backend: &mut dyn Backend) {
    every_order(backend, 3, &[(0, 1), (0, 2)]).await;
}

pub async fn four_in_a_line(backend: &mut dyn Backend) {
    every_order(backend, 4, &[(2, 3), (1, 2), (0, 1)]).await;
}

pub async fn four_upwards(backend: &mut dyn Backend) {
    every_order(backend, 4, &[(1, 0), (2, 1), (3, 2)]).await;
}

pub async fn four_in_a_star(backend: &mut dyn Backend) {
    every_order(backend, 4, &[(0, 1), (0, 2), (0, 3)]).await;
}

pub async fn four_in_two_pairs(backend: &mut dyn Backend) {
    every_order(backend, 4, &[(0, 1), (2, 3), (0, 2)]).await;
}

pub async fn what_the_absorbed_brought_goes_home_alone(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let phone = "+380501234567";
    let one = f.id(api_call().external("a").upsert()).await;
    let two = f.id(api_call().sms(phone).upsert()).await;
    let before = (f.observable(one).await, f.observable(two).await);
    let named = api_call().external("a").sms(phone);
    let merge = merge_of(&f.decide(named.clone().upsert()).await);
    // A request sends it again before the undo; it still counts as brought by the absorbed contact.
    f.id(named.clone().upsert()).await;
    f.decide(undo(merge)).await;
    assert_eq!((f.observable(one).await, f.observable(two).await), before);
    f.id(named.upsert()).await;
    let before = (f.observable(one).await, f.observable(two).await);
    let merge = f.merge(one, two).await;
    f.decide(undo(merge)).await;
    assert_eq!(
        (f.observable(one).await, f.observable(two).await),
        before,
        "both carry it"
    );
}

pub async fn what_arrived_after_the_merge_stays(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").upsert()).await;
    let two = f
        .id(api_call().email("b@example.com").town("Lviv").segment("s").upsert())
        .await;
    let before = f.observable(two).await;
    let merge = f.merge(one, two).await;
    let builder = api_call()
        .external("a")
        .sms("+380501234567")
        .mobile("app", "t")
        .first("Ann")
        .segment("t")
        .cookie("c");
    f.id(builder.upsert()).await;
    f.decide(undo(merge)).await;
    let contact = f.contact(one).await;
    assert_eq!(shown(&contact, ChannelType::Sms), ["+380501234567"]);
    assert_eq!(shown(&contact, ChannelType::MobilePush), ["t"]);
    assert_eq!(shown(&contact, ChannelType::Email), Vec::<String>::new());
    assert_eq!(contact.attributes.text(AttributeKey::FirstName), Some("Ann"));
    assert_eq!(contact.attributes.text(AttributeKey::Town), None);
    assert_eq!(contact.segments().len(), 1);
    assert_eq!(f.observable(two).await, before);
    assert_eq!(f.identity(one).await.visitors.len(), 1);
    assert_eq!(f.identity(two).await.visitors.len(), 0);
}

pub async fn a_value_that_the_survivor_replaced_shows_again(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").upsert()).await;
    let two = f.id(api_call().email("b@example.com").upsert()).await;
    let merge = f.merge(one, two).await;
    f.id(api_call().email("new@example.com").update(one)).await;
    let key = identifier(Kind::Email, "b@example.com").key;
    assert!(f.holders(&key).await.is_empty(), "it stops matching");
    assert!(f.lookup(&key).await.holders.is_empty());
    assert_eq!(
        f.would(api_call().email("b@example.com").upsert()).await.outcome,
        Outcome::Created
    );
    f.decide(undo(merge)).await;
    assert_eq!(f.holders(&key).await, [two]);
    assert_eq!(shown(&f.contact(one).await, ChannelType::Email), ["new@example.com"]);
}

pub async fn a_segment_that_the_survivor_left_is_entered_again(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").upsert()).await;
    let two = f.id(api_call().device("d").segment("s").upsert()).await;
    let merge = f.merge(one, two).await;
    let segment = f.segment("s").await;
    let contacts = vec![selfsame_domain::ContactRef::Id(one)];
    f.decide(selfsame_domain::Command::Detach { segment, contacts }).await;
    assert!(f.contact(one).await.segments().is_empty());
    f.decide(undo(merge)).await;
    assert!(f.contact(two).await.segments().contains(&segment));
    assert!(f.contact(one).await.segments().is_empty());
}

pub async fn a_channel_that_was_cleared_stays_empty_and_what_was_absorbed_goes_home(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").email("a@example.com").upsert()).await;
    let builder = api_call().email("b@example.com").sms("+380501234567");
    let two = f.id(builder.viber("+380501234567").upsert()).await;
    let before = f.observable(two).await;
    let merge = f.merge(one, two).await;
    let patch = api_call()
        .contact(one)
        .cleared(ChannelType::Email)
        .cleared(ChannelType::Sms);
    let cleared = f.decide(patch.call(Call::Patch)).await;
    assert_eq!((cleared.outcome, cleared.contact), (Outcome::Updated, Some(one)));
    for channel in [ChannelType::Email, ChannelType::Sms] {
        assert!(shown(&f.contact(one).await, channel).is_empty(), "{channel}");
    }
    assert_eq!(shown(&f.contact(one).await, ChannelType::Viber), ["+380501234567"]);
    for text in ["a@example.com", "b@example.com"] {
        assert_eq!(f.holders(&identifier(Kind::Email, text).key).await, []);
    }
    assert_eq!(f.log(one).await.last(), Some(&cleared));
    f.decide(undo(merge)).await;
    assert_eq!(f.observable(two).await, before);
    assert!(shown(&f.contact(one).await, ChannelType::Email).is_empty());
    f.check().await;
}

pub async fn a_value_that_was_cleared_stays_cleared(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").upsert()).await;
    let two = f.id(api_call().device("d").town("Lviv").upsert()).await;
    let three = f.id(api_call().device("e").town("Odesa").upsert()).await;
    let first = f.merge(one, two).await;
    let second = f.merge(one, three).await;
    f.id(api_call()
        .attribute(AttributeInput {
            key: AttributeKey::Town,
            value: None,
        })
        .update(one))
        .await;
    f.decide(undo(first)).await;
    assert_eq!(f.contact(one).await.attributes.text(AttributeKey::Town), None);
    f.decide(undo(second)).await;
    assert_eq!(f.contact(two).await.attributes.text(AttributeKey::Town), Some("Lviv"));
    assert_eq!(
        f.contact(three).await.attributes.text(AttributeKey::Town),
        Some("Odesa")
    );
}

pub async fn what_was_claimed_meanwhile_does_not_come_back(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").upsert()).await;
    let two = f
        .id(api_call().email("b@example.com").mobile("app", "t").upsert())
        .await;
    let merge = f.merge(one, two).await;
    let three = f.id(api_call().external("c").mobile("app", "t").upsert()).await;
    f.decide(undo(merge)).await;
    assert_eq!(f.holders(&identifier(Kind::MobilePush, "t").key).await, [three]);
    assert!(shown(&f.contact(two).await, ChannelType::MobilePush).is_empty());
}

pub async fn a_removed_survivor_gives_the_absorbed_contact_back(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").upsert()).await;
    let two = f.id(api_call().email("b@example.com").upsert()).await;
    let before = f.observable(two).await;
    let merge = f.merge(one, two).await;
    f.decide(remove(one)).await;
    f.decide(undo(merge)).await;
    assert!(!f.is_there(one).await);
    assert_eq!(f.observable(two).await, before);
}

pub async fn an_automatic_merge_is_undone_like_any_other(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let anonymous = f.id(api_call().device("d").town("Lviv").upsert()).await;
    let unclaimed = f.id(api_call().email("a@example.com").upsert()).await;
    let before = (f.observable(anonymous).await, f.observable(unclaimed).await);
    let id = f.id(api_call().external("a").upsert()).await;
    let first = f.decide(api_call().external("a").device("d").upsert()).await;
    let second = f.decide(api_call().external("a").email("a@example.com").upsert()).await;
    assert_eq!(f.all().await, [id]);
    f.decide(undo(merge_of(&first))).await;
    f.decide(undo(merge_of(&second))).await;
    assert_eq!((f.observable(anonymous).await, f.observable(unclaimed).await), before);
    let contact = f.contact(id).await;
    assert_eq!(contact.attributes.text(AttributeKey::Town), None);
    assert!(contact.visible(Kind::DeviceId).is_empty());
}

pub async fn an_external_id_that_was_given_back_can_be_taken_again(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().device("d").upsert()).await;
    let two = f.id(api_call().external("x").upsert()).await;
    f.merge(one, two).await;
    assert_eq!(f.contact(one).await.external_id(), Some("x"));
    f.id(api_call().external("y").update(one)).await;
    assert_eq!(f.contact(one).await.external_id(), Some("y"));
    let x = identifier(Kind::ExternalId, "x").key;
    assert_eq!(
        f.holders(&x).await,
        [one],
        "what the absorbed contact brought goes on answering"
    );
    assert_eq!(f.id(api_call().external("x").upsert()).await, one);
    f.id(api_call().external("x").update(one)).await;
    assert_eq!(f.contact(one).await.external_id(), Some("x"));
    f.check().await;
}

/// The contacts that a decision kept apart because a merge was undone.
fn kept(decision: &Decision) -> Vec<ContactId> {
    let not_linked = |effect: &Effect| match effect {
        Effect::NotLinked {
            contact,
            reason: NotLinkedReason::Undone,
            ..
        } => *contact,
        _ => None,
    };
    decision.effects.iter().filter_map(not_linked).collect()
}

const PHONE: &str = "+380501234567";

pub async fn what_was_taken_apart_merges_by_hand_only(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let two = f.id(api_call().sms(PHONE).upsert()).await;
    let one = f.id(api_call().external("a").upsert()).await;
    let both = || api_call().external("a").sms(PHONE).upsert();
    let merged = merge_of(&f.decide(both()).await);
    f.decide(undo(merged)).await;
    f.reopen().await;
    for _ in 0..2 {
        let again = f.decide(both()).await;
        assert_eq!((again.contact, kept(&again)), (Some(one), vec![two]));
    }
    assert_eq!(f.would(both()).await.contact, Some(one));
    assert_eq!(f.all().await, [two, one], "both are there");
    let by_hand = merge_of(&f.decide(merge(one, two)).await);
    let together = f.decide(both()).await;
    assert_eq!((together.contact, kept(&together)), (Some(one), vec![]));
    f.decide(undo(by_hand)).await;
    assert_eq!(kept(&f.decide(both()).await), [two], "the last word counts");
}

pub async fn what_was_taken_apart_stays_so_through_later_merges(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let two = f.id(api_call().sms(PHONE).upsert()).await;
    f.id(api_call().external("a").upsert()).await;
    let both = || api_call().external("a").sms(PHONE).upsert();
    f.decide(undo(merge_of(&f.decide(both()).await))).await;
    let three = f.id(api_call().device("d3").upsert()).await;
    f.merge(three, two).await;
    assert_eq!(kept(&f.decide(both()).await), [three], "it answers for the second");
    let four = f.id(api_call().device("d4").upsert()).await;
    f.merge(four, f.id(api_call().external("a").upsert()).await).await;
    let later = f.decide(both()).await;
    assert_eq!(
        (later.contact, kept(&later)),
        (Some(four), vec![three]),
        "each of the two is answered for by another now"
    );
}

pub async fn what_was_taken_apart_stays_so_in_the_batch_that_undoes_a_later_merge(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let two = f.id(api_call().sms(PHONE).upsert()).await;
    let one = f.id(api_call().external("a").upsert()).await;
    let both = || api_call().external("a").sms(PHONE).upsert();
    f.decide(undo(merge_of(&f.decide(both()).await))).await;
    let later = f.merge(f.id(api_call().external("c").upsert()).await, two).await;
    let decisions = f.decide_all(vec![undo(later), both()]).await;
    assert_eq!((decisions[1].contact, kept(&decisions[1])), (Some(one), vec![two]));
}

pub async fn an_anonymous_contact_that_was_taken_apart_is_not_absorbed_again(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let two = f.id(api_call().mobile("app", "t").device("d").upsert()).await;
    let one = f.id(api_call().external("a").upsert()).await;
    let claiming = || api_call().external("a").mobile("app", "t").upsert();
    f.decide(undo(merge_of(&f.decide(claiming()).await))).await;
    let again = f.decide(claiming()).await;
    assert_eq!(kept(&again), [two]);
    assert!(
        again
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Moved { from, .. } if *from == two))
    );
    assert_eq!(
        f.holders(&identifier(Kind::MobilePush, "t").key).await,
        [one],
        "rule 4 holds"
    );
    assert_eq!(f.holders(&identifier(Kind::DeviceId, "d").key).await, [two]);
    let adopting = f.decide(api_call().external("b").device("d").upsert()).await;
    assert_eq!(adopting.contact, Some(two), "rule 3 holds");
}

pub async fn an_undo_counts_within_its_submission(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let two = f.id(api_call().sms(PHONE).upsert()).await;
    f.id(api_call().external("a").upsert()).await;
    let both = || api_call().external("a").sms(PHONE).upsert();
    let first = f.decide(both()).await;
    let decisions = f.decide_all(vec![undo(merge_of(&first)), both()]).await;
    assert_eq!(kept(&decisions[1]), [two]);
    let third = contact_of(&f.decide(api_call().device("d3").upsert()).await);
    let made = f.decide_all(vec![merge(third, two), both()]).await;
    assert_eq!(kept(&made[1]), [third]);
    let decisions = f.decide_all(vec![undo(merge_of(&made[0])), both()]).await;
    assert_eq!(kept(&decisions[1]), [two]);
}

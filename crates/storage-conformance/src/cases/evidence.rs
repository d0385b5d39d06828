//! The limits of evidence: blocked, shared and quarantined values; unsubscribed addresses.

use super::kinds::{alone, may_be_shared, sample, values, with_other};
use crate::{Backend, Fixture, api_call, email, erase, identifier, keep, merge_of};
use selfsame_application::ports::{Clock, Holder, PeriodCounts, QuarantinedPlace, SharedIdentifier};
use selfsame_domain::values::{BlockedValue, BlockedValues};
use selfsame_domain::{
    Command, Effect, IdentifierKey, IdentifierKind, IdentifierState, Limits, MergeRule, NotLinkedReason, Outcome,
    Rejection, Rule, SubscribeStatus, Timestamp,
};

fn list(entries: Vec<BlockedValue>) -> BlockedValues {
    BlockedValues::new(entries).expect("a list")
}

fn block(kind: IdentifierKind, text: &str) -> BlockedValue {
    BlockedValue::exact(Some(kind.as_str()), text).expect("a value to block")
}

pub async fn shared(backend: &mut dyn Backend, kind: IdentifierKind) {
    let f = Fixture::new(backend).await;
    let [value, ..] = values(kind);
    let (identifier, key) = (sample(kind), sample(kind).key);
    for (index, external) in ["a", "b", "c"].into_iter().enumerate() {
        let decision = f.decide(api_call().external(external).with(kind, value).upsert()).await;
        let shared = Effect::Shared {
            identifier: identifier.clone(),
            now: true,
        };
        assert_eq!(decision.effects.contains(&shared), index == 2, "{decision:?}");
        let record = f.lookup(&key).await.record;
        assert_eq!(record.seen_with.len(), index + 1);
    }
    let builder = api_call().with(kind, value);
    let builder = if kind == IdentifierKind::DeviceId {
        builder
    } else {
        builder.device("new")
    };
    let decision = f.decide(builder.upsert()).await;
    assert_eq!(
        (decision.outcome, decision.rule),
        (Outcome::Created, Rule::NoMatch),
        "it is no evidence any more"
    );
    assert!(decision.effects.contains(&Effect::Shared { identifier, now: false }));
    let id = decision.contact.expect("a contact");
    assert!(f.holders(&key).await.contains(&id), "it is attached all the same");
    let seen_with = f.identity(id).await.keys.get(&key).map(|record| record.seen_with.len());
    assert_eq!(seen_with, Some(3));
}

pub async fn blocked(backend: &mut dyn Backend, kind: IdentifierKind) {
    let f = Fixture::new(backend).await;
    let [value, ..] = values(kind);
    let (identifier, key) = (sample(kind), sample(kind).key);
    let first = f.id(with_other(kind, value, "first").upsert()).await;
    f.policy(|policy| policy.blocked = list(vec![block(kind, value)])).await;
    let decision = f.decide(with_other(kind, value, "second").upsert()).await;
    assert_eq!((decision.outcome, decision.rule), (Outcome::Created, Rule::NoMatch));
    let kept = may_be_shared(kind);
    assert!(
        decision.effects.contains(&Effect::Blocked { identifier, kept }),
        "{decision:?}"
    );
    let second = decision.contact.expect("a contact");
    let holders = if kept { vec![first, second] } else { vec![first] };
    assert_eq!(f.holders(&key).await, holders);
    let of_second = f
        .lookup(&key)
        .await
        .holders
        .into_iter()
        .find(|holder| holder.contact == second);
    assert_eq!(
        of_second.map(|holder| holder.held.state),
        kept.then_some(IdentifierState::Blocked)
    );
    assert!(
        f.lookup(&key).await.record.seen_with.len() < 2,
        "a blocked value is not counted"
    );
}

pub async fn quarantined(backend: &mut dyn Backend, kind: IdentifierKind) {
    let f = Fixture::new(backend).await;
    let [first, second, ..] = values(kind);
    let limits = Limits {
        email: 1,
        phone: 1,
        mobile_push: 1,
        web_push: 1,
        telegram: 1,
        device_id: 1,
        cookie: 1,
        field: 1,
    };
    f.policy(|policy| policy.limits = limits).await;
    let builder = api_call().external("a").with(kind, first);
    let decision = if may_be_shared(kind) {
        f.decide(builder.with(kind, second).upsert()).await
    } else {
        f.id(builder.upsert()).await;
        f.decide(api_call().external("a").with(kind, second).upsert()).await
    };
    let surplus = identifier(kind, second);
    let effect = Effect::Quarantined {
        identifier: surplus.clone(),
        limit: 1,
    };
    assert!(decision.effects.contains(&effect), "{decision:?}");
    let id = decision.contact.expect("a contact");
    let states = [first, second].map(|value| identifier(kind, value).key);
    let mut found = Vec::new();
    for key in &states {
        found.push(f.lookup(key).await.holders[0].held.state);
    }
    assert_eq!(found, [IdentifierState::Active, IdentifierState::Quarantined]);
    let next = f.decide(alone(kind, second).upsert()).await;
    assert_eq!(next.outcome, Outcome::Created, "it matches no contact");
    assert_ne!(next.contact, Some(id));
    assert_eq!(f.id(api_call().with(kind, first).upsert()).await, id);
}

pub async fn the_default_list_blocks_placeholders(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let first = f
        .id(api_call()
            .external("null")
            .email("noreply@shop.example")
            .device("d1")
            .upsert())
        .await;
    let second = f
        .id(api_call()
            .external("NULL")
            .email("noreply@shop.example")
            .device("d2")
            .upsert())
        .await;
    assert_ne!(first, second);
    assert!(!f.contact(first).await.has_external_id());
    let refused = f.decide(api_call().external("null").cookie("undefined").upsert()).await;
    assert_eq!(
        (refused.outcome, refused.rejection),
        (Outcome::Rejected, Some(Rejection::NoIdentifier))
    );
}

pub async fn a_blocked_pattern_never_matches(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let pattern = BlockedValue::pattern(Some("email"), ".*@cash-desk\\.example").expect("a pattern");
    f.policy(|policy| policy.blocked = list(vec![pattern])).await;
    let first = f.id(api_call().email("one@cash-desk.example").upsert()).await;
    let second = f.id(api_call().email("one@cash-desk.example").upsert()).await;
    assert_ne!(first, second);
    assert_eq!(
        f.holders(&identifier(IdentifierKind::Email, "one@cash-desk.example").key)
            .await,
        [first, second]
    );
}

pub async fn an_unblocked_value_matches_again_once_it_is_named(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    f.policy(|policy| policy.blocked = list(vec![block(IdentifierKind::Email, "a@example.com")]))
        .await;
    let id = f.id(api_call().external("a").email("a@example.com").upsert()).await;
    f.policy(|policy| policy.blocked = list(Vec::new())).await;
    assert_eq!(f.id(api_call().external("a").email("a@example.com").upsert()).await, id);
    assert_eq!(f.id(api_call().email("a@example.com").upsert()).await, id);
}

pub async fn the_threshold_of_sharing_is_the_policy_s(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    f.policy(|policy| policy.shared_threshold = 2).await;
    f.id(api_call().external("a").sms("+380501234567").upsert()).await;
    f.id(api_call().external("a").sms("+380501234567").upsert()).await;
    let by_phone = || api_call().sms("+380501234567").device("d").upsert();
    let rule = f.would(by_phone()).await.rule;
    assert_eq!(rule, Rule::Search, "the same external ID twice counts once");
    f.id(api_call().external("b").sms("+380501234567").upsert()).await;
    assert_eq!(f.would(by_phone()).await.rule, Rule::NoMatch);
    f.policy(|policy| policy.shared_threshold = 3).await;
    assert_eq!(
        f.would(by_phone()).await.rule,
        Rule::Search,
        "also of what was seen before"
    );
    f.id(api_call().external("c").sms("+380501234567").upsert()).await;
    assert_eq!(f.would(by_phone()).await.rule, Rule::NoMatch);
    f.policy(|policy| policy.shared_threshold = 2).await;
    assert_eq!(f.would(by_phone()).await.rule, Rule::NoMatch);
}

pub async fn a_shared_value_absorbs_no_contact(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    for external in ["a", "b", "c"] {
        f.id(api_call().external(external).email("shop@example.com").upsert())
            .await;
    }
    let unclaimed = f.id(api_call().email("shop@example.com").upsert()).await;
    let decision = f
        .decide(api_call().external("a").email("shop@example.com").upsert())
        .await;
    assert!(
        !decision
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Merged { .. })),
        "{decision:?}"
    );
    assert!(f.all().await.contains(&unclaimed));
}

pub async fn an_unclaimed_contact_is_absorbed_by_email_or_phone(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let by_email = f.id(api_call().email("a@example.com").town("Lviv").upsert()).await;
    let by_phone = f.id(api_call().sms("+380501234567").language("uk").upsert()).await;
    let id = f.id(api_call().external("a").upsert()).await;
    let builder = api_call().external("a").email("a@example.com").sms("+380501234567");
    let decision = f.decide(builder.upsert()).await;
    let merged: Vec<_> = decision
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Merged { absorbed, rule, .. } => Some((*absorbed, *rule)),
            _ => None,
        })
        .collect();
    assert_eq!(
        merged,
        [
            (by_email, MergeRule::AbsorbUnclaimed),
            (by_phone, MergeRule::AbsorbUnclaimed)
        ]
    );
    assert_eq!(f.all().await, [id]);
    assert_eq!(f.merge_record(merge_of(&decision)).await.survivor, id);
}

pub async fn who_disagrees_is_kept_apart(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let other = f
        .id(api_call().email("family@example.com").sms("+380501234567").upsert())
        .await;
    let id = f.id(api_call().external("a").sms("+380671234567").upsert()).await;
    let decision = f
        .decide(api_call().external("a").email("family@example.com").upsert())
        .await;
    let identifier = identifier(IdentifierKind::Email, "family@example.com");
    let not_linked = Effect::NotLinked {
        identifier: identifier.clone(),
        contact: Some(other),
        reason: NotLinkedReason::Disagrees,
    };
    assert!(decision.effects.contains(&not_linked), "{decision:?}");
    assert_eq!(f.holders(&identifier.key).await, [other, id], "both carry the value");
}

pub async fn the_policy_turns_absorbing_off(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    f.policy(|policy| policy.merge_unclaimed = false).await;
    let other = f.id(api_call().email("a@example.com").upsert()).await;
    let id = f.id(api_call().external("a").upsert()).await;
    let decision = f.decide(api_call().external("a").email("a@example.com").upsert()).await;
    let identifier = identifier(IdentifierKind::Email, "a@example.com");
    let not_linked = Effect::NotLinked {
        identifier,
        contact: Some(other),
        reason: NotLinkedReason::PolicyOff,
    };
    assert!(decision.effects.contains(&not_linked), "{decision:?}");
    assert_eq!(f.all().await, [other, id]);
}

pub async fn unsubscribing_belongs_to_the_address(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let set = |address, unsubscribed| Command::Unsubscribe {
        email: email(address),
        unsubscribed,
    };
    let unsubscribe = |unsubscribed| set("A@example.com", unsubscribed);
    f.decide(set("nobody@example.com", true)).await;
    let id = f.id(api_call().external("a").email("a@EXAMPLE.com").upsert()).await;
    let key = identifier(IdentifierKind::Email, "a@example.com").key;
    let decision = f.decide(unsubscribe(true)).await;
    assert_eq!((decision.outcome, decision.contact), (Outcome::Updated, None));
    let details = f.details(id).await.expect("the contact");
    assert_eq!(details.unsubscribed.get(&key), Some(&decision.at));
    assert_eq!(f.decide(unsubscribe(true)).await.outcome, Outcome::Unchanged);
    let at = f.lookup(&key).await.record.unsubscribed_at;
    assert_eq!(at, Some(decision.at), "the first time is kept");
    let later = f
        .id(api_call().external("b").email("nobody@example.com").upsert())
        .await;
    assert_eq!(
        f.details(later).await.expect("the contact").unsubscribed.len(),
        1,
        "also for who holds it later"
    );
    let subscribed = f
        .decide(api_call().email("nobody@example.com").segment("s").subscribe())
        .await;
    assert_eq!(subscribed.email_status, Some(SubscribeStatus::Blacklisted));
    assert_eq!(f.decide(unsubscribe(false)).await.outcome, Outcome::Updated);
    assert!(f.details(id).await.expect("the contact").unsubscribed.is_empty());
    assert_eq!(f.lookup(&key).await.record.unsubscribed_at, None);
}

pub async fn an_erasure_leaves_no_sighting_of_values_without_a_holder(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let [waits, unsubscribed, replaced] = ["a@example.com", "b@example.com", "c@example.com"];
    f.decide(keep(api_call().email(waits).happened("first"))).await;
    f.decide(Command::Unsubscribe {
        email: email(unsubscribed),
        unsubscribed: true,
    })
    .await;
    for external in ["a", "b", "c"] {
        let builder = || api_call().external(external);
        let id = f.id(builder().email(replaced).upsert()).await;
        f.id(builder().email("d@example.com").upsert()).await;
        for named in [waits, unsubscribed] {
            f.decide(keep(builder().email(named).happened("seen"))).await;
        }
        f.decide(erase(id)).await;
        for address in [waits, unsubscribed, replaced] {
            let record = f.lookup(&identifier(IdentifierKind::Email, address).key).await.record;
            assert!(record.seen_with.is_empty(), "{address}: {record:?}");
        }
    }
    let id = f.id(api_call().email(waits).upsert()).await;
    assert_eq!(f.happened(id).await, ["first"], "it is evidence still");
    let record = f
        .lookup(&identifier(IdentifierKind::Email, unsubscribed).key)
        .await
        .record;
    assert!(record.unsubscribed_at.is_some());
}

/// Keys of a page of shared identifiers, with the numbers of external IDs.
async fn shared_after(f: &Fixture<'_>, least: u32, after: Option<&IdentifierKey>, limit: u32) -> Vec<(String, u32)> {
    let found = f.store().shared(f.workspace, least, after, limit).await;
    let pair = |found: SharedIdentifier| (found.key.value, found.external_ids);
    found.expect("read").into_iter().map(pair).collect()
}

pub async fn shared_identifiers_are_listed_by_pages(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    for external in ["a", "b", "c"] {
        f.id(api_call()
            .external(external)
            .email("z@example.com")
            .sms("+380501234567")
            .device("d")
            .upsert())
            .await;
    }
    for external in ["a", "b"] {
        f.id(api_call().external(external).email("y@example.com").upsert())
            .await;
    }
    let owned = |text: &str, count| (text.to_owned(), count);
    let three = [owned("z@example.com", 3), owned("+380501234567", 3), owned("d", 3)];
    assert_eq!(shared_after(&f, 3, None, 10).await, three);
    assert_eq!(shared_after(&f, 3, None, 1).await, three[..1]);
    let email_key = identifier(IdentifierKind::Email, "z@example.com").key;
    assert_eq!(shared_after(&f, 3, Some(&email_key), 10).await, three[1..]);
    let all = shared_after(&f, 2, None, 10).await;
    assert_eq!(all[0], owned("y@example.com", 2));
    assert_eq!(all[1..], three);
    assert!(shared_after(&f, 4, None, 10).await.is_empty());
    let unshared = f.decide(Command::Unshare { key: email_key.clone() }).await;
    assert_eq!(unshared.outcome, Outcome::Updated);
    assert_eq!(shared_after(&f, 3, None, 10).await, three[1..]);
    assert!(f.lookup(&email_key).await.record.seen_with.is_empty());
    f.reopen().await;
    assert_eq!(shared_after(&f, 3, None, 10).await, three[1..]);
    f.check().await;
    f.enter_new_workspace("two").await;
    assert!(shared_after(&f, 2, None, 10).await.is_empty(), "another workspace");
}

pub async fn quarantined_identifiers_are_listed_by_pages(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    f.policy(|policy| policy.limits.device_id = 1).await;
    let first = f.id(api_call().external("a").device("a3").upsert()).await;
    for (external, device) in [("a", "a2"), ("a", "a1"), ("b", "b3"), ("b", "b2"), ("b", "b1")] {
        f.id(api_call().external(external).device(device).upsert()).await;
    }
    let listed = async |f: &Fixture<'_>, after: Option<&QuarantinedPlace>, limit| {
        let found = f.store().quarantined(f.workspace, after, limit).await.expect("read");
        let row = |holder: Holder| (holder.held.key().value.clone(), holder.contact == first, holder.removed);
        found.into_iter().map(row).collect::<Vec<_>>()
    };
    let row = |text: &str, is_first, removed| (text.to_owned(), is_first, removed);
    let all = [
        row("a1", true, false),
        row("a2", true, false),
        row("b1", false, false),
        row("b2", false, false),
    ];
    assert_eq!(listed(&f, None, 10).await, all);
    assert_eq!(listed(&f, None, 3).await, all[..3]);
    let place = QuarantinedPlace {
        key: identifier(IdentifierKind::DeviceId, "a2").key,
        home: first,
    };
    assert_eq!(listed(&f, Some(&place), 10).await, all[2..]);
    f.decide(crate::remove(first)).await;
    assert_eq!(listed(&f, None, 1).await, [row("a1", true, true)]);
    f.id(api_call().external("a").upsert()).await;
    f.policy(|policy| policy.limits.device_id = 3).await;
    for key in ["a1", "a2"] {
        let key = identifier(IdentifierKind::DeviceId, key).key;
        let command = Command::Reevaluate { contact: first, key };
        assert_eq!(f.decide(command).await.outcome, Outcome::Updated);
    }
    assert_eq!(listed(&f, None, 10).await, all[2..]);
    f.check().await;
    f.enter_new_workspace("two").await;
    assert!(listed(&f, None, 10).await.is_empty(), "another workspace");
}

pub async fn created_and_merged_contacts_are_counted_by_period(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let begin = f.clock().now();
    f.clock().advance_seconds(1);
    let first = f.id(api_call().email("a@example.com").upsert()).await;
    let second = f.id(api_call().email("b@example.com").upsert()).await;
    f.clock().advance_seconds(100);
    let middle = f.clock().now();
    let merge = f.merge(first, second).await;
    f.id(api_call().email("c@example.com").upsert()).await;
    f.decide(crate::undo(merge)).await;
    f.clock().advance_seconds(100);
    let end = f.clock().now();
    let counts = |created, merged| PeriodCounts { created, merged };
    let read = async |f: &Fixture<'_>, bounds: &[Timestamp]| {
        let found = f.store().counts_between(f.workspace, bounds).await;
        found.expect("read")
    };
    assert_eq!(
        read(&f, &[begin, middle, end]).await,
        [counts(2, 0), counts(1, 1)],
        "a merge that was undone is counted"
    );
    assert_eq!(read(&f, &[end, Timestamp::MAX_UTC]).await, [counts(0, 0)]);
    assert!(read(&f, &[begin]).await.is_empty());
    assert!(read(&f, &[]).await.is_empty());
    f.enter_new_workspace("two").await;
    assert_eq!(read(&f, &[begin, end]).await, [counts(0, 0)], "another workspace");
}

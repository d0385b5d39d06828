//! Rule 8.

use super::model::{Model, RequestParts, api_call, merges_of, not_linked_of, shown};
use crate::values::ChannelType;
use crate::*;

const ANN: &str = "ann@example.com";

#[test]
fn blocked_values_never_match_and_are_reported() {
    let mut model = Model::new();
    let a = model.id(api_call().ext("A").email("test@test.com"));
    let decision = model.upsert(api_call().email("test@test.com"));
    assert_ne!(decision.contact, Some(a));
    assert!(matches!(decision.effects[0], Effect::Blocked { kept: true, .. }));
    assert_eq!(
        shown(model.contact(a), ChannelType::Email),
        ["test@test.com"],
        "it stays a channel"
    );
}

#[test]
fn a_blocked_external_id_is_no_identifier() {
    let mut model = Model::new();
    let decision = model.upsert(api_call().ext("null").email(ANN));
    assert_eq!(decision.outcome, Outcome::Created);
    assert_eq!(model.contact(decision.contact.unwrap()).external_id(), None);
    assert_eq!(
        model.upsert(api_call().ext("null")).rejection,
        Some(Rejection::NoIdentifier)
    );
}

#[test]
fn placeholders_identify_no_contact_whatever_the_key() {
    for text in [
        "00000000-0000-0000-0000-000000000000",
        "NaN",
        "[object Object]",
        "{{customer.id}}",
        "BLACKLISTED",
    ] {
        for contact_request in [api_call().ext(text), api_call().device(text), api_call().token(text)] {
            for contact_request in [contact_request.clone(), contact_request.by_public_key()] {
                let decision = Model::new().upsert(contact_request);
                assert_eq!(decision.rejection, Some(Rejection::NoIdentifier), "{text}");
            }
        }
    }
    let mut model = Model::new();
    let first = model.id(api_call().email("no_reply@shop.example"));
    assert_ne!(model.id(api_call().email("no_reply@shop.example")), first);
}

#[test]
fn the_third_external_id_makes_a_value_shared_and_it_stops_matching() {
    let mut model = Model::new();
    model.id(api_call().ext("A").email(ANN));
    model.id(api_call().ext("B").email(ANN));
    assert!(
        model.upsert(api_call().email(ANN)).outcome != Outcome::Created,
        "two are not too many"
    );
    let third = model.upsert(api_call().ext("C").email(ANN));
    assert!(
        third
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Shared { now: true, .. }))
    );
    assert_eq!(
        shown(model.contact(third.contact.unwrap()), ChannelType::Email),
        [ANN],
        "it stays a channel"
    );
    let later = model.upsert(api_call().email(ANN));
    assert_eq!(later.outcome, Outcome::Created);
    assert!(
        later
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Shared { now: false, .. }))
    );
}

#[test]
fn a_shared_token_moves_but_neither_matches_nor_absorbs() {
    let mut model = Model::new();
    for external in ["A", "B", "C"] {
        model.id(api_call().ext(external).token("t"));
    }
    let guest = model.upsert(api_call().token("t"));
    assert_eq!(guest.outcome, Outcome::Created);
    let login = model.upsert(api_call().ext("A").token("t"));
    assert!(merges_of(&login).is_empty());
    assert!(model.contact(guest.contact.unwrap()).is_active());
    assert_eq!(
        shown(model.contact(login.contact.unwrap()), ChannelType::MobilePush),
        ["t"]
    );
}

#[test]
fn the_surplus_of_a_kind_is_quarantined_and_does_not_match() {
    let mut model = Model::new();
    model.policy.limits.mobile_push = 2;
    let a = model.id(api_call().ext("A").token("t1").token("t2"));
    let decision = model.upsert(api_call().ext("A").token("t3"));
    assert!(
        decision
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Quarantined { limit: 2, .. }))
    );
    assert_eq!(model.upsert(api_call().token("t2")).contact, Some(a));
    assert_eq!(model.upsert(api_call().token("t3")).outcome, Outcome::Created);
}

/// The states of what a contact holds, and whether the last decision attached or quarantined something.
fn judged(model: &Model, id: ContactId, decision: &Decision) -> (Vec<IdentifierState>, bool, bool) {
    let contact = model.contact(id);
    let held = IdentifierKind::ALL.into_iter().flat_map(|kind| contact.visible(kind));
    let has_effect = |is_wanted: fn(&Effect) -> bool| decision.effects.iter().any(is_wanted);
    (
        held.filter(|held| held.kind() != IdentifierKind::ExternalId)
            .map(|held| held.state)
            .collect(),
        has_effect(|effect| matches!(effect, Effect::Attached { .. })),
        has_effect(|effect| matches!(effect, Effect::Quarantined { .. })),
    )
}

#[test]
fn a_quarantined_value_is_reported_each_time_and_counts_when_there_is_room() {
    use IdentifierState::{Active, Quarantined};
    let mut model = Model::new();
    model.policy.limits.mobile_push = 1;
    let a = model.id(api_call().ext("A").token("t1").token("t2"));
    let again = model.upsert(api_call().ext("A").token("t2"));
    assert_eq!(again.outcome, Outcome::Unchanged);
    assert_eq!(judged(&model, a, &again), (vec![Active, Quarantined], false, true));
    model.policy.limits.mobile_push = 2;
    let healed = model.upsert(api_call().ext("A").token("t2"));
    assert_eq!(healed.outcome, Outcome::Updated);
    assert_eq!(judged(&model, a, &healed), (vec![Active, Active], true, false));
    assert_eq!(model.upsert(api_call().token("t2")).contact, Some(a));
    let quiet = model.upsert(api_call().ext("A").token("t2"));
    assert_eq!(judged(&model, a, &quiet), (vec![Active, Active], false, false));
}

#[test]
fn an_email_heals_by_every_call_that_names_it() {
    use IdentifierState::{Active, Quarantined};
    for call in [Call::Upsert, Call::Subscribe] {
        let mut model = Model::new();
        model.policy.limits.email = 0;
        let a = model.id(api_call().ext("A").email(ANN));
        let again = model.call(call, api_call().ext("A").email(ANN));
        assert_eq!(judged(&model, a, &again), (vec![Quarantined], false, true), "{call:?}");
        model.policy.limits.email = 1;
        let healed = model.call(call, api_call().ext("A").email(ANN));
        assert_eq!(judged(&model, a, &healed), (vec![Active], true, false), "{call:?}");
    }
}

/// A contact that got its email while that was blocked, another one, and a policy that does not block it any more.
fn unblocked() -> (Model, [ContactId; 2]) {
    let mut model = Model::new();
    let blocked = crate::values::BlockedValue::exact(Some("email"), ANN).unwrap();
    model.policy.blocked = crate::values::BlockedValues::new(vec![blocked]).unwrap();
    let ids = [
        model.id(api_call().email(ANN).device("d")),
        model.id(api_call().ext("B").phone("+380501234567")),
    ];
    model.policy.blocked = crate::values::BlockedValues::new(Vec::new()).unwrap();
    (model, ids)
}

#[test]
fn a_value_that_is_not_blocked_any_more_finds_its_contact() {
    let (mut model, [a, _]) = unblocked();
    let found = model.upsert(api_call().email(ANN));
    assert_eq!(found.contact, Some(a));
    assert_eq!(judged(&model, a, &found).0, [IdentifierState::Active; 2]);
}

#[test]
fn a_value_that_is_not_blocked_any_more_leads_to_merges() {
    let (mut model, [a, b]) = unblocked();
    let decision = model.upsert(api_call().ext("B").email(ANN));
    assert_eq!(decision.contact, Some(b));
    assert_eq!(merges_of(&decision)[0].1, a, "rule 6");
}

#[test]
fn an_unsubscription_is_logged_for_contacts_that_show_the_address() {
    let mut model = Model::new();
    let a = model.id(api_call().ext("A").email(ANN));
    let b = model.id(api_call().ext("B").email(ANN));
    let unsubscribe = || Command::Unsubscribe {
        email: crate::values::Email::parse(ANN).unwrap(),
        unsubscribed: true,
    };
    let decision = model.run(unsubscribe());
    assert!(matches!(decision.effects[..], [Effect::Unsubscribed { .. }]));
    let logged: Vec<ContactId> = model.log.iter().rev().take(2).map(|entry| entry.contact).collect();
    assert_eq!(logged, [b, a]);
    assert!(model.run(unsubscribe()).effects.is_empty());
    assert_eq!(model.log.len(), 4);
}

#[test]
fn an_absorption_that_would_pass_a_limit_does_not_take_place() {
    let mut model = Model::new();
    model.policy.limits.device_id = 1;
    model.id(api_call().ext("A").device("d1"));
    let anonymous = model.id(api_call().token("t").device("d2"));
    let decision = model.upsert(api_call().ext("A").token("t"));
    assert_eq!(not_linked_of(&decision), [NotLinkedReason::Limit]);
    assert!(model.contact(anonymous).is_active());
}

#[test]
fn a_quarantined_value_merges_no_contacts() {
    let mut model = Model::new();
    model.policy.merge_unclaimed = true;
    model.policy.limits.email = 1;
    let other = model.id(api_call().email("b@example.com"));
    let a = model.id(api_call().ext("A").email(ANN));
    for effects in [3, 2] {
        let decision = model.upsert(api_call().ext("A").email(ANN).email("b@example.com"));
        assert_eq!(decision.effects.len(), effects, "{decision:?}");
        assert_eq!(not_linked_of(&decision), [NotLinkedReason::Limit]);
        assert!(judged(&model, a, &decision).2);
    }
    assert_eq!(model.upsert(api_call().email("b@example.com")).contact, Some(other));
    let refused = model.merge(a, other, false);
    assert!(matches!(
        refused.rejection,
        Some(Rejection::TooManyIdentifiers { limit: 1, .. })
    ));
}

#[test]
fn what_is_quarantined_and_comes_by_a_merge_goes_home_with_its_undo() {
    use IdentifierState::{Active, Quarantined};
    let mut model = Model::new();
    model.policy.limits.mobile_push = 1;
    let a = model.id(api_call().ext("A").email(ANN).email("b@example.com"));
    model.policy.limits.email = 1;
    let states = |model: &mut Model, call: Option<ContactRequest>| {
        let decision = call.map(|contact_request| model.upsert(contact_request));
        let contact = model.contact(a);
        let held = contact.visible(IdentifierKind::Email);
        let states: Vec<_> = held.into_iter().map(|held| held.state).collect();
        (states, decision.map(|decision| decision.outcome))
    };
    assert_eq!(states(&mut model, None).0, [Active, Active]);
    let full = api_call().ext("A").email(ANN).email("c@example.com");
    assert_eq!(states(&mut model, Some(full.clone())).0, [Active, Quarantined]);
    let other = model.id(api_call().email("c@example.com"));
    let merged = model.merge(a, other, true);
    let [(merge, ..)] = merges_of(&merged)[..] else {
        panic!("{merged:?}")
    };
    assert_eq!(states(&mut model, Some(full)).0, [Active, Quarantined, Active]);
    model.run(Command::Undo { merge });
    assert_eq!(states(&mut model, None).0, [Active, Quarantined]);
}

#[test]
fn a_person_makes_a_quarantined_value_match_when_there_is_room() {
    use IdentifierState::{Active, Quarantined};
    let mut model = Model::new();
    model.policy.limits.mobile_push = 1;
    let a = model.id(api_call().ext("A").token("t1").token("t2"));
    let surplus = model.contact(a).visible(IdentifierKind::MobilePush)[1].key().clone();
    let reevaluate = |key: &IdentifierKey| Command::Reevaluate {
        contact: a,
        key: key.clone(),
    };
    let full = model.run(reevaluate(&surplus));
    assert_eq!(full.outcome, Outcome::Unchanged);
    assert_eq!(judged(&model, a, &full), (vec![Active, Quarantined], false, true));
    model.policy.limits.mobile_push = 2;
    let healed = model.run(reevaluate(&surplus));
    assert_eq!((healed.outcome, healed.contact), (Outcome::Updated, Some(a)));
    assert_eq!(judged(&model, a, &healed), (vec![Active, Active], true, false));
    assert_eq!(model.upsert(api_call().token("t2")).contact, Some(a));
    let other = Identifier::email(&crate::values::Email::parse(ANN).unwrap()).key;
    assert_eq!(model.run(reevaluate(&other)).outcome, Outcome::Unchanged);
    let gone = Command::Reevaluate {
        contact: ContactId(999),
        key: surplus,
    };
    assert_eq!(model.run(gone).rejection, Some(Rejection::ContactNotFound));
}

#[test]
fn a_person_makes_a_shared_value_evidence_again() {
    let mut model = Model::new();
    let a = model.id(api_call().ext("A").email(ANN));
    model.id(api_call().ext("B").email(ANN));
    let unshare = || Command::Unshare {
        key: Identifier::email(&crate::values::Email::parse(ANN).unwrap()).key,
    };
    assert_eq!(model.run(unshare()).outcome, Outcome::Unchanged, "two are not too many");
    let c = model.id(api_call().ext("C").email(ANN));
    let decision = model.run(unshare());
    assert_eq!((decision.outcome, decision.contact), (Outcome::Updated, None));
    assert!(matches!(decision.effects[..], [Effect::Unshared { .. }]));
    let logged: Vec<ContactId> = model.log.iter().rev().take(3).map(|entry| entry.contact).collect();
    assert_eq!(logged.last(), Some(&a), "it is in the logs of all who hold the value");
    assert_eq!(model.upsert(api_call().email(ANN)).contact, Some(c), "it matches again");
    assert_eq!(model.run(unshare()).outcome, Outcome::Unchanged);
}

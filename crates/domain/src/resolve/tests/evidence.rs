//! Rule 8.

use super::model::{Ask, Model, apart_of, ask, merges_of, shown};
use crate::values::ChannelType;
use crate::*;

const ANN: &str = "ann@example.com";

#[test]
fn blocked_values_never_match_and_are_reported() {
    let mut model = Model::new();
    let a = model.id(ask().ext("A").email("test@test.com"));
    let decision = model.upsert(ask().email("test@test.com"));
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
    let decision = model.upsert(ask().ext("null").email(ANN));
    assert_eq!(decision.outcome, Outcome::Created);
    assert_eq!(model.contact(decision.contact.unwrap()).external_id(), None);
    assert_eq!(model.upsert(ask().ext("null")).rejection, Some(Rejection::NoIdentifier));
}

#[test]
fn the_third_external_id_makes_a_value_shared_and_it_stops_matching() {
    let mut model = Model::new();
    model.id(ask().ext("A").email(ANN));
    model.id(ask().ext("B").email(ANN));
    assert!(
        model.upsert(ask().email(ANN)).outcome != Outcome::Created,
        "two are not too many"
    );
    let third = model.upsert(ask().ext("C").email(ANN));
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
    let later = model.upsert(ask().email(ANN));
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
        model.id(ask().ext(external).token("t"));
    }
    let guest = model.upsert(ask().token("t"));
    assert_eq!(guest.outcome, Outcome::Created);
    let login = model.upsert(ask().ext("A").token("t"));
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
    let a = model.id(ask().ext("A").token("t1").token("t2"));
    let decision = model.upsert(ask().ext("A").token("t3"));
    assert!(
        decision
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Quarantined { limit: 2, .. }))
    );
    assert_eq!(model.upsert(ask().token("t2")).contact, Some(a));
    assert_eq!(model.upsert(ask().token("t3")).outcome, Outcome::Created);
}

#[test]
fn an_absorption_that_would_pass_a_limit_does_not_take_place() {
    let mut model = Model::new();
    model.policy.limits.device_id = 1;
    model.id(ask().ext("A").device("d1"));
    let anonymous = model.id(ask().token("t").device("d2"));
    let decision = model.upsert(ask().ext("A").token("t"));
    assert_eq!(apart_of(&decision), [Apart::Limit]);
    assert!(model.contact(anonymous).is_active());
}

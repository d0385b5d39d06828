//! Rules 1 to 7.

use super::model::{Model, RequestParts, api_call, first_name, merges_of, not_linked_of, shown};
use crate::values::ChannelType;
use crate::*;

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";
const PHONE: &str = "+380501234567";
const OTHER_PHONE: &str = "+380671112233";

#[test]
fn rule_1_the_external_id_wins_over_an_email_of_another_contact() {
    let mut model = Model::new();
    let a = model.id(api_call().ext("A"));
    let b = model.id(api_call().ext("B").email(ANN));
    let decision = model.upsert(api_call().ext("A").email(ANN).name("Ann"));
    assert_eq!(
        (decision.contact, decision.rule, decision.outcome),
        (Some(a), Rule::ExternalId, Outcome::Updated)
    );
    assert_eq!(shown(model.contact(a), ChannelType::Email), [ANN]);
    assert_eq!(
        shown(model.contact(b), ChannelType::Email),
        [ANN],
        "an email may be shared"
    );
    assert!(
        merges_of(&decision).is_empty(),
        "two external IDs never merge by themselves"
    );
}

#[test]
fn rule_2_a_removed_holder_of_the_external_id_is_restored() {
    for call in [Call::Upsert, Call::Subscribe, Call::Order, Call::AppToken] {
        let mut model = Model::new();
        let a = model.id(api_call().ext("A").email(ANN));
        model.remove(a);
        let decision = model.call(call, api_call().ext("A"));
        assert_eq!(
            (decision.contact, decision.rule, decision.outcome),
            (Some(a), Rule::Restore, Outcome::Restored)
        );
        assert_eq!(shown(model.contact(a), ChannelType::Email), [ANN]);
    }
}

#[test]
fn rule_2_an_event_leaves_a_removed_contact_removed() {
    let mut model = Model::new();
    let a = model.id(api_call().ext("A"));
    model.remove(a);
    let decision = model.call(Call::Event { creates: true }, api_call().ext("A").email(ANN));
    assert_eq!((decision.contact, decision.outcome), (None, Outcome::Unmatched));
    assert_eq!(model.contact(a).state, ContactState::Removed);
}

#[test]
fn a_removed_contact_is_not_matched_by_anything_else() {
    let mut model = Model::new();
    let a = model.id(api_call().email(ANN).token("t"));
    model.remove(a);
    let decision = model.upsert(api_call().email(ANN).token("t"));
    assert_ne!(decision.contact, Some(a));
    assert_eq!(decision.outcome, Outcome::Created);
    assert!(
        !model.contact(a).holds(
            &Identifier::token(
                IdentifierKind::MobilePush,
                None,
                &crate::values::Token::parse("t").unwrap()
            )
            .key
        )
    );
}

#[test]
fn rule_3_an_unknown_external_id_is_adopted_by_the_match_without_one() {
    let mut model = Model::new();
    let a = model.id(api_call().email(ANN));
    let decision = model.upsert(api_call().ext("A").email(ANN));
    assert_eq!((decision.contact, decision.rule), (Some(a), Rule::Adopt));
    assert_eq!(model.contact(a).external_id(), Some("A"));
}

#[test]
fn rule_3_of_several_matches_the_most_recently_updated_without_an_external_id_is_taken() {
    let mut model = Model::new();
    model.policy.merge_unclaimed = false;
    let old = model.id(api_call().email(ANN));
    let young = model.id(api_call().phone(PHONE));
    model.call(Call::Update, api_call().at(young).email(ANN));
    let held = model.id(api_call().ext("X"));
    model.call(Call::Update, api_call().at(held).email(ANN));
    let decision = model.upsert(api_call().ext("A").email(ANN));
    assert_eq!(decision.contact, Some(young));
    assert_eq!(model.contact(old).external_id(), None);
    model.call(Call::Update, api_call().at(old).name("Old"));
    assert_eq!(model.upsert(api_call().ext("B").email(ANN)).contact, Some(old));
}

#[test]
fn rule_3_when_every_match_holds_another_external_id_a_contact_is_created_in_every_call() {
    let bulk = Call::Bulk {
        dedupe_on: DedupeOn::Email,
        restore: false,
    };
    for call in [
        Call::Upsert,
        Call::Subscribe,
        Call::Order,
        Call::AppToken,
        Call::Event { creates: true },
        bulk,
    ] {
        let mut model = Model::new();
        let a = model.id(api_call().ext("A").email(ANN));
        let decision = model.call(call, api_call().ext("B").email(ANN));
        assert_eq!(decision.outcome, Outcome::Created, "{call:?}");
        assert_ne!(decision.contact, Some(a));
        assert_eq!(not_linked_of(&decision), [NotLinkedReason::HoldsExternalId]);
    }
}

#[test]
fn rule_3_a_request_without_an_external_id_may_match_a_contact_that_holds_one() {
    let mut model = Model::new();
    let a = model.id(api_call().ext("A").email(ANN));
    let decision = model.upsert(api_call().email(ANN).name("Ann"));
    assert_eq!((decision.contact, decision.rule), (Some(a), Rule::Search));
}

#[test]
fn rule_4_a_claimed_token_moves_and_says_whom_it_left() {
    let mut model = Model::new();
    let a = model.id(api_call().ext("A").token("t"));
    let decision = model.upsert(api_call().ext("B").token("t"));
    let b = decision.contact.unwrap();
    assert!(
        decision
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Moved { from, .. } if *from == a))
    );
    assert!(shown(model.contact(a), ChannelType::MobilePush).is_empty());
    assert_eq!(shown(model.contact(b), ChannelType::MobilePush), ["t"]);
    let logged: Vec<ContactId> = model
        .log
        .iter()
        .filter(|entry| entry.decision == decision)
        .map(|entry| entry.contact)
        .collect();
    assert_eq!(logged, [a, b], "the former owner's log shows it too");
}

#[test]
fn rule_5_an_anonymous_former_owner_is_absorbed_with_all_that_it_holds() {
    let mut model = Model::new();
    let anonymous = model.id(api_call().token("t").device("d").name("Ann").group("app"));
    let a = model.id(api_call().ext("A").email(ANN));
    let decision = model.upsert(api_call().ext("A").token("t"));
    assert_eq!(
        merges_of(&decision).iter().map(|m| (m.1, m.2)).collect::<Vec<_>>(),
        [(anonymous, MergeRule::AbsorbAnonymous)]
    );
    let contact = model.contact(a);
    assert_eq!(shown(contact, ChannelType::MobilePush), ["t"]);
    assert_eq!(contact.visible(IdentifierKind::DeviceId).len(), 1);
    assert_eq!(first_name(contact), Some("Ann"));
    assert_eq!(contact.segments().len(), 1);
    assert_eq!(model.contact(anonymous).canonical, a);
}

#[test]
fn rule_5_a_contact_with_an_email_is_not_absorbed() {
    let mut model = Model::new();
    let bob = model.id(api_call().email(BOB).token("t"));
    let decision = model.upsert(api_call().ext("A").token("t").phone(PHONE));
    assert_eq!(
        decision.contact,
        Some(bob),
        "rule 3: the token finds a contact without an external ID"
    );
    let mut model = Model::new();
    let bob = model.id(api_call().email(BOB).token("t"));
    model.id(api_call().ext("A").phone(PHONE));
    let decision = model.upsert(api_call().ext("A").token("t"));
    assert!(merges_of(&decision).is_empty());
    assert!(model.contact(bob).is_active());
}

#[test]
fn rule_6_unclaimed_contacts_with_the_request_s_email_or_phone_are_absorbed() {
    let mut model = Model::new();
    let by_email = model.id(api_call().email(ANN).name("Ann"));
    let by_phone = model.id(api_call().phone(PHONE).group("shop"));
    let decision = model.upsert(api_call().ext("A").email(ANN).phone(PHONE));
    assert_eq!(decision.contact, Some(by_email));
    assert_eq!(
        merges_of(&decision).iter().map(|m| (m.1, m.2)).collect::<Vec<_>>(),
        [(by_phone, MergeRule::AbsorbUnclaimed)]
    );
    assert_eq!(model.contact(by_email).segments().len(), 1);
}

#[test]
fn rule_6_a_contact_with_another_email_or_phone_is_another_person() {
    let mut model = Model::new();
    let other = model.id(api_call().email(BOB).phone(PHONE));
    let a = model.id(api_call().ext("A").email(ANN));
    let decision = model.upsert(api_call().ext("A").email(ANN).phone(PHONE));
    assert_eq!(decision.contact, Some(a));
    assert_eq!(not_linked_of(&decision), [NotLinkedReason::Disagrees]);
    assert!(model.contact(other).is_active());
    assert_eq!(
        shown(model.contact(other), ChannelType::Sms),
        [PHONE],
        "both carry the value"
    );
    assert_eq!(shown(model.contact(a), ChannelType::Sms), [PHONE]);
}

#[test]
fn rule_6_is_a_policy_and_spares_contacts_with_an_external_id() {
    let mut model = Model::new();
    model.policy.merge_unclaimed = false;
    let other = model.id(api_call().phone(PHONE));
    model.id(api_call().ext("B").email(BOB).phone(OTHER_PHONE));
    let decision = model.upsert(api_call().ext("A").email(ANN));
    assert_eq!(decision.outcome, Outcome::Created);
    let decision = model.upsert(api_call().ext("A").email(ANN).phone(PHONE));
    assert_eq!(not_linked_of(&decision), [NotLinkedReason::PolicyOff]);
    assert!(model.contact(other).is_active());
    model.policy.merge_unclaimed = true;
    let decision = model.upsert(api_call().ext("A").phone(OTHER_PHONE));
    assert!(merges_of(&decision).is_empty(), "B holds an external ID");
}

#[test]
fn rule_7_a_cookie_alone_makes_no_contact() {
    let mut model = Model::new();
    let decision = model.upsert(api_call().cookie("c"));
    assert_eq!(decision.rejection, Some(Rejection::CookieAlone));
    assert!(model.state.contacts.is_empty());
}

#[test]
fn rule_7_the_cookie_s_history_becomes_the_contact_s_and_follows_the_next_login_from_then_on() {
    let mut model = Model::new();
    let anonymous = Visitor {
        id: VisitorId(uuid::Uuid::from_u128(9)),
        key: api_call().cookie("c").cookies[0].key.clone(),
        home: None,
        owner: None,
        since: Timestamp::UNIX_EPOCH,
        closed_at: None,
        follows: false,
    };
    model.state.visitors.push(anonymous.clone());
    let a = model.id(api_call().ext("A").cookie("c"));
    assert_eq!(model.state.visitors[0].owner, Some(a));
    let b = model.id(api_call().ext("B").cookie("c"));
    let owners: Vec<_> = model
        .state
        .visitors
        .iter()
        .map(|visitor| (visitor.owner, visitor.closed_at.is_some()))
        .collect();
    assert_eq!(
        owners,
        [(Some(a), true), (Some(b), false)],
        "the old history stays, the new goes to the new owner"
    );
}

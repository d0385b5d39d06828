//! A device names one push token at a time.

use super::model::{Model, RequestParts, api_call, merges_of, not_linked_of, shown};
use crate::values::{AppId, ChannelType, Token};
use crate::*;
use proptest::prelude::*;

fn tokens(model: &Model, id: ContactId) -> Vec<&str> {
    shown(model.contact(id), ChannelType::MobilePush)
}

fn replaced(decision: &Decision) -> Vec<&str> {
    fn token(effect: &Effect) -> Option<&str> {
        match effect {
            Effect::Replaced { identifier } => Some(&identifier.typed),
            _ => None,
        }
    }
    decision.effects.iter().filter_map(token).collect()
}

/// A token of an app.
fn of_app(mut contact_request: ContactRequest, app: &str, token: &str) -> ContactRequest {
    let app = AppId::parse(app).unwrap();
    let identifier = Identifier::token(IdentifierKind::MobilePush, Some(&app), &Token::parse(token).unwrap());
    contact_request.channels.push(ChannelInput {
        channel: ChannelType::MobilePush,
        identifier,
        details: ChannelDetails {
            app: Some(app.as_str().to_owned()),
            ..ChannelDetails::default()
        },
    });
    contact_request
}

#[test]
fn a_new_token_replaces_the_one_that_the_device_named_before() {
    let mut model = Model::new();
    let ann = model.id(api_call().ext("A").device("d1").token("t1"));
    model.upsert(api_call().ext("A").device("d2").token("u1"));
    model.upsert(api_call().ext("A").token("v1"));
    let decision = model.upsert(api_call().ext("A").device("d1").token("t2"));
    assert_eq!((decision.outcome, replaced(&decision)), (Outcome::Updated, vec!["t1"]));
    assert_eq!(tokens(&model, ann), ["u1", "v1", "t2"], "other devices keep theirs");
    assert_eq!(
        model.upsert(api_call().token("t1")).outcome,
        Outcome::Created,
        "it has no owner"
    );
}

#[test]
fn without_the_device_tokens_are_appended_as_before() {
    let mut model = Model::new();
    let ann = model.id(api_call().ext("A").device("d1").token("t1"));
    for contact_request in [
        api_call().ext("A").token("t2"),
        api_call().ext("A").device("d1"),
        api_call().ext("A").device("d1").token("t1"),
    ] {
        assert!(replaced(&model.upsert(contact_request)).is_empty());
    }
    assert_eq!(tokens(&model, ann), ["t1", "t2"]);
}

#[test]
fn apps_do_not_replace_each_other_s_tokens() {
    let mut model = Model::new();
    let ann = model.id(of_app(api_call().ext("A").device("d1"), "one", "t1"));
    model.upsert(of_app(api_call().ext("A").device("d1"), "two", "u1"));
    assert_eq!(tokens(&model, ann), ["t1", "u1"]);
    model.upsert(of_app(api_call().ext("A").device("d1"), "one", "t2"));
    assert_eq!(tokens(&model, ann), ["u1", "t2"]);
}

#[test]
fn two_tokens_of_one_request_both_stay() {
    let mut model = Model::new();
    let ann = model.id(api_call().ext("A").device("d1").token("t1").token("t2"));
    assert_eq!(tokens(&model, ann), ["t1", "t2"]);
    model.upsert(api_call().ext("A").device("d1").token("t3"));
    assert_eq!(tokens(&model, ann), ["t3"]);
}

#[test]
fn the_former_owner_of_the_device_loses_the_old_token_with_it() {
    let mut model = Model::new();
    let ann = model.id(api_call().ext("A").device("d1").token("t1"));
    model.upsert(api_call().ext("A").token("other"));
    let decision = model.upsert(api_call().ext("B").device("d1").token("t2"));
    let bob = decision.contact.unwrap();
    assert_eq!((tokens(&model, ann), tokens(&model, bob)), (vec!["other"], vec!["t2"]));
    assert_eq!(replaced(&decision), ["t1"]);
    assert!(
        model
            .log
            .iter()
            .any(|entry| entry.contact == ann && entry.decision.id == decision.id)
    );
    assert_eq!(model.contact(ann).updated_at, decision.at);
}

#[test]
fn an_anonymous_device_refreshes_its_token_with_a_public_key() {
    let mut model = Model::new();
    let anonymous = model.id(api_call().device("d1").token("t1").by_public_key());
    let decision = model.upsert(api_call().device("d1").token("t2").by_public_key());
    assert_eq!(
        (decision.contact, tokens(&model, anonymous)),
        (Some(anonymous), vec!["t2"])
    );
}

#[test]
fn a_public_key_replaces_no_token_of_a_known_person() {
    let mut model = Model::new();
    let ann = model.id(api_call().ext("A").device("d1").token("t1"));
    let decision = model.upsert(api_call().device("d1").token("t2").by_public_key());
    assert_eq!(
        (not_linked_of(&decision), tokens(&model, ann)),
        (vec![NotLinkedReason::PublicKey], vec!["t1"])
    );
    model.id(api_call().token("t3").by_public_key());
    let decision = model.upsert(api_call().device("d1").token("t3").by_public_key());
    assert_eq!(
        (not_linked_of(&decision), tokens(&model, ann)),
        (vec![NotLinkedReason::PublicKey], vec!["t1"])
    );
}

#[test]
fn a_replaced_token_makes_room_for_the_new_one() {
    let mut model = Model::new();
    model.policy.limits.mobile_push = 1;
    let ann = model.id(api_call().ext("A").device("d1").token("t1"));
    let decision = model.upsert(api_call().ext("A").device("d1").token("t2"));
    assert!(
        !decision
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Quarantined { .. }))
    );
    assert_eq!(tokens(&model, ann), ["t2"]);
}

#[test]
fn an_undo_brings_back_a_token_that_was_replaced_meanwhile() {
    let mut model = Model::new();
    let anonymous = model.id(api_call().device("d1").token("t1").by_public_key());
    let before = model.contact(anonymous).clone();
    let ann = model.id(api_call().ext("A"));
    let merged = model.upsert(api_call().ext("A").device("d1").token("t2"));
    assert_eq!((tokens(&model, ann), replaced(&merged)), (vec!["t2"], vec!["t1"]));
    let again = model.upsert(api_call().ext("A").device("d1").token("t1"));
    assert_eq!(
        (tokens(&model, ann), replaced(&again)),
        (vec!["t1"], vec!["t2"]),
        "it shows again"
    );
    model.upsert(api_call().ext("A").device("d1").token("t3"));
    model.run(Command::Undo {
        merge: merges_of(&merged)[0].0,
    });
    let keys = |contact: &Contact| {
        contact
            .identifiers
            .iter()
            .map(|held| held.key().clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(model.contact(anonymous)), keys(&before));
    assert_eq!(tokens(&model, anonymous), ["t1"]);
    assert_eq!(tokens(&model, ann), ["t3"]);
}

proptest! {
    /// Whichever requests come, a device names one token of its app: the last.
    #[test]
    fn a_device_has_one_token(steps in proptest::collection::vec((0usize..3, 0usize..3, 0usize..6, any::<bool>()), 1..30)) {
        let mut model = Model::new();
        for (who, device, token, is_public) in steps {
            let mut contact_request = api_call().device(&format!("d{device}")).token(&format!("t{token}"));
            if who > 0 {
                contact_request = contact_request.ext(&format!("X{who}"));
            }
            model.upsert(if is_public { contact_request.by_public_key() } else { contact_request });
            for contact in model.state.contacts.values() {
                let of = |device: &str| {
                    let linked = |held: &&&HeldIdentifier| held.details.device_id.as_deref() == Some(device);
                    contact.visible(IdentifierKind::MobilePush).iter().filter(linked).count()
                };
                for held in contact.visible(IdentifierKind::DeviceId) {
                    prop_assert!(of(&held.identifier.typed) <= 1, "{:?}", contact);
                }
            }
        }
    }
}

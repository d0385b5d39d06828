//! What a public key may do ("Trust").

use super::history;
use super::model::{Model, RequestParts, api_call, event, merges_of, not_linked_of};
use crate::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

const ANN: &str = "ann@example.com";

/// What is asked with a public key: by a call that creates, or of an event.
fn publicly(model: &mut Model, request: ContactRequest) -> Decision {
    model.upsert(request.by_public_key())
}

fn holds(model: &Model, id: ContactId, request: &ContactRequest) -> bool {
    let contact = model.contact(id);
    request.identifiers().all(|identifier| contact.holds(&identifier.key))
}

#[test]
fn an_unknown_app_creates_an_anonymous_contact_and_adds_to_it() {
    let mut model = Model::new();
    let made = publicly(&mut model, api_call().token("t1").device("d1"));
    assert_eq!(made.outcome, Outcome::Created);
    let id = made.contact.unwrap();
    let more = publicly(&mut model, api_call().device("d1").token("t2").cookie("c1"));
    assert_eq!((more.outcome, more.contact), (Outcome::Updated, Some(id)));
    assert!(holds(&model, id, &api_call().token("t2").device("d1").cookie("c1")));
}

#[test]
fn one_anonymous_contact_takes_from_another_and_absorbs_it() {
    let mut model = Model::new();
    let first = model.id(api_call().token("t1"));
    let second = model.id(api_call().device("d1"));
    let decision = publicly(&mut model, api_call().token("t1").device("d1"));
    assert_eq!(decision.contact, Some(first));
    let merges = merges_of(&decision);
    assert_eq!(merges.len(), 1);
    assert_eq!((merges[0].1, merges[0].2), (second, MergeRule::AbsorbAnonymous));
}

#[test]
fn no_identifier_of_a_known_person_is_moved() {
    let mut model = Model::new();
    let ann = model.id(api_call().email(ANN).token("t1").device("d1"));
    let anonymous = model.id(api_call().token("t2"));
    let decision = publicly(&mut model, api_call().token("t2").device("d1"));
    assert_eq!(
        (decision.outcome, decision.contact),
        (Outcome::Unchanged, Some(anonymous))
    );
    assert_eq!(not_linked_of(&decision), [NotLinkedReason::PublicKey]);
    let named: Vec<_> = decision.effects.iter().collect();
    assert!(matches!(named[..], [Effect::NotLinked { contact: Some(held), .. }] if *held == ann));
    assert!(holds(&model, ann, &api_call().token("t1").device("d1")));
}

#[test]
fn nothing_is_attached_to_a_known_person() {
    let mut model = Model::new();
    let ann = model.id(api_call().ext("A").token("t1"));
    model.id(api_call().device("d1"));
    let before = model.contact(ann).clone();
    let decision = publicly(&mut model, api_call().token("t1").token("t9").device("d1").cookie("c1"));
    assert_eq!((decision.outcome, decision.contact), (Outcome::Unchanged, Some(ann)));
    assert_eq!(not_linked_of(&decision), [NotLinkedReason::PublicKey; 3]);
    assert_eq!(model.contact(ann), &before);
    let again = publicly(&mut model, api_call().token("t1"));
    assert_eq!(
        (again.contact, not_linked_of(&again)),
        (Some(ann), Vec::new()),
        "that changes nothing"
    );
}

#[test]
fn a_token_of_a_known_person_is_not_described_again() {
    let mut model = Model::new();
    let ann = model.id(api_call().ext("A").token("t1"));
    let mut off = api_call().token("t1");
    off.channels[0].details.device = Some(crate::values::Device {
        active: false,
        ..Default::default()
    });
    let decision = publicly(&mut model, off.clone());
    assert_eq!(
        (decision.outcome, not_linked_of(&decision)),
        (Outcome::Unchanged, vec![NotLinkedReason::PublicKey])
    );
    assert_eq!(model.upsert(off).outcome, Outcome::Updated, "a secret key may");
    assert!(!model.contact(ann).identifiers[1].details.is_empty());
}

#[test]
fn a_contact_that_would_hold_nothing_is_not_made() {
    let mut model = Model::new();
    let ann = model.id(api_call().ext("A").token("t1"));
    model.remove(ann);
    let decision = publicly(&mut model, api_call().token("t1").cookie("c1"));
    assert_eq!((decision.outcome, decision.contact), (Outcome::Unmatched, None));
    assert_eq!(not_linked_of(&decision), [NotLinkedReason::PublicKey]);
    assert_eq!(model.state.contacts.len(), 1);
    let beside = publicly(&mut model, api_call().token("t1").device("d1"));
    assert_eq!(
        (beside.outcome, not_linked_of(&beside)),
        (Outcome::Created, vec![NotLinkedReason::PublicKey])
    );
    assert!(holds(&model, beside.contact.unwrap(), &api_call().device("d1")));
}

#[test]
fn a_removed_anonymous_contact_keeps_nothing_back() {
    let mut model = Model::new();
    let old = model.id(api_call().token("t1"));
    model.remove(old);
    let decision = publicly(&mut model, api_call().token("t1"));
    assert_eq!(
        (decision.outcome, not_linked_of(&decision)),
        (Outcome::Created, Vec::new())
    );
    assert!(holds(&model, decision.contact.unwrap(), &api_call().token("t1")));
}

#[test]
fn history_goes_to_the_holder_of_the_identifier() {
    let mut model = Model::new();
    let ann = model.id(api_call().ext("A").device("d1"));
    let before = model.contact(ann).clone();
    let mut viewed = event("viewed", api_call().device("d1").token("t9").ext("B").by_public_key());
    viewed.origin = Origin::Mobile;
    let decision = model.run(Command::Event(Box::new(viewed)));
    assert_eq!(decision.contact, Some(ann));
    assert_eq!(model.contact(ann), &before);
    assert_eq!(model.events[0].subject, Some(Subject::Contact(ann)));
}

#[test]
fn a_public_key_makes_no_value_shared() {
    let mut model = Model::new();
    let victim = model.id(api_call().ext("V").device("d1"));
    for n in 0..4 {
        model.id(api_call().ext(&format!("X{n}")).token(&format!("t{n}")));
        publicly(&mut model, api_call().token(&format!("t{n}")).device("d1"));
    }
    assert_eq!(model.upsert(api_call().device("d1")).contact, Some(victim));
}

/// The stored data of known contacts and of the contacts that they absorbed.
fn known(model: &Model) -> BTreeMap<ContactId, Contact> {
    let contacts = &model.state.contacts;
    let is_known = |contact: &&Contact| {
        let answering = &contacts[&contact.canonical];
        !answering.is_anonymous() && !answering.identifiers.is_empty()
    };
    let known = contacts.values().filter(is_known);
    known.map(|contact| (contact.id, contact.clone())).collect()
}

proptest! {
    #[test]
    fn no_public_request_changes_a_known_person(
        before in proptest::collection::vec(history::step(), 1..30),
        contact_request in proptest::collection::vec((proptest::collection::vec(0usize..24, 1..6), any::<bool>()), 1..20),
    ) {
        let mut model = Model::new();
        for step in before {
            if let Some(command) = history::command(&model, step) {
                model.run(command);
            }
        }
        let known_before = known(&model);
        for (parts, happens) in contact_request {
            let request = history::request(&parts).by_public_key();
            let decision = if happens { model.event("viewed", request) } else { model.upsert(request) };
            prop_assert!(decision.contact.is_none_or(|id| known_before.contains_key(&id) || model.contact(id).is_anonymous()));
            for (id, contact) in &known_before {
                prop_assert_eq!(model.contact(*id), contact);
            }
            prop_assert_eq!(known(&model).len(), known_before.len(), "no contact becomes known by a public key");
        }
    }
}

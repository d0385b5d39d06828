//! Changing a contact by its number, and clearing what it has.

use super::model::{Model, RequestParts, api_call, first_name, shown};
use crate::values::{ChannelType, ContactKey};
use crate::*;

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";
const PHONE: &str = "+380501234567";

fn clear(id: ContactId, channels: &[ChannelType]) -> ContactRequest {
    ContactRequest {
        cleared_channels: channels.iter().copied().collect(),
        ..api_call().at(id)
    }
}

fn lost(decision: &Decision) -> Vec<&str> {
    let lost = decision.effects.iter().filter_map(|effect| match effect {
        Effect::Replaced { identifier } => Some(identifier.typed.as_str()),
        _ => None,
    });
    lost.collect()
}

#[test]
fn a_cleared_value_stops_matching_and_is_reported() {
    let mut model = Model::new();
    let request = api_call().ext("A").email(ANN).phone(PHONE).token("t").name("Ann");
    let a = model.id(request);
    let request = ContactRequest {
        attributes: vec![AttributeInput::first_name(None)],
        ..clear(a, &[ChannelType::Email, ChannelType::Sms])
    };
    let cleared = model.call(Call::Patch, request.clone());
    assert_eq!((cleared.outcome, cleared.rule), (Outcome::Updated, Rule::ContactId));
    assert_eq!(lost(&cleared), [ANN, PHONE]);
    let contact = model.contact(a);
    assert_eq!((contact.external_id(), first_name(contact)), (Some("A"), None));
    assert_eq!(shown(contact, ChannelType::MobilePush), ["t"]);
    assert_ne!(model.id(api_call().email(ANN)), a);
    assert_ne!(model.id(api_call().phone(PHONE)), a);
    assert_eq!(model.call(Call::Patch, request).outcome, Outcome::Unchanged);
    let set = model.call(Call::Patch, api_call().at(a).email(BOB));
    assert_eq!(set.outcome, Outcome::Updated);
    assert_eq!(shown(model.contact(a), ChannelType::Email), [BOB]);
}

#[test]
fn a_number_that_is_cleared_in_one_channel_stays_in_the_other() {
    let mut model = Model::new();
    let a = model.id(api_call().ext("A").phone(PHONE).channel(ChannelType::Viber, PHONE));
    let cleared = model.call(Call::Patch, clear(a, &[ChannelType::Sms]));
    let restated = |effect: &Effect| matches!(effect, Effect::Restated { identifier } if identifier.typed == PHONE);
    assert!(cleared.effects.iter().any(restated), "{cleared:?}");
    assert_eq!(shown(model.contact(a), ChannelType::Sms), [""; 0]);
    assert_eq!(shown(model.contact(a), ChannelType::Viber), [PHONE]);
    assert_eq!(model.id(api_call().channel(ChannelType::Viber, PHONE)), a);
}

#[test]
fn clearing_empties_the_channel_also_of_what_merges_brought_and_an_undo_gives_it_back() {
    let mut model = Model::new();
    let c = model.id(api_call().ext("C").phone(PHONE).channel(ChannelType::Viber, PHONE));
    let b = model.id(api_call().email(BOB).device("d"));
    let request = api_call().ext("A").email(ANN).phone(PHONE);
    let a = model.id(request.channel(ChannelType::Viber, PHONE));
    let before = [b, c].map(|id| model.observables()[&id].0.clone());
    assert_ne!(a, c);
    model.merge(a, b, false);
    model.merge(a, c, true);
    let cleared = model.call(Call::Patch, clear(a, &[ChannelType::Email, ChannelType::Sms]));
    assert_eq!(lost(&cleared), [ANN, BOB]);
    for channel in [ChannelType::Email, ChannelType::Sms] {
        assert_eq!(shown(model.contact(a), channel), [""; 0], "{channel}");
    }
    assert_eq!(shown(model.contact(a), ChannelType::Viber), [PHONE]);
    let merges: Vec<MergeId> = model.state.merges.keys().copied().collect();
    for merge in merges {
        assert_eq!(model.run(Command::Undo { merge }).outcome, Outcome::Unmerged);
    }
    assert_eq!([b, c].map(|id| model.observables()[&id].0.clone()), before);
    assert_eq!(shown(model.contact(a), ChannelType::Email), [""; 0]);
    assert_eq!(shown(model.contact(a), ChannelType::Viber), [PHONE]);
}

#[test]
fn a_cleared_contact_key_finds_no_contact() {
    let mut model = Model::new();
    let key = ContactKey::parse("k").unwrap();
    let a = model.id(ContactRequest {
        attributes: vec![AttributeInput::contact_key(Some(&key))],
        ..api_call().ext("A")
    });
    let named = || ContactRequest {
        contact_key: Some(Identifier::contact_key(&key)),
        ..api_call()
    };
    assert_eq!(model.event("e", named()).contact, Some(a));
    let cleared = model.call(
        Call::Patch,
        ContactRequest {
            attributes: vec![AttributeInput::contact_key(None)],
            ..api_call().at(a)
        },
    );
    assert_eq!(lost(&cleared), ["k"]);
    assert_eq!(model.event("e", named()).contact, None);
}

#[test]
fn a_patch_finds_active_contacts_alone_and_refuses_what_it_cannot_write() {
    let mut model = Model::new();
    let a = model.id(api_call().ext("A"));
    let b = model.id(api_call().ext("B"));
    let held = model.call(Call::Patch, api_call().at(a).ext("B"));
    assert_eq!(held.rejection, Some(Rejection::ExternalIdHeld { holder: b }));
    let request = ContactRequest {
        fields: vec![FieldInput {
            id: FieldId(9),
            text: None,
            member: "fields.9".to_owned(),
        }],
        ..api_call().at(a).name("Ann")
    };
    let unknown = model.call(Call::Patch, request);
    assert!(
        matches!(&unknown.rejection, Some(Rejection::InvalidField { member, .. }) if member == "fields.9"),
        "{unknown:?}"
    );
    assert_eq!(first_name(model.contact(a)), None);
    model.remove(a);
    for id in [a, ContactId(99)] {
        let missing = model.call(Call::Patch, api_call().at(id).name("Ann"));
        assert_eq!(missing.rejection, Some(Rejection::ContactNotFound));
    }
    assert_eq!(model.contact(a).state, ContactState::Removed);
}

#[test]
fn a_condition_on_the_revision_holds_until_an_earlier_command_of_the_batch_changes_the_contact() {
    let mut model = Model::new();
    let id = model.id(api_call().ext("A").email(ANN));
    let revisions = vec![model.contact(id).revision];
    let clear = || Command::IfUnchanged {
        contact: id,
        revisions: revisions.clone(),
        command: Box::new(Command::Contact(
            Call::Patch,
            Box::new(clear(id, &[ChannelType::Email])),
        )),
    };
    let decisions = model.run_all(vec![clear(), clear()]);
    assert_eq!(decisions[0].outcome, Outcome::Updated);
    assert_eq!(decisions[1].rejection, Some(Rejection::Changed));
}

//! What bulk calls write, and what they leave.

use super::model::{Model, RequestParts, api_call, first_name, shown};
use crate::values::{ChannelType, EventTypeKey};
use crate::*;
use std::collections::BTreeSet;

const ANN: &str = "ann@example.com";
const PHONE: &str = "+380501234567";

fn by(dedupe_on: DedupeOn) -> Call {
    Call::Bulk {
        dedupe_on,
        restore: false,
    }
}

fn listing(mut request: ContactRequest, members: &[BulkMember], without_value: &[BulkMember]) -> ContactRequest {
    request.listed = Some(Box::new(Listed {
        members: members.iter().copied().collect(),
        without_value: without_value.iter().copied().collect(),
        fields: BTreeSet::new(),
    }));
    request
}

#[test]
fn bulk_needs_something_to_recognise_the_contact_by() {
    let mut model = Model::new();
    for (dedupe_on, request) in [
        (DedupeOn::Email, api_call().phone(PHONE)),
        (DedupeOn::Sms, api_call().email(ANN)),
        (DedupeOn::MobilePush, api_call().email(ANN)),
        (DedupeOn::Id, api_call().email(ANN)),
        (DedupeOn::ExternalCustomerId, api_call().email(ANN)),
    ] {
        let decision = model.call(by(dedupe_on), request.clone());
        assert_eq!(decision.rejection, Some(Rejection::NoDedupeValue), "{dedupe_on:?}");
        let decision = model.clone().call(by(dedupe_on), request.ext("A"));
        assert_eq!(decision.outcome, Outcome::Created, "{dedupe_on:?}");
    }
}

#[test]
fn bulk_clears_what_is_listed_without_a_value_and_leaves_what_is_not_listed() {
    let mut model = Model::new();
    let id = model.id(api_call().ext("A").email(ANN).phone(PHONE).name("Ann"));
    let members = [BulkMember::FirstName, BulkMember::Sms, BulkMember::ExternalCustomerId];
    let request = listing(
        api_call().ext("A").email("new@example.com").name("Eve"),
        &members,
        &[BulkMember::Sms],
    );
    let decision = model.call(by(DedupeOn::ExternalCustomerId), request);
    assert_eq!(decision.outcome, Outcome::Updated);
    assert_eq!(first_name(model.contact(id)), Some("Eve"));
    assert_eq!(shown(model.contact(id), ChannelType::Email), [ANN]);
    assert!(shown(model.contact(id), ChannelType::Sms).is_empty());
    let cleared = listing(
        api_call().ext("A"),
        &members,
        &[BulkMember::FirstName, BulkMember::ExternalCustomerId],
    );
    model.call(by(DedupeOn::ExternalCustomerId), cleared);
    assert_eq!(first_name(model.contact(id)), None);
    assert!(model.contact(id).has_external_id());
}

#[test]
fn bulk_never_clears_what_it_recognises_by_and_gives_everything_to_a_new_contact() {
    let mut model = Model::new();
    let only_name = |request| {
        listing(
            request,
            &[BulkMember::FirstName, BulkMember::Email],
            &[BulkMember::Email],
        )
    };
    let made = model.call(
        by(DedupeOn::Email),
        only_name(api_call().ext("A").email(ANN).phone(PHONE)),
    );
    let id = made.contact.unwrap();
    assert_eq!(shown(model.contact(id), ChannelType::Sms), [PHONE]);
    model.call(by(DedupeOn::Email), only_name(api_call().ext("A")));
    assert_eq!(shown(model.contact(id), ChannelType::Email), [ANN]);
}

#[test]
fn bulk_records_an_event_for_every_contact_that_it_creates() {
    let mut model = Model::new();
    let with_event = |mut request: ContactRequest| {
        request.event_for_new = Some(EventTypeKey::parse("imported").unwrap());
        request
    };
    model.call(by(DedupeOn::Email), with_event(api_call().email(ANN)));
    model.call(by(DedupeOn::Email), with_event(api_call().email(ANN).name("Ann")));
    model.call(by(DedupeOn::Sms), with_event(api_call().phone(PHONE)));
    let events: Vec<_> = model
        .events
        .iter()
        .map(|event| Some(event.key_value.as_ref()?.as_str()))
        .collect();
    assert_eq!(events, [Some(ANN), Some(PHONE)]);
    let params: serde_json::Value = serde_json::from_str(model.events[1].params.as_json()).unwrap();
    assert_eq!((&params["EmailAddress"], &params["SMS"]), (&"".into(), &PHONE.into()));
}

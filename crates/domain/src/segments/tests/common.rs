//! What these tests share.

use crate::segments::{ContactFacts, Definitions, Formula, Membership, Plan};
use crate::values::{FieldType, FieldValue, SegmentName, Source, TimeZone};
use crate::{
    Attribute, AttributeInput, AttributeKey, AttributeValue, ChannelDetails, Contact, ContactId, CustomField, FieldId,
    HeldIdentifier, Identifier, IdentifierState, SegmentId, Timestamp,
};
use chrono::DateTime;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn at(text: &str) -> Timestamp {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

pub(super) fn custom(id: i64, key: &str, field_type: FieldType) -> CustomField {
    CustomField {
        id: FieldId(id),
        profile_key: "P".to_owned(),
        field_key: key.to_owned(),
        name: key.to_owned(),
        field_type,
        allowed: Vec::new(),
        required: false,
        identifying: false,
        archived: false,
    }
}

/// Two static segments, `Staff` (1) and `a “b” \ c` (2), and a field of every type.
pub(super) fn definitions() -> Definitions {
    let name = |text| SegmentName::parse(text).unwrap();
    let types = [
        (1, "text", FieldType::TextField),
        (2, "number", FieldType::Number),
        (3, "decimal", FieldType::Decimal),
        (4, "date", FieldType::Date),
        (5, "time", FieldType::DateTime),
        (6, "tags", FieldType::Tags),
    ];
    Definitions {
        names: BTreeMap::from([(SegmentId(1), name("Staff")), (SegmentId(2), name(r"a “b” \ c"))]),
        formulas: BTreeMap::new(),
        fields: types.into_iter().map(|(id, key, held)| custom(id, key, held)).collect(),
        shared_threshold: 3,
    }
}

pub(super) fn formula(json: &Value) -> Formula {
    Formula::read(json).unwrap_or_else(|problems| panic!("{json}: {problems:?}"))
}

pub(super) fn plan(json: &Value) -> Plan {
    Plan::of(&formula(json), &definitions()).unwrap_or_else(|problems| panic!("{json}: {problems:?}"))
}

pub(super) fn contact() -> Contact {
    Contact::new(ContactId(7), Source::Api, at("2026-01-01T00:00:00Z"))
}

pub(super) fn hold(contact: &mut Contact, identifier: Identifier) {
    contact.identifiers.push(HeldIdentifier {
        identifier,
        home: contact.id,
        owner: contact.id,
        state: IdentifierState::Active,
        hidden_by: None,
        channels: BTreeSet::new(),
        details: ChannelDetails::default(),
        confirmed: true,
        source: Source::Api,
        first_seen: contact.created_at,
        last_seen: contact.created_at,
    });
}

pub(super) fn set(contact: &mut Contact, input: &AttributeInput) {
    contact.attributes.set(input, contact.created_at);
}

pub(super) fn put(contact: &mut Contact, field: i64, field_type: FieldType, text: &str) {
    let value = FieldValue::parse(field_type, text, &[], contact.created_at).unwrap();
    let attribute = Attribute {
        value: Some(AttributeValue::Field(value)),
        filled_from: None,
        cleared_at: None,
    };
    contact
        .attributes
        .0
        .insert(AttributeKey::Field(FieldId(field)), attribute);
}

pub(super) fn zoned(contact: &mut Contact, zone: &str) {
    set(
        contact,
        &AttributeInput::time_zone(Some(&TimeZone::parse(zone).unwrap())),
    );
}

pub(super) fn standing(contact: &Contact, json: &Value, now: &str) -> Membership {
    plan(json).evaluate(ContactFacts::of(contact), at(now))
}

pub(super) fn is_in(contact: &Contact, json: &Value, now: &str) -> bool {
    let facts = ContactFacts::of(contact);
    let holds = plan(json).matches(facts, at(now));
    let complement = plan(&json!({"not": json})).matches(facts, at(now));
    assert_ne!(holds, complement, "a negation is the exact complement: {json}");
    holds
}

pub(super) const NOW: &str = "2026-03-10T12:00:00Z";

//! Names, address, language and the like of a contact.

use super::Reader;
use crate::body::Member;
use crate::docs::{AddressInput, ContactInput};
use crate::fields::{Fields, NOT_A_TEXT, text_of, why};
use selfsame_domain::AttributeInput;
use selfsame_domain::values::{AddressPart, ContactKey, FirstName, Language, LastName, Postcode, TimeZone, ValueError};

pub(super) fn read(reader: &mut Reader<'_>, sent: &ContactInput<'_>) {
    read_one(reader, sent.first_name, FirstName::parse, AttributeInput::first_name);
    read_one(reader, sent.last_name, LastName::parse, AttributeInput::last_name);
    read_one(reader, sent.contact_key, ContactKey::parse, AttributeInput::contact_key);
    read_one(reader, sent.language_code, Language::parse, AttributeInput::language);
    read_one(reader, sent.time_zone, TimeZone::parse, AttributeInput::time_zone);
    if let Some(value) = sent.address.sent().value() {
        match value.as_object() {
            Some(object) => read_address(reader, &Fields::of(Some(object), sent.address.pointer())),
            None => reader.skip(&sent.address.pointer(), why(value, "must be an object")),
        }
    }
}

fn read_address(reader: &mut Reader<'_>, address: &Fields<'_>) {
    let sent = AddressInput::of(address);
    read_one(reader, sent.region, AddressPart::parse, AttributeInput::region);
    read_one(reader, sent.town, AddressPart::parse, AttributeInput::town);
    read_one(reader, sent.address, AddressPart::parse, AttributeInput::address);
    read_one(reader, sent.postcode, Postcode::parse, AttributeInput::postcode);
}

/// Reads one attribute; an unreadable one is left out and reported.
fn read_one<T>(
    reader: &mut Reader<'_>,
    member: Member<'_>,
    parse: impl FnOnce(&str) -> Result<T, ValueError>,
    input: impl FnOnce(Option<&T>) -> AttributeInput,
) {
    let Some(value) = member.sent().value() else { return };
    match text_of(value).map(|text| parse(&text)) {
        Some(Ok(value)) => reader.request.attributes.push(input(Some(&value))),
        Some(Err(ValueError::Empty)) => {}
        Some(Err(error)) => reader.skip(&member.pointer(), error),
        None => reader.skip(&member.pointer(), why(value, NOT_A_TEXT)),
    }
}

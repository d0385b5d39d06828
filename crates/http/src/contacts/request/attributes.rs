//! Names, address, language and the like of a contact.

use super::Reader;
use crate::fields::{Fields, NOT_A_TEXT, text_of, why};
use selfsame_domain::AttributeInput;
use selfsame_domain::values::{AddressPart, ContactKey, FirstName, Language, LastName, Postcode, TimeZone, ValueError};

pub(super) fn read(reader: &mut Reader<'_>, fields: &Fields<'_>) {
    read_one(
        reader,
        fields,
        "firstName",
        FirstName::parse,
        AttributeInput::first_name,
    );
    read_one(reader, fields, "lastName", LastName::parse, AttributeInput::last_name);
    read_one(
        reader,
        fields,
        "contactKey",
        ContactKey::parse,
        AttributeInput::contact_key,
    );
    read_one(
        reader,
        fields,
        "languageCode",
        Language::parse,
        AttributeInput::language,
    );
    read_one(reader, fields, "timeZone", TimeZone::parse, AttributeInput::time_zone);
    if let Some(value) = fields.raw("address").value() {
        match value.as_object() {
            Some(object) => read_address(reader, &Fields::of(Some(object), fields.pointer("address"))),
            None => reader.skip(&fields.pointer("address"), why(value, "must be an object")),
        }
    }
}

fn read_address(reader: &mut Reader<'_>, address: &Fields<'_>) {
    read_one(reader, address, "region", AddressPart::parse, AttributeInput::region);
    read_one(reader, address, "town", AddressPart::parse, AttributeInput::town);
    read_one(reader, address, "address", AddressPart::parse, AttributeInput::address);
    read_one(reader, address, "postcode", Postcode::parse, AttributeInput::postcode);
}

/// Reads one attribute; an unreadable one is left out and reported.
fn read_one<T>(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    name: &str,
    parse: impl FnOnce(&str) -> Result<T, ValueError>,
    input: impl FnOnce(Option<&T>) -> AttributeInput,
) {
    let Some(value) = fields.raw(name).value() else {
        return;
    };
    match text_of(value).map(|text| parse(&text)) {
        Some(Ok(value)) => reader.request.attributes.push(input(Some(&value))),
        Some(Err(ValueError::Empty)) => {}
        Some(Err(error)) => reader.skip(&fields.pointer(name), error),
        None => reader.skip(&fields.pointer(name), why(value, NOT_A_TEXT)),
    }
}

//! From the JSON of an event to a domain request.
//!
//! Who did it is told by parameters under any of their spellings, compared without regard to case (wire fact), or as in a contact by
//! `deviceId` and `cookies`.

use crate::contacts::request::{self, skipped};
use crate::fields::{Fields, MAX_ENTRIES, Problems, name_of};
use crate::named::{self, Parts};
use chrono::{DateTime, NaiveDateTime};
use selfsame_domain::values::{EventKeyValue, EventTypeKey, Source, ValueError};
use selfsame_domain::{
    ContactId, ContactRequest, EventId, EventParams, EventRequest, Origin, Policy, Timestamp, to_micros,
};
use serde_json::{Map, Value};

/// Names of parameters that identify a contact, in small letters (wire fact).
const CONTACT_ID: [&str; 2] = ["contactid", "contact_id"];
const EXTERNAL_ID: [&str; 1] = ["externalcustomerid"];
const EMAIL: [&str; 4] = ["email", "emailaddress", "useremail", "contactemail"];
const PHONE: [&str; 3] = ["phone", "sms", "phonenumber"];
const PUSH_TOKEN: [&str; 1] = ["pushtoken"];

/// The longest identity that a sender gives to an event, in characters.
const MAX_EVENT_ID: usize = 100;

/// Forms of a time without its offset, which is then UTC (wire fact: to the minute).
const TIMES: [&str; 4] = [
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S%.f",
];

/// Reads an event. Notes in `problems` what refuses it.
pub(crate) fn read(
    fields: &Fields<'_>,
    origin: Origin,
    policy: &Policy,
    problems: &mut Problems,
) -> Option<EventRequest> {
    let type_key = required(fields, "eventTypeKey", EventTypeKey::parse, problems);
    let key_value = optional(fields, "keyValue", EventKeyValue::parse, problems);
    let id = optional(fields, "eventId", event_id, problems);
    let mut contact = ContactRequest::new(Source::Event);
    request::read_changeable(fields, policy, problems, &mut contact);
    let parameters = parameters(fields, problems);
    let named = who(&parameters, policy, problems, &mut contact);
    let params = kept(&parameters, &mut contact);
    let params = problems.check(&fields.pointer("params"), params);
    let nobody = !named && contact.identifiers().next().is_none();
    if nobody && key_value.is_none() {
        let reason = "must have keyValue, or a parameter contactId, externalCustomerId, email, phone or pushToken";
        problems.add(fields.here(), reason);
    }
    Some(EventRequest {
        contact,
        id,
        type_key: type_key?,
        key_value,
        occurred_at: None,
        origin,
        params: params?,
    })
}

/// Reads an event about whom the request names otherwise: its parameters name nobody.
pub(crate) fn read_of(
    fields: &Fields<'_>,
    mut contact: ContactRequest,
    origin: Origin,
    problems: &mut Problems,
) -> Option<EventRequest> {
    let type_key = required(fields, "eventTypeKey", EventTypeKey::parse, problems);
    let key_value = optional(fields, "keyValue", EventKeyValue::parse, problems);
    let parameters = parameters(fields, problems);
    let params = kept(&parameters, &mut contact);
    let params = problems.check(&fields.pointer("params"), params);
    Some(EventRequest {
        contact,
        id: None,
        type_key: type_key?,
        key_value,
        occurred_at: None,
        origin,
        params: params?,
    })
}

/// Reads when something happened: an ISO 8601 time, in UTC where it says no offset.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(to_micros(at.to_utc()));
    }
    let mut read = TIMES
        .iter()
        .filter_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    read.next().map(|at| to_micros(at.and_utc()))
}

fn event_id(text: &str) -> Result<EventId, ValueError> {
    let (text, actual) = (text.trim(), text.trim().chars().count());
    if actual > MAX_EVENT_ID {
        return Err(ValueError::TooLong {
            max: MAX_EVENT_ID,
            actual,
        });
    }
    Ok(EventId::sent(text))
}

fn optional<T>(
    fields: &Fields<'_>,
    name: &str,
    parse: impl FnOnce(&str) -> Result<T, ValueError>,
    problems: &mut Problems,
) -> Option<T> {
    let text = fields.text(name, problems).value()?;
    problems.check(&fields.pointer(name), parse(&text))
}

fn required<T>(
    fields: &Fields<'_>,
    name: &str,
    parse: impl FnOnce(&str) -> Result<T, ValueError>,
    problems: &mut Problems,
) -> Option<T> {
    if fields.raw(name).value().is_none() {
        problems.add(fields.pointer(name), "must be sent");
        return None;
    }
    optional(fields, name, parse, problems)
}

/// A parameter: its name as sent, where it stands, its value.
type Parameter<'a> = (String, String, &'a Value);

/// A list of names and values, or an object.
fn parameters<'a>(fields: &Fields<'a>, problems: &mut Problems) -> Vec<Parameter<'a>> {
    let pointer = fields.pointer("params");
    if let Some(Value::Object(object)) = fields.raw("params").value() {
        if !problems.fits(&pointer, object.len(), MAX_ENTRIES) {
            return Vec::new();
        }
        let params = Fields::of(Some(object), pointer);
        let each = |(name, value): (&String, &'a Value)| (name.clone(), params.pointer(name), value);
        return object.iter().map(each).collect();
    }
    let listed = fields.objects("params", MAX_ENTRIES, problems);
    let mut read = Vec::with_capacity(listed.len());
    for parameter in listed {
        let name = parameter.text("name", problems).value();
        match (name, parameter.member("value")) {
            (Some(name), Some(value)) => read.push((name.trim().to_owned(), parameter.pointer("value"), value)),
            (Some(name), None) => read.push((name.trim().to_owned(), parameter.pointer("value"), &Value::Null)),
            (None, _) => problems.add(parameter.pointer("name"), "must be sent"),
        }
    }
    read
}

/// Reads one identifier.
type ReadPart = fn(&mut Parts<'_>, &str, Option<&Value>);

/// The parameters that tell who it was; says whether there is one. Of several spellings the first that says something counts.
fn who(parameters: &[Parameter<'_>], policy: &Policy, problems: &mut Problems, contact: &mut ContactRequest) -> bool {
    let says = |value: &Value| !value.is_null() && value.as_str().is_none_or(|text| !text.trim().is_empty());
    let find = |names: &[&str]| {
        let is_named = |name: &str| names.contains(&name.to_ascii_lowercase().as_str());
        let mut found = parameters
            .iter()
            .filter(|(name, _, value)| is_named(name) && says(value));
        found.next().map(|(_, pointer, value)| (pointer.as_str(), *value))
    };
    let contact_id = find(&CONTACT_ID);
    if let Some((pointer, value)) = contact_id {
        let read = name_of(value).and_then(|text| text.trim().parse().ok());
        let read = read.filter(|id| *id > 0).ok_or("must be a positive whole number");
        contact.contact_id = problems.check(pointer, read).map(ContactId);
    }
    let mut parts = Parts {
        policy,
        problems,
        request: contact,
    };
    let readers: [(&[&str], ReadPart); 4] = [
        (&EXTERNAL_ID, named::external_id),
        (&EMAIL, named::email),
        (&PHONE, named::phone),
        (&PUSH_TOKEN, named::mobile_push),
    ];
    let mut named = contact_id.is_some();
    for (names, read) in readers {
        if let Some((pointer, value)) = find(names) {
            named = true;
            read(&mut parts, pointer, Some(value));
        }
    }
    named
}

/// All parameters as they are kept. Of one name the last counts; the others are reported.
fn kept(parameters: &[Parameter<'_>], contact: &mut ContactRequest) -> Result<EventParams, ValueError> {
    let mut object = Map::new();
    for (name, pointer, value) in parameters {
        if object.insert(name.clone(), (*value).clone()).is_some() {
            contact
                .skipped
                .push(skipped(pointer, "the same name stood before; that value is left out"));
        }
    }
    EventParams::parse(&Value::Object(object).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_with_and_without_an_offset() {
        let expected = DateTime::from_timestamp(1_767_323_045, 0);
        for text in [
            "2026-01-02T03:04:05Z",
            " 2026-01-02T05:04:05+02:00 ",
            "2026-01-02T03:04:05",
            "2026-01-02 03:04:05",
        ] {
            assert_eq!(time(text), expected, "{text}");
        }
        assert_eq!(time("2026-01-02T03:04"), DateTime::from_timestamp(1_767_323_040, 0));
        assert_eq!(
            time("2026-01-02T03:04:05.1234567Z").map(|at| at.timestamp_subsec_nanos()),
            Some(123_456_000)
        );
        for text in ["", "2026-01-02", "yesterday", "2026-02-30T00:00", "1767323045"] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}

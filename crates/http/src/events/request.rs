//! From the JSON of an event to a domain request.
//!
//! The identifiers are parameters under any of their spellings, compared without case (wire fact), or `deviceId` and `cookies` as in a
//! contact.

use super::record::{EventInput, ParamInput};
use crate::body::{Member, Sent, fault_of, pruned};
use crate::contacts::request::{self, skipped};
use crate::error::pointer;
use crate::fields::{Fields, MAX_ENTRIES, Problems, name_of, says_something, why};
use crate::named::{self, Parts};
use selfsame_domain::values::{EventKeyValue, EventTypeKey, Source, ValueError};
use selfsame_domain::{Call, ContactId, ContactRequest, EventId, EventParams, EventRequest, Origin, Policy};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Names of parameters that identify a contact, in lower case (wire fact).
const CONTACT_ID: [&str; 2] = ["contactid", "contact_id"];
const EXTERNAL_ID: [&str; 1] = ["externalcustomerid"];
const EMAIL: [&str; 4] = ["email", "emailaddress", "useremail", "contactemail"];
const PHONE: [&str; 3] = ["phone", "sms", "phonenumber"];
const PUSH_TOKEN: [&str; 1] = ["pushtoken"];
const CONTACT_KEY: [&str; 2] = ["contactkey", "contact_key"];

/// The greatest length of an event ID, in characters.
const MAX_EVENT_ID: usize = 100;

/// The form of the parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A list of names and values, or a single one; an object of any other shape is taken as names with values, since clients mix them.
    Pairs,
    /// Names with values; a list is taken as well.
    Object,
}

/// Reads an event of a form at a JSON pointer. Errors that refuse it are added to `problems`.
pub(crate) fn read(
    sent: EventInput<'_>,
    (here, form): (&str, Form),
    origin: Origin,
    policy: &Policy,
    problems: &mut Problems,
) -> Option<EventRequest> {
    let type_key = required(sent.event_type_key, EventTypeKey::parse, problems);
    let mut contact = ContactRequest::new(Source::Event);
    let key_value = detail(sent.key_value, EventKeyValue::parse, &mut contact, problems);
    let id = detail(sent.event_id, event_id, &mut contact, problems);
    request::read_changeable((sent.device_id, sent.cookies), policy, problems, &mut contact);
    let parameters = distinct(parameters(sent.params, form, &mut contact, problems), &mut contact);
    let named = who(&parameters, policy, &mut contact);
    request::refuse_unreadable(&contact, Call::Event { creates: false }, policy, problems);
    let params = sent.params.check(problems, kept(&parameters, &mut contact));
    let is_unidentified = !named && contact.identifiers().next().is_none();
    if is_unidentified && key_value.is_none() && contact.unreadable.is_empty() {
        for left_out in &contact.skipped {
            problems.add(pointer(&left_out.field), &left_out.reason);
        }
        let reason =
            "must have keyValue, or a parameter contactId, externalCustomerId, email, phone, pushToken or contactKey";
        problems.add(here, reason);
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

/// Reads an event of a request that has its identifiers elsewhere: the parameters are no identifiers.
pub(crate) fn read_of(
    sent: EventInput<'_>,
    mut contact: ContactRequest,
    origin: Origin,
    problems: &mut Problems,
) -> Option<EventRequest> {
    let type_key = required(sent.event_type_key, EventTypeKey::parse, problems);
    let key_value = detail(sent.key_value, EventKeyValue::parse, &mut contact, problems);
    let parameters = parameters(sent.params, Form::Pairs, &mut contact, problems);
    let parameters = distinct(parameters, &mut contact);
    let params = sent.params.check(problems, kept(&parameters, &mut contact));
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
    member: Member<'_>,
    parse: impl FnOnce(&str) -> Result<T, ValueError>,
    problems: &mut Problems,
) -> Option<T> {
    let text = member.text(problems).value()?;
    member.check(problems, parse(&text))
}

/// As [`optional`], but a text with forbidden characters is left out and does not refuse the event.
pub(crate) fn detail<T>(
    member: Member<'_>,
    parse: impl FnOnce(&str) -> Result<T, ValueError>,
    contact: &mut ContactRequest,
    problems: &mut Problems,
) -> Option<T> {
    if let Some(reason) = member.raw.and_then(fault_of) {
        contact.skipped.push(skipped(&member.pointer(), reason));
        return None;
    }
    optional(member, parse, problems)
}

fn required<T>(
    member: Member<'_>,
    parse: impl FnOnce(&str) -> Result<T, ValueError>,
    problems: &mut Problems,
) -> Option<T> {
    if member.sent().value().is_none() {
        return member.refuse(problems, "must be sent");
    }
    optional(member, parse, problems)
}

/// A parameter: its name as sent, its place (JSON pointer), its value.
type Parameter<'a> = (String, String, &'a Value);

/// Reads a list of names and values, or an object. A parameter that cannot be stored as a whole, or has such a name, is left out and
/// reported.
fn parameters<'a>(
    sent: Member<'a>,
    form: Form,
    contact: &mut ContactRequest,
    problems: &mut Problems,
) -> Vec<Parameter<'a>> {
    match sent.sent() {
        Sent::Value(Value::Object(object)) if form == Form::Object || !is_pair(object) => {
            let params = Fields::of(Some(object), sent.pointer());
            if !problems.fits(params.here(), object.len(), MAX_ENTRIES) {
                return Vec::new();
            }
            let each = |(name, value): (&String, &'a Value)| (name.clone(), params.pointer(name), value);
            return object.iter().map(each).collect();
        }
        _ => {}
    }
    let listed = sent.list(MAX_ENTRIES, problems);
    let mut read = Vec::with_capacity(listed.len());
    for (pointer, value) in listed {
        let parameter = Fields::of(value.as_object(), pointer);
        let sent = ParamInput::of(&parameter);
        if let Some(reason) = fault_of(value).or_else(|| sent.name.raw.and_then(fault_of)) {
            contact.skipped.push(skipped(parameter.here(), reason));
            continue;
        }
        if !value.is_object() {
            problems.add(parameter.here(), why(value, "must be an object"));
            continue;
        }
        let value = parameter.member("value").unwrap_or(&Value::Null);
        match sent.name.text(problems).value() {
            Some(name) => read.push((name.trim().to_owned(), sent.value.pointer(), value)),
            None => problems.add(sent.name.pointer(), "must be sent"),
        }
    }
    read
}

/// Whether an object is one parameter: a name with its value.
fn is_pair(object: &Map<String, Value>) -> bool {
    object.len() == 2 && object.get("name").is_some_and(Value::is_string) && object.contains_key("value")
}

/// The parameters, each name once: of a name that is sent several times the last counts, and the others are reported. Names of identifiers are
/// case-insensitive.
fn distinct<'a>(sent: Vec<Parameter<'a>>, contact: &mut ContactRequest) -> Vec<Parameter<'a>> {
    let mut seen = BTreeSet::new();
    let mut kept = Vec::with_capacity(sent.len());
    for parameter in sent.into_iter().rev() {
        let (name, pointer, _) = &parameter;
        if seen.insert(comparable(name)) {
            kept.push(parameter);
        } else {
            let reason = "is repeated; the last value counts";
            contact.skipped.push(skipped(pointer, reason));
        }
    }
    kept.reverse();
    kept
}

/// The name as it is compared.
fn comparable(name: &str) -> String {
    let small = name.to_ascii_lowercase();
    let identifies = [&CONTACT_ID[..], &EXTERNAL_ID, &EMAIL, &PHONE, &PUSH_TOKEN, &CONTACT_KEY];
    if identifies.iter().any(|names| names.contains(&small.as_str())) {
        return small;
    }
    name.to_owned()
}

/// Reads one identifier.
type ReadPart = fn(&mut Parts<'_>, &str, Option<&Value>);

/// Reads the identifiers of the parameters into the request; returns whether there is one. Of several spellings the first that is not blank
/// counts.
fn who(parameters: &[Parameter<'_>], policy: &Policy, contact: &mut ContactRequest) -> bool {
    let find = |names: &[&str]| {
        let is_named = |name: &str| names.contains(&name.to_ascii_lowercase().as_str());
        let mut found = parameters
            .iter()
            .filter(|(name, _, value)| is_named(name) && says_something(value));
        found.next().map(|(_, pointer, value)| (pointer.as_str(), *value))
    };
    let contact_id = find(&CONTACT_ID);
    if let Some((pointer, value)) = contact_id {
        let read = name_of(value).and_then(|text| text.trim().parse().ok());
        contact.contact_id = read.filter(|id| *id > 0).map(ContactId);
        if contact.contact_id.is_none() {
            let skipped = skipped(pointer, why(value, "must be a positive whole number"));
            contact.note_unreadable(policy, None, None, skipped);
        }
    }
    let mut parts = Parts {
        policy,
        request: contact,
    };
    let readers: [(&[&str], ReadPart); 5] = [
        (&EXTERNAL_ID, named::external_id),
        (&EMAIL, named::email),
        (&PHONE, named::phone),
        (&PUSH_TOKEN, named::mobile_push),
        (&CONTACT_KEY, named::contact_key),
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

/// All parameters in their stored form. A value that cannot be stored is left out and reported, unless it was reported as an identifier.
fn kept(parameters: &[Parameter<'_>], contact: &mut ContactRequest) -> Result<EventParams, ValueError> {
    let mut faults = Problems::default();
    let member = |(name, pointer, value): &Parameter<'_>| Some((name.clone(), pruned(value, pointer, &mut faults)?));
    let members: Map<String, Value> = parameters.iter().filter_map(member).collect();
    for fault in faults.all() {
        let fault = skipped(&fault.pointer, fault.reason);
        if !contact.left_out().any(|known| known.field == fault.field) {
            contact.skipped.push(fault);
        }
    }
    EventParams::parse(&Value::Object(members).to_string())
}

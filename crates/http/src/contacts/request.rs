//! From the JSON of a contact to a domain request.
//!
//! Unreadable members are left out and reported, and the rest is kept (wire fact). An unreadable identifier may refuse the request:
//! [`refuse_unreadable`] applies the rules. `null` and blank texts count as left out: clients serialize members that they never set.

mod attributes;
mod channels;

pub(crate) use channels::device_app;

use crate::body::Member;
use crate::docs::{ContactInput, CookiesInput, FieldInput, GroupInput};
use crate::error::{Problem, member, pointer};
use crate::fields::{Fields, MAX_ENTRIES, NOT_A_TEXT, Problems, name_of, text_of, why};
use crate::members;
use selfsame_domain::values::{Cookie, DeviceId, ExternalId, SegmentName, Source, ValueError};
use selfsame_domain::{
    Call, ContactRequest, FieldId, Identifier, IdentifierKind, Policy, SegmentId, SegmentRef, Skipped,
};
use serde_json::Value;

/// The greatest number of channels, of cookies and of Telegram tokens in one request.
const MAX_IDENTIFIERS: usize = 100;

/// Refuses a request because of unreadable identifiers, if the rules require it (identity rule 8). Every call about a contact calls this
/// after all identifiers are read.
pub(crate) fn refuse_unreadable(request: &ContactRequest, call: Call, policy: &Policy, problems: &mut Problems) {
    for unreadable in request.refused_by(call, policy) {
        problems.add(pointer(&unreadable.skipped.field), &unreadable.skipped.reason);
    }
}

/// Reads a contact. Lists that are too long are added to `problems`; unreadable identifiers are recorded in the request.
pub(crate) fn read(fields: &Fields<'_>, source: Source, policy: &Policy, problems: &mut Problems) -> ContactRequest {
    let sent = ContactInput::of(fields);
    let mut request = ContactRequest::new(source);
    let mut reader = Reader {
        policy,
        problems,
        request: &mut request,
    };
    reader.external_id(sent.external_customer_id);
    channels::read(&mut reader, &sent);
    reader.device_id(sent.device_id);
    reader.cookies(sent.cookies);
    attributes::read(&mut reader, &sent);
    reader.custom_fields(sent.fields);
    request
}

/// Reads the device and the cookies of a request that has its other identifiers elsewhere.
pub(crate) fn read_changeable(
    (device_id, cookies): (Member<'_>, Member<'_>),
    policy: &Policy,
    problems: &mut Problems,
    request: &mut ContactRequest,
) {
    let mut reader = Reader {
        policy,
        problems,
        request,
    };
    reader.device_id(device_id);
    reader.cookies(cookies);
}

/// Reads cookies that are outside of the contact's object.
pub(crate) fn read_cookies(
    cookies: Member<'_>,
    policy: &Policy,
    problems: &mut Problems,
    request: &mut ContactRequest,
) {
    let mut reader = Reader {
        policy,
        problems,
        request,
    };
    reader.cookies(cookies);
}

/// Reads names, address, language and time zone from a request of another form than a contact.
pub(crate) fn read_attributes(
    sent: &ContactInput<'_>,
    policy: &Policy,
    problems: &mut Problems,
    request: &mut ContactRequest,
) {
    let mut reader = Reader {
        policy,
        problems,
        request,
    };
    attributes::read(&mut reader, sent);
}

/// Reads the segments to add a contact to: objects with `id` or `name`, numbers, or plain names.
pub(crate) fn read_groups(groups: Member<'_>, request: &mut ContactRequest, problems: &mut Problems) {
    for (pointer, value) in groups.list(MAX_ENTRIES, problems) {
        match group(value) {
            Ok(Some(segment)) => request.segments.push(segment),
            Ok(None) => {}
            Err(reason) => request.skipped.push(skipped(&pointer, reason)),
        }
    }
}

/// The texts of a list. An entry of another type is left out and reported.
pub(crate) fn read_texts(
    texts: Member<'_>,
    request: &mut ContactRequest,
    problems: &mut Problems,
) -> Vec<(String, String)> {
    let entries = texts.list(MAX_ENTRIES, problems).into_iter();
    let read = |(pointer, value): (String, &Value)| {
        let text = name_of(value);
        if text.is_none() {
            request.skipped.push(skipped(&pointer, why(value, NOT_A_TEXT)));
        }
        Some((pointer, text?))
    };
    entries.filter_map(read).collect()
}

fn group(value: &Value) -> Result<Option<SegmentRef>, String> {
    let named = |text: &str| match SegmentName::parse(text) {
        Ok(name) => Ok(Some(SegmentRef::Name(name))),
        Err(ValueError::Empty) => Ok(None),
        Err(error) => Err(error.to_string()),
    };
    match value {
        Value::String(name) => named(name),
        Value::Number(number) => {
            let expected = "must be the number of a segment, or a name";
            let id = number.as_i64().ok_or_else(|| why(value, expected))?;
            Ok(Some(SegmentRef::Id(SegmentId(id))))
        }
        Value::Object(object) => {
            let mut problems = Problems::default();
            let fields = Fields::of(Some(object), String::new());
            let sent = GroupInput::of(&fields);
            let (id, name) = (sent.id.integer(&mut problems), sent.name.text(&mut problems));
            match (id.value(), name.value()) {
                (Some(id), _) => Ok(Some(SegmentRef::Id(SegmentId(id)))),
                (None, Some(name)) => named(&name),
                (None, None) => match problems.all().pop() {
                    Some(problem) => Err(problem.reason),
                    None => Err("must have an id or a name".to_owned()),
                },
            }
        }
        Value::Null => Ok(None),
        Value::Bool(_) | Value::Array(_) => Err("must be an object with id or name, or a name".to_owned()),
    }
}

/// A member that is left out, with the reason.
#[allow(
    clippy::needless_pass_by_value,
    reason = "callers pass texts and errors as they have them"
)]
pub(crate) fn skipped(pointer: &str, reason: impl ToString) -> Skipped {
    Skipped {
        field: member(&members::known(pointer.to_owned())),
        reason: reason.to_string(),
    }
}

/// Builds the request of a contact while its members are read.
struct Reader<'r> {
    policy: &'r Policy,
    problems: &'r mut Problems,
    request: &'r mut ContactRequest,
}

impl Reader<'_> {
    /// Reports a member that is left out.
    fn skip(&mut self, pointer: &str, reason: impl ToString) {
        self.request.skipped.push(skipped(pointer, reason));
    }

    /// Records an unreadable identifier.
    fn unreadable(&mut self, kind: Option<IdentifierKind>, text: Option<&str>, problem: &Problem) {
        let skipped = skipped(&problem.pointer, &problem.reason);
        self.request.note_unreadable(self.policy, kind, text, skipped);
    }

    /// The text of an identifier. A value of another type is unreadable.
    fn text(&mut self, kind: Option<IdentifierKind>, member: Member<'_>) -> Option<String> {
        let mut wrong = Problems::default();
        let text = member.text(&mut wrong).value();
        for problem in wrong.all() {
            self.unreadable(kind, None, &problem);
        }
        text
    }

    /// Reads an identifier; a blank one counts as left out.
    fn identifier(
        &mut self,
        kind: IdentifierKind,
        pointer: &str,
        text: &str,
        read: Result<Identifier, ValueError>,
    ) -> Option<Identifier> {
        match read {
            Ok(identifier) => return Some(identifier),
            Err(ValueError::Empty) => {}
            Err(error) => self.unreadable(Some(kind), Some(text), &Problem::new(pointer, error)),
        }
        None
    }

    fn external_id(&mut self, member: Member<'_>) {
        let kind = IdentifierKind::ExternalId;
        let Some(text) = self.text(Some(kind), member) else {
            return;
        };
        let read = ExternalId::parse(&text).map(|id| Identifier::external_id(&id));
        self.request.external_id = self.identifier(kind, &member.pointer(), &text, read);
    }

    fn device_id(&mut self, member: Member<'_>) {
        let kind = IdentifierKind::DeviceId;
        let Some(text) = self.text(Some(kind), member) else {
            return;
        };
        let read = DeviceId::parse(&text).map(|id| Identifier::device_id(&id));
        self.request.device_id = self.identifier(kind, &member.pointer(), &text, read);
    }

    /// `cookies: {"sc": …}`: an addition to the wire protocol, which ties cookies to contacts through its tracker only.
    fn cookies(&mut self, member: Member<'_>) {
        let kind = Some(IdentifierKind::Cookie);
        let mut wrong = Problems::default();
        let cookies = member.object(&mut wrong).value();
        for problem in wrong.all() {
            self.unreadable(kind, None, &problem);
        }
        let Some(cookies) = cookies else { return };
        for (pointer, value) in CookiesInput::of(&cookies).sc.list(MAX_IDENTIFIERS, self.problems) {
            match name_of(value) {
                Some(text) => self.cookie(&pointer, &text),
                None => self.unreadable(kind, None, &Problem::new(pointer, why(value, NOT_A_TEXT))),
            }
        }
    }

    fn cookie(&mut self, pointer: &str, text: &str) {
        let read = Cookie::parse(text).map(|cookie| Identifier::cookie(&cookie));
        let identifier = self.identifier(IdentifierKind::Cookie, pointer, text, read);
        let new = identifier.filter(|cookie| !self.request.cookies.contains(cookie));
        self.request.cookies.extend(new);
    }

    /// `fields: [{id, value}]`. The domain checks the value, because it knows the field's type.
    fn custom_fields(&mut self, sent: Member<'_>) {
        for (pointer, value) in sent.list(MAX_ENTRIES, self.problems) {
            let Value::Object(object) = value else {
                self.skip(&pointer, why(value, "must be an object with id and value"));
                continue;
            };
            let field = Fields::of(Some(object), pointer);
            let field = FieldInput::of(&field);
            let Some(value) = field.value.sent().value() else {
                continue;
            };
            let pointer = field.value.pointer();
            let Some(id) = field.id.integer(&mut Problems::default()).value() else {
                self.skip(&field.id.pointer(), "must be the number of a custom field");
                continue;
            };
            let Some(text) = field_text(value) else {
                self.skip(&pointer, why(value, NOT_A_TEXT));
                continue;
            };
            if text.trim().is_empty() {
                continue;
            }
            self.request.fields.push(selfsame_domain::FieldInput {
                id: FieldId(id),
                text: Some(text),
                member: member(&pointer),
            });
        }
    }
}

/// The text of a field's value. A list becomes its entries, separated by commas.
pub(crate) fn field_text(value: &Value) -> Option<String> {
    match value {
        Value::Array(entries) => {
            let present = entries.iter().filter(|entry| !entry.is_null());
            let entries: Option<Vec<String>> = present.map(text_of).collect();
            entries.map(|entries| entries.join(","))
        }
        scalar => text_of(scalar),
    }
}

#[cfg(test)]
mod tests;

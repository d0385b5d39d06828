//! The options of a bulk call, and the reader of its contacts. The call, its stored rows and its explanation all use this reader.

use super::BulkInput;
use crate::body::Member;
use crate::contacts::request;
use crate::error::ApiError;
use crate::fields::{Fields, MAX_ENTRIES, Problems, Sent};
use selfsame_domain::values::{ChannelType, EventTypeKey, SegmentName, Source};
use selfsame_domain::{
    BulkMember, Call, Command, ContactId, ContactRequest, DedupeOn, FieldId, IdentifierKind, Listed, Policy, SegmentRef,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// The options of a bulk call, which apply to all its contacts.
#[derive(Debug, Clone)]
pub(crate) struct BulkOptions {
    dedupe_on: DedupeOn,
    restore: bool,
    segments: Vec<SegmentRef>,
    left_segments: Vec<SegmentName>,
    members: BTreeSet<BulkMember>,
    /// The members that are cleared where a contact has no value of them.
    cleared: BTreeSet<BulkMember>,
    fields: BTreeSet<FieldId>,
    event_for_new: Option<EventTypeKey>,
}

impl BulkOptions {
    /// Reads the options of the call.
    pub(crate) fn of(body: &BulkInput<'_>) -> Result<Self, ApiError> {
        let mut problems = Problems::default();
        let options = Self::read(body, &mut problems);
        problems.finish()?;
        options.ok_or(ApiError::Internal("options without problems that cannot be read"))
    }

    /// As [`Self::of`], adding errors to `problems`. None only if there are errors.
    pub(crate) fn read(body: &BulkInput<'_>, problems: &mut Problems) -> Option<Self> {
        let dedupe_on = dedupe_on(body, problems);
        let members = members(body.contact_fields, problems);
        let options = Self {
            dedupe_on: dedupe_on.unwrap_or(DedupeOn::ExternalCustomerId),
            restore: body.restore_deleted.boolean(problems).value().unwrap_or_default(),
            segments: names(body.group_names, problems)
                .into_iter()
                .map(SegmentRef::Name)
                .collect(),
            left_segments: names(body.group_names_exclude, problems),
            cleared: members.clone(),
            members,
            fields: custom_fields(body.custom_fields_ids, problems),
            event_for_new: event_for_new(body.event_key_for_new_contacts, problems),
        };
        dedupe_on.map(|_| options)
    }

    /// Those of an import of a file: everything that it has is written.
    pub(crate) fn of_file(dedupe_on: DedupeOn, restore: bool) -> Self {
        Self {
            dedupe_on,
            restore,
            segments: Vec::new(),
            left_segments: Vec::new(),
            members: BTreeSet::new(),
            cleared: BTreeSet::new(),
            fields: BTreeSet::new(),
            event_for_new: None,
        }
    }

    /// The same for the columns of a file: members that an empty cell clears, and custom fields.
    pub(crate) fn with_columns(self, cleared: BTreeSet<BulkMember>, fields: BTreeSet<FieldId>) -> Self {
        Self {
            cleared,
            fields,
            ..self
        }
    }

    /// How contacts are recognised.
    pub(crate) fn dedupe_on(&self) -> DedupeOn {
        self.dedupe_on
    }

    /// Whether removed contacts come back.
    pub(crate) fn restores(&self) -> bool {
        self.restore
    }

    /// Reads one contact.
    pub(crate) fn contact(&self, contact: &Fields<'_>, policy: &Policy, problems: &mut Problems) -> Command {
        let mut request = request::read(contact, Source::Import, policy, problems);
        let id = contact.integer("id", problems).value();
        request.contact_id = id.filter(|id| *id > 0).map(ContactId);
        request.segments.extend(self.segments.iter().cloned());
        request.left_segments.extend(self.left_segments.iter().cloned());
        request.event_for_new.clone_from(&self.event_for_new);
        let is_empty = |member: &BulkMember| !has_value(contact, *member);
        request.listed = Some(Box::new(Listed {
            members: self.members.clone(),
            without_value: self.cleared.iter().copied().filter(is_empty).collect(),
            fields: self.fields.clone(),
        }));
        let call = Call::Bulk {
            dedupe_on: self.dedupe_on,
            restore: self.restore,
        };
        request::refuse_unreadable(&request, call, policy, problems);
        Command::Contact(call, Box::new(request))
    }

    /// The value by which the call finds the contact, as it was sent (wire fact: the key of `mapping`); the external ID if there is none.
    pub(crate) fn dedupe_value(&self, request: &ContactRequest) -> Option<String> {
        let of = |kind: IdentifierKind| {
            let mut identifiers = request.identifiers();
            identifiers.find(|id| id.kind() == kind).map(|id| id.typed.clone())
        };
        let value = match self.dedupe_on {
            DedupeOn::Email => of(IdentifierKind::Email),
            DedupeOn::Sms => of(IdentifierKind::Phone),
            DedupeOn::EmailOrSms => of(IdentifierKind::Phone).or_else(|| of(IdentifierKind::Email)),
            DedupeOn::MobilePush => of(IdentifierKind::MobilePush),
            DedupeOn::WebPush => of(IdentifierKind::WebPush),
            DedupeOn::Id => request.contact_id.map(|id| id.to_string()),
            DedupeOn::ExternalCustomerId => None,
            DedupeOn::Field(id) => {
                let field = request.fields.iter().find(|field| field.id == id);
                field.and_then(|field| field.text.clone())
            }
        };
        value.or_else(|| of(IdentifierKind::ExternalId))
    }
}

/// Whether the request has a value for a member that `contactFields` may list.
fn has_value(contact: &Fields<'_>, member: BulkMember) -> bool {
    let sent = |fields: &Fields<'_>| matches!(fields.raw(member.as_wire()), Sent::Value(_));
    match member {
        BulkMember::Address | BulkMember::Town | BulkMember::Region | BulkMember::Postcode => contact
            .object("address", &mut Problems::default())
            .value()
            .is_some_and(|address| sent(&address)),
        BulkMember::Email | BulkMember::Sms | BulkMember::MobilePush | BulkMember::WebPush => {
            let channels = contact.objects("channels", usize::MAX, &mut Problems::default());
            channels.iter().any(|channel| is_of(channel, member))
        }
        _ => sent(contact),
    }
}

fn is_of(channel: &Fields<'_>, member: BulkMember) -> bool {
    let named = channel
        .raw("type")
        .value()
        .and_then(Value::as_str)
        .and_then(ChannelType::from_wire);
    named.is_some() && named == member.channel() && channel.raw("value").value().is_some()
}

fn names(names: Member<'_>, problems: &mut Problems) -> Vec<SegmentName> {
    let listed = names.texts(MAX_ENTRIES, problems);
    let read = |(pointer, name): (String, String)| problems.check(&pointer, SegmentName::parse(&name));
    listed.into_iter().filter_map(read).collect()
}

fn members(names: Member<'_>, problems: &mut Problems) -> BTreeSet<BulkMember> {
    let listed = names.texts(MAX_ENTRIES, problems);
    let known = || BulkMember::ALL.map(BulkMember::as_wire).join(", ");
    let read = |(pointer, name): (String, String)| {
        let member = BulkMember::from_wire(&name).ok_or_else(|| format!("must be one of {}", known()));
        problems.check(&pointer, member)
    };
    listed.into_iter().filter_map(read).collect()
}

fn custom_fields(ids: Member<'_>, problems: &mut Problems) -> BTreeSet<FieldId> {
    let listed = ids.texts(MAX_ENTRIES, problems);
    let read = |(pointer, text): (String, String)| {
        let id = text
            .trim()
            .parse::<i64>()
            .map_err(|_| "must be the number of a custom field");
        problems.check(&pointer, id).map(FieldId)
    };
    listed.into_iter().filter_map(read).collect()
}

fn event_for_new(key: Member<'_>, problems: &mut Problems) -> Option<EventTypeKey> {
    let text = key.text(problems).value()?;
    key.check(problems, EventTypeKey::parse(&text))
}

fn dedupe_on(body: &BulkInput<'_>, problems: &mut Problems) -> Option<DedupeOn> {
    let text = body.dedupe_on.text(problems).value().unwrap_or_default();
    let found = match text.trim().to_ascii_lowercase().as_str() {
        "email" => Some(DedupeOn::Email),
        "sms" => Some(DedupeOn::Sms),
        "email_or_sms" => Some(DedupeOn::EmailOrSms),
        "push" | "mobilepush" => Some(DedupeOn::MobilePush),
        "webpush" => Some(DedupeOn::WebPush),
        "id" => Some(DedupeOn::Id),
        "externalcustomerid" => Some(DedupeOn::ExternalCustomerId),
        "fieldid" => return dedupe_field(body.field_id, problems),
        _ => None,
    };
    if found.is_none() {
        let known = "email, sms, email_or_sms, push, mobilepush, webpush, id, externalCustomerId, fieldId";
        problems.add(body.dedupe_on.pointer(), format!("must be one of {known}"));
    }
    found
}

fn dedupe_field(id: Member<'_>, problems: &mut Problems) -> Option<DedupeOn> {
    let number = id.integer(problems).value().filter(|number| *number > 0);
    let number = id.check(
        problems,
        number.ok_or("must be the number of a custom field that identifies"),
    );
    number.map(|number| DedupeOn::Field(FieldId(number)))
}

//! `PATCH contact/{id}`: a JSON merge patch (RFC 7396). Unlike the calls of the protocol, `null` clears a member, and an unreadable member
//! refuses the request.

use super::condition::if_match;
use super::request::field_text;
use crate::auth::Recognised;
use crate::body::{Incoming, Member, members};
use crate::error::ApiError;
use crate::fields::{Fields, MAX_ENTRIES, NOT_A_TEXT, Problems, Sent, name_of, why};
use crate::identity::DecisionBody;
use crate::paths::{ApiPath, contact_id};
use crate::refusals::WriteRefusedOrMissing;
use crate::reply::{Decided, submit_read};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use selfsame_domain::values::{
    AddressPart, ChannelType, ContactKey, Email, ExternalId, FirstName, Language, LastName, Phone, Postcode, Source,
    TimeZone, ValueError,
};
use selfsame_domain::{
    Action, AttributeInput, Call, ChannelDetails, ChannelInput, Command, ContactId, ContactRequest, FieldId,
    FieldInput, Identifier, Policy,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The media types of a patch, as `Accept-Patch` lists them (RFC 5789, 3.1).
pub(crate) const ACCEPT_PATCH: &str = "application/merge-patch+json, application/json";

/// The error of a member that `null` may not clear.
const PERMANENT: &str = "must not be null: an external ID is never cleared";

members! {
    strict
    /// A merge patch of a contact: members that are not sent stay, `null` clears. There are no other members.
    pub(crate) struct ContactPatch {
        /// The customer's own ID, in place of the one that the contact has. Never `null`.
        #[schema(required = false, min_length = 1, max_length = 100, example = "C-1001")]
        external_customer_id: String,
        #[schema(max_length = 40, example = "Ann")]
        first_name: Option<String>,
        #[schema(max_length = 40, example = "Smith")]
        last_name: Option<String>,
        /// The one email that the contact is to have. Every other one stops matching.
        #[schema(max_length = 254, example = "ann@example.com")]
        email: Option<String>,
        /// The one number that the contact is to have for SMS.
        #[schema(max_length = 50, example = "+380501234567")]
        sms: Option<String>,
        /// The one number that the contact is to have for Viber.
        #[schema(max_length = 50)]
        viber: Option<String>,
        /// `null` clears all four members.
        address: Option<AddressPatch>,
        /// Values by the numbers of custom fields, at most 500.
        #[schema(required = false, example = json!({"3": "blue", "4": null}))]
        fields: Object,
        #[schema(max_length = 255)]
        contact_key: Option<String>,
        /// Language tag (RFC 5646).
        #[schema(max_length = 100, example = "uk")]
        language_code: Option<String>,
        /// Name of the time zone database.
        #[schema(max_length = 100, example = "Europe/Kyiv")]
        time_zone: Option<String>,
    }
}

members! {
    strict
    /// A merge patch of an address.
    pub(crate) struct AddressPatch {
        #[schema(max_length = 300)]
        region: Option<String>,
        #[schema(max_length = 300)]
        town: Option<String>,
        #[schema(max_length = 300)]
        address: Option<String>,
        #[schema(max_length = 20)]
        postcode: Option<String>,
    }
}

/// What became of a patch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PatchedBody {
    /// What was decided.
    decision: DecisionBody,
}

/// Change one contact by its number, and clear what is `null`.
///
/// The body is a JSON merge patch (RFC 7396). An email or a phone that is cleared or replaced stops matching; the identity log keeps it. All of
/// the patch takes effect or nothing: a member that is unknown or cannot be read refuses it. A removed contact is not found.
#[utoipa::path(
    patch,
    path = "/api/v1/contact/{id}",
    operation_id = "patchContact",
    tag = "contacts",
    params(("id" = i64, Path, description = "The contact's number"), crate::docs::IdempotencyKey, crate::docs::IfMatch),
    request_body(
        content(
            (ContactPatch = "application/merge-patch+json", example = json!({"email": null, "address": {"town": "Lviv"}, "timeZone": null})),
            (ContactPatch = "application/json", example = json!({"lastName": "Smith"})),
        ),
    ),
    responses(
        (status = 200, description = "What was decided.", body = PatchedBody, example = json!({"decision": {
            "id": "019b7ca9-8f2e-7000-8000-00000000000e", "at": "2026-01-02T03:04:05.678901Z", "call": "patch", "outcome": "updated",
            "contactId": 564_407_320, "rule": "contact_id", "matchedBy": null, "rejection": null, "emailStatus": null, "redacted": false,
            "effects": [{"effect": "replaced", "identifier":
                {"kind": "email", "value": "ann@example.com", "matchingValue": "ann@example.com"}}]
        }})),
        WriteRefusedOrMissing,
        crate::refusals::PreconditionFailed,
        (status = 415, description = "The body is of another media type; `Accept-Patch` lists those that are taken.",
            body = crate::render::ProblemDocument, content_type = "application/problem+json",
            headers(("Accept-Patch" = String, description = "The media types of a patch."))),
    )
)]
pub(crate) async fn patch(
    State(state): State<HttpState>,
    caller: Recognised,
    ApiPath(id): ApiPath<String>,
    headers: HeaderMap,
    incoming: Incoming,
) -> Result<impl IntoResponse, ApiError> {
    let decision = submit_read(&state, &caller, &incoming, |auth| {
        auth.allow(Action::Write)?;
        if !is_patch(&headers) {
            return Err(ApiError::NotAPatch);
        }
        let id = contact_id("id", &id)?;
        let mut problems = Problems::default();
        let request = read(
            id,
            &incoming.object()?.fields(),
            &auth.0.workspace.policy,
            &mut problems,
        );
        problems.finish()?;
        let command = Command::Contact(Call::Patch, Box::new(request));
        Ok((if_match(&headers, id, command)?, None))
    });
    let decision = decision.await?;
    let body = PatchedBody {
        decision: DecisionBody::from(&decision),
    };
    Ok(Decided(decision, Json(body)))
}

/// Whether the media type is that of a patch. A body without a media type is accepted, since the call takes nothing else.
fn is_patch(headers: &HeaderMap) -> bool {
    let Some(sent) = headers.get(CONTENT_TYPE) else {
        return true;
    };
    let essence = sent.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    ACCEPT_PATCH
        .split(", ")
        .any(|media| media.eq_ignore_ascii_case(essence.trim()))
}

/// Reads a patch. Adds all errors to `problems`.
pub(crate) fn read(id: ContactId, fields: &Fields<'_>, policy: &Policy, problems: &mut Problems) -> ContactRequest {
    let sent = ContactPatch::only(fields, problems);
    let mut request = ContactRequest::new(Source::Api);
    request.contact_id = Some(id);
    match member(sent.external_customer_id, ExternalId::parse, problems) {
        Sent::Null => problems.add(sent.external_customer_id.pointer(), PERMANENT),
        Sent::Value(id) => request.external_id = Some(Identifier::external_id(&id)),
        Sent::Nothing => {}
    }
    let region = policy.default_phone_region.as_ref();
    let email = |text: &str| Email::parse(text).map(|email| Identifier::email(&email));
    let phone = |text: &str| Phone::parse(text, region).map(|phone| Identifier::phone(&phone));
    let channels = [
        (ChannelType::Email, member(sent.email, email, problems)),
        (ChannelType::Sms, member(sent.sms, phone, problems)),
        (ChannelType::Viber, member(sent.viber, phone, problems)),
    ];
    for (channel_type, sent) in channels {
        channel(&mut request, channel_type, sent);
    }
    let attributes = [
        attribute(sent.first_name, FirstName::parse, AttributeInput::first_name, problems),
        attribute(sent.last_name, LastName::parse, AttributeInput::last_name, problems),
        attribute(
            sent.contact_key,
            ContactKey::parse,
            AttributeInput::contact_key,
            problems,
        ),
        attribute(sent.language_code, Language::parse, AttributeInput::language, problems),
        attribute(sent.time_zone, TimeZone::parse, AttributeInput::time_zone, problems),
    ];
    request.attributes.extend(attributes.into_iter().flatten());
    request.attributes.extend(address(sent.address, problems));
    request.fields = custom_fields(sent.fields, problems);
    request
}

/// Reads a member. A member that cannot be read is added to `problems`.
fn member<T>(
    member: Member<'_>,
    parse: impl FnOnce(&str) -> Result<T, ValueError>,
    problems: &mut Problems,
) -> Sent<T> {
    let value = match member.raw {
        None => return Sent::Nothing,
        Some(Value::Null) => return Sent::Null,
        Some(value) => value,
    };
    let read = name_of(value).ok_or_else(|| why(value, NOT_A_TEXT).to_owned());
    let read = read.and_then(|text| parse(&text).map_err(|error| reason(&error)));
    member.check(problems, read).map_or(Sent::Nothing, Sent::Value)
}

/// The attribute that a member sets or clears.
fn attribute<T>(
    sent: Member<'_>,
    parse: impl FnOnce(&str) -> Result<T, ValueError>,
    input: impl FnOnce(Option<&T>) -> AttributeInput,
    problems: &mut Problems,
) -> Option<AttributeInput> {
    match member(sent, parse, problems) {
        Sent::Nothing => None,
        Sent::Null => Some(input(None)),
        Sent::Value(value) => Some(input(Some(&value))),
    }
}

fn reason(error: &ValueError) -> String {
    match error {
        ValueError::Empty => format!("{error}: null clears it"),
        error => error.to_string(),
    }
}

fn channel(request: &mut ContactRequest, channel: ChannelType, sent: Sent<Identifier>) {
    match sent {
        Sent::Value(identifier) => request.channels.push(ChannelInput {
            channel,
            identifier,
            details: ChannelDetails::default(),
        }),
        Sent::Null => {
            request.cleared_channels.insert(channel);
        }
        Sent::Nothing => {}
    }
}

fn address(sent: Member<'_>, problems: &mut Problems) -> Vec<AttributeInput> {
    let parts = match sent.raw {
        None => return Vec::new(),
        Some(Value::Null) => {
            return vec![
                AttributeInput::region(None),
                AttributeInput::town(None),
                AttributeInput::address(None),
                AttributeInput::postcode(None),
            ];
        }
        Some(Value::Object(parts)) => Fields::of(Some(parts), sent.pointer()),
        Some(value) => {
            problems.add(sent.pointer(), why(value, "must be an object or null"));
            return Vec::new();
        }
    };
    let parts = AddressPatch::only(&parts, problems);
    let inputs = [
        attribute(parts.region, AddressPart::parse, AttributeInput::region, problems),
        attribute(parts.town, AddressPart::parse, AttributeInput::town, problems),
        attribute(parts.address, AddressPart::parse, AttributeInput::address, problems),
        attribute(parts.postcode, Postcode::parse, AttributeInput::postcode, problems),
    ];
    inputs.into_iter().flatten().collect()
}

/// Values by the numbers of custom fields. The domain checks that the field exists and accepts the value.
fn custom_fields(sent: Member<'_>, problems: &mut Problems) -> Vec<FieldInput> {
    let pointer = sent.pointer();
    let values = match sent.raw {
        None => return Vec::new(),
        Some(Value::Object(values)) => Fields::of(Some(values), pointer.clone()),
        Some(value) => {
            let expected = "must be an object: values by the numbers of custom fields";
            problems.add(pointer, why(value, expected));
            return Vec::new();
        }
    };
    if !problems.fits(&pointer, values.members().count(), MAX_ENTRIES) {
        return Vec::new();
    }
    let mut inputs = Vec::new();
    for (name, value) in values.members() {
        let Some(id) = name.parse().ok().filter(|id| *id > 0) else {
            problems.add(&pointer, "must name custom fields by their numbers");
            continue;
        };
        let place = values.pointer(name);
        let text = match value {
            Value::Null => None,
            value => {
                let text = field_text(value).ok_or_else(|| why(value, NOT_A_TEXT).to_owned());
                let text = text.and_then(|text| {
                    if text.trim().is_empty() {
                        Err(reason(&ValueError::Empty))
                    } else {
                        Ok(text)
                    }
                });
                let Some(text) = problems.check(&place, text) else {
                    continue;
                };
                Some(text)
            }
        };
        inputs.push(FieldInput {
            id: FieldId(id),
            text,
            member: crate::error::member(&place),
        });
    }
    inputs
}

//! `POST group/{id}/contacts/attach` and `…/detach`.

use crate::auth::{May, right};
use crate::body::{Incoming, Member, members};
use crate::contacts::request::skipped;
use crate::contacts::response::Sentence;
use crate::error::{ApiError, left_out, pointer};
use crate::fields::{Fields, MAX_ENTRIES, Problems, Sent, name_of, why};
use crate::partly::{FailedEntries, FailedEntry, Partly};
use crate::paths::Id;
use crate::reply::{Decided, Repeated, submit};
use crate::state::HttpState;
use axum::extract::State;
use selfsame_domain::values::ExternalId;
use selfsame_domain::{Command, ContactId, ContactRef, Decision, Identifier, SegmentId};
use serde_json::Value;
use utoipa::ToSchema;

members! {
    /// Contacts to be put into a segment or taken out of it: of one kind only, at most 500.
    #[schema(as = ModifyContactsInGroup)]
    pub(crate) struct ContactsInput {
        /// Numbers of contacts.
        #[schema(max_items = 500)]
        contact_ids: Option<Vec<i64>>,
        /// The customer's own IDs.
        #[schema(max_items = 500)]
        external_customer_ids: Option<Vec<String>>,
    }
}

/// A sentence, or the entries that were left out.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what answer() writes")]
#[serde(untagged)]
pub(crate) enum AttachAnswer {
    /// Every contact was taken.
    Whole(String),
    /// Some entries were left out.
    Partly(FailedEntries),
}

/// Put contacts into a static segment. Contacts that do not exist and entries that cannot be read are left out and listed in the answer; 400
/// when no entry can be read.
#[utoipa::path(
    post,
    path = "/api/v1/group/{id}/contacts/attach",
    operation_id = "attachGroupContacts",
    tag = "segments",
    params(("id" = i64, Path, description = "The segment's number"), crate::docs::IdempotencyKey),
    request_body(content = ContactsInput, content_type = "application/json", example = json!({"contactIds": [564_407_320]})),
    responses(
        (status = 200, body = AttachAnswer, content_type = "application/json",
            description = "A text, in spite of its content type, when every contact was taken; else the entries that were not",
            example = json!("Contacts have been attached to the group with id='7'")),
        crate::docs::WriteErrors,
        (status = 404, description = "There is no such segment", body = String, content_type = "text/plain", example = json!("segment not found")),
    )
)]
pub(crate) async fn attach(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    Id(segment): Id<SegmentId>,
    incoming: Incoming,
) -> Result<Decided<Partly<Sentence>>, ApiError> {
    let contacts = read(&incoming.object()?.fields())?;
    if contacts.is_empty() {
        return Err(ApiError::invalid("", "must have contactIds or externalCustomerIds"));
    }
    let decision = submit(
        &state,
        &auth,
        &incoming,
        Command::Attach { segment, contacts },
        Repeated::Accepted,
    )
    .await?;
    let sentence = Sentence(format!("Contacts have been attached to the group with id='{segment}'"));
    Ok(answer(decision, sentence))
}

/// Take contacts out of a static segment. Without any contacts, or without a body, the segment is emptied. Entries are
/// left out as in `attach`.
#[utoipa::path(
    post,
    path = "/api/v1/group/{id}/contacts/detach",
    operation_id = "detachGroupContacts",
    tag = "segments",
    params(("id" = i64, Path, description = "The segment's number"), crate::docs::IdempotencyKey),
    request_body(content = Option<ContactsInput>, content_type = "application/json",
        example = json!({"externalCustomerIds": ["C-1001"]})),
    responses(
        (status = 200, body = AttachAnswer, content_type = "application/json",
            description = "A text, in spite of its content type, when every contact was taken; else the entries that were not",
            example = json!("Contacts have been detached from the group with id='7'")),
        crate::docs::WriteErrors,
        (status = 404, description = "There is no such segment", body = String, content_type = "text/plain", example = json!("segment not found")),
    )
)]
pub(crate) async fn detach(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    Id(segment): Id<SegmentId>,
    incoming: Incoming,
) -> Result<Decided<Partly<Sentence>>, ApiError> {
    let contacts = match incoming.json()? {
        None => Vec::new(),
        Some(_) => read(&incoming.object()?.fields())?,
    };
    let decision = submit(
        &state,
        &auth,
        &incoming,
        Command::Detach { segment, contacts },
        Repeated::Accepted,
    )
    .await?;
    let sentence = Sentence(format!(
        "Contacts have been detached from the group with id='{segment}'"
    ));
    Ok(answer(decision, sentence))
}

/// The sentence when every entry was accepted, else the refused entries of the decision.
fn answer(decision: Decision, whole: Sentence) -> Decided<Partly<Sentence>> {
    let failed = left_out(&decision).map(FailedEntry::from).collect();
    Decided(decision, Partly { whole, failed })
}

/// Reads the contacts. An unreadable entry keeps its place, because an empty list would empty the segment. A list without a readable entry is
/// refused.
fn read(fields: &Fields<'_>) -> Result<Vec<ContactRef>, ApiError> {
    let mut problems = Problems::default();
    let sent = ContactsInput::of(fields);
    let ids = entries(sent.contact_ids, &mut problems, |text| {
        let id = text.trim().parse().ok().filter(|id| *id > 0);
        id.map(|id| ContactRef::Id(ContactId(id)))
            .ok_or("must be a positive whole number".to_owned())
    });
    let external_ids = entries(sent.external_customer_ids, &mut problems, |text| {
        let id = ExternalId::parse(text).map_err(|error| error.to_string())?;
        Ok(ContactRef::ExternalId(Identifier::external_id(&id)))
    });
    if !ids.is_empty() && !external_ids.is_empty() {
        problems.add(
            sent.external_customer_ids.pointer(),
            "cannot be combined with contactIds",
        );
    }
    let listed = if ids.is_empty() { external_ids } else { ids };
    let unreadable = listed.iter().filter_map(|contact| match contact {
        ContactRef::Unreadable(skipped) => Some(skipped),
        ContactRef::Id(_) | ContactRef::ExternalId(_) => None,
    });
    if unreadable.clone().count() == listed.len() {
        for skipped in unreadable {
            problems.add(pointer(&skipped.field), &skipped.reason);
        }
    }
    problems.finish().map(|()| listed)
}

fn entries(
    member: Member<'_>,
    problems: &mut Problems,
    read: impl Fn(&str) -> Result<ContactRef, String>,
) -> Vec<ContactRef> {
    let pointer = member.pointer();
    let values = match member.sent() {
        Sent::Nothing | Sent::Null => return Vec::new(),
        Sent::Value(Value::Array(values)) => values.as_slice(),
        Sent::Value(value) => std::slice::from_ref(value),
    };
    if !problems.fits(&pointer, values.len(), MAX_ENTRIES) {
        return Vec::new();
    }
    let entry = |(index, value): (usize, &Value)| {
        let text = name_of(value).ok_or_else(|| why(value, "must be a text or a number").to_owned());
        let contact = text.and_then(|text| read(&text));
        contact.unwrap_or_else(|reason| ContactRef::Unreadable(skipped(&format!("{pointer}/{index}"), reason)))
    };
    values.iter().enumerate().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn contacts(body: &Value) -> Result<usize, String> {
        let fields = Fields::of(body.as_object(), String::new());
        read(&fields)
            .map(|contacts| contacts.len())
            .map_err(|error| error.detail())
    }

    #[test]
    fn numbers_or_external_ids() {
        assert_eq!(contacts(&json!({"contactIds": [1, "2"]})), Ok(2));
        assert_eq!(contacts(&json!({"contactIds": 1})), Ok(1));
        assert_eq!(
            contacts(&json!({"externalCustomerIds": ["a", 7], "contactIds": null})),
            Ok(2)
        );
        for nothing in [
            json!({}),
            json!({"contactIds": []}),
            json!({"contactIds": null}),
            json!({"other": [1]}),
        ] {
            assert_eq!(contacts(&nothing), Ok(0), "{nothing}");
        }
    }

    #[test]
    fn a_list_without_a_usable_entry_is_refused() {
        for wrong in [
            json!({"contactIds": [null]}),
            json!({"contactIds": ["x"]}),
            json!({"contactIds": [0]}),
            json!({"contactIds": {}}),
            json!({"externalCustomerIds": [" "]}),
            json!({"externalCustomerIds": [[]]}),
            json!({"externalCustomerIds": ["a"], "contactIds": [1]}),
            json!({"contactIds": vec![1; 501]}),
        ] {
            assert!(contacts(&wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            contacts(&json!({"contactIds": ["x", 0]})),
            Err(
                "contactIds[0] must be a positive whole number; contactIds[1] must be a positive whole number"
                    .to_owned()
            )
        );
        assert_eq!(
            contacts(&json!({"contactIds": [1, "x", null]})),
            Ok(3),
            "an entry that cannot be read keeps its place"
        );
    }
}

//! `GET` and `PUT contact/{id}/subscriptions`.

use crate::auth::{May, right};
use crate::body::{Body, FromMember, Member, body};
use crate::contacts::find;
use crate::contacts::response::Sentence;
use crate::error::ApiError;
use crate::fields::{MAX_ENTRIES, NOT_A_TEXT, Problems, name_of, why};
use crate::paths::Id;
use crate::reply::{Decided, Repeated, submit};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_domain::values::CategoryKey;
use selfsame_domain::{Category, Command, ContactId, Rejection};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A category that a contact has.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContactSubscription {
    #[schema(example = 3)]
    id: i64,
    #[schema(example = "news")]
    key: String,
    /// The segment of those who are subscribed.
    #[schema(example = 7)]
    group_id: i64,
    #[schema(example = "Newsletter")]
    name: String,
}

impl From<Category> for ContactSubscription {
    fn from(category: Category) -> Self {
        Self {
            id: category.id.0,
            key: category.key.into(),
            group_id: category.segment.0,
            name: category.name.into(),
        }
    }
}

body! {
    /// All categories that a contact is to have.
    pub(crate) struct SubscriptionsInput {
        /// Keys of categories; an empty array for no categories.
        #[schema(value_type = Vec<String>, max_items = 500)]
        subscriptions: Keys,
    }
}

/// Keys of categories, with their JSON pointers. Subscriptions that the list lacks are removed, so every entry must be readable, also a blank
/// one, and a missing list is more likely a mistake than a request to remove all.
#[derive(Debug)]
struct Keys(Vec<(String, CategoryKey)>);

impl FromMember for Keys {
    fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
        let Some(value) = member.sent().value() else {
            return member.refuse(problems, "must be sent: an array of keys");
        };
        let pointer = member.pointer();
        let entries: Vec<(String, &Value)> = match value {
            Value::Array(entries) if !problems.fits(&pointer, entries.len(), MAX_ENTRIES) => return None,
            Value::Array(entries) => {
                let each = |(index, entry)| (format!("{pointer}/{index}"), entry);
                entries.iter().enumerate().map(each).collect()
            }
            single => vec![(pointer, single)],
        };
        let read = |(pointer, entry): (String, &Value)| {
            let key = name_of(entry).ok_or_else(|| why(entry, NOT_A_TEXT).to_owned());
            let key = key.and_then(|text| CategoryKey::parse(&text).map_err(|error| error.to_string()));
            problems.check(&pointer, key).map(|key| (pointer, key))
        };
        let read: Vec<_> = entries.into_iter().map(read).collect();
        read.into_iter().collect::<Option<_>>().map(Self)
    }
}

/// Read the subscription categories of a contact.
#[utoipa::path(
    get,
    path = "/api/v1/contact/{id}/subscriptions",
    operation_id = "getContactSubscriptions",
    tag = "subscriptions",
    params(("id" = i64, Path, description = "The contact's number")),
    responses(
        (status = 200, description = "The categories of the contact", body = Vec<ContactSubscription>),
        crate::docs::ReadErrors,
        (status = 404, description = "There is no such contact", body = String, content_type = "text/plain", example = json!("contact not found")),
    )
)]
pub(crate) async fn get(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    Id(id): Id<ContactId>,
) -> Result<Json<Vec<ContactSubscription>>, ApiError> {
    let details = find(&state, &auth, id).await?;
    let segments = details.contact.segments();
    let categories = state
        .app
        .store()
        .categories(auth.workspace())
        .await?
        .into_iter()
        .map(|(category, _)| category);
    let had = categories.filter(|category| !category.archived && segments.contains(&category.segment));
    Ok(Json(had.map(ContactSubscription::from).collect()))
}

/// Replace the subscription categories of a contact.
#[utoipa::path(
    put,
    path = "/api/v1/contact/{id}/subscriptions",
    operation_id = "replaceContactSubscriptions",
    tag = "subscriptions",
    params(("id" = i64, Path, description = "The contact's number"), crate::docs::IdempotencyKey),
    request_body(content = SubscriptionsInput, content_type = "application/json", example = json!({"subscriptions": ["news"]})),
    responses(
        (status = 200, body = String, content_type = "application/json",
            description = "A text, in spite of its content type",
            example = json!("Contact with id='564407320' has been updated")),
        crate::docs::WriteErrors,
        (status = 404, description = "There is no such contact", body = String, content_type = "text/plain", example = json!("contact not found")),
    )
)]
pub(crate) async fn replace(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    Id(id): Id<ContactId>,
    Body(sent, incoming): Body<SubscriptionsInput>,
) -> Result<Decided<Sentence>, ApiError> {
    let Keys(named) = sent.subscriptions;
    let command = Command::SetSubscriptions {
        contact: id,
        categories: named.iter().map(|(_, key)| key.clone()).collect(),
    };
    let decision = submit(&state, &auth, &incoming, command, Repeated::Accepted)
        .await
        .map_err(|error| in_body(error, &named))?;
    Ok(Decided(decision, Sentence::updated(id)))
}

/// Turns an unknown category into an error of the body: a 404 would mean that the path was not found.
fn in_body(error: ApiError, named: &[(String, CategoryKey)]) -> ApiError {
    match error {
        ApiError::Rejected {
            rejection: Rejection::CategoryNotFound { key },
            ..
        } => {
            let place = named.iter().find(|(_, named)| named.as_str() == key);
            let pointer = place.map_or("/subscriptions", |(pointer, _)| pointer);
            ApiError::invalid(pointer, "must be the key of a category that is not archived")
        }
        other => other,
    }
}

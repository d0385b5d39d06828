//! `GET identity/lookup`.

use super::decision::IdentifierBody;
use super::view::{HeldBody, StateName};
use crate::auth::{May, right};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paths::Params;
use crate::refusals::Refused;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use selfsame_application::ports::Lookup;
use selfsame_domain::values::{AppId, ContactKey, Cookie, DeviceId, Email, ExternalId, Phone, Token, ValueError};
use selfsame_domain::{CustomField, FieldId, Identifier, IdentifierKind, IdentifierState, Policy, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// What is known about an identifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Lookup)]
pub(crate) struct LookupBody {
    /// The requested identifier, and its matching form.
    identifier: IdentifierBody,
    /// Whether the value counts as evidence: `active`, `shared` or `blocked`.
    state: StateName,
    /// The number of different external IDs it was seen with; not counted further once the value is shared.
    #[schema(example = 1)]
    seen_with_external_ids: usize,
    /// For an email: since when it is unsubscribed.
    unsubscribed_at: Option<DateTime<Utc>>,
    /// Who holds it, the first 100 by contact ID.
    holders: Vec<HolderBody>,
}

/// A contact that holds an identifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Holder)]
pub(crate) struct HolderBody {
    /// The contact.
    #[schema(example = 564_407_320)]
    contact_id: i64,
    /// Whether it is removed.
    #[schema(example = false)]
    removed: bool,
    /// The identifier as the contact holds it.
    held: HeldBody,
}

impl LookupBody {
    fn of(identifier: &Identifier, lookup: &Lookup, policy: &Policy) -> Self {
        let holders = lookup.holders.iter().map(|holder| HolderBody {
            contact_id: holder.contact.0,
            removed: holder.removed,
            held: HeldBody::of(&holder.held, Some(&lookup.record), policy),
        });
        Self {
            identifier: IdentifierBody::from(identifier),
            state: StateName::of(identifier, IdentifierState::Active, Some(&lookup.record), policy),
            seen_with_external_ids: lookup.record.seen_with.len(),
            unsubscribed_at: lookup.record.unsubscribed_at,
            holders: holders.collect(),
        }
    }
}

/// Who holds an identifier.
///
/// The value is read as in a contact: an email in any case, a phone number in any writing, a custom field by its type. The list
/// is empty if no contact holds it.
#[utoipa::path(
    get,
    path = "/api/v1/identity/lookup",
    operation_id = "lookupIdentifier",
    tag = "identity",
    params(
        ("kind" = String, Query, example = "email",
            description = "`external_id`, `email`, `phone`, `mobile_push`, `web_push`, `telegram`, `device_id`, `cookie`, `field` or `contact_key`."),
        ("value" = String, Query, example = "anna@example.com", description = "The identifier."),
        ("app" = Option<String>, Query, description = "For tokens: the app that qualifies them. Without it the token that was named without one is looked up."),
        ("field" = Option<i64>, Query, description = "For `kind=field`: the number of the custom field."),
    ),
    responses((status = 200, description = "What is known about it.", body = LookupBody), Refused),
)]
pub(crate) async fn lookup(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    params: Params,
) -> Result<Json<LookupBody>, ApiError> {
    let store = state.app.store();
    let fields = match params.text("kind") {
        Some(kind) if kind.eq_ignore_ascii_case(IdentifierKind::Field.as_str()) => {
            store.fields(auth.workspace()).await?
        }
        _ => Vec::new(),
    };
    let policy = &auth.0.workspace.policy;
    let identifier = read(&params, policy, &fields, state.app.clock().now())?;
    let mut found = store.lookup(auth.workspace(), &identifier.key).await?;
    if found.holders.is_empty()
        && let Some(nameless) = identifier.key_without_app()
    {
        // A token that was first sent without its app is found with any app.
        let as_held = store.lookup(auth.workspace(), &nameless).await?;
        if !as_held.holders.is_empty() {
            found = as_held;
        }
    }
    Ok(Json(LookupBody::of(&identifier, &found, policy)))
}

fn read(params: &Params, policy: &Policy, fields: &[CustomField], now: Timestamp) -> Result<Identifier, ApiError> {
    let mut problems = Problems::default();
    let kind = kind(params, &mut problems);
    let value = params.text("value");
    if value.is_none() {
        problems.add("value", "is required");
    }
    let app = params
        .text("app")
        .and_then(|app| problems.check("app", AppId::parse(app)));
    let (Some(kind), Some(value)) = (kind, value) else {
        return Err(problems
            .finish()
            .err()
            .unwrap_or(ApiError::Internal("an unreported problem")));
    };
    let identifier = match kind {
        IdentifierKind::Field => custom_field(params, value, fields, now, &mut problems),
        kind @ (IdentifierKind::Email | IdentifierKind::Phone) => {
            let read = params.with_plus("value", |text| identifier(kind, text, None, policy));
            read.and_then(|read| problems.check("value", read))
        }
        kind => problems.check("value", identifier(kind, value, app.as_ref(), policy)),
    };
    problems.finish()?;
    identifier.ok_or(ApiError::Internal("an unreported problem"))
}

fn kind(params: &Params, problems: &mut Problems) -> Option<IdentifierKind> {
    let found = params
        .text("kind")
        .and_then(|text| IdentifierKind::from_text(&text.to_ascii_lowercase()));
    if found.is_none() {
        let names = IdentifierKind::ALL.map(IdentifierKind::as_str).join(", ");
        problems.add("kind", format!("must be one of {names}"));
    }
    found
}

fn identifier(
    kind: IdentifierKind,
    value: &str,
    app: Option<&AppId>,
    policy: &Policy,
) -> Result<Identifier, ValueError> {
    Ok(match kind {
        IdentifierKind::ExternalId => Identifier::external_id(&ExternalId::parse(value)?),
        IdentifierKind::Email => Identifier::email(&Email::parse(value)?),
        IdentifierKind::Phone => Identifier::phone(&Phone::parse(value, policy.default_phone_region.as_ref())?),
        IdentifierKind::DeviceId => Identifier::device_id(&DeviceId::parse(value)?),
        IdentifierKind::Cookie => Identifier::cookie(&Cookie::parse(value)?),
        IdentifierKind::ContactKey => Identifier::contact_key(&ContactKey::parse(value)?),
        IdentifierKind::MobilePush | IdentifierKind::WebPush | IdentifierKind::Telegram | IdentifierKind::Field => {
            Identifier::token(kind, app, &Token::parse(value)?)
        }
    })
}

fn custom_field(
    params: &Params,
    value: &str,
    fields: &[CustomField],
    now: Timestamp,
    problems: &mut Problems,
) -> Option<Identifier> {
    let id = params.text("field").and_then(|text| text.parse().ok()).map(FieldId);
    let Some(field) = fields.iter().find(|field| Some(field.id) == id) else {
        problems.add("field", "must be the number of a custom field");
        return None;
    };
    let value = problems.check("value", field.read(value, now))?;
    Some(Identifier::field(field.id, &value))
}

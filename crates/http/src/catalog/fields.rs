//! Custom fields.

use super::definition::{ChangeBody, Definition, Setting, page, write};
use crate::auth::{May, right};
use crate::body::{Body, Distinct, FromMember, Line, Member, body};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::identity::DecisionBody;
use crate::paths::{Id, Params};
use crate::refusals::{Refused, SetRefusedOrMissing, WriteRefused};
use crate::reply::Decided;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use selfsame_domain::values::FieldType;
use selfsame_domain::{Command, CustomField, Decision, Effect, FieldId, NewField, WorkspaceId};
use serde::Serialize;
use utoipa::ToSchema;

/// A custom field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Field)]
pub(crate) struct FieldBody {
    /// Its number; the `id` of `contact.fields[]`.
    #[schema(example = 7)]
    id: i64,
    /// The key of its group.
    #[schema(example = "LOYALTY")]
    profile_key: String,
    /// Its key, unique within its group.
    #[schema(example = "CARD")]
    field_key: String,
    /// Its name.
    #[schema(example = "Loyalty card")]
    name: String,
    /// What it holds: `TEXTFIELD`, `TEXTAREA`, `NUMBER`, `DECIMAL`, `DATE`, `DATETIME`, `COMBOBOX`, `CHECKBOXLIST` or `TAGS`.
    #[schema(example = "TEXTFIELD")]
    r#type: String,
    /// The values that it may hold; empty for any.
    allowed_values: Vec<String>,
    /// Whether forms must ask for it. API calls are not refused for want of it.
    required: bool,
    /// Whether bulk calls with `dedupeOn=fieldId` may recognise contacts by it.
    identifying: bool,
    /// Whether it takes no new values and is not listed.
    archived: bool,
}

impl From<CustomField> for FieldBody {
    fn from(field: CustomField) -> Self {
        Self {
            id: field.id.0,
            profile_key: field.profile_key,
            field_key: field.field_key,
            name: field.name,
            r#type: field.field_type.as_wire().to_owned(),
            allowed_values: field.allowed,
            required: field.required,
            identifying: field.identifying,
            archived: field.archived,
        }
    }
}

impl Definition for FieldBody {
    async fn all(state: &HttpState, workspace: WorkspaceId) -> Result<Vec<Self>, ApiError> {
        let all = state.app.store().fields(workspace).await?;
        Ok(all.into_iter().map(Self::from).collect())
    }

    fn id(&self) -> i64 {
        self.id
    }

    fn made(effect: &Effect) -> Option<i64> {
        match effect {
            Effect::Field { field } => Some(field.0),
            _ => None,
        }
    }

    fn state(&mut self) -> (&mut String, &mut bool) {
        (&mut self.name, &mut self.archived)
    }
}

/// A page of custom fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = FieldPage)]
pub(crate) struct FieldPage {
    /// The fields, by number.
    items: Vec<FieldBody>,
    /// The `cursor` of the next page; null on the last one.
    #[schema(example = "7")]
    next: Option<String>,
}

body! {
    /// A custom field to be made.
    #[schema(as = NewField)]
    pub(crate) struct NewFieldBody {
        #[schema(ignore, value_type = Option<i64>)]
        min_value: NoBound,
        #[schema(ignore, value_type = Option<i64>)]
        max_value: NoBound,
        /// The key of its group, 1 to 100 characters without dots. A group exists as soon as it has a field.
        #[schema(value_type = String, example = "LOYALTY")]
        profile_key: Key,
        /// Its key, unique within its group, 1 to 100 characters without dots. Never changed.
        #[schema(value_type = String, example = "CARD")]
        field_key: Key,
        /// Its name, 1 to 255 characters; the field's key without one.
        #[schema(value_type = Option<String>, example = "Loyalty card")]
        name: Option<Line<{ NewField::MAX_NAME }>>,
        /// What it holds, in any case.
        #[schema(value_type = String, example = "TEXTFIELD")]
        r#type: FieldType,
        /// The values that one is chosen from (`COMBOBOX`) or several (`CHECKBOXLIST`), at most 500; empty or missing for any. Other types
        /// take none.
        #[schema(value_type = Option<Vec<String>>, max_items = 500)]
        allowed_values: Option<Distinct<Line<{ NewField::MAX_NAME }>, 0, { NewField::MAX_ALLOWED }>>,
        /// Whether forms must ask for it; false without.
        required: Option<bool>,
        /// Whether bulk calls with `dedupeOn=fieldId` may recognise contacts by it; false without.
        #[schema(example = true)]
        identifying: Option<bool>,
    }
}

/// A bound of a number. The protocol has them; this server does not store them.
#[derive(Debug)]
struct NoBound;

impl FromMember for NoBound {
    fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
        let reason = "is not supported: a number has no bounds but those of its type";
        match member.sent().value() {
            Some(_) => member.refuse(problems, reason),
            None => Some(Self),
        }
    }
}

/// A key. Import columns are titled `profileKey.fieldKey`, so neither part may contain a dot.
#[derive(Debug)]
struct Key(String);

impl FromMember for Key {
    fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
        let Line::<{ NewField::MAX_KEY }>(key) = Line::read(member, problems)?;
        if key.contains('.') {
            return member.refuse(problems, "must not contain a dot");
        }
        Some(Self(key))
    }
}

/// A field as the decision left it, and the decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldChange {
    /// The field.
    field: FieldBody,
    /// What was decided.
    decision: DecisionBody,
}

/// Custom fields.
#[utoipa::path(
    get,
    path = "/api/v1/fields",
    operation_id = "listFields",
    tag = "catalog",
    params(
        ("archived" = Option<bool>, Query, description = "Whether archived ones are listed too; false without."),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<u32>, Query, description = "How many at the most, up to 500; 50 without."),
    ),
    responses((status = 200, description = "A page of fields, by number.", body = FieldPage), Refused),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    params: Params,
) -> Result<Json<FieldPage>, ApiError> {
    let (items, next) = page(&state, auth.workspace(), &params).await?;
    Ok(Json(FieldPage { items, next }))
}

/// Define a custom field.
///
/// Its number is then an `id` that `contact.fields[]` may name.
#[utoipa::path(
    post,
    path = "/api/v1/fields",
    operation_id = "createField",
    tag = "catalog",
    params(crate::docs::IdempotencyKey),
    request_body(content = NewFieldBody, example = json!({
        "profileKey": "LOYALTY", "fieldKey": "CARD", "name": "Loyalty card", "type": "TEXTFIELD", "identifying": true
    })),
    responses((status = 201, description = "It was made.", body = FieldChange), WriteRefused),
)]
pub(crate) async fn create(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Body(new, incoming): Body<NewFieldBody>,
) -> Result<impl IntoResponse, ApiError> {
    let new = new_field(new)?;
    let setting = Setting {
        id: None,
        name: Some(new.name.clone()),
        archived: Some(false),
    };
    let (field, decision) = write(&state, &auth, &incoming, Command::CreateField(new), setting).await?;
    Ok((StatusCode::CREATED, changed(field, decision)))
}

/// Rename or archive a custom field.
///
/// An archived field keeps its values and takes no new ones.
#[utoipa::path(
    patch,
    path = "/api/v1/fields/{id}",
    operation_id = "changeField",
    tag = "catalog",
    params(("id" = i64, Path, description = "The number of the field."), crate::docs::IdempotencyKey),
    request_body(content = ChangeBody, example = json!({"name": "Customer card", "archived": false})),
    responses((status = 200, description = "The field.", body = FieldChange), SetRefusedOrMissing),
)]
pub(crate) async fn change(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<FieldId>,
    Body(change, incoming): Body<ChangeBody>,
) -> Result<impl IntoResponse, ApiError> {
    let (name, archived) = change.named()?;
    let command = Command::ChangeField {
        field: id,
        name: name.clone(),
        archived,
    };
    let setting = Setting {
        id: Some(id.0),
        name,
        archived,
    };
    let (field, decision) = write(&state, &auth, &incoming, command, setting).await?;
    Ok(changed(field, decision))
}

fn changed(field: FieldBody, decision: Decision) -> Decided<Json<FieldChange>> {
    let body = FieldChange {
        field,
        decision: DecisionBody::from(&decision),
    };
    Decided(decision, Json(body))
}

fn new_field(body: NewFieldBody) -> Result<NewField, ApiError> {
    let NewFieldBody {
        min_value: NoBound,
        max_value: NoBound,
        profile_key: Key(profile_key),
        field_key: Key(field_key),
        r#type: field_type,
        ..
    } = body;
    let allowed = body.allowed_values.map(|values| values.0.0).unwrap_or_default();
    let mut problems = Problems::default();
    if !allowed.is_empty() && !matches!(field_type, FieldType::ComboBox | FieldType::CheckboxList) {
        problems.add("/allowedValues", "is for the types COMBOBOX and CHECKBOXLIST");
    }
    if field_type == FieldType::CheckboxList {
        for (pointer, _) in allowed.iter().filter(|(_, Line(value))| value.contains(',')) {
            let reason = "must not contain a comma, which stands between the values that are chosen";
            problems.add(pointer, reason);
        }
    }
    problems.finish()?;
    Ok(NewField {
        name: body.name.map_or_else(|| field_key.clone(), |name| name.0),
        profile_key,
        field_key,
        field_type,
        allowed: allowed.into_iter().map(|(_, value)| value.0).collect(),
        required: body.required.unwrap_or_default(),
        identifying: body.identifying.unwrap_or_default(),
    })
}

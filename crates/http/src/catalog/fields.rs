//! Custom fields.

use crate::auth::{May, right};
use crate::body::Incoming;
use crate::error::ApiError;
use crate::fields::{Fields, Problems};
use crate::identity::DecisionBody;
use crate::paging::Paging;
use crate::paths::{ApiPath, Params};
use crate::refusals::{Refused, SetRefusedOrMissing, WriteRefused};
use crate::reply::{Decided, Repeated, submit};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use selfsame_domain::values::{FieldType, text};
use selfsame_domain::{Command, CustomField, Effect, FieldId, NewField, WorkspaceId};
use serde::Serialize;
use std::collections::BTreeSet;
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

impl FieldBody {
    /// The field as the decision left it. A repeated request gets the same answer, whatever changed since.
    fn left(self, name: Option<String>, archived: Option<bool>) -> Self {
        Self {
            name: name.unwrap_or(self.name),
            archived: archived.unwrap_or(self.archived),
            ..self
        }
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

/// A custom field to be made.
#[derive(Debug, ToSchema)]
#[schema(as = NewField, rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of a body that is read leniently")]
pub(crate) struct NewFieldBody {
    /// The key of its group, 1 to 100 characters without dots. A group exists as soon as it has a field.
    #[schema(example = "LOYALTY")]
    profile_key: String,
    /// Its key, unique within its group, 1 to 100 characters without dots. Never changed.
    #[schema(example = "CARD")]
    field_key: String,
    /// Its name, 1 to 255 characters; the field's key without one.
    #[schema(example = "Loyalty card")]
    name: Option<String>,
    /// What it holds, in any case.
    #[schema(example = "TEXTFIELD")]
    r#type: String,
    /// The values that one is chosen from (`COMBOBOX`) or several (`CHECKBOXLIST`), at most 500; empty or missing for any. Other types
    /// take none.
    #[schema(max_items = 500)]
    allowed_values: Option<Vec<String>>,
    /// Whether forms must ask for it; false without.
    required: Option<bool>,
    /// Whether bulk calls with `dedupeOn=fieldId` may recognise contacts by it; false without.
    #[schema(example = true)]
    identifying: Option<bool>,
}

/// A change of a field or a category. At least one member.
#[derive(Debug, ToSchema)]
#[schema(as = CatalogChange)]
#[expect(dead_code, reason = "the schema of a body that is read leniently")]
pub(crate) struct ChangeBody {
    /// The new name.
    #[schema(example = "Customer card")]
    name: Option<String>,
    /// Whether it is archived.
    #[schema(example = false)]
    archived: Option<bool>,
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
    let mut problems = Problems::default();
    let archived = params.flag("archived", false, &mut problems);
    let paging = Paging::numbered(&params, &mut problems);
    problems.finish()?;
    let mut fields = state.app.store().fields(auth.workspace()).await?;
    fields.retain(|field| archived || !field.archived);
    let (fields, next) = paging.cut_whole(fields, |field| field.id.0);
    Ok(Json(FieldPage {
        items: fields.into_iter().map(FieldBody::from).collect(),
        next,
    }))
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
    incoming: Incoming,
) -> Result<impl IntoResponse, ApiError> {
    let new = new_field(&incoming.object()?.fields())?;
    let name = new.name.clone();
    let command = Command::CreateField(new);
    let decision = submit(&state, &auth, &incoming, command, Repeated::Accepted).await?;
    let made = decision.effects.iter().find_map(|effect| match effect {
        Effect::Field { field } => Some(*field),
        _ => None,
    });
    let id = made.ok_or(ApiError::Internal("a field was made without a number"))?;
    let field = read(&state, auth.workspace(), id).await?;
    let body = FieldChange {
        field: field.left(Some(name), Some(false)),
        decision: DecisionBody::from(&decision),
    };
    Ok((StatusCode::CREATED, Decided(decision, Json(body))))
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
    ApiPath(id): ApiPath<String>,
    incoming: Incoming,
) -> Result<impl IntoResponse, ApiError> {
    let id = FieldId(super::number(&id)?);
    let (name, archived) = super::change(&incoming.object()?.fields(), |name| {
        text::clean(name, NewField::MAX_NAME)
    })?;
    let command = Command::ChangeField {
        field: id,
        name: name.clone(),
        archived,
    };
    let decision = submit(&state, &auth, &incoming, command, Repeated::Accepted).await?;
    let field = read(&state, auth.workspace(), id).await?;
    let body = FieldChange {
        field: field.left(name, archived),
        decision: DecisionBody::from(&decision),
    };
    Ok(Decided(decision, Json(body)))
}

/// Reads a field after a decision about it. It exists, because fields are never deleted.
async fn read(state: &HttpState, workspace: WorkspaceId, id: FieldId) -> Result<FieldBody, ApiError> {
    let fields = state.app.store().fields(workspace).await?;
    let found = fields.into_iter().find(|field| field.id == id);
    found
        .map(FieldBody::from)
        .ok_or(ApiError::Internal("a field that was decided on is not there"))
}

fn new_field(body: &Fields<'_>) -> Result<NewField, ApiError> {
    let mut problems = Problems::default();
    // The protocol has these members; this server does not store them.
    for bound in ["minValue", "maxValue"] {
        if body.raw(bound).value().is_some() {
            problems.add(
                body.pointer(bound),
                "is not supported: a number has no bounds but those of its type",
            );
        }
    }
    let profile_key = key(body, "profileKey", &mut problems);
    let field_key = key(body, "fieldKey", &mut problems);
    let name = body.text("name", &mut problems).value();
    let name = problems.check(
        "/name",
        text::clean(name.as_deref().unwrap_or(&field_key), NewField::MAX_NAME),
    );
    let field_type = field_type(body, &mut problems);
    let allowed = allowed(body, field_type, &mut problems);
    let required = body.boolean("required", &mut problems).value().unwrap_or_default();
    let identifying = body.boolean("identifying", &mut problems).value().unwrap_or_default();
    problems.finish()?;
    // A member that is missing here was reported above.
    let (name, field_type) = name
        .zip(field_type)
        .ok_or(ApiError::Internal("an unreported problem"))?;
    Ok(NewField {
        profile_key,
        field_key,
        name,
        field_type,
        allowed,
        required,
        identifying,
    })
}

/// A key; an error is added to `problems`. Import columns are titled `profileKey.fieldKey`, so neither part may contain a dot.
fn key(body: &Fields<'_>, member: &str, problems: &mut Problems) -> String {
    let Some(sent) = body.text(member, problems).value() else {
        problems.add(body.pointer(member), "is required");
        return String::new();
    };
    if sent.contains('.') {
        problems.add(body.pointer(member), "must not contain a dot");
    }
    problems
        .check(&body.pointer(member), text::clean(&sent, NewField::MAX_KEY))
        .unwrap_or_default()
}

fn field_type(body: &Fields<'_>, problems: &mut Problems) -> Option<FieldType> {
    let sent = body.text("type", problems).value();
    let found = sent.as_deref().and_then(FieldType::from_wire);
    if found.is_none() {
        let names = FieldType::ALL.map(FieldType::as_wire).join(", ");
        problems.add(body.pointer("type"), format!("must be one of {names}"));
    }
    found
}

/// The allowed values of a field of a choice type; other types have none.
fn allowed(body: &Fields<'_>, field_type: Option<FieldType>, problems: &mut Problems) -> Vec<String> {
    let sent = body.texts("allowedValues", NewField::MAX_ALLOWED, problems);
    if !sent.is_empty()
        && field_type.is_some_and(|known| !matches!(known, FieldType::ComboBox | FieldType::CheckboxList))
    {
        problems.add(
            body.pointer("allowedValues"),
            "is for the types COMBOBOX and CHECKBOXLIST",
        );
    }
    let mut seen = BTreeSet::new();
    let mut allowed = Vec::with_capacity(sent.len());
    for (pointer, value) in sent {
        let Some(value) = problems.check(&pointer, text::clean(&value, NewField::MAX_NAME)) else {
            continue;
        };
        if field_type == Some(FieldType::CheckboxList) && value.contains(',') {
            problems.add(
                pointer,
                "must not contain a comma, which stands between the values that are chosen",
            );
        } else if seen.insert(value.clone()) {
            allowed.push(value);
        } else {
            problems.add(pointer, "must be listed once");
        }
    }
    allowed
}

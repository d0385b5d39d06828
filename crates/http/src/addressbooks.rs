//! `GET addressbooks`: the custom fields, as the wire protocol lists them.

use crate::auth::{May, right};
use crate::contacts::response::ADDRESS_BOOK_ID;
use crate::error::ApiError;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_domain::CustomField;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// The custom fields of the workspace. The address book is an object and every list an array, also with one entry.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddressBooks {
    address_book: AddressBook,
}

/// The one set of custom fields that a workspace has.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddressBook {
    #[serde(rename = "addressBookId")]
    #[schema(example = 1)]
    id: i32,
    /// The name of the workspace.
    #[schema(example = "Example")]
    name: String,
    field_groups: Vec<FieldGroup>,
}

/// A group of custom fields.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FieldGroup {
    /// The same as its key.
    #[schema(example = "PERSONAL")]
    name: String,
    #[schema(example = "PERSONAL")]
    profile_key: String,
    fields: Vec<FieldEntry>,
}

/// A custom field.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FieldEntry {
    #[schema(example = 3)]
    id: i64,
    #[schema(example = "Favourite colour")]
    name: String,
    #[schema(example = "COLOUR")]
    field_key: String,
    description: FieldDescription,
}

/// What a custom field holds.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FieldDescription {
    /// `TEXTFIELD`, `TEXTAREA`, `NUMBER`, `DECIMAL`, `DATE`, `DATETIME`, `COMBOBOX`, `CHECKBOXLIST` or `TAGS`.
    #[serde(rename = "type")]
    #[schema(example = "COMBOBOX")]
    field_type: &'static str,
    required: bool,
    /// Always false.
    readonly: bool,
    allowed_values: AllowedValues,
}

/// Which values a custom field may hold.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AllowedValues {
    /// Empty for any.
    possible_values: Vec<String>,
}

impl From<CustomField> for FieldEntry {
    fn from(field: CustomField) -> Self {
        let description = FieldDescription {
            field_type: field.field_type.as_wire(),
            required: field.required,
            readonly: false,
            allowed_values: AllowedValues {
                possible_values: field.allowed,
            },
        };
        Self {
            id: field.id.0,
            name: field.name,
            field_key: field.field_key,
            description,
        }
    }
}

/// List custom fields, without archived ones.
#[utoipa::path(
    get,
    path = "/api/v1/addressbooks",
    operation_id = "listAddressBooks",
    tag = "fields",
    responses((status = 200, description = "The custom fields", body = AddressBooks), crate::docs::ReadErrors)
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    auth: May<right::General>,
) -> Result<Json<AddressBooks>, ApiError> {
    let fields = state.app.store().fields(auth.workspace()).await?;
    let mut groups: BTreeMap<String, Vec<FieldEntry>> = BTreeMap::new();
    for field in fields.into_iter().filter(|field| !field.archived) {
        groups.entry(field.profile_key.clone()).or_default().push(field.into());
    }
    let group = |(key, fields): (String, Vec<FieldEntry>)| FieldGroup {
        name: key.clone(),
        profile_key: key,
        fields,
    };
    let address_book = AddressBook {
        id: ADDRESS_BOOK_ID,
        name: auth.0.workspace.name.clone(),
        field_groups: groups.into_iter().map(group).collect(),
    };
    Ok(Json(AddressBooks { address_book }))
}

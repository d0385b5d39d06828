//! `POST contacts`: many contacts in one call.

mod options;
mod rows;

pub(crate) use options::BulkOptions;
pub(crate) use rows::read_bulk_rows;

use crate::auth::{May, right};
use crate::body::{Entry, Incoming, members};
use crate::docs::ContactInput;
use crate::error::ApiError;
use crate::fields::Problems;
use crate::reply::OneOrMany;
use crate::state::HttpState;
use axum::Json;
use axum::extract::{Request, State};
use selfsame_application::ImportRequest;
use selfsame_application::ports::ImportFormat;
use selfsame_domain::{Command, Policy};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// Greatest size of a body, in bytes.
const BODY_LIMIT: usize = 10 << 20;

/// How many contacts one call may have (wire fact).
pub(crate) const MAX_CONTACTS: usize = 3000;

members! {
    /// Contacts, and what is done with them.
    pub(crate) struct BulkInput {
        /// 1 to 3,000, with `id` for `dedupeOn: id`. A single object is taken for an array.
        #[schema(min_items = 1, max_items = 3000)]
        list contacts: Vec<ContactInput>,
        /// What contacts are recognised by, besides their external ID: `email`, `sms`, `email_or_sms` (`sms` first), `push` or `mobilepush`, `webpush`, `id`,
        /// `externalCustomerId` or `fieldId`.
        #[schema(example = "email")]
        dedupe_on: String,
        /// With `dedupeOn: fieldId`: the number of a custom field that identifies.
        field_id: Option<i64>,
        /// The members that are written to contacts that exist; all that are sent without this list. A listed member without a value is cleared.
        contact_fields: Option<Vec<String>>,
        /// The custom fields that are written to contacts that exist.
        #[schema(max_items = 500)]
        custom_fields_ids = "customFieldsIDs": Option<Vec<i64>>,
        /// Segments to be in; those that do not exist are made.
        #[schema(max_items = 500)]
        group_names: Option<Vec<String>>,
        /// Segments not to be in.
        #[schema(max_items = 500)]
        group_names_exclude: Option<Vec<String>>,
        /// Whether removed contacts come back; without it they are left alone.
        restore_deleted: Option<bool>,
        /// The type of an event that every new contact leaves.
        #[schema(max_length = 100)]
        event_key_for_new_contacts: Option<String>,
    }
}

/// What became of the request.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BulkAnswer {
    /// Always 0 (wire fact).
    #[schema(minimum = 0, maximum = 0, example = 0)]
    id: i64,
    /// The ID by which `importstatus` and `imports` report the progress.
    #[schema(format = "uuid", example = "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44")]
    async_session_id: String,
    /// Contacts that cannot be read, each as it was sent with an `error`; left out when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    failed_contacts: Option<OneOrMany<Value>>,
}

/// Add or update many contacts.
///
/// The answer comes when the request is stored for good; the contacts are written after it, in the order of the requests of an API key.
/// `GET importstatus/{asyncSessionId}` says how far they are, `GET imports/{asyncSessionId}/rows` what became of each. A contact is recognised
/// by its external ID, else by what `dedupeOn` names; where several share the value, by the most recently updated one that holds no other
/// external ID. One that cannot be read is named and left out.
#[utoipa::path(
    post,
    path = "/api/v1/contacts",
    operation_id = "addContacts",
    tag = "contacts",
    params(crate::docs::IdempotencyKey),
    request_body(content = BulkInput, content_type = "application/json", example = json!({
        "contacts": [
            {"externalCustomerId": "C-1001", "channels": [{"type": "email", "value": "ann@example.com"}], "firstName": "Ann"},
            {"externalCustomerId": "C-1002", "channels": [{"type": "sms", "value": "+380501234567"}]}
        ],
        "dedupeOn": "externalCustomerId",
        "restoreDeleted": true
    })),
    responses(
        (status = 200, description = "The contacts are stored, to be written.", body = BulkAnswer,
            example = json!({"id": 0, "asyncSessionId": "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44"})),
        crate::docs::WriteErrors,
    )
)]
pub(crate) async fn bulk(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    request: Request,
) -> Result<Json<BulkAnswer>, ApiError> {
    let incoming = Incoming::read(request, BODY_LIMIT.max(state.settings.body_limit)).await?;
    let (total, failed) = check(&incoming, &auth.0.workspace.policy)?;
    let key = auth.0.key.id;
    let request = ImportRequest {
        format: ImportFormat::Bulk,
        options: String::new(),
        total: Some(total),
        is_dry_run: false,
        queue: format!("bulk:{key}"),
        replay: incoming.replay(key),
    };
    let id = state
        .app
        .accept_import(auth.workspace(), request, &incoming.bytes)
        .await?;
    Ok(Json(BulkAnswer {
        id: 0,
        async_session_id: id.to_string(),
        failed_contacts: Some(failed).filter(|failed| !failed.is_empty()).map(OneOrMany::from),
    }))
}

/// Returns the number of contacts, and those that cannot be read.
fn check(incoming: &Incoming, policy: &Policy) -> Result<(u64, Vec<Value>), ApiError> {
    let batch = incoming.batch(BulkInput::LIST, MAX_CONTACTS)?;
    let fields = batch.fields();
    let sent = BulkInput::of(&fields, &batch.entries);
    if sent.contacts.is_empty() {
        return Err(ApiError::invalid("/contacts", "must have at least one entry"));
    }
    let options = BulkOptions::of(&sent)?;
    let fails = |entry: &Entry<'_>| {
        read_one(entry, &options, policy)
            .err()
            .map(|error| failed(entry, error))
    };
    let failed = sent.contacts.iter().filter_map(fails).collect();
    Ok((sent.contacts.len() as u64, failed))
}

/// Reads one contact; the error is a text for people.
fn read_one(entry: &Entry<'_>, options: &BulkOptions, policy: &Policy) -> Result<Command, String> {
    let fields = entry.fields().map_err(|problem| ApiError::from(problem).detail())?;
    let mut problems = Problems::default();
    let command = options.contact(&fields, policy, &mut problems);
    problems.finish().map_err(|error| error.detail())?;
    Ok(command)
}

/// The contact as it was sent, with the error (wire fact).
fn failed(entry: &Entry<'_>, error: String) -> Value {
    let sent: Result<Map<String, Value>, _> = serde_json::from_str(entry.raw.get());
    match sent {
        Ok(mut contact) => {
            contact.insert("error".to_owned(), Value::String(error));
            Value::Object(contact)
        }
        Err(_) => json!({"error": error}),
    }
}

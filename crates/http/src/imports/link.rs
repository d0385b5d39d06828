//! `POST contacts/upload`: a file that another server has (wire fact).

use super::body::slot;
use super::files::{FileOptions, Target};
use super::response::ImportBody;
use crate::auth::{May, right};
use crate::body::{Incoming, members};
use crate::contacts::{BulkInput, BulkOptions};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::state::HttpState;
use axum::Json;
use axum::extract::{Request, State};
use selfsame_application::ImportRequest;
use selfsame_application::ports::{ImportFormat, ImportId, Links};
use selfsame_domain::WorkspaceId;
use serde::Serialize;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::time::timeout;
use utoipa::ToSchema;

/// How large a linked file may be, in bytes (wire fact).
const MOST_BYTES: usize = 100 << 20;

/// How long the other server may take for the file.
const TIME: Duration = Duration::from_mins(5);

/// How many bytes are read at a time.
const PIECE: usize = 64 << 10;

members! {
    /// A file to be imported from a link.
    #[schema(as = UploadRequest)]
    pub(super) struct LinkInput {
        /// An http or https URL of a CSV file in UTF-8 of at most 100 MiB, with name and password where the other server wants HTTP Basic.
        #[schema(example = "https://files.example/contacts.csv")]
        link: String,
        /// `email`, `sms`, `email_or_sms` or `id`; also `externalCustomerId`, `mobilepush`, `webpush`, and `fieldId` with the member `fieldId`.
        #[schema(example = "email")]
        dedupe_on: String,
        /// Segments that every contact joins.
        group_names: Option<Vec<String>>,
        /// Segments that every contact leaves.
        group_names_exclude: Option<Vec<String>>,
        /// Whether removed contacts come back.
        restore_deleted: Option<bool>,
        /// The type of an event for each new contact.
        event_key_for_new_contacts: Option<String>,
    }
}

/// A file that was taken.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UploadAnswer)]
#[serde(rename_all = "camelCase")]
pub(super) struct LinkAnswer {
    /// For people.
    message: &'static str,
    /// The ID by which `importstatus` and `imports` report the progress.
    #[schema(format = "uuid", example = "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44")]
    import_id: String,
    /// The same.
    #[schema(format = "uuid", example = "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44")]
    file_id: String,
    /// Always true: a file that cannot be taken is answered with an error.
    #[schema(example = true)]
    valid: bool,
}

/// Import a file from a link.
///
/// The file is read before the answer, and imported after it: columns are recognised by their titles. Links to addresses that are not on the public internet are refused, also
/// behind redirects. `GET importstatus/{importId}` says how far the import is. Where a spreadsheet program has damaged a column, it waits for `POST imports/{id}/decide`.
#[utoipa::path(
    post,
    path = "/api/v1/contacts/upload",
    operation_id = "uploadContacts",
    tag = "contacts",
    params(crate::docs::IdempotencyKey),
    request_body(content = LinkInput, content_type = "application/json", example = json!({
        "link": "https://files.example/contacts.csv",
        "dedupeOn": "email",
        "groupNames": ["Newsletter"]
    })),
    responses(
        (status = 200, description = "The file is stored, to be imported.", body = LinkAnswer, example = json!({
            "message": "the file is stored and will be imported",
            "importId": "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44",
            "fileId": "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44",
            "valid": true
        })),
        crate::docs::WriteErrors,
    )
)]
pub(super) async fn upload(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    request: Request,
) -> Result<Json<LinkAnswer>, ApiError> {
    let incoming = timeout(
        state.settings.request_timeout,
        Incoming::read(request, state.settings.body_limit),
    );
    let incoming = incoming.await.map_err(|_| ApiError::TimedOut)??;
    let (link, options) = read(&incoming)?;
    let options = serde_json::to_string(&options).map_err(|_| ApiError::Internal("options that cannot be written"))?;
    let key = auth.0.key.id;
    let request = ImportRequest {
        format: ImportFormat::File,
        options,
        total: None,
        is_dry_run: false,
        queue: ImportBody::queue(key),
        replay: incoming.replay(key),
    };
    let links = state
        .settings
        .links
        .as_deref()
        .ok_or_else(|| wrong("is not accepted by this server"))?;
    let _slot = slot(&state).await?;
    let taken = timeout(TIME, take(&state, auth.workspace(), links, &link, request)).await;
    let id = taken.map_err(|_| wrong("takes too long to read"))??.to_string();
    Ok(Json(LinkAnswer {
        message: "the file is stored and will be imported",
        file_id: id.clone(),
        import_id: id,
        valid: true,
    }))
}

/// The link, and how its file is imported.
fn read(incoming: &Incoming) -> Result<(String, FileOptions), ApiError> {
    let body = incoming.object()?;
    let fields = body.fields();
    let mut problems = Problems::default();
    let sent = LinkInput::of(&fields);
    let link = sent.link.text(&mut problems).value();
    if link.is_none() && problems.is_empty() {
        problems.add(sent.link.pointer(), "must be an http or https URL with a host");
    }
    let call = BulkInput {
        contacts: &[],
        dedupe_on: sent.dedupe_on,
        field_id: fields.at("fieldId"),
        contact_fields: fields.at("contactFields"),
        custom_fields_ids: fields.at("customFieldsIDs"),
        group_names: sent.group_names,
        group_names_exclude: sent.group_names_exclude,
        restore_deleted: sent.restore_deleted,
        event_key_for_new_contacts: sent.event_key_for_new_contacts,
    };
    let call = BulkOptions::read(&call, &mut problems);
    problems.finish()?;
    let (Some(link), Some(call)) = (link, call) else {
        return Err(ApiError::Internal("options without problems that cannot be read"));
    };
    let options = FileOptions {
        form: Some("csv".to_owned()),
        unique_by: Target::of_call(call.dedupe_on()),
        restore_removed: call.restores(),
        call: fields
            .members()
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .filter(|(name, _)| name != "link")
            .collect(),
        ..FileOptions::default()
    };
    Ok((link.trim().to_owned(), options))
}

/// Stores the file behind a link, and accepts its import.
async fn take(
    state: &HttpState,
    workspace: WorkspaceId,
    links: &dyn Links,
    link: &str,
    request: ImportRequest,
) -> Result<ImportId, ApiError> {
    let mut file = links.open(link).await.map_err(|error| wrong(&error.to_string()))?;
    let mut upload = state.app.upload(workspace);
    let mut piece = vec![0; PIECE];
    let mut taken = 0;
    loop {
        let read = file.read(&mut piece).await.map_err(|_| wrong("was cut off"))?;
        taken += read;
        match read {
            0 if taken == 0 => return Err(wrong("leads to an empty file")),
            0 => return Ok(upload.accept(request).await?),
            _ if taken > MOST_BYTES => return Err(wrong("leads to a file of more than 100 MiB")),
            _ => upload.add(&piece[..read]).await?,
        }
    }
}

fn wrong(reason: &str) -> ApiError {
    ApiError::invalid("/link", reason)
}

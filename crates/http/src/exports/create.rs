//! `POST exports`.

use super::body::ScheduleBody;
use super::request;
use crate::auth::{May, right};
use crate::body::Incoming;
use crate::connectors::MadeId;
use crate::error::ApiError;
use crate::fields::Problems;
use crate::refusals::MakeRefused;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use utoipa::ToSchema;

/// An export to be made.
#[derive(Debug, ToSchema)]
#[schema(as = NewDataExport, rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of a body that is read leniently")]
pub(super) struct NewExportBody {
    /// 1 to 100 characters, unique in the workspace.
    #[schema(example = "warehouse")]
    name: String,
    /// Where it goes to.
    #[schema(format = "uuid", example = "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44")]
    connector_id: String,
    /// At least one of `contacts`, `identifiers`, `devices`, `orders`, `orderItems`, `events`, `contact_merges`, `visitors`, `page_views`, `segments`,
    /// `segment_members`, `contacts_custom`.
    datasets: Vec<String>,
    /// The schema of the tables; `public` without. It is made when it is missing.
    #[schema(example = "public")]
    schema: Option<String>,
    /// When it runs by itself; null or missing for by hand alone.
    schedule: Option<ScheduleBody>,
    /// Whether contacts and devices have the column of the external ID; true without.
    #[schema(example = true)]
    include_external_id: Option<bool>,
    /// The static segment whose contacts it has; null or missing for all. Possible only with contacts, identifiers, devices and `contacts_custom`.
    #[schema(example = json!(null))]
    segment_id: Option<i64>,
}

/// Make an export.
///
/// Its tables are made by its first run, which writes every row; later ones write what has changed. With a schedule the first run begins at once.
#[utoipa::path(
    post,
    path = "/api/v1/exports",
    operation_id = "createExport",
    tag = "exports",
    request_body(content = NewExportBody, example = json!({
        "name": "warehouse", "connectorId": "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44", "datasets": ["contacts", "orders"], "schema": "public",
        "schedule": {"everyMinutes": 15}, "includeExternalId": true, "segmentId": null
    })),
    responses((status = 201, description = "It was made.", body = MadeId, example = json!({"id": "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44"})), MakeRefused),
)]
pub(super) async fn create(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    incoming: Incoming,
) -> Result<impl IntoResponse, ApiError> {
    let document = incoming.object()?;
    let mut problems = Problems::default();
    let new = request::read(&document.fields(), state.app.clock().now(), &mut problems);
    problems.finish()?;
    let new = new.ok_or(ApiError::Internal("an export without problems cannot be read"))?;
    let made = state.app.create_export(auth.workspace(), new).await?;
    let id = made.id.to_string();
    Ok((StatusCode::CREATED, Json(MadeId { id })))
}

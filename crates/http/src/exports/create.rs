//! `POST exports`.

use super::body::ScheduleBody;
use crate::auth::{May, right};
use crate::body::{Body, Distinct, Line, body, checked_line};
use crate::connectors::MadeId;
use crate::error::ApiError;
use crate::fields::Problems;
use crate::refusals::MakeRefused;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use selfsame_application::NewExport;
use selfsame_application::ports::ExportDefinition;
use selfsame_domain::export::{
    ColumnSet, DEFAULT_SCHEMA, Dataset, MAX_EXPORT_NAME, MAX_POSTGRES_NAME, check_filter, check_schema,
};
use selfsame_domain::{ConnectorId, SegmentId, Timestamp};

body! {
    /// An export to be made.
    #[schema(as = NewDataExport)]
    pub(super) struct NewExportBody {
        /// 1 to 100 characters, unique in the workspace.
        #[schema(value_type = String, example = "warehouse")]
        name: Line<MAX_EXPORT_NAME>,
        /// Where it goes to.
        #[schema(value_type = String, format = "uuid", example = "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44")]
        connector_id: ConnectorId,
        /// At least one of `contacts`, `identifiers`, `devices`, `orders`, `orderItems`, `events`, `contact_merges`, `visitors`, `page_views`, `segments`,
        /// `segment_members`, `contacts_custom`.
        #[schema(value_type = Vec<String>)]
        datasets: Distinct<Dataset, 1, { Dataset::ALL.len() }>,
        /// The schema of the tables; `public` without. It is made when it is missing.
        #[schema(value_type = Option<String>, example = "public")]
        schema: Option<SchemaName>,
        /// When it runs by itself; null or missing for by hand alone.
        schedule: Option<ScheduleBody>,
        /// Whether contacts and devices have the column of the external ID; true without.
        #[schema(example = true)]
        include_external_id: Option<bool>,
        /// The static segment whose contacts it has; null or missing for all. Possible only with contacts, identifiers, devices and `contacts_custom`.
        #[schema(value_type = Option<i64>, example = json!(null))]
        segment_id: Option<i64>,
    }
}

checked_line! {
    /// The name of a schema.
    SchemaName, MAX_POSTGRES_NAME, check_schema
}

impl NewExportBody {
    /// The export. Checks the rules that span several members.
    fn export(self, now: Timestamp) -> Result<NewExport, ApiError> {
        let mut problems = Problems::default();
        let schedule = self
            .schedule
            .and_then(|schedule| schedule.read("/schedule", now, &mut problems));
        let datasets: Vec<Dataset> = self.datasets.0.values().collect();
        if self.segment_id.is_some() {
            problems.check("/segmentId", check_filter(&datasets));
        }
        problems.finish()?;
        let external_id = self.include_external_id.unwrap_or(true);
        let column_set = |dataset| ColumnSet::new(dataset, external_id);
        Ok(NewExport {
            name: self.name.0,
            connector: self.connector_id,
            definition: ExportDefinition {
                datasets: datasets.into_iter().map(column_set).collect(),
                schema: self.schema.map_or_else(|| DEFAULT_SCHEMA.to_owned(), |schema| schema.0),
                schedule,
                segment: self.segment_id.map(SegmentId),
            },
        })
    }
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
    Body(new, _): Body<NewExportBody>,
) -> Result<impl IntoResponse, ApiError> {
    let new = new.export(state.app.clock().now())?;
    let made = state.app.create_export(auth.workspace(), new).await?;
    let id = made.id.to_string();
    Ok((StatusCode::CREATED, Json(MadeId { id })))
}

//! `POST exports/{id}/verify`, and what a verification has found.

use super::runs::Queued;
use crate::auth::{May, right};
use crate::body::{Incoming, body};
use crate::error::ApiError;
use crate::paths::Id;
use crate::refusals::ChangeRefused;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_application::ports::{Difference, TableComparison, TableSum, Verification};
use selfsame_domain::ExportId;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

body! {
    /// How an export is verified.
    #[schema(as = VerifyExport)]
    pub(super) struct VerifyBody {
        /// Whether rows that differ are written anew, and rows that the workspace does not have are deleted; false without.
        #[schema(example = false)]
        mend: Option<bool>,
    }
}

/// A verification.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExportVerification)]
pub(super) struct VerificationBody {
    /// Whether it mends what differs.
    #[schema(example = false)]
    mend: bool,
    /// What it has found before it mended; null until the run has succeeded.
    tables: Option<Vec<TableBody>>,
}

/// A table at the destination beside the rows of the workspace, both as of the revision of the run.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VerifiedTable)]
pub(super) struct TableBody {
    #[schema(example = "contacts")]
    table: &'static str,
    /// The rows of the workspace.
    source: SumBody,
    /// The rows of the table.
    destination: SumBody,
    /// How many rows the table lacks.
    #[schema(example = 0)]
    missing: u64,
    /// How many rows have other values in the table.
    #[schema(example = 1)]
    changed: u64,
    /// How many rows of the table the workspace does not have.
    #[schema(example = 0)]
    extra: u64,
    /// The first 100 rows of each kind of difference.
    rows: Vec<DifferentBody>,
}

/// Equal content has the same number of rows and the same checksum, in any order of the rows.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TableSum)]
pub(super) struct SumBody {
    #[schema(example = 2)]
    rows: u64,
    /// Comparable within one verification alone.
    #[schema(example = "-5140224906428377046")]
    checksum: String,
}

/// A row that differs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DifferentRow)]
pub(super) struct DifferentBody {
    /// The columns of its primary key.
    #[schema(example = json!({"contactId": "42"}))]
    key: BTreeMap<&'static str, String>,
    /// `missing`, `changed` or `extra`.
    #[schema(example = "changed")]
    difference: &'static str,
}

impl From<&Verification> for VerificationBody {
    fn from(verification: &Verification) -> Self {
        let tables = verification.tables.as_ref();
        Self {
            mend: verification.mend,
            tables: tables.map(|tables| tables.iter().map(TableBody::from).collect()),
        }
    }
}

impl From<&TableComparison> for TableBody {
    fn from(table: &TableComparison) -> Self {
        let count = |difference| table.counts.get(&difference).copied().unwrap_or_default();
        let columns = table.dataset.key();
        let row = |row: &selfsame_application::ports::DifferentRow| DifferentBody {
            key: columns.iter().copied().zip(row.key.iter().cloned()).collect(),
            difference: row.difference.as_str(),
        };
        Self {
            table: table.dataset.as_str(),
            source: SumBody::from(&table.source),
            destination: SumBody::from(&table.destination),
            missing: count(Difference::Missing),
            changed: count(Difference::Changed),
            extra: count(Difference::Extra),
            rows: table.rows.iter().map(row).collect(),
        }
    }
}

impl From<&TableSum> for SumBody {
    fn from(sum: &TableSum) -> Self {
        Self {
            rows: sum.rows,
            checksum: sum.checksum.clone(),
        }
    }
}

/// Verify an export.
///
/// A run that writes what has changed, and then compares every row of the workspace with the tables. `GET exports/{id}/runs` answers what it has
/// found, in `verification`. With `mend` it also writes the rows that differ.
#[utoipa::path(
    post,
    path = "/api/v1/exports/{id}/verify",
    operation_id = "verifyExport",
    tag = "exports",
    params(("id" = String, Path, description = "The export.")),
    request_body(content = Option<VerifyBody>, example = json!({"mend": false})),
    responses((status = 200, description = "The verification is queued.", body = Queued, example = json!({
        "runId": "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f46"
    })), ChangeRefused),
)]
pub(super) async fn verify(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<ExportId>,
    incoming: Incoming,
) -> Result<Json<Queued>, ApiError> {
    let sent: Option<VerifyBody> = incoming.optional()?;
    let mend = sent.and_then(|sent| sent.mend).unwrap_or_default();
    let run = state.app.verify_export(auth.workspace(), id, mend).await?;
    Ok(Json(Queued {
        run_id: run.to_string(),
    }))
}

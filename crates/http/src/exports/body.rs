//! Response forms of exports and runs.

use super::verify::VerificationBody;
use crate::body::body;
use crate::fields::Problems;
use chrono::{DateTime, Utc};
use selfsame_application::ports::{Export, ExportRun};
use selfsame_domain::Timestamp;
use selfsame_domain::export::{ColumnSet, Schedule, ScheduleProblem};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use utoipa::ToSchema;

body! {
    /// When an export runs by itself. Either `everyMinutes`, or `cron` and `timeZone`.
    #[derive(Clone, PartialEq, Eq, Serialize)]
    #[schema(as = ExportSchedule)]
    pub(super) struct ScheduleBody {
        /// Minutes between two runs, 1 to 44640.
        #[schema(value_type = Option<u32>, example = 15)]
        #[serde(skip_serializing_if = "Option::is_none")]
        every_minutes: Option<i64>,
        /// Minute, hour, day of the month, month, day of the week.
        #[schema(example = "0 3 * * *")]
        #[serde(skip_serializing_if = "Option::is_none")]
        cron: Option<String>,
        /// The IANA name of the time zone of `cron`; `UTC` without.
        #[schema(example = "Europe/Kyiv")]
        #[serde(skip_serializing_if = "Option::is_none")]
        time_zone: Option<String>,
    }
}

impl ScheduleBody {
    /// Reads the schedule, which stands at a JSON pointer. `now` is used to check that any time fits.
    pub(super) fn read(self, pointer: &str, now: Timestamp, problems: &mut Problems) -> Option<Schedule> {
        let (place, schedule) = match (self.every_minutes, self.cron) {
            (Some(minutes), None) => ("everyMinutes", Schedule::every(minutes)),
            (None, Some(cron)) => {
                let schedule = Schedule::cron(&cron, self.time_zone.as_deref().unwrap_or("UTC"), now);
                let is_zone = schedule == Err(ScheduleProblem::TimeZone);
                (if is_zone { "timeZone" } else { "cron" }, schedule)
            }
            _ => {
                problems.add(pointer, "must have either everyMinutes or cron");
                return None;
            }
        };
        problems.check(&format!("{pointer}/{place}"), schedule)
    }
}

impl From<&Schedule> for ScheduleBody {
    fn from(schedule: &Schedule) -> Self {
        match schedule {
            Schedule::EveryMinutes(minutes) => Self {
                every_minutes: Some((*minutes).into()),
                cron: None,
                time_zone: None,
            },
            Schedule::Cron { expression, time_zone } => Self {
                every_minutes: None,
                cron: Some(expression.clone()),
                time_zone: Some(time_zone.clone()),
            },
        }
    }
}

/// An export.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DataExport)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExportBody {
    #[schema(format = "uuid", example = "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44")]
    id: String,
    #[schema(example = "warehouse")]
    name: String,
    #[schema(format = "uuid", example = "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44")]
    connector_id: String,
    /// The datasets that it writes.
    datasets: Vec<&'static str>,
    /// The columns of each, as they were when the export was made or last widened. Those of custom fields in `contacts_custom` are left out: they follow
    /// the fields.
    columns: BTreeMap<&'static str, Vec<String>>,
    /// The schema of the tables.
    #[schema(example = "public")]
    schema: String,
    /// Null for by hand alone.
    schedule: Option<ScheduleBody>,
    /// Whether contacts and devices have the column of the external ID.
    #[schema(example = true)]
    include_external_id: bool,
    /// The static segment whose contacts it has; null for all.
    #[schema(example = json!(null))]
    segment_id: Option<i64>,
    /// `active` or `paused`.
    #[schema(example = "active")]
    status: &'static str,
    /// When it runs next by itself; null for never.
    next_run_at: Option<DateTime<Utc>>,
    /// The last commit that its tables contain; null before the first run.
    #[schema(example = 42)]
    synced_revision: Option<i64>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<&Export> for ExportBody {
    fn from(export: &Export) -> Self {
        let definition = &export.definition;
        let sets = &definition.datasets;
        Self {
            id: export.id.to_string(),
            name: export.name.clone(),
            connector_id: export.connector.to_string(),
            datasets: sets.iter().map(|set| set.dataset.as_str()).collect(),
            columns: sets
                .iter()
                .map(|set| (set.dataset.as_str(), set.columns.clone()))
                .collect(),
            schema: definition.schema.clone(),
            schedule: definition.schedule.as_ref().map(ScheduleBody::from),
            include_external_id: !sets.iter().any(lacks_external_id),
            segment_id: definition.segment.map(|segment| segment.0),
            status: if export.is_paused { "paused" } else { "active" },
            next_run_at: export.next_run_at.filter(|_| !export.is_paused),
            synced_revision: export.synced.map(|revision| revision.0),
            created_at: export.created_at,
            updated_at: export.updated_at,
        }
    }
}

fn lacks_external_id(set: &ColumnSet) -> bool {
    let full = ColumnSet::new(set.dataset, true);
    full.has_external_id() && !set.has_external_id()
}

/// A run of an export.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExportRun)]
#[serde(rename_all = "camelCase")]
pub(super) struct RunBody {
    #[schema(format = "uuid", example = "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44")]
    id: String,
    /// `queued`, `running`, `succeeded`, `failed` or `cancelled`.
    #[schema(example = "succeeded")]
    status: &'static str,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
    /// The last commit that the tables contain since the run; null unless it succeeded.
    #[schema(example = 42)]
    revision: Option<i64>,
    /// Whether every row was written, as opposed to those that had changed.
    #[schema(example = false)]
    full: bool,
    /// How many rows were sent, by dataset.
    rows: BTreeMap<String, u64>,
    /// About how many bytes were sent.
    #[schema(example = 1024)]
    bytes: u64,
    /// How many values were cut to the types of their columns.
    values_cut: u64,
    /// How far it is, 0 to 1.
    #[schema(example = 1.0)]
    progress: f64,
    /// Why it failed, or why its last attempt did; null if none did.
    #[schema(example = json!(null))]
    error: Option<String>,
    /// What it verifies; null for a run that only writes.
    verification: Option<VerificationBody>,
}

impl From<&ExportRun> for RunBody {
    fn from(run: &ExportRun) -> Self {
        let report = &run.report;
        Self {
            id: run.id.to_string(),
            status: run.status.as_str(),
            created_at: run.created_at,
            started_at: report.started_at,
            finished_at: run.finished_at,
            revision: report.revision.map(|revision| revision.0),
            full: report.is_full,
            rows: report.rows.clone(),
            bytes: report.bytes,
            values_cut: report.values_cut,
            progress: report.progress,
            error: report.error.clone(),
            verification: report.verification.as_ref().map(VerificationBody::from),
        }
    }
}

/// The example of an export in the API description.
pub(super) fn example(status: &str) -> Value {
    let next_run_at = (status == "active").then_some("2025-01-01T08:15:00Z");
    json!({
        "id": "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44", "name": "warehouse", "connectorId": "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f45",
        "datasets": ["contacts"], "columns": {"contacts": ["contactId", "email", "externalCustomerId"]}, "schema": "public",
        "schedule": {"everyMinutes": 15}, "includeExternalId": true, "segmentId": null, "status": status,
        "nextRunAt": next_run_at, "syncedRevision": 42, "createdAt": "2025-01-01T08:00:00Z",
        "updatedAt": "2025-01-01T08:00:00Z"
    })
}

//! The response form of an import.

use super::files::{Column, Plan};
use chrono::{DateTime, Utc};
use selfsame_application::ports::{ColumnProblem, Import, ImportFormat, ImportStatus};
use selfsame_domain::KeyId;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// An import in an object of its own.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ImportAnswer {
    pub(super) import: ImportBody,
}

/// An import.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Import)]
#[serde(rename_all = "camelCase")]
pub(super) struct ImportBody {
    #[schema(format = "uuid", example = "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44")]
    id: String,
    /// `queued`, `running`, `needs_decision`, `finished`, `failed`, `cancelled` or `undone`.
    #[schema(example = "finished")]
    status: &'static str,
    /// Where its rows come from: `bulk` for `POST contacts`, `file` for `POST imports`.
    #[schema(example = "bulk")]
    source: &'static str,
    /// Whether rows were decided and nothing was written.
    dry_run: bool,
    rows: RowCountsBody,
    /// The part of the rows that was dealt with, 0 to 1; null while their number is not known.
    #[schema(example = 1.0)]
    progress: Option<f64>,
    /// Rows a second since it began; null before.
    #[schema(example = 2000.0)]
    rows_per_second: Option<f64>,
    /// The detected form of the file; null for bulk calls, and before the file was inspected.
    file: Option<FileBody>,
    /// What is wrong with whole columns, for imports of files.
    problems: Vec<ProblemBody>,
    /// Whether it is being taken back; its status is `undone` when that is done.
    #[schema(example = false)]
    undoing: bool,
    /// Why it failed; null if it did not.
    #[schema(example = json!(null))]
    error: Option<String>,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    /// When something was last done for it.
    heartbeat_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

/// The number of rows by outcome.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportRowCounts)]
pub(super) struct RowCountsBody {
    /// All rows; null while their number is not known.
    #[schema(example = 2)]
    total: Option<u64>,
    #[schema(example = 1)]
    created: u64,
    #[schema(example = 1)]
    updated: u64,
    restored: u64,
    unchanged: u64,
    /// Rows that changed a contact and merged others into it.
    merged: u64,
    rejected: u64,
}

/// What is wrong with a column.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportColumnProblem)]
pub(super) struct ProblemBody {
    /// The title of the column.
    column: String,
    /// The stable name of what is wrong.
    #[schema(example = "scientific")]
    kind: String,
    reason: String,
    /// Rows that show it, from 1.
    rows: Vec<u64>,
}

/// What a file turned out to be.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportFile)]
pub(super) struct FileBody {
    /// `csv`, `tsv`, `ndjson` or `xlsx`.
    #[schema(example = "csv")]
    form: String,
    /// The encoding of its text; null for spreadsheets.
    #[schema(example = "windows-1251")]
    encoding: Option<String>,
    /// What delimits its cells; null for other than delimited text.
    #[schema(example = ";")]
    delimiter: Option<char>,
    /// Its columns in their order.
    columns: Vec<ColumnBody>,
}

/// A column of a file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportColumn)]
#[serde(rename_all = "camelCase")]
pub(super) struct ColumnBody {
    /// Its title.
    #[schema(example = "Телефон")]
    header: String,
    /// The member of a contact that it holds; null for none.
    #[schema(example = "sms")]
    mapped_to: Option<String>,
}

impl FileBody {
    fn of(plan: Plan) -> Self {
        let column = |column: Column| ColumnBody {
            header: column.header,
            mapped_to: column.target.map(|target| target.to_string()),
        };
        Self {
            form: plan.form,
            encoding: plan.encoding,
            delimiter: plan.delimiter,
            columns: plan.columns.into_iter().map(column).collect(),
        }
    }
}

impl ImportBody {
    /// The queue of the files of a key: they are imported one after the other.
    pub(super) fn queue(key: KeyId) -> String {
        format!("file:{key}")
    }

    /// The import as it is at a time.
    pub(super) fn of(import: &Import, now: DateTime<Utc>) -> Self {
        let done = import.counts.total();
        let total = import
            .total
            .or((import.status == ImportStatus::Finished).then_some(done));
        let until = import.finished_at.unwrap_or(now);
        let seconds = import.started_at.map(|since| (until - since).as_seconds_f64());
        Self {
            id: import.id.to_string(),
            status: import.status.as_str(),
            source: match import.format {
                ImportFormat::Bulk => "bulk",
                ImportFormat::File => "file",
            },
            dry_run: import.is_dry_run,
            rows: RowCountsBody {
                total,
                created: import.counts.created,
                updated: import.counts.updated,
                restored: import.counts.restored,
                unchanged: import.counts.unchanged,
                merged: import.counts.merged,
                rejected: import.counts.rejected,
            },
            progress: total.filter(|total| *total > 0).map(|total| ratio(done, total)),
            rows_per_second: seconds
                .filter(|seconds| *seconds > 0.0)
                .map(|seconds| float(done) / seconds),
            // What a later release wrote cannot be shown.
            file: import
                .found
                .as_deref()
                .and_then(|found| serde_json::from_str(found).ok())
                .map(FileBody::of),
            problems: import.problems.iter().map(problem).collect(),
            undoing: import.is_undoing,
            error: import.error.clone(),
            created_at: import.created_at,
            started_at: import.started_at,
            heartbeat_at: import.heartbeat_at,
            finished_at: import.finished_at,
        }
    }
}

pub(super) fn problem(problem: &ColumnProblem) -> ProblemBody {
    ProblemBody {
        column: problem.column.clone(),
        kind: problem.kind.clone(),
        reason: problem.reason.clone(),
        rows: problem.rows.clone(),
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    float(part) / float(whole)
}

#[allow(clippy::cast_precision_loss, reason = "rates and progress need no more than 53 bits")]
fn float(number: u64) -> f64 {
    number as f64
}

/// The example of an import in the API description.
pub(super) fn example(status: &str) -> Value {
    json!({"import": {
        "id": "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44",
        "status": status,
        "source": "bulk",
        "dryRun": false,
        "rows": {"total": 2, "created": 1, "updated": 1, "restored": 0, "unchanged": 0, "merged": 0, "rejected": 0},
        "progress": 1.0,
        "rowsPerSecond": 40.0,
        "file": null,
        "problems": [],
        "undoing": false,
        "error": null,
        "createdAt": "2025-01-01T08:00:00Z",
        "startedAt": "2025-01-01T08:00:00Z",
        "heartbeatAt": "2025-01-01T08:00:00.050Z",
        "finishedAt": "2025-01-01T08:00:00.050Z"
    }})
}

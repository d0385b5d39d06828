//! A preview as it is answered.

use super::files::Plan;
use super::response::{ProblemBody, problem};
use crate::identity::{DecisionBody, explained};
use selfsame_application::{ImportPreview, PreviewRow, PreviewTotals};
use serde::Serialize;
use utoipa::ToSchema;

/// What an import of a file would do now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportPreview)]
pub(super) struct PreviewAnswer {
    /// `csv`, `tsv`, `ndjson` or `xlsx`.
    #[schema(example = "csv")]
    form: String,
    /// The encoding of its text; null for spreadsheets.
    #[schema(example = "UTF-8")]
    encoding: Option<String>,
    /// What delimits its cells; null for other than delimited text.
    #[schema(example = ",")]
    delimiter: Option<char>,
    /// Its columns in their order.
    columns: Vec<PreviewColumn>,
    /// Problems of whole columns: an import would stop for a decision.
    problems: Vec<ProblemBody>,
    /// The first rows.
    rows: Vec<PreviewRowBody>,
    /// The outcomes of all rows; null where they were not requested.
    totals: Option<TotalsBody>,
}

/// A column of a previewed file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportPreviewColumn)]
#[serde(rename_all = "camelCase")]
pub(super) struct PreviewColumn {
    /// Its title.
    #[schema(example = "Телефон")]
    header: String,
    /// The member of a contact that it holds; null for none.
    #[schema(example = "sms")]
    mapped_to: Option<String>,
    /// What is wrong with it; null for nothing.
    #[schema(example = json!(null))]
    problem: Option<String>,
}

/// What would become of a row.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportPreviewRow)]
#[serde(rename_all = "camelCase")]
pub(super) struct PreviewRowBody {
    /// Its number, from 1.
    row: u64,
    /// The line of the file on which it begins.
    line: u64,
    /// Its cells, in the order of the columns.
    values: Vec<String>,
    /// `created`, `updated`, `restored`, `unchanged`, `merged` or `rejected`.
    outcome: &'static str,
    /// The contact that it is about; null for a new one.
    contact_id: Option<i64>,
    /// The decision, as `identity/resolve` explains it; null for a row that cannot be read.
    decision: Option<DecisionBody>,
    /// Why it would be rejected; null otherwise.
    error: Option<String>,
}

/// The outcomes of all rows.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportPreviewTotals)]
pub(super) struct TotalsBody {
    /// All rows of the file.
    total: u64,
    created: u64,
    updated: u64,
    restored: u64,
    unchanged: u64,
    merged: u64,
    rejected: u64,
    /// Whether all rows were decided. If not, the outcomes are those of the first ones.
    complete: bool,
    /// Why rows would be rejected, the most frequent reason first; at most 100.
    reasons: Vec<ReasonBody>,
}

/// Why rows would be rejected.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportPreviewReason)]
pub(super) struct ReasonBody {
    error: String,
    /// How many rows.
    rows: u64,
}

impl PreviewAnswer {
    pub(super) fn of(plan: Plan, preview: ImportPreview, sample: Vec<Vec<String>>) -> Self {
        let inspection = preview.inspection;
        let reasons = |header: &str| {
            let of_column = inspection.problems.iter().filter(|problem| problem.column == header);
            let reasons: Vec<&str> = of_column.map(|problem| problem.reason.as_str()).collect();
            (!reasons.is_empty()).then(|| reasons.join("; "))
        };
        let columns = plan.columns.iter().map(|column| PreviewColumn {
            header: column.header.clone(),
            mapped_to: column.target.map(|target| target.to_string()),
            problem: reasons(&column.header),
        });
        Self {
            columns: columns.collect(),
            form: plan.form,
            encoding: plan.encoding,
            delimiter: plan.delimiter,
            problems: inspection.problems.iter().map(problem).collect(),
            rows: preview.rows.into_iter().zip(sample).map(PreviewRowBody::from).collect(),
            totals: preview.totals.map(|totals| TotalsBody::of(totals, inspection.total)),
        }
    }
}

impl From<(PreviewRow, Vec<String>)> for PreviewRowBody {
    fn from((PreviewRow { row, decision }, values): (PreviewRow, Vec<String>)) -> Self {
        Self {
            row: row.row,
            line: row.line,
            values,
            outcome: row.outcome.as_str(),
            contact_id: row.contact.map(|id| id.0),
            decision: decision.as_ref().map(explained),
            error: row.error,
        }
    }
}

impl TotalsBody {
    fn of(totals: PreviewTotals, total: u64) -> Self {
        let mut reasons: Vec<ReasonBody> = totals
            .reasons
            .into_iter()
            .map(|(error, rows)| ReasonBody { error, rows })
            .collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.rows));
        let counts = totals.counts;
        Self {
            total,
            created: counts.created,
            updated: counts.updated,
            restored: counts.restored,
            unchanged: counts.unchanged,
            merged: counts.merged,
            rejected: counts.rejected,
            complete: totals.is_complete,
            reasons,
        }
    }
}

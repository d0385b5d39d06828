//! Making datasets, tables and columns that are missing, and reading how far the tables are.

use super::client::Client;
use super::error::ApiError;
use super::{rows, script};
use crate::marks::{DESCRIPTION, Known, Mark, NOTHING, WATERMARK, check_owner};
use reqwest::Method;
use selfsame_application::ports::{SinkError, SinkRequest};
use selfsame_domain::Timestamp;
use selfsame_domain::export::{Dataset, TablePlan};
use serde_json::{Value, json};
use uuid::Uuid;

/// How many columns a table may be clustered by.
const MOST_CLUSTERED: usize = 4;

pub(super) async fn prepare(client: &mut Client, dataset: &str, request: &SinkRequest) -> Result<Known, SinkError> {
    let found = match find_dataset(client, dataset).await {
        Err(error) if error.is_missing() => make_dataset(client, dataset).await,
        found => found,
    };
    let found = found.map_err(|error| error.sink(client, "the dataset"))?;
    // The dataset may be elsewhere than the connector says: jobs run where it is.
    client.location = found["location"].as_str().map(str::to_owned);
    make_watermark(client, dataset)
        .await
        .map_err(|error| error.sink(client, "the table of watermarks"))?;
    let mut marks = read_marks(client, dataset, request).await?;
    check_owner(&marks, request)?;
    for plan in &request.tables {
        if let Some(change) = needed_change(client, dataset, plan).await? {
            let what = format!("the table `{}`", plan.dataset.as_str());
            let failed = |error: ApiError| error.sink(client, &what);
            let own = marks.iter_mut().find(|mark| mark.dataset == plan.dataset.as_str());
            if let Some(mark) = own.filter(|mark| mark.revision != NOTHING) {
                let job = format!("selfsame_{}_unmark_{}", request.attempt.simple(), mark.dataset);
                let sql = script::unmark(&client.project, dataset, plan.dataset);
                client.query(&job, &sql).await.map_err(failed)?;
                mark.revision = NOTHING;
            }
            change.apply(client, dataset, plan).await.map_err(failed)?;
        }
    }
    Known::read(marks, request)
}

pub(super) async fn find_dataset(client: &Client, dataset: &str) -> Result<Value, ApiError> {
    client.call(Method::GET, &format!("/datasets/{dataset}"), None).await
}

/// Creates a dataset. Returns it also when another caller created it first.
pub(super) async fn make_dataset(client: &Client, dataset: &str) -> Result<Value, ApiError> {
    let mut body = json!({"datasetReference": {"projectId": client.project, "datasetId": dataset}});
    if let Some(location) = &client.location {
        body["location"] = json!(location);
    }
    match client.call(Method::POST, "/datasets", Some(&body)).await {
        Err(error) if error.is_duplicate() => find_dataset(client, dataset).await,
        made => made,
    }
}

/// How the API names a table.
pub(super) fn reference(client: &Client, dataset: &str, table: &str) -> Value {
    json!({"projectId": client.project, "datasetId": dataset, "tableId": table})
}

/// Makes a table, unless it is there. `more` has members of the table besides its name.
pub(super) async fn make(client: &Client, dataset: &str, table: &str, more: Value) -> Result<(), ApiError> {
    let mut body = more;
    body["tableReference"] = reference(client, dataset, table);
    match client
        .call(Method::POST, &format!("/datasets/{dataset}/tables"), Some(&body))
        .await
    {
        Err(error) if error.is_duplicate() => Ok(()),
        made => made.map(drop),
    }
}

/// Makes a table that BigQuery deletes at a time.
pub(super) async fn make_passing(
    client: &Client,
    dataset: &str,
    table: &str,
    fields: &Value,
    until: Timestamp,
) -> Result<(), ApiError> {
    let more = json!({
        "schema": {"fields": fields},
        "expirationTime": until.timestamp_millis().to_string(),
        "description": "Rows on their way into the tables; gone by itself",
    });
    make(client, dataset, table, more).await
}

pub(super) async fn delete(client: &Client, dataset: &str, table: &str) -> Result<(), ApiError> {
    let path = format!("/datasets/{dataset}/tables/{table}");
    client.call(Method::DELETE, &path, None).await.map(drop)
}

async fn make_watermark(client: &Client, dataset: &str) -> Result<(), ApiError> {
    let fields = json!([
        {"name": "dataset", "type": "STRING", "mode": "NULLABLE", "description": "The name of the table"},
        {"name": "revision", "type": "INTEGER", "mode": "NULLABLE", "description": "The last commit that it has"},
        {"name": "as_of", "type": "TIMESTAMP", "mode": "NULLABLE", "description": "When that state was read"},
        {"name": "export_id", "type": "STRING", "mode": "NULLABLE", "description": "The export that writes it"},
    ]);
    match find(client, dataset, WATERMARK).await {
        Err(error) if error.is_missing() => {
            let more = json!({"schema": {"fields": fields}, "description": DESCRIPTION});
            make(client, dataset, WATERMARK, more).await
        }
        found => found.map(drop),
    }
}

async fn find(client: &Client, dataset: &str, table: &str) -> Result<Value, ApiError> {
    let path = format!("/datasets/{dataset}/tables/{table}");
    client.call(Method::GET, &path, None).await
}

/// What a table needs before a run can write it.
enum Change {
    /// It has to be made.
    Make,
    /// It has to get columns: all fields that it has then.
    Widen(Vec<Value>),
}

impl Change {
    async fn apply(self, client: &Client, dataset: &str, plan: &TablePlan) -> Result<(), ApiError> {
        let table = plan.dataset.as_str();
        match self {
            Self::Make => make(client, dataset, table, layout(plan)).await,
            Self::Widen(fields) => {
                let path = format!("/datasets/{dataset}/tables/{table}");
                let body = json!({"schema": {"fields": fields}});
                client.call(Method::PATCH, &path, Some(&body)).await.map(drop)
            }
        }
    }
}

/// None when the table can be written as it is.
async fn needed_change(client: &Client, dataset: &str, plan: &TablePlan) -> Result<Option<Change>, SinkError> {
    let table = plan.dataset.as_str();
    let what = format!("the table `{table}`");
    let found = match find(client, dataset, table).await {
        Err(error) if error.is_missing() => return Ok(Some(Change::Make)),
        found => found.map_err(|error| error.sink(client, &what))?,
    };
    let mut fields = found["schema"]["fields"].as_array().cloned().unwrap_or_default();
    let known = fields.len();
    if found["type"].as_str().is_some_and(|kind| kind != "TABLE") {
        return Err(SinkError::Incompatible {
            problem: format!("`{table}` is no table"),
            way_out: "rename it, so that the next run makes the table",
        });
    }
    for (column, field) in plan
        .columns
        .iter()
        .zip(rows::fields(&plan.columns).as_array().into_iter().flatten())
    {
        // Names of columns differ by more than the case of their letters.
        let is_it = |field: &&Value| {
            field["name"]
                .as_str()
                .is_some_and(|name| name.eq_ignore_ascii_case(&column.name))
        };
        match fields.iter().find(is_it) {
            None => fields.push(field.clone()),
            Some(actual) if rows::holds(column.kind, actual) => {}
            Some(actual) => return Err(incompatible(plan.dataset, &column.name, actual, field)),
        }
    }
    Ok((fields.len() > known).then_some(Change::Widen(fields)))
}

fn incompatible(dataset: Dataset, column: &str, actual: &Value, needed: &Value) -> SinkError {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    SinkError::Incompatible {
        problem: format!(
            "the column `{column}` of the table `{}` is {} {}, and has to be {}",
            dataset.as_str(),
            text(&actual["mode"]),
            text(&actual["type"]),
            text(&needed["type"]),
        ),
        way_out: "change its type, or rename the table so that the next run creates it again",
    }
}

/// What a table is made with.
fn layout(plan: &TablePlan) -> Value {
    let dataset = plan.dataset;
    let clustered: Vec<&str> = dataset.owners().iter().copied().take(MOST_CLUSTERED).collect();
    let mut table = json!({
        "schema": {"fields": rows::fields(&plan.columns)},
        "description": dataset.description(),
        "clustering": {"fields": clustered},
        "tableConstraints": {"primaryKey": {"columns": dataset.key()}},
    });
    if let Some(column) = script::partition_of(plan) {
        table["timePartitioning"] = json!({"type": "DAY", "field": column.name});
    }
    table
}

async fn read_marks(client: &Client, dataset: &str, request: &SinkRequest) -> Result<Vec<Mark>, SinkError> {
    let sql = script::marks(&client.project, dataset, &request.tables);
    let job = format!("selfsame_{}_marks", request.attempt.simple());
    let found = client.query(&job, &sql).await;
    let rows = found.map_err(|error| error.sink(client, "the watermarks"))?;
    let unreadable = || SinkError::Incompatible {
        problem: format!("a row of {WATERMARK} cannot be read"),
        way_out: "delete it, so that the next run writes every row",
    };
    rows.iter().map(|row| mark(row).ok_or_else(unreadable)).collect()
}

fn mark(row: &[Option<String>]) -> Option<Mark> {
    let [Some(dataset), Some(revision), Some(micros), Some(export)] = row else {
        return None;
    };
    Some(Mark {
        dataset: dataset.clone(),
        revision: revision.parse().ok()?,
        as_of: Timestamp::from_timestamp_micros(micros.parse().ok()?)?,
        export_id: Uuid::parse_str(export).ok()?,
    })
}

//! Which rights a run needs. The API has no question for them, so a check does what a run does, and leaves nothing.

use super::client::Client;
use super::error::ApiError;
use super::tables::{delete, find_dataset, make, make_dataset};
use reqwest::Method;
use selfsame_application::ports::SinkError;
use serde_json::json;

/// The table that a check makes and deletes.
const TRIAL: &str = "_selfsame_trial";

/// Says the first right that is missing for an export to a dataset.
pub(super) async fn check(client: &Client, dataset: &str) -> Result<(), SinkError> {
    let checked = async {
        let is_made = match find_dataset(client, dataset).await {
            Err(error) if error.is_missing() => {
                make_dataset(client, dataset).await?;
                true
            }
            found => {
                found?;
                false
            }
        };
        let tried = tables_and_jobs(client, dataset).await;
        if is_made {
            // Only while it is empty: it may be in use already.
            client
                .call(Method::DELETE, &format!("/datasets/{dataset}"), None)
                .await?;
        }
        tried
    };
    checked.await.map_err(|error| error.sink(client, "a trial"))
}

async fn tables_and_jobs(client: &Client, dataset: &str) -> Result<(), ApiError> {
    let fields = json!([{"name": "trial", "type": "STRING"}]);
    make(client, dataset, TRIAL, json!({"schema": {"fields": fields}})).await?;
    delete(client, dataset, TRIAL).await?;
    // Planned, and not run.
    let script = json!({"configuration": {"dryRun": true, "query": {"query": "SELECT 1", "useLegacySql": false}}});
    client.call(Method::POST, "/jobs", Some(&script)).await.map(drop)
}

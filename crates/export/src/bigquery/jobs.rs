//! Jobs: scripts and loads. Their IDs are ours, so that one that was begun is found again when its answer was lost.

use super::client::Client;
use super::error::ApiError;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a job may take.
const JOB_TIME: Duration = Duration::from_mins(30);

/// How long a load job is left alone before it is looked at again.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long the API may hold a question for a script's end, in milliseconds.
const HOLD: u64 = 10_000;

/// The most rows of an answer. The largest question is for a row per dataset.
const MAX_ROWS: u64 = 1_000;

impl Client {
    /// What a job is known by.
    pub(super) fn reference(&self, job: &str) -> Value {
        let mut reference = json!({"projectId": self.project, "jobId": job});
        if let Some(location) = &self.location {
            reference["location"] = json!(location);
        }
        reference
    }

    fn at_location(&self) -> String {
        let location = self.location.as_deref();
        location.map_or_else(String::new, |location| format!("&location={location}"))
    }

    /// Runs a script to its end; answers the rows of its last statement, each value as a text.
    pub(super) async fn query(&self, job: &str, sql: &str) -> Result<Vec<Vec<Option<String>>>, ApiError> {
        let body = json!({
            "jobReference": self.reference(job),
            "configuration": {"query": {"query": sql, "useLegacySql": false}},
        });
        match self.call(Method::POST, "/jobs", Some(&body)).await {
            // It was begun by a request whose answer was lost.
            Err(error) if error.is_duplicate() => {}
            begun => drop(begun?),
        }
        let path = format!(
            "/queries/{job}?timeoutMs={HOLD}&maxResults={MAX_ROWS}{}",
            self.at_location()
        );
        let deadline = Instant::now() + JOB_TIME;
        loop {
            let answer = self.call(Method::GET, &path, None).await?;
            if answer["jobComplete"] == true {
                return Ok(rows(&answer["rows"]));
            }
            if Instant::now() > deadline {
                return Err(ApiError::late());
            }
        }
    }

    /// Waits for the end of a load job.
    pub(super) async fn wait(&self, job: &str) -> Result<(), ApiError> {
        let path = format!("/jobs/{job}?projection=full{}", self.at_location());
        let deadline = Instant::now() + JOB_TIME;
        loop {
            let answer = self.call(Method::GET, &path, None).await?;
            let status = &answer["status"];
            if !status["errorResult"].is_null() {
                return Err(ApiError::of_job(&status["errorResult"]));
            }
            if status["state"] == "DONE" {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(ApiError::late());
            }
            sleep(LOOK_EVERY).await;
        }
    }
}

fn rows(rows: &Value) -> Vec<Vec<Option<String>>> {
    let cells = |row: &Value| {
        let cells = row["f"].as_array().into_iter().flatten();
        cells.map(|cell| cell["v"].as_str().map(str::to_owned)).collect()
    };
    rows.as_array().into_iter().flatten().map(cells).collect()
}

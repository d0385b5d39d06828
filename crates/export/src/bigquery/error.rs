//! What the errors of the API mean to an export. The API's texts may quote values of rows, so most of them are left out.

use super::client::Client;
use super::script::RACED;
use reqwest::StatusCode;
use selfsame_application::ports::SinkError;
use serde_json::Value;

/// How much of a text of the API is repeated, in characters.
const MAX_TEXT: usize = 300;

/// Reasons that pass (<https://cloud.google.com/bigquery/docs/error-messages>).
const PASSING: [&str; 8] = [
    "backendError",
    "internalError",
    "jobBackendError",
    "jobInternalError",
    "jobRateLimitExceeded",
    "quotaExceeded",
    "rateLimitExceeded",
    "tableUnavailable",
];

/// An error of the API, of a job, or of the way there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    /// The status of the answer; none without one.
    pub(super) status: Option<StatusCode>,
    /// The API's word for what is wrong; empty without one.
    reason: String,
    /// The API's text; may hold values of rows.
    text: String,
    /// Our text for what was not answered.
    unsent: Option<&'static str>,
}

impl ApiError {
    /// An error that an answer says.
    pub(super) fn answered(status: StatusCode, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let error = &body["error"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            status: Some(status),
            reason: text(&error["errors"][0]["reason"]),
            text: text(&error["message"]),
            unsent: None,
        }
    }

    /// The error that a job ended with: an `ErrorProto`.
    pub(super) fn of_job(error: &Value) -> Self {
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        Self {
            status: None,
            reason: text("reason"),
            text: text("message"),
            unsent: None,
        }
    }

    /// A request that was not answered.
    pub(super) fn unsent(error: &reqwest::Error) -> Self {
        Self::ours(if error.is_timeout() {
            "no answer in time"
        } else if error.is_connect() {
            "the connection was refused, or TLS failed"
        } else {
            "the connection was lost"
        })
    }

    /// Work that took too long.
    pub(super) fn late() -> Self {
        Self::ours("a job did not end in time")
    }

    /// An upload that the server knows no more.
    pub(super) fn lost() -> Self {
        Self::ours("an upload was lost")
    }

    fn ours(text: &'static str) -> Self {
        Self {
            status: None,
            reason: "backendError".to_owned(),
            text: String::new(),
            unsent: Some(text),
        }
    }

    /// An answer that is not as the API describes it.
    pub(super) fn unreadable(text: &'static str) -> Self {
        Self {
            status: None,
            reason: String::new(),
            text: String::new(),
            unsent: Some(text),
        }
    }

    /// Credentials that cannot be used.
    pub(super) fn unauthorized(text: &'static str) -> Self {
        Self {
            status: Some(StatusCode::UNAUTHORIZED),
            reason: String::new(),
            text: String::new(),
            unsent: Some(text),
        }
    }

    /// Whether there is nothing of this name.
    pub(super) fn is_missing(&self) -> bool {
        self.status == Some(StatusCode::NOT_FOUND)
    }

    /// Whether there is something of this name already.
    pub(super) fn is_duplicate(&self) -> bool {
        self.status == Some(StatusCode::CONFLICT)
    }

    /// Whether doing it again may succeed.
    pub(super) fn is_transient(&self) -> bool {
        let passes = |status: StatusCode| status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        let is_answer = self.status != Some(StatusCode::NOT_IMPLEMENTED);
        is_answer && (self.status.is_some_and(passes) || PASSING.contains(&self.reason.as_str()))
    }

    /// What it means to an export. `what` was being done.
    pub(super) fn sink(self, client: &Client, what: &str) -> SinkError {
        if self.text.contains(RACED) || self.text.contains("concurrent update") {
            return SinkError::Raced;
        }
        let reason = if self.reason.is_empty() {
            "no reason"
        } else {
            &self.reason
        };
        if self.is_transient() {
            let text = self
                .unsent
                .map_or_else(|| format!("BigQuery answers {reason}"), str::to_owned);
            return SinkError::Unreachable(text);
        }
        match (self.status, self.unsent) {
            (Some(StatusCode::UNAUTHORIZED), Some(text)) => denied(text),
            (Some(StatusCode::UNAUTHORIZED), None) => denied("BigQuery does not take the service account"),
            (Some(StatusCode::FORBIDDEN), _) => self.forbidden(client),
            (_, None) if self.reason == "accessDenied" => self.forbidden(client),
            // The text names the object, and nothing of a row.
            (Some(StatusCode::NOT_FOUND), _) => denied(&short(&self.text)),
            (_, Some(text)) => SinkError::Refused(text.to_owned()),
            (_, None) => SinkError::Refused(format!("{what}: {reason}")),
        }
    }

    /// The text names the right and the object, and nothing of a row.
    fn forbidden(&self, client: &Client) -> SinkError {
        let Client { project, account, .. } = client;
        let member = format!("serviceAccount:{}", account.as_deref().unwrap_or("ADDRESS"));
        let for_project =
            |role: &str| format!("gcloud projects add-iam-policy-binding {project} --member={member} --role={role}");
        let grant = if self.text.contains("bigquery.jobs.") {
            for_project("roles/bigquery.jobUser")
        } else if self.text.contains("bigquery.datasets.create") {
            for_project("roles/bigquery.user")
        } else {
            format!(
                "GRANT `roles/bigquery.dataEditor` ON SCHEMA `{project}`.`{}` TO \"{member}\"",
                client.dataset
            )
        };
        SinkError::Denied {
            problem: short(&self.text),
            grant: Some(grant),
        }
    }
}

/// The first line of a text of the API.
fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let line: String = line.chars().filter(|c| !c.is_control()).take(MAX_TEXT).collect();
    if line.is_empty() {
        "BigQuery refuses without a text".to_owned()
    } else {
        line
    }
}

pub(super) fn denied(problem: &str) -> SinkError {
    SinkError::Denied {
        problem: problem.to_owned(),
        grant: None,
    }
}

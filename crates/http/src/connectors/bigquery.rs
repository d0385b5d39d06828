//! Connectors to BigQuery as they are sent and answered.

use super::body::{Settings, required};
use crate::body::{FromMember, Member, body, checked_line};
use crate::fields::{Problems, Sent};
use secrecy::SecretString;
use selfsame_domain::export::{
    ConnectorSettings, MAX_PATH, MAX_SERVICE_ACCOUNT, SettingProblem, check_endpoint, is_bigquery_dataset,
    is_bigquery_location, is_bigquery_project, missing_of_service_account,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A dataset of BigQuery, without its service account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BigQueryDestination)]
#[serde(rename_all = "camelCase")]
pub(super) struct BigQueryBody {
    #[schema(example = "my-project")]
    project_id: String,
    #[schema(example = "marketing")]
    dataset: String,
    /// Where the dataset is made if it is missing; null for BigQuery's own choice.
    #[schema(example = "EU")]
    location: Option<String>,
    /// The base URL of another server with BigQuery's REST API; null for Google's.
    endpoint: Option<String>,
    /// Kept as it was sent; not used.
    grpc_endpoint: Option<String>,
}

body! {
    /// A dataset of BigQuery to write to.
    #[schema(as = BigQueryDestinationInput)]
    pub(super) struct BigQueryInput {
        /// The project of the dataset and of the jobs.
        #[schema(value_type = String, example = "my-project")]
        project_id: Option<Project>,
        /// The dataset of exports to the schema `public`; other schemas are datasets of their names. Made if it is missing.
        #[schema(value_type = String, example = "marketing")]
        dataset: Option<DatasetName>,
        /// Where the dataset is made if it is missing, such as `EU`; BigQuery's own choice without.
        #[schema(value_type = Option<String>, example = "EU")]
        location: Sent<Location>,
        /// The JSON key of a service account, as Google gives it. Kept encrypted, never answered. Needed unless there is an endpoint.
        #[schema(value_type = Option<ServiceAccountInput>)]
        service_account: ServiceAccount,
        /// The base URL of another server with BigQuery's REST API, such as an emulator; Google's without.
        #[schema(value_type = Option<String>, example = "http://127.0.0.1:9050")]
        endpoint: Sent<Endpoint>,
        /// Kept as it is; rows are loaded over REST.
        #[schema(value_type = Option<String>, example = "http://127.0.0.1:9060")]
        grpc_endpoint: Sent<Endpoint>,
    }
}

checked_line! {
    /// A project.
    Project, MAX_PATH, check_project
}

checked_line! {
    /// The name of a dataset.
    DatasetName, MAX_PATH, check_dataset
}

checked_line! {
    /// A location.
    Location, MAX_PATH, check_location
}

fn check_project(text: &str) -> Result<(), SettingProblem> {
    is_bigquery_project(text).then_some(()).ok_or(SettingProblem::Project)
}

fn check_dataset(text: &str) -> Result<(), SettingProblem> {
    is_bigquery_dataset(text).then_some(()).ok_or(SettingProblem::Dataset)
}

fn check_location(text: &str) -> Result<(), SettingProblem> {
    is_bigquery_location(text).then_some(()).ok_or(SettingProblem::Location)
}

checked_line! {
    /// The base URL of a server.
    Endpoint, MAX_PATH, check_endpoint
}

/// The JSON key of a service account, as it was sent.
#[derive(Debug)]
struct ServiceAccount(Option<SecretString>);

impl FromMember for ServiceAccount {
    fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
        let Some(value) = member.raw.filter(|value| !value.is_null()) else {
            return Some(Self(None));
        };
        let Value::Object(members) = value else {
            return member.refuse(problems, "must be the JSON key of a service account, an object");
        };
        let mut missing = missing_of_service_account(members).peekable();
        let is_whole = missing.peek().is_none();
        for name in missing {
            problems.add(format!("{}/{name}", member.pointer()), "is missing");
        }
        let text = value.to_string();
        if text.len() > MAX_SERVICE_ACCOUNT {
            return member.refuse(problems, "is too long");
        }
        is_whole.then(|| Self(Some(SecretString::from(text))))
    }
}

/// The JSON key of a service account. Members besides these are kept.
#[derive(Debug, ToSchema)]
#[schema(as = ServiceAccountInput)]
#[expect(dead_code, reason = "the schema of a value that is kept as it was sent")]
pub(super) struct ServiceAccountInput {
    #[schema(example = "my-project")]
    project_id: String,
    #[schema(example = "0123456789abcdef")]
    private_key_id: String,
    /// PKCS #8, in PEM.
    private_key: String,
    #[schema(example = "selfsame-export@my-project.iam.gserviceaccount.com")]
    client_email: String,
}

/// How the settings are answered; none for settings of another kind.
pub(super) fn body(settings: &ConnectorSettings) -> Option<BigQueryBody> {
    match settings {
        ConnectorSettings::BigQuery {
            project,
            dataset,
            location,
            endpoint,
            grpc_endpoint,
        } => Some(BigQueryBody {
            project_id: project.clone(),
            dataset: dataset.clone(),
            location: location.clone(),
            endpoint: endpoint.clone(),
            grpc_endpoint: grpc_endpoint.clone(),
        }),
        ConnectorSettings::Postgres { .. } | ConnectorSettings::File { .. } => None,
    }
}

impl BigQueryInput {
    /// Where a connector leads. Missing members are taken from `before`; `null` removes one that may be missing.
    pub(super) fn settings(self, before: Option<&ConnectorSettings>, problems: &mut Problems) -> Option<Settings> {
        let (project, dataset, location, endpoint, grpc_endpoint) = match before.and_then(body) {
            Some(known) => (
                Some(known.project_id),
                Some(known.dataset),
                known.location,
                known.endpoint,
                known.grpc_endpoint,
            ),
            None => (None, None, None, None, None),
        };
        let sent = self.project_id.map(|project| project.0);
        let project = required("/bigquery/projectId", sent, project, problems);
        let sent = self.dataset.map(|dataset| dataset.0);
        let dataset = required("/bigquery/dataset", sent, dataset, problems);
        let endpoint = optional(self.endpoint.map(|endpoint| endpoint.0), endpoint);
        let ServiceAccount(key) = self.service_account;
        if before.is_none() && key.is_none() && endpoint.is_none() {
            problems.add("/bigquery/serviceAccount", "is required: Google's servers need it");
        }
        let settings = ConnectorSettings::BigQuery {
            project: project?,
            dataset: dataset?,
            location: optional(self.location.map(|location| location.0), location),
            endpoint,
            grpc_endpoint: optional(self.grpc_endpoint.map(|endpoint| endpoint.0), grpc_endpoint),
        };
        Some((settings, key))
    }
}

fn optional(sent: Sent<String>, before: Option<String>) -> Option<String> {
    match sent {
        Sent::Value(text) => Some(text),
        Sent::Null => None,
        Sent::Nothing => before,
    }
}

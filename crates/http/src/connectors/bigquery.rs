//! Connectors to BigQuery as they are sent and answered.

use super::body::{Settings, required};
use crate::fields::{Fields, Problems, Sent};
use secrecy::SecretString;
use selfsame_domain::export::{
    ConnectorSettings, base_url, is_bigquery_dataset, is_bigquery_location, is_bigquery_project,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The greatest length of the names of projects and datasets, in characters.
const MAX_NAME: usize = 1_024;

/// The greatest length of the URL of an endpoint, in characters.
const MAX_URL: usize = 1_024;

/// The greatest length of a service account's key, in bytes. Google's have some 2,400.
const MAX_KEY: usize = 16_384;

/// The members of a service account's key without which it gives no tokens.
const KEY_MEMBERS: [&str; 4] = ["client_email", "private_key", "private_key_id", "project_id"];

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

/// A dataset of BigQuery to write to.
#[derive(Debug, ToSchema)]
#[schema(as = BigQueryDestinationInput, rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of a body that is read leniently")]
pub(super) struct BigQueryInput {
    /// The project of the dataset and of the jobs.
    #[schema(example = "my-project")]
    project_id: String,
    /// The dataset of exports to the schema `public`; other schemas are datasets of their names. Made if it is missing.
    #[schema(example = "marketing")]
    dataset: String,
    /// Where the dataset is made if it is missing, such as `EU`; BigQuery's own choice without.
    #[schema(example = "EU")]
    location: Option<String>,
    /// The JSON key of a service account, as Google gives it. Kept encrypted, never answered. Needed unless there is an endpoint.
    service_account: Option<ServiceAccountInput>,
    /// The base URL of another server with BigQuery's REST API, such as an emulator; Google's without.
    #[schema(example = "http://127.0.0.1:9050")]
    endpoint: Option<String>,
    /// Kept as it is; rows are loaded over REST.
    #[schema(example = "http://127.0.0.1:9060")]
    grpc_endpoint: Option<String>,
}

/// The JSON key of a service account. Members besides these are kept.
#[derive(Debug, ToSchema)]
#[schema(as = ServiceAccountInput)]
#[expect(dead_code, reason = "the schema of a body that is read leniently")]
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

fn location(fields: &Fields<'_>, known: Option<&BigQueryBody>, problems: &mut Problems) -> Option<String> {
    let known = known.and_then(|known| known.location.clone());
    let location = optional(fields, "location", known, problems);
    if location
        .as_ref()
        .is_some_and(|location| !is_bigquery_location(location))
    {
        problems.add(
            fields.pointer("location"),
            "must be a location such as EU or europe-west1",
        );
    }
    location
}

/// Reads where a connector leads. What is missing is taken from `before`.
pub(super) fn read(
    fields: &Fields<'_>,
    before: Option<&ConnectorSettings>,
    problems: &mut Problems,
) -> Option<Settings> {
    let known = before.and_then(body);
    let known = known.as_ref();
    let project = required(
        fields,
        "projectId",
        MAX_NAME,
        known.map(|known| &known.project_id),
        problems,
    );
    if project.as_ref().is_some_and(|project| !is_bigquery_project(project)) {
        problems.add(fields.pointer("projectId"), "must be the ID of a Google Cloud project");
    }
    let dataset = required(fields, "dataset", MAX_NAME, known.map(|known| &known.dataset), problems);
    if dataset.as_ref().is_some_and(|dataset| !is_bigquery_dataset(dataset)) {
        problems.add(
            fields.pointer("dataset"),
            "must have letters from A to Z, digits and underscores alone",
        );
    }
    let location = location(fields, known, problems);
    let endpoint = url(
        fields,
        "endpoint",
        known.and_then(|known| known.endpoint.clone()),
        problems,
    );
    let grpc_endpoint = url(
        fields,
        "grpcEndpoint",
        known.and_then(|known| known.grpc_endpoint.clone()),
        problems,
    );
    let key = service_account(fields, problems);
    if before.is_none() && key.is_none() && endpoint.is_none() && problems.is_empty() {
        problems.add(
            fields.pointer("serviceAccount"),
            "is missing: Google's servers require it",
        );
    }
    let settings = ConnectorSettings::BigQuery {
        project: project?,
        dataset: dataset?,
        location,
        endpoint,
        grpc_endpoint,
    };
    Some((settings, key))
}

/// A text that may be left out. `null` takes away what was there.
fn optional(fields: &Fields<'_>, name: &str, before: Option<String>, problems: &mut Problems) -> Option<String> {
    match fields.text(name, problems) {
        Sent::Value(text) => Some(text.trim().to_owned()),
        Sent::Null => None,
        Sent::Nothing => before,
    }
}

fn url(fields: &Fields<'_>, name: &str, before: Option<String>, problems: &mut Problems) -> Option<String> {
    let text = optional(fields, name, before, problems)?;
    if text.len() > MAX_URL || base_url(&text).is_none() {
        problems.add(
            fields.pointer(name),
            "must be an http or https URL without credentials, query and fragment",
        );
    }
    Some(text)
}

fn service_account(fields: &Fields<'_>, problems: &mut Problems) -> Option<SecretString> {
    let value = fields.member("serviceAccount").filter(|value| !value.is_null())?;
    let pointer = fields.pointer("serviceAccount");
    let Value::Object(members) = value else {
        problems.add(pointer, "must be the JSON key of a service account, an object");
        return None;
    };
    let has = |name: &str| {
        let text = members.get(name).and_then(Value::as_str);
        text.is_some_and(|text| !text.trim().is_empty())
    };
    for name in KEY_MEMBERS.into_iter().filter(|name| !has(name)) {
        problems.add(format!("{pointer}/{name}"), "is missing");
    }
    let text = value.to_string();
    if text.len() > MAX_KEY {
        problems.add(pointer, "is too long");
    }
    Some(SecretString::from(text))
}

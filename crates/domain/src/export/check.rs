//! What the settings of connectors and exports have to look like, besides their types.

use super::connector::{ConnectorSettings, base_url, is_bigquery_dataset, is_bigquery_location, is_bigquery_project};
use super::dataset::Dataset;
use serde_json::{Map, Value};

/// The greatest length of the name of a connector or an export, in characters.
pub const MAX_EXPORT_NAME: usize = 100;
/// The greatest length of the name of a host, in characters (RFC 1035).
pub const MAX_HOST: usize = 253;
/// The greatest length of the names of databases, users and schemas, in bytes: that of PostgreSQL.
pub const MAX_POSTGRES_NAME: usize = 63;
/// The greatest length of a password, in characters.
pub const MAX_PASSWORD: usize = 1_024;
/// The greatest length of a path, a URL, or the name of a project or dataset, in characters.
pub const MAX_PATH: usize = 1_024;
/// The greatest length of the key of a service account, in bytes. Google's have some 2,400.
pub const MAX_SERVICE_ACCOUNT: usize = 16_384;
/// The port of PostgreSQL.
pub const POSTGRES_PORT: u16 = 5_432;
/// The schema at the destination if none is named.
pub const DEFAULT_SCHEMA: &str = "public";

/// The members of the key of a service account without which it gives no tokens.
pub const SERVICE_ACCOUNT_MEMBERS: [&str; 4] = ["client_email", "private_key", "private_key_id", "project_id"];

/// Datasets of contacts, which a segment can filter.
const OF_CONTACTS: [Dataset; 4] = [
    Dataset::Contacts,
    Dataset::Identifiers,
    Dataset::Devices,
    Dataset::ContactsCustom,
];

/// What is wrong with a setting. None of these repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SettingProblem {
    /// The host is no name and no address.
    #[error("must be the name or the address of a host")]
    Host,
    /// The folder is not absolute, or leads up.
    #[error("must be an absolute path without `..`")]
    Directory,
    /// The project has no ID of Google Cloud's form.
    #[error("must be the ID of a Google Cloud project")]
    Project,
    /// The dataset has other characters than BigQuery allows.
    #[error("must have letters from A to Z, digits and underscores alone")]
    Dataset,
    /// The location has no form of BigQuery's.
    #[error("must be a location such as EU or europe-west1")]
    Location,
    /// The URL of an endpoint is none, or says more than where it is.
    #[error("must be an http or https URL without credentials, query and fragment")]
    Endpoint,
    /// The schema cannot be one, or is the system's own.
    #[error(
        "must be the name of a schema: at most {} bytes, no slashes, none of the system's own",
        MAX_POSTGRES_NAME
    )]
    Schema,
    /// A segment filters a dataset that is not of contacts.
    #[error("is possible only with the datasets contacts, identifiers, devices, contacts_custom")]
    Segment,
}

/// Whether a text can be a host.
pub fn check_host(text: &str) -> Result<(), SettingProblem> {
    let is_host = !text.contains(|c: char| c.is_whitespace() || "/@?#".contains(c));
    is_host.then_some(()).ok_or(SettingProblem::Host)
}

/// Whether a text can be the folder of a connector.
pub fn check_directory(text: &str) -> Result<(), SettingProblem> {
    let is_absolute = text.starts_with('/') && !text.split('/').any(|part| part == "..");
    is_absolute.then_some(()).ok_or(SettingProblem::Directory)
}

/// Whether a text can be the URL of an endpoint.
pub fn check_endpoint(text: &str) -> Result<(), SettingProblem> {
    let is_url = text.len() <= MAX_PATH && base_url(text).is_some();
    is_url.then_some(()).ok_or(SettingProblem::Endpoint)
}

/// Whether a text can be the schema of an export.
pub fn check_schema(text: &str) -> Result<(), SettingProblem> {
    let is_plain = text.len() <= MAX_POSTGRES_NAME && !text.contains(['/', '\\']) && !text.starts_with('.');
    let is_system = text.starts_with("pg_") || text == "information_schema";
    (is_plain && !is_system).then_some(()).ok_or(SettingProblem::Schema)
}

/// Whether a segment can filter all of these datasets.
pub fn check_filter(datasets: &[Dataset]) -> Result<(), SettingProblem> {
    let is_of_contacts = datasets.iter().all(|dataset| OF_CONTACTS.contains(dataset));
    is_of_contacts.then_some(()).ok_or(SettingProblem::Segment)
}

/// The members that the key of a service account lacks.
pub fn missing_of_service_account(key: &Map<String, Value>) -> impl Iterator<Item = &'static str> {
    let has = |name: &&str| {
        let text = key.get(*name).and_then(Value::as_str);
        text.is_some_and(|text| !text.trim().is_empty())
    };
    SERVICE_ACCOUNT_MEMBERS.into_iter().filter(move |name| !has(name))
}

impl ConnectorSettings {
    /// Checks what the types do not.
    pub fn check(&self) -> Result<(), SettingProblem> {
        match self {
            Self::Postgres { host, .. } => check_host(host),
            Self::File { directory, .. } => check_directory(directory),
            Self::BigQuery {
                project,
                dataset,
                location,
                endpoint,
                grpc_endpoint,
            } => {
                let holds = |is_so: bool, problem| is_so.then_some(()).ok_or(problem);
                holds(is_bigquery_project(project), SettingProblem::Project)?;
                holds(is_bigquery_dataset(dataset), SettingProblem::Dataset)?;
                if let Some(location) = location {
                    holds(is_bigquery_location(location), SettingProblem::Location)?;
                }
                endpoint
                    .iter()
                    .chain(grpc_endpoint)
                    .try_for_each(|url| check_endpoint(url))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_be_used_are_known() {
        assert_eq!(check_host("warehouse.example.com"), Ok(()));
        assert_eq!(check_host("user@host"), Err(SettingProblem::Host));
        assert_eq!(check_directory("/var/lib/exports"), Ok(()));
        for wrong in ["exports", "/var/../etc"] {
            assert_eq!(check_directory(wrong), Err(SettingProblem::Directory), "{wrong}");
        }
        assert_eq!(check_schema("marketing"), Ok(()));
        for wrong in ["pg_catalog", "information_schema", "..", "a/b", ".hidden"] {
            assert_eq!(check_schema(wrong), Err(SettingProblem::Schema), "{wrong}");
        }
        assert_eq!(check_filter(&[Dataset::Contacts, Dataset::Devices]), Ok(()));
        assert_eq!(
            check_filter(&[Dataset::Contacts, Dataset::Orders]),
            Err(SettingProblem::Segment)
        );
    }

    #[test]
    fn a_key_of_a_service_account_lacks_what_is_not_there_or_blank() {
        let key = serde_json::json!({"client_email": "a@b", "private_key": " ", "project_id": "p"});
        let missing: Vec<_> = missing_of_service_account(key.as_object().unwrap()).collect();
        assert_eq!(missing, ["private_key", "private_key_id"]);
    }
}

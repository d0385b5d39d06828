//! Request and response forms of connectors.

use super::bigquery::{self, BigQueryBody, BigQueryInput};
use crate::body::{FromMember, Line, Member, body, checked_line};
use crate::error::ApiError;
use crate::fields::{NOT_A_TEXT, Problems};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use selfsame_application::ports::Connector;
use selfsame_domain::export::{
    ConnectorKind, ConnectorSettings, FileFormat, MAX_HOST, MAX_PASSWORD, MAX_PATH, MAX_POSTGRES_NAME, POSTGRES_PORT,
    SslMode, check_directory, check_host,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::num::NonZeroU16;
use utoipa::ToSchema;

/// A `PostgreSQL` database, without its password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PostgresDestination)]
#[serde(rename_all = "camelCase")]
pub(super) struct PostgresBody {
    #[schema(example = "warehouse.example.com")]
    host: String,
    #[schema(example = 5432)]
    port: u16,
    #[schema(example = "marketing")]
    database: String,
    #[schema(example = "selfsame")]
    user: String,
    /// `disable`, `prefer`, `require`, `verify-ca` or `verify-full`.
    #[schema(example = "verify-full")]
    ssl_mode: &'static str,
}

/// A folder of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = FileDestination)]
pub(super) struct FileBody {
    /// Its absolute path.
    #[schema(example = "/var/lib/selfsame/exports")]
    directory: String,
    /// `csv`, `csv.gz`, `ndjson`, `ndjson.gz` or `parquet`.
    #[schema(example = "csv.gz")]
    format: &'static str,
}

/// A connector. Credentials are never answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Connector)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConnectorBody {
    #[schema(format = "uuid", example = "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44")]
    id: String,
    #[schema(example = "warehouse")]
    name: String,
    /// `postgres`, `bigquery` or `file`.
    #[schema(example = "postgres")]
    kind: &'static str,
    /// Where it leads, if it is a database.
    postgres: Option<PostgresBody>,
    /// Where it leads, if it is a dataset of BigQuery.
    bigquery: Option<BigQueryBody>,
    /// Where it leads, if it is a folder.
    file: Option<FileBody>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<&Connector> for ConnectorBody {
    fn from(connector: &Connector) -> Self {
        let (postgres, file) = match &connector.settings {
            ConnectorSettings::Postgres {
                host,
                port,
                database,
                user,
                ssl_mode,
            } => {
                let body = PostgresBody {
                    host: host.clone(),
                    port: *port,
                    database: database.clone(),
                    user: user.clone(),
                    ssl_mode: ssl_mode.as_str(),
                };
                (Some(body), None)
            }
            ConnectorSettings::File { directory, format } => {
                let body = FileBody {
                    directory: directory.clone(),
                    format: format.as_str(),
                };
                (None, Some(body))
            }
            ConnectorSettings::BigQuery { .. } => (None, None),
        };
        Self {
            id: connector.id.to_string(),
            name: connector.name.clone(),
            kind: connector.settings.kind().as_str(),
            postgres,
            bigquery: bigquery::body(&connector.settings),
            file,
            created_at: connector.created_at,
            updated_at: connector.updated_at,
        }
    }
}

/// The example of a connector in the API description.
pub(super) fn example() -> Value {
    json!({
        "id": "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44", "name": "warehouse", "kind": "postgres",
        "postgres": {"host": "warehouse.example.com", "port": 5432, "database": "marketing", "user": "selfsame", "sslMode": "verify-full"},
        "bigquery": null, "file": null, "createdAt": "2025-01-01T08:00:00Z", "updatedAt": "2025-01-01T08:00:00Z"
    })
}

body! {
    /// A `PostgreSQL` database to connect to.
    #[schema(as = PostgresDestinationInput)]
    pub(super) struct PostgresInput {
        /// Name or address, 1 to 253 characters.
        #[schema(value_type = String, example = "warehouse.example.com")]
        host: Option<Host>,
        /// 5432 without.
        #[schema(value_type = Option<u16>, example = 5432)]
        port: Option<NonZeroU16>,
        /// 1 to 63 bytes.
        #[schema(value_type = String, example = "marketing")]
        database: Option<Line<MAX_POSTGRES_NAME>>,
        /// 1 to 63 bytes.
        #[schema(value_type = String, example = "selfsame")]
        user: Option<Line<MAX_POSTGRES_NAME>>,
        /// `disable`, `prefer`, `require`, `verify-ca` or `verify-full`, as libpq has them; `prefer` without.
        #[schema(value_type = Option<String>, example = "verify-full")]
        ssl_mode: Option<SslMode>,
        /// Kept encrypted, never answered.
        #[schema(value_type = Option<String>, example = "correct horse")]
        password: Password,
    }
}

body! {
    /// A folder of the server to write to.
    #[schema(as = FileDestinationInput)]
    pub(super) struct FileInput {
        /// Its absolute path. It is made, if the one that it is in is there.
        #[schema(value_type = String, example = "/var/lib/selfsame/exports")]
        directory: Option<Directory>,
        /// `csv`, `csv.gz`, `ndjson`, `ndjson.gz` or `parquet`.
        #[schema(value_type = String, example = "csv.gz")]
        format: Option<FileFormat>,
    }
}

checked_line! {
    /// A host to connect to.
    Host, MAX_HOST, check_host
}

checked_line! {
    /// The path of a folder.
    Directory, MAX_PATH, check_directory
}

/// A password. Blanks are part of it.
#[derive(Debug)]
struct Password(Option<SecretString>);

impl FromMember for Password {
    fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
        let Some(value) = member.raw.filter(|value| !value.is_null()) else {
            return Some(Self(None));
        };
        let checked = match value.as_str() {
            None => Err(NOT_A_TEXT),
            Some("") => Err("must not be empty"),
            Some(text) if text.chars().count() > MAX_PASSWORD => Err("is too long"),
            Some(text) => Ok(Self(Some(SecretString::from(text)))),
        };
        member.check(problems, checked)
    }
}

/// The destination of a connector, and its password.
pub(super) type Settings = (ConnectorSettings, Option<SecretString>);

/// Where a connector leads, by its kind.
pub(super) struct Destination {
    pub(super) postgres: Option<PostgresInput>,
    pub(super) bigquery: Option<BigQueryInput>,
    pub(super) file: Option<FileInput>,
}

impl Destination {
    /// The settings of a connector of a kind. Missing members are taken from `before`, and are required without it. None if nothing is sent.
    pub(super) fn settings(
        self,
        kind: ConnectorKind,
        before: Option<&ConnectorSettings>,
    ) -> Result<Option<Settings>, ApiError> {
        let mut problems = Problems::default();
        let read = match kind {
            ConnectorKind::Postgres => self.postgres.map(|sent| sent.settings(before, &mut problems)),
            ConnectorKind::BigQuery => self.bigquery.map(|sent| sent.settings(before, &mut problems)),
            ConnectorKind::File => self.file.map(|sent| sent.settings(before, &mut problems)),
        };
        if read.is_none() && before.is_none() {
            problems.add(format!("/{}", kind.as_str()), "is required");
        }
        problems.finish()?;
        Ok(read.flatten())
    }
}

/// A member that has to be there. A missing one is taken from `before`.
pub(super) fn required<T>(pointer: &str, sent: Option<T>, before: Option<T>, problems: &mut Problems) -> Option<T> {
    problems.check(pointer, sent.or(before).ok_or("is required"))
}

impl PostgresInput {
    fn settings(self, before: Option<&ConnectorSettings>, problems: &mut Problems) -> Option<Settings> {
        let known = match before.cloned() {
            Some(ConnectorSettings::Postgres {
                host,
                port,
                database,
                user,
                ssl_mode,
            }) => (Some(host), Some(port), Some(database), Some(user), Some(ssl_mode)),
            _ => (None, Some(POSTGRES_PORT), None, None, Some(SslMode::default())),
        };
        let port = self.port.map(NonZeroU16::get);
        let host = required("/postgres/host", self.host.map(|host| host.0), known.0, problems);
        let database = self.database.map(|database| database.0);
        let database = required("/postgres/database", database, known.2, problems);
        let user = required("/postgres/user", self.user.map(|user| user.0), known.3, problems);
        let settings = ConnectorSettings::Postgres {
            host: host?,
            port: port.or(known.1)?,
            database: database?,
            user: user?,
            ssl_mode: self.ssl_mode.or(known.4)?,
        };
        Some((settings, self.password.0))
    }
}

impl FileInput {
    fn settings(self, before: Option<&ConnectorSettings>, problems: &mut Problems) -> Option<Settings> {
        let known = match before.cloned() {
            Some(ConnectorSettings::File { directory, format }) => (Some(directory), Some(format)),
            _ => (None, None),
        };
        let directory = self.directory.map(|directory| directory.0);
        let directory = required("/file/directory", directory, known.0, problems);
        let format = required("/file/format", self.format, known.1, problems);
        let settings = ConnectorSettings::File {
            directory: directory?,
            format: format?,
        };
        Some((settings, None))
    }
}

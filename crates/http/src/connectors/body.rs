//! Request and response forms of connectors.

use super::bigquery::{self, BigQueryBody};
use crate::fields::{Fields, Problems, Sent};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use selfsame_application::ports::Connector;
use selfsame_domain::export::{
    ConnectorKind, ConnectorSettings, FileFormat, MAX_EXPORT_NAME, MAX_HOST, MAX_PASSWORD, MAX_PATH, MAX_POSTGRES_NAME,
    POSTGRES_PORT, SslMode, check_directory, check_host,
};
use selfsame_domain::values::text;
use serde::Serialize;
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

/// A `PostgreSQL` database to connect to.
#[derive(Debug, ToSchema)]
#[schema(as = PostgresDestinationInput, rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of a body that is read leniently")]
pub(super) struct PostgresInput {
    /// Name or address, 1 to 253 characters.
    #[schema(example = "warehouse.example.com")]
    host: String,
    /// 5432 without.
    #[schema(example = 5432)]
    port: Option<u16>,
    /// 1 to 63 bytes.
    #[schema(example = "marketing")]
    database: String,
    /// 1 to 63 bytes.
    #[schema(example = "selfsame")]
    user: String,
    /// Kept encrypted, never answered.
    #[schema(example = "correct horse")]
    password: Option<String>,
    /// `disable`, `prefer`, `require`, `verify-ca` or `verify-full`, as libpq has them; `prefer` without.
    #[schema(example = "verify-full")]
    ssl_mode: Option<String>,
}

/// A folder of the server to write to.
#[derive(Debug, ToSchema)]
#[schema(as = FileDestinationInput)]
#[expect(dead_code, reason = "the schema of a body that is read leniently")]
pub(super) struct FileInput {
    /// Its absolute path. It is made, if the one that it is in is there.
    #[schema(example = "/var/lib/selfsame/exports")]
    directory: String,
    /// `csv`, `csv.gz`, `ndjson`, `ndjson.gz` or `parquet`.
    #[schema(example = "csv.gz")]
    format: String,
}

/// Reads a name.
pub(crate) fn name(fields: &Fields<'_>, problems: &mut Problems) -> Option<String> {
    match fields.text("name", problems) {
        Sent::Value(name) => problems.check(&fields.pointer("name"), text::clean(&name, MAX_EXPORT_NAME)),
        Sent::Nothing | Sent::Null => None,
    }
}

/// The destination of a connector, and its password.
pub(super) type Settings = (ConnectorSettings, Option<SecretString>);

/// Reads the destination of a connector of a kind. Missing members are taken from `before`.
pub(super) fn settings(
    kind: ConnectorKind,
    fields: &Fields<'_>,
    before: Option<&ConnectorSettings>,
    problems: &mut Problems,
) -> Option<Settings> {
    match (fields.object(kind.as_str(), problems), kind) {
        (Sent::Value(fields), ConnectorKind::Postgres) => postgres(&fields, before, problems),
        (Sent::Value(fields), ConnectorKind::BigQuery) => bigquery::read(&fields, before, problems),
        (Sent::Value(fields), ConnectorKind::File) => file(&fields, before, problems),
        (Sent::Nothing | Sent::Null, _) => {
            if before.is_none() {
                problems.add(fields.pointer(kind.as_str()), "is missing");
            }
            None
        }
    }
}

fn postgres(fields: &Fields<'_>, before: Option<&ConnectorSettings>, problems: &mut Problems) -> Option<Settings> {
    let known = match before {
        Some(ConnectorSettings::Postgres {
            host,
            port,
            database,
            user,
            ssl_mode,
        }) => Some((host, *port, database, user, *ssl_mode)),
        _ => None,
    };
    let host = required(fields, "host", MAX_HOST, known.map(|known| known.0), problems);
    if let Some(host) = &host {
        problems.check(&fields.pointer("host"), check_host(host));
    }
    let port = match fields.integer("port", problems) {
        Sent::Value(port) => {
            let port = u16::try_from(port)
                .ok()
                .filter(|port| *port > 0)
                .ok_or("must be from 1 to 65535");
            problems.check(&fields.pointer("port"), port)
        }
        Sent::Nothing | Sent::Null => Some(known.map_or(POSTGRES_PORT, |known| known.1)),
    };
    let database = required(
        fields,
        "database",
        MAX_POSTGRES_NAME,
        known.map(|known| known.2),
        problems,
    );
    let user = required(fields, "user", MAX_POSTGRES_NAME, known.map(|known| known.3), problems);
    let ssl_mode = match fields.text("sslMode", problems) {
        Sent::Value(mode) => {
            let mode =
                SslMode::from_text(&mode).ok_or("must be one of disable, prefer, require, verify-ca, verify-full");
            problems.check(&fields.pointer("sslMode"), mode)
        }
        Sent::Nothing | Sent::Null => Some(known.map_or(SslMode::default(), |known| known.4)),
    };
    let password = password(fields, problems);
    let settings = ConnectorSettings::Postgres {
        host: host?,
        port: port?,
        database: database?,
        user: user?,
        ssl_mode: ssl_mode?,
    };
    Some((settings, password))
}

/// Reads a password without trimming: blanks are part of it.
fn password(fields: &Fields<'_>, problems: &mut Problems) -> Option<SecretString> {
    let value = fields.member("password").filter(|value| !value.is_null())?;
    let checked = match value.as_str() {
        None => Err("must be a text"),
        Some("") => Err("must not be empty"),
        Some(text) if text.chars().count() > MAX_PASSWORD => Err("is too long"),
        Some(text) => Ok(SecretString::from(text.to_owned())),
    };
    problems.check(&fields.pointer("password"), checked)
}

fn file(fields: &Fields<'_>, before: Option<&ConnectorSettings>, problems: &mut Problems) -> Option<Settings> {
    let known = match before {
        Some(ConnectorSettings::File { directory, format }) => Some((directory, *format)),
        _ => None,
    };
    let directory = required(fields, "directory", MAX_PATH, known.map(|known| known.0), problems);
    if let Some(directory) = &directory {
        problems.check(&fields.pointer("directory"), check_directory(directory));
    }
    let format = match (fields.text("format", problems), known) {
        (Sent::Value(format), _) => {
            let format = FileFormat::from_text(&format).ok_or("must be one of csv, csv.gz, ndjson, ndjson.gz, parquet");
            problems.check(&fields.pointer("format"), format)
        }
        (Sent::Nothing | Sent::Null, Some((_, format))) => Some(format),
        (Sent::Nothing | Sent::Null, None) => {
            problems.add(fields.pointer("format"), "is missing");
            None
        }
    };
    let settings = ConnectorSettings::File {
        directory: directory?,
        format: format?,
    };
    Some((settings, None))
}

/// Reads a text that has to be there. What is missing is taken from `before`.
pub(super) fn required(
    fields: &Fields<'_>,
    name: &str,
    max: usize,
    before: Option<&String>,
    problems: &mut Problems,
) -> Option<String> {
    match (fields.text(name, problems), before) {
        (Sent::Value(value), _) => problems.check(&fields.pointer(name), text::clean(&value, max)),
        (Sent::Nothing | Sent::Null, Some(before)) => Some(before.clone()),
        (Sent::Nothing | Sent::Null, None) => {
            problems.add(fields.pointer(name), "is missing");
            None
        }
    }
}

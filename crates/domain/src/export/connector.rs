//! Where an export goes to.

use serde::{Deserialize, Serialize};

/// The kinds of destinations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConnectorKind {
    /// A PostgreSQL database.
    Postgres,
    /// A dataset of BigQuery.
    BigQuery,
    /// A folder of the server.
    File,
}

impl ConnectorKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Postgres, Self::BigQuery, Self::File];

    /// The stable text of the kind, as stored and as written in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::BigQuery => "bigquery",
            Self::File => "file",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether rows at the destination can be compared with the workspace. Files cannot: every run writes them anew, which mends them too.
    pub fn is_compared(self) -> bool {
        self != Self::File
    }
}

/// How a connection to PostgreSQL is protected: the modes of libpq.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SslMode {
    /// Without TLS.
    Disable,
    /// With TLS where the server offers it.
    #[default]
    Prefer,
    /// With TLS; the certificate of the server is not checked.
    Require,
    /// With TLS, and a certificate of a known authority.
    VerifyCa,
    /// With TLS, and a certificate of a known authority for the host.
    VerifyFull,
}

impl SslMode {
    /// Every mode.
    pub const ALL: [Self; 5] = [
        Self::Disable,
        Self::Prefer,
        Self::Require,
        Self::VerifyCa,
        Self::VerifyFull,
    ];

    /// The text of the mode, as libpq writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }
}

/// The form of exported files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileFormat {
    /// Comma-separated values with a line of names (RFC 4180).
    #[serde(rename = "csv")]
    Csv,
    /// The same, compressed by gzip.
    #[serde(rename = "csv.gz")]
    CsvGz,
    /// A JSON object a line.
    #[serde(rename = "ndjson")]
    Ndjson,
    /// The same, compressed by gzip.
    #[serde(rename = "ndjson.gz")]
    NdjsonGz,
    /// Apache Parquet, compressed by Snappy.
    #[serde(rename = "parquet")]
    Parquet,
}

impl FileFormat {
    /// Every form.
    pub const ALL: [Self; 5] = [Self::Csv, Self::CsvGz, Self::Ndjson, Self::NdjsonGz, Self::Parquet];

    /// The text of the form: the ending of its files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::CsvGz => "csv.gz",
            Self::Ndjson => "ndjson",
            Self::NdjsonGz => "ndjson.gz",
            Self::Parquet => "parquet",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.as_str() == text)
    }
}

/// A destination without its credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ConnectorSettings {
    /// A PostgreSQL database.
    Postgres {
        /// The name or address of its server.
        host: String,
        /// Its port.
        port: u16,
        /// The name of the database.
        database: String,
        /// Who connects.
        user: String,
        /// How the connection is protected.
        ssl_mode: SslMode,
    },
    /// A dataset of BigQuery.
    #[serde(rename = "bigquery")]
    BigQuery {
        /// The project that pays for the jobs and has the dataset.
        project: String,
        /// The dataset of the tables.
        dataset: String,
        /// Where a dataset that is missing is made; none for BigQuery's own choice.
        location: Option<String>,
        /// The base URL of another server with the same REST API, such as an emulator; none for Google's.
        endpoint: Option<String>,
        /// The same for gRPC. Kept for clients that send it; rows are loaded over REST.
        grpc_endpoint: Option<String>,
    },
    /// A folder of the server.
    File {
        /// Its path, absolute.
        directory: String,
        /// The form of the files.
        format: FileFormat,
    },
}

impl ConnectorSettings {
    /// The kind of destination.
    pub fn kind(&self) -> ConnectorKind {
        match self {
            Self::Postgres { .. } => ConnectorKind::Postgres,
            Self::BigQuery { .. } => ConnectorKind::BigQuery,
            Self::File { .. } => ConnectorKind::File,
        }
    }
}

/// Whether a text can be the ID of a Google Cloud project: lower-case letters, digits and hyphens, with the domain of an organisation
/// before a colon in old ones.
pub fn is_bigquery_project(text: &str) -> bool {
    let (domain, id) = text.split_once(':').unwrap_or(("", text));
    let is_plain = |text: &str, others: &str| {
        text.chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || others.contains(c))
    };
    let is_id = (4..=30).contains(&id.len()) && is_plain(id, "-");
    is_id && domain.len() <= 100 && is_plain(domain, "-.")
}

/// Whether a text can be the name of a dataset of BigQuery: letters of ASCII, digits and underscores, at most 1,024.
pub fn is_bigquery_dataset(text: &str) -> bool {
    (1..=1_024).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether a text can be the location of a dataset of BigQuery, such as `EU` or `europe-west1`.
pub fn is_bigquery_location(text: &str) -> bool {
    (1..=50).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// The host and the port of the base URL of a server: `http` or `https`, without credentials, query and fragment. None for any other text.
pub fn base_url(text: &str) -> Option<(String, u16)> {
    let url = url::Url::parse(text).ok()?;
    let is_bare =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    if !is_bare || !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    Some((url.host_str()?.to_owned(), url.port_or_known_default()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_bigquery_are_checked() {
        for (text, is_taken) in [
            ("my-project-1", true),
            ("example.com:shop", true),
            ("My-Project", false),
            ("a`b-c", false),
            ("abc", false),
        ] {
            assert_eq!(is_bigquery_project(text), is_taken, "{text}");
        }
        for (text, is_taken) in [
            ("crm_2", true),
            ("", false),
            ("a-b", false),
            ("a.b", false),
            ("é", false),
        ] {
            assert_eq!(is_bigquery_dataset(text), is_taken, "{text}");
        }
    }

    #[test]
    fn a_base_url_has_a_host_and_nothing_secret() {
        let place = |host: &str, port| Some((host.to_owned(), port));
        assert_eq!(base_url("http://127.0.0.1:9050"), place("127.0.0.1", 9_050));
        assert_eq!(base_url("https://bq.example.com/base"), place("bq.example.com", 443));
        for text in [
            "bq.example.com",
            "ftp://a",
            "http://u:p@a",
            "http://a?b",
            "http://a#b",
            "file:///etc",
        ] {
            assert_eq!(base_url(text), None, "{text}");
        }
    }
}

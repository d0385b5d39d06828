//! Where an export goes to.

use serde::{Deserialize, Serialize};

/// The kinds of destinations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConnectorKind {
    /// A PostgreSQL database.
    Postgres,
    /// A folder of the server.
    File,
}

impl ConnectorKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Postgres, Self::File];

    /// The stable text of the kind, as stored and as written in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::File => "file",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
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
}

impl FileFormat {
    /// Every form.
    pub const ALL: [Self; 4] = [Self::Csv, Self::CsvGz, Self::Ndjson, Self::NdjsonGz];

    /// The text of the form: the ending of its files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::CsvGz => "csv.gz",
            Self::Ndjson => "ndjson",
            Self::NdjsonGz => "ndjson.gz",
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
            Self::File { .. } => ConnectorKind::File,
        }
    }
}

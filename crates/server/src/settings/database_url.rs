//! The URL of the database, and its form without the password.

use super::postgres_options::{self, BadOption};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::fmt;
use url::Url;

/// The replacement of a password.
const HIDDEN: &str = "***";

/// The URL of the database; its scheme chooses the storage adapter. `Debug`, `Display` and `Serialize` hide the password.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum DatabaseUrl {
    /// A file, `sqlite:PATH` or `sqlite://PATH`: the URL, which has no password.
    Sqlite(String),
    /// A server, `postgres://…`.
    Postgres {
        /// The URL as it was set.
        full: SecretString,
        /// The same without its password.
        shown: String,
    },
}

/// The reason why a text is no URL of a database. No variant quotes the text: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadDatabaseUrl {
    #[error("must be sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE")]
    Scheme,
    #[error("names no file: write sqlite:PATH")]
    NoPath,
    #[error("names no host: write postgres://USER:PASSWORD@HOST/DATABASE")]
    NoHost,
    #[error("names no database: write postgres://USER:PASSWORD@HOST/DATABASE")]
    NoDatabase,
    #[error("takes no options after a question mark: SQLite is set up by Selfsame")]
    SqliteOptions,
    #[error("is not a URL: {0}")]
    Url(#[from] url::ParseError),
    #[error(transparent)]
    Option(#[from] BadOption),
}

impl DatabaseUrl {
    /// The name of the database engine.
    pub(crate) fn engine(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres { .. } => "PostgreSQL",
        }
    }

    fn sqlite(path: &str, text: &str) -> Result<Self, BadDatabaseUrl> {
        if path.contains('?') {
            return Err(BadDatabaseUrl::SqliteOptions);
        }
        if path.is_empty() || path.ends_with('/') || path == ":memory:" {
            return Err(BadDatabaseUrl::NoPath);
        }
        Ok(Self::Sqlite(text.to_owned()))
    }

    fn postgres(text: String) -> Result<Self, BadDatabaseUrl> {
        let url = Url::parse(&text)?;
        postgres_options::check(&url)?;
        // The query may have a socket's directory instead: postgres:///selfsame?host=/run/postgresql.
        let host = url.host_str().is_some_and(|host| !host.is_empty());
        if !host && !url.query_pairs().any(|(key, _)| key == "host") {
            return Err(BadDatabaseUrl::NoHost);
        }
        if url.path().trim_matches('/').is_empty() && !url.query_pairs().any(|(key, _)| key == "dbname") {
            return Err(BadDatabaseUrl::NoDatabase);
        }
        Ok(Self::Postgres {
            shown: without_password(url),
            full: text.into(),
        })
    }

    /// The URL with its password, for the adapter.
    pub(crate) fn expose(&self) -> &str {
        match self {
            Self::Sqlite(url) => url,
            Self::Postgres { full, .. } => full.expose_secret(),
        }
    }
}

/// The URL without its password and without values of options that may hold a secret.
fn without_password(mut url: Url) -> String {
    if url.password().is_some() {
        // Fails only for URLs that cannot have a password.
        let _ = url.set_password(Some(HIDDEN));
    }
    if url.fragment().is_some() {
        // The fragment has no meaning. It may be the rest of a password with a number sign in it.
        url.set_fragment(Some(HIDDEN));
    }
    if url.query_pairs().any(|(key, _)| !postgres_options::is_harmless(&key)) {
        let pairs: Vec<_> = url.query_pairs().into_owned().collect();
        let mut query = url.query_pairs_mut();
        query.clear();
        for (key, value) in &pairs {
            let shown = postgres_options::is_harmless(key);
            query.append_pair(key, if shown { value } else { HIDDEN });
        }
    }
    url.into()
}

impl Default for DatabaseUrl {
    fn default() -> Self {
        Self::Sqlite("sqlite://./data/selfsame.db".to_owned())
    }
}

impl TryFrom<String> for DatabaseUrl {
    type Error = BadDatabaseUrl;

    fn try_from(text: String) -> Result<Self, BadDatabaseUrl> {
        let (scheme, rest) = text.split_once(':').ok_or(BadDatabaseUrl::Scheme)?;
        match scheme {
            "sqlite" => Self::sqlite(rest.strip_prefix("//").unwrap_or(rest), &text),
            "postgres" | "postgresql" if rest.starts_with("//") => Self::postgres(text),
            _ => Err(BadDatabaseUrl::Scheme),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(shown) | Self::Postgres { shown, .. } => f.write_str(shown),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

impl Serialize for DatabaseUrl {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<DatabaseUrl, BadDatabaseUrl> {
        DatabaseUrl::try_from(text.to_owned())
    }

    #[test]
    fn a_file_is_named_with_or_without_slashes() {
        for text in [
            "sqlite:data/a.db",
            "sqlite://data/a.db",
            "sqlite:///srv/a b.db",
            "sqlite:/srv/a.db",
        ] {
            let url = parse(text).unwrap();
            assert_eq!((url.expose(), url.to_string().as_str()), (text, text));
        }
        assert_eq!(parse("sqlite:").unwrap_err(), BadDatabaseUrl::NoPath);
        assert_eq!(parse("sqlite::memory:").unwrap_err(), BadDatabaseUrl::NoPath);
        assert_eq!(parse("sqlite:///srv/").unwrap_err(), BadDatabaseUrl::NoPath);
        assert_eq!(parse("sqlite:a.db?mode=ro").unwrap_err(), BadDatabaseUrl::SqliteOptions);
    }

    #[test]
    fn a_password_is_hidden_wherever_it_stands() {
        let url = parse("postgres://app:hunter2@db:5432/selfsame?sslmode=require&password=hunter2").unwrap();
        assert_eq!(
            url.expose(),
            "postgres://app:hunter2@db:5432/selfsame?sslmode=require&password=hunter2"
        );
        for shown in [
            url.to_string(),
            format!("{url:?}"),
            serde_json::to_string(&url).unwrap(),
        ] {
            assert!(shown.contains("app") && shown.contains("sslmode=require"), "{shown}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
        let url = "postgres://app@db/selfsame?sslkey=hunter2&options=-c%20a.b%3Dhunter2&options[a.c]=hunter2&user=ann#hunter2";
        let shown = parse(url).unwrap().to_string();
        assert!(shown.contains("user=ann") && !shown.contains("hunter2"), "{shown}");
        assert_eq!(shown.matches(HIDDEN).count(), 4, "{shown}");
        // The value of an unknown option is hidden, too.
        let unknown = Url::parse("postgres://app@db/selfsame?passwd=hunter2").unwrap();
        assert!(!without_password(unknown).contains("hunter2"));
    }

    #[test]
    fn a_server_needs_a_host_and_a_database() {
        assert_eq!(parse("postgres:///selfsame").unwrap_err(), BadDatabaseUrl::NoHost);
        assert_eq!(parse("postgres://db").unwrap_err(), BadDatabaseUrl::NoDatabase);
        assert!(parse("postgresql:///selfsame?host=/run/postgresql").is_ok());
        assert!(matches!(
            parse("postgres://db:port/selfsame"),
            Err(BadDatabaseUrl::Url(_))
        ));
    }

    #[test]
    fn an_error_never_quotes_the_text() {
        for text in [
            "hunter2",
            "mysql://a:hunter2@b/c",
            "postgres:hunter2",
            "postgres://a:hunter2@b:hunter2/c",
            "postgres://a@b/c?sslpassword=hunter2",
            "postgres://a@b/c?sslmode=hunter2",
            "postgres://a:1?hunter2@b/c",
        ] {
            assert!(!parse(text).unwrap_err().to_string().contains("hunter2"), "{text}");
        }
    }
}

//! The query parameters of a `postgres://` URL.
//!
//! The driver ignores an unknown parameter, and logs a warning with its value: the log could contain a secret, and after
//! a misspelt `sslmode` the server would not verify the database's certificate. So unknown parameters are refused before.

use std::collections::BTreeSet;
use std::net::IpAddr;
use url::Url;

/// The modes of `sslmode`, which the driver reads in any case.
const SSL_MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/// The parameters that the driver knows (sqlx 0.9, `PgConnectOptions::parse_from_url`); `options[NAME]` comes on top.
const KNOWN: [(&str, Kind); 18] = [
    ("application_name", Kind::Plain),
    ("dbname", Kind::Plain),
    ("host", Kind::Plain),
    ("hostaddr", Kind::Address),
    ("options", Kind::Secret),
    ("password", Kind::Secret),
    ("port", Kind::Port),
    ("ssl-ca", Kind::Plain),
    ("ssl-cert", Kind::Plain),
    ("ssl-key", Kind::Secret),
    ("ssl-mode", Kind::SslMode),
    ("ssl-root-cert", Kind::Plain),
    ("sslcert", Kind::Plain),
    ("sslkey", Kind::Secret),
    ("sslmode", Kind::SslMode),
    ("sslrootcert", Kind::Plain),
    ("statement-cache-capacity", Kind::Count),
    ("user", Kind::Plain),
];

/// The kind of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A text that may be shown.
    Plain,
    /// A text that is a secret, or may hold one: the URL itself can contain a key.
    Secret,
    Port,
    Count,
    Address,
    SslMode,
}

/// The reason why a parameter is refused. No variant contains its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadOption {
    #[error("has the unknown option `{0}`; there are {known}", known = names())]
    Unknown(String),
    #[error("has an option without a proper name; in a password a question mark is written %3F")]
    NoName,
    #[error("has an option `{0}` that is none of {modes}", modes = SSL_MODES.join(", "))]
    SslMode(String),
    #[error("has an option `{name}` that is not {expected}")]
    Value { name: String, expected: &'static str },
    #[error("has the option `{0}` twice")]
    Twice(String),
}

/// The names of all parameters, without their aliases.
fn names() -> String {
    let all = KNOWN.iter().map(|(name, _)| *name);
    let names: Vec<&str> = all.filter(|name| !name.starts_with("ssl-")).collect();
    names.join(", ")
}

fn kind(name: &str) -> Option<Kind> {
    let inner = name.strip_prefix("options[").and_then(|rest| rest.strip_suffix(']'));
    if inner.is_some_and(|inner| !inner.is_empty()) {
        return Some(Kind::Secret);
    }
    let found = KNOWN.iter().find(|(known, _)| *known == name);
    found.map(|(_, kind)| *kind)
}

/// Whether the value of a parameter may be shown.
pub(super) fn is_harmless(name: &str) -> bool {
    kind(name).is_some_and(|kind| kind != Kind::Secret)
}

/// Checks all parameters of a URL.
pub(super) fn check(url: &Url) -> Result<(), BadOption> {
    let mut seen = BTreeSet::new();
    url.query_pairs().try_for_each(|(name, value)| {
        check_one(&name, &value)?;
        // The driver takes the last of several values, and joins all `options`.
        if name == "options" || seen.insert(first_name(&name)) {
            Ok(())
        } else {
            Err(BadOption::Twice(name.into_owned()))
        }
    })
}

/// The first of a parameter's names.
fn first_name(name: &str) -> String {
    match name {
        "ssl-ca" => "sslrootcert".to_owned(),
        ssl if ssl.starts_with("ssl-") => ssl.replace('-', ""),
        other => other.to_owned(),
    }
}

fn check_one(name: &str, value: &str) -> Result<(), BadOption> {
    let wrong = |expected| BadOption::Value {
        name: name.to_owned(),
        expected,
    };
    match kind(name) {
        None if is_name(name) => Err(BadOption::Unknown(name.to_owned())),
        None => Err(BadOption::NoName),
        Some(Kind::Plain | Kind::Secret) => Ok(()),
        Some(Kind::Port) => value.parse::<u16>().map(drop).map_err(|_| wrong("a port")),
        Some(Kind::Count) => value.parse::<usize>().map(drop).map_err(|_| wrong("a whole number")),
        Some(Kind::Address) => value.parse::<IpAddr>().map(drop).map_err(|_| wrong("an IP address")),
        Some(Kind::SslMode) if SSL_MODES.contains(&value.to_ascii_lowercase().as_str()) => Ok(()),
        Some(Kind::SslMode) => Err(BadOption::SslMode(name.to_owned())),
    }
}

/// Whether a text can be a name. Other texts are not repeated: they may be the rest of a password with a question mark in it.
fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte);
    (1..=40).contains(&text.len()) && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::postgres::PgConnectOptions;
    use std::io::{self, Write};
    use std::str::FromStr;
    use std::sync::{Arc, Mutex};
    use tracing_subscriber::fmt;

    /// The captured log.
    #[derive(Debug, Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The driver's warnings about a URL with a parameter.
    fn complaint(name: &str, value: &str) -> String {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = fmt().with_writer(move || writer.clone()).finish();
        let url = format!("postgres://u@h/a?{name}={value}");
        let read = tracing::subscriber::with_default(subscriber, || PgConnectOptions::from_str(&url).map(drop));
        let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        read.err().map_or(logged, |error| error.to_string())
    }

    #[test]
    fn the_driver_knows_what_is_taken() {
        let sample = |kind| match kind {
            Kind::Plain | Kind::Secret => "text",
            Kind::Port | Kind::Count => "5432",
            Kind::Address => "127.0.0.1",
            Kind::SslMode => "verify-full",
        };
        for (name, kind) in KNOWN {
            assert_eq!(complaint(name, sample(kind)), "", "{name}");
            assert_eq!(check_one(name, sample(kind)), Ok(()));
        }
        assert_eq!(complaint("options[geqo]", "off"), "");
        for mode in SSL_MODES {
            assert_eq!(complaint("sslmode", mode), "", "{mode}");
        }
        // Shows that the driver warns at all, so that no warning is a proof.
        assert!(complaint("sslmod", "verify-full").contains("unrecognized"));
    }

    #[test]
    fn an_option_that_the_driver_refuses_is_reported_without_its_value() {
        let error_of = |query: &str| {
            let url = Url::parse(&format!("postgres://u@h/a?{query}")).unwrap();
            check(&url).unwrap_err().to_string()
        };
        for (query, expected) in [
            (
                "sslmode=require&sslpassword=hunter2",
                "has the unknown option `sslpassword`; there are application_name,",
            ),
            ("sslmod=hunter2", "has the unknown option `sslmod`;"),
            ("options[=hunter2", "has the unknown option `options[`;"),
            ("hunter2@db/selfsame", "has an option without a proper name;"),
            ("=hunter2", "has an option without a proper name;"),
            ("a%0Ab=hunter2", "has an option without a proper name;"),
            (
                "ssl-mode=hunter2",
                "has an option `ssl-mode` that is none of disable, allow, prefer, require, verify-ca, verify-full",
            ),
            ("port=hunter2", "has an option `port` that is not a port"),
            ("hostaddr=hunter2", "has an option `hostaddr` that is not an IP address"),
            ("statement-cache-capacity=hunter2", "that is not a whole number"),
            (
                "sslmode=verify-full&ssl-mode=disable",
                "has the option `ssl-mode` twice",
            ),
            (
                "ssl-ca=a&options=hunter2&options=b&sslrootcert=hunter2",
                "has the option `sslrootcert` twice",
            ),
            ("options[a]=hunter2&options[a]=b", "has the option `options[a]` twice"),
        ] {
            let error = error_of(query);
            assert!(error.contains(expected), "{query}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}

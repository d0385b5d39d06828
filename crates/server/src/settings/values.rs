//! The settings with their defaults.

use super::database_url::DatabaseUrl;
use super::listen::Listen;
use super::log_level;
use clap::ValueEnum;
use secrecy::SecretString;
use selfsame_application::{KeySecret, LaneOptions};
use selfsame_domain::values::SiteOrigin;
use selfsame_http::{HttpSettings, RateLimit};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

/// The replacement of a secret.
const HIDDEN: &str = "***";

/// The most bytes of the secret that the OpenID Connect provider gives out.
const LONGEST_CLIENT_SECRET: usize = 1_024;

/// All settings. The names of the fields are the names in the file; `SELFSAME_` and the name in upper case is the
/// environment variable. The help of the flags in `flags.rs` describes each setting.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) listen: Listen,
    /// None for the same address as the API.
    pub(crate) admin_listen: Option<Listen>,
    /// Where people reach the console; none for the address that is listened on.
    #[serde(deserialize_with = "origin")]
    pub(crate) public_url: Option<SiteOrigin>,
    pub(crate) database_url: DatabaseUrl,
    /// None for the adapter's default.
    #[serde(deserialize_with = "some_at_least_one")]
    pub(crate) database_max_connections: Option<u32>,
    pub(crate) log_format: LogFormat,
    #[serde(deserialize_with = "log_filter")]
    pub(crate) log_level: String,
    #[serde(with = "duration")]
    pub(crate) request_timeout: Duration,
    /// Zero for no delay.
    #[serde(with = "duration::or_nothing")]
    pub(crate) drain_delay: Duration,
    #[serde(with = "duration")]
    pub(crate) drain_timeout: Duration,
    #[serde(deserialize_with = "at_least_one")]
    pub(crate) body_limit_bytes: usize,
    #[serde(deserialize_with = "at_least_one")]
    pub(crate) body_memory_bytes: usize,
    #[serde(deserialize_with = "at_least_one")]
    pub(crate) import_limit_bytes: u64,
    /// 0 for no limit.
    pub(crate) rate_limit_per_second: u32,
    /// 0 for as many as in a second.
    pub(crate) rate_limit_burst: u32,
    #[serde(deserialize_with = "at_least_one")]
    pub(crate) batch_commands: usize,
    #[serde(deserialize_with = "at_least_one")]
    pub(crate) batch_bytes: usize,
    #[serde(deserialize_with = "at_least_one")]
    pub(crate) queue_depth: usize,
    pub(crate) organisation: Option<String>,
    pub(crate) account_email: Option<String>,
    /// Whether connectors and links to files may lead to private networks, the server itself included.
    pub(crate) allow_private_networks: bool,
    /// The folder below which exports write files; none for any folder.
    pub(crate) export_directory: Option<PathBuf>,
    /// The OpenID Connect provider by which people may sign in; none for passwords alone.
    pub(crate) oidc_issuer: Option<String>,
    pub(crate) oidc_client_id: Option<String>,
    pub(crate) oidc_label: String,
    /// None for a public client.
    #[serde(deserialize_with = "client_secret", serialize_with = "hidden_text")]
    pub(crate) oidc_client_secret: Option<SecretString>,
    #[serde(deserialize_with = "secret", serialize_with = "hidden")]
    pub(crate) bootstrap_api_key: Option<KeySecret>,
    /// What credentials of connectors and second factors are encrypted with.
    #[serde(deserialize_with = "secret", serialize_with = "hidden")]
    pub(crate) secret_key: Option<KeySecret>,
}

/// The form of the logs: lines for people, or an object a line for collectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Text,
    Json,
}

impl Default for Settings {
    fn default() -> Self {
        let lane = LaneOptions::default();
        let http = HttpSettings::default();
        let rate = http
            .rate_limit
            .map_or((0, 0), |limit| (limit.per_second.get(), limit.burst.get()));
        Self {
            listen: Listen::default(),
            admin_listen: None,
            public_url: None,
            database_url: DatabaseUrl::default(),
            database_max_connections: None,
            log_format: LogFormat::Text,
            log_level: "info".to_owned(),
            request_timeout: http.request_timeout,
            drain_delay: Duration::from_secs(5),
            drain_timeout: Duration::from_secs(30),
            body_limit_bytes: http.body_limit,
            body_memory_bytes: http.body_memory,
            import_limit_bytes: http.import_limit,
            rate_limit_per_second: rate.0,
            rate_limit_burst: rate.1,
            batch_commands: lane.batch_commands,
            batch_bytes: lane.batch_bytes,
            queue_depth: lane.depth,
            organisation: None,
            account_email: None,
            allow_private_networks: false,
            export_directory: None,
            oidc_issuer: None,
            oidc_client_id: None,
            oidc_label: "SSO".to_owned(),
            oidc_client_secret: None,
            bootstrap_api_key: None,
            secret_key: None,
        }
    }
}

impl Settings {
    /// The settings of the write lane.
    pub(crate) fn lane(&self) -> LaneOptions {
        LaneOptions {
            batch_commands: self.batch_commands,
            batch_bytes: self.batch_bytes,
            depth: self.queue_depth,
        }
    }

    /// The settings of the HTTP front end.
    pub(crate) fn http(&self) -> HttpSettings {
        HttpSettings {
            body_limit: self.body_limit_bytes,
            body_memory: self.body_memory_bytes,
            import_limit: self.import_limit_bytes,
            request_timeout: self.request_timeout,
            rate_limit: self.rate_limit(),
            organisation: self.organisation.clone(),
            account_email: self.account_email.clone(),
            ..HttpSettings::default()
        }
    }

    fn rate_limit(&self) -> Option<RateLimit> {
        let per_second = NonZeroU32::new(self.rate_limit_per_second)?;
        Some(RateLimit {
            per_second,
            burst: NonZeroU32::new(self.rate_limit_burst).unwrap_or(per_second),
        })
    }
}

fn at_least_one<'de, D: Deserializer<'de>, T: TryFrom<i64>>(deserializer: D) -> Result<T, D::Error> {
    let number = i64::deserialize(deserializer)?;
    if number < 1 {
        return Err(D::Error::custom("must be at least 1"));
    }
    T::try_from(number).map_err(|_| D::Error::custom("is too large"))
}

fn some_at_least_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    at_least_one(deserializer).map(Some)
}

fn log_filter<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let expected =
        "must be a level (off, error, warn, info, debug, trace), or a list with target=level such as info,sqlx=debug";
    log_level::parse(&text).ok_or_else(|| D::Error::custom(expected))
}

fn origin<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SiteOrigin>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let expected = "must be an address without a path, such as https://crm.example";
    SiteOrigin::parse(&text)
        .map(Some)
        .map_err(|_| D::Error::custom(expected))
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<KeySecret>, D::Error> {
    let text = String::deserialize(deserializer)?;
    KeySecret::parse(&text).map(Some).map_err(D::Error::custom)
}

#[allow(clippy::ref_option, reason = "serde passes a reference to the field")]
fn hidden<S: Serializer>(secret: &Option<KeySecret>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(|_| HIDDEN).serialize(serializer)
}

fn client_secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() || text.len() > LONGEST_CLIENT_SECRET {
        return Err(D::Error::custom("must have 1 to 1024 bytes"));
    }
    Ok(Some(text.into()))
}

#[allow(clippy::ref_option, reason = "serde passes a reference to the field")]
fn hidden_text<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(|_| HIDDEN).serialize(serializer)
}

mod duration {
    //! Durations as people write them: `30s`, `1m 30s`.

    use serde::de::{Error, Visitor};
    use serde::{Deserializer, Serializer};
    use std::fmt;
    use std::time::Duration;

    struct Text {
        nothing: bool,
    }

    impl Visitor<'_> for Text {
        type Value = Duration;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a duration with a unit, for example 30s or 2m")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
            match humantime::parse_duration(text) {
                Ok(duration) if self.nothing || !duration.is_zero() => Ok(duration),
                Ok(_) => Err(E::custom("must be longer than nothing")),
                Err(_) => Err(E::invalid_value(serde::de::Unexpected::Other("a text"), &self)),
            }
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        deserializer.deserialize_str(Text { nothing: false })
    }

    pub(crate) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&humantime::format_duration(*duration))
    }

    pub(super) mod or_nothing {
        //! The same, and `0s`.

        pub(crate) use super::serialize;
        use super::{Deserializer, Duration, Text};

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
            deserializer.deserialize_str(Text { nothing: true })
        }
    }
}

//! Loading the settings: flags over environment over file over defaults.

use super::values::Settings;
use anyhow::{Context, Result, bail};
use figment::error::Kind;
use figment::providers::{Env, Format, Serialized, Toml};
use figment::value::{Dict, Map};
use figment::{Figment, Metadata, Profile, Provider, Source};
use serde::Serialize;
use std::fs;
use std::path::Path;

/// The prefix of the environment variables.
const PREFIX: &str = "SELFSAME_";

/// The name of the flags as a source of figment.
const FLAGS: &str = "flags";
/// Settings from the environment or the file only, because all users of the machine see command lines.
pub(super) const SECRETS: [&str; 3] = ["oidc_client_secret", "bootstrap_api_key", "secret_key"];

/// Variables of single flags, without prefix; they are no settings.
const OF_FLAGS: [&str; 3] = ["config", "url", "api_key"];

/// The settings, with the source of each.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) settings: Settings,
    sources: Figment,
}

impl Loaded {
    /// The source of a setting, as a text for people.
    pub(crate) fn origin(&self, name: &str) -> String {
        self.sources
            .find_metadata(name)
            .map_or_else(|| "default".to_owned(), |source| origin(source, name))
    }
}

/// Loads the settings. Every error names the wrong setting and its source, in one line, and quotes no
/// value: a value in the wrong place may be a password.
pub(crate) fn load(flags: &impl Serialize, config: Option<&Path>) -> Result<Loaded> {
    let mut sources = Figment::new();
    if let Some(path) = config {
        // figment treats an unreadable file like an empty one.
        fs::read_to_string(path).with_context(|| format!("cannot read the settings file {}", path.display()))?;
        sources = sources.merge(Toml::file_exact(path));
    }
    let taken = |name: &str| !is_injected(name) && !OF_FLAGS.contains(&name) && !SECRETS.contains(&name);
    sources = sources.merge(Env::prefixed(PREFIX).filter(move |name| taken(&name.as_str().to_lowercase())));
    for name in SECRETS {
        if let Some(secret) = Env::var(&variable(name)) {
            // Bypasses figment's parsing of values, which would read a secret of digits as a number.
            sources = sources.merge(Secret(name, secret));
        }
    }
    sources = sources.merge(Flags(flags));
    match sources.extract() {
        Ok(settings) => Ok(Loaded { settings, sources }),
        Err(error) => bail!(
            error
                .into_iter()
                .map(|error| explain(&error))
                .collect::<Vec<_>>()
                .join("; ")
        ),
    }
}

/// Kubernetes sets these variables for a service called `selfsame`; they are no settings.
fn is_injected(name: &str) -> bool {
    name == "port" || name.starts_with("port_") || name.starts_with("service_")
}

/// The environment variable of a setting.
fn variable(name: &str) -> String {
    format!("{PREFIX}{}", name.to_uppercase())
}

fn explain(error: &figment::Error) -> String {
    let name = error.path.join(".");
    let whence = error.metadata.as_ref().map(|source| origin(source, &name));
    let at = whence
        .as_ref()
        .map_or_else(String::new, |whence| format!(" ({whence})"));
    match &error.kind {
        Kind::UnknownField(unknown, known) => {
            let whence = error.metadata.as_ref().map(|source| origin(source, unknown));
            let at = whence.map_or_else(String::new, |whence| format!(" ({whence})"));
            format!("unknown setting `{unknown}`{at}; there are {}", known.join(", "))
        }
        // The TOML parser quotes the line, which may hold a password; only its first line, with the place, is used.
        Kind::Message(text) if name.is_empty() => {
            let place = text
                .lines()
                .next()
                .unwrap_or_default()
                .trim_start_matches("TOML parse error")
                .trim();
            format!(
                "the settings {} is not valid TOML: {place}",
                whence.as_deref().unwrap_or("file")
            )
        }
        Kind::Message(text) => format!("the setting `{name}`{at} {text}"),
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => {
            format!("the setting `{name}`{at} must be {}", plain(expected))
        }
        Kind::UnknownVariant(_, known) => format!("the setting `{name}`{at} must be one of {}", known.join(", ")),
        _ => format!("the setting `{name}`{at} has a value that cannot be read"),
    }
}

/// The expected type of serde in plain words.
fn plain(expected: &str) -> &str {
    match expected {
        "u32" | "u64" | "usize" | "i64" => "a whole number that is not negative",
        "a string" => "a text",
        other => other,
    }
}

fn origin(metadata: &Metadata, name: &str) -> String {
    match &metadata.source {
        Some(Source::File(path)) => format!("file {}", path.display()),
        _ if metadata.name == FLAGS => format!("flag --{}", name.replace('_', "-")),
        _ => format!("environment variable {}", variable(name)),
    }
}

struct Flags<'a, F>(&'a F);

impl<F: Serialize> Provider for Flags<'_, F> {
    fn metadata(&self) -> Metadata {
        Metadata::named(FLAGS)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Serialized::defaults(self.0).data()
    }
}

struct Secret(&'static str, String);

impl Provider for Secret {
    fn metadata(&self) -> Metadata {
        Metadata::named("environment")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let value = figment::value::Value::from(self.1.clone());
        Ok(Profile::Default.collect(Dict::from([(self.0.to_owned(), value)])))
    }
}

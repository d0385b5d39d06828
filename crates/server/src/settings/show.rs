//! Showing settings, without secrets.

use super::flags::SettingsFlags;
use super::load::{Loaded, SECRETS};
use anyhow::Result;
use clap::{Args, Command};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// The help of the secrets, which have no flags.
const SECRETS_HELP: [&str; 3] = [
    "Secret of this server at the OpenID Connect provider; none for a public client [env: SELFSAME_OIDC_CLIENT_SECRET]",
    "API key of the first workspace, used when the database has none: 20 to 256 visible ASCII \
     characters [env: SELFSAME_BOOTSTRAP_API_KEY]",
    "What credentials of connectors and second factors are encrypted with, the same on every server: 20 to 256 visible ASCII characters; beside a SQLite \
     file a key is made where none is set [env: SELFSAME_SECRET_KEY]",
];

/// Name and help of every setting, in the order of the flags.
fn documented() -> Vec<(String, String)> {
    let command = SettingsFlags::augment_args(Command::new("settings"));
    let flags = command.get_arguments().filter(|flag| flag.get_id() != "config");
    let mut all: Vec<(String, String)> = flags
        .map(|flag| {
            (
                flag.get_id().to_string(),
                flag.get_help().map(ToString::to_string).unwrap_or_default(),
            )
        })
        .collect();
    all.extend(
        SECRETS
            .map(str::to_owned)
            .into_iter()
            .zip(SECRETS_HELP.map(str::to_owned)),
    );
    all
}

fn shown(loaded: &Loaded) -> Result<Map<String, Value>> {
    match serde_json::to_value(&loaded.settings)? {
        Value::Object(values) => Ok(values),
        other => Ok(Map::from_iter([("settings".to_owned(), other)])),
    }
}

/// The settings as a commented settings file. It is usable after the database's password is filled in.
pub(crate) fn as_toml(loaded: &Loaded) -> Result<String> {
    let values = shown(loaded)?;
    let mut text = String::new();
    for (name, help) in documented() {
        writeln!(text, "# {help}")?;
        match values.get(&name) {
            None | Some(Value::Null) => writeln!(text, "# {name} is not set\n")?,
            Some(_) if SECRETS.contains(&name.as_str()) => {
                writeln!(text, "# from: {}\n# {name} is hidden\n", loaded.origin(&name))?;
            }
            // Texts and numbers in JSON form are valid TOML.
            Some(value) => writeln!(text, "# from: {}\n{name} = {value}\n", loaded.origin(&name))?,
        }
    }
    Ok(text)
}

/// The settings with their sources.
pub(crate) fn as_json(loaded: &Loaded) -> Result<Value> {
    let entry = |(name, value): (String, Value)| {
        let from = loaded.origin(&name);
        (name, json!({ "value": value, "from": from }))
    };
    Ok(Value::Object(shown(loaded)?.into_iter().map(entry).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    #[test]
    fn every_setting_is_documented_with_its_variable_and_default() {
        let Value::Object(defaults) = serde_json::to_value(Settings::default()).unwrap() else {
            panic!("no object")
        };
        let documented = documented();
        assert_eq!(documented.len(), defaults.len());
        let operations = include_str!("../../../../docs/operations.md");
        for (name, help) in documented {
            assert!(
                operations.contains(&format!("\n| `{name}` | ")),
                "{name} is not in docs/operations.md"
            );
            let default = &defaults[&name];
            assert!(
                help.contains(&format!("[env: SELFSAME_{}]", name.to_uppercase())),
                "{name}: {help}"
            );
            let displayed = match default {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            assert!(
                help.contains(&format!("[default: {displayed}]")),
                "{name}: {help}, but the default is {displayed}"
            );
        }
    }
}

//! The form of a connector: what was typed, and the connector that it means.

use super::setting_problem;
use crate::fields::Fields;
use crate::texts::Texts;
use secrecy::SecretString;
use selfsame_application::NewConnector;
use selfsame_domain::export::{
    ConnectorKind, ConnectorSettings, FileFormat, MAX_EXPORT_NAME, MAX_HOST, MAX_PASSWORD, MAX_PATH, MAX_POSTGRES_NAME,
    MAX_SERVICE_ACCOUNT, POSTGRES_PORT, SslMode, missing_of_service_account,
};
use selfsame_domain::values::text;
use serde_json::Value;

/// What was typed, under the names of the inputs. Secrets are never shown again.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    pub(super) name: String,
    pub(super) host: String,
    pub(super) port: String,
    pub(super) database: String,
    pub(super) user: String,
    pub(super) ssl_mode: String,
    pub(super) project: String,
    pub(super) dataset: String,
    pub(super) location: String,
    pub(super) endpoint: String,
    pub(super) directory: String,
    pub(super) format: String,
}

impl Typed {
    pub(super) fn read(fields: &Fields) -> Self {
        let text = |name: &str| fields.text(name).to_owned();
        Self {
            name: text("name"),
            host: text("host"),
            port: text("port"),
            database: text("database"),
            user: text("user"),
            ssl_mode: text("ssl"),
            project: text("project"),
            dataset: text("dataset"),
            location: text("location"),
            endpoint: text("endpoint"),
            directory: text("directory"),
            format: text("format"),
        }
    }

    /// The connector that was typed, or what is wrong with it in words.
    pub(super) fn connector(&self, kind: ConnectorKind, fields: &Fields, texts: Texts) -> Result<NewConnector, String> {
        let name = needed(&self.name, MAX_EXPORT_NAME, "connector-name", texts)?;
        let settings = match kind {
            ConnectorKind::Postgres => self.postgres(texts)?,
            ConnectorKind::BigQuery => self.bigquery(texts)?,
            ConnectorKind::File => ConnectorSettings::File {
                directory: needed(&self.directory, MAX_PATH, "connector-directory", texts)?,
                format: FileFormat::from_text(&self.format).ok_or_else(|| missing("connector-format", texts))?,
            },
        };
        settings.check().map_err(|problem| setting_problem(problem, texts))?;
        let secret = secret(kind, fields, texts)?;
        let needs_key = matches!(&settings, ConnectorSettings::BigQuery { endpoint: None, .. });
        if needs_key && secret.is_none() {
            return Err(missing("connector-account", texts));
        }
        Ok(NewConnector { name, settings, secret })
    }

    fn postgres(&self, texts: Texts) -> Result<ConnectorSettings, String> {
        let port = match self.port.as_str() {
            "" => Some(POSTGRES_PORT),
            text => text.parse().ok().filter(|port| *port > 0),
        };
        Ok(ConnectorSettings::Postgres {
            host: needed(&self.host, MAX_HOST, "connector-host", texts)?,
            port: port.ok_or_else(|| texts.get("setting-port"))?,
            database: needed(&self.database, MAX_POSTGRES_NAME, "connector-database", texts)?,
            user: needed(&self.user, MAX_POSTGRES_NAME, "connector-user", texts)?,
            ssl_mode: SslMode::from_text(&self.ssl_mode).ok_or_else(|| missing("connector-ssl", texts))?,
        })
    }

    fn bigquery(&self, texts: Texts) -> Result<ConnectorSettings, String> {
        let optional = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Ok(ConnectorSettings::BigQuery {
            project: needed(&self.project, MAX_PATH, "connector-project", texts)?,
            dataset: needed(&self.dataset, MAX_PATH, "connector-dataset", texts)?,
            location: optional(&self.location),
            endpoint: optional(&self.endpoint),
            grpc_endpoint: None,
        })
    }
}

/// Reads the secret of a connector: a password, or the key of a service account. None where none was typed.
pub(super) fn secret(kind: ConnectorKind, fields: &Fields, texts: Texts) -> Result<Option<SecretString>, String> {
    let typed = fields.raw("secret");
    if typed.trim().is_empty() {
        return Ok(None);
    }
    match kind {
        ConnectorKind::File => Ok(None),
        ConnectorKind::Postgres if typed.chars().count() > MAX_PASSWORD => Err(texts.get("setting-password")),
        ConnectorKind::Postgres => Ok(Some(typed.into())),
        ConnectorKind::BigQuery => {
            let Ok(Value::Object(key)) = serde_json::from_str::<Value>(typed) else {
                return Err(texts.get("setting-account"));
            };
            let missing: Vec<&str> = missing_of_service_account(&key).collect();
            if !missing.is_empty() {
                return Err(texts.with("setting-account-lacks", "members", &missing.join(", ")));
            }
            let text = Value::Object(key).to_string();
            if text.len() > MAX_SERVICE_ACCOUNT {
                return Err(texts.get("setting-account"));
            }
            Ok(Some(text.into()))
        }
    }
}

/// Reads a text that has to be there.
pub(super) fn needed(typed: &str, most: usize, label: &str, texts: Texts) -> Result<String, String> {
    if typed.is_empty() {
        return Err(missing(label, texts));
    }
    let most_text = most.to_string();
    let parts = [("field", texts.get(label)), ("most", most_text)];
    let parts: Vec<(&str, &str)> = parts.iter().map(|(name, value)| (*name, value.as_str())).collect();
    text::clean(typed, most).map_err(|_| texts.with_all("setting-text", &parts))
}

fn missing(label: &str, texts: Texts) -> String {
    texts.with("setting-missing", "field", &texts.get(label))
}

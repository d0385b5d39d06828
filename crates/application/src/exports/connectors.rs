//! Connectors: creating, changing, checking and deleting them.

use super::error::ExportError;
use super::vault::Owner;
use crate::app::Application;
use crate::egress::EgressError;
use crate::ports::{Connector, ConnectorDeleted, SinkError};
use secrecy::SecretString;
use selfsame_domain::export::{ConnectorSettings, base_url};
use selfsame_domain::{ConnectorId, WorkspaceId};

/// A connector to create.
#[derive(Debug, Clone)]
pub struct NewConnector {
    /// Its display name.
    pub name: String,
    /// The destination.
    pub settings: ConnectorSettings,
    /// Its password; none where the destination needs none.
    pub secret: Option<SecretString>,
}

/// A change of a connector. Fields that are none stay as they are.
#[derive(Debug, Clone, Default)]
pub struct ConnectorChange {
    /// The new display name.
    pub name: Option<String>,
    /// The new destination, of the same kind.
    pub settings: Option<ConnectorSettings>,
    /// The new password.
    pub secret: Option<SecretString>,
}

impl Application {
    /// Creates a connector. Does not connect: [`Self::check_connector`] does.
    pub async fn create_connector(&self, workspace: WorkspaceId, new: NewConnector) -> Result<Connector, ExportError> {
        self.outlets(new.settings.kind())?;
        self.permit(&new.settings).await?;
        let now = self.clock.now();
        let id = ConnectorId(self.ids.uuid(now));
        let connector = Connector {
            workspace,
            id,
            name: new.name,
            sealed: self.seal(workspace, id, &new.settings, new.secret.as_ref())?,
            settings: new.settings,
            created_at: now,
            updated_at: now,
        };
        self.store.create_connector(&connector).await?;
        Ok(connector)
    }

    /// Changes the name, destination or credentials of a connector.
    pub async fn change_connector(
        &self,
        workspace: WorkspaceId,
        id: ConnectorId,
        change: ConnectorChange,
    ) -> Result<Connector, ExportError> {
        let found = self.store.connector(workspace, id).await?;
        let mut connector = found.ok_or(ExportError::NotFound("connector"))?;
        if let Some(settings) = change.settings {
            // A stored password must never be sent to a new destination that another caller names.
            let is_elsewhere = address(&settings) != address(&connector.settings);
            if is_elsewhere && connector.sealed.is_some() && change.secret.is_none() {
                return Err(ExportError::CredentialsNeeded);
            }
            self.permit(&settings).await?;
            connector.settings = settings;
        }
        if let Some(secret) = &change.secret {
            connector.sealed = self.seal(workspace, id, &connector.settings, Some(secret))?;
        }
        connector.name = change.name.unwrap_or(connector.name);
        connector.updated_at = self.clock.now();
        if !self.store.update_connector(&connector).await? {
            return Err(ExportError::NotFound("connector"));
        }
        Ok(connector)
    }

    /// Connects to the destination and checks the rights there. The inner error says what is missing.
    pub async fn check_connector(
        &self,
        workspace: WorkspaceId,
        id: ConnectorId,
    ) -> Result<Result<(), SinkError>, ExportError> {
        let found = self.store.connector(workspace, id).await?;
        let connector = found.ok_or(ExportError::NotFound("connector"))?;
        let destination = self.destination(&connector)?;
        let exports = self.store.exports(workspace).await?;
        let own = exports.into_iter().filter(|export| export.connector == id);
        let mut schemas: Vec<String> = own.map(|export| export.definition.schema).collect();
        schemas.sort_unstable();
        schemas.dedup();
        let outlets = self.outlets(connector.settings.kind())?;
        Ok(outlets.sinks.check(&destination, &schemas).await)
    }

    /// Deletes a connector that no export uses.
    pub async fn delete_connector(&self, workspace: WorkspaceId, id: ConnectorId) -> Result<(), ExportError> {
        match self.store.delete_connector(workspace, id).await? {
            ConnectorDeleted::Yes => Ok(()),
            ConnectorDeleted::InUse => Err(ExportError::InUse),
            ConnectorDeleted::Missing => Err(ExportError::NotFound("connector")),
        }
    }

    fn seal(
        &self,
        workspace: WorkspaceId,
        id: ConnectorId,
        settings: &ConnectorSettings,
        secret: Option<&SecretString>,
    ) -> Result<Option<Vec<u8>>, ExportError> {
        let Some(secret) = secret else { return Ok(None) };
        let vault = self
            .outlets(settings.kind())?
            .vault
            .as_ref()
            .ok_or(ExportError::NoKey)?;
        vault
            .seal(Owner::Connector(workspace, id), self.ids.secret(), secret)
            .map(Some)
    }

    /// Refuses hosts in private networks. An unresolvable host is accepted here: it is resolved and checked again
    /// before every connection.
    async fn permit(&self, settings: &ConnectorSettings) -> Result<(), ExportError> {
        let (host, port) = match settings {
            ConnectorSettings::Postgres { host, port, .. } => (host.clone(), *port),
            ConnectorSettings::BigQuery {
                endpoint: Some(url), ..
            } => base_url(url).ok_or(ExportError::Egress(EgressError::Unresolved))?,
            // Google's own servers, and folders.
            ConnectorSettings::BigQuery { .. } | ConnectorSettings::File { .. } => return Ok(()),
        };
        match self.outlets(settings.kind())?.egress.resolve(&host, port).await {
            Err(EgressError::Private) => Err(EgressError::Private.into()),
            Err(EgressError::Unresolved) | Ok(_) => Ok(()),
        }
    }
}

/// The server and user that the credentials are for.
fn address(settings: &ConnectorSettings) -> Option<(&str, u16, &str)> {
    match settings {
        ConnectorSettings::Postgres { host, port, user, .. } => Some((host, *port, user)),
        ConnectorSettings::BigQuery { endpoint, .. } => endpoint.as_deref().map(|url| (url, 0, "")),
        ConnectorSettings::File { .. } => None,
    }
}

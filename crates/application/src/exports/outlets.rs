//! The outbound dependencies of exports.

use super::error::ExportError;
use super::vault::{Owner, Vault};
use crate::app::Application;
use crate::egress::Egress;
use crate::ports::{Connector, Destination, ExportSinks};
use selfsame_domain::export::ConnectorKind;
use std::sync::Arc;

/// The outbound dependencies of exports.
#[derive(Debug, Clone)]
pub struct ExportOutlets {
    /// The destinations.
    pub sinks: Arc<dyn ExportSinks>,
    /// Encrypts credentials; none without a key.
    pub vault: Option<Vault>,
    /// Which addresses connectors may name.
    pub egress: Egress,
}

impl Application {
    /// Enables exports. Without this, the application refuses connectors.
    #[must_use]
    pub fn with_exports(mut self, outlets: ExportOutlets) -> Self {
        self.outlets = Some(Arc::new(outlets));
        self
    }

    pub(super) fn outlets(&self, kind: ConnectorKind) -> Result<&ExportOutlets, ExportError> {
        let outlets = self.outlets.as_deref();
        outlets
            .filter(|outlets| outlets.sinks.takes(kind))
            .ok_or(ExportError::KindUnavailable)
    }

    /// Builds the destination of a connector, with its decrypted credentials.
    pub(super) fn destination(&self, connector: &Connector) -> Result<Destination, ExportError> {
        let outlets = self.outlets(connector.settings.kind())?;
        let open = |sealed: &Vec<u8>| {
            let vault = outlets.vault.as_ref().ok_or(ExportError::NoKey)?;
            vault.open(Owner::Connector(connector.workspace, connector.id), sealed)
        };
        Ok(Destination {
            settings: connector.settings.clone(),
            secret: connector.sealed.as_ref().map(open).transpose()?,
        })
    }
}

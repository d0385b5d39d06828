//! Destinations of exports that refuse every connection.

use selfsame_application::ports::{Destination, ExportSinks, Hosts, SinkError, SinkRequest, SinkRun};
use selfsame_application::{Egress, ExportOutlets, Vault};
use selfsame_domain::export::ConnectorKind;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Outlets whose destinations lack a right, and which know literal addresses alone.
pub(crate) fn outlets() -> ExportOutlets {
    ExportOutlets {
        sinks: Arc::new(Lacking),
        vault: Some(Vault::new(&"a key".to_owned().into())),
        egress: Egress {
            hosts: Arc::new(Literal),
            allow_private: false,
        },
    }
}

#[derive(Debug)]
struct Literal;

#[async_trait::async_trait]
impl Hosts for Literal {
    async fn addresses(&self, host: &str, port: u16) -> Vec<SocketAddr> {
        let address = host.parse().ok();
        address
            .map(|address: IpAddr| SocketAddr::new(address, port))
            .into_iter()
            .collect()
    }
}

#[derive(Debug)]
struct Lacking;

impl Lacking {
    fn refusal() -> SinkError {
        SinkError::Denied {
            problem: "the user may not".to_owned(),
            grant: Some("GRANT CREATE".to_owned()),
        }
    }
}

#[async_trait::async_trait]
impl ExportSinks for Lacking {
    fn takes(&self, _: ConnectorKind) -> bool {
        true
    }

    async fn check(&self, _: &Destination, _: &[String]) -> Result<(), SinkError> {
        Err(Self::refusal())
    }

    async fn begin(&self, _: SinkRequest) -> Result<Box<dyn SinkRun>, SinkError> {
        Err(Self::refusal())
    }
}

//! Destinations of exports that refuse every connection, and an endpoint of webhooks.

use selfsame_application::ports::{
    Destination, ExportSinks, Hosts, SignedMessage, SinkError, SinkRequest, SinkRun, WebhookSender,
};
use selfsame_application::{Egress, ExportOutlets, Vault, WebhookOutlets};
use selfsame_domain::export::ConnectorKind;
use selfsame_domain::webhooks::EndpointAnswer;
use selfsame_http::ChangeMessages;
use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

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

/// Outlets of webhooks that lead to one endpoint.
pub(crate) fn webhook_outlets(endpoint: &Arc<Endpoint>) -> WebhookOutlets {
    let ExportOutlets { vault, egress, .. } = outlets();
    WebhookOutlets {
        sender: Arc::clone(endpoint) as Arc<dyn WebhookSender>,
        bodies: Arc::new(ChangeMessages),
        vault,
        egress,
    }
}

/// An endpoint that records messages. Answers 200 when no other answers are prepared.
#[derive(Debug, Default)]
pub(crate) struct Endpoint {
    pub(crate) received: Mutex<Vec<SignedMessage>>,
    pub(crate) answers: Mutex<VecDeque<u16>>,
}

#[async_trait::async_trait]
impl WebhookSender for Endpoint {
    async fn send(&self, message: &SignedMessage) -> EndpointAnswer {
        self.received.lock().expect("a lock").push(message.clone());
        let answer = self.answers.lock().expect("a lock").pop_front();
        EndpointAnswer::new(answer.unwrap_or(200), b"hello")
    }
}

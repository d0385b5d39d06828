//! Name resolution by the operating system.

use async_trait::async_trait;
use selfsame_application::ports::Hosts;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::lookup_host;
use tokio::time::timeout;

/// The time-out of a lookup.
const LOOKUP_TIME: Duration = Duration::from_secs(5);

/// The system's resolver.
#[derive(Debug)]
pub(crate) struct SystemHosts;

#[async_trait]
impl Hosts for SystemHosts {
    async fn addresses(&self, host: &str, port: u16) -> Vec<SocketAddr> {
        match timeout(LOOKUP_TIME, lookup_host((host, port))).await {
            Ok(Ok(found)) => found.collect(),
            Ok(Err(_)) | Err(_) => Vec::new(),
        }
    }
}

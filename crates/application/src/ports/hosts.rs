//! Host names.

use async_trait::async_trait;
use std::fmt;
use std::net::SocketAddr;

/// Looks up the addresses of hosts. A port, so that tests need no network.
#[async_trait]
pub trait Hosts: Send + Sync + fmt::Debug {
    /// The addresses of a host name, or the address that `host` spells; empty when the name does not resolve. MUST
    /// answer within a bounded time.
    async fn addresses(&self, host: &str, port: u16) -> Vec<SocketAddr>;
}

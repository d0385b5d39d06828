//! The address that the server listens on.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::net::{TcpListener, TcpSocket, lookup_host};

/// How many connections may wait to be accepted, as far as the operating system lets (Linux: `net.core.somaxconn`).
const BACKLOG: u32 = 4096;

/// `HOST:PORT`: an IP address or a name, and a port; port 0 lets the operating system choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Listen(String);

/// The text is no address to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be HOST:PORT, for example 127.0.0.1:8080 or [::]:8080")]
pub(crate) struct NotAnAddress;

impl Listen {
    /// Listens. If a name has several addresses, the first one that works is used.
    pub(crate) async fn bind(&self) -> io::Result<TcpListener> {
        let mut failed = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in lookup_host(&self.0).await? {
            match bind(address) {
                Ok(listener) => return Ok(listener),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }
}

impl Default for Listen {
    fn default() -> Self {
        Self("127.0.0.1:8080".to_owned())
    }
}

impl TryFrom<String> for Listen {
    type Error = NotAnAddress;

    fn try_from(text: String) -> Result<Self, NotAnAddress> {
        let (host, port) = text.rsplit_once(':').ok_or(NotAnAddress)?;
        // An IPv6 address contains colons, so it needs brackets.
        let bracketed = host.starts_with('[') && text.parse::<SocketAddr>().is_ok();
        let plain = !host.is_empty() && !host.contains(|c: char| ":/@[]".contains(c) || c.is_whitespace());
        if port.parse::<u16>().is_err() || !(bracketed || plain) {
            return Err(NotAnAddress);
        }
        Ok(Self(text))
    }
}

impl From<Listen> for String {
    fn from(listen: Listen) -> Self {
        listen.0
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // A restarted server need not wait for the closed connections of its predecessor (TIME_WAIT).
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// The address by which this machine reaches a socket that listens on `bound`: clients cannot connect to "all addresses".
pub(crate) fn reachable(bound: SocketAddr) -> SocketAddr {
    let ip = match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, bound.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_a_port() {
        for good in [
            "127.0.0.1:8080",
            "localhost:0",
            "[::]:80",
            "0.0.0.0:65535",
            "host.example:1",
        ] {
            assert!(Listen::try_from(good.to_owned()).is_ok(), "{good}");
        }
        for bad in [
            "",
            "8080",
            ":8080",
            "localhost",
            "localhost:",
            "localhost:65536",
            "::1:80",
            "http://a:80",
            "a b:1",
        ] {
            assert_eq!(Listen::try_from(bad.to_owned()), Err(NotAnAddress), "{bad}");
        }
    }

    #[test]
    fn all_addresses_are_reached_by_the_local_one() {
        let reached = |text: &str| reachable(text.parse().unwrap()).to_string();
        assert_eq!(reached("0.0.0.0:1"), "127.0.0.1:1");
        assert_eq!(reached("[::]:1"), "[::1]:1");
        assert_eq!(reached("10.0.0.7:1"), "10.0.0.7:1");
    }
}

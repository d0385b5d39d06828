//! Which addresses the server may connect to when a client names the host.
//!
//! Without this check, a client could reach what only the server can: its own ports, its private network, the metadata
//! service of a cloud.

use crate::ports::Hosts;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

/// Which addresses may be connected to.
#[derive(Debug, Clone)]
pub struct Egress {
    /// Looks up host names.
    pub hosts: Arc<dyn Hosts>,
    /// Whether private networks are allowed, the server itself included.
    pub allow_private: bool,
}

/// Why a host may not be connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// The name resolves to no address.
    #[error("has no known address")]
    Unresolved,
    /// An address of the host is in a private network, or is the server itself.
    #[error("is in a private network, which SELFSAME_ALLOW_PRIVATE_NETWORKS=true allows")]
    Private,
}

impl Egress {
    /// Resolves a host and checks that the server may connect to all of its addresses. Connect to one of these and to
    /// no other: the name may resolve differently the next time.
    pub async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, EgressError> {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let found = self.hosts.addresses(host, port).await;
        if found.is_empty() {
            return Err(EgressError::Unresolved);
        }
        // One private address among others is refused as well: the server does not control which of them is used.
        if !self.allow_private && !found.iter().all(|address| is_public(address.ip())) {
            return Err(EgressError::Private);
        }
        Ok(found)
    }
}

/// Whether an address is in the public network (the registries of special-purpose addresses, RFC 6890).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_protocol = matches!((a, b, c), (192, 0, 0) | (192, 88, 99));
    let is_benchmark = a == 198 && (b == 18 || b == 19);
    let is_reserved = a == 0 || a >= 240;
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || is_shared
        || is_protocol
        || is_benchmark
        || is_reserved)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    // IPv4 inside IPv6: mapped, translated (64:ff9b::/96), 6to4.
    let v4 = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        Ipv4Addr::new(a, b, c, d)
    };
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    if parts[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        return is_public_v4(v4(parts[6], parts[7]));
    }
    if parts[0] == 0x2002 {
        return is_public_v4(v4(parts[1], parts[2]));
    }
    let is_global = parts[0] & 0xe000 == 0x2000;
    // 2001::/23 (protocols, Teredo among them), 2001:db8::/32 and 3fff::/20 (documentation).
    let is_special = match parts[0] {
        0x2001 => parts[1] < 0x200 || parts[1] == 0xdb8,
        0x3fff => parts[1] < 0x1000,
        _ => false,
    };
    is_global && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_network_is_public() {
        for address in [
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "64:ff9b::808:808",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.8.8.8",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.8",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "3fff::1",
            "64:ff9b:1::1",
            "5f00::1",
            "::127.0.0.1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    /// Resolves literal addresses, and one name with a public and a private address.
    #[derive(Debug)]
    struct Known;

    #[async_trait::async_trait]
    impl Hosts for Known {
        async fn addresses(&self, host: &str, port: u16) -> Vec<SocketAddr> {
            let known = if host == "two.example" {
                vec!["8.8.8.8", "10.0.0.1"]
            } else {
                vec![host]
            };
            let addresses = known.into_iter().filter_map(|address| address.parse().ok());
            addresses
                .map(|address: IpAddr| SocketAddr::new(address, port))
                .collect()
        }
    }

    #[tokio::test]
    async fn a_private_host_is_refused_unless_it_is_allowed() {
        let egress = |allow_private| Egress {
            hosts: Arc::new(Known),
            allow_private,
        };
        let (strict, open) = (egress(false), egress(true));
        for host in ["127.0.0.1", "[::1]", "two.example", "0.0.0.0"] {
            assert_eq!(strict.resolve(host, 5432).await, Err(EgressError::Private), "{host}");
            assert!(open.resolve(host, 5432).await.is_ok(), "{host}");
        }
        assert!(strict.resolve("8.8.8.8", 53).await.is_ok());
        assert_eq!(open.resolve("nowhere.invalid", 1).await, Err(EgressError::Unresolved));
    }
}

//! Links to files of other servers.

use super::tls;
use anyhow::{Context, Result};
use async_trait::async_trait;
use futures::TryStreamExt;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, ClientBuilder, Url};
use selfsame_application::is_public;
use selfsame_application::ports::{LinkError, LinkedFile, Links};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::io::StreamReader;
use url::Host;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// How long the other server may be silent.
const SILENCE: Duration = Duration::from_secs(30);

/// How many redirects are followed.
const REDIRECTS: usize = 5;

/// Opens links over HTTP.
#[derive(Debug)]
pub(crate) struct HttpLinks {
    http: Client,
    allows_private: bool,
}

impl HttpLinks {
    /// Opens links to the public internet; with `allows_private`, to any address.
    pub(crate) fn new(allows_private: bool) -> Result<Self> {
        let builder = client(allows_private)
            .read_timeout(SILENCE)
            .redirect(Policy::custom(move |attempt| follow(attempt, allows_private)));
        let http = builder.build().context("cannot make an HTTP client")?;
        Ok(Self { http, allows_private })
    }
}

/// A client that connects to the public internet; with `allows_private`, to any address. URLs that name an address need [`check`] too.
pub(super) fn client(allows_private: bool) -> ClientBuilder {
    tls::install();
    let builder = Client::builder().no_proxy().connect_timeout(CONNECT);
    if allows_private {
        return builder;
    }
    // The connection is made to the addresses that are looked at here: no later answer of the name server counts.
    builder.dns_resolver(Arc::new(PublicAddresses))
}

#[async_trait]
impl Links for HttpLinks {
    async fn open(&self, link: &str) -> Result<LinkedFile, LinkError> {
        let url = Url::parse(link).map_err(|_| LinkError::NotALink)?;
        check(&url, self.allows_private)?;
        let answer = self.http.get(url).send().await.map_err(failure)?;
        if !answer.status().is_success() {
            return Err(LinkError::Refused(answer.status().as_u16()));
        }
        let bytes = answer.bytes_stream().map_err(std::io::Error::other);
        Ok(Box::new(StreamReader::new(Box::pin(bytes))))
    }
}

fn follow(attempt: Attempt<'_>, allows_private: bool) -> reqwest::redirect::Action {
    if attempt.previous().len() > REDIRECTS {
        return attempt.error(LinkError::TooManyRedirects);
    }
    match check(attempt.url(), allows_private) {
        Ok(()) => attempt.follow(),
        Err(error) => attempt.error(error),
    }
}

/// Looks at the address of a URL that names one. Names are looked at when they are resolved.
pub(super) fn check(url: &Url, allows_private: bool) -> Result<(), LinkError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(LinkError::NotALink);
    }
    let address = match url.host().ok_or(LinkError::NotALink)? {
        Host::Ipv4(address) => IpAddr::V4(address),
        Host::Ipv6(address) => IpAddr::V6(address),
        Host::Domain(_) => return Ok(()),
    };
    if allows_private || is_public(address) {
        Ok(())
    } else {
        Err(LinkError::NotPublic)
    }
}

/// Why a link cannot be opened: what was said here is somewhere among the causes.
pub(super) fn failure(error: reqwest::Error) -> LinkError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(error) = cause {
        match error.downcast_ref::<LinkError>() {
            Some(LinkError::NotPublic) => return LinkError::NotPublic,
            Some(LinkError::TooManyRedirects) => return LinkError::TooManyRedirects,
            Some(LinkError::NotALink) => return LinkError::NotALink,
            _ => cause = error.source(),
        }
    }
    LinkError::Unreachable(Box::new(error.without_url()))
}

/// Resolves names to those of their addresses that are on the public internet.
#[derive(Debug)]
struct PublicAddresses;

impl Resolve for PublicAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(LinkError::NotPublic.into());
            }
            let public: Addrs = Box::new(public.into_iter());
            Ok(public)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_urls_of_public_hosts() {
        let of = |link: &str| check(&Url::parse(link).unwrap(), false);
        assert!(of("https://ann:secret@files.example/a.csv").is_ok());
        for private in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://[::1]:80/",
            "http://[::ffff:10.0.0.1]/",
        ] {
            assert!(matches!(of(private), Err(LinkError::NotPublic)), "{private}");
        }
        for other in ["file:///etc/passwd", "ftp://files.example/a", "data:,a"] {
            assert!(matches!(of(other), Err(LinkError::NotALink)), "{other}");
        }
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_no_public_one() {
        let links = HttpLinks::new(false).unwrap();
        let refused = links.open("http://localhost:9/contacts.csv").await.err().unwrap();
        assert!(matches!(refused, LinkError::NotPublic), "{refused:?}");
    }
}

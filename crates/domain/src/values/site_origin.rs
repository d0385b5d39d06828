//! Where the pages of a site are served from.

use super::ValueError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use url::{Host, Url};

/// An origin (RFC 6454) as browsers send it: `http` or `https`, a host in small letters, a port unless it is the scheme's own. At most 255
/// characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SiteOrigin(String);

impl SiteOrigin {
    /// The most characters.
    pub const MAX_CHARS: usize = 255;

    /// Reads an origin. A single slash at its end is no path.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ValueError::Empty);
        }
        let url = Url::parse(text).map_err(|_| ValueError::NotAnOrigin)?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let anonymous = url.username().is_empty() && url.password().is_none();
        // A pattern would be taken for a host that no browser sends.
        let named = url.host_str().is_some_and(|host| !host.contains('*'));
        if !matches!(url.scheme(), "http" | "https") || !bare || !anonymous || !named {
            return Err(ValueError::NotAnOrigin);
        }
        let origin = url.origin().ascii_serialization();
        let actual = origin.chars().count();
        if actual > Self::MAX_CHARS {
            let max = Self::MAX_CHARS;
            return Err(ValueError::TooLong { max, actual });
        }
        Ok(Self(origin))
    }

    /// The origins of a shop's domain: of both schemes, since a domain does not say which one its pages have. Takes a host with or without a
    /// port, or the address of a page there (wire fact: shop plug-ins send either). A final dot says nothing more. A number is no host, though
    /// it is another way to write an IPv4 address.
    pub fn of_domain(text: &str) -> Result<BTreeSet<Self>, ValueError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ValueError::Empty);
        }
        let address = if text.contains("://") {
            text.to_owned()
        } else {
            format!("https://{text}")
        };
        let url = Url::parse(&address).map_err(|_| ValueError::NotADomain)?;
        let host = match url.host() {
            Some(Host::Domain(name)) => {
                let name = name.strip_suffix('.').unwrap_or(name);
                if name.ends_with('.') || (name != "localhost" && !name.contains('.')) {
                    return Err(ValueError::NotADomain);
                }
                name.to_owned()
            }
            Some(Host::Ipv4(host)) if text.contains(&host.to_string()) => host.to_string(),
            Some(host @ Host::Ipv6(_)) => host.to_string(),
            _ => return Err(ValueError::NotADomain),
        };
        if !matches!(url.scheme(), "http" | "https") {
            return Err(ValueError::NotADomain);
        }
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let origin = |scheme| Self::parse(&format!("{scheme}://{host}{port}"));
        let both: Result<_, _> = ["https", "http"].into_iter().map(origin).collect();
        both.map_err(|error| match error {
            ValueError::NotAnOrigin => ValueError::NotADomain,
            other => other,
        })
    }

    /// The origin as browsers send it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SiteOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_browsers_send_it() {
        for (text, expected) in [
            ("https://shop.example", "https://shop.example"),
            (" HTTPS://Shop.Example:443/ ", "https://shop.example"),
            ("http://127.0.0.1:8081", "http://127.0.0.1:8081"),
            ("https://крамниця.укр", "https://xn--80aqejfp0c4d.xn--j1amh"),
        ] {
            assert_eq!(
                SiteOrigin::parse(text).as_ref().map(SiteOrigin::as_str),
                Ok(expected),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_origin() {
        for text in [
            "shop.example",
            "*",
            "null",
            "https://",
            "ftp://shop.example",
            "https://shop.example/cart",
            "https://shop.example/?a",
            "https://shop.example/#a",
            "https://ann@shop.example",
            "https://*.shop.example",
        ] {
            assert_eq!(SiteOrigin::parse(text), Err(ValueError::NotAnOrigin), "{text}");
        }
        assert_eq!(SiteOrigin::parse(" "), Err(ValueError::Empty));
        let long = format!("https://{}.example", vec!["a".repeat(60); 5].join("."));
        assert!(matches!(
            SiteOrigin::parse(&long),
            Err(ValueError::TooLong { max: 255, .. })
        ));
    }

    #[test]
    fn a_domain_has_the_origins_of_both_schemes() {
        for (text, host) in [
            ("shop.example", "shop.example"),
            (" https://Shop.Example/wp/ ", "shop.example"),
            ("http://shop.example:8080", "shop.example:8080"),
            ("крамниця.укр", "xn--80aqejfp0c4d.xn--j1amh"),
            ("localhost:8081", "localhost:8081"),
            ("127.0.0.1", "127.0.0.1"),
            ("shop.example.", "shop.example"),
            ("https://shop.example.:8443/", "shop.example:8443"),
        ] {
            let expected = ["https", "http"].map(|scheme| SiteOrigin(format!("{scheme}://{host}")));
            assert_eq!(SiteOrigin::of_domain(text), Ok(expected.into()), "{text}");
        }
        for text in [
            "shop",
            "not a domain",
            "ftp://shop.example",
            "https://",
            "*.shop.example",
            "https://.",
            "shop.",
            "shop.example..",
            "5",
            "1.2",
            "0x7f.1",
        ] {
            assert_eq!(SiteOrigin::of_domain(text), Err(ValueError::NotADomain), "{text}");
        }
        assert_eq!(SiteOrigin::of_domain(" "), Err(ValueError::Empty));
    }
}

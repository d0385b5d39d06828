//! Keeping other sites from sending forms in somebody's name.
//!
//! Twice: a browser says where a request comes from, and every form of a session has a token that no other site can know.

use crate::error::PageError;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use data_encoding::BASE32_DNSSEC;
use hmac::{Hmac, KeyInit, Mac};
use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Method};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// The field of a form that has the token.
pub(crate) const FIELD: &str = "csrf";

/// The token of a session: it follows from the session's secret, and tells nothing of it.
pub(crate) fn token(session: &SecretString) -> String {
    mac(session).map_or_else(String::new, |mac| BASE32_DNSSEC.encode(&mac.finalize().into_bytes()))
}

/// Whether a token is that of a session. Compares in constant time.
pub(crate) fn is_token(session: &SecretString, sent: &str) -> bool {
    let sent = BASE32_DNSSEC.decode(sent.as_bytes()).unwrap_or_default();
    mac(session).is_some_and(|mac| mac.verify_slice(&sent).is_ok())
}

/// A key of any length makes one, so that there always is one.
fn mac(session: &SecretString) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(session.expose_secret().as_bytes()).ok()?;
    mac.update(b"csrf");
    Some(mac)
}

/// Refuses what would change something and comes from a page of another origin. Programs that are no browsers say nothing of that.
pub(crate) async fn same_origin(request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_safe || is_own(request.headers()) {
        next.run(request).await
    } else {
        PageError::Csrf.into_response()
    }
}

fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(ORIGIN.as_str()) else {
        return true;
    };
    let host = origin.split_once("://").map(|(_, host)| host);
    host.is_some() && host == text(HOST.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn a_token_belongs_to_its_session() {
        let (one, other): (SecretString, SecretString) = ("one".into(), "other".into());
        let token = token(&one);
        assert!(is_token(&one, &token));
        assert!(!is_token(&other, &token));
        for wrong in ["", "x", token.to_uppercase().as_str()] {
            assert!(!is_token(&one, wrong) || wrong.eq_ignore_ascii_case(&token), "{wrong}");
        }
    }

    #[test]
    fn requests_of_other_origins_are_known() {
        let is_own = |pairs: &[(&'static str, &'static str)]| {
            let pairs = pairs.iter().map(|(name, value)| {
                let name = http::HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            });
            is_own(&pairs.collect())
        };
        assert!(is_own(&[]));
        assert!(is_own(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(is_own(&[("origin", "https://crm.example"), ("host", "crm.example")]));
        assert!(is_own(&[
            ("origin", "http://127.0.0.1:8080"),
            ("host", "127.0.0.1:8080")
        ]));
        for foreign in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "https://evil.example"), ("host", "crm.example")],
            &[("origin", "null"), ("host", "crm.example")],
            &[("origin", "http://crm.example:81"), ("host", "crm.example")],
        ] {
            assert!(!is_own(foreign), "{foreign:?}");
        }
    }
}

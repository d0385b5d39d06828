//! Cookies of the console.

use crate::state::ConsoleState;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use data_encoding::BASE64URL_NOPAD;
use secrecy::{ExposeSecret, SecretString};
use selfsame_application::ports::AuthorizationRequest;
use selfsame_domain::console::SIGN_IN_LIFETIME;

/// Which language a person chose.
pub(crate) const LANGUAGE: &str = "language";
/// Which theme a person chose.
pub(crate) const THEME: &str = "theme";
/// Which columns the list of contacts has.
pub(crate) const COLUMNS: &str = "columns";

/// The fewest characters of a secret that is given to the identity provider (RFC 7636, 4.1).
const SHORTEST_SECRET: usize = 43;

/// The cookie of a session. Where connections are encrypted, its prefix keeps other hosts of the domain from setting it.
fn session_name(state: &ConsoleState) -> &'static str {
    if state.settings.is_https() {
        "__Host-session"
    } else {
        "session"
    }
}

/// The secret of a session, as the browser sent it.
pub(crate) fn session(state: &ConsoleState, jar: &CookieJar) -> Option<SecretString> {
    jar.get(session_name(state)).map(|cookie| cookie.value().into())
}

/// What a sign-in is known by between its two steps.
fn pending_name(state: &ConsoleState) -> &'static str {
    if state.settings.is_https() {
        "__Host-sign-in"
    } else {
        "sign-in"
    }
}

/// The sign-in that waits for its second step, as the browser sent it.
pub(crate) fn pending(state: &ConsoleState, jar: &CookieJar) -> Option<SecretString> {
    jar.get(pending_name(state)).map(|cookie| cookie.value().into())
}

/// Keeps a sign-in until its second step.
pub(crate) fn set_pending(state: &ConsoleState, jar: CookieJar, token: &SecretString) -> CookieJar {
    let mut cookie = build(state, pending_name(state), token.expose_secret().to_owned());
    cookie.set_max_age(time::Duration::seconds(SIGN_IN_LIFETIME.num_seconds()));
    jar.add(cookie)
}

/// Takes a sign-in away that is completed.
pub(crate) fn clear_pending(state: &ConsoleState, jar: CookieJar) -> CookieJar {
    let mut cookie = build(state, pending_name(state), String::new());
    cookie.make_removal();
    jar.add(cookie)
}

/// What ties the answer of the identity provider to this browser.
fn provider_name(state: &ConsoleState) -> &'static str {
    if state.settings.is_https() {
        "__Host-provider"
    } else {
        "provider"
    }
}

/// Keeps a sign-in by the identity provider until the browser comes back, and where it goes then.
pub(crate) fn set_provider(
    state: &ConsoleState,
    jar: CookieJar,
    request: &AuthorizationRequest,
    back: &str,
) -> CookieJar {
    let AuthorizationRequest {
        state: drawn,
        nonce,
        verifier,
    } = request;
    let back = BASE64URL_NOPAD.encode(back.as_bytes());
    let secrets = [drawn, nonce, verifier].map(ExposeSecret::expose_secret);
    let mut cookie = build(state, provider_name(state), format!("{}.{back}", secrets.join(".")));
    cookie.set_max_age(time::Duration::seconds(SIGN_IN_LIFETIME.num_seconds()));
    jar.add(cookie)
}

/// The sign-in by the identity provider that this browser began, and where it goes afterwards.
pub(crate) fn provider(state: &ConsoleState, jar: &CookieJar) -> Option<(AuthorizationRequest, String)> {
    let parts: Vec<&str> = jar.get(provider_name(state))?.value().split('.').collect();
    let [drawn, nonce, verifier, back] = parts[..] else {
        return None;
    };
    let is_secret = |text: &str| text.len() >= SHORTEST_SECRET && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if ![drawn, nonce, verifier].into_iter().all(is_secret) {
        return None;
    }
    let request = AuthorizationRequest {
        state: drawn.into(),
        nonce: nonce.into(),
        verifier: verifier.into(),
    };
    let back = BASE64URL_NOPAD.decode(back.as_bytes()).ok()?;
    Some((request, String::from_utf8(back).ok()?))
}

/// Takes away what [`set_provider`] kept.
pub(crate) fn clear_provider(state: &ConsoleState, jar: CookieJar) -> CookieJar {
    let mut cookie = build(state, provider_name(state), String::new());
    cookie.make_removal();
    jar.add(cookie)
}

fn build(state: &ConsoleState, name: &'static str, value: String) -> Cookie<'static> {
    Cookie::build((name, value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(state.settings.is_https())
        .build()
}

/// Sets the secret of a session. The browser forgets it when it ends; the server, when the session does.
pub(crate) fn set_session(state: &ConsoleState, jar: CookieJar, token: &SecretString) -> CookieJar {
    jar.add(build(state, session_name(state), token.expose_secret().to_owned()))
}

/// Takes the secret of a session away.
pub(crate) fn clear_session(state: &ConsoleState, jar: CookieJar) -> CookieJar {
    let mut cookie = build(state, session_name(state), String::new());
    cookie.make_removal();
    jar.add(cookie)
}

/// Keeps a choice.
pub(crate) fn set_choice(state: &ConsoleState, jar: CookieJar, name: &'static str, value: &str) -> CookieJar {
    let mut cookie = build(state, name, value.to_owned());
    cookie.make_permanent();
    jar.add(cookie)
}

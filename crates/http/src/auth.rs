//! Authentication by API key.

use crate::error::ApiError;
use crate::state::HttpState;
use crate::trace::Note;
use axum::extract::FromRequestParts;
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use secrecy::{ExposeSecret, SecretString};
use selfsame_application::{Application, Principal};
use selfsame_domain::{Action, WorkspaceId};
use sha2::{Digest, Sha256};
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

/// Base64 with or without padding: clients send both (wire fact).
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A request with a valid API key. The extractor refuses every other request with 401.
#[derive(Debug, Clone)]
pub(crate) struct Authenticated(pub(crate) Arc<Principal>);

impl Authenticated {
    /// Refuses an action that the key's rights do not cover, with 403.
    pub(crate) fn allow(&self, action: Action) -> Result<(), ApiError> {
        if self.0.may(action) {
            Ok(())
        } else {
            Err(ApiError::Forbidden)
        }
    }

    /// The workspace that every query of the request is bound to.
    pub(crate) fn workspace(&self) -> WorkspaceId {
        self.0.workspace.id
    }

    /// Records the workspace for the request's log line.
    fn note(&self, parts: &Parts) {
        if let Some(note) = parts.extensions.get::<Note>() {
            note.workspace(self.workspace());
        }
    }
}

impl FromRequestParts<HttpState> for Authenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, Self::Rejection> {
        // An outer layer may have authenticated the request already.
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let secret = secret(&parts.headers)?;
        let digest = within_limit(state, &secret)?;
        let principal = Self(state.app.authenticate(&digest).await?);
        principal.note(parts);
        parts.extensions.insert(principal.clone());
        Ok(principal)
    }
}

/// What a call does, as a type: the right that its key needs.
pub(crate) trait Right {
    /// The action that the rights of the key must cover.
    const ACTION: Action;
}

/// The rights that calls need.
pub(crate) mod right {
    use super::Right;
    use selfsame_domain::Action;

    macro_rules! rights {
        ($($name:ident),*) => {$(
            #[doc = concat!("[`Action::", stringify!($name), "`].")]
            #[derive(Debug, Clone, Copy)]
            pub(crate) enum $name {}

            impl Right for $name {
                const ACTION: Action = Action::$name;
            }
        )*};
    }

    rights!(General, Read, Write, Events, Admin);
}

/// A request with a valid API key whose rights cover the call. The extractor refuses every other request with 401 or 403.
#[derive(Debug, Clone)]
pub(crate) struct May<R> {
    caller: Authenticated,
    right: PhantomData<R>,
}

impl<R> Deref for May<R> {
    type Target = Authenticated;

    fn deref(&self) -> &Authenticated {
        &self.caller
    }
}

impl<R: Right> FromRequestParts<HttpState> for May<R> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, Self::Rejection> {
        let caller = Authenticated::from_request_parts(parts, state).await?;
        caller.allow(R::ACTION)?;
        Ok(Self {
            caller,
            right: PhantomData,
        })
    }
}

/// A request with an API key that this server has authenticated before, or authenticates now. Unlike [`Authenticated`] it takes no read of its
/// own: the read of the submission shows whether the key is still valid, so only [`crate::reply::submit_read`] uses it. Errors of the body's
/// size are answered before.
#[derive(Debug, Clone)]
pub(crate) struct Recognised {
    digest: [u8; 32],
    auth: Authenticated,
    is_confirmed: bool,
}

impl Recognised {
    /// The caller as this server knows it from memory; none after the key was read.
    pub(crate) fn remembered(&self) -> Option<&Authenticated> {
        Some(&self.auth).filter(|_| !self.is_confirmed)
    }

    /// The caller, whose key was read for this request.
    pub(crate) async fn confirmed(&self, state: &HttpState) -> Result<Authenticated, ApiError> {
        if self.is_confirmed {
            return Ok(self.auth.clone());
        }
        Ok(Authenticated(state.app.authenticate(&self.digest).await?))
    }
}

impl FromRequestParts<HttpState> for Recognised {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, Self::Rejection> {
        let secret = secret(&parts.headers)?;
        let digest = within_limit(state, &secret)?;
        let known = state.app.recognise(&digest).await?;
        let is_confirmed = known.is_none();
        let principal = match known {
            Some(principal) => principal,
            None => state.app.authenticate(&digest).await?,
        };
        let auth = Authenticated(principal);
        auth.note(parts);
        Ok(Self {
            digest,
            auth,
            is_confirmed,
        })
    }
}

/// A request with an optional API key. An invalid key is refused, because its sender relies on it.
#[derive(Debug, Clone)]
pub(crate) struct PerhapsAuthenticated(pub(crate) Option<Authenticated>);

impl FromRequestParts<HttpState> for PerhapsAuthenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, Self::Rejection> {
        if !parts.headers.contains_key(AUTHORIZATION) {
            return Ok(Self(None));
        }
        let key = Authenticated::from_request_parts(parts, state).await?;
        Ok(Self(Some(key)))
    }
}

/// A request with a valid API key, or with an event token that was made with one.
#[derive(Debug, Clone)]
pub(crate) struct EventAuthenticated(pub(crate) Authenticated);

impl FromRequestParts<HttpState> for EventAuthenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, Self::Rejection> {
        let secret = secret(&parts.headers)?;
        if !Application::is_event_token(secret.expose_secret()) {
            return Authenticated::from_request_parts(parts, state).await.map(Self);
        }
        within_limit(state, &secret)?;
        let principal = state.app.authenticate_event_token(secret.expose_secret()).await?;
        let principal = Authenticated(principal);
        principal.note(parts);
        Ok(Self(principal))
    }
}

/// As [`EventAuthenticated`]; an API key is a [`Recognised`] one.
#[derive(Debug, Clone)]
pub(crate) struct EventRecognised(pub(crate) Recognised);

impl FromRequestParts<HttpState> for EventRecognised {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, Self::Rejection> {
        let secret = secret(&parts.headers)?;
        if !Application::is_event_token(secret.expose_secret()) {
            return Recognised::from_request_parts(parts, state).await.map(Self);
        }
        let EventAuthenticated(auth) = EventAuthenticated::from_request_parts(parts, state).await?;
        Ok(Self(Recognised {
            digest: Sha256::digest(secret.expose_secret().as_bytes()).into(),
            auth,
            is_confirmed: true,
        }))
    }
}

/// The SHA-256 digest of a secret. Fails with 429 when the secret is over its rate limit.
fn within_limit(state: &HttpState, secret: &SecretString) -> Result<[u8; 32], ApiError> {
    let digest = Sha256::digest(secret.expose_secret().as_bytes()).into();
    if let Some(limits) = &state.limits {
        limits.check(&digest)?;
    }
    Ok(digest)
}

/// The API key: the password of HTTP Basic with any user name, or a bearer token. Never logged, never echoed.
fn secret(headers: &HeaderMap) -> Result<SecretString, ApiError> {
    let header = headers
        .get(AUTHORIZATION)
        .ok_or(ApiError::Unauthorized("an API key is required"))?;
    let unusable = ApiError::Unauthorized("the Authorization header is neither Basic nor Bearer");
    let Some((scheme, credentials)) = header.to_str().ok().and_then(|text| text.trim().split_once(' ')) else {
        return Err(unusable);
    };
    let key = if scheme.eq_ignore_ascii_case("bearer") {
        // `POST auth/token` answers a JSON string, and some clients send it with its quotes.
        credentials.trim().trim_matches('"').to_owned()
    } else if scheme.eq_ignore_ascii_case("basic") {
        let decoded = BASE64
            .decode(credentials.trim())
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        let pair = decoded.ok_or(ApiError::Unauthorized("the Basic credentials are not base64"))?;
        // Without a colon the whole text is the key: some clients encode the key alone (wire fact).
        pair.split_once(':')
            .map_or(pair.as_str(), |(_, password)| password)
            .to_owned()
    } else {
        return Err(unusable);
    };
    if key.is_empty() {
        return Err(ApiError::Unauthorized(
            "the API key is empty: it is the password, the user name does not matter",
        ));
    }
    Ok(key.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;
    use http::HeaderValue;

    fn read(header: &str) -> Option<String> {
        let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(header).unwrap())]);
        secret(&headers).ok().map(|secret| secret.expose_secret().to_owned())
    }

    #[test]
    fn key_is_the_password_or_the_bearer_token() {
        for user in ["user:", ":", "api-user:", "a@b.c:"] {
            let header = format!("Basic {}", STANDARD.encode(format!("{user}KEY")));
            assert_eq!(read(&header).as_deref(), Some("KEY"), "{user}");
        }
        assert_eq!(
            read(&format!("basic {}", STANDARD.encode("KEY"))).as_deref(),
            Some("KEY")
        );
        assert_eq!(
            read(&format!("Basic {}", STANDARD.encode("u:K:E:Y"))).as_deref(),
            Some("K:E:Y")
        );
        assert_eq!(read("Basic dTpL").as_deref(), Some("K"));
        assert_eq!(read("Basic dTpLRQ").as_deref(), Some("KE"));
        assert_eq!(read("Bearer  KEY ").as_deref(), Some("KEY"));
        assert_eq!(read("bearer KEY").as_deref(), Some("KEY"));
        assert_eq!(read("Bearer \"KEY\"").as_deref(), Some("KEY"));
    }

    #[test]
    fn what_is_no_key() {
        for header in ["", "Basic", "Bearer ", "Basic %%%", "Basic dTo=", "Digest KEY", "KEY"] {
            assert_eq!(read(header), None, "{header}");
        }
        assert!(secret(&HeaderMap::new()).is_err());
    }
}

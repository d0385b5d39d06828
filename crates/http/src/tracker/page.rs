//! From a page's request to commands.

use super::MAX_BYTES;
use crate::auth::Authenticated;
use crate::body::{Incoming, Member};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::operations::BOTS;
use crate::site;
use crate::state::HttpState;
use axum::extract::Request;
use http::header::{ORIGIN, USER_AGENT};
use http::{Extensions, HeaderMap};
use isbot::Bots;
use metrics::counter;
use selfsame_application::Sender;
use selfsame_domain::values::{Cookie, EventTypeKey};
use selfsame_domain::{Command, ContactRequest, EventId, EventParams, EventRequest, Identifier, Origin, Timestamp};
use std::sync::LazyLock;

/// The patterns of the library, compiled once.
static AGENTS: LazyLock<Bots> = LazyLock::new(Bots::default);

/// Whether the request comes from a bot, which has no visitor's history. Counts bots. A request without `Origin` comes from an app or a
/// server: it is never a bot, although the patterns would match its HTTP library.
pub(crate) fn is_bot(headers: &HeaderMap) -> bool {
    let page = headers.contains_key(ORIGIN);
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    let is_bot = page && agent.is_some_and(|agent| AGENTS.is_bot(agent));
    if is_bot {
        counter!(BOTS).increment(1);
    }
    is_bot
}

/// A request of a page: its parts besides the members of its body.
pub(crate) struct PageRequest<'s> {
    pub(crate) state: &'s HttpState,
    pub(crate) incoming: Incoming,
    pub(crate) headers: HeaderMap,
    extensions: Extensions,
}

impl<'s> PageRequest<'s> {
    /// Reads a body of at most [`MAX_BYTES`].
    pub(crate) async fn read(state: &'s HttpState, request: Request) -> Result<Self, ApiError> {
        let (headers, extensions) = (request.headers().clone(), request.extensions().clone());
        Ok(Self {
            state,
            incoming: Incoming::read(request, MAX_BYTES).await?,
            headers,
            extensions,
        })
    }

    /// Opens the site whose public key a member has.
    pub(crate) async fn open(&self, site: Member<'_>, secret: Option<Authenticated>) -> Result<Sender, ApiError> {
        let key = public_key(site)?;
        site::open(self.state, &key, secret, &self.headers, &self.extensions).await
    }
}

fn public_key(member: Member<'_>) -> Result<String, ApiError> {
    let mut problems = Problems::default();
    let key = member.text(&mut problems).value();
    problems.finish()?;
    let key = key.ok_or_else(|| ApiError::invalid(member.pointer(), "must be the public key of a site"))?;
    Ok(key.trim().to_owned())
}

/// The visitor's cookie.
pub(crate) fn cookie(member: Member<'_>) -> Result<Identifier, ApiError> {
    let mut problems = Problems::default();
    let text = member.text(&mut problems).value();
    problems.finish()?;
    let read = Cookie::parse(&text.unwrap_or_default());
    let cookie = read.map_err(|error| ApiError::invalid(member.pointer(), error))?;
    Ok(Identifier::cookie(&cookie))
}

/// An event of a page, parsed.
#[derive(Debug)]
pub(crate) struct PageEvent {
    pub(crate) type_key: EventTypeKey,
    pub(crate) params: EventParams,
    pub(crate) occurred_at: Option<Timestamp>,
    /// The event ID, unique within the site and the visitor.
    pub(crate) id: Option<String>,
}

impl PageEvent {
    /// The command that records the event under the identifiers of the visitor.
    pub(crate) fn command(self, place: &str, cookie: Option<&Identifier>, history: &ContactRequest) -> Command {
        let id = self.id.map(|id| EventId::of_page(place, cookie, &id));
        Command::Event(Box::new(EventRequest {
            contact: history.clone(),
            id,
            type_key: self.type_key,
            key_value: None,
            occurred_at: self.occurred_at,
            origin: Origin::Web,
            params: self.params,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn bots_are_recognised() {
        let bot = |agent: &'static str| {
            let page = (ORIGIN, HeaderValue::from_static("https://shop.example"));
            is_bot(&HeaderMap::from_iter([
                page,
                (USER_AGENT, HeaderValue::from_static(agent)),
            ]))
        };
        assert!(bot(
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
        ));
        assert!(bot("curl/8.5.0"));
        assert!(!bot(
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
        ));
        for agent in ["WordPress/6.4; https://shop.example", "okhttp/4.12.0", "curl/8.5.0"] {
            let server = HeaderMap::from_iter([(USER_AGENT, HeaderValue::from_static(agent))]);
            assert!(!is_bot(&server), "{agent}");
        }
    }
}

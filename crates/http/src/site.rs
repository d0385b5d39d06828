//! Requests of pages and apps: reading who sends them. [`Sender`] has the rules.

use crate::auth::Authenticated;
use crate::body::Incoming;
use crate::error::ApiError;
use crate::fields::Problems;
use crate::reply::{Repeated, submit_all, submit_as};
use crate::state::HttpState;
use crate::trace::Note;
use http::header::ORIGIN;
use http::{Extensions, HeaderMap};
use selfsame_application::Sender;
use selfsame_domain::{Action, Command, Decision, Warrant};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Opens the site of a request. Refuses an unknown key with 401, a page of another origin with 403, and a key over its rate limit with 429.
pub(crate) async fn open(
    state: &HttpState,
    site: &str,
    secret: Option<Authenticated>,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Result<Sender, ApiError> {
    // Authentication applies the rate limit of a secret key.
    if let Some(limits) = state.limits.as_ref().filter(|_| secret.is_none()) {
        limits.check(&Sha256::digest(site).into())?;
    }
    // An origin that is no text is no site's.
    let origin = headers.get(ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
    let secret = secret.map(|Authenticated(principal)| principal);
    let sender = state.app.open_sender(site, secret, origin).await?;
    if let Some(note) = extensions.get::<Note>() {
        note.workspace(sender.workspace());
    }
    Ok(sender)
}

/// Refuses an action that the rights of the sender do not cover, with 403.
pub(crate) fn allow(sender: &Sender, action: Action) -> Result<(), ApiError> {
    if sender.may(action) {
        Ok(())
    } else {
        Err(ApiError::Forbidden)
    }
}

/// The warrant of a request; none if its identity token does not count, which is reported at `pointer`.
pub(crate) fn warrant(
    state: &HttpState,
    sender: &Sender,
    token: Option<&str>,
    pointer: &str,
    problems: &mut Problems,
) -> Option<Warrant> {
    problems.check(pointer, state.app.warrant(sender, token))
}

/// Submits commands in one transaction. An idempotency key belongs to the public or secret key of the request.
pub(crate) async fn submit(
    state: &HttpState,
    sender: &Sender,
    incoming: &Incoming,
    commands: Vec<Command>,
) -> Result<Vec<Decision>, ApiError> {
    match sender {
        Sender::Server(principal, _) => {
            let key = Authenticated(Arc::clone(principal));
            submit_all(state, &key, incoming, commands, Repeated::Accepted).await
        }
        Sender::Site(access) => {
            let scope = format!("site {}", access.site.id);
            submit_as(state, sender.workspace(), &scope, incoming, commands).await
        }
    }
}

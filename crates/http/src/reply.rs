//! From a command to the answer: what is handed to the write lane, and what a decision says in headers.

use crate::auth::Authenticated;
use crate::body::Incoming;
use crate::error::ApiError;
use crate::state::HttpState;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue};
use selfsame_application::{Replay, Submission};
use selfsame_domain::{Command, Decision, Outcome, WorkspaceId};

const OUTCOME: HeaderName = HeaderName::from_static("x-selfsame-outcome");
const DECISION: HeaderName = HeaderName::from_static("x-selfsame-decision");
const RULE: HeaderName = HeaderName::from_static("x-selfsame-rule");

/// Whether an identical request is refused within the workspace's window (wire fact).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeated {
    /// It is.
    Refused,
    /// It is not.
    Taken,
}

/// Submits one command and returns its decision. A refused one is an error that carries the decision.
pub(crate) async fn submit(
    state: &HttpState,
    auth: &Authenticated,
    incoming: &Incoming,
    command: Command,
    repeated: Repeated,
) -> Result<Decision, ApiError> {
    let mut decisions = submit_all(state, auth, incoming, vec![command], repeated).await?;
    let decision = decisions
        .pop()
        .ok_or(ApiError::Internal("a submission without decision"))?;
    accepted(decision)
}

/// Submits commands that belong together. The decisions are in their order, refused ones among them.
pub(crate) async fn submit_all(
    state: &HttpState,
    auth: &Authenticated,
    incoming: &Incoming,
    commands: Vec<Command>,
    repeated: Repeated,
) -> Result<Vec<Decision>, ApiError> {
    // Two keys of one workspace belong to two programs, which know nothing of each other's choices.
    let scope = auth.0.key.id.to_string();
    submit_as(state, auth.workspace(), &scope, incoming, commands, repeated).await
}

/// As [`submit_all`], for whoever chooses idempotency keys within the scope.
pub(crate) async fn submit_as(
    state: &HttpState,
    workspace: WorkspaceId,
    scope: &str,
    incoming: &Incoming,
    commands: Vec<Command>,
    repeated: Repeated,
) -> Result<Vec<Decision>, ApiError> {
    let digest = incoming.digest();
    let replay = incoming.idempotency_key.as_ref().map(|key| Replay {
        key: format!("{scope}:{key}"),
        digest: digest.clone(),
    });
    let duplicate_digest = (repeated == Repeated::Refused).then_some(digest);
    let submission = Submission {
        commands,
        replay,
        duplicate_digest,
        bytes: incoming.bytes.len(),
    };
    Ok(state.app.submit(workspace, submission).await?)
}

/// The decision, unless it refused the command.
pub(crate) fn accepted(decision: Decision) -> Result<Decision, ApiError> {
    match (&decision.rejection, decision.outcome) {
        (Some(rejection), _) => Err(ApiError::Rejected {
            rejection: rejection.clone(),
            decision: Box::new(decision),
        }),
        (None, Outcome::Rejected) => Err(ApiError::Internal("a refused command without a reason")),
        (None, _) => Ok(decision),
    }
}

/// Says in headers what was decided. Taken from the decision alone, so that a replayed answer equals the first.
pub(crate) fn add_headers(decision: &Decision, headers: &mut HeaderMap) {
    headers.insert(OUTCOME, HeaderValue::from_static(decision.outcome.as_str()));
    headers.insert(RULE, HeaderValue::from_static(decision.rule.as_str()));
    if let Ok(id) = HeaderValue::from_str(&decision.id.to_string()) {
        headers.insert(DECISION, id);
    }
}

/// An answer with the headers of the decision that led to it.
#[derive(Debug, Clone)]
pub(crate) struct Decided<R>(pub(crate) Decision, pub(crate) R);

impl<R: IntoResponse> IntoResponse for Decided<R> {
    fn into_response(self) -> Response {
        let mut response = self.1.into_response();
        add_headers(&self.0, response.headers_mut());
        response
    }
}

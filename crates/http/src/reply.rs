//! From a command to the answer: submits commands to the write lane, and writes decisions to headers.

use crate::auth::{Authenticated, Recognised};
use crate::body::{Document, Incoming};
use crate::error::{ApiError, left_out};
use crate::state::HttpState;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue};
use selfsame_application::{Submission, SubmitError};
use selfsame_domain::{Command, Decision, Outcome, WorkspaceId};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

const OUTCOME: HeaderName = HeaderName::from_static("x-selfsame-outcome");
const DECISION: HeaderName = HeaderName::from_static("x-selfsame-decision");
const RULE: HeaderName = HeaderName::from_static("x-selfsame-rule");
pub(crate) const LEFT_OUT: HeaderName = HeaderName::from_static("x-selfsame-left-out");

/// The greatest number of decisions that the headers of a call name.
const MAX_LISTED: usize = 50;

/// Whether an identical request is refused within the workspace's window (wire fact).
#[derive(Debug, Clone, Copy)]
pub(crate) enum Repeated<'b> {
    /// It is refused if its body has the same content.
    Refused(&'b Document),
    /// It is accepted.
    Accepted,
}

/// Submits one command and returns its decision. A refused one is an error that carries the decision.
pub(crate) async fn submit(
    state: &HttpState,
    auth: &Authenticated,
    incoming: &Incoming,
    command: Command,
    repeated: Repeated<'_>,
) -> Result<Decision, ApiError> {
    single(submit_all(state, auth, incoming, vec![command], repeated).await?)
}

fn single(mut decisions: Vec<Decision>) -> Result<Decision, ApiError> {
    let decision = decisions.pop();
    accepted(decision.ok_or(ApiError::Internal("a submission without decision"))?)
}

/// A command, and the body whose repetition is refused within the workspace's window.
pub(crate) type ReadCommand = (Command, Option<Document>);

/// As [`submit`], of what `read` reads with the policy and the rights of the caller. The commit confirms a caller that is known from memory. When
/// it does not, and when `read` refuses the request, the key is read, and `read` is called again.
pub(crate) async fn submit_read(
    state: &HttpState,
    caller: &Recognised,
    incoming: &Incoming,
    read: impl Fn(&Authenticated) -> Result<ReadCommand, ApiError>,
) -> Result<Decision, ApiError> {
    if let Some(known) = caller.remembered()
        && let Ok((command, body)) = read(known)
    {
        let scope = known.0.key.id.to_string();
        let duplicate_digest = duplicate_digest(known, incoming, body.as_ref());
        let submission = submission(&scope, incoming, vec![command], duplicate_digest);
        match state.app.submit_on(known.workspace(), submission, known.0.access).await {
            Err(SubmitError::AccessChanged) => {}
            decided => return single(decided?),
        }
    }
    let auth = caller.confirmed(state).await?;
    let (command, body) = read(&auth)?;
    let repeated = body.as_ref().map_or(Repeated::Accepted, Repeated::Refused);
    submit(state, &auth, incoming, command, repeated).await
}

/// Submits commands in one transaction. The decisions are in their order, including refusals.
pub(crate) async fn submit_all(
    state: &HttpState,
    auth: &Authenticated,
    incoming: &Incoming,
    commands: Vec<Command>,
    repeated: Repeated<'_>,
) -> Result<Vec<Decision>, ApiError> {
    // Two API keys of one workspace belong to two programs, which choose idempotency keys independently.
    let scope = auth.0.key.id.to_string();
    let body = match repeated {
        Repeated::Refused(body) => Some(body),
        Repeated::Accepted => None,
    };
    let submission = submission(&scope, incoming, commands, duplicate_digest(auth, incoming, body));
    Ok(state.app.submit(auth.workspace(), submission).await?)
}

/// The digest by which repetitions of a request are found. None where the workspace has no window, as most: the digest of every request would
/// cost more than reading it.
fn duplicate_digest(auth: &Authenticated, incoming: &Incoming, body: Option<&Document>) -> Option<Vec<u8>> {
    let body = body.filter(|_| auth.0.workspace.policy.duplicate_window_seconds > 0)?;
    Some(incoming.digest_of(body))
}

/// As [`submit_all`] of calls that may be repeated, with a given scope of the idempotency key.
pub(crate) async fn submit_as(
    state: &HttpState,
    workspace: WorkspaceId,
    scope: &str,
    incoming: &Incoming,
    commands: Vec<Command>,
) -> Result<Vec<Decision>, ApiError> {
    let submission = submission(scope, incoming, commands, None);
    Ok(state.app.submit(workspace, submission).await?)
}

fn submission(
    scope: &str,
    incoming: &Incoming,
    commands: Vec<Command>,
    duplicate_digest: Option<Vec<u8>>,
) -> Submission {
    let replay = incoming.replay(scope);
    Submission {
        commands,
        replay,
        duplicate_digest,
        bytes: incoming.bytes.len(),
        import: None,
    }
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

/// Writes the decision to headers. They depend on the decision alone, so that a replayed answer equals the first.
pub(crate) fn add_headers(decision: &Decision, headers: &mut HeaderMap) {
    headers.insert(OUTCOME, HeaderValue::from_static(decision.outcome.as_str()));
    headers.insert(RULE, HeaderValue::from_static(decision.rule.as_str()));
    if let Ok(id) = HeaderValue::from_str(&decision.id.to_string()) {
        headers.insert(DECISION, id);
    }
    add_left_out(std::slice::from_ref(decision), headers);
}

/// Writes the number of members that were left out; the decisions have their names and the reasons.
fn add_left_out(decisions: &[Decision], headers: &mut HeaderMap) {
    let count: usize = decisions.iter().map(|decision| left_out(decision).count()).sum();
    if count > 0 {
        headers.insert(LEFT_OUT, HeaderValue::from(count));
    }
}

/// The headers of a call that made several decisions: the number of each outcome, and the IDs of the first decisions in the order
/// of the request. Header lines are lists (RFC 9110, 5.3), and proxies accept few kilobytes of them. A single decision has the headers of
/// [`add_headers`].
pub(crate) fn add_all_headers(decisions: &[Decision], headers: &mut HeaderMap) {
    if let [decision] = decisions {
        return add_headers(decision, headers);
    }
    add_left_out(decisions, headers);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for decision in decisions {
        *counts.entry(decision.outcome.as_str()).or_default() += 1;
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(outcome, count)| format!("{outcome}={count}"))
        .collect();
    let ids: Vec<String> = decisions
        .iter()
        .take(MAX_LISTED)
        .map(|decision| decision.id.to_string())
        .collect();
    let lists = [(OUTCOME, counts), (DECISION, ids)];
    for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        if let Ok(list) = HeaderValue::from_str(&list.join(", ")) {
            headers.insert(name, list);
        }
    }
}

/// A list of an answer in the protocol's form: a single entry is not in an array (wire fact).
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum OneOrMany<T> {
    /// The single entry.
    One(T),
    /// None, or several.
    Many(Vec<T>),
}

impl<T> From<Vec<T>> for OneOrMany<T> {
    fn from(mut entries: Vec<T>) -> Self {
        match entries.pop() {
            Some(single) if entries.is_empty() => Self::One(single),
            last => {
                entries.extend(last);
                Self::Many(entries)
            }
        }
    }
}

/// An answer with the headers of the decisions that led to it.
#[derive(Debug, Clone)]
pub(crate) struct AllDecided<R>(pub(crate) Vec<Decision>, pub(crate) R);

impl<R: IntoResponse> IntoResponse for AllDecided<R> {
    fn into_response(self) -> Response {
        let mut response = self.1.into_response();
        add_all_headers(&self.0, response.headers_mut());
        response
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

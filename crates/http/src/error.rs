//! The errors of requests: one variant per cause, each with its status.

use crate::admission::ENCODINGS;
use crate::members;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use selfsame_application::ports::StorageError;
use selfsame_application::{AccessError, SubmitError};
use selfsame_domain::{Decision, Effect, Rejection, Revision};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// How long a client should wait before it retries at a busy server, in seconds.
const RETRY_AFTER_SECONDS: u64 = 1;

/// One thing that is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = InvalidField)]
pub(crate) struct Problem {
    /// Where in the body it stands (JSON Pointer, RFC 6901), or the name of the parameter or header.
    #[schema(example = "/channels/0/value")]
    pub(crate) pointer: String,
    /// What is wrong with it, so that it can follow its name.
    #[schema(example = "must be an email address")]
    pub(crate) reason: String,
}

impl Problem {
    #[allow(
        clippy::needless_pass_by_value,
        reason = "callers pass texts and errors as they have them"
    )]
    pub(crate) fn new(pointer: impl Into<String>, reason: impl ToString) -> Self {
        Self {
            pointer: members::known(pointer.into()),
            reason: reason.to_string(),
        }
    }

    /// For people: `channels[0].value must be an email address`.
    fn to_text(&self) -> String {
        format!("{} {}", member(&self.pointer), self.reason)
    }
}

/// A JSON pointer in readable form: `/channels/0/value` becomes `channels[0].value`. Other texts are left as they are.
pub(crate) fn member(pointer: &str) -> String {
    let Some(path) = pointer.strip_prefix('/') else {
        return if pointer.is_empty() {
            "the body".to_owned()
        } else {
            pointer.to_owned()
        };
    };
    let mut text = String::with_capacity(path.len());
    for segment in path.split('/') {
        if !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit()) {
            text.push('[');
            text.push_str(segment);
            text.push(']');
        } else {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(&segment.replace("~1", "/").replace("~0", "~"));
        }
    }
    text
}

/// The reason why a request failed.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum ApiError {
    /// Members, parameters or headers are wrong; at least one.
    #[error("the request is invalid")]
    Invalid(Vec<Problem>),
    /// The body is not valid JSON.
    #[error("the body is no valid JSON: {reason} at line {line} column {column}")]
    Malformed { reason: String, line: usize, column: usize },
    /// The body ended early.
    #[error("the body could not be read")]
    Unreadable,
    /// The key is missing or invalid.
    #[error("{0}")]
    Unauthorized(&'static str),
    /// The key's rights do not cover the call.
    #[error("the rights of this API key do not cover this call")]
    Forbidden,
    /// The page is of no origin of the site.
    #[error("the site has no such origin: add it with `selfsame site set`")]
    ForeignOrigin,
    /// The resource of the path does not exist.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The call is about messages, which this server does not send.
    #[error("not found: this server sends no messages, and has no {0}")]
    SendsNothing(&'static str),
    /// The path has no route.
    #[error("not found: there is no such resource")]
    NoRoute,
    /// The path does not answer to this method.
    #[error("this resource does not answer to this method")]
    MethodNotAllowed,
    /// The body is of another media type than a patch.
    #[error("the body must be application/merge-patch+json or application/json")]
    NotAPatch,
    /// The body is of another media type than a file of contacts.
    #[error(
        "the body must be a file: text/csv, text/tab-separated-values, application/x-ndjson, XLSX, or multipart/form-data with one"
    )]
    NotATable,
    /// The import does not wait for a decision.
    #[error("the import needs no decision")]
    NoDecisionNeeded,
    /// The body is larger than allowed.
    #[error("the body is larger than {limit} bytes")]
    TooLarge { limit: usize },
    /// The body has so many members and entries that it would use more memory than all bodies may.
    #[error("the body has too many values: send fewer entries at a time")]
    TooManyValues,
    /// The content encoding of the body is not supported.
    #[error(
        "the Content-Encoding {} is not supported: send the body plain, or as one of {}",
        .0, ENCODINGS
    )]
    UnsupportedEncoding(&'static str),
    /// A rule refused the command. The decision has the details.
    #[error("{rejection}")]
    Rejected {
        rejection: Rejection,
        decision: Box<Decision>,
    },
    /// A name or key is taken.
    #[error("{0} is taken")]
    Taken(&'static str),
    /// The change feed does not reach back so far.
    #[error(
        "changes are kept from revision {} on: read all contacts again, and continue from the present revision",
        .begins.next()
    )]
    Forgotten { begins: Revision },
    /// Another resource uses the one to be deleted.
    #[error("{0}")]
    InUse(&'static str),
    /// The export cannot be verified now.
    #[error("{0}")]
    NotVerifiable(String),
    /// The idempotency key was used for another request.
    #[error("the Idempotency-Key was used for another request")]
    ReplayMismatch,
    /// The key exceeded its rate limit.
    #[error("too many requests")]
    TooManyRequests { retry_after: u64 },
    /// The queue is full, or the server is stopping.
    #[error("the server is busy; try again later")]
    Busy,
    /// The database is not available, or too many requests competed for the same rows.
    #[error("the storage is unavailable; try again later")]
    Unavailable(Arc<StorageError>),
    /// The request took too long.
    #[error("the request took too long; it may still take effect")]
    TimedOut,
    /// An internal error of the storage. Its cause is logged and not answered.
    #[error("internal error")]
    Storage(Arc<StorageError>),
    /// A decision that the handler cannot render, or a panic.
    #[error("internal error")]
    Internal(&'static str),
}

impl ApiError {
    /// An invalid request with a single error.
    pub(crate) fn invalid(pointer: impl Into<String>, reason: impl ToString) -> Self {
        Self::Invalid(vec![Problem::new(pointer, reason)])
    }

    /// The status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(_) | Self::Malformed { .. } | Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::ForeignOrigin => StatusCode::FORBIDDEN,
            Self::NotFound(_) | Self::SendsNothing(_) | Self::NoRoute => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAPatch | Self::NotATable | Self::UnsupportedEncoding(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Taken(_) | Self::InUse(_) | Self::NoDecisionNeeded | Self::NotVerifiable(_) => StatusCode::CONFLICT,
            Self::Forgotten { .. } => StatusCode::GONE,
            Self::TooLarge { .. } | Self::TooManyValues => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Rejected { rejection, .. } => rejection_of(rejection).0,
            Self::ReplayMismatch => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy | Self::Unavailable(_) | Self::TimedOut => StatusCode::SERVICE_UNAVAILABLE,
            Self::Storage(_) | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The last part of the problem's `type`: stable, for programs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid-request",
            Self::Malformed { .. } | Self::Unreadable => "malformed-body",
            Self::Unauthorized(_) => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::ForeignOrigin => "foreign-origin",
            Self::NotFound(_) => "not-found",
            Self::SendsNothing(_) => "sends-no-messages",
            Self::NoRoute => "no-such-resource",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::NotAPatch | Self::NotATable => "unsupported-media-type",
            Self::NoDecisionNeeded => "no-decision-needed",
            Self::Taken(_) => "already-exists",
            Self::Forgotten { .. } => "changes-forgotten",
            Self::InUse(_) => "in-use",
            Self::NotVerifiable(_) => "not-verifiable",
            Self::TooLarge { .. } | Self::TooManyValues => "body-too-large",
            Self::UnsupportedEncoding(_) => "unsupported-encoding",
            Self::Rejected { rejection, .. } => rejection_of(rejection).1,
            Self::ReplayMismatch => "idempotency-key-reused",
            Self::TooManyRequests { .. } => "too-many-requests",
            Self::Busy => "busy",
            Self::Unavailable(_) => "storage-unavailable",
            Self::TimedOut => "timeout",
            Self::Storage(_) | Self::Internal(_) => "internal",
        }
    }

    /// The error text, without names of members if [`Self::problems`] has them.
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::Invalid(problems) => problems.iter().map(Problem::to_text).collect::<Vec<_>>().join("; "),
            Self::Rejected { rejection, decision } => {
                let skipped: Vec<String> = skipped(decision).map(|problem| problem.to_text()).collect();
                if skipped.is_empty() {
                    rejection.to_string()
                } else {
                    format!("{rejection} (left out: {})", skipped.join("; "))
                }
            }
            other => other.to_string(),
        }
    }

    /// The errors and the members that were left out, with pointers.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        match self {
            Self::Invalid(problems) => problems.clone(),
            Self::Rejected {
                rejection: Rejection::ExternalIdHeld { .. },
                ..
            } => {
                vec![Problem::new("/externalCustomerId", "belongs to another contact")]
            }
            Self::Rejected {
                rejection: Rejection::InvalidField { member, reason },
                ..
            } => vec![Problem::new(pointer(member), reason)],
            Self::Rejected { decision, .. } => skipped(decision).collect(),
            _ => Vec::new(),
        }
    }

    /// How long to wait before a retry, in seconds.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooManyRequests { retry_after } => Some(*retry_after),
            Self::Busy | Self::Unavailable(_) | Self::TimedOut => Some(RETRY_AFTER_SECONDS),
            _ => None,
        }
    }

    /// The decision that refused the request.
    pub(crate) fn decision(&self) -> Option<&Decision> {
        match self {
            Self::Rejected { decision, .. } => Some(decision),
            _ => None,
        }
    }
}

/// The members that a decision skipped. Decisions name members in readable form. The place of a blocked value in the request is not known.
fn skipped(decision: &Decision) -> impl Iterator<Item = Problem> + '_ {
    let blocked = decision.effects.iter().filter_map(|effect| match effect {
        Effect::Blocked {
            identifier,
            kept: false,
        } => {
            let kind = identifier.kind().as_str();
            Some(Problem::new("", format!("names a blocked value as {kind}")))
        }
        _ => None,
    });
    left_out(decision).chain(blocked)
}

/// The members of a request that a decision left out.
pub(crate) fn left_out(decision: &Decision) -> impl Iterator<Item = Problem> + '_ {
    decision.effects.iter().filter_map(|effect| match effect {
        Effect::Skipped(skipped) => Some(Problem::new(pointer(&skipped.field), &skipped.reason)),
        _ => None,
    })
}

/// The inverse of [`member`]: `channels[0].value` is `/channels/0/value`.
pub(crate) fn pointer(member: &str) -> String {
    let segments = member.split(['.', '[', ']']).filter(|segment| !segment.is_empty());
    segments.fold(String::new(), |pointer, segment| pointer + "/" + segment)
}

/// Status and code of a refused command.
pub(crate) fn rejection_of(rejection: &Rejection) -> (StatusCode, &'static str) {
    match rejection {
        Rejection::ContactNotFound => (StatusCode::NOT_FOUND, "contact-not-found"),
        Rejection::ExternalIdHeld { .. } => (StatusCode::BAD_REQUEST, "external-id-held"),
        Rejection::NoIdentifier => (StatusCode::BAD_REQUEST, "no-identifier"),
        Rejection::CookieAlone => (StatusCode::BAD_REQUEST, "cookie-alone"),
        Rejection::SegmentNotFound => (StatusCode::NOT_FOUND, "segment-not-found"),
        Rejection::SegmentIsDynamic => (StatusCode::BAD_REQUEST, "segment-is-dynamic"),
        Rejection::SegmentIsStatic => (StatusCode::BAD_REQUEST, "segment-is-static"),
        Rejection::UnknownSegmentInFormula => (StatusCode::BAD_REQUEST, "unknown-segment-in-formula"),
        Rejection::SegmentCycle { .. } => (StatusCode::BAD_REQUEST, "segment-cycle"),
        Rejection::SegmentInUse { .. } => (StatusCode::CONFLICT, "segment-in-use"),
        Rejection::SegmentOfCategory => (StatusCode::CONFLICT, "segment-of-category"),
        Rejection::TooManySegments { .. } => (StatusCode::CONFLICT, "too-many-segments"),
        Rejection::CategoryNotFound { .. } => (StatusCode::NOT_FOUND, "category-not-found"),
        Rejection::FieldNotFound => (StatusCode::NOT_FOUND, "field-not-found"),
        Rejection::FieldNotIdentifying => (StatusCode::BAD_REQUEST, "field-not-identifying"),
        Rejection::InvalidField { .. } => (StatusCode::BAD_REQUEST, "invalid-field"),
        Rejection::NoDedupeValue => (StatusCode::BAD_REQUEST, "no-dedupe-value"),
        Rejection::EventTooOld { .. } => (StatusCode::BAD_REQUEST, "event-too-old"),
        Rejection::DatedAhead => (StatusCode::BAD_REQUEST, "dated-ahead"),
        Rejection::OrderNotFound => (StatusCode::NOT_FOUND, "order-not-found"),
        Rejection::OrderAmbiguous => (StatusCode::BAD_REQUEST, "order-ambiguous"),
        Rejection::OrdersAreKept => (StatusCode::FORBIDDEN, "orders-are-kept"),
        Rejection::EventsAreKept => (StatusCode::FORBIDDEN, "events-are-kept"),
        Rejection::AlreadyExists { .. } => (StatusCode::CONFLICT, "already-exists"),
        Rejection::TokenNotFound => (StatusCode::NOT_FOUND, "token-not-found"),
        Rejection::SameContact => (StatusCode::BAD_REQUEST, "same-contact"),
        Rejection::DifferentExternalIds => (StatusCode::CONFLICT, "different-external-ids"),
        Rejection::TooManyIdentifiers { .. } => (StatusCode::CONFLICT, "too-many-identifiers"),
        Rejection::MergeNotFound => (StatusCode::NOT_FOUND, "merge-not-found"),
        Rejection::AlreadyUndone => (StatusCode::CONFLICT, "already-undone"),
        Rejection::Changed => (StatusCode::PRECONDITION_FAILED, "precondition-failed"),
        Rejection::DuplicatedRequest => (StatusCode::CONFLICT, "duplicated-request"),
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self::Invalid(vec![problem])
    }
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        Arc::new(error).into()
    }
}

impl From<Arc<StorageError>> for ApiError {
    fn from(error: Arc<StorageError>) -> Self {
        match &*error {
            StorageError::Conflict { what } => Self::Taken(what),
            StorageError::Retriable | StorageError::Unavailable { .. } | StorageError::Lost { .. } => {
                Self::Unavailable(error)
            }
            StorageError::Corrupt { .. }
            | StorageError::Inconsistent(_)
            | StorageError::UnknownWorkspace
            | StorageError::ImportNotRunning
            | StorageError::Refused(_) => Self::Storage(error),
        }
    }
}

impl From<SubmitError> for ApiError {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Busy => Self::Busy,
            SubmitError::ReplayMismatch => Self::ReplayMismatch,
            // The callers that submit so read the key again.
            SubmitError::AccessChanged => Self::Internal("a key was not read again after its workspace changed"),
            SubmitError::Storage(error) => error.into(),
        }
    }
}

impl From<AccessError> for ApiError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Unknown => Self::Unauthorized("the API key is unknown"),
            AccessError::ForeignOrigin => Self::ForeignOrigin,
            AccessError::UnknownSite => Self::Unauthorized("the site key is unknown"),
            AccessError::ForeignNumber => {
                Self::Unauthorized("the number of a workspace opens nothing without an API key of that workspace")
            }
            AccessError::UnknownToken => Self::Unauthorized("the token for events is unknown"),
            AccessError::Revoked => Self::Unauthorized("the API key was revoked"),
            AccessError::Expired => Self::Unauthorized("the API key or the token has expired"),
            AccessError::Storage(error) => error.into(),
        }
    }
}

impl IntoResponse for ApiError {
    /// Sets only the status: the form of the body depends on the request, which [`crate::render`] knows.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use selfsame_domain::{ContactId, Invariant};

    #[test]
    fn every_failure_of_the_storage_has_a_status() {
        let refused = || StorageError::Refused("syntax".into());
        for (error, status, retry) in [
            (StorageError::Retriable, 503, true),
            (
                StorageError::Unavailable {
                    reason: "gone".to_owned(),
                },
                503,
                true,
            ),
            (StorageError::Conflict { what: "name" }, 409, false),
            (
                StorageError::Corrupt {
                    table: "t",
                    column: "c",
                    key: "1".to_owned(),
                },
                500,
                false,
            ),
            (StorageError::Inconsistent(Invariant::NoNewId("contact")), 500, false),
            (StorageError::UnknownWorkspace, 500, false),
            (refused(), 500, false),
        ] {
            let error = ApiError::from(error);
            assert_eq!(
                (error.status().as_u16(), error.retry_after().is_some()),
                (status, retry),
                "{error:?}"
            );
            // The storage's text is for the log alone.
            assert!(
                !error.detail().contains("gone") && !error.detail().contains("syntax"),
                "{error}"
            );
        }
        assert_eq!(ApiError::from(SubmitError::Busy).status().as_u16(), 503);
        assert_eq!(ApiError::from(SubmitError::from(refused())).status().as_u16(), 500);
    }

    #[test]
    fn what_is_not_found_says_so_and_is_404() {
        let key = "k".to_owned();
        for rejection in [
            Rejection::ContactNotFound,
            Rejection::SegmentNotFound,
            Rejection::CategoryNotFound { key },
            Rejection::FieldNotFound,
            Rejection::OrderNotFound,
            Rejection::TokenNotFound,
            Rejection::MergeNotFound,
        ] {
            assert!(rejection.to_string().contains("not found"));
            assert_eq!(rejection_of(&rejection).0, StatusCode::NOT_FOUND);
        }
        let held = Rejection::ExternalIdHeld { holder: ContactId(7) };
        assert_eq!(rejection_of(&held).0, StatusCode::BAD_REQUEST);
        assert!(held.to_string().contains("id=7"));
    }

    #[test]
    fn members_and_pointers() {
        for (at, name) in [
            ("/channels/0/value", "channels[0].value"),
            ("/a", "a"),
            ("/tokens/11", "tokens[11]"),
        ] {
            assert_eq!(member(at), name);
            assert_eq!(pointer(name), at);
        }
        assert_eq!(member("/a~1b~0/c"), "a/b~.c");
        assert_eq!(member(""), "the body");
        assert_eq!(member("maxrows"), "maxrows");
    }
}

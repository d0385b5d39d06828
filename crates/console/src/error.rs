//! Why a page is not shown, and the page that says so.

use crate::browser::Browser;
use crate::page::Page;
use crate::reasons;
use crate::texts::Texts;
use askama::Template;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::{HeaderName, HeaderValue, RETRY_AFTER};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use selfsame_application::ports::{ProviderError, StorageError};
use selfsame_application::{ConsoleError, PreviewError, SegmentError, SubmitError};
use std::sync::Arc;

/// Why a page is not shown. One variant per cause.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    /// The request has no valid session. After the sign-in the browser returns to `back`.
    #[error("not signed in")]
    SignIn {
        /// Path and query of the page.
        back: Option<String>,
    },
    /// There is nothing at this address, or it is another workspace's.
    #[error("not found")]
    NotFound,
    /// The form is none of this page.
    #[error("the form cannot be read")]
    BadForm,
    /// The form comes from another site, or from a session that is over.
    #[error("the form is not from this session")]
    Csrf,
    /// Too many passwords were tried.
    #[error("too many attempts")]
    TooMany {
        /// In how many seconds another one may be tried.
        retry_after: u64,
    },
    /// The request took too long.
    #[error("the request took too long")]
    TimedOut,
    /// A fault of this program.
    #[error("internal error: {0}")]
    Internal(&'static str),
    /// The template failed.
    #[error("a page cannot be written")]
    Template(#[from] askama::Error),
    /// A use case refused.
    #[error(transparent)]
    Console(#[from] ConsoleError),
    /// A file cannot be previewed.
    #[error(transparent)]
    Preview(PreviewError),
    /// The form or its file is larger than the server takes.
    #[error("the form is too large")]
    TooLarge,
}

impl From<PreviewError> for PageError {
    fn from(error: PreviewError) -> Self {
        match error {
            PreviewError::Failed(error) => error.into(),
            other => Self::Preview(other),
        }
    }
}

impl From<StorageError> for PageError {
    fn from(error: StorageError) -> Self {
        Self::Console(error.into())
    }
}

impl From<SegmentError> for PageError {
    fn from(error: SegmentError) -> Self {
        Self::Console(error.into())
    }
}

impl From<SubmitError> for PageError {
    fn from(error: SubmitError) -> Self {
        Self::Console(error.into())
    }
}

impl PageError {
    /// The status, and the name of the text that says what to do.
    fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            Self::SignIn { .. } => (StatusCode::UNAUTHORIZED, "error-sign-in"),
            Self::NotFound => (StatusCode::NOT_FOUND, "error-not-found"),
            Self::BadForm => (StatusCode::BAD_REQUEST, "error-form"),
            Self::Csrf => (StatusCode::FORBIDDEN, "error-csrf"),
            Self::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "error-too-many"),
            Self::TimedOut | Self::Preview(PreviewError::TooLate) => {
                (StatusCode::SERVICE_UNAVAILABLE, "error-unavailable")
            }
            Self::Internal(_) | Self::Template(_) => (StatusCode::INTERNAL_SERVER_ERROR, "error-internal"),
            Self::Preview(PreviewError::Malformed(_)) => (StatusCode::UNPROCESSABLE_ENTITY, "error-file"),
            Self::Preview(PreviewError::File(_) | PreviewError::Failed(_)) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "error-internal")
            }
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "error-too-large"),
            Self::Console(error) => kind_of(error),
        }
    }

    /// What was refused, in the words of the rule that refused it. They repeat nothing that a sender chose but names of segments.
    fn detail(&self, texts: Texts) -> Option<String> {
        match self {
            Self::Console(ConsoleError::Rejected(rejection)) => Some(reasons::rejection(rejection, texts)),
            Self::Console(ConsoleError::WeakPassword(problem)) => Some(reasons::password(*problem, texts)),
            Self::Console(ConsoleError::Policy(problem)) => Some(reasons::policy(*problem, texts)),
            Self::Console(ConsoleError::Export(error)) => Some(error.to_string()),
            Self::Console(ConsoleError::Webhook(error)) => Some(error.to_string()),
            Self::Console(ConsoleError::Value(error)) => Some(error.to_string()),
            Self::Preview(PreviewError::Malformed(reason)) => Some(reason.clone()),
            _ => None,
        }
    }

    fn log(&self) {
        let (status, _) = self.kind();
        if status.is_server_error() {
            tracing::error!(error = self as &dyn std::error::Error, "a page was not shown");
        }
    }
}

fn kind_of(error: &ConsoleError) -> (StatusCode, &'static str) {
    match error {
        ConsoleError::NoSession => (StatusCode::UNAUTHORIZED, "error-sign-in"),
        ConsoleError::WrongCredentials => (StatusCode::UNAUTHORIZED, "error-credentials"),
        ConsoleError::WrongCode => (StatusCode::UNAUTHORIZED, "error-code"),
        ConsoleError::SignInOver => (StatusCode::UNAUTHORIZED, "error-sign-in-over"),
        ConsoleError::Provider(ProviderError::Unreachable(_)) => {
            (StatusCode::BAD_GATEWAY, "error-provider-unreachable")
        }
        ConsoleError::Provider(ProviderError::Refused) => (StatusCode::UNAUTHORIZED, "error-provider-refused"),
        ConsoleError::Provider(ProviderError::InvalidToken(_)) => (StatusCode::UNAUTHORIZED, "error-provider-token"),
        ConsoleError::EmailNotVerified => (StatusCode::UNAUTHORIZED, "error-email-not-verified"),
        ConsoleError::UnknownAccount => (StatusCode::UNAUTHORIZED, "error-unknown-account"),
        ConsoleError::OtherAccount => (StatusCode::UNAUTHORIZED, "error-other-account"),
        ConsoleError::NoKey => (StatusCode::CONFLICT, "error-no-key"),
        ConsoleError::OtherKey => (StatusCode::CONFLICT, "error-other-key"),
        ConsoleError::NoWorkspace => (StatusCode::FORBIDDEN, "error-no-workspace"),
        ConsoleError::Forbidden => (StatusCode::FORBIDDEN, "error-forbidden"),
        ConsoleError::NotFound(_)
        | ConsoleError::NoInvitation
        | ConsoleError::Segment(SegmentError::NotFound | SegmentError::NoContact) => {
            (StatusCode::NOT_FOUND, "error-not-found")
        }
        ConsoleError::LastAdmin => (StatusCode::CONFLICT, "error-last-admin"),
        ConsoleError::WeakPassword(_) => (StatusCode::UNPROCESSABLE_ENTITY, "error-password"),
        ConsoleError::Rejected(_) => (StatusCode::CONFLICT, "error-rejected"),
        ConsoleError::Segment(SegmentError::Invalid(_)) => (StatusCode::UNPROCESSABLE_ENTITY, "error-form"),
        ConsoleError::Busy | ConsoleError::Submit(SubmitError::Busy) => {
            (StatusCode::SERVICE_UNAVAILABLE, "error-unavailable")
        }
        ConsoleError::Storage(storage) | ConsoleError::Segment(SegmentError::Storage(storage)) => {
            kind_of_storage(storage)
        }
        ConsoleError::Submit(SubmitError::Storage(storage)) => kind_of_storage(storage),
        ConsoleError::NotNow => (StatusCode::CONFLICT, "error-not-now"),
        ConsoleError::Export(_) | ConsoleError::Webhook(_) | ConsoleError::Value(_) | ConsoleError::Policy(_) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "error-rejected")
        }
        // The console sends no idempotency keys, and its sessions do not depend on API keys.
        ConsoleError::Unwritable
        | ConsoleError::Hash
        | ConsoleError::UnusableSecret
        | ConsoleError::Submit(SubmitError::ReplayMismatch | SubmitError::AccessChanged) => {
            (StatusCode::INTERNAL_SERVER_ERROR, "error-internal")
        }
    }
}

fn kind_of_storage(error: &StorageError) -> (StatusCode, &'static str) {
    match error {
        StorageError::Conflict { .. } => (StatusCode::CONFLICT, "error-conflict"),
        StorageError::Retriable | StorageError::Unavailable { .. } | StorageError::Lost { .. } => {
            (StatusCode::SERVICE_UNAVAILABLE, "error-unavailable")
        }
        StorageError::Corrupt { .. }
        | StorageError::Inconsistent(_)
        | StorageError::UnknownWorkspace
        | StorageError::ImportNotRunning
        | StorageError::Refused(_) => (StatusCode::INTERNAL_SERVER_ERROR, "error-internal"),
    }
}

/// The error on its way to [`render`], which knows the language.
#[derive(Debug, Clone)]
struct Carried(Arc<PageError>);

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let mut response = self.kind().0.into_response();
        if let Self::TooMany { retry_after } = self {
            response.headers_mut().insert(RETRY_AFTER, retry_after.into());
        }
        response.extensions_mut().insert(Carried(Arc::new(self)));
        response
    }
}

/// The page that says what went wrong.
#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    page: Page,
    text: String,
    detail: Option<String>,
}

/// Writes the page of an error, in the language of the browser.
pub(crate) async fn render(browser: Browser, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let Some(Carried(error)) = response.extensions().get::<Carried>().cloned() else {
        return response;
    };
    error.log();
    if let PageError::SignIn { back } = &*error {
        return to_sign_in(&browser, back.as_deref());
    }
    let (status, name) = error.kind();
    let text = browser.texts.get(name);
    let page = ErrorPage {
        page: Page::outside(&browser, &text),
        text,
        detail: error.detail(browser.texts),
    };
    match page.render() {
        Ok(html) => {
            let (mut parts, _) = response.into_parts();
            parts.status = status;
            parts.headers.remove(http::header::CONTENT_LENGTH);
            let body = Html(html).into_response();
            let mut whole = (parts.status, body).into_response();
            whole.headers_mut().extend(parts.headers);
            whole
        }
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the page of an error cannot be written"
            );
            response
        }
    }
}

fn to_sign_in(browser: &Browser, back: Option<&str>) -> Response {
    let back = back.filter(|back| *back != "/");
    let query = back.map(|back| format!("?back={}", utf8_percent_encode(back, NON_ALPHANUMERIC)));
    go(browser, &format!("/sign-in{}", query.unwrap_or_default()))
}

/// Sends the browser to another page.
pub(crate) fn go(browser: &Browser, to: &str) -> Response {
    if !browser.is_script {
        return Redirect::to(to).into_response();
    }
    match HeaderValue::from_str(to) {
        Ok(to) => ([(HeaderName::from_static("hx-redirect"), to)], ()).into_response(),
        Err(_) => PageError::Internal("an address that is no header").into_response(),
    }
}

/// What a form says about an error that its sender can mend, next to the form itself; any other error is a page of its own.
pub(crate) fn mendable(error: PageError, texts: Texts) -> Result<(StatusCode, String), PageError> {
    let (status, name) = error.kind();
    if !status.is_client_error() || matches!(status, StatusCode::NOT_FOUND | StatusCode::FORBIDDEN) {
        return Err(error);
    }
    let text = texts.get(name);
    let text = match error.detail(texts) {
        Some(detail) => format!("{text} {detail}"),
        None => text,
    };
    Ok((status, text))
}

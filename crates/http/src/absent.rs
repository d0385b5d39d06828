//! Calls of the protocol about messages, which this server does not send. They are not in the API description, since they do nothing.

use crate::auth::Authenticated;
use crate::error::ApiError;
use crate::state::HttpState;
use axum::routing::any;
use axum::{Extension, Router};
use selfsame_domain::Action;

/// The template of each call, and its subject for the error text.
const CALLS: [(&str, &str); 16] = [
    ("/api/v1/balance", "balance"),
    ("/api/v1/balance/{*rest}", "balance"),
    ("/api/v1/contactActivity", "activity of messages"),
    ("/api/v2/contacts/activity", "activity of messages"),
    ("/api/v2/contacts/messages", "messages"),
    ("/api/v2/contacts/recoms/{*rest}", "recommendations"),
    ("/api/v1/interactions/{*rest}", "interactions"),
    ("/api/v1/message/{*rest}", "messages"),
    ("/api/v1/messages/{*rest}", "messages"),
    ("/api/v1/workflow/{*rest}", "workflows"),
    ("/api/v1/workflows", "workflows"),
    ("/api/v1/site/domain/web-push", "web push script"),
    ("/api/v1/site/webpush/domain", "web push script"),
    ("/api/v1/site/webpush/domains", "web push script"),
    ("/api/v1/site/webpush/script", "web push script"),
    ("/api/v1/site/webpush/{*rest}", "web push script"),
];

/// Whether a path, by its template, is one of these calls.
pub(crate) fn is_call(path: &str) -> bool {
    CALLS.iter().any(|(call, _)| *call == path)
}

/// Routes that answer 404 with the reason. They need a valid key.
pub(crate) fn routes() -> Router<HttpState> {
    let route = |routes: Router<HttpState>, (path, what): (&str, &'static str)| {
        routes.route(path, any(refuse).layer(Extension(AbsentCall(what))))
    };
    CALLS.into_iter().fold(Router::new(), route)
}

/// The subject of a missing call.
#[derive(Debug, Clone, Copy)]
struct AbsentCall(&'static str);

async fn refuse(Extension(AbsentCall(what)): Extension<AbsentCall>, auth: Authenticated) -> ApiError {
    match auth.allow(Action::General) {
        Ok(()) => ApiError::SendsNothing(what),
        Err(error) => error,
    }
}

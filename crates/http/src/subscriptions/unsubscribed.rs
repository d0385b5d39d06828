//! `POST emails/unsubscribed/add` and `…/delete`.

use crate::auth::Authenticated;
use crate::body::Incoming;
use crate::error::ApiError;
use crate::fields::{Fields, MAX_ENTRIES, Problems};
use crate::reply::{AllDecided, Repeated, submit_all};
use crate::state::HttpState;
use axum::extract::State;
use selfsame_domain::values::Email;
use selfsame_domain::{Action, Command};
use utoipa::ToSchema;

/// Addresses, 1 to 500. One that cannot be read refuses the whole list.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what read() reads")]
pub(crate) struct EmailsInput {
    #[schema(min_items = 1, max_items = 500)]
    emails: Vec<String>,
}

/// Mark addresses as unsubscribed, for whoever holds them now or later.
#[utoipa::path(
    post,
    path = "/api/v1/emails/unsubscribed/add",
    operation_id = "addUnsubscribedEmails",
    tag = "subscriptions",
    params(crate::docs::IdempotencyKey),
    request_body(content = EmailsInput, content_type = "application/json", example = json!({"emails": ["ann@example.com"]})),
    responses(
        (status = 200, description = "Without a body; with the headers of the decision where it is a single address"),
        crate::docs::WriteErrors,
    )
)]
pub(crate) async fn add(
    State(state): State<HttpState>,
    auth: Authenticated,
    incoming: Incoming,
) -> Result<AllDecided<()>, ApiError> {
    set(&state, &auth, &incoming, true).await
}

/// Take the mark off addresses.
#[utoipa::path(
    post,
    path = "/api/v1/emails/unsubscribed/delete",
    operation_id = "deleteUnsubscribedEmails",
    tag = "subscriptions",
    params(crate::docs::IdempotencyKey),
    request_body(content = EmailsInput, content_type = "application/json", example = json!({"emails": ["ann@example.com"]})),
    responses(
        (status = 200, description = "Without a body; with the headers of the decision where it is a single address"),
        crate::docs::WriteErrors,
    )
)]
pub(crate) async fn delete(
    State(state): State<HttpState>,
    auth: Authenticated,
    incoming: Incoming,
) -> Result<AllDecided<()>, ApiError> {
    set(&state, &auth, &incoming, false).await
}

/// As `emails/unsubscribed/add`, at a path that some clients call.
#[utoipa::path(
    post,
    path = "/api/v1/emails/unsubscribe/add",
    operation_id = "addUnsubscribedEmailsByOldPath",
    tag = "subscriptions",
    params(crate::docs::IdempotencyKey),
    request_body(content = EmailsInput, content_type = "application/json", example = json!({"emails": ["ann@example.com"]})),
    responses((status = 200, description = "Without a body"), crate::docs::WriteErrors)
)]
pub(crate) async fn add_by_old_path(
    state: State<HttpState>,
    auth: Authenticated,
    incoming: Incoming,
) -> Result<AllDecided<()>, ApiError> {
    add(state, auth, incoming).await
}

/// As `emails/unsubscribed/delete`, at a path that some clients call.
#[utoipa::path(
    post,
    path = "/api/v1/emails/unsubscribe/delete",
    operation_id = "deleteUnsubscribedEmailsByOldPath",
    tag = "subscriptions",
    params(crate::docs::IdempotencyKey),
    request_body(content = EmailsInput, content_type = "application/json", example = json!({"emails": ["ann@example.com"]})),
    responses((status = 200, description = "Without a body"), crate::docs::WriteErrors)
)]
pub(crate) async fn delete_by_old_path(
    state: State<HttpState>,
    auth: Authenticated,
    incoming: Incoming,
) -> Result<AllDecided<()>, ApiError> {
    delete(state, auth, incoming).await
}

async fn set(
    state: &HttpState,
    auth: &Authenticated,
    incoming: &Incoming,
    unsubscribed: bool,
) -> Result<AllDecided<()>, ApiError> {
    auth.allow(Action::Write)?;
    let emails = read(&incoming.object()?.fields())?;
    // A decision for each: it is in the logs of those who hold the address, and the others' addresses are none of theirs.
    let command = |email| Command::Unsubscribe { email, unsubscribed };
    let commands = emails.into_iter().map(command).collect();
    let decisions = submit_all(state, auth, incoming, commands, Repeated::Taken).await?;
    Ok(AllDecided(decisions, ()))
}

fn read(fields: &Fields<'_>) -> Result<Vec<Email>, ApiError> {
    let mut problems = Problems::default();
    let texts = fields.texts("emails", MAX_ENTRIES, &mut problems);
    if texts.is_empty() && problems.is_empty() {
        problems.add(fields.pointer("emails"), "must have at least one address");
    }
    let mut emails = Vec::with_capacity(texts.len());
    for (pointer, text) in texts {
        emails.extend(problems.check(&pointer, Email::parse(&text)));
    }
    problems.finish().map(|()| emails)
}

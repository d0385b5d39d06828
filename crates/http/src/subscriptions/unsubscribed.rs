//! `POST emails/unsubscribed/add` and `…/delete`.

use crate::auth::Authenticated;
use crate::body::Incoming;
use crate::error::ApiError;
use crate::fields::{Fields, MAX_ENTRIES, NOT_A_TEXT, Problems, name_of, why};
use crate::partly::{AllTaken, FailedEntries, FailedEntry, Partly};
use crate::reply::{AllDecided, Repeated, submit_all};
use crate::state::HttpState;
use axum::extract::State;
use selfsame_domain::values::Email;
use selfsame_domain::{Action, Command};
use utoipa::ToSchema;

/// Addresses, 1 to 500.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what read() reads")]
pub(crate) struct EmailsInput {
    #[schema(min_items = 1, max_items = 500)]
    emails: Vec<String>,
}

/// Mark addresses as unsubscribed for every contact that holds them, now or later.
///
/// Addresses that cannot be read are left out and listed in the answer; 400 when none can be read.
#[utoipa::path(
    post,
    path = "/api/v1/emails/unsubscribed/add",
    operation_id = "addUnsubscribedEmails",
    tag = "subscriptions",
    params(crate::docs::IdempotencyKey),
    request_body(content = EmailsInput, content_type = "application/json", example = json!({"emails": ["ann@example.com"]})),
    responses(
        (status = 200, description = "Without a body when every address was taken, else those that were not. With the headers of the decisions",
            content(
                (FailedEntries = "application/json", example = json!({"failed": [{"index": 1, "error": "must be an email address"}]})),
                (AllTaken = "*/*"),
            )),
        crate::docs::WriteErrors,
    )
)]
pub(crate) async fn add(
    State(state): State<HttpState>,
    auth: Authenticated,
    incoming: Incoming,
) -> Result<AllDecided<Partly<()>>, ApiError> {
    set(&state, &auth, &incoming, true).await
}

/// Take the mark off addresses.
///
/// Addresses that cannot be read are left out and listed in the answer; 400 when none can be read.
#[utoipa::path(
    post,
    path = "/api/v1/emails/unsubscribed/delete",
    operation_id = "deleteUnsubscribedEmails",
    tag = "subscriptions",
    params(crate::docs::IdempotencyKey),
    request_body(content = EmailsInput, content_type = "application/json", example = json!({"emails": ["ann@example.com"]})),
    responses(
        (status = 200, description = "Without a body when every address was taken, else those that were not. With the headers of the decisions",
            content(
                (FailedEntries = "application/json", example = json!({"failed": [{"index": 1, "error": "must be an email address"}]})),
                (AllTaken = "*/*"),
            )),
        crate::docs::WriteErrors,
    )
)]
pub(crate) async fn delete(
    State(state): State<HttpState>,
    auth: Authenticated,
    incoming: Incoming,
) -> Result<AllDecided<Partly<()>>, ApiError> {
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
    responses(
        (status = 200, description = "Without a body when every address was taken, else those that were not. With the headers of the decisions",
            content(
                (FailedEntries = "application/json", example = json!({"failed": [{"index": 1, "error": "must be an email address"}]})),
                (AllTaken = "*/*"),
            )),
        crate::docs::WriteErrors,
    )
)]
pub(crate) async fn add_by_old_path(
    state: State<HttpState>,
    auth: Authenticated,
    incoming: Incoming,
) -> Result<AllDecided<Partly<()>>, ApiError> {
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
    responses(
        (status = 200, description = "Without a body when every address was taken, else those that were not. With the headers of the decisions",
            content(
                (FailedEntries = "application/json", example = json!({"failed": [{"index": 1, "error": "must be an email address"}]})),
                (AllTaken = "*/*"),
            )),
        crate::docs::WriteErrors,
    )
)]
pub(crate) async fn delete_by_old_path(
    state: State<HttpState>,
    auth: Authenticated,
    incoming: Incoming,
) -> Result<AllDecided<Partly<()>>, ApiError> {
    delete(state, auth, incoming).await
}

async fn set(
    state: &HttpState,
    auth: &Authenticated,
    incoming: &Incoming,
    unsubscribed: bool,
) -> Result<AllDecided<Partly<()>>, ApiError> {
    auth.allow(Action::Write)?;
    let (emails, failed) = read(&incoming.object()?.fields())?;
    // One decision for each address: it is in the logs of its holders, which must not show the other addresses.
    let command = |email| Command::Unsubscribe { email, unsubscribed };
    let commands = emails.into_iter().map(command).collect();
    let decisions = submit_all(state, auth, incoming, commands, Repeated::Accepted).await?;
    Ok(AllDecided(decisions, Partly { whole: (), failed }))
}

/// The addresses, and the entries that are no address.
fn read(fields: &Fields<'_>) -> Result<(Vec<Email>, Vec<FailedEntry>), ApiError> {
    let mut problems = Problems::default();
    let entries = fields.list("emails", MAX_ENTRIES, &mut problems);
    if entries.is_empty() && problems.is_empty() {
        problems.add(fields.pointer("emails"), "must have at least one address");
    }
    problems.finish()?;
    let mut wrong = Problems::default();
    let mut emails = Vec::with_capacity(entries.len());
    for (pointer, value) in entries {
        let text = name_of(value).ok_or_else(|| why(value, NOT_A_TEXT).to_owned());
        let email = text.and_then(|text| Email::parse(&text).map_err(|error| error.to_string()));
        emails.extend(wrong.check(&pointer, email));
    }
    if emails.is_empty() {
        wrong.finish()?;
        return Err(ApiError::Internal("no address and nothing wrong"));
    }
    let failed = wrong.all().into_iter().map(FailedEntry::from).collect();
    Ok((emails, failed))
}

//! `POST emails/unsubscribed/add` and `…/delete`.

use crate::auth::{Authenticated, May, right};
use crate::body::{Body, Each, body};
use crate::error::ApiError;
use crate::partly::{AllTaken, FailedEntries, FailedEntry, Partly};
use crate::reply::{AllDecided, Repeated, submit_all};
use crate::state::HttpState;
use axum::extract::State;
use selfsame_domain::Command;
use selfsame_domain::values::Email;

body! {
    /// Addresses, 1 to 500.
    pub(crate) struct EmailsInput {
        #[schema(value_type = Vec<String>, min_items = 1, max_items = 500)]
        emails: Each<Email>,
    }
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
    auth: May<right::Write>,
    body: Body<EmailsInput>,
) -> Result<AllDecided<Partly<()>>, ApiError> {
    set(&state, &auth, body, true).await
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
    auth: May<right::Write>,
    body: Body<EmailsInput>,
) -> Result<AllDecided<Partly<()>>, ApiError> {
    set(&state, &auth, body, false).await
}

async fn set(
    state: &HttpState,
    auth: &Authenticated,
    Body(sent, incoming): Body<EmailsInput>,
    unsubscribed: bool,
) -> Result<AllDecided<Partly<()>>, ApiError> {
    let Each(emails) = sent.emails;
    // One decision for each address: it is in the logs of its holders, which must not show the other addresses.
    let (mut commands, mut failed) = (Vec::new(), Vec::new());
    for email in emails {
        match email {
            Ok(email) => commands.push(Command::Unsubscribe { email, unsubscribed }),
            Err(wrong) => failed.extend(wrong.into_iter().map(FailedEntry::from)),
        }
    }
    let decisions = submit_all(state, auth, &incoming, commands, Repeated::Accepted).await?;
    Ok(AllDecided(decisions, Partly { whole: (), failed }))
}

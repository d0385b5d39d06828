//! Testing, switching, replaying and deleting a webhook, and giving it a new secret.

use super::view::{Notice, PAGE, WebhookPage, in_words};
use super::webhook_id;
use crate::error::{PageError, go, mendable};
use crate::fields::Posted;
use crate::pages::{show, show_again};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use http::StatusCode;
use secrecy::ExposeSecret;
use selfsame_application::{ConsoleError, WebhookReplay};
use selfsame_domain::console::Permission;
use selfsame_domain::{MessageId, Revision, WebhookId};

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/settings/webhooks/{id}/test", post(test))
        .route("/settings/webhooks/{id}/switch", post(switch))
        .route("/settings/webhooks/{id}/secret", post(rotate))
        .route("/settings/webhooks/{id}/replay", post(replay))
        .route("/settings/webhooks/{id}/delete", post(delete))
}

/// The page of the webhook after an action.
async fn after(
    state: &ConsoleState,
    signed_in: &SignedIn,
    id: WebhookId,
    acted: Result<Notice, ConsoleError>,
) -> Result<Response, PageError> {
    let (status, notice) = match acted {
        Ok(notice) => (StatusCode::OK, notice),
        Err(error) => {
            let (status, problem) = mendable(error.into(), signed_in.browser.texts)?;
            let problem = Some(problem);
            (
                status,
                Notice {
                    problem,
                    ..Notice::default()
                },
            )
        }
    };
    let webhook = state.app.webhook_of(&signed_in.person, id).await?;
    let page = WebhookPage::of(state, signed_in, &webhook, notice).await?;
    if status == StatusCode::OK {
        show(&page)
    } else {
        show_again(status, &page)
    }
}

async fn test(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted { signed_in, .. }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageSettings)?;
    let (id, texts) = (webhook_id(&id)?, signed_in.browser.texts);
    let answered = state.app.test_webhook_by_hand(&signed_in.person, id).await;
    let notice = answered.map(|answer| {
        let words = in_words(&answer);
        if answer.is_success() {
            let text = Some(texts.with("webhook-test-works", "answer", &words));
            Notice {
                text,
                ..Notice::default()
            }
        } else {
            let problem = Some(texts.with("webhook-test-fails", "answer", &words));
            Notice {
                problem,
                ..Notice::default()
            }
        }
    });
    after(&state, &signed_in, id, notice).await
}

async fn switch(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageSettings)?;
    let id = webhook_id(&id)?;
    let is_enabled = match fields.text("do") {
        "enable" => true,
        "disable" => false,
        _ => return Err(PageError::BadForm),
    };
    state
        .app
        .switch_webhook_by_hand(&signed_in.person, id, is_enabled)
        .await?;
    Ok(go(&signed_in.browser, &format!("/settings/webhooks/{id}")))
}

async fn rotate(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted { signed_in, .. }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageSettings)?;
    let id = webhook_id(&id)?;
    let rotated = state.app.rotate_webhook_by_hand(&signed_in.person, id).await;
    let notice = rotated.map(|key| {
        let secret = Some(key.text().expose_secret().to_owned());
        Notice {
            secret,
            ..Notice::default()
        }
    });
    after(&state, &signed_in, id, notice).await
}

async fn replay(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageSettings)?;
    let (id, texts) = (webhook_id(&id)?, signed_in.browser.texts);
    let replay = match fields.text("do") {
        "after" => {
            let revision = fields.text("revision").parse::<i64>().ok();
            WebhookReplay::After(Revision(
                revision.filter(|revision| *revision >= 0).ok_or(PageError::BadForm)?,
            ))
        }
        "dead" => {
            let named = fields
                .pairs()
                .filter(|(name, _)| *name == "message")
                .take(PAGE as usize);
            let messages = named.map(|(_, message)| MessageId::from_header(message));
            WebhookReplay::Dead(messages.collect::<Option<_>>().ok_or(PageError::BadForm)?)
        }
        _ => return Err(PageError::BadForm),
    };
    let replayed = state.app.replay_webhook_by_hand(&signed_in.person, id, &replay).await;
    let notice = replayed.map(|revived| {
        let text = match replay {
            WebhookReplay::After(_) => texts.get("webhook-replayed"),
            WebhookReplay::Dead(_) => texts.count("webhook-revived", revived),
        };
        let text = Some(text);
        Notice {
            text,
            ..Notice::default()
        }
    });
    after(&state, &signed_in, id, notice).await
}

async fn delete(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted { signed_in, .. }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageSettings)?;
    state
        .app
        .delete_webhook_by_hand(&signed_in.person, webhook_id(&id)?)
        .await?;
    Ok(go(&signed_in.browser, "/settings/webhooks"))
}

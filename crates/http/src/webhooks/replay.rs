//! `POST webhooks/{id}/replay`.

use crate::auth::{May, right};
use crate::body::{Body, List, body};
use crate::error::ApiError;
use crate::paths::Id;
use crate::refusals::{ChangeRefused, Gone};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_application::WebhookReplay;
use selfsame_domain::{MessageId, Revision, WebhookId};
use serde::Serialize;
use utoipa::ToSchema;

body! {
    /// What to send again: one of the two.
    #[schema(as = WebhookReplay)]
    pub(super) struct ReplayBody {
        /// All changes after this revision; 0 for the beginning.
        #[schema(example = 1204)]
        after: Option<i64>,
        /// These dead messages, up to 500.
        #[schema(value_type = Option<Vec<String>>)]
        ids: Option<List<MessageId>>,
    }
}

/// What is sent again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookReplayed)]
pub(super) struct ReplayedBody {
    /// How many dead messages wait for an attempt now; 0 of a replay after a revision.
    #[schema(example = 0)]
    messages: u64,
}

/// Send messages of a webhook again.
///
/// A message that was sent before has the same ID again. Messages of a replay may arrive after later ones about the same contact.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{id}/replay",
    operation_id = "replayWebhook",
    tag = "changes",
    params(("id" = String, Path, description = "The webhook.")),
    request_body(content = ReplayBody, example = json!({"after": 1204})),
    responses((status = 200, description = "They wait for an attempt.", body = ReplayedBody, example = json!({"messages": 0})), ChangeRefused, Gone),
)]
pub(super) async fn replay(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<WebhookId>,
    Body(sent, _): Body<ReplayBody>,
) -> Result<Json<ReplayedBody>, ApiError> {
    let messages = state
        .app
        .replay_webhook(auth.workspace(), id, &replay_of(sent)?)
        .await?;
    Ok(Json(ReplayedBody { messages }))
}

fn replay_of(sent: ReplayBody) -> Result<WebhookReplay, ApiError> {
    match (sent.after, sent.ids.filter(|ids| !ids.0.is_empty())) {
        (Some(after), _) if after < 0 => Err(ApiError::invalid("/after", "must be at least 0")),
        (Some(after), None) => Ok(WebhookReplay::After(Revision(after))),
        (None, Some(ids)) => Ok(WebhookReplay::Dead(ids.values().collect())),
        _ => Err(ApiError::invalid("", "must have either `after` or `ids`")),
    }
}

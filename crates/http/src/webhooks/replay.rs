//! `POST webhooks/{id}/replay`.

use super::webhook_id;
use crate::auth::{May, right};
use crate::body::Incoming;
use crate::error::ApiError;
use crate::fields::{Fields, Problems, Sent};
use crate::paths::ApiPath;
use crate::refusals::{ChangeRefused, Gone};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_application::WebhookReplay;
use selfsame_domain::{MessageId, Revision};
use serde::Serialize;
use utoipa::ToSchema;

/// The greatest number of messages in a request.
const MAX_MESSAGES: usize = 500;

/// What to send again: one of the two.
#[derive(Debug, ToSchema)]
#[schema(as = WebhookReplay)]
#[expect(dead_code, reason = "the schema of a body that is read leniently")]
pub(super) struct ReplayBody {
    /// All changes after this revision; 0 for the beginning.
    #[schema(example = 1204)]
    after: Option<i64>,
    /// These dead messages, up to 500.
    ids: Option<Vec<String>>,
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
    ApiPath(id): ApiPath<String>,
    incoming: Incoming,
) -> Result<Json<ReplayedBody>, ApiError> {
    let document = incoming.object()?;
    let replay = read(&document.fields())?;
    let id = webhook_id(&id)?;
    let messages = state.app.replay_webhook(auth.workspace(), id, &replay).await?;
    Ok(Json(ReplayedBody { messages }))
}

fn read(fields: &Fields<'_>) -> Result<WebhookReplay, ApiError> {
    let mut problems = Problems::default();
    let after = match fields.integer("after", &mut problems) {
        Sent::Value(after) if after < 0 => {
            problems.add(fields.pointer("after"), "must be at least 0");
            None
        }
        sent => sent.value(),
    };
    let texts = fields.texts("ids", MAX_MESSAGES, &mut problems);
    let id = |(pointer, text): (String, String)| {
        let id = MessageId::from_header(text.trim()).ok_or("must be the ID of a message");
        problems.check(&pointer, id)
    };
    let ids: Vec<MessageId> = texts.into_iter().filter_map(id).collect();
    if problems.is_empty() && after.is_some() != ids.is_empty() {
        problems.add("", "must have either `after` or `ids`");
    }
    problems.finish()?;
    Ok(after.map_or(WebhookReplay::Dead(ids), |after| WebhookReplay::After(Revision(after))))
}

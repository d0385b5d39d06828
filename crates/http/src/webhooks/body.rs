//! Request and response forms of webhooks.

use crate::body::List;
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use selfsame_application::SigningKey;
use selfsame_application::ports::Webhook;
use selfsame_domain::ChangeKind;
use selfsame_domain::webhooks::WantedKinds;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A webhook. Its secret is not answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Webhook)]
#[serde(rename_all = "camelCase")]
pub(super) struct WebhookBody {
    #[schema(format = "uuid", example = "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44")]
    id: String,
    /// Where messages are sent.
    #[schema(example = "https://crm.example.com/selfsame")]
    url: String,
    /// Which changes are sent; null for all, kinds of later releases included.
    kinds: Option<Vec<&'static str>>,
    /// `active`, `paused` (the endpoint failed; it is tried again at `pausedUntil`) or `disabled`.
    #[schema(example = "active")]
    status: &'static str,
    /// How many attempts in a row failed.
    failures: u32,
    /// When a paused endpoint is tried again.
    paused_until: Option<DateTime<Utc>>,
    /// Why it is paused, or why the server disabled it.
    problem: Option<String>,
    /// All changes up to this revision are messages, or are not wanted.
    #[schema(example = 1205)]
    position: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<&Webhook> for WebhookBody {
    fn from(webhook: &Webhook) -> Self {
        let kinds = match &webhook.kinds {
            WantedKinds::All => None,
            WantedKinds::Some(kinds) => Some(kinds.iter().map(|kind| kind.as_str()).collect()),
        };
        let status = match (webhook.is_enabled, webhook.health.paused_until) {
            (false, _) => "disabled",
            (true, Some(_)) => "paused",
            (true, None) => "active",
        };
        Self {
            id: webhook.id.to_string(),
            url: webhook.url.as_str().to_owned(),
            kinds,
            status,
            failures: webhook.health.failures,
            paused_until: webhook.health.paused_until,
            problem: webhook.health.problem.clone(),
            position: webhook.position.0,
            created_at: webhook.created_at,
            updated_at: webhook.updated_at,
        }
    }
}

/// The example of the API description.
pub(super) fn example() -> Value {
    json!({"id": "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44", "url": "https://crm.example.com/selfsame", "kinds": ["created", "merged"],
        "status": "active", "failures": 0, "pausedUntil": null, "problem": null, "position": 1205,
        "createdAt": "2025-01-01T08:00:00Z", "updatedAt": "2025-01-01T08:00:00Z"})
}

/// The ID and the secret of a webhook.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookSecret)]
pub(super) struct SecretBody {
    #[schema(format = "uuid", example = "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44")]
    id: String,
    /// What signs messages. It is shown only here.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret: String,
}

/// A webhook with a new secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MadeWebhook)]
pub(super) struct MadeBody {
    webhook: SecretBody,
}

impl MadeBody {
    pub(super) fn new((webhook, key): &(Webhook, SigningKey)) -> Self {
        Self {
            webhook: SecretBody {
                id: webhook.id.to_string(),
                secret: key.text().expose_secret().to_owned(),
            },
        }
    }
}

/// The kinds of changes that a request names; at most 50.
pub(super) type Kinds = List<ChangeKind, 1, 50>;

/// The kinds that are sent; all without names.
pub(super) fn wanted(kinds: Option<Kinds>) -> WantedKinds {
    kinds.map_or(WantedKinds::All, |kinds| WantedKinds::Some(kinds.values().collect()))
}

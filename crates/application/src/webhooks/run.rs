//! The job of a webhook: makes messages of changes, and sends them.
//!
//! Messages and the position in the feed are stored in one transaction, so no change is missed. An attempt is recorded after its answer, so a
//! server that is killed repeats at most the messages that were under way.

use super::error::WebhookError;
use super::outlets::WebhookOutlets;
use crate::app::Application;
use crate::changes::{ChangePage, ChangeQuery, ChangesError};
use crate::jobs::{Attempt, Interruption, JobEnd, JobHandler};
use crate::ports::{Delivery, DueQuery, Job, JobKind, StorageError, Webhook};
use async_trait::async_trait;
use futures::future::join_all;
use selfsame_domain::webhooks::{Allowance, DeliveryState, EndpointHealth, MAX_PENDING};
use selfsame_domain::{ChangeKind, MessageId, Revision, Timestamp, WebhookId};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// About how many changes become messages at a time.
const PAGE: u32 = 200;

/// How many messages are sent to an endpoint at the same time, each about another contact.
const AT_ONCE: u32 = 16;

/// After how long a job ends, so that other webhooks have a turn. What is left gets another job.
const TURN: Duration = Duration::from_secs(10);

/// Makes and sends the messages of a webhook.
#[derive(Debug)]
pub(crate) struct WebhookHandler;

#[async_trait]
impl JobHandler for WebhookHandler {
    fn kind(&self) -> JobKind {
        JobKind::Webhook
    }

    async fn run(&self, app: &Application, job: &Job, attempt: &Attempt) -> Result<JobEnd, Interruption> {
        let id = Uuid::parse_str(&job.job.payload).map_err(|_| Interruption::Other("the job names no webhook"))?;
        let end = Instant::now() + TURN;
        loop {
            if let Some(end) = attempt.must_end() {
                return Ok(end);
            }
            let found = app.store.webhook(job.job.workspace, WebhookId(id)).await?;
            let Some(webhook) = found.filter(|webhook| webhook.is_enabled) else {
                return Ok(JobEnd::Finished);
            };
            let has_made = make(app, &webhook).await?;
            let has_sent = send(app, &webhook).await?;
            if !(has_made || has_sent) || Instant::now() >= end {
                return Ok(JobEnd::Finished);
            }
        }
    }

    /// The webhook keeps its messages, and gets another job.
    async fn give_up(&self, _: &Application, _: &Job, _: &str) -> Result<(), StorageError> {
        Ok(())
    }
}

/// Makes messages of the next changes. Returns whether there may be more changes.
async fn make(app: &Application, webhook: &Webhook) -> Result<bool, StorageError> {
    let Webhook { workspace, id, .. } = *webhook;
    if app.store.pending_deliveries(workspace, id).await? >= u64::from(MAX_PENDING) {
        return Ok(false);
    }
    let query = ChangeQuery {
        after: Some(webhook.position),
        limit: PAGE,
        kinds: ChangeKind::ALL.into(),
    };
    let page = match app.changes(workspace, &query).await {
        Ok(page) => page,
        Err(ChangesError::Storage(error)) => return Err(error),
        Err(error @ (ChangesError::TooOld { .. } | ChangesError::Ahead { .. })) => {
            let problem =
                format!("the position of the webhook in the change feed is lost: {error}; replay after a revision");
            let health = EndpointHealth {
                problem: Some(problem),
                ..EndpointHealth::default()
            };
            app.store.record_attempts(workspace, id, &[], (false, &health)).await?;
            return Ok(false);
        }
    };
    if page.next == webhook.position {
        return Ok(false);
    }
    let Ok(outlets) = app.webhook_outlets() else {
        return Ok(false);
    };
    let range = (webhook.position, page.next);
    let deliveries = deliveries(webhook, outlets, &page, app.clock.now());
    app.store.store_deliveries(workspace, id, range, &deliveries).await
}

/// The messages of the wanted changes of a page.
fn deliveries(webhook: &Webhook, outlets: &WebhookOutlets, page: &ChangePage, now: Timestamp) -> Vec<Delivery> {
    let mut place = (Revision::default(), 0);
    let mut seen = BTreeSet::new();
    let mut made = Vec::new();
    for change in &page.items {
        let (revision, before) = place;
        place = (
            change.revision,
            if revision == change.revision { before + 1 } else { 0 },
        );
        if !webhook.kinds.wants(change.kind) {
            continue;
        }
        let body = outlets.bodies.of_change(change);
        let message = MessageId::of(webhook.id, change.revision, &body);
        if seen.insert(message) {
            made.push(Delivery {
                message,
                revision: change.revision,
                place: place.1,
                contact: change.contact,
                kind: change.kind,
                body,
                state: DeliveryState::new(now),
            });
        }
    }
    made
}

/// Sends the messages that are due, at most one about each contact, and records the answers. Returns whether any was sent.
async fn send(app: &Application, webhook: &Webhook) -> Result<bool, StorageError> {
    let Webhook { workspace, id, .. } = *webhook;
    let now = app.clock.now();
    let allowance = webhook.health.allowance(now);
    let limit = match allowance {
        Allowance::Many => AT_ONCE,
        Allowance::Probe => 1,
        Allowance::Nothing => return Ok(false),
    };
    let query = DueQuery {
        workspace,
        webhook: id,
        now,
        longest_due_first: allowance == Allowance::Probe,
        limit,
    };
    let mut due = app.store.due_deliveries(&query).await?;
    if due.is_empty() {
        return Ok(false);
    }
    let (outlets, keys) = match app
        .webhook_outlets()
        .and_then(|outlets| Ok((outlets, outlets.keys(webhook, now)?)))
    {
        Ok(found) => found,
        Err(WebhookError::Storage(error)) => return Err(error),
        Err(error) => {
            let health = webhook.health.paused(error.to_string(), now);
            app.store.record_attempts(workspace, id, &[], (true, &health)).await?;
            return Ok(false);
        }
    };
    let messages: Vec<_> = due
        .iter()
        .map(|delivery| {
            let (message, body) = (delivery.message.to_header(), delivery.body.clone());
            WebhookOutlets::message(&webhook.url, &keys, message, body, now)
        })
        .collect();
    let answers = join_all(messages.iter().map(|message| outlets.sender.send(message))).await;
    let answered_at = app.clock.now();
    let (mut health, mut is_enabled) = (webhook.health.clone(), true);
    for (delivery, answer) in due.iter_mut().zip(answers) {
        health = health.after(&answer, answered_at);
        is_enabled &= !answer.is_gone();
        let result = if answer.is_success() { "delivered" } else { "failed" };
        metrics::counter!("selfsame_webhook_attempts_total", "result" => result).increment(1);
        delivery.state = delivery.state.after(answer, answered_at);
    }
    if !is_enabled {
        health = EndpointHealth {
            problem: Some("the endpoint answered 410: it wants no more messages".to_owned()),
            ..EndpointHealth::default()
        };
    }
    app.store
        .record_attempts(workspace, id, &due, (is_enabled, &health))
        .await?;
    Ok(true)
}

//! Storing webhooks and their deliveries.

use crate::{Backend, Fixture, api_call, erase};
use chrono::TimeDelta;
use selfsame_application::ports::{
    AttemptEnd, Clock, Delivery, DeliveryQuery, DueQuery, Holding, Ids, JobId, JobKind, Lease, LeaseRequest, NewJob,
    StorageError, Webhook,
};
use selfsame_domain::webhooks::{
    DeliveryState, DeliveryStatus, EndpointAnswer, EndpointHealth, WantedKinds, WebhookUrl,
};
use selfsame_domain::{ChangeKind, ContactId, MessageId, Revision, WebhookId, WorkspaceId};
use uuid::Uuid;

fn webhook(f: &Fixture<'_>, url: &str) -> Webhook {
    let now = f.clock().now();
    Webhook {
        workspace: f.workspace,
        id: WebhookId(f.ids().uuid(now)),
        url: WebhookUrl::parse(url).expect("a URL"),
        kinds: WantedKinds::Some([ChangeKind::Created, ChangeKind::Merged].into()),
        sealed: vec![0, 255, 7],
        sealed_before: Some((vec![1, 0], now)),
        is_enabled: true,
        health: EndpointHealth::default(),
        position: Revision(3),
        created_at: now,
        updated_at: now,
    }
}

async fn kept(f: &Fixture<'_>) -> Webhook {
    let webhook = webhook(f, "https://a.example/x");
    f.store().create_webhook(&webhook).await.expect("create a webhook");
    webhook
}

async fn stored(f: &Fixture<'_>, webhook: &Webhook) -> Option<Webhook> {
    let found = f.store().webhook(webhook.workspace, webhook.id).await;
    found.expect("read a webhook")
}

/// The message of a change; the number of the message is `revision * 10 + place`.
fn message(f: &Fixture<'_>, revision: i64, place: u32, contact: i64) -> Delivery {
    Delivery {
        message: MessageId(Uuid::from_u128(
            u128::from(place) + 10 * u128::from(revision.unsigned_abs()),
        )),
        revision: Revision(revision),
        place,
        contact: ContactId(contact),
        kind: ChangeKind::Created,
        body: "{\"їжак\":\"🦔\"}".to_owned(),
        state: DeliveryState::new(f.clock().now()),
    }
}

async fn store(f: &Fixture<'_>, webhook: &Webhook, (from, to): (i64, i64), deliveries: &[Delivery]) -> bool {
    let range = (Revision(from), Revision(to));
    let stored = f
        .store()
        .store_deliveries(webhook.workspace, webhook.id, range, deliveries)
        .await;
    stored.expect("store deliveries")
}

/// The deliveries that are due, as numbers of messages.
async fn due(f: &Fixture<'_>, webhook: &Webhook, longest_due_first: bool, limit: u32) -> Vec<u128> {
    let query = DueQuery {
        workspace: webhook.workspace,
        webhook: webhook.id,
        now: f.clock().now(),
        longest_due_first,
        limit,
    };
    numbers(&f.store().due_deliveries(&query).await.expect("read due deliveries"))
}

fn numbers(deliveries: &[Delivery]) -> Vec<u128> {
    deliveries.iter().map(|one| one.message.0.as_u128()).collect()
}

/// Stores the end of an attempt at a message.
async fn tried(f: &Fixture<'_>, webhook: &Webhook, delivery: &Delivery, status: DeliveryStatus, wait: i64) -> Delivery {
    let now = f.clock().now();
    let mut delivery = delivery.clone();
    delivery.state = DeliveryState {
        status,
        attempts: delivery.state.attempts + 1,
        next_try_at: now + TimeDelta::seconds(wait),
        last: Some((EndpointAnswer::new(500, "їжак".as_bytes()), now)),
    };
    let health = EndpointHealth::default();
    let recorded = f
        .store()
        .record_attempts(
            webhook.workspace,
            webhook.id,
            std::slice::from_ref(&delivery),
            (true, &health),
        )
        .await;
    recorded.expect("record an attempt");
    delivery
}

async fn list(f: &Fixture<'_>, webhook: &Webhook, status: Option<DeliveryStatus>) -> Vec<Delivery> {
    let query = DeliveryQuery {
        workspace: webhook.workspace,
        webhook: webhook.id,
        status,
        before: None,
        limit: 100,
    };
    f.store().deliveries(&query).await.expect("list deliveries")
}

async fn pending(f: &Fixture<'_>, webhook: &Webhook) -> u64 {
    let pending = f.store().pending_deliveries(webhook.workspace, webhook.id).await;
    pending.expect("count deliveries")
}

pub async fn webhooks_are_kept_and_their_urls_are_unique(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let first = kept(&f).await;
    let mut second = webhook(&f, "https://b.example/");
    (second.kinds, second.sealed_before, second.is_enabled) = (WantedKinds::All, None, false);
    f.store().create_webhook(&second).await.expect("create");
    let taken = f.store().create_webhook(&webhook(&f, "https://a.example/x")).await;
    assert!(matches!(taken, Err(StorageError::Conflict { .. })), "{taken:?}");
    f.reopen().await;
    let all = f.store().webhooks(f.workspace).await.expect("list");
    assert!(all == [first.clone(), second.clone()]);
    second.url = first.url.clone();
    let taken = f.store().update_webhook(&second).await;
    assert!(matches!(taken, Err(StorageError::Conflict { .. })), "{taken:?}");
    let health = EndpointHealth {
        failures: 7,
        paused_until: Some(f.clock().now()),
        problem: Some("їжак".to_owned()),
    };
    let now = f.clock().now() + TimeDelta::seconds(1);
    let switched = f
        .store()
        .switch_webhook(f.workspace, first.id, false, &health, now)
        .await;
    assert!(switched.expect("switch"));
    let mut changed = webhook(&f, "https://c.example/");
    (changed.id, changed.kinds, changed.sealed, changed.position) = (first.id, WantedKinds::All, vec![9], Revision(99));
    changed.updated_at = now + TimeDelta::seconds(1);
    assert!(f.store().update_webhook(&changed).await.expect("update"));
    let expected = Webhook {
        is_enabled: false,
        health,
        position: first.position,
        created_at: first.created_at,
        ..changed.clone()
    };
    assert!(stored(&f, &first).await == Some(expected));
    let unknown = WebhookId(Uuid::from_u128(1));
    changed.id = unknown;
    changed.url = WebhookUrl::parse("https://d.example/").expect("a URL");
    assert!(!f.store().update_webhook(&changed).await.expect("update"));
    let moved = f.store().move_webhook(f.workspace, unknown, Revision(1)).await;
    assert!(!moved.expect("move"));
    let elsewhere = Webhook {
        workspace: WorkspaceId(i64::MAX),
        ..second
    };
    let refused = f.store().create_webhook(&elsewhere).await;
    assert!(matches!(refused, Err(StorageError::UnknownWorkspace)), "{refused:?}");
}

pub async fn webhooks_of_another_workspace_are_not_seen(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let own = kept(&f).await;
    assert!(store(&f, &own, (3, 4), &[message(&f, 4, 0, 1)]).await);
    f.enter_new_workspace("other").await;
    let other = f.workspace;
    assert!(f.store().webhook(other, own.id).await.expect("read").is_none());
    assert!(!f.store().delete_webhook(other, own.id).await.expect("delete"));
    let twin = Webhook {
        workspace: other,
        ..own.clone()
    };
    f.store().create_webhook(&twin).await.expect("create");
    assert_eq!(list(&f, &twin, None).await, []);
    assert!(f.store().delete_webhook(other, own.id).await.expect("delete"));
    assert_eq!(pending(&f, &own).await, 1);
}

pub async fn messages_are_stored_with_the_position(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let webhook = kept(&f).await;
    let made = [message(&f, 4, 0, 1), message(&f, 5, 0, 2)];
    assert!(!store(&f, &webhook, (2, 5), &made).await, "another position");
    assert!(store(&f, &webhook, (3, 5), &made).await);
    f.reopen().await;
    assert_eq!(
        stored(&f, &webhook).await.map(|found| found.position),
        Some(Revision(5))
    );
    assert_eq!(list(&f, &webhook, None).await, [made[1].clone(), made[0].clone()]);
    // What was delivered is pending again after a replay, what is pending stays as it is.
    tried(&f, &webhook, &made[0], DeliveryStatus::Delivered, 0).await;
    let waiting = tried(&f, &webhook, &made[1], DeliveryStatus::Pending, 60).await;
    assert!(
        f.store()
            .move_webhook(f.workspace, webhook.id, Revision(3))
            .await
            .expect("move")
    );
    assert!(store(&f, &webhook, (3, 5), &made).await);
    let found = list(&f, &webhook, None).await;
    assert_eq!(found[0], waiting);
    assert_eq!(
        (found[1].state.status, found[1].state.attempts),
        (DeliveryStatus::Pending, 0)
    );
    let health = EndpointHealth::default();
    let off = f
        .store()
        .switch_webhook(f.workspace, webhook.id, false, &health, f.clock().now())
        .await;
    assert!(off.expect("switch"));
    assert!(!store(&f, &webhook, (5, 6), &[]).await, "it is disabled");
    assert!(f.store().delete_webhook(f.workspace, webhook.id).await.expect("delete"));
    assert_eq!(
        (pending(&f, &webhook).await, stored(&f, &webhook).await.is_none()),
        (0, true)
    );
    assert!(!store(&f, &webhook, (5, 6), &[]).await, "it is deleted");
}

pub async fn messages_about_one_contact_wait_for_each_other(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let webhook = kept(&f).await;
    let made = [
        message(&f, 4, 0, 1),
        message(&f, 4, 1, 1),
        message(&f, 5, 0, 2),
        message(&f, 6, 0, 1),
    ];
    assert!(store(&f, &webhook, (3, 6), &made).await);
    assert_eq!(due(&f, &webhook, false, 10).await, [40, 50]);
    assert_eq!(due(&f, &webhook, false, 1).await, [40]);
    let failed = tried(&f, &webhook, &made[0], DeliveryStatus::Pending, 60).await;
    assert_eq!(
        due(&f, &webhook, false, 10).await,
        [50],
        "the first one about the contact is not due"
    );
    f.clock().advance_seconds(60);
    assert_eq!(due(&f, &webhook, false, 10).await, [40, 50]);
    assert_eq!(due(&f, &webhook, true, 1).await, [50], "it was due first");
    tried(&f, &webhook, &failed, DeliveryStatus::Dead, 0).await;
    assert_eq!(due(&f, &webhook, false, 10).await, [41, 50]);
    assert_eq!(pending(&f, &webhook).await, 3);
}

pub async fn an_attempt_is_recorded_while_its_message_is_pending(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let webhook = kept(&f).await;
    let made = message(&f, 4, 0, 1);
    assert!(store(&f, &webhook, (3, 4), std::slice::from_ref(&made)).await);
    let failed = tried(&f, &webhook, &made, DeliveryStatus::Pending, 5).await;
    assert_eq!(list(&f, &webhook, None).await, std::slice::from_ref(&failed));
    let delivered = tried(&f, &webhook, &failed, DeliveryStatus::Delivered, 0).await;
    tried(&f, &webhook, &failed, DeliveryStatus::Dead, 0).await;
    assert_eq!(list(&f, &webhook, None).await, [delivered]);
    let broken = EndpointHealth {
        failures: 5,
        paused_until: Some(f.clock().now()),
        problem: Some("p".to_owned()),
    };
    let record = |is_enabled| {
        f.store()
            .record_attempts(f.workspace, webhook.id, &[], (is_enabled, &broken))
    };
    record(false).await.expect("record");
    let found = stored(&f, &webhook).await.expect("a webhook");
    assert_eq!((found.is_enabled, &found.health), (false, &broken));
    record(true).await.expect("record");
    assert!(
        !stored(&f, &webhook).await.expect("a webhook").is_enabled,
        "somebody disabled it"
    );
}

pub async fn dead_messages_are_listed_and_revived(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let webhook = kept(&f).await;
    let made: Vec<Delivery> = (4..8).map(|revision| message(&f, revision, 0, revision)).collect();
    assert!(store(&f, &webhook, (3, 7), &made).await);
    for delivery in &made[..2] {
        tried(&f, &webhook, delivery, DeliveryStatus::Dead, 0).await;
    }
    assert_eq!(numbers(&list(&f, &webhook, Some(DeliveryStatus::Dead)).await), [50, 40]);
    let query = DeliveryQuery {
        workspace: f.workspace,
        webhook: webhook.id,
        status: None,
        before: Some(made[3].at()),
        limit: 2,
    };
    assert_eq!(numbers(&f.store().deliveries(&query).await.expect("list")), [60, 50]);
    let asked = [made[0].message, made[2].message, MessageId(Uuid::from_u128(1))];
    let revived = f
        .store()
        .revive_deliveries(f.workspace, webhook.id, &asked, f.clock().now())
        .await;
    assert_eq!(revived.expect("revive"), 1);
    let found = list(&f, &webhook, None).await;
    assert_eq!(
        (found[3].state.status, found[3].state.attempts),
        (DeliveryStatus::Pending, 0)
    );
    assert!(found[3].state.last.is_some(), "the last answer is kept");
}

pub async fn webhooks_with_work_are_due(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let webhook = kept(&f).await;
    let is_due = async || {
        let due = f
            .store()
            .due_webhooks(f.clock().now(), 10)
            .await
            .expect("read due webhooks");
        due == [(f.workspace, webhook.id)]
    };
    let latest = f
        .store()
        .logged(f.workspace, Revision(0), 1)
        .await
        .expect("read")
        .latest;
    let to_latest = f.store().move_webhook(f.workspace, webhook.id, latest).await;
    assert!(to_latest.expect("move") && !is_due().await, "there is nothing new");
    f.id(api_call().email("a@example.com").upsert()).await;
    assert!(is_due().await, "there is a commit");
    assert!(store(&f, &webhook, (latest.0, latest.0 + 1), &[message(&f, 9, 0, 1)]).await);
    assert!(is_due().await, "there is a message");
    tried(&f, &webhook, &message(&f, 9, 0, 1), DeliveryStatus::Pending, 60).await;
    assert!(!is_due().await, "the message is not due");
    f.clock().advance_seconds(60);
    assert!(is_due().await);
    let until = f.clock().now() + TimeDelta::seconds(1);
    for (is_enabled, paused_until, expected) in [(true, Some(until), false), (false, None, false), (true, None, true)] {
        let health = EndpointHealth {
            paused_until,
            ..EndpointHealth::default()
        };
        let now = f.clock().now();
        let switched = f
            .store()
            .switch_webhook(f.workspace, webhook.id, is_enabled, &health, now)
            .await;
        assert!(switched.expect("switch"));
        assert_eq!(is_due().await, expected);
    }
    assert!(f.store().replace_job(&job(&f, &webhook)).await.expect("queue a job"));
    assert!(!is_due().await, "there is a job");
}

fn job(f: &Fixture<'_>, webhook: &Webhook) -> NewJob {
    let now = f.clock().now();
    NewJob {
        workspace: f.workspace,
        id: JobId(webhook.id.0),
        kind: JobKind::Webhook,
        queue: "w".to_owned(),
        payload: webhook.id.to_string(),
        not_before: now,
        created_at: now,
    }
}

pub async fn a_job_is_replaced_when_it_is_over(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let webhook = kept(&f).await;
    let new = job(&f, &webhook);
    let replace = async || f.store().replace_job(&new).await.expect("replace a job");
    assert!(replace().await && !replace().await, "it is queued");
    let (now, owner) = (f.clock().now(), Uuid::from_u128(1));
    let lease = Lease {
        owner,
        until: now + TimeDelta::seconds(10),
    };
    let request = LeaseRequest {
        kind: JobKind::Webhook,
        per_workspace: 1,
        now,
        lease,
    };
    assert!(f.store().lease(&request).await.expect("lease").is_some());
    assert!(!replace().await, "it is running");
    let holding = Holding {
        workspace: f.workspace,
        job: new.id,
        owner,
    };
    assert!(
        f.store()
            .end_attempt(&holding, &AttemptEnd::Finished, now)
            .await
            .expect("end")
    );
    assert!(replace().await);
    let found = f.store().job(f.workspace, new.id).await.expect("read").expect("a job");
    assert_eq!((found.attempts, found.job), (0, new.clone()));
}

pub async fn an_erasure_deletes_the_messages_about_the_contact(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let webhook = kept(&f).await;
    let ann = f.id(api_call().email("ann@example.com").upsert()).await;
    let bob = f.id(api_call().email("bob@example.com").upsert()).await;
    let made = [
        message(&f, 4, 0, ann.0),
        message(&f, 5, 0, bob.0),
        message(&f, 6, 0, 1_000),
    ];
    assert!(store(&f, &webhook, (3, 6), &made).await);
    f.decide(erase(ann)).await;
    assert_eq!(numbers(&list(&f, &webhook, None).await), [60, 50]);
}

pub async fn old_messages_are_pruned(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let webhook = kept(&f).await;
    let made: Vec<Delivery> = (4..7).map(|revision| message(&f, revision, 0, revision)).collect();
    assert!(store(&f, &webhook, (3, 6), &made).await);
    tried(&f, &webhook, &made[0], DeliveryStatus::Delivered, 0).await;
    tried(&f, &webhook, &made[1], DeliveryStatus::Dead, 0).await;
    let (now, later) = (f.clock().now(), f.clock().now() + TimeDelta::seconds(1));
    let prune = async |delivered, dead| f.store().prune_deliveries(delivered, dead).await.expect("prune");
    assert_eq!(prune(now, now).await, 0);
    assert_eq!(prune(later, now).await, 1);
    assert_eq!(numbers(&list(&f, &webhook, None).await), [60, 50]);
    assert_eq!(prune(later, later).await, 1);
    assert_eq!(numbers(&list(&f, &webhook, None).await), [60]);
}

//! Webhooks: forms, secrets that are shown once, messages.

use crate::support::{Browser, Server, code_after};
use selfsame_application::ports::Delivery;
use selfsame_domain::webhooks::{DeliveryState, DeliveryStatus, EndpointAnswer, EndpointHealth};
use selfsame_domain::{ChangeKind, ContactId, MessageId, Revision, WebhookId};

const LIST: &str = "/settings/webhooks";

/// Makes a webhook; returns its page and its secret.
async fn make(server: &Server, admin: &mut Browser) -> (String, String) {
    let fields = [("url", "https://8.8.8.8/hook"), ("kind", "created"), ("kind", "merged")];
    let made = server.post(admin, LIST, &fields).await;
    let secret = code_after(made.page(200), "is shown this once").to_owned();
    let (_, rest) = made.text.split_once("href=\"/settings/webhooks/").expect("a link");
    let id = rest.split('"').next().expect("its end");
    (format!("{LIST}/{id}"), secret)
}

fn id_of(page: &str) -> WebhookId {
    let (_, id) = page.rsplit_once('/').expect("an ID");
    WebhookId(id.parse().expect("an ID"))
}

/// A message whose every attempt failed.
async fn dead(server: &Server, id: WebhookId) -> MessageId {
    let now = server.app.clock().now();
    let message = MessageId::of(id, Revision(7), "{}");
    let pending = Delivery {
        message,
        revision: Revision(7),
        place: 0,
        contact: ContactId(1),
        kind: ChangeKind::Created,
        body: "{}".to_owned(),
        state: DeliveryState::new(now),
    };
    let dead = Delivery {
        state: DeliveryState {
            status: DeliveryStatus::Dead,
            attempts: 10,
            next_try_at: now,
            last: Some((EndpointAnswer::new(500, b"out of order"), now)),
        },
        ..pending.clone()
    };
    let store = server.app.store();
    let found = store.webhook(server.one, id).await.expect("read").expect("a webhook");
    let places = (found.position, Revision(7));
    let stored = store.store_deliveries(server.one, id, places, &[pending]).await;
    assert!(stored.expect("stored"));
    let health = EndpointHealth::default();
    let recorded = store.record_attempts(server.one, id, &[dead], (true, &health)).await;
    recorded.expect("recorded");
    message
}

#[tokio::test]
async fn a_webhook_is_made_tested_switched_and_deleted() {
    let server = Server::start().await;
    let mut admin = server.browser("admin@example.com").await;
    server.get(&mut admin, LIST).await.shows("There are no webhooks yet.");
    let (page, secret) = make(&server, &mut admin).await;
    assert!(secret.starts_with("whsec_"));
    let list = server.get(&mut admin, LIST).await;
    list.shows("created, merged into another");
    assert!(!list.text.contains(&secret), "the secret is shown once");
    let test = server.post(&mut admin, &format!("{page}/test"), &[]).await;
    test.shows("The endpoint took the test: 200 hello");
    server.endpoint.answers.lock().expect("a lock").push_back(503);
    let test = server.post(&mut admin, &format!("{page}/test"), &[]).await;
    test.shows("The endpoint did not take the test: 503 hello");
    assert_eq!(server.endpoint.received.lock().expect("a lock").len(), 2);
    let switch = format!("{page}/switch");
    server.post(&mut admin, &switch, &[("do", "disable")]).await.goes_to();
    server.get(&mut admin, &page).await.shows("<dd>disabled</dd>");
    server.post(&mut admin, &switch, &[("do", "enable")]).await.goes_to();
    server.get(&mut admin, &page).await.shows("<dd>active</dd>");
    server.post(&mut admin, &switch, &[("do", "explode")]).await.page(400);
    let rotated = server.post(&mut admin, &format!("{page}/secret"), &[]).await;
    assert_ne!(code_after(rotated.page(200), "is shown this once"), secret);
    server.post(&mut admin, &format!("{page}/delete"), &[]).await.goes_to();
    server.get(&mut admin, &page).await.page(404);
}

#[tokio::test]
async fn an_address_that_cannot_be_used_is_refused_in_words() {
    let server = Server::start().await;
    let mut admin = server.browser("admin@example.com").await;
    for (url, text) in [
        ("ftp://8.8.8.8/", "http or https"),
        ("https://user:secret@8.8.8.8/", "without a user name"),
        ("http://10.0.0.1/", "private"),
    ] {
        let refused = server.post(&mut admin, LIST, &[("url", url)]).await;
        assert!(refused.page(422).contains(text), "{url}: {}", refused.text);
    }
    let fields = [("url", "https://8.8.8.8/"), ("kind", "exploded")];
    server.post(&mut admin, LIST, &fields).await.page(400);
    make(&server, &mut admin).await;
    let again = server.post(&mut admin, LIST, &[("url", "https://8.8.8.8/hook")]).await;
    again.page(409);
    assert_eq!(server.app.store().webhooks(server.one).await.expect("read").len(), 1);
}

#[tokio::test]
async fn dead_messages_are_shown_and_sent_again() {
    let server = Server::start().await;
    let mut admin = server.browser("admin@example.com").await;
    let (page, _) = make(&server, &mut admin).await;
    server.get(&mut admin, &page).await.shows("There are no messages.");
    let id = id_of(&page);
    let message = dead(&server, id).await.to_header();
    let shown = server.get(&mut admin, &format!("{page}?status=dead")).await;
    shown.shows("500 out of order");
    shown.shows(&message);
    let pending = server.get(&mut admin, &format!("{page}?status=pending")).await;
    assert!(!pending.page(200).contains(&message));
    server.get(&mut admin, &format!("{page}?status=odd")).await.page(404);
    server.get(&mut admin, &format!("{page}?before=7.0.x")).await.page(404);
    let replay = format!("{page}/replay");
    let fields = [("do", "dead"), ("message", message.as_str())];
    let revived = server.post(&mut admin, &replay, &fields).await;
    revived.shows("1 message is sent again.");
    assert_eq!(
        server
            .app
            .store()
            .pending_deliveries(server.one, id)
            .await
            .expect("read"),
        1
    );
    let nonsense = [("do", "dead"), ("message", "msg_x")];
    server.post(&mut admin, &replay, &nonsense).await.page(400);
    let after = [("do", "after"), ("revision", "0")];
    server
        .post(&mut admin, &replay, &after)
        .await
        .shows("sent again from there on");
    let position = async || {
        let found = server.app.store().webhook(server.one, id).await.expect("read");
        found.map(|webhook| webhook.position)
    };
    assert_eq!(position().await, Some(Revision(0)));
}

#[tokio::test]
async fn webhooks_are_for_admins_of_the_workspace() {
    let server = Server::start().await;
    let mut admin = server.browser("admin@example.com").await;
    let (page, _) = make(&server, &mut admin).await;
    let mut paths = vec![LIST.to_owned()];
    paths.extend(["test", "switch", "secret", "replay", "delete"].map(|action| format!("{page}/{action}")));
    let fields = [("url", "https://8.8.8.8/"), ("do", "disable"), ("revision", "0")];
    for role in ["marketer", "support", "viewer"] {
        let mut browser = server.browser(&format!("{role}@example.com")).await;
        server.get(&mut browser, LIST).await.page(403);
        server.get(&mut browser, &page).await.page(403);
        for path in &paths {
            server.post(&mut browser, path, &fields).await.page(403);
        }
    }
    for path in &paths {
        server.post_raw(&mut admin, path, &fields).await.page(403);
    }
    let mut stranger = server.browser("other@example.com").await;
    server.get(&mut stranger, &page).await.page(404);
    for action in ["test", "switch", "secret", "delete"] {
        server
            .post(&mut stranger, &format!("{page}/{action}"), &fields)
            .await
            .page(404);
    }
    let replay = [("do", "after"), ("revision", "0")];
    server
        .post(&mut stranger, &format!("{page}/replay"), &replay)
        .await
        .page(404);
    server.get(&mut admin, &page).await.page(200);
}

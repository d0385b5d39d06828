//! Webhooks: their forms, the messages that endpoints receive, and what becomes of failed ones.

use crate::support::Server;
use serde_json::{Value, json};

const UNKNOWN: &str = "/api/v1/webhooks/019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Makes a webhook, and returns its path.
async fn webhook(server: &Server, kinds: Value) -> String {
    let body = json!({"url": "https://8.8.8.8/in", "kinds": kinds, "secret": SECRET});
    let made = server.post("/api/v1/webhooks", body).await.json(201);
    assert_eq!(made["webhook"]["secret"], SECRET);
    let id = made["webhook"]["id"].as_str().expect("an id");
    format!("/api/v1/webhooks/{id}")
}

/// Makes and sends messages until nothing is due.
async fn deliver(server: &Server) {
    server.app.start_due_webhooks().await.expect("queue jobs");
    server.worker().run_due().await.expect("run jobs");
}

/// The bodies that arrived since the last call.
fn received(server: &Server) -> Vec<Value> {
    let received = std::mem::take(&mut *server.endpoint.received.lock().expect("a lock"));
    let body = |text: &str| serde_json::from_str(text).expect("JSON");
    received.iter().map(|message| body(&message.body)).collect()
}

fn answer(server: &Server, status: u16, times: usize) {
    let answers = &mut server.endpoint.answers.lock().expect("a lock");
    answers.extend(std::iter::repeat_n(status, times));
}

async fn deliveries(server: &Server, path: &str, query: &str) -> Vec<Value> {
    let page = server.get(&format!("{path}/deliveries{query}")).await.json(200);
    page["items"].as_array().cloned().expect("a list")
}

async fn named(server: &Server, external_id: &str, name: &str) {
    let body = json!({"externalCustomerId": external_id, "firstName": name});
    server.post("/api/v1/contact", body).await.json(200);
}

#[tokio::test]
async fn a_webhook_reads_back_without_its_secret() {
    let server = Server::start().await;
    let path = webhook(&server, json!(["created", "merged"])).await;
    let one = server.get(&path).await;
    let body = one.json(200);
    assert_eq!(
        (&body["url"], &body["kinds"]),
        (&json!("https://8.8.8.8/in"), &json!(["created", "merged"]))
    );
    assert_eq!((&body["status"], &body["problem"]), (&json!("active"), &Value::Null));
    assert!(!one.text.contains("whsec_"), "{}", one.text);
    assert_eq!(
        server.get("/api/v1/webhooks").await.json(200)["webhooks"],
        json!([body])
    );
    let made = json!({"url": "https://8.8.8.8/other"});
    let made = server.post("/api/v1/webhooks", made).await.json(201)["webhook"].clone();
    assert!(
        made["secret"]
            .as_str()
            .is_some_and(|secret| secret.starts_with("whsec_"))
    );
    let other = format!("/api/v1/webhooks/{}", made["id"].as_str().expect("an id"));
    assert_eq!(server.get(&other).await.json(200)["kinds"], Value::Null);
    let taken = server.patch(&other, json!({"url": "https://8.8.8.8/in"})).await;
    assert_eq!(taken.problem(409), "already-exists");
    let changed = server
        .patch(&other, json!({"url": "https://8.8.8.8/new", "kinds": ["erased"]}))
        .await
        .json(200);
    assert_eq!(
        (&changed["url"], &changed["kinds"]),
        (&json!("https://8.8.8.8/new"), &json!(["erased"]))
    );
    assert_eq!(
        server.patch(&other, json!({"kinds": null})).await.json(200)["kinds"],
        Value::Null
    );
    assert_eq!(server.call("one", "DELETE", &other, None).await.status, 204);
    assert_eq!(server.get(&other).await.problem(404), "not-found");
    assert_eq!(server.call("two", "GET", &path, None).await.problem(404), "not-found");
}

#[tokio::test]
async fn what_is_wrong_with_a_webhook_is_named() {
    let server = Server::start().await;
    for (body, pointers) in [
        (json!({}), &["/url"][..]),
        (json!({"url": "ftp://8.8.8.8"}), &["/url"]),
        (json!({"url": "https://127.0.0.1/in"}), &["/url"]),
        (
            json!({"url": "https://8.8.8.8", "kinds": ["made", "created"]}),
            &["/kinds/0"],
        ),
        (json!({"url": "https://8.8.8.8", "kinds": []}), &["/kinds"]),
        (json!({"url": "https://8.8.8.8", "secret": "short"}), &["/secret"]),
    ] {
        let refused = server.post("/api/v1/webhooks", body.clone()).await;
        assert_eq!(refused.pointers(), pointers, "{body}");
        assert!(
            !refused.text.contains("127.0.0.1") && !refused.text.contains("short\""),
            "{}",
            refused.text
        );
    }
    assert_eq!(server.get("/api/v1/webhooks").await.json(200)["webhooks"], json!([]));
    let path = webhook(&server, json!(null)).await;
    for (body, pointers) in [
        (json!({}), &[""][..]),
        (
            json!({"after": 1, "ids": ["msg_5f2c1a7e0b3d8c4d9e6f7a8b9c0d1e2f"]}),
            &[""],
        ),
        (json!({"after": -1}), &["/after"]),
        (json!({"after": 1_000_000}), &["/after"]),
        (json!({"ids": ["1"]}), &["/ids/0"]),
    ] {
        let refused = server.post(&format!("{path}/replay"), body.clone()).await;
        assert_eq!(refused.pointers(), pointers, "{body}");
    }
    let refused = server.get(&format!("{path}/deliveries?status=lost&cursor=1.2")).await;
    assert_eq!(refused.pointers(), ["status", "cursor"]);
}

#[tokio::test]
async fn webhooks_need_the_right_to_administer() {
    let server = Server::start().await;
    for (method, path) in [
        ("GET", "/api/v1/webhooks"),
        ("POST", "/api/v1/webhooks"),
        ("GET", UNKNOWN),
        ("PATCH", UNKNOWN),
        ("DELETE", UNKNOWN),
    ] {
        server.guarded(method, path, Some(json!({})), "one-write").await;
    }
    for (method, call) in [
        ("GET", "deliveries"),
        ("POST", "secret"),
        ("POST", "disable"),
        ("POST", "enable"),
        ("POST", "test"),
        ("POST", "replay"),
    ] {
        let path = format!("{UNKNOWN}/{call}");
        server.guarded(method, &path, Some(json!({})), "one-write").await;
        let body = if call == "replay" {
            json!({"after": 0})
        } else {
            json!({})
        };
        let missing = server.call("one", method, &path, Some(body)).await;
        assert_eq!(missing.problem(404), "not-found", "{path}");
    }
}

#[tokio::test]
async fn changes_arrive_signed_in_the_form_of_the_feed() {
    let server = Server::start().await;
    let before = server.contact(Some("C-0"), None).await;
    let path = webhook(&server, json!(null)).await;
    let ann = server.contact(Some("C-1"), Some("ann@example.com")).await;
    named(&server, "C-1", "Ann").await;
    let erased = server
        .call("one", "DELETE", &format!("/api/v1/contact/{before}?erase=true"), None)
        .await;
    assert!(erased.status.is_success(), "{}", erased.text);
    deliver(&server).await;
    let messages = server.endpoint.received.lock().expect("a lock").clone();
    let first = &messages[0];
    assert_eq!(
        (first.url.as_str(), first.seconds),
        ("https://8.8.8.8/in", server.app.clock().now().timestamp())
    );
    assert!(
        first.id.starts_with("msg_") && first.signature.starts_with("v1,"),
        "{first:?}"
    );
    // Messages about different contacts are sent at once.
    let (erasure, bodies): (Vec<Value>, Vec<Value>) = received(&server)
        .into_iter()
        .partition(|body| body["type"] == "contact.erased");
    let kinds: Vec<&Value> = bodies.iter().map(|body| &body["type"]).collect();
    assert_eq!(kinds, ["contact.created", "contact.updated"]);
    let feed = server.get("/api/v1/changes?after=0").await.json(200)["items"].clone();
    let of_ann = feed
        .as_array()
        .expect("a list")
        .iter()
        .find(|change| change["contactId"] == ann);
    assert_eq!(bodies[0]["data"], *of_ann.expect("a change"));
    assert_eq!(bodies[0]["timestamp"], bodies[0]["data"]["at"]);
    assert_eq!(erasure.len(), 1);
    assert_eq!(erasure[0].get("timestamp"), None);
    let listed = deliveries(&server, &path, "?status=delivered&limit=1").await;
    assert_eq!(
        (&listed[0]["kind"], &listed[0]["nextTryAt"]),
        (&json!("erased"), &Value::Null)
    );
    assert_eq!(
        (
            &listed[0]["lastResponse"]["status"],
            &listed[0]["lastResponse"]["detail"]
        ),
        (&json!(200), &json!("hello"))
    );
    let next = server.get(&format!("{path}/deliveries?limit=1")).await.json(200)["next"].clone();
    let rest = deliveries(&server, &path, &format!("?cursor={}", next.as_str().expect("a cursor"))).await;
    assert_eq!(rest.len(), 2);
    deliver(&server).await;
    assert_eq!(received(&server), Vec::<Value>::new());
}

#[tokio::test]
async fn kinds_and_disabling_decide_what_is_sent() {
    let server = Server::start().await;
    let path = webhook(&server, json!(["updated"])).await;
    server.contact(Some("C-1"), None).await;
    named(&server, "C-1", "Ann").await;
    let disabled = server.post(&format!("{path}/disable"), json!({})).await.json(200);
    assert_eq!(disabled["status"], "disabled");
    deliver(&server).await;
    assert_eq!(received(&server), Vec::<Value>::new());
    let enabled = server.post(&format!("{path}/enable"), json!({})).await.json(200);
    assert_eq!(enabled["status"], "active");
    deliver(&server).await;
    let bodies = received(&server);
    assert_eq!((bodies.len(), &bodies[0]["type"]), (1, &json!("contact.updated")));
}

#[tokio::test]
async fn a_failed_message_holds_back_those_about_its_contact_alone() {
    let server = Server::start().await;
    let path = webhook(&server, json!(null)).await;
    let ann = server.contact(Some("C-1"), None).await;
    let bob = server.contact(Some("C-2"), None).await;
    named(&server, "C-1", "Ann").await;
    answer(&server, 500, 1);
    deliver(&server).await;
    let contacts = |bodies: &[Value]| {
        bodies
            .iter()
            .map(|body| body["data"]["contactId"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(contacts(&received(&server)), [json!(ann), json!(bob)]);
    let waiting = deliveries(&server, &path, "?status=pending").await;
    assert_eq!(
        (&waiting[0]["attempts"], &waiting[0]["kind"]),
        (&json!(0), &json!("updated"))
    );
    assert_eq!(
        (&waiting[1]["attempts"], &waiting[1]["lastResponse"]["status"]),
        (&json!(1), &json!(500))
    );
    deliver(&server).await;
    assert_eq!(received(&server), Vec::<Value>::new());
    server.clock.advance_seconds(5);
    deliver(&server).await;
    let bodies = received(&server);
    let kinds: Vec<&Value> = bodies.iter().map(|body| &body["type"]).collect();
    assert_eq!(kinds, ["contact.created", "contact.updated"]);
    assert_eq!(contacts(&bodies), [json!(ann), json!(ann)]);
}

#[tokio::test]
async fn a_failing_endpoint_is_paused_and_probed() {
    let server = Server::start().await;
    let path = webhook(&server, json!(null)).await;
    for external_id in ["C-1", "C-2", "C-3", "C-4", "C-5", "C-6"] {
        server.contact(Some(external_id), None).await;
    }
    answer(&server, 503, 7);
    deliver(&server).await;
    assert_eq!(received(&server).len(), 6);
    let paused = server.get(&path).await.json(200);
    assert_eq!((&paused["status"], &paused["failures"]), (&json!("paused"), &json!(6)));
    assert_eq!(
        paused["problem"],
        "6 attempts in a row failed; the endpoint answered 503"
    );
    server.clock.advance_seconds(60);
    deliver(&server).await;
    assert_eq!(received(&server).len(), 0, "the pause doubled with the sixth failure");
    server.clock.advance_seconds(60);
    deliver(&server).await;
    assert_eq!(received(&server).len(), 1, "a probe");
    server.clock.advance_seconds(240);
    deliver(&server).await;
    assert_eq!(received(&server).len(), 6, "a probe that succeeded, and the rest");
    assert_eq!(server.get(&path).await.json(200)["status"], "active");
}

#[tokio::test]
async fn a_dead_message_is_sent_again_on_request() {
    let server = Server::start().await;
    let path = webhook(&server, json!(null)).await;
    server.contact(Some("C-1"), None).await;
    answer(&server, 500, 10);
    for _ in 0..10 {
        deliver(&server).await;
        server.clock.advance_seconds(8 * 3_600);
    }
    let sent = received(&server);
    assert_eq!(sent.len(), 10);
    let dead = deliveries(&server, &path, "?status=dead").await;
    assert_eq!((dead.len(), &dead[0]["attempts"]), (1, &json!(10)));
    let replayed = server
        .post(&format!("{path}/replay"), json!({"ids": [dead[0]["id"]]}))
        .await;
    assert_eq!(replayed.json(200), json!({"messages": 1}));
    deliver(&server).await;
    assert_eq!(received(&server), [sent[0].clone()]);
    assert_eq!(deliveries(&server, &path, "?status=dead").await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_replay_sends_the_same_messages_again() {
    let server = Server::start().await;
    let path = webhook(&server, json!(null)).await;
    server.contact(Some("C-1"), None).await;
    server.contact(Some("C-2"), None).await;
    deliver(&server).await;
    let first = std::mem::take(&mut *server.endpoint.received.lock().expect("a lock"));
    let after = serde_json::from_str::<Value>(&first[0].body).expect("JSON")["data"]["revision"].clone();
    let replayed = server.post(&format!("{path}/replay"), json!({"after": after})).await;
    assert_eq!(replayed.json(200), json!({"messages": 0}));
    deliver(&server).await;
    let second = std::mem::take(&mut *server.endpoint.received.lock().expect("a lock"));
    assert_eq!(second.len(), 1);
    assert_eq!((&second[0].id, &second[0].body), (&first[1].id, &first[1].body));
}

#[tokio::test]
async fn the_old_secret_signs_for_a_day() {
    let server = Server::start().await;
    let path = webhook(&server, json!(null)).await;
    let rotated = server.post(&format!("{path}/secret"), json!({})).await.json(200);
    assert_ne!(rotated["webhook"]["secret"], SECRET);
    for (wait, signatures) in [(0, 2), (24 * 3_600, 1)] {
        server.clock.advance_seconds(wait);
        let tested = server.post(&format!("{path}/test"), json!({})).await.json(200);
        assert_eq!(tested, json!({"ok": true, "status": 200, "detail": "hello"}));
        let message = server
            .endpoint
            .received
            .lock()
            .expect("a lock")
            .pop()
            .expect("a message");
        assert_eq!(
            message
                .signature
                .split(' ')
                .filter(|one| one.starts_with("v1,"))
                .count(),
            signatures
        );
        assert!(message.body.contains(r#""type":"test""#), "{}", message.body);
    }
}

#[tokio::test]
async fn an_endpoint_that_is_gone_gets_no_more() {
    let server = Server::start().await;
    let path = webhook(&server, json!(null)).await;
    server.contact(Some("C-1"), None).await;
    answer(&server, 410, 1);
    deliver(&server).await;
    let gone = server.get(&path).await.json(200);
    assert_eq!(
        (&gone["status"], &gone["problem"]),
        (
            &json!("disabled"),
            &json!("the endpoint answered 410: it wants no more messages")
        )
    );
    server.clock.advance_seconds(3_600);
    deliver(&server).await;
    assert_eq!(received(&server).len(), 1);
}

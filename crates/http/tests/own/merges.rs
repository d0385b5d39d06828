//! Merging by hand, and undoing it.

use super::support::Server;
use serde_json::{Value, json};

const MERGES: &str = "/api/v1/identity/merges";

async fn two_contacts(server: &Server) -> (i64, i64) {
    (
        server.contact(Some("C-1"), Some("anna@example.com")).await,
        server.contact(None, Some("anna@work.example")).await,
    )
}

#[tokio::test]
async fn two_contacts_become_one_and_two_again() {
    let server = Server::start().await;
    let (survivor, absorbed) = two_contacts(&server).await;
    let answer = server
        .post(MERGES, json!({"survivor": survivor, "absorbed": absorbed}))
        .await;
    let made = answer.json(201);
    let merge = &made["merge"];
    let path = format!("{MERGES}/{}", merge["id"].as_str().unwrap_or_default());
    assert_eq!(answer.header("location"), Some(path.as_str()));
    assert_eq!(answer.header("x-selfsame-outcome"), Some("merged"));
    assert_eq!(
        (&merge["survivorContactId"], &merge["absorbedContactId"]),
        (&json!(survivor), &json!(absorbed))
    );
    assert_eq!(
        (&merge["rule"], &merge["forced"], &merge["undoneAt"]),
        (&json!("explicit"), &json!(false), &Value::Null)
    );
    assert_eq!(
        merge["moved"]["identifiers"],
        json!([{"kind": "email", "matchingValue": "anna@work.example"}])
    );
    assert_eq!(made["decision"]["outcome"], "merged");
    assert_eq!(made["decision"]["id"], merge["decisionId"]);
    assert_eq!(server.get(&path).await.json(200), *merge);
    let view = server
        .get(&format!("/api/v1/contact/{absorbed}/identity"))
        .await
        .json(200);
    assert_eq!(view["contactId"], survivor);
    assert_eq!(view["merges"], json!([merge]));

    server.clock.advance_seconds(1);
    let undone = server
        .call("one", "POST", &format!("{path}/undo"), None)
        .await
        .json(200);
    assert!(undone["merge"]["undoneAt"].is_string());
    let expected = json!([{"effect": "unmerged", "mergeId": merge["id"], "contactId": absorbed}]);
    assert_eq!(undone["decision"]["effects"], expected);
    let view = server
        .get(&format!("/api/v1/contact/{absorbed}/identity"))
        .await
        .json(200);
    assert_eq!(view["contactId"], absorbed);
    let again = server.call("one", "POST", &format!("{path}/undo"), None).await;
    assert_eq!(again.problem(409), "already-undone");
}

#[tokio::test]
async fn what_cannot_be_merged_says_why() {
    let server = Server::start().await;
    let (one, other) = (
        server.contact(Some("C-1"), None).await,
        server.contact(Some("C-2"), None).await,
    );
    let merge = async |survivor: Value, absorbed: Value, force: Value| {
        server
            .post(
                MERGES,
                json!({"survivor": survivor, "absorbed": absorbed, "force": force}),
            )
            .await
    };
    assert_eq!(
        merge(json!(one), json!(other), Value::Null).await.problem(409),
        "different-external-ids"
    );
    assert_eq!(
        merge(json!(one), json!(one), json!(true)).await.problem(400),
        "same-contact"
    );
    assert_eq!(
        merge(json!(one), json!(999), json!(true)).await.problem(404),
        "contact-not-found"
    );
    assert_eq!(
        merge(json!("x"), json!(0), json!("x")).await.pointers(),
        ["/survivor", "/absorbed", "/force"]
    );
    assert_eq!(
        merge(Value::Null, Value::Null, Value::Null).await.pointers(),
        ["/survivor", "/absorbed"]
    );
    let forced = merge(json!(one), json!(other), json!(true)).await.json(201);
    assert_eq!(forced["merge"]["forced"], true);
}

#[tokio::test]
async fn merges_are_paged_the_latest_first() {
    let server = Server::start().await;
    let survivor = server.contact(Some("C-1"), None).await;
    let mut made = Vec::new();
    for number in 0..3 {
        let absorbed = server.contact(None, Some(&format!("a{number}@example.com"))).await;
        let body = json!({"survivor": survivor, "absorbed": absorbed});
        made.insert(0, server.post(MERGES, body).await.json(201)["merge"]["id"].clone());
        server.clock.advance_seconds(1);
    }
    let mut seen = Vec::new();
    let mut path = format!("{MERGES}?limit=2");
    for _ in 0..3 {
        let page = server.get(&path).await.json(200);
        seen.extend(
            page["items"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|merge| merge["id"].clone()),
        );
        let Some(next) = page["next"].as_str() else { break };
        path = format!("{MERGES}?limit=2&cursor={next}");
    }
    assert_eq!(seen, made);
    assert_eq!(
        server.get(&format!("{MERGES}?limit=0&cursor=x")).await.pointers(),
        ["limit", "cursor"]
    );
}

#[tokio::test]
async fn a_repeated_merge_is_answered_as_before() {
    let server = Server::start().await;
    let (survivor, absorbed) = two_contacts(&server).await;
    let body = json!({"survivor": survivor, "absorbed": absorbed});
    let first = server.repeatable("POST", "m", MERGES, &body).await;
    let second = server.repeatable("POST", "m", MERGES, &body).await;
    assert_eq!((first.status.as_u16(), &first.text), (201, &second.text));
    assert_eq!(
        server.get(MERGES).await.json(200)["items"].as_array().map(Vec::len),
        Some(1)
    );
    let undo = format!("{}/undo", first.header("location").unwrap_or_default());
    let first = server.repeatable("POST", "u", &undo, &json!({})).await;
    assert_eq!(first.status, 200);
    server.clock.advance_seconds(1);
    server.post(MERGES, body.clone()).await.json(201);
    assert_eq!(server.repeatable("POST", "u", &undo, &json!({})).await.text, first.text);
    let third = server.repeatable("POST", "m", MERGES, &body).await;
    assert_eq!(
        (third.status.as_u16(), third.text),
        (201, second.text),
        "it was not undone then"
    );
}

#[tokio::test]
async fn merges_are_guarded_and_apart() {
    let server = Server::start().await;
    let (survivor, absorbed) = two_contacts(&server).await;
    let body = json!({"survivor": survivor, "absorbed": absorbed});
    let made = server.post(MERGES, body.clone()).await;
    let path = made.header("location").unwrap_or_default().to_owned();
    server.guarded("POST", MERGES, Some(body.clone()), "one-read").await;
    server.guarded("GET", MERGES, None, "one-write").await;
    server.guarded("GET", &path, None, "one-write").await;
    server.guarded("POST", &format!("{path}/undo"), None, "one-read").await;
    let nowhere = format!("{MERGES}/00000000-0000-0000-0000-000000000000");
    for (method, suffix) in [("GET", ""), ("POST", "/undo")] {
        let foreign = server.call("two", method, &format!("{path}{suffix}"), None).await;
        let unknown = server.call("two", method, &format!("{nowhere}{suffix}"), None).await;
        assert_eq!((foreign.status, &foreign.text), (unknown.status, &unknown.text));
        assert_eq!(foreign.status, 404);
    }
    assert_eq!(
        server.call("two", "GET", MERGES, None).await.json(200),
        json!({"items": [], "next": null})
    );
    assert_eq!(
        server.call("two", "POST", MERGES, Some(body)).await.problem(404),
        "contact-not-found"
    );
    assert_eq!(server.get(&format!("{MERGES}/nonsense")).await.pointers(), ["id"]);
}

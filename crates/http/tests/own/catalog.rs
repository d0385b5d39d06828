//! Custom fields and subscription categories.

use super::support::Server;
use serde_json::{Value, json};

fn card() -> Value {
    json!({"profileKey": "LOYALTY", "fieldKey": "CARD", "name": "Card", "type": "textField", "identifying": true})
}

#[tokio::test]
async fn a_field_is_defined_renamed_and_archived() {
    let server = Server::start().await;
    let made = server.post("/api/v1/fields", card()).await;
    assert_eq!(made.header("x-selfsame-outcome"), Some("created"));
    let made = made.json(201);
    let expected = json!({
        "id": made["field"]["id"], "profileKey": "LOYALTY", "fieldKey": "CARD", "name": "Card", "type": "TEXTFIELD",
        "allowedValues": [], "required": false, "identifying": true, "archived": false,
    });
    assert_eq!(made["field"], expected);
    assert_eq!(made["decision"]["outcome"], "created");
    assert_eq!(
        made["decision"]["effects"],
        json!([{"effect": "field", "fieldId": made["field"]["id"]}])
    );
    assert_eq!(
        server.get("/api/v1/fields").await.json(200),
        json!({"items": [expected], "next": null})
    );

    let path = format!("/api/v1/fields/{}", made["field"]["id"]);
    let renamed = server.patch(&path, json!({"name": " Customer card "})).await.json(200);
    assert_eq!(renamed["field"]["name"], "Customer card");
    assert_eq!(renamed["decision"]["outcome"], "updated");
    let archived = server.patch(&path, json!({"archived": true})).await.json(200);
    assert_eq!(archived["field"]["archived"], true);
    assert_eq!(server.get("/api/v1/fields/").await.json(200)["items"], json!([]));
    assert_eq!(
        server.get("/api/v1/fields?archived=true").await.json(200)["items"][0]["name"],
        "Customer card"
    );
    let again = server.patch(&path, json!({"archived": true})).await.json(200);
    assert_eq!(again["decision"]["outcome"], "unchanged");
}

#[tokio::test]
async fn a_change_that_is_repeated_is_done_once() {
    let server = Server::start().await;
    let field = server.post("/api/v1/fields", card()).await.json(201)["field"]["id"].clone();
    let news = json!({"key": "news", "name": "News"});
    let category = server.post("/api/v1/categories", news).await.json(201)["category"]["id"].clone();
    for (path, member) in [
        (format!("/api/v1/fields/{field}"), "field"),
        (format!("/api/v1/categories/{category}"), "category"),
    ] {
        let change = json!({"name": "First"});
        let first = server.repeatable("PATCH", member, &path, &change).await.json(200);
        assert_eq!(first["decision"]["outcome"], "updated");
        server.patch(&path, json!({"name": "Second"})).await.json(200);
        let again = server.repeatable("PATCH", member, &path, &change).await.json(200);
        assert_eq!(again, first);
        let now = server.get(path.rsplit_once('/').expect("a list").0).await.json(200);
        assert_eq!(now["items"][0]["name"], "Second", "it was not renamed again");
        let other = json!({"name": "Third"});
        let reused = server.repeatable("PATCH", member, &path, &other).await;
        assert_eq!(reused.problem(422), "idempotency-key-reused");
    }
}

#[tokio::test]
async fn what_was_made_is_answered_as_it_was_made() {
    let server = Server::start().await;
    let news = json!({"key": "news", "name": "News"});
    for (path, member, body) in [
        ("/api/v1/fields", "field", card()),
        ("/api/v1/categories", "category", news),
    ] {
        let first = server.repeatable("POST", member, path, &body).await;
        let made = first.json(201);
        server.clock.advance_seconds(1);
        let one = format!("{path}/{}", made[member]["id"]);
        let change = json!({"name": "Second", "archived": true});
        let changed = server.patch(&one, change.clone()).await.json(200);
        assert_eq!(changed[member]["name"], "Second");
        assert_eq!(changed[member]["archived"], true);
        let again = server.repeatable("POST", member, path, &body).await;
        assert_eq!((again.status.as_u16(), again.text), (201, first.text));
        let listed = server.get(&format!("{path}?archived=true")).await.json(200);
        assert_eq!(
            listed["items"],
            json!([changed[member]]),
            "it was made once and stays changed"
        );
        server.clock.advance_seconds(1);
        let same = server.patch(&one, change).await.json(200);
        assert_eq!(same[member], changed[member], "what changes nothing is no change");
    }
}

#[tokio::test]
async fn only_what_is_chosen_has_a_list_and_nothing_has_bounds() {
    let server = Server::start().await;
    let of = |kind: &str, allowed: Value| json!({"profileKey": "P", "fieldKey": "F", "type": kind, "allowedValues": allowed});
    for kind in ["TEXTFIELD", "TEXTAREA", "NUMBER", "DECIMAL", "DATE", "DATETIME", "TAGS"] {
        let refused = server.post("/api/v1/fields", of(kind, json!(["1"]))).await;
        assert_eq!(refused.pointers(), ["/allowedValues"], "{kind}");
    }
    let refused = server
        .post("/api/v1/fields", of("CHECKBOXLIST", json!(["a", "b,c"])))
        .await;
    assert_eq!(refused.pointers(), ["/allowedValues/1"]);
    let bounds = json!({"profileKey": "P", "fieldKey": "F", "type": "NUMBER", "minValue": 1, "maxValue": 5});
    assert_eq!(server.post("/api/v1/fields", bounds).await.pointers(), ["/*", "/*"]);
}

#[tokio::test]
async fn what_is_no_field_is_refused_whole() {
    let server = Server::start().await;
    let wrong = json!({
        "profileKey": "A.B", "type": "picture", "allowedValues": ["a", "a", {}], "required": "perhaps",
        "name": "x".repeat(256), "fieldKey": "x".repeat(101),
    });
    let expected = [
        "/profileKey",
        "/fieldKey",
        "/name",
        "/type",
        "/allowedValues/2",
        "/allowedValues/1",
        "/required",
    ];
    assert_eq!(server.post("/api/v1/fields", wrong).await.pointers(), expected);
    assert_eq!(
        server.post("/api/v1/fields", json!({"name": "a"})).await.pointers(),
        ["/profileKey", "/fieldKey", "/type"]
    );
    assert_eq!(server.post("/api/v1/fields", json!([])).await.pointers(), [""]);
    assert_eq!(
        server.call("one", "POST", "/api/v1/fields", None).await.pointers(),
        [""]
    );
    assert_eq!(
        server.get("/api/v1/fields?archived=maybe").await.pointers(),
        ["archived"]
    );
    assert_eq!(server.get("/api/v1/fields").await.json(200)["items"], json!([]));

    server.post("/api/v1/fields", card()).await.json(201);
    assert_eq!(
        server.post("/api/v1/fields", card()).await.problem(409),
        "already-exists"
    );
    assert_eq!(
        server.patch("/api/v1/fields/1", json!({"title": "a"})).await.pointers(),
        [""]
    );
    assert_eq!(
        server
            .patch("/api/v1/fields/1", json!({"name": "x".repeat(256)}))
            .await
            .pointers(),
        ["/name"]
    );
    assert_eq!(
        server.patch("/api/v1/fields/0", json!({"name": "a"})).await.pointers(),
        ["id"]
    );
    assert_eq!(
        server
            .patch("/api/v1/fields/99", json!({"name": "a"}))
            .await
            .problem(404),
        "field-not-found"
    );
}

#[tokio::test]
async fn a_category_is_defined_renamed_and_archived() {
    let server = Server::start().await;
    let made = server
        .post("/api/v1/categories", json!({"key": "news", "name": "News"}))
        .await
        .json(201);
    let category = &made["category"];
    assert_eq!(
        (&category["key"], &category["name"], &category["archived"]),
        (&json!("news"), &json!("News"), &json!(false))
    );
    assert_eq!(category["contactsCount"], 0);
    assert!(category["segmentId"].as_i64().is_some_and(|id| id > 0));
    server.clock.advance_seconds(60);
    let path = format!("/api/v1/categories/{}", category["id"]);
    let renamed = server.patch(&path, json!({"name": "Letters"})).await.json(200);
    assert_eq!(renamed["category"]["name"], "Letters");
    assert_ne!(renamed["category"]["updatedAt"], category["updatedAt"]);
    assert_eq!(renamed["category"]["createdAt"], category["createdAt"]);
    server.patch(&path, json!({"archived": true})).await.json(200);
    assert_eq!(
        server.get("/api/v1/categories").await.json(200),
        json!({"items": [], "next": null})
    );
    assert_eq!(
        server.get("/api/v1/categories?archived=1").await.json(200)["items"][0]["archived"],
        true
    );
    let named_by_key = server.post("/api/v1/categories", json!({"key": "sms"})).await.json(201);
    assert_eq!(named_by_key["category"]["name"], "sms");
}

#[tokio::test]
async fn what_is_no_category_is_refused() {
    let server = Server::start().await;
    assert_eq!(server.post("/api/v1/categories", json!({})).await.pointers(), ["/key"]);
    let long = json!({"key": "x".repeat(1000), "name": {}});
    assert_eq!(
        server.post("/api/v1/categories", long).await.pointers(),
        ["/key", "/name"]
    );
    server
        .post("/api/v1/categories", json!({"key": "news"}))
        .await
        .json(201);
    assert_eq!(
        server
            .post("/api/v1/categories", json!({"key": "news"}))
            .await
            .problem(409),
        "already-exists"
    );
    assert_eq!(
        server
            .patch("/api/v1/categories/9", json!({"archived": true}))
            .await
            .problem(404),
        "category-not-found"
    );
    assert_eq!(
        server
            .patch("/api/v1/categories/x", json!({"archived": true}))
            .await
            .pointers(),
        ["id"]
    );
}

#[tokio::test]
async fn definitions_are_listed_page_by_page() {
    let server = Server::start().await;
    for key in ["a", "b", "c", "d"] {
        let field = json!({"profileKey": "P", "fieldKey": key, "type": "NUMBER"});
        server.post("/api/v1/fields", field).await.json(201);
        let category = json!({"key": key});
        server.post("/api/v1/categories", category).await.json(201);
    }
    for (noun, key) in [("fields", "fieldKey"), ("categories", "key")] {
        let path = format!("/api/v1/{noun}");
        let whole = server.get(&path).await.json(200);
        assert_eq!(whole["next"], Value::Null);
        let second = whole["items"][1]["id"].clone();
        server
            .patch(&format!("{path}/{second}"), json!({"archived": true}))
            .await
            .json(200);
        assert_eq!(walked(&server, &path, key).await, ["a", "c", "d"]);
        let archived = format!("{path}?archived=true");
        assert_eq!(walked(&server, &archived, key).await, ["a", "b", "c", "d"]);
        let exact = server.get(&format!("{path}?limit=3")).await.json(200);
        assert_eq!(exact["next"], Value::Null, "nothing comes after the third");
        assert_eq!(exact["items"].as_array().map(Vec::len), Some(3));
        for (sent, wrong) in [
            ("limit=0", "limit"),
            ("limit=all", "limit"),
            ("cursor=zzz", "cursor"),
            ("cursor=-1", "cursor"),
            ("cursor=019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44", "cursor"),
        ] {
            assert_eq!(
                server.get(&format!("{path}?{sent}")).await.pointers(),
                [wrong],
                "{sent}"
            );
        }
    }
}

/// All items of a list, read with one item a page.
async fn walked(server: &Server, path: &str, key: &str) -> Vec<String> {
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let between = if path.contains('?') { '&' } else { '?' };
        let page = server.get(&format!("{path}{between}limit=1{cursor}")).await.json(200);
        let items = page["items"].as_array().expect("items");
        assert_eq!(items.len(), 1, "{page}");
        seen.push(items[0][key].as_str().expect("a key").to_owned());
        assert!(seen.len() < 10, "{seen:?}");
        let Some(next) = page["next"].as_str() else { return seen };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test]
async fn definitions_are_guarded_and_apart() {
    let server = Server::start().await;
    server.post("/api/v1/fields", card()).await.json(201);
    server
        .post("/api/v1/categories", json!({"key": "news"}))
        .await
        .json(201);
    for noun in ["fields", "categories"] {
        let path = format!("/api/v1/{noun}");
        server.guarded("GET", &path, None, "one-write").await;
        server.guarded("POST", &path, Some(json!({})), "one-read").await;
        server
            .guarded(
                "PATCH",
                &format!("{path}/1"),
                Some(json!({"archived": true})),
                "one-read",
            )
            .await;
        assert_eq!(
            server.call("two", "GET", &path, None).await.json(200)["items"],
            json!([])
        );
        let foreign = server
            .call("two", "PATCH", &format!("{path}/1"), Some(json!({"archived": true})))
            .await;
        assert_eq!(foreign.status, 404);
        assert_eq!(
            server.call("one-read", "GET", &path, None).await.json(200)["items"]
                .as_array()
                .map(Vec::len),
            Some(1)
        );
    }
    // The other workspace may use the same keys.
    assert_eq!(
        server.call("two", "POST", "/api/v1/fields", Some(card())).await.status,
        201
    );
}

#[tokio::test]
async fn a_repeated_request_is_answered_as_before() {
    let server = Server::start().await;
    let first = server.repeatable("POST", "k1", "/api/v1/fields", &card()).await;
    let second = server.repeatable("POST", "k1", "/api/v1/fields", &card()).await;
    assert_eq!((first.status.as_u16(), &first.text), (201, &second.text));
    assert_eq!(
        first.header("x-selfsame-decision"),
        second.header("x-selfsame-decision")
    );
    assert_eq!(
        server.get("/api/v1/fields").await.json(200)["items"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    let other = json!({"profileKey": "A", "fieldKey": "B", "type": "NUMBER"});
    assert_eq!(
        server
            .repeatable("POST", "k1", "/api/v1/fields", &other)
            .await
            .problem(422),
        "idempotency-key-reused"
    );
    let category = json!({"key": "news"});
    let first = server.repeatable("POST", "k2", "/api/v1/categories", &category).await;
    assert_eq!(
        server
            .repeatable("POST", "k2", "/api/v1/categories", &category)
            .await
            .text,
        first.text
    );
}

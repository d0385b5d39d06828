//! Dynamic segments: forms, wrong input, and both kinds on the wire.

use super::support::Server;
use serde_json::{Value, json};

fn no_id() -> Value {
    json!({"field": "externalCustomerId", "op": "is_empty"})
}

async fn made(server: &Server, name: &str, formula: Value) -> Value {
    let made = server
        .post("/api/v1/segments", json!({"name": name, "formula": formula}))
        .await;
    made.json(201)["segment"].clone()
}

#[tokio::test]
async fn a_segment_is_made_read_changed_and_deleted() {
    let server = Server::start().await;
    let anonymous = server.contact(None, Some("ann@example.com")).await;
    server.contact(Some("C-1"), None).await;
    let made = server
        .post("/api/v1/segments", json!({"name": "No ID", "formula": no_id()}))
        .await;
    assert_eq!(made.header("x-selfsame-outcome"), Some("created"));
    let made = made.json(201);
    let id = made["segment"]["id"].clone();
    let expected = json!({
        "id": id, "name": "No ID", "type": "dynamic", "count": 1, "formula": no_id(), "readable": "External ID is empty",
    });
    assert_eq!(made["segment"], expected);
    assert_eq!(
        made["decision"]["effects"],
        json!([{"effect": "segment_created", "segmentId": id}])
    );
    let path = format!("/api/v1/segments/{id}");
    assert_eq!(server.get(&path).await.json(200), json!({"segment": expected}));
    let member = json!({
        "contactId": anonymous, "externalCustomerId": null, "email": "ann@example.com", "phone": null,
        "firstName": null, "lastName": null,
    });
    let page = server.get(&format!("{path}/members")).await.json(200);
    assert_eq!(page, json!({"items": [member], "next": null}));

    let both = json!({"name": "Nobody", "formula": {"all": [no_id(), {"field": "email", "op": "is_empty"}]}});
    let changed = server.put(&path, both).await.json(200);
    assert_eq!(changed["segment"]["name"], "Nobody");
    assert_eq!(
        changed["segment"]["readable"],
        "External ID is empty and Email is empty"
    );
    assert_eq!(changed["segment"]["count"], 0);
    assert_eq!(changed["decision"]["outcome"], "updated");
    let readable = json!({"formula": changed["segment"]["readable"]});
    assert_eq!(
        server.put(&path, readable).await.json(200)["decision"]["outcome"],
        "unchanged"
    );

    let listed = server.get("/api/v1/segments?name=nob").await.json(200);
    assert_eq!(listed["items"][0]["type"], "dynamic");
    assert_eq!(listed["items"][0].get("count"), None);
    let gone = server.call("one", "DELETE", &path, None).await.json(200);
    assert_eq!(gone["decision"]["outcome"], "removed");
    assert_eq!(server.get(&path).await.problem(404), "not-found");
    assert_eq!(
        server.get("/api/v1/segments").await.json(200),
        json!({"items": [], "next": null})
    );
}

#[tokio::test]
async fn members_come_by_pages() {
    let server = Server::start().await;
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(server.contact(Some(&format!("C-{number}")), None).await);
    }
    let segment = made(
        &server,
        "All",
        json!({"field": "contactId", "op": "greater", "value": 0}),
    )
    .await;
    let path = format!("/api/v1/segments/{}/members?limit=2", segment["id"]);
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.get(&format!("{path}{cursor}")).await.json(200);
        let items = page["items"].as_array().expect("items");
        seen.extend(items.iter().map(|item| item["contactId"].as_i64().expect("a number")));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ids);
    for as_of in ["1000", "-1", "x"] {
        let refused = server.get(&format!("{path}&asOf={as_of}")).await;
        assert_eq!(refused.pointers(), ["asOf"], "{as_of}");
    }
    assert_eq!(
        server.get("/api/v1/segments/99/members").await.problem(404),
        "not-found"
    );
}

#[tokio::test]
async fn a_preview_saves_nothing_and_lists_the_contacts_that_move() {
    let server = Server::start().await;
    server.contact(None, Some("ann@example.com")).await;
    server.contact(Some("C-1"), None).await;
    let segment = made(&server, "No ID", no_id()).await;
    let not = json!({"not": {"field": "email", "op": "equals", "value": "ann@example.com"}});
    let body = json!({"formula": not, "segmentId": segment["id"]});
    let preview = server.post("/api/v1/segments/preview", body).await.json(200);
    assert_eq!((&preview["count"], &preview["exact"]), (&json!(1), &json!(true)));
    assert_eq!(preview["contacts"][0]["externalCustomerId"], "C-1");
    assert_eq!(preview["readable"], "not Email equals “ann@example.com”");
    assert_eq!((&preview["enter"], &preview["leave"]), (&json!(1), &json!(1)));
    assert_eq!(preview["withoutValue"][0]["count"], 1);
    let alone = server
        .post("/api/v1/segments/preview", json!({"formula": "Email is not empty"}))
        .await
        .json(200);
    assert_eq!((&alone["count"], alone.get("enter")), (&json!(1), None));
    let listed = server.get("/api/v1/segments").await.json(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_contact_lists_its_segments_and_why() {
    let server = Server::start().await;
    let id = server.contact(Some("C-1"), None).await;
    let segment = made(&server, "No ID", no_id()).await;
    let found = server.get(&format!("/api/v1/contact/{id}/segments")).await.json(200);
    let expected = json!({"items": [{
        "segmentId": segment["id"], "name": "No ID", "type": "dynamic", "in": false,
        "because": "External ID is not empty", "until": null, "since": null, "sinceRevision": null,
    }]});
    assert_eq!(found, expected);
    assert_eq!(
        server.get("/api/v1/contact/99/segments").await.problem(404),
        "not-found"
    );
}

#[tokio::test]
async fn entries_and_exits_are_in_the_feed_and_past_members_are_answered() {
    let server = Server::start().await;
    let segment = made(&server, "No ID", no_id()).await["id"].clone();
    let feed = async |query: &str| server.get(&format!("/api/v1/changes?{query}")).await.json(200);
    let begin = feed("").await["next"].clone();
    let ann = server.contact(None, Some("ann@example.com")).await;
    let page = feed(&format!("after={begin}")).await;
    let (created, entered) = (&page["items"][0], &page["items"][1]);
    let expected = json!({
        "revision": page["next"], "kind": "segment_entered", "contactId": ann, "at": entered["at"], "segmentId": segment,
        "cause": "change", "sinceRevision": created["revision"],
    });
    assert_eq!((page["items"].as_array().map(Vec::len), entered), (Some(2), &expected));
    let standing = server.get(&format!("/api/v1/contact/{ann}/segments")).await.json(200);
    let standing = &standing["items"][0];
    assert_eq!(
        (&standing["since"], &standing["sinceRevision"]),
        (&entered["at"], &created["revision"])
    );
    server.contact(Some("C-1"), Some("ann@example.com")).await;
    let left = feed(&format!("after={}&kinds=segment_left", page["next"])).await;
    assert_eq!(left["items"][0]["contactId"], ann);
    assert_eq!(left["items"].as_array().map(Vec::len), Some(1));
    for (revision, members) in [(&begin, 0), (&created["revision"], 1), (&left["next"], 0)] {
        let path = format!("/api/v1/segments/{segment}/members?asOf={revision}");
        let found = server.get(&path).await.json(200);
        assert_eq!(found["items"].as_array().map(Vec::len), Some(members), "at {revision}");
    }
    let path = format!("/api/v1/segments/{segment}/history");
    let history = server.get(&format!("{path}?days=1")).await.json(200);
    let day = json!({"date": "2026-01-02", "entered": 1, "left": 1, "count": 0});
    assert_eq!(
        history,
        json!({"items": [day], "recordedUntil": left["next"], "recordedFrom": 0})
    );
    assert_eq!(
        server.get(&path).await.json(200)["items"].as_array().map(Vec::len),
        Some(30)
    );
    assert_eq!(server.get(&format!("{path}?days=0")).await.pointers(), ["days"]);
    assert_eq!(
        server.get("/api/v1/segments/99/history").await.problem(404),
        "not-found"
    );
}

#[tokio::test]
async fn wrong_formulas_are_refused_by_their_places() {
    let server = Server::start().await;
    let send = async |formula: Value| {
        server
            .post("/api/v1/segments", json!({"name": "s", "formula": formula}))
            .await
    };
    for (formula, pointers) in [
        (Value::Null, vec!["/formula"]),
        (json!({"all": []}), vec!["/formula/all"]),
        (
            json!({"all": [{"field": "email", "op": "greater", "value": 1}]}),
            vec!["/formula/all/0/op"],
        ),
        (
            json!({"any": [no_id(), {"field": "nothing", "op": "is_empty"}]}),
            vec!["/formula/any/1/field"],
        ),
        (json!({"not": {"segment": 99}}), vec!["/formula/not/segment"]),
        (
            json!({"field": "email", "op": "equals", "value": "none"}),
            vec!["/formula/value"],
        ),
        (json!("Email is"), vec!["/formula"]),
    ] {
        let refused = send(formula.clone()).await;
        assert_eq!(refused.pointers(), pointers, "{formula}");
    }
    let nameless = server.post("/api/v1/segments", json!({"formula": no_id()})).await;
    assert_eq!(nameless.pointers(), ["/name"]);
    let segment = made(&server, "s", no_id()).await;
    assert_eq!(send(no_id()).await.problem(409), "already-exists");
    let path = format!("/api/v1/segments/{}", segment["id"]);
    assert_eq!(server.put(&path, json!({})).await.pointers(), [""]);
    let cycle = server.put(&path, json!({"formula": {"segment": segment["id"]}})).await;
    assert!(
        cycle.json(400)["detail"]
            .as_str()
            .is_some_and(|text| text.contains("by way of “s”"))
    );
    made(&server, "outer", json!({"segment": segment["id"]})).await;
    assert_eq!(
        server.call("one", "DELETE", &path, None).await.problem(409),
        "segment-in-use"
    );
}

#[tokio::test]
async fn the_wire_lists_both_kinds() {
    let server = Server::start().await;
    let body = json!({"channels": [{"type": "email", "value": "ann@example.com"}], "groups": [{"name": "List"}]});
    let ann = server.post("/api/v1/contact", body).await.json(200)["id"].clone();
    let segment = made(&server, "No ID", no_id()).await;
    let groups = server.get("/api/v1/groups").await.json(200);
    let kinds: Vec<&Value> = groups
        .as_array()
        .expect("groups")
        .iter()
        .map(|group| &group["type"])
        .collect();
    assert_eq!(kinds, ["Static", "Dynamic"]);
    let path = format!("/api/v1/group/{}/contacts", segment["id"]);
    let page = server.get(&path).await;
    assert_eq!(page.header("totalcount"), Some("1"));
    assert_eq!(page.json(200)[0]["id"], ann);
    for call in ["attach", "detach"] {
        let refused = server
            .post(&format!("{path}/{call}"), json!({"contactIds": [ann]}))
            .await;
        assert_eq!(refused.status.as_u16(), 400);
        assert!(refused.text.contains("the segment is dynamic"), "{}", refused.text);
    }
    assert_eq!(server.get("/api/v1/group/99/contacts").await.status.as_u16(), 404);
}

#[tokio::test]
async fn every_call_needs_its_rights() {
    let server = Server::start().await;
    let body = || Some(json!({"name": "s", "formula": no_id()}));
    for (method, path, body, weak) in [
        ("GET", "/api/v1/segments", None, "one-events"),
        ("POST", "/api/v1/segments", body(), "one-read"),
        ("POST", "/api/v1/segments/preview", body(), "one-events"),
        ("GET", "/api/v1/segments/1", None, "one-events"),
        ("PUT", "/api/v1/segments/1", body(), "one-read"),
        ("DELETE", "/api/v1/segments/1", None, "one-read"),
        ("GET", "/api/v1/segments/1/members", None, "one-events"),
        ("GET", "/api/v1/contact/1/segments", None, "one-events"),
    ] {
        server.guarded(method, path, body, weak).await;
    }
    let segment = made(&server, "s", no_id()).await;
    let path = format!("/api/v1/segments/{}", segment["id"]);
    assert_eq!(server.call("two", "GET", &path, None).await.problem(404), "not-found");
}

#[tokio::test]
async fn a_segment_is_copied_frozen_and_emptied() {
    let server = Server::start().await;
    let ann = server.contact(None, Some("ann@example.com")).await;
    let segment = made(&server, "No ID", no_id()).await;
    let path = format!("/api/v1/segments/{}", segment["id"]);
    let copy = server
        .post(&format!("{path}/copy"), json!({"name": "Copy"}))
        .await
        .json(201)["segment"]
        .clone();
    assert_eq!((&copy["formula"], &copy["count"]), (&no_id(), &json!(1)));
    let list = server
        .post(&format!("{path}/freeze"), json!({"name": "List"}))
        .await
        .json(201)["segment"]
        .clone();
    assert_eq!((&list["type"], &list["count"]), (&json!("static"), &json!(1)));
    server
        .put(&format!("/api/v1/contact/{ann}"), json!({"externalCustomerId": "C-1"}))
        .await;
    let count = async |segment: &Value| {
        server
            .get(&format!("/api/v1/segments/{}", segment["id"]))
            .await
            .json(200)["segment"]["count"]
            .clone()
    };
    assert_eq!((count(&copy).await, count(&list).await), (json!(0), json!(1)));
    let list_path = format!("/api/v1/segments/{}", list["id"]);
    assert_eq!(
        server
            .post(&format!("{list_path}/copy"), json!({"name": "x"}))
            .await
            .pointers(),
        ["id"]
    );
    assert_eq!(
        server
            .call("one", "POST", &format!("{list_path}/empty"), None)
            .await
            .json(200)["segment"]["count"],
        0
    );
    let refused = server.call("one", "POST", &format!("{path}/empty"), None).await;
    assert_eq!(refused.problem(400), "segment-is-dynamic");
    assert_eq!(
        server.post(&format!("{path}/freeze"), json!({})).await.pointers(),
        ["/name"]
    );
}

#[tokio::test]
async fn a_repeated_freeze_adds_no_contact() {
    let server = Server::start().await;
    server.contact(None, Some("ann@example.com")).await;
    let segment = made(&server, "No ID", no_id()).await;
    let path = format!("/api/v1/segments/{}/freeze", segment["id"]);
    let freeze = async || {
        let answer = server.repeatable("POST", "k", &path, &json!({"name": "List"})).await;
        answer.json(201)["segment"].clone()
    };
    let list = freeze().await;
    server.contact(None, Some("bob@example.com")).await;
    assert_eq!((freeze().await, &list["count"]), (list.clone(), &json!(1)));
}

#[tokio::test]
async fn contacts_are_searched_by_a_formula() {
    let server = Server::start().await;
    for number in 0..3 {
        server.contact(Some(&format!("C-{number}")), None).await;
    }
    let formula = json!({"formula": {"not": {"field": "externalCustomerId", "op": "equals", "value": "C-1"}}});
    let page = server
        .post("/api/v1/contacts/search?limit=1", formula.clone())
        .await
        .json(200);
    assert_eq!(
        (&page["count"], &page["items"][0]["externalCustomerId"]),
        (&json!(2), &json!("C-0"))
    );
    let next = page["next"].as_str().expect("a next page");
    let page = server
        .post(&format!("/api/v1/contacts/search?cursor={next}"), formula)
        .await
        .json(200);
    assert_eq!(
        (&page["items"][0]["externalCustomerId"], &page["next"]),
        (&json!("C-2"), &Value::Null)
    );
    let all = || json!({"formula": {"field": "contactId", "op": "greater", "value": 0}});
    let sorted = async |query: &str| {
        let page = server
            .post(&format!("/api/v1/contacts/search?{query}"), all())
            .await
            .json(200);
        let items = page["items"].as_array().expect("items").iter();
        let ids: Vec<String> = items.map(|item| item["externalCustomerId"].to_string()).collect();
        (ids.join(" ").replace('"', ""), page["next"].as_str().map(str::to_owned))
    };
    let (ids, next) = sorted("sort=-createdAt&limit=2").await;
    assert_eq!(ids, "C-2 C-1");
    let next = format!("sort=-createdAt&cursor={}", next.expect("a next page"));
    assert_eq!(sorted(&next).await, ("C-0".to_owned(), None));
    for query in [
        "sort=name",
        "sort=createdAt&cursor=7",
        "cursor=1.7",
        "sort=createdAt&cursor=999999999999999999.7",
    ] {
        let refused = server.post(&format!("/api/v1/contacts/search?{query}"), all()).await;
        let wrong = if query.contains("cursor") { "cursor" } else { "sort" };
        assert_eq!(refused.pointers(), [wrong], "{query}");
    }
    assert_eq!(
        server.post("/api/v1/contacts/search", json!({})).await.pointers(),
        ["/formula"]
    );
}

#[tokio::test]
async fn events_and_orders_are_conditions() {
    let server = Server::start().await;
    let ann = server.contact(Some("C-1"), None).await;
    let event = json!({"eventTypeKey": "Login", "params": [
        {"name": "externalCustomerId", "value": "C-1"}, {"name": "from", "value": "app"}
    ]});
    server.post("/api/v2/event", event).await;
    let login = json!({
        "event": "Login", "count": {"atLeast": 1}, "within": {"lastDays": 7},
        "where": [{"param": "from", "op": "equals", "value": "app"}],
    });
    let orders = json!({"orders": "count", "op": "equals", "value": 0});
    let segment = made(&server, "Active", json!({"all": [login, orders]})).await;
    assert_eq!(segment["count"], 1);
    assert_eq!(
        segment["readable"],
        "event “Login” at least 1 times in the last 7 days where (“from” equals “app”) and order count equals 0"
    );
    let found = server.get(&format!("/api/v1/contact/{ann}/segments")).await.json(200);
    assert_eq!(found["items"][0]["in"], true);
    let wrong =
        json!({"formula": {"event": "Login", "within": {"lastDays": -1}, "where": [{"param": "a", "op": "x"}]}});
    let refused = server.post("/api/v1/segments/preview", wrong).await;
    assert_eq!(refused.pointers(), ["/formula/where/0/op"]);
}

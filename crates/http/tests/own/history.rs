//! Reading histories.

mod types;

use crate::support::Server;
use serde_json::{Value, json};

async fn record_event(server: &Server, name: &str, params: Value) {
    let body = json!({"eventTypeKey": name, "params": params});
    let answer = server.call("one", "POST", "/api/v3/event", Some(body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    server.clock.advance_seconds(1);
}

fn cookie(name: &str, sc: &str) -> Value {
    json!({"eventTypeKey": name, "keyValue": "k", "cookies": {"sc": sc}})
}

async fn viewed(server: &Server, name: &str, sc: &str) {
    let answer = server
        .call("one", "POST", "/api/v3/event", Some(cookie(name, sc)))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    server.clock.advance_seconds(1);
}

/// Types and names of the items of a page.
fn names(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().into_iter().flatten();
    items
        .map(|item| {
            let name = item["eventTypeKey"]
                .as_str()
                .or_else(|| item["decision"]["call"].as_str());
            format!(
                "{} {}",
                item["type"].as_str().unwrap_or_default(),
                name.unwrap_or_default()
            )
        })
        .collect()
}

#[tokio::test]
async fn a_timeline_has_events_and_decisions_of_everybody_who_became_the_contact() {
    let server = Server::start().await;
    viewed(&server, "PageView", "crumb").await;
    let absorbed = server.contact(None, Some("ann@example.com")).await;
    record_event(&server, "wished", json!({"email": "ann@example.com", "product": 7})).await;
    let body = json!({"externalCustomerId": "A", "cookies": {"sc": "crumb"}});
    let id = server.post("/api/v1/contact", body).await.json(200)["id"].clone();
    server.clock.advance_seconds(1);
    server
        .post("/api/v1/identity/merges", json!({"survivor": id, "absorbed": absorbed}))
        .await
        .json(201);
    server.clock.advance_seconds(1);
    record_event(&server, "bought", json!({"externalCustomerId": "A"})).await;
    let page = server
        .get(&format!("/api/v1/contact/{absorbed}/timeline"))
        .await
        .json(200);
    assert_eq!(
        names(&page),
        [
            "event bought",
            "decision merge",
            "decision upsert",
            "event wished",
            "decision upsert",
            "page_view PageView"
        ]
    );
    assert_eq!(page["next"], Value::Null);
    let items = &page["items"];
    assert_eq!(items[0]["from"], json!({"kind": "own"}));
    assert_eq!(items[3]["from"], json!({"kind": "contact", "contactId": absorbed}));
    let decided = [1, 2, 4].map(|place| &items[place]["from"]);
    let (own, of_absorbed) = (
        json!({"kind": "own"}),
        json!({"kind": "contact", "contactId": absorbed}),
    );
    assert!(
        decided.contains(&&own) && decided.contains(&&of_absorbed),
        "{decided:?}"
    );
    assert_eq!(decided[0], &own, "a merge is the survivor's");
    assert_eq!(items[3]["params"], json!({"email": "ann@example.com", "product": 7}));
    assert_eq!(
        (&items[3]["origin"], &items[5]["from"]["kind"]),
        (&json!("api"), &json!("visitor"))
    );
}

#[tokio::test]
async fn a_timeline_is_read_by_page_type_and_time() {
    let server = Server::start().await;
    let id = server.contact(Some("A"), None).await;
    for name in ["one", "PageView", "two", "PageView"] {
        record_event(&server, name, json!({"externalCustomerId": "A"})).await;
        server
            .post(
                "/api/v1/contact",
                json!({"externalCustomerId": "A", "firstName": format!("{name}a")}),
            )
            .await
            .json(200);
        server.clock.advance_seconds(1);
    }
    let path = format!("/api/v1/contact/{id}/timeline");
    let whole = server.get(&path).await.json(200);
    assert_eq!(names(&whole).len(), 9);
    for limit in [1, 2, 4, 9] {
        let (mut read, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = server
                .get(&format!("{path}?limit={limit}&cursor={cursor}"))
                .await
                .json(200);
            read.extend(page["items"].as_array().cloned().unwrap_or_default());
            let Some(next) = page["next"].as_str() else { break };
            cursor = next.to_owned();
        }
        assert_eq!(json!(read), whole["items"], "pages of {limit}");
    }
    let only = |types: &str| format!("{path}?type={types}");
    assert_eq!(
        names(&server.get(&only("page_view")).await.json(200)),
        ["page_view PageView"; 2]
    );
    assert_eq!(
        names(&server.get(&only("event")).await.json(200)),
        ["event two", "event one"]
    );
    assert_eq!(names(&server.get(&only("decision,event")).await.json(200)).len(), 7);
    let (from, until) = (whole["items"][6]["at"].as_str(), whole["items"][3]["at"].as_str());
    let between = format!(
        "{path}?from={}&until={}",
        from.unwrap_or_default(),
        until.unwrap_or_default()
    );
    let page = server.get(&between).await.json(200);
    assert_eq!(
        page["items"].as_array(),
        whole["items"].as_array().map(|all| all[4..7].to_vec()).as_ref()
    );
}

#[tokio::test]
async fn orders_stand_in_the_timeline_at_their_dates() {
    let server = Server::start().await;
    let absorbed = server.contact(None, Some("ann@example.com")).await;
    let id = server.contact(Some("A"), None).await;
    for (number, member, value, date) in [
        ("1", "email", "ann@example.com", "2025-12-30T10:00:00Z"),
        ("2", "externalCustomerId", "A", "2025-12-31T10:00:00Z"),
    ] {
        let mut order = json!({"externalOrderId": number, "totalCost": "1.50", "currency": "UAH", "status": "INITIALIZED",
            "date": date});
        order[member] = json!(value);
        server.order(order).await;
    }
    server
        .post("/api/v1/identity/merges", json!({"survivor": id, "absorbed": absorbed}))
        .await
        .json(201);
    let path = format!("/api/v1/contact/{absorbed}/timeline");
    let only = server.get(&format!("{path}?type=order")).await.json(200);
    let items = only["items"].as_array().cloned().unwrap_or_default();
    let brief = |item: &Value| {
        (
            item["at"].clone(),
            item["order"]["externalOrderId"].clone(),
            item["from"].clone(),
        )
    };
    let expected = [
        (json!("2025-12-31T10:00:00Z"), json!("2"), json!({"kind": "own"})),
        (
            json!("2025-12-30T10:00:00Z"),
            json!("1"),
            json!({"kind": "contact", "contactId": absorbed}),
        ),
    ];
    assert_eq!(items.iter().map(brief).collect::<Vec<_>>(), expected);
    assert_eq!((&items[0]["type"], &only["next"]), (&json!("order"), &Value::Null));
    let between = format!("{path}?type=order,event&from=2025-12-31T10:00:00Z&until=2025-12-31T10:00:01Z");
    assert_eq!(
        names(&server.get(&between).await.json(200)),
        ["event orderINITIALIZED", "order "]
    );
    let whole = server.get(&path).await.json(200);
    for limit in [1, 2, 3] {
        let (mut read, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = server
                .get(&format!("{path}?limit={limit}&cursor={cursor}"))
                .await
                .json(200);
            read.extend(page["items"].as_array().cloned().unwrap_or_default());
            let Some(next) = page["next"].as_str() else { break };
            cursor = next.to_owned();
        }
        assert_eq!(json!(read), whole["items"], "pages of {limit}");
    }
    assert_eq!(names(&whole).iter().filter(|name| *name == "order ").count(), 2);
}

#[tokio::test]
async fn what_arrived_last_comes_first_of_one_moment() {
    let server = Server::start().await;
    let id = server.contact(Some("A"), None).await;
    let event = |name: &str| json!({"eventTypeKey": name, "params": {"externalCustomerId": "A"}});
    let past = |name: &str| {
        let mut past = event(name);
        past["occurred"] = json!("2026-01-01T00:00Z");
        past["eventId"] = json!(name);
        past
    };
    let order = |number: &str| {
        json!({"externalOrderId": number, "externalCustomerId": "A", "status": "INITIALIZED", "date": "2026-01-01", "totalCost": 1,
            "currency": "UAH"})
    };
    for name in ["now 1", "now 2"] {
        server.post("/api/v3/event", event(name)).await;
    }
    for names in [["a", "b", "c"], ["d", "e", "f"]] {
        let events: Vec<Value> = names.iter().map(|name| past(name)).collect();
        server
            .post("/api/v3/past_events", json!({"events": events}))
            .await
            .json(200);
    }
    server.order(json!([order("1"), order("2")])).await;
    server
        .post("/api/v3/past_events", json!({"events": [past("g")]}))
        .await
        .json(200);
    let whole = server
        .get(&format!("/api/v1/contact/{id}/timeline?type=event,order"))
        .await
        .json(200);
    let expected = [
        "event now 2",
        "event now 1",
        "event g",
        "event orderINITIALIZED",
        "order ",
        "event orderINITIALIZED",
        "order ",
        "event f",
        "event e",
        "event d",
        "event c",
        "event b",
        "event a",
    ];
    assert_eq!(names(&whole), expected);
    let numbers = |orders: &Value| -> Vec<Value> {
        let orders = orders.as_array().into_iter().flatten();
        orders.map(|order| order["externalOrderId"].clone()).collect()
    };
    let orders = server.get(&format!("/api/v1/contact/{id}/orders")).await.json(200);
    let export = server.get(&format!("/api/v1/contact/{id}/export")).await.json(200);
    for orders in [&orders["items"], &export["orders"]] {
        assert_eq!(numbers(orders), ["2", "1"]);
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_leaves_one_time_for_order_and_bounds() {
    let server = Server::start().await;
    let id = server.contact(Some("A"), None).await;
    for (name, step) in [("Ann", 3_600), ("Anna", -7_200), ("Anne", 1), ("Annie", 1)] {
        server.clock.advance(chrono::TimeDelta::seconds(step));
        let body = json!({"externalCustomerId": "A", "firstName": name});
        server.post("/api/v1/contact", body).await.json(200);
        server
            .post(
                "/api/v3/event",
                json!({"eventTypeKey": name, "params": {"externalCustomerId": "A"}}),
            )
            .await;
    }
    let path = format!("/api/v1/contact/{id}/timeline");
    let whole = server.get(&path).await.json(200)["items"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let at = |item: &Value| item["at"].as_str().unwrap_or_default().to_owned();
    let times: Vec<String> = whole.iter().map(at).collect();
    assert_eq!(times.len(), 9);
    assert!(times.is_sorted_by(|one, next| one >= next), "{times:?}");
    for time in &times {
        let before = server.get(&format!("{path}?until={time}")).await.json(200);
        let expected: Vec<&Value> = whole.iter().filter(|item| at(item) < *time).collect();
        assert_eq!(before["items"], json!(expected), "until {time}");
        let since = server.get(&format!("{path}?from={time}")).await.json(200);
        let expected: Vec<&Value> = whole.iter().filter(|item| at(item) >= *time).collect();
        assert_eq!(since["items"], json!(expected), "from {time}");
    }
}

#[tokio::test]
async fn an_export_has_everything_however_long_the_history() {
    let server = Server::start().await;
    viewed(&server, "PageView", "crumb").await;
    let body = json!({"externalCustomerId": "A", "firstName": "Ann", "cookies": {"sc": "crumb"}});
    let id = server.post("/api/v1/contact", body).await.json(200)["id"].clone();
    let news = json!({"key": "news", "name": "News"});
    server.post("/api/v1/categories", news).await.json(201);
    let path = format!("/api/v1/contact/{id}/subscriptions");
    let subscribed = server
        .call("one", "PUT", &path, Some(json!({"subscriptions": ["news"]})))
        .await;
    assert_eq!(subscribed.status, 200);
    let past = json!({"eventTypeKey": "visit", "keyValue": "k", "occurred": "2025-12-31T10:00", "params": {"externalCustomerId": "A"}});
    for _ in 0..3 {
        let sent = server
            .call(
                "one",
                "POST",
                "/api/v3/past_events",
                Some(json!({"events": vec![&past; 400]})),
            )
            .await;
        assert_eq!(sent.json(200)["successCount"], 400);
    }
    let order = |number: usize| {
        json!({"externalOrderId": number, "externalCustomerId": "A", "totalCost": "1.50", "currency": "UAH",
            "status": "INITIALIZED", "date": "2025-12-30T10:00"})
    };
    let orders: Vec<Value> = (0..501).map(order).collect();
    server.order(json!(orders)).await;
    let path = format!("/api/v1/contact/{id}/export");
    let export = server.get(&path).await.json(200);
    let ordered = export["orders"].as_array().cloned().unwrap_or_default();
    assert_eq!((ordered.len(), &ordered[500]["totalCost"]), (501, &json!("1.50")));
    assert_eq!(
        (&export["contact"]["firstName"], &export["identity"]["contactId"]),
        (&json!("Ann"), &id)
    );
    assert_eq!(export["subscriptions"], json!(["news"]));
    let timeline = export["timeline"].as_array().cloned().unwrap_or_default();
    assert_eq!(timeline.len(), 1203 + 501, "each order recorded its status");
    let page = server
        .get(&format!("/api/v1/contact/{id}/timeline?limit=500"))
        .await
        .json(200);
    assert_eq!(page["items"].as_array().map(Vec::as_slice), timeline.get(..500));
    server.get("/api/v1/contact/99/export").await.problem(404);
    server.guarded("GET", &path, None, "one-write").await;
    assert_eq!(server.call("two", "GET", &path, None).await.problem(404), "not-found");
}

#[tokio::test]
async fn what_a_timeline_refuses() {
    let server = Server::start().await;
    let id = server.contact(Some("A"), None).await;
    let path = format!("/api/v1/contact/{id}/timeline");
    for (query, names) in [
        ("type=x", "type"),
        ("from=now", "from"),
        ("until=1", "until"),
        ("cursor=x", "cursor"),
        ("limit=0", "limit"),
    ] {
        assert_eq!(server.get(&format!("{path}?{query}")).await.pointers(), [names]);
    }
    server.get("/api/v1/contact/99/timeline").await.problem(404);
    server.guarded("GET", &path, None, "one-write").await;
    assert_eq!(server.call("two", "GET", &path, None).await.problem(404), "not-found");
}

#[tokio::test]
async fn a_cookie_lists_the_visitors_behind_it() {
    let server = Server::start().await;
    viewed(&server, "PageView", "crumb").await;
    let login = |external_id: &str| json!({"externalCustomerId": external_id, "cookies": {"sc": "crumb"}});
    let ann = server.post("/api/v1/contact", login("A")).await.json(200)["id"].clone();
    server.clock.advance_seconds(1);
    let bob = server.post("/api/v1/contact", login("B")).await.json(200)["id"].clone();
    server.clock.advance_seconds(1);
    viewed(&server, "cart", "crumb").await;
    let of_cookie = server.get("/api/v1/visitors/crumb").await.json(200);
    let owners: Vec<&Value> = of_cookie["visitors"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|each| &each["contactId"])
        .collect();
    assert_eq!(owners, [&bob, &ann]);
    assert_eq!(of_cookie["visitors"][0]["closedAt"], Value::Null);
    let done: Vec<&Value> = of_cookie["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|each| &each["eventTypeKey"])
        .collect();
    assert_eq!(done, [&json!("cart"), &json!("PageView")]);
    assert_eq!(
        of_cookie["items"][0]["from"]["visitorId"],
        of_cookie["visitors"][0]["id"]
    );
    let page = server.get("/api/v1/visitors/crumb?limit=1").await.json(200);
    let next = page["next"].as_str().unwrap_or_default();
    let rest = server
        .get(&format!("/api/v1/visitors/crumb?limit=1&cursor={next}"))
        .await
        .json(200);
    assert_eq!(
        (&rest["items"][0], &rest["next"]),
        (&of_cookie["items"][1], &Value::Null)
    );
    assert_eq!(
        server
            .call("two", "GET", "/api/v1/visitors/crumb", None)
            .await
            .problem(404),
        "not-found"
    );
    server.guarded("GET", "/api/v1/visitors/crumb", None, "one-write").await;
}

#[tokio::test]
async fn history_of_a_cookie_that_comes_late_is_the_former_owner_s() {
    let server = Server::start().await;
    let mut owners = Vec::new();
    for name in ["A", "B"] {
        let body = json!({"externalCustomerId": name, "cookies": {"sc": "crumb"}});
        owners.push(server.post("/api/v1/contact", body).await.json(200)["id"].clone());
        server.clock.advance_seconds(24 * 3_600);
    }
    // The clock began in the morning of 2 January, when A was created; B was created a day later.
    let late = |name: &str, occurred: &str| json!({"eventTypeKey": name, "keyValue": "k", "occurred": occurred, "cookies": {"sc": "crumb"}});
    let events = [
        late("long ago", "2025-12-20T10:00"),
        late("of A", "2026-01-02T10:00"),
        late("of B", "2026-01-03T10:00"),
    ];
    let answer = server.post("/api/v1/past_events", json!({"events": events})).await;
    assert_eq!(answer.json(200)["successCount"], 3, "{}", answer.text);
    let expected: [&[&str]; 2] = [&["event of A", "event long ago"], &["event of B"]];
    for (owner, expected) in owners.iter().zip(expected) {
        let path = format!("/api/v1/contact/{owner}/timeline?type=event");
        let timeline = server.get(&path).await.json(200);
        assert_eq!(names(&timeline), expected);
    }
}

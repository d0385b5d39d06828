//! Orders as their clients send them.

use crate::support::{Server, request, with_header};
use axum::body::Body;
use selfsame_domain::Rights;
use serde_json::{Value, json};

pub(crate) const ORDERS: &str = "/api/v1/orders";

/// An order with its required members and the given ones.
pub(crate) fn order(more: &Value) -> Value {
    let mut order = json!({
        "externalOrderId": "1", "status": "INITIALIZED", "date": "2024-12-31", "totalCost": 100, "currency": "UAH",
        "externalCustomerId": "C-1",
    });
    let members = more.as_object().expect("an object").clone();
    order.as_object_mut().expect("an object").extend(members);
    order
}

pub(crate) async fn kept(server: &Server, orders: &Value) {
    let answer = server.post(ORDERS, &json!({"orders": orders})).await.expect(200);
    assert_eq!(answer.body, "");
}

/// The error of a refused order.
async fn error(server: &Server, order: &Value) -> String {
    let answer = server
        .post(ORDERS, &json!({"orders": [order]}))
        .await
        .expect(200)
        .json();
    assert_eq!(&answer["failedOrders"]["order"], order);
    let error = answer["failedOrders"]["error"].as_str();
    error.unwrap_or_else(|| panic!("{answer}")).to_owned()
}

pub(crate) async fn of_contact(server: &Server, id: i64) -> Value {
    let page = server.get(&format!("/api/v1/contact/{id}/orders")).await.expect(200);
    page.json()["items"].clone()
}

pub(crate) async fn id(server: &Server) -> i64 {
    let found = server.get("/api/v1/contacts?externalCustomerId=C-1").await.json();
    found[0]["id"].as_i64().unwrap_or_else(|| panic!("{found}"))
}

#[tokio::test]
async fn an_order_is_kept_whole() {
    let server = Server::start().await;
    let sent = json!({
        "externalOrderId": 1001, "externalCustomerId": "C-1", "email": "Ann@Example.com", "phone": 380_501_234_567_i64,
        "firstName": "Ann", "lastName": " ", "status": "delivered", "date": "2024-12-31T23:59:58.5+02:00",
        "totalCost": "100.50", "shipping": 5, "discount": 0.1, "taxes": "7", "currency": "uah",
        "restoreUrl": "https://example.com/cart", "statusDescription": "за адресою", "storeId": 7, "source": "Online",
        "deliveryMethod": "post", "paymentMethod": "card", "deliveryAddress": "Київ\nХрещатик 1",
        "additionalInfo": {"gift": true, "note": "швидко", "none": null},
        "items": {"externalItemId": 5, "quantity": 1.5, "name": "Tea", "category": "c", "cost": 67, "url": "https://example.com/5",
            "imageUrl": "https://example.com/5.png", "description": "green", "unknown": {}},
        "unknown": [1],
    });
    let answer = server.post(ORDERS, &json!({"orders": sent})).await.expect(200);
    assert_eq!(
        (answer.body.as_str(), answer.header("x-selfsame-outcome")),
        ("", "created")
    );
    let id = id(&server).await;
    let contact = server.contact(id).await;
    assert_eq!(contact["firstName"], "Ann");
    assert_eq!(contact["channels"].as_array().map(Vec::len), Some(2));
    let mut order = of_contact(&server, id).await[0].clone();
    for time in ["createdAt", "updatedAt"] {
        assert!(order[time].take().is_string());
    }
    assert_eq!(
        order,
        json!({
            "externalOrderId": "1001", "contactId": id, "status": "DELIVERED", "date": "2024-12-31T21:59:58.500Z",
            "totalCost": "100.50", "shipping": "5", "discount": "0.1", "taxes": "7", "currency": "UAH",
            "externalCustomerId": "C-1", "email": "Ann@Example.com", "phone": "380501234567", "firstName": "Ann",
            "restoreUrl": "https://example.com/cart", "statusDescription": "за адресою", "storeId": "7", "source": "online",
            "deliveryMethod": "post", "paymentMethod": "card", "deliveryAddress": "Київ\nХрещатик 1",
            "additionalInfo": {"gift": "true", "note": "швидко"},
            "items": [{"externalItemId": "5", "quantity": "1.5", "name": "Tea", "category": "c", "cost": "67",
                "url": "https://example.com/5", "imageUrl": "https://example.com/5.png", "description": "green"}],
            "createdAt": null, "updatedAt": null,
        })
    );
}

#[tokio::test]
async fn money_is_exact_however_it_is_sent() {
    let server = Server::start().await;
    for (number, written) in ["12345678901234567.89", "0.30000000000000004", "1.10", "100.00", "0.1"]
        .iter()
        .enumerate()
    {
        for quote in ["", "\""] {
            let body = format!(
                r#"{{"orders": [{{"externalOrderId": "{number}", "status": "INITIALIZED", "date": "2024-12-0{}",
                "currency": "UAH", "externalCustomerId": "C-1", "totalCost": {quote}{written}{quote},
                "items": [{{"externalItemId": "1.5", "quantity": {written}, "cost": {quote}{written}{quote}}}]}}]}}"#,
                number + 1
            );
            let answer = server.call("POST", ORDERS, body).await.expect(200);
            assert_eq!(answer.body, "");
            let order = of_contact(&server, id(&server).await).await[0].clone();
            let amounts = [
                &order["totalCost"],
                &order["items"][0]["cost"],
                &order["items"][0]["quantity"],
            ];
            assert_eq!(amounts, [written; 3]);
        }
    }
}

#[tokio::test]
async fn an_amount_beyond_64_bits_is_exact() {
    let server = Server::start().await;
    let great = "9999999999999999999999999999";
    kept(&server, &json!([order(&json!({"totalCost": great}))])).await;
    let id = id(&server).await;
    assert_eq!(of_contact(&server, id).await[0]["totalCost"], great);
    for number in ["9223372036854775808", "9223372036854775808.5"] {
        let text = order(&json!({"totalCost": "AMOUNT"})).to_string();
        let body = format!(r#"{{"orders": [{}]}}"#, text.replace("\"AMOUNT\"", number));
        let answer = server.call("POST", ORDERS, body).await.expect(200);
        assert_eq!(answer.body, "", "{number}");
        assert_eq!(of_contact(&server, id).await[0]["totalCost"], number);
    }
}

#[tokio::test]
async fn orders_are_judged_one_by_one() {
    let server = Server::start().await;
    let good = |id: &str| order(&json!({"externalOrderId": id}));
    let wrong = order(&json!({"externalOrderId": "2", "currency": "UHA", "totalCost": {}}));
    let answer = server
        .post(ORDERS, &json!({"orders": [good("1"), wrong, good("3")]}))
        .await;
    assert_eq!(
        answer.expect(200).json(),
        json!({"failedOrders": {
            "order": wrong,
            "error": "orders[1].totalCost must be a number; \
                orders[1].currency must be a currency of three letters such as UAH (ISO 4217)",
        }})
    );
    let blocked = order(&json!({"externalOrderId": "4", "externalCustomerId": "null"}));
    let answer = server
        .post(ORDERS, &json!({"orders": [blocked, good("5"), "text"]}))
        .await;
    let failed = answer.expect(200).json()["failedOrders"].clone();
    assert_eq!(failed.as_array().map(Vec::len), Some(2), "{failed}");
    assert_eq!(failed[0]["order"], blocked);
    assert!(
        failed[0]["error"]
            .as_str()
            .is_some_and(|text| text.contains("identifier")),
        "{failed}"
    );
    assert_eq!(
        failed[1],
        json!({"order": "text", "error": "orders[2] must be an object"})
    );
    let found = of_contact(&server, id(&server).await).await;
    assert_eq!(found.as_array().map(Vec::len), Some(3), "{found}");
}

#[tokio::test]
async fn what_is_wrong_with_an_order_is_named() {
    let server = Server::start().await;
    for (more, reason) in [
        (json!({"externalOrderId": null}), "externalOrderId must be sent"),
        (
            json!({"externalOrderId": "x".repeat(101)}),
            "externalOrderId must be at most 100 characters long, not 101",
        ),
        (json!({"externalOrderId": 1.5}), "externalOrderId must be a text"),
        (
            json!({"externalCustomerId": " "}),
            " must have externalCustomerId, email or phone",
        ),
        (json!({"externalCustomerId": true}), "externalCustomerId must be a text"),
        (
            json!({"externalCustomerId": null, "email": "x", "phone": "abc"}),
            "phone must be an international phone number; orders[0].email must be an email address",
        ),
        (
            json!({"status": "SENT"}),
            "status must be one of INITIALIZED, IN_PROGRESS, DELIVERED, CANCELLED, ABANDONED_SHOPPING_CART",
        ),
        (json!({"status": " "}), "status must be sent"),
        (
            json!({"date": "31.12.2024"}),
            "date must be a date such as 2024-12-31, 2024-12-31T23:59 or 2024-12-31T23:59:59.000+02:00",
        ),
        (
            json!({"totalCost": "12,50"}),
            "totalCost must be a decimal number with a dot and at most 28 digits",
        ),
        (json!({"totalCost": true}), "totalCost must be a number"),
        (json!({"totalCost": -0.01}), "totalCost must not be negative"),
        (
            json!({"date": "2026-01-04"}),
            "the date is more than a day ahead of the server's time",
        ),
        (
            json!({"currency": "грн"}),
            "currency must be a currency of three letters such as UAH (ISO 4217)",
        ),
    ] {
        let expected = match reason.strip_prefix(' ') {
            Some(reason) => format!("orders[0] {reason}"),
            None if reason.starts_with("the ") => reason.to_owned(),
            None => format!("orders[0].{reason}"),
        };
        assert_eq!(error(&server, &order(&more)).await, expected);
    }
    assert_eq!(server.get("/api/v1/contacts").await.json(), json!([]));
}

#[tokio::test]
async fn nothing_may_cost_nothing_and_what_is_taken_off_may_be_negative() {
    let server = Server::start().await;
    let items = json!([{"externalItemId": "1", "quantity": 0, "cost": 0}]);
    let free = order(&json!({"totalCost": "-0", "discount": "-100.00", "items": items}));
    kept(&server, &json!([free])).await;
    let kept = of_contact(&server, id(&server).await).await[0].clone();
    assert_eq!(
        [&kept["totalCost"], &kept["discount"], &kept["items"][0]["quantity"]],
        ["0", "-100.00", "0"]
    );
}

#[tokio::test]
async fn a_name_that_no_contact_may_have_is_kept_with_the_order() {
    let server = Server::start().await;
    kept(
        &server,
        &json!([order(&json!({"firstName": "12345", "lastName": "Smith"}))]),
    )
    .await;
    let id = id(&server).await;
    let contact = server.contact(id).await;
    assert_eq!(
        (contact.get("firstName"), &contact["lastName"]),
        (None, &json!("Smith"))
    );
    assert_eq!(of_contact(&server, id).await[0]["firstName"], "12345");
}

#[tokio::test]
async fn whole_requests_are_refused_whole() {
    let server = Server::start().await;
    let none = "orders must have at least one entry";
    for body in [json!({}), json!({"orders": []}), json!({"orders": null})] {
        assert_eq!(server.post(ORDERS, &body).await.expect(400).body, none);
    }
    let many: Vec<Value> = (0..1001)
        .map(|number| order(&json!({"externalOrderId": number})))
        .collect();
    assert_eq!(
        server.post(ORDERS, &json!({"orders": many})).await.expect(400).body,
        "orders must have at most 1000 entries, not 1001"
    );
    server.call("POST", ORDERS, "[]").await.expect(400);
    server.call("POST", ORDERS, Body::empty()).await.expect(400);
    let answer = server
        .send(with_header(
            request("POST", ORDERS, "{}"),
            "accept",
            "application/problem+json",
        ))
        .await;
    assert_eq!(answer.expect(400).json()["errors"][0]["pointer"], "/orders");
    assert_eq!(server.get("/api/v1/contacts").await.json(), json!([]));
}

#[tokio::test]
async fn a_thousand_orders_fit_into_a_body() {
    let server = Server::start().await;
    let item = |number: usize| json!({"externalItemId": number, "quantity": 1, "description": "x".repeat(1000)});
    let items: Vec<Value> = (0..8).map(item).collect();
    let many: Vec<Value> = (0..1000)
        .map(|number| order(&json!({"externalOrderId": number, "items": items})))
        .collect();
    let body = json!({"orders": many}).to_string();
    assert!(body.len() > 8 << 20, "{}", body.len());
    assert_eq!(server.call("POST", ORDERS, body).await.expect(200).body, "");
    let id = id(&server).await;
    let page = server
        .get(&format!("/api/v1/contact/{id}/orders?limit=500"))
        .await
        .expect(200)
        .json();
    assert_eq!(page["items"].as_array().map(Vec::len), Some(500));
    let large = format!("{{\"orders\": \"{}\"}}", "x".repeat(10 << 20));
    server.call("POST", ORDERS, large).await.expect(413);
}

#[tokio::test]
async fn a_contact_s_orders_come_by_page() {
    let server = Server::start().await;
    let orders: Vec<Value> = (1..=5)
        .map(|number| {
            order(&json!({"externalOrderId": format!("№:{number}"), "date": format!("2024-12-0{}", number / 2 + 1)}))
        })
        .collect();
    kept(&server, &json!(orders)).await;
    let id = id(&server).await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server
            .get(&format!("/api/v1/contact/{id}/orders?limit=2{cursor}"))
            .await
            .expect(200)
            .json();
        let items = page["items"].as_array().expect("items");
        seen.extend(
            items
                .iter()
                .map(|order| order["externalOrderId"].as_str().unwrap_or_default().to_owned()),
        );
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, ["№:5", "№:4", "№:3", "№:2", "№:1"]);
    for cursor in ["x", "LTk5OTk5OTk5OTk5OTk5OTk5OjE", "OTk5"] {
        let answer = server
            .get(&format!("/api/v1/contact/{id}/orders?cursor={cursor}"))
            .await
            .expect(400);
        assert_eq!(answer.json()["errors"][0]["pointer"], "cursor");
    }
    let missing = server.get("/api/v1/contact/999/orders").await.expect(404);
    assert_eq!(missing.header("content-type"), "application/problem+json");
}

#[tokio::test]
async fn a_late_update_is_explained() {
    let server = Server::start().await;
    kept(
        &server,
        &json!(order(&json!({"status": "DELIVERED", "date": "2024-12-31T12:00"}))),
    )
    .await;
    let late = order(&json!({"status": "IN_PROGRESS"}));
    let explained = server
        .post("/api/v1/identity/resolve", &json!({"call": "order", "body": late}))
        .await;
    let decision = explained.expect(200).json()["decisions"][0].clone();
    assert_eq!(decision["outcome"], "unchanged");
    assert!(
        decision["effects"]
            .to_string()
            .contains("the order is stored with a later date"),
        "{decision}"
    );
    kept(&server, &json!(late)).await;
    assert_eq!(of_contact(&server, id(&server).await).await[0]["status"], "DELIVERED");
}

#[tokio::test]
async fn an_idempotency_key_answers_as_before() {
    let server = Server::start().await;
    let body =
        json!({"orders": [order(&json!({})), order(&json!({"externalOrderId": "2", "externalCustomerId": "null"}))]})
            .to_string();
    let send = || {
        server.send(with_header(
            request("POST", ORDERS, body.clone()),
            "idempotency-key",
            "k",
        ))
    };
    let first = send().await.expect(200);
    assert!(first.body.contains("failedOrders"));
    assert_eq!(send().await.body, first.body);
}

#[tokio::test]
async fn rights_for_events_keep_orders_and_read_none() {
    let server = Server::start().await;
    kept(&server, &json!(order(&json!({})))).await;
    let id = id(&server).await;
    for (rights, keeps, reads) in [
        (Rights::Full, 200, 200),
        (Rights::Events, 200, 403),
        (Rights::EventsContacts, 200, 200),
        (Rights::EventsContactsWrite, 200, 403),
        (Rights::Messages, 403, 403),
    ] {
        server.key(rights.as_str(), rights).await;
        let bearer = format!("Bearer {}", rights.as_str());
        let keep = request("POST", ORDERS, json!({"orders": order(&json!({}))}).to_string());
        let read = request("GET", &format!("/api/v1/contact/{id}/orders"), "");
        for (request, status) in [(keep, keeps), (read, reads)] {
            server
                .send(with_header(request, "authorization", &bearer))
                .await
                .expect(status);
        }
    }
}

#[tokio::test]
async fn orders_that_fail_come_back_as_they_were_sent() {
    let server = Server::start().await;
    let first = r#"{"externalOrderId": 1, "totalCost": 10.10, "shipping": 1E2}"#;
    let second = r#"{"externalOrderId":2,"totalCost":12345678901234567.890}"#;
    let answer = server
        .call("POST", "/api/v1/orders", format!(r#"{{"orders": {first}}}"#))
        .await;
    assert!(answer.expect(200).body.contains(first));
    let body = format!(r#"{{"orders": [null, {first}, {second}]}}"#);
    let answer = server.call("POST", "/api/v1/orders", body).await.expect(200);
    assert!(
        answer.body.contains(first) && answer.body.contains(second),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn headers_count_the_decisions_of_several_orders_and_name_the_first() {
    let server = Server::start().await;
    let orders = |count: usize| -> Vec<Value> {
        (0..count)
            .map(|n| order(&json!({"externalOrderId": n.to_string(), "externalCustomerId": format!("C-{n}")})))
            .collect()
    };
    let answer = server.post(ORDERS, &json!({"orders": orders(2)})).await.expect(200);
    assert_eq!(answer.header("x-selfsame-outcome"), "created=2");
    let named: Vec<&str> = answer.header("x-selfsame-decision").split(", ").collect();
    for (decision, customer) in named.iter().zip(["C-0", "C-1"]) {
        let decided = server
            .get(&format!("/api/v1/identity/decisions/{decision}"))
            .await
            .expect(200);
        assert!(decided.body.contains(customer), "{decided:?}");
    }
    let mut mixed = orders(60);
    mixed.push(json!({"externalOrderId": "wrong"}));
    let answer = server.post(ORDERS, &json!({"orders": mixed})).await.expect(200);
    assert_eq!(answer.header("x-selfsame-outcome"), "created=58, unchanged=2");
    assert_eq!(answer.header("x-selfsame-decision").split(", ").count(), 50);
    let answer = server.post(ORDERS, &json!({"orders": orders(1)})).await.expect(200);
    assert_eq!(answer.header("x-selfsame-outcome"), "unchanged");
}

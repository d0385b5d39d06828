//! The members of an order besides its number, status, date, currency, total and customer, and their stored form.

use crate::orders::{ORDERS, id, of_contact, order};
use crate::support::Server;
use serde_json::{Value, json};

/// The members of an order that were cut, changed or left out, and the stored order.
async fn noted(server: &Server, more: &Value) -> (Vec<(String, String)>, Value) {
    let sent = order(more);
    let explained = json!({"call": "order", "body": {"orders": [sent]}});
    let explained = server
        .post("/api/v1/identity/resolve", &explained)
        .await
        .expect(200)
        .json();
    let answer = server.post(ORDERS, &json!({"orders": [sent]})).await.expect(200);
    assert_eq!(answer.body, "", "{more}");
    let path = format!("/api/v1/identity/decisions/{}", answer.header("x-selfsame-decision"));
    let decision = server.get(&path).await.expect(200).json();
    let skipped = |decision: &Value| -> Vec<(String, String)> {
        let effects = decision["effects"].as_array().into_iter().flatten();
        let skipped = effects.filter(|effect| effect["effect"] == "skipped");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        skipped
            .map(|effect| (text(&effect["field"]), text(&effect["reason"])))
            .collect()
    };
    let noted = skipped(&decision);
    assert_eq!(noted, skipped(&explained["decisions"][0]), "the dry run says the same");
    (noted, of_contact(server, id(server).await).await[0].clone())
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn no_order_is_lost_for_a_detail() {
    let server = Server::start().await;
    let long = "ї".repeat(2001);
    let item = |more: Value| {
        let mut item = json!({"externalItemId": "1", "quantity": 1});
        item.as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("an object").clone());
        item
    };
    let kept_item = json!({"externalItemId": "1", "quantity": "1"});
    let items = vec![item(json!({})); 501];
    let info: serde_json::Map<String, Value> = (0..101).map(|n| (format!("n{n}"), json!("v"))).collect();
    for (number, (sent, member, kept, at, reason)) in [
        (
            json!({"source": "checkout"}),
            "source",
            json!("checkout"),
            "source",
            "is not online or offline, and is kept as a text",
        ),
        (
            json!({"statusDescription": long}),
            "statusDescription",
            json!("ї".repeat(2000)),
            "statusDescription",
            "must be at most 2000 characters long, not 2001, and is cut",
        ),
        (
            json!({"deliveryAddress": {"city": "Київ"}}),
            "deliveryAddress",
            json!(r#"{"city":"Київ"}"#),
            "deliveryAddress",
            "must be a text, and is kept as JSON",
        ),
        (
            json!({"email": "x"}),
            "email",
            json!("x"),
            "email",
            "must be an email address",
        ),
        (
            json!({"phone": true}),
            "phone",
            json!("true"),
            "phone",
            "must be a text",
        ),
        (
            json!({"shipping": "-1"}),
            "shipping",
            Value::Null,
            "shipping",
            "must not be negative, and is left out",
        ),
        (
            json!({"taxes": {}}),
            "taxes",
            Value::Null,
            "taxes",
            "must be a number, and is left out",
        ),
        (
            json!({"additionalInfo": [{"key": "a"}]}),
            "additionalInfo",
            json!({"additionalInfo": r#"[{"key":"a"}]"#}),
            "additionalInfo",
            "must be an object of texts, and is kept as one text under this name",
        ),
        (
            json!({"additionalInfo": {"a": [1.50], "b": null}}),
            "additionalInfo",
            json!({"a": "[1.5]"}),
            "additionalInfo",
            "must be a text, and is kept as JSON",
        ),
        (
            json!({"items": [item(json!({"cost": -5, "name": []}))]}),
            "items",
            json!([kept_item]),
            "items[0].cost",
            "must not be negative, and is left out",
        ),
        (
            json!({"items": [{"quantity": 2}, item(json!({})), 7]}),
            "items",
            json!([kept_item]),
            "items[0].externalItemId",
            "must be sent, so the item is left out",
        ),
        (
            json!({"deliveryAddress": "a\u{0}b\u{7}c"}),
            "deliveryAddress",
            json!("abc"),
            "deliveryAddress",
            "must not contain control characters or unpaired surrogates, and is kept as far as it can be",
        ),
        (
            json!({"email": "ann\u{7}@example.com"}),
            "email",
            json!("ann@example.com"),
            "email",
            "must not contain control characters or unpaired surrogates",
        ),
        (
            json!({"statusDescription": u64::MAX}),
            "statusDescription",
            json!("18446744073709551615"),
            "statusDescription",
            "must be within the range of a 64-bit integer, and is kept as far as it can be",
        ),
        (
            json!({"shipping": 1e20, "storeId": "\u{0}7"}),
            "storeId",
            json!("7"),
            "storeId",
            "must not contain control characters or unpaired surrogates, and is kept as far as it can be",
        ),
        (
            json!({"items": [item(json!({"name": "\u{0}"})), "\u{0}"]}),
            "items",
            json!([kept_item]),
            "items[1]",
            "must not contain control characters or unpaired surrogates, and is left out",
        ),
        (
            json!({"additionalInfo": {"a\u{0}": 1, "b": 2}}),
            "additionalInfo",
            json!({"b": "2"}),
            "additionalInfo",
            "must not have a name with control characters or unpaired surrogates, and is left out",
        ),
        (
            json!({"items": items}),
            "items",
            json!(vec![kept_item.clone(); 500]),
            "items",
            "must have at most 500 entries, not 501, and the rest is left out",
        ),
        (
            json!({"additionalInfo": info}),
            "status",
            json!("INITIALIZED"),
            "additionalInfo",
            "must have at most 100 entries, not 101, and the rest is left out",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let mut more = sent.clone();
        more["externalOrderId"] = json!(format!("{number:03}"));
        more["date"] = json!(format!("2025-01-{:02}", number + 1));
        let (noted, order) = noted(&server, &more).await;
        assert!(
            noted.contains(&(format!("orders[0].{at}"), reason.to_owned())),
            "{sent} {noted:?}"
        );
        assert_eq!(order.get(member).unwrap_or(&Value::Null), &kept, "{sent}");
    }
}

#[tokio::test]
async fn empty_lists_of_an_order_say_nothing() {
    let server = Server::start().await;
    let empty = order(&json!({"additionalInfo": [], "items": [], "deliveryAddress": [], "source": {}}));
    let answer = server.post(ORDERS, &json!({"orders": [empty]})).await.expect(200);
    assert_eq!(
        (answer.body.as_str(), answer.header("x-selfsame-outcome")),
        ("", "created")
    );
    let kept = of_contact(&server, id(&server).await).await[0].clone();
    assert_eq!((&kept["additionalInfo"], &kept["items"]), (&json!({}), &json!([])));
    assert_eq!((kept.get("deliveryAddress"), kept.get("source")), (None, None));
}

#[tokio::test]
async fn a_shop_name_that_is_too_long_is_cut() {
    let server = Server::start().await;
    let (noted, order) = noted(&server, &json!({"storeId": "ї".repeat(101)})).await;
    let reason = "must be at most 100 characters long, not 101, and is cut".to_owned();
    assert_eq!(noted, [("orders[0].storeId".to_owned(), reason)]);
    assert_eq!(order["storeId"], "ї".repeat(100));
}

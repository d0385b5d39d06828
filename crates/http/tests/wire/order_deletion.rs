//! Orders that are deleted.

use crate::orders::{ORDERS, id, kept, of_contact, order};
use crate::support::Server;
use serde_json::{Value, json};

#[tokio::test]
async fn orders_are_deleted_one_by_one() {
    let server = Server::start().await;
    let made: Vec<Value> = [("1", "a"), ("1", "b"), ("2", ""), ("3", "c")]
        .iter()
        .map(|(number, store)| order(&json!({"externalOrderId": number, "storeId": store})))
        .collect();
    kept(&server, &json!(made)).await;
    let id = id(&server).await;
    let numbers = async || -> Vec<Value> {
        let orders = of_contact(&server, id).await;
        let orders = orders.as_array().cloned().unwrap_or_default().into_iter();
        orders
            .map(|order| json!([order["externalOrderId"], order["storeId"]]))
            .collect()
    };
    let delete = async |body: &Value| server.call("DELETE", ORDERS, body.to_string()).await;
    let all = json!({"orders": [{"externalOrderId": "1", "storeId": "a"}], "externalOrderIds": [2, "3"]});
    let refused = delete(&all).await.expect(403);
    assert!(refused.body.contains("deleteOrders"), "{}", refused.body);
    assert_eq!(numbers().await.len(), 4);
    server.policy(|policy| policy.delete_orders = true).await;
    let answer = delete(&all).await.expect(200);
    assert_eq!(
        (answer.body.as_str(), answer.header("x-selfsame-outcome")),
        ("", "updated=3")
    );
    assert_eq!(numbers().await, [json!(["1", "b"])]);
    let some =
        json!({"orders": [{"externalOrderId": "1", "storeId": "c"}, {"storeId": "b"}, 7], "externalOrderIds": ["1"]});
    let answer = delete(&some).await.expect(200).json();
    let failed = answer["failedOrders"].as_array().cloned().unwrap_or_default();
    assert_eq!(
        failed,
        [
            json!({"order": {"externalOrderId": "1", "storeId": "c"}, "error": "order not found"}),
            json!({"order": {"storeId": "b"}, "error": "orders[1].externalOrderId must be sent"}),
            json!({"order": 7, "error": "orders[2] must be an object"}),
        ]
    );
    assert_eq!(numbers().await, [Value::Null; 0]);
    let log = server
        .get(&format!("/api/v1/contact/{id}/identity/log"))
        .await
        .expect(200)
        .json();
    let deleted = json!({"effect": "order_deleted", "externalOrderId": "1", "storeId": "b"});
    assert!(log["items"].to_string().contains(&deleted.to_string()), "{log}");
    let timeline = server
        .get(&format!("/api/v1/contact/{id}/timeline?type=event"))
        .await
        .expect(200)
        .json();
    assert_eq!(timeline["items"].as_array().map(Vec::len), Some(4), "its events stay");
}

#[tokio::test]
async fn a_deletion_that_names_no_order_is_refused() {
    let server = Server::start().await;
    for (body, reason) in [
        (json!({}), "orders must have at least one entry"),
        (json!({"orders": []}), "orders must have at least one entry"),
        (
            json!({"externalOrderIds": vec![1; 1001]}),
            "externalOrderIds must have at most 1000 entries, not 1001",
        ),
    ] {
        let refused = server.call("DELETE", ORDERS, body.to_string()).await.expect(400);
        assert_eq!(refused.body, reason);
    }
}

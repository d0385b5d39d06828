//! Static segments.

use crate::support::Server;
use serde_json::json;

async fn members(server: &Server, segment: i64) -> Vec<String> {
    let answer = server
        .get(&format!("/api/v1/group/{segment}/contacts"))
        .await
        .expect(200);
    let contacts = answer.json();
    let contacts = contacts.as_array().expect("an array").clone();
    contacts
        .iter()
        .filter_map(|contact| contact["externalCustomerId"].as_str().map(str::to_owned))
        .collect()
}

#[tokio::test]
async fn listed_by_name_and_page() {
    let server = Server::start().await;
    server
        .add(&json!({"externalCustomerId": "1", "groups": ["News", {"name": "Old news"}, "Other"]}))
        .await;
    let all = server.get("/api/v1/groups").await.expect(200);
    assert_eq!(
        all.json(),
        json!([
            {"id": 1, "name": "News", "type": "Static"},
            {"id": 2, "name": "Old news", "type": "Static"},
            {"id": 3, "name": "Other", "type": "Static"}
        ])
    );
    let some = server
        .get("/api/v1/groups?name=NEWS&startindex=2&maxrows=1")
        .await
        .expect(200);
    assert_eq!(
        (some.json(), some.header("totalcount")),
        (json!([{"id": 2, "name": "Old news", "type": "Static"}]), "2")
    );
}

#[tokio::test]
async fn attached_and_detached() {
    let server = Server::start().await;
    let first = server
        .add(&json!({"externalCustomerId": "1", "groups": ["News"]}))
        .await;
    let second = server.add(&json!({"externalCustomerId": "2"})).await;
    server.add(&json!({"externalCustomerId": "3"})).await;
    let (attach, detach) = ("/api/v1/group/1/contacts/attach", "/api/v1/group/1/contacts/detach");
    let answer = server.post(attach, &json!({"contactIds": [second]})).await.expect(200);
    assert_eq!(answer.body, "Contacts have been attached to the group with id='1'");
    server
        .post(attach, &json!({"externalCustomerIds": "3"}))
        .await
        .expect(200);
    assert_eq!(members(&server, 1).await, ["1", "2", "3"]);
    let page = server
        .get("/api/v1/group/1/contacts?orderByTs=true&asc=false&maxrows=2")
        .await
        .expect(200);
    assert_eq!(page.header("totalcount"), "3");
    assert_eq!(page.json()[0]["externalCustomerId"], json!("3"));
    let answer = server.post(detach, &json!({"contactIds": [first]})).await.expect(200);
    assert_eq!(answer.body, "Contacts have been detached from the group with id='1'");
    assert_eq!(members(&server, 1).await, ["2", "3"]);
}

#[tokio::test]
async fn detaching_an_empty_list_empties_the_segment_and_a_mistake_does_not() {
    let server = Server::start().await;
    let body = json!({"externalCustomerId": "1", "groups": ["News"]});
    let detach = "/api/v1/group/1/contacts/detach";
    for empty in [
        "",
        "{}",
        "{\"contactIds\": []}",
        "{\"contactIds\": null, \"externalCustomerIds\": []}",
    ] {
        server.add(&body).await;
        for mistake in [
            "[]",
            "{\"contactIds\": [null]}",
            "{\"externalCustomerIds\": [\"\"]}",
            "{\"contactIds\": [1], \"externalCustomerIds\": [\"1\"]}",
            "null",
        ] {
            server.call("POST", detach, mistake).await.expect(400);
        }
        assert_eq!(members(&server, 1).await, ["1"]);
        server.call("POST", detach, empty).await.expect(200);
        assert!(members(&server, 1).await.is_empty(), "{empty}");
    }
    server
        .call("POST", "/api/v1/group/1/contacts/attach", "{}")
        .await
        .expect(400);
}

#[tokio::test]
async fn unknown_segments() {
    let server = Server::start().await;
    for (method, path) in [
        ("GET", "/api/v1/group/9/contacts"),
        ("POST", "/api/v1/group/9/contacts/attach"),
        ("POST", "/api/v1/group/9/contacts/detach"),
    ] {
        let answer = server.call(method, path, "{\"contactIds\": [1]}").await.expect(404);
        assert!(answer.body.contains("not found"), "{answer:?}");
    }
}

//! `GET contacts/find`.

use super::support::Server;
use serde_json::json;

#[tokio::test]
async fn a_person_at_a_search_box_finds_contacts() {
    let server = Server::start().await;
    let ann = server.contact(Some("C-1"), Some("ann@example.com")).await;
    for index in 2..=4 {
        server.contact(Some(&format!("C-{index}")), None).await;
    }
    let found = json!({
        "contactId": ann, "externalCustomerId": "C-1", "email": "ann@example.com", "phone": null, "firstName": null, "lastName": null,
    });
    for typed in [
        "ann@ex",
        "C-1",
        "extid:C-1",
        &format!("id:{ann}"),
        "%20Ann%40example.com",
    ] {
        let page = server.get(&format!("/api/v1/contacts/find?q={typed}")).await.json(200);
        assert_eq!(page, json!({"items": [found], "more": false}), "{typed}");
    }
    let page = server.get("/api/v1/contacts/find?q=C-&limit=3").await.json(200);
    assert_eq!(
        (page["items"].as_array().map(Vec::len), &page["more"]),
        (Some(3), &json!(true))
    );
}

#[tokio::test]
async fn nothing_to_find_is_refused() {
    let server = Server::start().await;
    let long = "x".repeat(255);
    for (query, pointer) in [
        ("", "q"),
        ("?q=", "q"),
        ("?q=id:", "q"),
        (&*format!("?q={long}"), "q"),
        ("?q=a&limit=0", "limit"),
    ] {
        let answer = server.get(&format!("/api/v1/contacts/find{query}")).await.json(400);
        assert_eq!(answer["errors"][0]["pointer"], *pointer, "{query}");
    }
}

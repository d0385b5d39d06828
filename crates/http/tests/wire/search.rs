//! Searching and listing contacts.

use crate::support::{Answer, Server};
use serde_json::json;

fn ids(answer: &Answer) -> Vec<i64> {
    answer
        .json()
        .as_array()
        .expect("an array")
        .iter()
        .filter_map(|contact| contact["id"].as_i64())
        .collect()
}

async fn three(server: &Server) -> [i64; 3] {
    let ann = json!({"externalCustomerId": "A", "firstName": "Ann", "lastName": "Smith", "channels": [{"type": "email", "value": "Ann@Example.com"}]});
    let bob = json!({"externalCustomerId": "B", "firstName": "Bob", "lastName": "Smith", "channels": [{"type": "sms", "value": "+380501234567"}]});
    [
        server.add(&ann).await,
        server.add(&bob).await,
        server.add(&json!({"externalCustomerId": "C"})).await,
    ]
}

#[tokio::test]
async fn by_every_condition() {
    let server = Server::start().await;
    let [ann, bob, other] = three(&server).await;
    for (query, found) in [
        ("", vec![other, bob, ann]),
        ("externalCustomerId=B", vec![bob]),
        ("externalCustomerId=b", vec![]),
        ("email=ann%40example.com", vec![ann]),
        ("email=nonsense", vec![]),
        ("sms=%2B38%20050%20123%2045%2067", vec![bob]),
        ("sms=380501234567", vec![bob]),
        ("lastname=smith", vec![bob, ann]),
        ("firstname=ANN&lastname=smith", vec![ann]),
        ("email=ann%40example.com&firstname=Bob", vec![]),
        ("email=&firstname=%20", vec![other, bob, ann]),
        ("sortBy=contactId", vec![ann, bob, other]),
        ("sortBy=contactId&startindex=2&maxrows=1", vec![bob]),
        ("startindex=9", vec![]),
        ("unknown=1", vec![other, bob, ann]),
    ] {
        let answer = server.get(&format!("/api/v1/contacts?{query}")).await.expect(200);
        assert_eq!(ids(&answer), found, "{query}");
        let total = if query.contains("startindex") { 3 } else { found.len() };
        assert_eq!(answer.header("totalcount"), total.to_string(), "{query}");
    }
}

#[tokio::test]
async fn an_external_id_stands_alone() {
    let server = Server::start().await;
    let answer = server
        .get("/api/v1/contacts?externalCustomerId=A&email=ann%40example.com")
        .await
        .expect(400);
    assert_eq!(
        answer.body,
        "externalCustomerId cannot be combined with other conditions: email"
    );
}

#[tokio::test]
async fn a_blank_external_id_finds_no_contact_and_is_reported() {
    let server = Server::start().await;
    three(&server).await;
    for query in ["externalCustomerId=", "externalcustomerid=%20&maxrows=1"] {
        let answer = server.get(&format!("/api/v1/contacts?{query}")).await.expect(400);
        assert_eq!(answer.body, "externalCustomerId must not be blank");
    }
}

#[tokio::test]
async fn a_value_that_is_no_text_finds_no_contact() {
    let server = Server::start().await;
    let body = json!({"externalCustomerId": "\u{fffd}", "firstName": "Ann"});
    let id = server.add(&body).await;
    for bytes in ["%fe", "%C0", "a%ED%A0%80"] {
        for path in ["contacts?externalCustomerId=", "contacts?email=", "groups?name="] {
            let answer = server.get(&format!("/api/v1/{path}{bytes}")).await.expect(400);
            assert_eq!(answer.body, "query must be percent-encoded UTF-8", "{path}{bytes}");
        }
        let path = format!("/api/v1/contact?externalCustomerId={bytes}");
        server.delete(&path).await.expect(400);
    }
    let found = server.get("/api/v1/contacts?externalCustomerId=%EF%BF%BD").await.json();
    assert_eq!(found[0]["id"], id);
}

#[tokio::test]
async fn items_are_base_contacts() {
    let server = Server::start().await;
    let [ann, ..] = three(&server).await;
    let found = server.get("/api/v1/contacts?externalCustomerId=A").await.json();
    assert_eq!(
        found,
        json!([{
            "firstName": "Ann", "lastName": "Smith", "channels": [{"type": "email", "value": "Ann@Example.com"}],
            "fields": [], "addressBookId": 1, "id": ann
        }])
    );
}

#[tokio::test]
async fn emails_of_numbers() {
    let server = Server::start().await;
    let [ann, bob, _] = three(&server).await;
    let eve = server
        .add(&json!({"channels": [{"type": "email", "value": "eve@example.com"}]}))
        .await;
    let emails = async |ids: &str| {
        let answer = server.get(&format!("/api/v1/contacts/email?ids={ids}")).await;
        answer.expect(200).json()["results"].take()
    };
    let of_ann = json!({"contactId": ann, "email": "Ann@Example.com"});
    let of_eve = json!({"contactId": eve, "email": "eve@example.com"});
    assert_eq!(
        emails(&format!("{bob},999,%20{ann},")).await,
        of_ann,
        "a single one is not in an array"
    );
    assert_eq!(emails(&format!("{eve},{ann}")).await, json!([of_eve, of_ann]));
    assert_eq!(emails(&bob.to_string()).await, json!([]));
    let many = vec!["1"; 501].join(",");
    server
        .get(&format!("/api/v1/contacts/email?ids={many}"))
        .await
        .expect(400);
}

//! The example errors in the description are real errors of the server.

use crate::support::{KEY, Server, request, with_header};
use selfsame_domain::Rights;
use serde_json::Value;

const PROBLEM_JSON: &str = "application/problem+json";

const APP: &str = "9b1d4f1e-6a1c-4f0c-9d3a-0c5b1a2d3e4f";

/// Method and path of an operation, the value of its path parameter or a suffix of the path, a body, and the status.
type ErrorCase = (&'static str, &'static str, &'static str, &'static str, u16);

const ERROR_CASES: [ErrorCase; 16] = [
    (
        "post",
        "/api/v1/contact",
        "",
        r#"{"channels": [{"type": "email", "value": "ann"}]}"#,
        400,
    ),
    ("post", "/api/v1/contact", "", ANN, 409),
    ("get", "/api/v1/contacts", "?startindex=0", "", 400),
    ("get", "/api/v1/contacts/email", "?ids=%00", "", 400),
    ("get", "/api/v1/contact/{id}", "x", "", 400),
    ("get", "/api/v1/contact/{id}", "99", "", 404),
    ("put", "/api/v1/contact/{id}", "99", "{}", 404),
    ("get", "/api/v1/group/{id}/contacts", "99", "", 404),
    ("post", "/api/v1/group/{id}/contacts/detach", "99", "", 404),
    ("get", "/api/v1/contact/{id}/identity", "99", "", 404),
    ("get", "/api/v1/identity/decisions/{id}", "%ff", "", 400),
    ("get", "/api/v1/fields", "?limit=0", "", 400),
    ("post", "/api/v1/fields", "", CARD, 409),
    ("patch", "/api/v1/fields/{id}", "99", r#"{"name": "C"}"#, 404),
    ("patch", "/api/v1/categories/{id}", "99", r#"{"name": "C"}"#, 404),
    ("get", "/metrics", "", "", 404),
];

const ANN: &str = r#"{"externalCustomerId": "C-1"}"#;

const CARD: &str = r#"{"profileKey": "A", "fieldKey": "B", "type": "NUMBER"}"#;

fn document() -> Value {
    serde_json::to_value(selfsame_http::openapi()).expect("JSON")
}

/// The example of an operation's answer in the description.
fn described(document: &Value, (method, path): (&str, &str), status: u16, media: &str) -> Value {
    let response = &document["paths"][path][method]["responses"][status.to_string()];
    let shared = response["$ref"].as_str().map(|target| target.trim_start_matches('#'));
    let response = shared.and_then(|target| document.pointer(target)).unwrap_or(response);
    response["content"][media]["example"].clone()
}

#[tokio::test]
async fn examples_of_errors_are_what_the_server_answers() {
    let document = document();
    let server = Server::start().await;
    server.policy(|policy| policy.duplicate_window_seconds = 60).await;
    server.call("POST", "/api/v1/fields", CARD).await.expect(201);
    server.call("POST", "/api/v1/contact", ANN).await.expect(200);
    for (method, path, part, body, status) in ERROR_CASES {
        let place = format!("{method} {path} {part} {status}");
        let target = match path.split_once("{id}") {
            Some((before, after)) => format!("{before}{part}{after}"),
            None => format!("{path}{part}"),
        };
        let outgoing = || request(&method.to_uppercase(), &target, body);
        let prepared = with_header(outgoing(), "accept", PROBLEM_JSON);
        let problem = server.send(prepared).await.expect(status).json();
        let example = described(&document, (method, path), status, PROBLEM_JSON);
        assert_eq!(problem, example, "{place}");
        let answer = server.send(outgoing()).await.expect(status);
        let text = described(&document, (method, path), status, "text/plain");
        let is_text = answer.header("content-type").starts_with("text/plain");
        assert_eq!(is_text, !text.is_null(), "{place}");
        assert!(!is_text || text == answer.body, "{place}: {text}");
    }
}

#[tokio::test]
async fn examples_of_errors_before_the_handler_are_what_the_server_answers() {
    let document = document();
    let server = Server::start().await;
    server.key("events-key", Rights::Events).await;
    let contact = ("post", "/api/v1/contact");
    for (key, body, status) in [("events-key", 2, 403), (KEY, 2 << 20, 413)] {
        let prepared = request("POST", contact.1, vec![b' '; body]);
        let prepared = with_header(prepared, "authorization", &format!("Bearer {key}"));
        let answer = server.send(prepared).await.expect(status);
        let text = described(&document, contact, status, "text/plain");
        assert_eq!(text, answer.body, "{status}");
    }
    let unknown = with_header(
        request("POST", "/api/v1/contact", "{}"),
        "authorization",
        "Bearer nonsense",
    );
    let mut unknown = server.send(unknown).await.expect(401).json();
    let example = described(&document, contact, 401, "application/json");
    unknown["timestamp"] = example["timestamp"].clone();
    assert_eq!(unknown, example);
    let other = server.call("PATCH", contact.1, "").await.expect(405);
    assert_eq!(other.json(), described(&document, contact, 405, PROBLEM_JSON));
}

/// A body that is no object is refused with the error text of the description.
#[tokio::test]
async fn a_body_that_is_no_object_is_answered_as_described() {
    let document = document();
    let server = Server::start().await;
    let mut sent = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("methods") {
            let example = described(&document, (method, path), 400, PROBLEM_JSON);
            // Apps send their key in a separate header, and its error precedes; so does that of a missing import.
            if example["detail"] != "the body must be a JSON object"
                || [
                    "/mobile/",
                    "/api/v1/device",
                    "/api/v1/user",
                    "/api/v1/events",
                    "/api/v1/imports/{id}",
                ]
                .iter()
                .any(|own| path.starts_with(own))
            {
                continue;
            }
            let target = path.replace("{id}", "1").replace("{app}", APP).replace("{token}", "t");
            let target = target.replace("{key}", "k");
            assert!(operation["requestBody"].is_object(), "{method} {path}");
            let prepared = request(&method.to_uppercase(), &target, "[]");
            let answer = server.send(with_header(prepared, "accept", PROBLEM_JSON)).await;
            assert_eq!(answer.expect(400).json(), example, "{method} {path}");
            sent += 1;
        }
    }
    assert!(sent >= 30, "{sent} operations");
}

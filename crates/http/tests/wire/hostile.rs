//! No request makes the server fail.

use crate::support::{Server, is_fault, request};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Names of members that the front end reads, so that random values reach that code.
const NAMES: [&str; 24] = [
    "channels",
    "type",
    "value",
    "device",
    "appId",
    "webPushSubscription",
    "active",
    "address",
    "town",
    "fields",
    "id",
    "groups",
    "name",
    "externalCustomerId",
    "firstName",
    "languageCode",
    "timeZone",
    "cookies",
    "sc",
    "telegram",
    "token",
    "deviceId",
    "contact",
    "subscriptions",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        prop::sample::select(vec![
            "email",
            "sms",
            "mobilepush",
            "webpush",
            "telegram",
            "webcookie",
            "inapp",
            "null",
            "",
            " "
        ])
        .prop_map(str::to_owned),
        "[a-z]{1,8}@[a-z]{1,8}\\.[a-z]{2,3}",
        "\\+?[0-9]{5,14}",
    ]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        let name = prop_oneof![4 => prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned), 1 => any::<String>()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A contact whose members are random.
fn contact() -> impl Strategy<Value = Value> {
    prop::collection::btree_map(prop::sample::select(NAMES.to_vec()), json_value(), 0..8).prop_map(|members| {
        Value::Object(
            members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        )
    })
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn random_contacts(bodies in prop::collection::vec(prop_oneof![contact(), json_value()], 1..6)) {
        let faults = run(async {
            let server = Server::start().await;
            let id = server.add(&json!({"externalCustomerId": "1"})).await;
            let mut faults = Vec::new();
            for body in &bodies {
                let wrapped = json!({"contact": body, "subscriptions": body, "groups": body});
                for (method, path, body) in [
                    ("POST", "/api/v1/contact".to_owned(), body),
                    ("POST", "/api/v1/contact/subscribe".to_owned(), &wrapped),
                    ("PUT", format!("/api/v1/contact/{id}"), body),
                    ("PUT", format!("/api/v1/contact/{id}/subscriptions"), &wrapped),
                    ("POST", "/api/v1/group/1/contacts/attach".to_owned(), body),
                    ("POST", "/api/v1/apps/9f0c2d1e-0000-4000-8000-000000000001/tokens".to_owned(), &json!({"tokens": body})),
                    ("POST", "/api/v1/orders".to_owned(), &json!({"orders": body})),
                    ("POST", "/api/v1/emails/unsubscribed/add".to_owned(), &json!({"emails": body})),
                ] {
                    let answer = server.call(method, &path, body.to_string()).await;
                    if is_fault(answer.status) {
                        faults.push((method, path, body.to_string(), answer));
                    }
                }
            }
            let violations = server.app.store().violations().await.expect("check the invariants");
            assert!(violations.is_empty(), "{violations:?}");
            server.get("/api/v1/contacts").await.expect(200);
            faults
        });
        prop_assert!(faults.is_empty(), "{faults:?}");
    }

    #[test]
    fn random_bytes(body in prop::collection::vec(any::<u8>(), 0..200), path in "[a-z0-9%/?=&+.{}-]{0,40}") {
        let answers = run(async {
            let server = Server::start().await;
            let mut answers = vec![server.call("POST", "/api/v1/contact", body.clone()).await];
            if let Ok(uri) = format!("/api/v1/{path}").parse::<http::Uri>() {
                for method in ["GET", "PUT", "POST", "DELETE"] {
                    let mut outgoing = request(method, "/", body.clone());
                    *outgoing.uri_mut() = uri.clone();
                    answers.push(server.send(outgoing).await);
                }
            }
            answers
        });
        for answer in answers {
            prop_assert!(!is_fault(answer.status), "{answer:?}");
        }
    }
}

//! The identity policy.

use super::support::Server;
use serde_json::{Map, Value, json};

const POLICY: &str = "/api/v1/identity/policy";

#[tokio::test]
async fn the_policy_is_replaced_whole_and_takes_effect() {
    let server = Server::start().await;
    let mut policy = server.get(POLICY).await.json(200);
    assert_eq!(
        (&policy["mergeUnclaimed"], &policy["sharedThreshold"]),
        (&json!(true), &json!(3))
    );
    assert!(policy["blocked"].as_array().is_some_and(|blocked| {
        blocked.contains(&json!({"kind": null, "exact": "test@test.com"}))
            && blocked.contains(&json!({"kind": null, "pattern": "0{4,}"}))
    }));
    let unchanged = server.put(POLICY, policy.clone()).await.json(200);
    assert_eq!(unchanged["decision"]["outcome"], "unchanged");

    policy["defaultPhoneRegion"] = json!("UA");
    policy["blocked"] = json!([{"kind": null, "exact": "nobody@example.com"}]);
    let changed = server.put(POLICY, policy.clone()).await;
    assert_eq!(changed.header("x-selfsame-outcome"), Some("updated"));
    assert_eq!(changed.json(200)["policy"], policy);
    assert_eq!(server.get(POLICY).await.json(200), policy);
    let read = server
        .get("/api/v1/identity/lookup?kind=phone&value=0501234567")
        .await
        .json(200);
    assert_eq!(read["identifier"]["matchingValue"], "+380501234567");
    let blocked = server
        .get("/api/v1/identity/lookup?kind=email&value=nobody@example.com")
        .await
        .json(200);
    assert_eq!(blocked["state"], "blocked");
}

#[tokio::test]
async fn a_wrong_policy_changes_nothing() {
    let server = Server::start().await;
    let before = server.get(POLICY).await.json(200);
    let mut wrong = before.clone();
    wrong["sharedThreshold"] = json!(101);
    wrong["blocked"] = json!([{"kind": null, "pattern": "(["}]);
    wrong["limits"]["cookie"] = json!(0);
    assert_eq!(
        server.put(POLICY, wrong).await.pointers(),
        ["/blocked/0/pattern", "/sharedThreshold", "/limits/cookie"]
    );
    assert_eq!(server.put(POLICY, json!({})).await.pointers().len(), 11);
    assert_eq!(server.put(POLICY, json!("x")).await.pointers(), [""]);
    assert_eq!(server.get(POLICY).await.json(200), before);
}

/// The policy, and the objects in it.
const OBJECTS: [&str; 3] = ["", "/limits", "/blocked/0"];

fn object<'a>(policy: &'a mut Value, place: &str) -> &'a mut Map<String, Value> {
    let found = policy.pointer_mut(place).and_then(Value::as_object_mut);
    found.expect("an object")
}

#[tokio::test]
async fn a_policy_without_all_of_its_members_is_refused() {
    let server = Server::start().await;
    let mut policy = server.get(POLICY).await.json(200);
    policy["eventRetentionDays"] = json!(365);
    policy["deletePastEvents"] = json!(true);
    policy["defaultPhoneRegion"] = json!("UA");
    policy["blocked"] = json!([{"kind": "email", "exact": "nobody@example.com"}]);
    server.put(POLICY, policy.clone()).await.json(200);
    for place in OBJECTS {
        let members: Vec<String> = object(&mut policy, place).keys().cloned().collect();
        for member in members.iter().filter(|member| *member != "exact") {
            let mut partial = policy.clone();
            object(&mut partial, place).remove(member);
            let refused = server.put(POLICY, partial).await;
            assert_eq!(refused.pointers(), [format!("{place}/{member}")]);
        }
    }
    assert_eq!(server.get(POLICY).await.json(200), policy);
    for cleared in ["defaultPhoneRegion", "eventRetentionDays"] {
        policy[cleared] = Value::Null;
    }
    assert_eq!(server.put(POLICY, policy.clone()).await.json(200)["policy"], policy);
}

#[tokio::test]
async fn a_policy_with_unknown_members_is_refused() {
    let server = Server::start().await;
    let mut policy = server.get(POLICY).await.json(200);
    for place in OBJECTS {
        let mut more = policy.clone();
        object(&mut more, place).insert("threshold".to_owned(), json!(5));
        let refused = server.put(POLICY, more).await;
        assert_eq!(refused.pointers(), [format!("{place}/*")]);
    }
    policy["bogus"] = json!(1);
    assert_eq!(server.put(POLICY, policy).await.json(400)["detail"], "* is unknown");
}

#[tokio::test]
async fn the_policy_is_guarded_and_apart() {
    let server = Server::start().await;
    let mut policy = server.get(POLICY).await.json(200);
    server.guarded("GET", POLICY, None, "one-write").await;
    server.guarded("PUT", POLICY, Some(policy.clone()), "one-read").await;
    policy["mergeUnclaimed"] = json!(false);
    server.call("two", "PUT", POLICY, Some(policy)).await.json(200);
    assert_eq!(server.get(POLICY).await.json(200)["mergeUnclaimed"], true);
    assert_eq!(
        server.call("two-read", "GET", POLICY, None).await.json(200)["mergeUnclaimed"],
        false
    );
}

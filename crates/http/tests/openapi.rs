//! The API description: as a whole, and the guarantees for every operation.

#![allow(clippy::expect_used, reason = "a helper that fails has to fail the test")]

#[path = "own/schema.rs"]
mod schema;

use serde_json::Value;
use std::collections::BTreeSet;

/// Operations that need no key.
const PUBLIC: [&str; 7] = [
    "/api/docs",
    "/api/openapi.json",
    "/healthz",
    "/logs/v1/plugin",
    "/metrics",
    "/readyz",
    "/t/selfsame.js",
];

/// Operations with a site's public key in the body, which no security scheme can describe.
const OF_SITES: [&str; 1] = ["/t/events"];

fn written() -> Value {
    serde_json::to_value(selfsame_http::openapi()).expect("JSON")
}

/// The document with every reference to a response replaced by the response.
fn document() -> Value {
    let written = written();
    let mut document = written.clone();
    let paths = document["paths"].as_object_mut().expect("paths");
    let operations = paths
        .values_mut()
        .flat_map(|item| item.as_object_mut().expect("methods").values_mut());
    for responses in operations.filter_map(|operation| operation["responses"].as_object_mut()) {
        for response in responses.values_mut() {
            *response = schema::followed(&written, response).clone();
        }
    }
    document
}

/// Every operation with its path and method.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().expect("methods").iter();
        methods.map(move |(method, operation)| (format!("{method} {path}"), operation))
    });
    operations.collect()
}

/// Visits every value of the document with its place.
fn visit<'a>(value: &'a Value, place: &str, seen: &mut impl FnMut(&str, &'a Value)) {
    seen(place, value);
    match value {
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| visit(item, &format!("{place}/{index}"), seen));
        }
        Value::Object(members) => members
            .iter()
            .for_each(|(name, member)| visit(member, &format!("{place}/{name}"), seen)),
        _ => {}
    }
}

#[test]
fn the_whole_document() {
    let mut document = written();
    // The version changes with every release, even if nothing else does.
    document["info"]["version"] = Value::from("[version]");
    insta::assert_json_snapshot!(document);
}

#[test]
fn every_operation_says_what_it_is_and_who_may_not() {
    let document = document();
    let tags: BTreeSet<&str> = document["tags"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|tag| tag["name"].as_str())
        .collect();
    let mut ids = BTreeSet::new();
    for (place, operation) in operations(&document) {
        let tag = operation["tags"][0].as_str().unwrap_or_default();
        assert!(tags.contains(tag), "{place}: the tag {tag:?} is not described");
        assert!(
            operation["summary"].as_str().is_some_and(|text| !text.is_empty()),
            "{place}: no summary"
        );
        let id = operation["operationId"].as_str().unwrap_or_default();
        assert!(ids.insert(id.to_owned()), "{place}: operation {id:?} twice");
        let responses = operation["responses"].as_object().cloned().unwrap_or_default();
        let is_one_of = |paths: &[&str]| paths.iter().any(|path| place.ends_with(&format!(" {path}")));
        let is_public = is_one_of(&PUBLIC);
        assert_eq!(responses.contains_key("401"), !is_public, "{place}: 401");
        assert_eq!(
            operation["security"] == serde_json::json!([{}]),
            is_public || is_one_of(&OF_SITES),
            "{place}: security"
        );
        assert!(
            responses.keys().any(|status| status.starts_with('2')),
            "{place}: no success"
        );
        for (status, response) in &responses {
            assert!(
                response["description"].is_string(),
                "{place}: {status} has no description"
            );
        }
        parameters_are_whole(&place, operation);
    }
}

/// Spreadsheets are binary files, which have no example.
#[test]
fn every_request_body_has_an_example() {
    let document = document();
    for (place, operation) in operations(&document) {
        let bodies = operation["requestBody"]["content"].as_object();
        for (media, body) in bodies.into_iter().flatten() {
            let has_example = match media.as_str() {
                "application/json" | "application/merge-patch+json" | "multipart/form-data" => {
                    body["example"].is_object()
                }
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => {
                    schema::followed(&document, &body["schema"])["format"] == "binary"
                }
                _ => body["example"].is_string(),
            };
            assert!(has_example, "{place} {media}");
        }
    }
}

#[test]
fn every_answer_has_an_example() {
    let document = document();
    for (place, operation) in operations(&document) {
        let responses = operation["responses"].as_object().into_iter().flatten();
        for (status, response) in responses.filter(|(status, _)| status.starts_with('2')) {
            let contents = response["content"].as_object().into_iter().flatten();
            for (media, content) in contents.filter(|(media, _)| media.ends_with("json")) {
                assert!(!content["example"].is_null(), "{place} {status} {media}");
            }
        }
    }
}

#[test]
fn every_error_has_an_example_in_each_of_its_forms() {
    let document = document();
    for (place, operation) in operations(&document) {
        let responses = operation["responses"].as_object().cloned().unwrap_or_default();
        for status in ["405", "500"] {
            assert!(responses.contains_key(status), "{place}: {status}");
        }
        // The error of a head that is too long has no body.
        let with_body = responses
            .iter()
            .filter(|(status, _)| !["414", "431"].contains(&status.as_str()));
        for (status, response) in with_body.filter(|(status, _)| status.starts_with(['4', '5'])) {
            let forms = response["content"].as_object().cloned().unwrap_or_default();
            assert!(!forms.is_empty(), "{place} {status} says nothing");
            for (media, form) in &forms {
                assert!(!form["example"].is_null(), "{place} {status} {media}");
                if form["schema"]["$ref"] == "#/components/schemas/Problem" {
                    assert_eq!(form["example"]["status"].to_string(), *status, "{place}");
                }
            }
            if let Some(text) = forms.get("text/plain") {
                let document = &forms["application/problem+json"];
                assert_eq!(text["example"], document["example"]["detail"], "{place} {status}");
            }
        }
    }
}

#[test]
fn any_head_can_be_too_long() {
    let document = document();
    for (place, operation) in operations(&document) {
        for status in ["414", "431"] {
            let described = &operation["responses"][status];
            assert!(described.is_object(), "{place}");
            assert!(described.get("content").is_none(), "{place}");
        }
    }
}

/// The description has the bounds that the server checks, so that generated requests keep them.
#[test]
fn bounds_are_said_wherever_they_are_checked() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    let parameters = operations(&document);
    let parameters = parameters
        .iter()
        .flat_map(|(_, operation)| operation["parameters"].as_array().into_iter().flatten());
    let mut seen = BTreeSet::new();
    for parameter in parameters {
        let (name, schema) = (parameter["name"].as_str().expect("a name"), &parameter["schema"]);
        let numbers = |name: &str| schema[name].as_u64();
        match name {
            "id" if schema["type"] == "integer" => assert_eq!(numbers("minimum"), Some(1)),
            "limit" => assert_eq!((numbers("minimum"), numbers("maximum")), (Some(1), Some(500))),
            "Idempotency-Key" => assert_eq!((numbers("minLength"), numbers("maxLength")), (Some(1), Some(255))),
            "token" => assert_eq!((numbers("minLength"), numbers("maxLength")), (Some(1), Some(4096))),
            _ => continue,
        }
        seen.insert(name);
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
    assert_eq!(
        schemas["EmailsInput"]["properties"]["emails"]["items"]["maxLength"],
        254
    );
    assert_eq!(
        schemas["ModifyContactsInGroup"]["properties"]["contactIds"]["items"]["minimum"],
        1
    );
    assert!(schemas["SubscribeInput"]["properties"]["formType"]["pattern"].is_string());
}

/// Clients demand an empty answer (wire fact).
#[test]
fn orders_that_were_kept_are_answered_by_nothing() {
    let document = document();
    let content = &document["paths"]["/api/v1/orders"]["post"]["responses"]["200"]["content"];
    assert!(content["application/json"].is_object());
    let reference = content["*/*"]["schema"]["$ref"].as_str().expect("a schema");
    let nothing = document.pointer(reference.trim_start_matches('#'));
    assert_eq!(nothing.expect("the schema")["maxLength"], 0);
}

#[test]
fn an_explanation_refuses_no_idempotency_key() {
    let document = document();
    let responses = &document["paths"]["/api/v1/identity/resolve"]["post"]["responses"];
    let statuses: Vec<&String> = responses.as_object().expect("responses").keys().collect();
    assert_eq!(
        statuses,
        [
            "200", "400", "401", "403", "405", "413", "414", "415", "429", "431", "500", "503"
        ]
    );
}

/// Calls that write nothing, or write the same again, so that a repetition needs no idempotency key.
const REPEATABLE: [&str; 12] = [
    "/api/v1/contacts/actions/{id}/cancel",
    "/api/v1/contacts/search",
    "/api/v1/identity/resolve",
    "/api/v1/segments/preview",
    "/api/v1/imports/preview",
    "/api/v1/imports/{id}/cancel",
    "/api/v1/imports/{id}/decide",
    "/api/v1/imports/{id}/undo",
    "/api/v1/auth/token",
    "/api/v1/auth/contact/token",
    "/api/v1/site/domains",
    "/logs/v1/plugin",
];

/// Names of connectors and exports and URLs of webhooks are unique, and an export has one queued run: a repeated call creates nothing twice.
const OF_EXPORTS: [&str; 3] = ["/api/v1/connectors", "/api/v1/exports", "/api/v1/webhooks"];

#[test]
fn every_operation_that_writes_and_no_other_takes_an_idempotency_key() {
    let document = document();
    for (place, operation) in operations(&document) {
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let takes = parameters
            .iter()
            .any(|parameter| parameter["name"] == "Idempotency-Key");
        let is_of_exports = OF_EXPORTS.iter().any(|path| place.contains(&format!(" {path}")));
        let repeatable = is_of_exports || REPEATABLE.iter().any(|path| place.ends_with(&format!(" {path}")));
        let writes = !place.to_uppercase().starts_with("GET ") && !repeatable;
        assert_eq!(takes, writes, "{place}");
    }
}

/// Every parameter of the path has a description.
fn parameters_are_whole(place: &str, operation: &Value) {
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    let described: BTreeSet<&str> = parameters
        .iter()
        .filter(|parameter| parameter["in"] == "path")
        .filter_map(|parameter| parameter["name"].as_str())
        .collect();
    let named: BTreeSet<&str> = place
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
        .collect();
    assert_eq!(described, named, "{place}");
    for parameter in &parameters {
        assert!(
            parameter["description"].as_str().is_some_and(|text| !text.is_empty()),
            "{place}: {parameter}"
        );
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_schema_is_referred_to() {
    let document = document();
    let mut referred = BTreeSet::new();
    visit(&document, "", &mut |place, value| {
        let Some(reference) = value.get("$ref").and_then(Value::as_str) else {
            return;
        };
        let pointer = reference.trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{place} refers to {reference}");
        referred.insert(pointer.trim_start_matches("/components/schemas/").to_owned());
    });
    let schemas: BTreeSet<String> = document["components"]["schemas"]
        .as_object()
        .map(|all| all.keys().cloned().collect())
        .unwrap_or_default();
    assert_eq!(schemas, referred);
}

#[test]
fn every_json_example_fits_its_schema() {
    let document = document();
    let mut checked = 0;
    visit(&document, "", &mut |place, value| {
        let Some(content) = value.get("content").and_then(Value::as_object) else {
            return;
        };
        for (media, body) in content {
            let given = body.get("example").into_iter();
            let named = body.get("examples").and_then(Value::as_object).into_iter().flatten();
            for example in given.chain(named.filter_map(|(_, example)| example.get("value"))) {
                let again = serde_json::to_string(example)
                    .ok()
                    .and_then(|text| serde_json::from_str::<Value>(&text).ok());
                assert_eq!(again.as_ref(), Some(example), "{place} {media}");
                if media.contains("json") {
                    let fits = schema::check(&document, &body["schema"], example, place);
                    assert_eq!(fits, Ok(()));
                }
                checked += 1;
            }
        }
    });
    assert!(checked > 10, "{checked} examples");
}

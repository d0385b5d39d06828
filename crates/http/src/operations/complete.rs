//! What the description of the API says of every operation alike, and the annotations leave out.

use super::errors;
use http::StatusCode;
use serde_json::{Map, Value};
use utoipa::openapi::content::Content;
use utoipa::openapi::header::Header;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::response::Response;
use utoipa::openapi::{OpenApi, RefOr};

/// Headers by which a decision is told.
const HEADERS: [(&str, &str); 3] = [
    (
        "X-Selfsame-Outcome",
        "What became of the request: `created`, `updated`, `unchanged` and so on.",
    ),
    (
        "X-Selfsame-Decision",
        "The identity of the decision, as the identity log lists it.",
    ),
    (
        "X-Selfsame-Rule",
        "The rule that found the contact: `external_id`, `search`, `no_match` and so on.",
    ),
];

/// Answers as a server gave them in a test, by operation.
const ANSWERS: &str = include_str!("answers.json");

/// Describes responses and headers that have no description of their own, which the specification demands, gives answers that have no
/// example one that a server gave, and completes errors.
pub(crate) fn complete(document: &mut OpenApi) {
    // A test reads the file: what cannot be read here is missing there.
    let answers: Map<String, Value> = serde_json::from_str(ANSWERS).unwrap_or_default();
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            exemplify(operation, &answers);
            errors::complete(path, method, operation);
            for (status, response) in &mut operation.responses.responses {
                if let RefOr::T(response) = response {
                    describe(status, response);
                }
            }
        }
    }
}

/// The operations of a path with their methods.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem {
        get,
        put,
        post,
        delete,
        patch,
        ..
    } = item;
    let all = [
        ("get", get),
        ("put", put),
        ("post", post),
        ("delete", delete),
        ("patch", patch),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

fn exemplify(operation: &mut Operation, answers: &Map<String, Value>) {
    let Some(answer) = operation.operation_id.as_ref().and_then(|id| answers.get(id)) else {
        return;
    };
    let responses = operation.responses.responses.iter_mut();
    for (_, response) in responses.filter(|(status, _)| status.starts_with('2')) {
        if let RefOr::T(response) = response {
            let contents = response.content.values_mut();
            for content in contents {
                if let RefOr::T(content @ Content { example: None, .. }) = content {
                    content.example = Some(answer.clone());
                }
            }
        }
    }
}

fn describe(status: &str, response: &mut Response) {
    if response.description.is_empty() {
        let reason = status
            .parse()
            .ok()
            .and_then(|status: StatusCode| status.canonical_reason());
        reason.unwrap_or("Answer").clone_into(&mut response.description);
    }
    for (name, header) in &mut response.headers {
        if let RefOr::T(Header {
            description: description @ None,
            ..
        }) = header
        {
            *description = HEADERS
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, text)| (*text).to_owned());
        }
    }
}

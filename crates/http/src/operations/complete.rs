//! What the description of the API says of every operation alike, and the annotations leave out.

use http::StatusCode;
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

/// Describes responses and headers that have no description of their own: the specification demands one.
pub(crate) fn complete(document: &mut OpenApi) {
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        for (status, response) in &mut operation.responses.responses {
            if let RefOr::T(response) = response {
                describe(status, response);
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem {
        get,
        put,
        post,
        delete,
        patch,
        ..
    } = item;
    [get, put, post, delete, patch].into_iter().flatten()
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

//! Adds the parts of the API description that all operations share and the annotations leave out.

use super::{bounds, errors, share};
use http::StatusCode;
use serde_json::{Map, Value};
use utoipa::openapi::content::Content;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::{Schema, SchemaType, Type};
use utoipa::openapi::{OpenApi, RefOr};

/// The headers of a decision.
const HEADERS: [(&str, &str); 4] = [
    (
        "X-Selfsame-Outcome",
        "The outcome of the request: `created`, `updated`, `unchanged` and so on. Without a decision there is none of these headers.",
    ),
    (
        "X-Selfsame-Decision",
        "The identity of the decision, as the identity log lists it. Several are listed, up to 50.",
    ),
    (
        "X-Selfsame-Rule",
        "The rule that found the contact: `external_id`, `search`, `no_match` and so on.",
    ),
    (
        "X-Selfsame-Left-Out",
        "How many members of the request were left out; the decision names each with its reason. Missing when there are none.",
    ),
];

/// Calls with other methods than `GET` that make no decision before they answer, or do not return it to a public key.
const UNDECIDED: [&str; 20] = [
    "/api/v1/contacts/actions",
    "/api/v1/contacts/actions/{id}/cancel",
    "/api/v1/contacts/search",
    "/api/v1/contacts",
    "/api/v1/contacts/upload",
    "/api/v1/imports",
    "/api/v1/imports/{id}/cancel",
    "/api/v1/imports/{id}/decide",
    "/api/v1/imports/{id}/undo",
    "/api/v1/imports/preview",
    "/api/v1/identity/resolve",
    "/api/v1/segments/preview",
    "/api/v1/site/domains",
    "/api/v1/auth/token",
    "/api/v1/auth/contact/token",
    "/api/v1/device",
    "/api/v1/user",
    "/api/v1/events",
    "/api/v2",
    "/logs/v1/plugin",
];

/// The same for everything below these paths.
const OF_EXPORTS: [&str; 3] = ["/api/v1/connectors", "/api/v1/exports", "/api/v1/webhooks"];

/// The statuses of refusals by a rule; answers with other error statuses have no decision.
const REFUSALS: [&str; 4] = ["400", "403", "404", "409"];

/// Recorded answers of a server in a test, by operation.
const ANSWERS: &str = include_str!("answers.json");

/// Completes the document: adds the descriptions of responses, which the specification requires, recorded answers as examples, errors,
/// and the headers of decisions. Moves errors that several operations share to the components.
pub(crate) fn complete(document: &mut OpenApi) {
    // A test checks the examples: it fails if the file cannot be read.
    let answers: Map<String, Value> = serde_json::from_str(ANSWERS).unwrap_or_default();
    if let Some(components) = &mut document.components {
        bounds::of_schemas(components);
    }
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            bounds::of_parameters(operation);
            exemplify(operation, &answers);
            errors::complete(path, method, operation);
            let is_of_exports = OF_EXPORTS.iter().any(|start| path.starts_with(start));
            let is_undecided = is_of_exports || UNDECIDED.contains(&path.as_str());
            let decides = method != "get" && path.starts_with("/api/v") && !is_undecided;
            for (status, response) in &mut operation.responses.responses {
                if let RefOr::T(response) = response {
                    describe(status, response);
                    response.content.iter_mut().for_each(say_sentence);
                    if decides && (status.starts_with('2') || REFUSALS.contains(&status.as_str())) {
                        add_decision_headers(response);
                    }
                }
            }
        }
    }
    share::share(document);
}

/// The operations of a path with their methods.
pub(super) fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
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

/// Notes in the description that a sentence is no JSON, although its content type says JSON (wire fact).
fn say_sentence((media, content): (&String, &mut RefOr<Content>)) {
    if let RefOr::T(Content {
        schema: Some(RefOr::T(Schema::Object(schema))),
        ..
    }) = content
        && media == "application/json"
        && schema.schema_type == SchemaType::Type(Type::String)
    {
        schema.schema_type = SchemaType::AnyValue;
        "text/plain".clone_into(&mut schema.content_media_type);
        schema.description = Some("A sentence without quotation marks, which is no JSON.".to_owned());
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
}

fn add_decision_headers(response: &mut Response) {
    for (name, text) in HEADERS {
        let header = HeaderBuilder::new().description(Some(text)).build();
        response.headers.insert(name.to_owned(), header.into());
    }
}

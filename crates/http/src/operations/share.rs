//! Moves errors that several operations share to `components/responses`, so that the document has each once.

use super::complete::operations;
use http::StatusCode;
use std::collections::BTreeMap;
use utoipa::openapi::response::Response;
use utoipa::openapi::{OpenApi, Ref, RefOr};

/// Moves every error that more than one operation answers to the components, and refers to it. Its name is the reason phrase of its status; a
/// number distinguishes several errors of one status.
pub(super) fn share(document: &mut OpenApi) {
    let mut uses: BTreeMap<(String, String), usize> = BTreeMap::new();
    each_error(document, |status, response| {
        *uses.entry(key(status, response)).or_default() += 1;
    });
    let mut names: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut shared: BTreeMap<String, RefOr<Response>> = BTreeMap::new();
    each_error(document, |status, response| {
        let key = key(status, response);
        if uses.get(&key).is_none_or(|uses| *uses < 2) {
            return;
        }
        let name = names.entry(key).or_insert_with(|| {
            let count = counts.entry(status.to_owned()).or_default();
            *count += 1;
            name(status, *count)
        });
        let reference = RefOr::Ref(Ref::from_response_name(name.clone()));
        let response = std::mem::replace(response, reference);
        shared.entry(name.clone()).or_insert(response);
    });
    document.components.get_or_insert_default().responses.extend(shared);
}

/// Calls `call` with every error of an operation, and its status.
fn each_error(document: &mut OpenApi, mut call: impl FnMut(&str, &mut RefOr<Response>)) {
    for item in document.paths.paths.values_mut() {
        for (_, operation) in operations(item) {
            for (status, response) in &mut operation.responses.responses {
                if status.starts_with(['4', '5']) {
                    call(status, response);
                }
            }
        }
    }
}

/// A key that is equal for equal errors. An error that cannot be serialized is not in the document either.
fn key(status: &str, response: &RefOr<Response>) -> (String, String) {
    (status.to_owned(), serde_json::to_string(response).unwrap_or_default())
}

/// `NotFound`, `NotFound2` and so on.
fn name(status: &str, count: usize) -> String {
    let reason = status
        .parse()
        .ok()
        .and_then(|status: StatusCode| status.canonical_reason());
    let words = reason
        .unwrap_or(status)
        .split(|letter: char| !letter.is_ascii_alphanumeric());
    let name: String = words.collect();
    if count > 1 { format!("{name}{count}") } else { name }
}

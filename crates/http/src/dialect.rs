//! Which routes are wire-compatible, so that an error has the form of its route also where no handler answers: before the key is looked up, for
//! a method that a path does not have, after a time-out.

use crate::absent;
use crate::router;
use http::Method;
use std::collections::HashMap;
use std::sync::LazyLock;
use utoipa::openapi::PathItem;

/// The methods of the wire-compatible API, by the template of the path. A path may have methods of ours besides (`PATCH contact/{id}`).
static WIRE: LazyLock<HashMap<String, Vec<Method>>> = LazyLock::new(|| {
    let paths = router::wire().into_openapi().paths.paths.into_iter();
    paths.map(|(path, item)| (path, methods(&item))).collect()
});

/// Reads the table, which the first error would wait for.
pub(crate) fn load() {
    LazyLock::force(&WIRE);
}

/// Whether a path, by its template, answers to the method as a part of the wire-compatible API.
pub(crate) fn is_wire(path: &str, method: &Method) -> bool {
    // HEAD is answered by what answers GET.
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    absent::is_call(path) || WIRE.get(path).is_some_and(|methods| methods.contains(method))
}

/// Whether a path, by its template, answers to any method as a part of the wire-compatible API.
pub(crate) fn has_wire(path: &str) -> bool {
    WIRE.contains_key(path)
}

fn methods(item: &PathItem) -> Vec<Method> {
    let described = [
        (Method::GET, &item.get),
        (Method::PUT, &item.put),
        (Method::POST, &item.post),
        (Method::DELETE, &item.delete),
        (Method::PATCH, &item.patch),
    ];
    let there = described.into_iter().filter(|(_, operation)| operation.is_some());
    there.map(|(method, _)| method).collect()
}

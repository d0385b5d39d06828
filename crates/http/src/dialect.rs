//! The table of wire-compatible routes. It gives an error the form of its route also where no handler answers: before the key is looked up, for
//! a method that a path does not have, and after a time-out.

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

/// Builds the table, so that the first error does not wait for it.
pub(crate) fn load() {
    LazyLock::force(&WIRE);
}

/// Whether the wire-compatible API has a route of this path template and method.
pub(crate) fn is_wire(path: &str, method: &Method) -> bool {
    // The handler of GET answers HEAD, too.
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    absent::is_call(path) || WIRE.get(path).is_some_and(|methods| methods.contains(method))
}

/// Whether the wire-compatible API has a route of this path template.
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

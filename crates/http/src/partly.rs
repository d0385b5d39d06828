//! Answers to calls with a list that is accepted in part.

use crate::error::Problem;
use crate::reply::LEFT_OUT;
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use serde::Serialize;
use utoipa::ToSchema;

/// The entries of a list that were left out. The others took effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FailedEntries {
    /// One for each, in the order of the list.
    failed: Vec<FailedEntry>,
}

/// An entry of a list that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FailedEntry {
    /// Its place in the list, from 0.
    #[schema(example = 1)]
    pub(crate) index: usize,
    /// Why it was left out.
    #[schema(example = "must be an email address")]
    pub(crate) error: String,
}

impl From<Problem> for FailedEntry {
    fn from(problem: Problem) -> Self {
        Self {
            index: place(&problem.pointer),
            error: problem.reason,
        }
    }
}

/// Nothing: every entry was taken.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes an answer without a body")]
#[schema(max_length = 0, example = "")]
pub(crate) struct AllTaken(String);

/// The answer of the protocol when every entry was accepted, else the entries that were refused.
#[derive(Debug, Clone)]
pub(crate) struct Partly<R> {
    /// The answer when every entry was accepted.
    pub(crate) whole: R,
    /// The entries that were refused.
    pub(crate) failed: Vec<FailedEntry>,
}

impl<R: IntoResponse> IntoResponse for Partly<R> {
    fn into_response(self) -> Response {
        if self.failed.is_empty() {
            self.whole.into_response()
        } else {
            let count = HeaderValue::from(self.failed.len());
            ([(LEFT_OUT, count)], Json(FailedEntries { failed: self.failed })).into_response()
        }
    }
}

/// The index of an entry in its list, from a JSON pointer such as `/emails/1`. A bare value is the first of its list.
fn place(pointer: &str) -> usize {
    let last = pointer.rsplit('/').next();
    last.and_then(|index| index.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_entries() {
        for (pointer, index) in [("/emails/12", 12), ("/emails", 0)] {
            assert_eq!(place(pointer), index, "{pointer}");
        }
    }
}

//! Reading calls that people paste, to explain them.

use super::resolve::ResolveBody;
use super::resolve_body::read_commands;
use crate::body::{parse_json, read_object};
use crate::error::ApiError;
use crate::fields::Fields;
use crate::orders::Exact;
use selfsame_application::ports::{CallProblem, CallReader, PastedCall};
use selfsame_domain::{Command, Policy};
use serde_json::{Map, Value};

/// What the members of the envelope are below.
const BODY: &str = "/body";

/// Reads the bodies of the calls that `POST identity/resolve` explains.
#[derive(Debug, Clone, Copy, Default)]
pub struct PastedCalls;

impl CallReader for PastedCalls {
    fn calls(&self) -> &'static [&'static str] {
        &["contact", "subscribe", "update", "patch", "bulk", "order", "event"]
    }

    fn read(&self, call: &PastedCall<'_>, policy: &Policy) -> Result<Vec<Command>, Vec<CallProblem>> {
        read(call, policy).map_err(|error| problems(&error))
    }
}

fn read(call: &PastedCall<'_>, policy: &Policy) -> Result<Vec<Command>, ApiError> {
    let body = parse_json(call.body.as_bytes())?.unwrap_or(Value::Null);
    let mut envelope = Map::new();
    envelope.insert("call".to_owned(), call.call.into());
    if let Some(contact) = call.contact {
        envelope.insert("contactId".to_owned(), contact.0.into());
    }
    envelope.insert("body".to_owned(), body);
    let exact = Exact::of(call.body.as_bytes(), BODY);
    let call: ResolveBody = read_object(&Fields::of(Some(&envelope), String::new()))?;
    read_commands(&call, &exact, policy)
}

/// The problems of an error, with the pointers of the body itself.
fn problems(error: &ApiError) -> Vec<CallProblem> {
    let found = error.problems();
    if found.is_empty() {
        return vec![CallProblem {
            pointer: String::new(),
            reason: error.to_string(),
        }];
    }
    let problem = |problem: crate::error::Problem| CallProblem {
        pointer: problem
            .pointer
            .strip_prefix(BODY)
            .unwrap_or(&problem.pointer)
            .to_owned(),
        reason: problem.reason,
    };
    found.into_iter().map(problem).collect()
}

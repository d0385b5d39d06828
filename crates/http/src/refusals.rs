//! The documented refusals of our own API's operations, defined once for all of them.

use std::collections::BTreeMap;
use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

const PROBLEM_JSON: &str = "application/problem+json";

/// The refusals of every operation with a key.
#[derive(Debug)]
pub(crate) struct Refused;

/// The refusals of every operation that names a resource by its number.
#[derive(Debug)]
pub(crate) struct RefusedOrMissing;

/// The refusals of every operation that reads a body and makes no permanent decision.
#[derive(Debug)]
pub(crate) struct BodyRefused;

/// The refusals of every operation that sets a resource to a new state.
#[derive(Debug)]
pub(crate) struct SetRefused;

/// The same, for a resource that is named by its number.
#[derive(Debug)]
pub(crate) struct SetRefusedOrMissing;

/// The refusals of every operation that writes.
#[derive(Debug)]
pub(crate) struct WriteRefused;

/// The refusals of every operation that writes to a resource named by its number.
#[derive(Debug)]
pub(crate) struct WriteRefusedOrMissing;

/// The refusal of a call when `If-Match` does not match.
#[derive(Debug)]
pub(crate) struct PreconditionFailed;

/// The refusal of a call for data that is not kept any more.
#[derive(Debug)]
pub(crate) struct Gone;

/// The refusals of every call of a page or an app with a public key.
#[derive(Debug)]
pub(crate) struct PublicRefused;

/// The refusals of every operation that creates a named resource.
#[derive(Debug)]
pub(crate) struct MakeRefused;

/// The refusals of every operation that changes or deletes a named resource.
#[derive(Debug)]
pub(crate) struct ChangeRefused;

type Responses = BTreeMap<String, RefOr<Response>>;

impl IntoResponses for Refused {
    fn responses() -> Responses {
        BTreeMap::from([
            problem(
                "400",
                "Something in the request is wrong; `errors` says what and where.",
            ),
            unauthorized(),
            problem("403", "The rights of this API key do not cover this call."),
            problem(
                "429",
                "This API key sent too many requests; `Retry-After` says when to send it again.",
            ),
            problem(
                "503",
                "The server is busy, or its storage is unavailable; `Retry-After` says when to send it again.",
            ),
        ])
    }
}

impl IntoResponses for RefusedOrMissing {
    fn responses() -> Responses {
        with(
            Refused::responses(),
            [problem("404", "There is no such thing in this workspace.")],
        )
    }
}

impl IntoResponses for BodyRefused {
    fn responses() -> Responses {
        with(Refused::responses(), [problem("413", "The body is too large.")])
    }
}

impl IntoResponses for SetRefused {
    fn responses() -> Responses {
        let more = problem("422", "The `Idempotency-Key` was used for another request.");
        with(BodyRefused::responses(), [more])
    }
}

impl IntoResponses for SetRefusedOrMissing {
    fn responses() -> Responses {
        with(
            SetRefused::responses(),
            [problem("404", "There is no such thing in this workspace.")],
        )
    }
}

impl IntoResponses for WriteRefused {
    fn responses() -> Responses {
        let more = problem("409", "It conflicts with what is stored; `type` says how.");
        with(SetRefused::responses(), [more])
    }
}

impl IntoResponses for MakeRefused {
    fn responses() -> Responses {
        let more = problem("409", "It conflicts with what is stored; `type` says how.");
        with(BodyRefused::responses(), [more])
    }
}

impl IntoResponses for ChangeRefused {
    fn responses() -> Responses {
        let more = problem("404", "There is no such thing in this workspace.");
        with(MakeRefused::responses(), [more])
    }
}

impl IntoResponses for WriteRefusedOrMissing {
    fn responses() -> Responses {
        with(
            WriteRefused::responses(),
            [problem("404", "There is no such thing in this workspace.")],
        )
    }
}

impl IntoResponses for PreconditionFailed {
    fn responses() -> Responses {
        BTreeMap::from([problem(
            "412",
            "The contact has changed since it was read; read it again.",
        )])
    }
}

impl IntoResponses for Gone {
    fn responses() -> Responses {
        BTreeMap::from([problem(
            "410",
            "Some changes after this revision are no longer kept: start again.",
        )])
    }
}

impl IntoResponses for PublicRefused {
    fn responses() -> Responses {
        BTreeMap::from([
            problem(
                "400",
                "The request cannot be read, or names no site or no visitor; `errors` says where.",
            ),
            unauthorized(),
            problem("403", "The page is of no origin of the site."),
            problem("413", "The body is too large."),
            problem("422", "The `Idempotency-Key` was used for another request."),
            problem(
                "429",
                "The site sent too many requests; `Retry-After` says when to send it again.",
            ),
            problem(
                "503",
                "The server is busy, or its storage is unavailable; `Retry-After` says when to send it again.",
            ),
        ])
    }
}

fn with<const N: usize>(mut responses: Responses, more: [(String, RefOr<Response>); N]) -> Responses {
    responses.extend(more);
    responses
}

fn problem(status: &str, description: &str) -> (String, RefOr<Response>) {
    refusal(status, description, PROBLEM_JSON, "Problem")
}

fn unauthorized() -> (String, RefOr<Response>) {
    refusal(
        "401",
        "There is no API key, or one that opens nothing.",
        "application/json",
        "Unauthorized",
    )
}

fn refusal(status: &str, description: &str, media: &str, schema: &str) -> (String, RefOr<Response>) {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(schema)))
        .build();
    (
        status.to_owned(),
        ResponseBuilder::new()
            .description(description)
            .content(media, content)
            .build()
            .into(),
    )
}

//! The errors in the API description: the errors that every operation may answer, and their examples.
//!
//! The code that writes error answers also writes the examples, so that they have the same form.

use crate::error::{ApiError, Problem, rejection_of};
use crate::imports::{PREVIEW_LIMIT, UNKNOWN_MEMBER, file_too_large};
use crate::orders;
use crate::render::{ErrorBody, ProblemDocument, UnauthorizedBody};
use crate::state::HttpSettings;
use selfsame_domain::{Rejection, Revision};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::content::Content;
use utoipa::openapi::header::Header;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::response::Response;
use utoipa::openapi::{ContentBuilder, HeaderBuilder, Ref, RefOr, ResponseBuilder};

const PROBLEM_JSON: &str = "application/problem+json";
const JSON: &str = "application/json";
const TEXT: &str = "text/plain";

/// Errors that any operation may answer.
const ANYWHERE: [(&str, &str); 3] = [
    (
        "400",
        "A header with the sender's credentials or the host was sent twice.",
    ),
    ("405", "The path does not answer to this method."),
    ("500", "A fault of the server's own; its log has the cause."),
];

/// The errors of a request head that is too long. They have no body, because no route handles the request.
const TOO_LONG: [(&str, &str); 2] = [
    (
        "414",
        "The path with the query is longer than 65,534 bytes. Without a body.",
    ),
    (
        "431",
        "The head has more than 100 headers, or is longer than 128 KiB. Without a body.",
    ),
];

/// The error of operations with a body for an unsupported content encoding.
const UNSUPPORTED: (&str, &str) = (
    "415",
    "The body's `Content-Encoding` is none of gzip, br and zstd. The content type does not matter.",
);

/// The headers of errors.
const HEADERS: [(&str, &str, &str); 5] = [
    ("401", "WWW-Authenticate", "How to send the key."),
    ("405", "Allow", "The methods that the path answers to."),
    ("415", "Accept-Encoding", "The encodings that are read."),
    (
        "429",
        "Retry-After",
        "The number of seconds to wait before the next request.",
    ),
    (
        "503",
        "Retry-After",
        "The number of seconds to wait before the next request.",
    ),
];

/// Adds the missing errors of an operation.
pub(super) fn complete(path: &str, method: &str, operation: &mut Operation) {
    let place = Place::of(path, method, operation);
    let responses = &mut operation.responses.responses;
    let unsupported = (place.body != Body::None).then_some(UNSUPPORTED);
    for (status, description) in ANYWHERE.into_iter().chain(unsupported) {
        let added = || place.added(status, description).into();
        responses.entry(status.to_owned()).or_insert_with(added);
    }
    for (status, description) in TOO_LONG {
        let response = ResponseBuilder::new().description(description).build();
        responses.insert(status.to_owned(), response.into());
    }
    for (status, response) in responses.iter_mut().filter(|(status, _)| is_error(status)) {
        if let RefOr::T(response) = response {
            place.exemplify(status, response);
            for (_, name, description) in HEADERS.iter().filter(|(of, _, _)| of == status) {
                response.headers.insert((*name).to_owned(), header(description).into());
            }
        }
    }
}

fn is_error(status: &str) -> bool {
    status.starts_with(['4', '5'])
}

fn header(description: &str) -> Header {
    let text = <String as utoipa::PartialSchema>::schema();
    HeaderBuilder::new()
        .schema(Some(text))
        .description(Some(description))
        .build()
}

/// What an operation takes as its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    None,
    Json,
    File,
}

impl Body {
    fn of(operation: &Operation) -> Self {
        let is_json = |media: &String| media.ends_with("/json") || media.ends_with("+json");
        match &operation.request_body {
            None => Self::None,
            Some(RefOr::T(body)) if body.content.keys().any(is_json) => Self::Json,
            Some(_) => Self::File,
        }
    }
}

/// The properties of an operation that its errors depend on.
struct Place<'a> {
    path: &'a str,
    method: &'a str,
    /// Whether it is wire-compatible: its errors are texts, and problem documents on request.
    is_wire: bool,
    /// Whether it accepts the public key of a site.
    is_public: bool,
    body: Body,
    /// The names of its query parameters.
    query: Vec<String>,
}

impl<'a> Place<'a> {
    fn of(path: &'a str, method: &'a str, operation: &Operation) -> Self {
        let mut errors = operation
            .responses
            .responses
            .iter()
            .filter(|(status, _)| is_error(status));
        let tags = operation.tags.iter().flatten();
        let parameters = operation.parameters.iter().flatten();
        let in_query = parameters.filter_map(|parameter| match parameter {
            RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query => Some(parameter.name.clone()),
            _ => None,
        });
        Self {
            path,
            method,
            is_wire: errors
                .any(|(_, response)| matches!(response, RefOr::T(response) if response.content.contains_key(TEXT))),
            is_public: tags.into_iter().any(|tag| tag == "tracker" || tag == "mobile"),
            body: Body::of(operation),
            query: in_query.collect(),
        }
    }

    /// An error that the annotations leave out. No route answers 405, so it is never a text.
    fn added(&self, status: &str, description: &str) -> Response {
        let mut response = ResponseBuilder::new().description(description).build();
        if self.is_wire && status != "405" {
            response.content.insert(TEXT.to_owned(), text().into());
        }
        if self.is_wire {
            response.content.insert(JSON.to_owned(), json().into());
        }
        response.content.insert(PROBLEM_JSON.to_owned(), problem().into());
        response
    }

    /// Adds an example to each form of an error.
    fn exemplify(&self, status: &str, response: &mut Response) {
        if status == "401" {
            set(response, JSON, self.unauthorized());
            return;
        }
        let annotated = match response.content.get(TEXT) {
            Some(RefOr::T(Content { example, .. })) => example.as_ref().and_then(Value::as_str).map(str::to_owned),
            _ => None,
        };
        let Some(document) = self.document(status, annotated) else {
            return;
        };
        if response.content.contains_key(TEXT) {
            let forms = [(JSON, json()), (PROBLEM_JSON, problem())];
            for (media, form) in forms {
                response.content.entry(media.to_owned()).or_insert(RefOr::T(form));
            }
            set(response, TEXT, document.detail.clone().into());
        }
        let body = serde_json::json!({
            "status": document.status, "error": document.title, "message": document.detail,
        });
        set(response, JSON, body);
        set(response, PROBLEM_JSON, serde_json::json!(document));
    }

    /// The example of an error of a status; the annotations may give its text.
    fn document(&self, status: &str, annotated: Option<String>) -> Option<ProblemDocument> {
        let error = match status {
            "400" => self.invalid(),
            "403" if self.is_public => ApiError::ForeignOrigin,
            "403" => ApiError::Forbidden,
            "404" => return Some(self.missing(annotated)),
            "405" => ApiError::MethodNotAllowed,
            "409" if self.path.ends_with("/decide") => ApiError::NoDecisionNeeded,
            "409" => return Some(refused(&self.contradiction())),
            "410" => ApiError::Forgotten {
                begins: Revision(1_000),
            },
            "412" => return Some(refused(&Rejection::Changed)),
            "413" if self.path == "/api/v1/orders" => ApiError::TooLarge {
                limit: orders::BODY_LIMIT,
            },
            "413" if self.path == "/api/v1/imports/preview" => file_too_large(PREVIEW_LIMIT),
            "413" if self.body == Body::File => file_too_large(HttpSettings::default().import_limit),
            "413" => ApiError::TooLarge {
                limit: HttpSettings::default().body_limit,
            },
            "415" if self.method == "patch" => ApiError::NotAPatch,
            "415" if self.body == Body::File => ApiError::NotATable,
            "415" => ApiError::UnsupportedEncoding("deflate"),
            "422" => ApiError::ReplayMismatch,
            "429" => ApiError::TooManyRequests { retry_after: 1 },
            "500" => ApiError::Internal("an example"),
            "503" => ApiError::Busy,
            _ => return None,
        };
        Some(ProblemDocument::of(&error))
    }

    /// An example of an invalid request.
    fn invalid(&self) -> ApiError {
        let counted = ["startindex", "limit"];
        let counted = counted
            .into_iter()
            .find(|name| self.query.iter().any(|own| own == name));
        let (pointer, reason) = if self.takes_file() {
            ("uniqueBy", UNKNOWN_MEMBER)
        } else if self.body == Body::Json && self.path == "/api/v1/contact" {
            ("/channels/0/value", "must be an email address")
        } else if self.body == Body::Json {
            ("", "must be a JSON object")
        } else if let Some(name) = counted {
            (name, "must be a whole number of at least 1")
        } else if self.path.starts_with("/api/v1/contact/{id}") {
            ("id", "must be a positive whole number")
        } else if let Some(name) = self.query.first() {
            (name.as_str(), "must not contain control characters")
        } else if self.path.contains('{') {
            ("path", "must be percent-encoded UTF-8")
        } else {
            ("Host", "must not be sent twice")
        };
        Problem::new(pointer, reason).into()
    }

    /// An example of a missing resource: not found by a read, or refused by the rules of a write.
    fn missing(&self, annotated: Option<String>) -> ProblemDocument {
        let about = |part: &str| self.path.contains(part);
        if self.method == "get" {
            let nouns = [
                ("/merges/", "merge"),
                ("/decisions/", "decision"),
                ("/visitors/", "visitor"),
                ("/metrics", "metrics"),
                ("/imports/", "import"),
            ];
            let noun = nouns.into_iter().find(|(part, _)| about(part));
            let mut document = ProblemDocument::of(&ApiError::NotFound(noun.map_or("contact", |(_, noun)| noun)));
            document.detail = annotated.unwrap_or(document.detail);
            return document;
        }
        if about("/imports/") {
            return ProblemDocument::of(&ApiError::NotFound("import"));
        }
        let rejections = [
            (about("/fields/"), Rejection::FieldNotFound),
            (
                about("/categories/"),
                Rejection::CategoryNotFound { key: String::new() },
            ),
            (about("/merges/{id}"), Rejection::MergeNotFound),
            (about("/group/"), Rejection::SegmentNotFound),
            (about("/token/"), Rejection::TokenNotFound),
        ];
        let found = rejections.into_iter().find(|(is_it, _)| *is_it);
        refused(&found.map_or(Rejection::ContactNotFound, |(_, rejection)| rejection))
    }

    /// An example of a conflict.
    fn contradiction(&self) -> Rejection {
        if self.is_wire {
            Rejection::DuplicatedRequest
        } else if self.path.ends_with("/undo") {
            Rejection::AlreadyUndone
        } else if self.path.ends_with("/merges") {
            Rejection::DifferentExternalIds
        } else {
            let what = if self.path.ends_with("/fields") {
                "fieldKey"
            } else {
                "name"
            };
            Rejection::AlreadyExists { what: what.to_owned() }
        }
    }

    /// Whether its body is a file of contacts.
    fn takes_file(&self) -> bool {
        self.body == Body::File && self.query.iter().any(|name| name == "uniqueBy")
    }

    fn unauthorized(&self) -> Value {
        let message = if self.is_public {
            "the site key is unknown"
        } else {
            "the API key is unknown"
        };
        // One path for all operations, so that the document has the error once.
        let path = if self.is_public { "/t/events" } else { "/api/v1/contact" };
        let body = UnauthorizedBody::new("2026-01-31T12:00:00.000Z".to_owned(), message, path.to_owned());
        serde_json::to_value(body).unwrap_or_default()
    }
}

fn refused(rejection: &Rejection) -> ProblemDocument {
    let (status, code) = rejection_of(rejection);
    ProblemDocument::new(status, code, rejection.to_string(), Vec::new())
}

fn set(response: &mut Response, media: &str, value: Value) {
    if let Some(RefOr::T(content @ Content { example: None, .. })) = response.content.get_mut(media) {
        content.example = Some(value);
    }
}

fn text() -> Content {
    let schema = <String as utoipa::PartialSchema>::schema();
    ContentBuilder::new().schema(Some(schema)).build()
}

fn json() -> Content {
    let schema = Ref::from_schema_name(ErrorBody::name());
    ContentBuilder::new().schema(Some(schema)).build()
}

fn problem() -> Content {
    let schema = Ref::from_schema_name(ProblemDocument::name());
    ContentBuilder::new().schema(Some(schema)).build()
}

//! Reading a request: its body within a limit, its idempotency key, and JSON with values that all later layers accept.

mod batch;
mod json;
mod member;
mod tokens;
mod typed;
mod types;

pub(crate) use json::parse as parse_json;

pub(crate) use batch::{Entry, batch_of};
pub(crate) use json::{fault_of, pruned, without_mark};
pub(crate) use member::{Member, NOT_A_TEXT, Sent, list_of, name_of, object_of, says_something, text_of, why};
pub(crate) use tokens::{Token, mended, rewritten};
pub(crate) use typed::{
    Body, FromMember, FromObject, any, body, members, read_object, wire_bytes, wire_length, wire_name,
};
pub(crate) use types::{Distinct, Each, Line, List, Nullable, Within, checked_line};

use crate::admission::Held;
use crate::drain_body::content_length;
use crate::error::{ApiError, Problem};
use crate::fields::Fields;
use crate::state::HttpState;
use axum::body::{BodyDataStream, Bytes};
use axum::extract::{FromRequest, Request};
use futures::StreamExt;
use http::{HeaderMap, HeaderName, Method};
use selfsame_application::Replay;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Display;
use std::sync::Arc;

/// The header that makes a repeated request safe.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The greatest length of an idempotency key.
const MAX_IDEMPOTENCY_KEY: usize = 255;

/// A request that writes: completely read, not yet parsed. The content type is ignored (wire fact: any or none).
#[derive(Debug, Clone)]
pub(crate) struct Incoming {
    /// The body.
    pub(crate) bytes: Bytes,
    /// The idempotency key, if one was sent.
    pub(crate) idempotency_key: Option<String>,
    method: Method,
    target: String,
    /// The memory of the body, held as long as the body is in use.
    _held: Arc<Held>,
}

impl FromRequest<HttpState> for Incoming {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &HttpState) -> Result<Self, Self::Rejection> {
        Self::read(request, state.settings.body_limit).await
    }
}

impl Incoming {
    /// Reads a body of at most `limit` bytes.
    pub(crate) async fn read(request: Request, limit: usize) -> Result<Self, ApiError> {
        let mut held = Held::of(&request);
        let (parts, body) = request.into_parts();
        let announced = content_length(&parts.headers);
        if announced.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit)) {
            return Err(ApiError::TooLarge { limit });
        }
        let expected = announced.and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
        let bytes = read_within(body.into_data_stream(), (expected, limit), &mut held).await?;
        held.parse(&bytes).await?;
        let target = parts
            .uri
            .path_and_query()
            .map_or("/", |target| target.as_str())
            .to_owned();
        Ok(Self {
            bytes,
            idempotency_key: idempotency_key(&parts.headers)?,
            method: parts.method,
            target,
            _held: Arc::new(held),
        })
    }

    /// The body as JSON; none when it is empty.
    pub(crate) fn json(&self) -> Result<Option<Value>, ApiError> {
        json::parse(&self.bytes)
    }

    /// The body, which must be a JSON object.
    pub(crate) fn object(&self) -> Result<Document, ApiError> {
        object(&self.bytes)
    }

    /// The body as `T`; none when it is empty.
    pub(crate) fn optional<T: FromObject>(&self) -> Result<Option<T>, ApiError> {
        match self.json()? {
            None => Ok(None),
            Some(_) => read_object(&self.object()?.fields()).map(Some),
        }
    }

    /// The idempotency key of the request within a scope, with its digest.
    pub(crate) fn replay(&self, scope: impl Display) -> Option<Replay> {
        self.idempotency_key.as_ref().map(|key| Replay {
            key: format!("{scope}:{key}"),
            digest: self.digest(),
        })
    }

    /// SHA-256 of method, path with query, and body. Requests with equal digests are the same request.
    pub(crate) fn digest(&self) -> Vec<u8> {
        digest(&self.method, &self.target, &self.bytes)
    }

    /// [`content_digest`] of this request and its body.
    pub(crate) fn digest_of(&self, body: &Document) -> Vec<u8> {
        let path = self.target.split('?').next().unwrap_or_default();
        content_digest(&self.method, path, &body.0)
    }
}

/// A body that must be a JSON object.
fn object(bytes: &[u8]) -> Result<Document, ApiError> {
    match json::parse(bytes)? {
        Some(value @ Value::Object(_)) => Ok(Document(value)),
        Some(_) => Err(ApiError::invalid("", "must be a JSON object")),
        None => Err(ApiError::invalid("", "must not be empty: send a JSON object")),
    }
}

/// SHA-256 of method, path and content of the body. Requests with equal digests are repetitions. Members are in the order of their names, so
/// that neither their order nor blanks matter.
pub(crate) fn content_digest(method: &Method, path: &str, body: &Value) -> Vec<u8> {
    digest(method, path, body.to_string().as_bytes())
}

fn digest(method: &Method, target: &str, body: &[u8]) -> Vec<u8> {
    let mut digest = Sha256::new();
    for part in [method.as_str().as_bytes(), b"\n", target.as_bytes(), b"\n", body] {
        digest.update(part);
    }
    digest.finalize().to_vec()
}

/// A body that is a JSON object.
#[derive(Debug, Clone)]
pub(crate) struct Document(Value);

impl Document {
    /// Its members.
    pub(crate) fn fields(&self) -> Fields<'_> {
        Fields::of(self.0.as_object(), String::new())
    }
}

async fn read_within(
    mut chunks: BodyDataStream,
    (expected, limit): (usize, usize),
    held: &mut Held,
) -> Result<Bytes, ApiError> {
    // A body takes all its memory before it is read, so that half-read bodies do not wait for each other.
    held.read(expected).await?;
    // The whole capacity is reserved at once: unwritten memory costs nothing, while a growing vector is in memory twice.
    let mut read = Vec::with_capacity(expected);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| ApiError::Unreadable)?;
        let length = read.len() + chunk.len();
        if length > limit {
            return Err(ApiError::TooLarge { limit });
        }
        held.read(length).await?;
        read.extend_from_slice(&chunk);
    }
    Ok(read.into())
}

/// The idempotency key that was sent.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(header) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let bytes = header.as_bytes();
    let visible = bytes.iter().all(|byte| (0x21..=0x7e).contains(byte));
    if !visible || bytes.is_empty() || bytes.len() > MAX_IDEMPOTENCY_KEY {
        let reason = format!("must be 1 to {MAX_IDEMPOTENCY_KEY} visible ASCII characters");
        return Err(Problem::new("Idempotency-Key", reason).into());
    }
    Ok(header.to_str().ok().map(str::to_owned))
}

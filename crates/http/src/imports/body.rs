//! The body of a request that brings a file: raw or as a form, piece by piece.

use super::files::{Target, read_map};
use crate::body::idempotency_key;
use crate::drain_body::content_length;
use crate::error::ApiError;
use crate::state::HttpState;
use axum::body::Bytes;
use axum::extract::Request;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use multer::{Constraints, Field, Multipart, SizeLimit};
use selfsame_application::Replay;
use selfsame_domain::CustomField;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

/// How many bytes have to come within the time that a request may take: a slower client is cut off.
const STEP: usize = 256 << 10;

/// How long a request waits until fewer files are under way.
const WAIT: Duration = Duration::from_secs(10);

/// How long the part `map` of a form may be.
const MAX_MAP: u64 = 64 << 10;

/// Where columns go, by their titles.
type ColumnMap = BTreeMap<String, Option<Target>>;

/// A file on its way in.
pub(super) struct FileBody<'f> {
    source: Source,
    form: Option<String>,
    map: Option<ColumnMap>,
    fields: &'f [CustomField],
    /// The idempotency key, with the digest of the request so far.
    replay: Option<(String, Sha256)>,
    limit: u64,
    read: u64,
    /// Bytes since the last step.
    step: usize,
    step_ends: Instant,
    step_time: Duration,
    slot: OwnedSemaphorePermit,
}

enum Source {
    Raw(BoxStream<'static, Result<Bytes, axum::Error>>),
    Form(Box<Form>),
}

/// A form, and the file in it as soon as its part has begun.
struct Form {
    parts: Multipart<'static>,
    file: Option<Field<'static>>,
}

/// What a request said besides the bytes of its file.
pub(super) struct Sent {
    /// The form that it named.
    pub(super) form: Option<String>,
    /// The part `map` of a form.
    pub(super) map: Option<ColumnMap>,
    /// The idempotency key.
    pub(super) replay: Option<Replay>,
    /// The room that the file has until the request is answered.
    pub(super) slot: OwnedSemaphorePermit,
}

impl<'f> FileBody<'f> {
    /// Begins to read a file of at most `limit` bytes.
    pub(super) async fn of(
        request: Request,
        state: &HttpState,
        fields: &'f [CustomField],
        limit: u64,
    ) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let is_encoded = parts.headers.contains_key(http::header::CONTENT_ENCODING);
        if !is_encoded && content_length(&parts.headers).is_some_and(|length| length > limit) {
            return Err(file_too_large(limit));
        }
        let chunks = body.into_data_stream();
        let (source, form) = match media_type(&parts.headers)?.as_str() {
            "multipart/form-data" => (
                Source::form(&parts.headers, chunks.map_err(std::io::Error::other).boxed())?,
                None,
            ),
            media => (Source::Raw(chunks.boxed()), form(media)?),
        };
        let replay = idempotency_key(&parts.headers)?.map(|key| {
            let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
            let digest = Sha256::new_with_prefix(format!("{}\n{target}\n", parts.method));
            (key, digest)
        });
        let slot = slot(state).await?;
        let step_time = state.settings.request_timeout;
        Ok(Self {
            source,
            form: form.map(str::to_owned),
            map: None,
            fields,
            replay,
            limit,
            read: 0,
            step: 0,
            step_ends: Instant::now() + step_time,
            step_time,
            slot,
        })
    }

    /// The next bytes of the file; none after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        let next = tokio::time::timeout_at(self.step_ends, self.next_piece()).await;
        let Some(bytes) = next.map_err(|_| ApiError::TimedOut)?? else {
            return Ok(None);
        };
        self.read += bytes.len() as u64;
        if self.read > self.limit {
            return Err(file_too_large(self.limit));
        }
        self.step += bytes.len();
        if self.step >= STEP {
            self.step = 0;
            self.step_ends = Instant::now() + self.step_time;
        }
        if let Some((_, digest)) = &mut self.replay {
            digest.update(&bytes);
        }
        Ok(Some(bytes))
    }

    async fn next_piece(&mut self) -> Result<Option<Bytes>, ApiError> {
        loop {
            let (parts, file) = match &mut self.source {
                Source::Raw(chunks) => return chunks.try_next().await.map_err(|_| ApiError::Unreadable),
                Source::Form(form) => (&mut form.parts, &mut form.file),
            };
            if let Some(part) = file {
                if let Some(bytes) = part.chunk().await.map_err(|error| form_error(&error))? {
                    return Ok(Some(bytes));
                }
                *file = None;
            }
            let Some(part) = parts.next_field().await.map_err(|error| form_error(&error))? else {
                return Ok(None);
            };
            match part.name() {
                Some("file") if self.read > 0 => return Err(ApiError::invalid("file", "must be sent once")),
                Some("file") => {
                    let media = part
                        .content_type()
                        .map(|media| media.essence_str().to_ascii_lowercase());
                    self.form = match media {
                        Some(media) => form(&media)?.map(str::to_owned),
                        None => None,
                    };
                    *file = Some(part);
                }
                Some("map") => {
                    let text = part.text().await.map_err(|error| form_error(&error))?;
                    if let Some((_, digest)) = &mut self.replay {
                        digest.update(&text);
                    }
                    let map = read_map(&text, self.fields);
                    self.map = Some(map.map_err(|reason| ApiError::invalid("map", reason))?);
                }
                // Others are not looked at, as unknown parameters are.
                _ => {}
            }
        }
    }

    /// What the request said besides, sent with the API key of this ID.
    pub(super) fn finish(self, key: &str) -> Result<Sent, ApiError> {
        if self.read == 0 {
            return Err(ApiError::invalid("", "must not be empty: send a file"));
        }
        Ok(Sent {
            form: self.form,
            map: self.map,
            replay: self.replay.map(|(sent, digest)| Replay {
                key: format!("{key}:{sent}"),
                digest: digest.finalize().to_vec(),
            }),
            slot: self.slot,
        })
    }
}

/// Room for one more file; [`ApiError::Busy`] when there is none for too long.
pub(super) async fn slot(state: &HttpState) -> Result<OwnedSemaphorePermit, ApiError> {
    let slots = std::sync::Arc::clone(&state.uploads).acquire_owned();
    match tokio::time::timeout(WAIT, slots).await {
        Ok(Ok(slot)) => Ok(slot),
        _ => Err(ApiError::Busy),
    }
}

impl Source {
    fn form(headers: &HeaderMap, chunks: BoxStream<'static, std::io::Result<Bytes>>) -> Result<Self, ApiError> {
        let media = headers.get(CONTENT_TYPE).and_then(|media| media.to_str().ok());
        let boundary = multer::parse_boundary(media.unwrap_or_default());
        let boundary = boundary.map_err(|_| ApiError::invalid("Content-Type", "must name the boundary of the form"))?;
        let limits = SizeLimit::new().for_field("map", MAX_MAP);
        let parts = Multipart::with_constraints(chunks, boundary, Constraints::new().size_limit(limits));
        Ok(Self::Form(Box::new(Form { parts, file: None })))
    }
}

fn form_error(error: &multer::Error) -> ApiError {
    match error {
        multer::Error::FieldSizeExceeded { .. } => {
            ApiError::invalid("map", format!("must be at most {MAX_MAP} bytes long"))
        }
        _ => ApiError::Unreadable,
    }
}

/// Says that a file has more bytes than the limit.
pub(crate) fn file_too_large(limit: u64) -> ApiError {
    ApiError::TooLarge {
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
    }
}

/// The media type without its parameters, in small letters.
fn media_type(headers: &HeaderMap) -> Result<String, ApiError> {
    let Some(media) = headers.get(CONTENT_TYPE) else {
        return Ok(String::new());
    };
    let media = media.to_str().map_err(|_| ApiError::NotATable)?;
    Ok(media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// The form that a media type means; none for one that says nothing.
fn form(media: &str) -> Result<Option<&'static str>, ApiError> {
    Ok(match media {
        "text/csv" | "application/csv" => Some("csv"),
        "text/tab-separated-values" => Some("tsv"),
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" | "application/x-jsonlines" => {
            Some("ndjson")
        }
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => Some("xlsx"),
        // What curl and browsers say of files that they do not know, and of packed ones.
        ""
        | "application/octet-stream"
        | "application/x-www-form-urlencoded"
        | "text/plain"
        | "application/gzip"
        | "application/x-gzip"
        | "application/vnd.ms-excel" => None,
        _ => return Err(ApiError::NotATable),
    })
}

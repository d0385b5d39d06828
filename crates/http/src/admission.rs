//! Admission control: limits the number of concurrent requests that write, and the memory of their bodies.
//!
//! The write lane is bounded, and a request that it cannot accept costs time that accepted ones need. So a request that writes first takes a
//! slot; there are as many slots as places in the lane. The request waits for a slot before its key is looked up and its body is parsed. The
//! wait also slows down clients that retry at once.

use crate::drain_body::content_length;
use crate::error::ApiError;
use crate::state::HttpState;
use crate::trace::Note;
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_ENCODING, EXPECT};
use http::{HeaderMap, HeaderValue, Method};
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::{ServiceExt, service_fn};
use tower_http::decompression::{DecompressionBody, RequestDecompression};

/// How long a request waits for a slot. Waiting costs nothing, while a refused client often retries at once: a longer wait means fewer
/// refusals to answer.
const SLOT_WAIT: Duration = Duration::from_secs(2);

/// How long a body waits for memory.
const MEMORY_WAIT: Duration = Duration::from_secs(10);

/// Greatest size in bytes of a body that is read before a slot is taken, so that a slow client holds no slot. Larger bodies are read after
/// the key was checked.
const SMALL: usize = 16 * 1024;

/// Memory in bytes that a parsed object uses at least: a node of its tree has room for eleven members.
const OBJECT: usize = 704;

/// Memory in bytes that a parsed list uses at least: it has room for four entries.
const LIST: usize = 128;

/// Memory in bytes that a further member or entry uses at most besides its text, while its list grows.
const ENTRY: usize = 128;

/// The unit in which memory is counted, in bytes.
const UNIT: usize = 1024;

/// The error's name for several nested encodings.
const SEVERAL: &str = "of several steps";

/// The supported content encodings of request bodies.
pub(crate) const ENCODINGS: &str = "gzip, br, zstd";

/// The slots and the memory of the requests under way.
#[derive(Debug)]
pub(crate) struct Admission {
    slots: Arc<Semaphore>,
    /// Memory for bodies that are being read.
    reading: Memory,
    /// Memory for bodies up to [`SMALL`] from parsing until the answer.
    small: Memory,
    /// The same for larger ones. Small ones do not wait behind them.
    large: Memory,
    refused: AtomicU64,
    complained: Mutex<Option<Instant>>,
}

impl Admission {
    /// Admits `requests` that write at a time, and `memory` bytes for bodies: a quarter while they are read, and from then on a quarter for small
    /// ones and a half for large ones. The shares are separate, so that half-read bodies never block those that only need to be processed.
    pub(crate) fn new(requests: usize, memory: usize) -> Self {
        Self {
            slots: Arc::new(Semaphore::new(requests.min(Semaphore::MAX_PERMITS))),
            reading: Memory::new(memory / 4),
            small: Memory::new(memory / 4),
            large: Memory::new(memory / 2),
            refused: AtomicU64::new(0),
            complained: Mutex::new(None),
        }
    }

    /// Waits for a slot.
    async fn slot(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let slots = Arc::clone(&self.slots);
        match tokio::time::timeout(SLOT_WAIT, slots.acquire_owned()).await {
            Ok(Ok(slot)) => Ok(slot),
            _ => Err(ApiError::Busy),
        }
    }

    /// Counts a refused request. Logs the count once a second, since a line for each request would cost more than refusing it.
    fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
        let mut complained = self.complained.lock().unwrap_or_else(PoisonError::into_inner);
        if complained.is_none_or(|last| last.elapsed() >= Duration::from_secs(1)) {
            *complained = Some(Instant::now());
            let refused = self.refused.swap(0, Ordering::Relaxed);
            tracing::warn!(refused, "refused requests that write: too many are under way");
        }
    }
}

/// A share of the memory for bodies. Each body takes as many units as it needs.
#[derive(Debug)]
struct Memory {
    units: Arc<Semaphore>,
    all: usize,
}

impl Memory {
    fn new(bytes: usize) -> Self {
        let all = (bytes / UNIT).clamp(1, u32::MAX as usize);
        Self {
            units: Arc::new(Semaphore::new(all)),
            all,
        }
    }

    /// The size of the share, in bytes.
    fn bytes(&self) -> usize {
        self.all.saturating_mul(UNIT)
    }

    /// Extends the memory of a body to `bytes`. A body that needs more than the whole share gets the whole share. Waits at most
    /// [`MEMORY_WAIT`], then fails with [`ApiError::Busy`].
    async fn take(&self, held: &mut Option<OwnedSemaphorePermit>, bytes: usize) -> Result<(), ApiError> {
        let has = held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let lacks = bytes.div_ceil(UNIT).min(self.all).saturating_sub(has);
        let Some(lacks) = u32::try_from(lacks).ok().filter(|lacks| *lacks > 0) else {
            return Ok(());
        };
        let units = Arc::clone(&self.units).acquire_many_owned(lacks);
        let Ok(Ok(taken)) = tokio::time::timeout(MEMORY_WAIT, units).await else {
            return Err(ApiError::Busy);
        };
        match held {
            Some(held) => held.merge(taken),
            None => *held = Some(taken),
        }
        Ok(())
    }
}

/// The memory of one body. Released when it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Held {
    admission: Option<Arc<Admission>>,
    reading: Option<OwnedSemaphorePermit>,
    parsing: Option<OwnedSemaphorePermit>,
}

impl Held {
    /// Memory for the body of this request; none is taken yet.
    pub(crate) fn of(request: &Request) -> Self {
        Self {
            admission: request.extensions().get().cloned(),
            ..Self::default()
        }
    }

    /// Waits until `bytes` of the body may be in memory. A small body does not wait behind large ones: each connection has at most one small
    /// body in memory.
    pub(crate) async fn read(&mut self, bytes: usize) -> Result<(), ApiError> {
        match &self.admission {
            Some(admission) if bytes > SMALL => admission.reading.take(&mut self.reading, bytes).await,
            _ => Ok(()),
        }
    }

    /// Waits until a body that was read may be parsed. Refuses a body that would take more memory than all bodies may.
    pub(crate) async fn parse(&mut self, body: &[u8]) -> Result<(), ApiError> {
        if let Some(admission) = &self.admission {
            let size = parsed_size(body);
            if size > admission.large.bytes() {
                return Err(ApiError::TooManyValues);
            }
            let is_small = body.len() <= SMALL;
            let memory = if is_small { &admission.small } else { &admission.large };
            memory.take(&mut self.parsing, size).await?;
            self.reading = None;
        }
        Ok(())
    }
}

/// An upper bound of the memory of a parsed JSON body, in bytes: its text twice, and the overhead of its values. Brackets, colons and commas
/// within texts count as well.
fn parsed_size(body: &[u8]) -> usize {
    let values = body.iter().map(|byte| match byte {
        b'{' => OBJECT,
        b'[' => LIST,
        b',' => ENTRY,
        _ => 0,
    });
    values.fold(body.len().saturating_mul(2), usize::saturating_add)
}

/// Admits a request, or refuses it cheaply.
pub(crate) async fn admit(state: &HttpState, request: Request, next: Next) -> Response {
    match try_to_admit(state, request).await {
        Ok((request, slot)) => {
            let response = if request.headers().contains_key(CONTENT_ENCODING) {
                decoded(request, next).await
            } else {
                next.run(request).await
            };
            drop(slot);
            response
        }
        Err(error) => error.into_response(),
    }
}

/// Passes the request on with a body that is decoded while it is read, so that the limits count decoded bytes.
async fn decoded(request: Request, next: Next) -> Response {
    let plain = move |request: http::Request<DecompressionBody<Body>>| {
        let next = next.clone();
        async move { Ok::<_, Infallible>(next.run(request.map(Body::new)).await) }
    };
    match RequestDecompression::new(service_fn(plain)).oneshot(request).await {
        Ok(response) => response.into_response(),
        Err(error) => match error {},
    }
}

async fn try_to_admit(
    state: &HttpState,
    mut request: Request,
) -> Result<(Request, Option<OwnedSemaphorePermit>), ApiError> {
    read_encoding(request.headers_mut())?;
    let writes = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    if !writes.contains(request.method()) {
        return Ok((request, None));
    }
    request.extensions_mut().insert(Arc::clone(&state.admission));
    let (request, is_whole) = read_small(request).await?;
    let slot = state.admission.slot().await.inspect_err(|_| {
        if let Some(note) = request.extensions().get::<Note>() {
            note.shed();
        }
        state.admission.refuse();
    })?;
    // A large body holds no slot while it is read, so that other requests can write.
    Ok((request, Some(slot).filter(|_| is_whole)))
}

/// Refuses an unsupported content encoding, and normalises the supported ones to the spelling of the decoding layer.
fn read_encoding(headers: &mut HeaderMap) -> Result<(), ApiError> {
    let mut sent = headers.get_all(CONTENT_ENCODING).iter();
    let Some(encoding) = sent.next() else {
        return Ok(());
    };
    let text = encoding.to_str().unwrap_or_default().trim().to_ascii_lowercase();
    let known = match text.as_str() {
        "gzip" | "x-gzip" => "gzip",
        "br" => "br",
        "zstd" => "zstd",
        "identity" | "" => "identity",
        other => return Err(ApiError::UnsupportedEncoding(encoding_name(other))),
    };
    if sent.next().is_some() {
        return Err(ApiError::UnsupportedEncoding(SEVERAL));
    }
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static(known));
    Ok(())
}

/// The name of an unsupported encoding in an error: one of the registered content codings, since errors do not repeat a client's text.
fn encoding_name(encoding: &str) -> &'static str {
    const REGISTERED: [&str; 9] = [
        "aes128gcm",
        "compress",
        "x-compress",
        "dcb",
        "dcz",
        "deflate",
        "exi",
        "pack200-gzip",
        "zlib",
    ];
    if encoding.contains(',') {
        return SEVERAL;
    }
    let mut registered = REGISTERED.into_iter();
    registered.find(|name| *name == encoding).unwrap_or("that was sent")
}

/// Reads a small body with an announced length. Returns whether the body was read.
async fn read_small(request: Request) -> Result<(Request, bool), ApiError> {
    if request.body().is_end_stream() {
        return Ok((request, true));
    }
    let length = content_length(request.headers()).and_then(|length| usize::try_from(length).ok());
    if length.is_none_or(|length| length > SMALL) || request.headers().contains_key(EXPECT) {
        return Ok((request, false));
    }
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, SMALL).await.map_err(|_| ApiError::Unreadable)?;
    Ok((Request::from_parts(parts, Body::from(bytes)), true))
}

//! Drains the part of a request's body that a handler left unread.
//!
//! Clients send bodies with `GET` and `DELETE`, too (wire fact), and bodies to calls that are refused before they are read. Many of them
//! read no answer before they have sent everything, and an answer may be lost when the connection is closed with unread data
//! (RFC 9112, 9.6). So the rest is read and dropped before the answer is sent, within limits.

use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use axum::extract::Request;
use axum::response::Response;
use futures::{Stream, StreamExt};
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT};
use http::{HeaderMap, HeaderValue, StatusCode};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

/// The greatest number of bytes that are drained.
const MAX_DRAINED: u64 = 32 << 20;

/// The greatest time of draining; the request time-out limits it as well.
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// Sends the answer after the whole body was read. If the body exceeds the limits, the answer closes the connection. So does a 503, because the
/// handler may have waited for the body in vain.
pub(crate) async fn drain_unread_body<F: Future<Output = Response>>(
    request_timeout: Duration,
    request: Request,
    inner: impl FnOnce(Request) -> F,
) -> Response {
    if request.body().is_end_stream() {
        return inner(request).await;
    }
    let is_long = content_length(request.headers()).is_some_and(|length| length > MAX_DRAINED);
    // A client that waits for `100 Continue` gets the answer instead, and sends no body.
    let waits = request.headers().contains_key(EXPECT);
    let slot = BodySlot::default();
    let request = request.map(|body| {
        Body::from_stream(ReturningBody {
            chunks: Some(body.into_data_stream()),
            is_begun: false,
            slot: Arc::clone(&slot),
        })
    });
    let mut response = inner(request).await;
    let rest = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    let is_read = match rest {
        None => true,
        Some((_, is_begun)) if is_long || (waits && !is_begun) => false,
        Some(_) if response.status() == StatusCode::SERVICE_UNAVAILABLE => false,
        Some((rest, _)) => read(rest, DRAIN_TIME.min(request_timeout)).await,
    };
    if !is_read {
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// The announced length of a body.
pub(crate) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Reads the rest of a body, and returns whether the end was reached.
async fn read(mut rest: BodyDataStream, time: Duration) -> bool {
    let mut left = MAX_DRAINED;
    let all = async {
        while let Some(chunk) = rest.next().await {
            let length = chunk.map_or(u64::MAX, |chunk| chunk.len() as u64);
            match left.checked_sub(length) {
                Some(less) => left = less,
                None => return false,
            }
        }
        true
    };
    // A slower client is cut off.
    tokio::time::timeout(time, all).await.unwrap_or(false)
}

/// The place to which a body returns, with whether reading had begun.
type BodySlot = Arc<Mutex<Option<(BodyDataStream, bool)>>>;

/// A body that returns to its place when it is dropped before its end.
struct ReturningBody {
    chunks: Option<BodyDataStream>,
    is_begun: bool,
    slot: BodySlot,
}

impl Stream for ReturningBody {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.is_begun = true;
        let Some(chunks) = &mut self.chunks else {
            return Poll::Ready(None);
        };
        let polled = chunks.poll_next_unpin(context);
        if let Poll::Ready(None | Some(Err(_))) = polled {
            self.chunks = None;
        }
        polled
    }
}

impl Drop for ReturningBody {
    fn drop(&mut self) {
        if let Some(chunks) = self.chunks.take() {
            *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some((chunks, self.is_begun));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::middleware::Next;
    use axum::routing::{get, post};
    use http::StatusCode;
    use std::sync::atomic::{AtomicU64, Ordering};
    use tower::ServiceExt;

    /// How many chunks of a body were read.
    type Count = Arc<AtomicU64>;

    fn body(chunks: u64, size: usize) -> (Body, Count) {
        let count = Count::default();
        let counted = Arc::clone(&count);
        let chunks = futures::stream::iter(0..chunks).map(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok::<_, std::io::Error>(Bytes::from(vec![b' '; size]))
        });
        (Body::from_stream(chunks), count)
    }

    async fn answer(request: http::request::Builder, body: Body) -> Response {
        let refuses = |_: HeaderMap| async { StatusCode::UNAUTHORIZED };
        let begins = |body: Body| async {
            let mut chunks = body.into_data_stream();
            assert!(chunks.next().await.is_some());
            StatusCode::PAYLOAD_TOO_LARGE
        };
        let router = Router::new()
            .route("/", get(async || "here").post(refuses))
            .route("/begins", post(begins))
            .route("/reads", post(async |body: Bytes| body.len().to_string()))
            .route("/late", post(async |_: Body| StatusCode::SERVICE_UNAVAILABLE))
            .layer(axum::middleware::from_fn(|request: Request, next: Next| {
                drain_unread_body(Duration::from_secs(3), request, |request| next.run(request))
            }));
        router.oneshot(request.body(body).unwrap()).await.unwrap()
    }

    fn ends(response: &Response) -> bool {
        response.headers().get(CONNECTION).is_some_and(|value| value == "close")
    }

    #[tokio::test]
    async fn an_unread_body_is_drained_before_the_answer() {
        for (method, path) in [
            ("GET", "/"),
            ("POST", "/"),
            ("POST", "/begins"),
            ("POST", "/reads"),
            ("PUT", "/nowhere"),
        ] {
            let (body, count) = body(3, 1_000);
            let response = answer(http::Request::builder().method(method).uri(path), body).await;
            assert_eq!(count.load(Ordering::Relaxed), 3, "{method} {path}");
            assert!(!ends(&response), "{method} {path}");
        }
    }

    #[tokio::test]
    async fn what_goes_beyond_the_bounds_ends_the_connection() {
        let (unending, count) = body(u64::MAX, 1 << 20);
        assert!(ends(&answer(http::Request::get("/"), unending).await));
        assert_eq!(count.load(Ordering::Relaxed), (MAX_DRAINED >> 20) + 1);
        let (announced, count) = body(1, 1_000);
        let request = http::Request::get("/").header(CONTENT_LENGTH, MAX_DRAINED + 1);
        assert!(ends(&answer(request, announced).await));
        assert_eq!(count.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_go_on_is_cut_off() {
        let begun = tokio::time::Instant::now();
        for request in [http::Request::get("/"), http::Request::post("/late")] {
            let silent = Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>());
            assert!(ends(&answer(request, silent).await));
            assert_eq!(
                begun.elapsed(),
                Duration::from_secs(3),
                "what is late is not waited for again"
            );
        }
    }

    #[tokio::test]
    async fn who_waits_for_leave_is_answered_instead() {
        let (waiting, count) = body(1, 1_000);
        let response = answer(http::Request::post("/").header(EXPECT, "100-continue"), waiting).await;
        assert_eq!((response.status(), ends(&response)), (StatusCode::UNAUTHORIZED, true));
        assert_eq!(count.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_request_without_a_body_is_answered_as_it_is() {
        let response = answer(http::Request::get("/"), Body::empty()).await;
        assert!(!ends(&response));
    }
}

//! Accepting and closing connections.

use crate::letter_case::LetterCase;
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::serve::{Listener, ListenerExt};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// How long a client may take for the head of a request, and be idle before its next one. A slower client is disconnected: idle
/// connections must not use up the file descriptors of the process. Longer than proxies keep idle connections (nginx: 60
/// seconds), so that no request is sent into a connection that is being closed.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(75);

/// How long a client may read nothing of its answer. A slower client is disconnected: unread answers hold memory, and
/// would delay a stop. Shorter than the time-out of a stop.
pub(crate) const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// The time-outs of clients.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    /// For the head of a request: [`HEAD_TIMEOUT`].
    pub(crate) head: Duration,
    /// Without reading anything of an answer: [`WRITE_TIMEOUT`].
    pub(crate) write: Duration,
}

/// The greatest buffer of a connection for an unread request, in bytes. A head has to fit. The library's default is three times as
/// much, which hundreds of connections with large bodies would add to the memory for bodies.
const READ_BUFFER: usize = 128 * 1024;

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            head: HEAD_TIMEOUT,
            write: WRITE_TIMEOUT,
        }
    }
}

/// Serves connections until `stop` is cancelled. Then accepts no new connections, and returns when all requests that arrived are answered. It
/// waits for an incomplete head as long as for a client that reads nothing.
///
/// The framework's own loop does the same, but has no time-outs for slow clients.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: CancellationToken, timeouts: Timeouts) {
    // Answers are small: waiting to fill a packet would only delay them.
    let mut listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
    });
    let mut protocol = http1::Builder::new();
    protocol
        .timer(TokioTimer::new())
        .header_read_timeout(timeouts.head)
        .max_buf_size(READ_BUFFER);
    let total_count = LetterCase::of("TotalCount").await;
    let open = GracefulShutdown::new();
    loop {
        let stream = tokio::select! {
            (stream, _) = listener.accept() => stream,
            () = stop.cancelled() => break,
        };
        let busy = watch::Sender::new(0_usize);
        let unused = unused(busy.subscribe(), stop.clone(), timeouts.write);
        let router = router.clone();
        let total_count = total_count.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let at_work = BusyGuard::begin(&busy);
            let answer = router.clone().oneshot(request.map(Body::new));
            let total_count = total_count.clone();
            async move {
                let answer: Result<Response<Body>, _> = answer.await;
                answer.map(|mut answer| {
                    total_count.write(&mut answer);
                    answer.map(|body| Answer {
                        body,
                        _at_work: at_work,
                    })
                })
            }
        });
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(timeouts.write));
        let connection = open.watch(protocol.serve_connection(TokioIo::new(Box::pin(stream)), service));
        tokio::spawn(async move {
            tokio::select! {
                ended = connection => if let Err(error) = ended {
                    tracing::debug!(%error, "a connection failed");
                },
                () = unused => tracing::debug!("closed a connection without a request"),
            }
        });
    }
    drop(listener);
    open.shutdown().await;
}

/// Ends when the server stops and the connection has had no request for `time`.
async fn unused(mut busy: watch::Receiver<usize>, stop: CancellationToken, time: Duration) {
    stop.cancelled().await;
    loop {
        if busy.wait_for(|requests| *requests == 0).await.is_err() {
            // The connection is gone.
            return;
        }
        if tokio::time::timeout(time, busy.changed()).await.is_err() {
            return;
        }
    }
}

/// Counts a request of a connection as busy until its answer is sent.
struct BusyGuard(watch::Sender<usize>);

impl BusyGuard {
    fn begin(busy: &watch::Sender<usize>) -> Self {
        busy.send_modify(|requests| *requests += 1);
        Self(busy.clone())
    }
}

impl Drop for BusyGuard {
    fn drop(&mut self) {
        self.0.send_modify(|requests| *requests -= 1);
    }
}

/// The body of an answer, which is dropped when it is sent.
struct Answer {
    body: Body,
    _at_work: BusyGuard,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::task::JoinHandle;

    /// A server with one page.
    struct Served {
        address: std::net::SocketAddr,
        stop: CancellationToken,
        serving: JoinHandle<()>,
    }

    impl Served {
        async fn start(page: impl Into<String>, timeouts: Timeouts) -> Self {
            let page = page.into();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let stop = CancellationToken::new();
            let router = Router::new().route("/", axum::routing::get(async || page));
            let serving = tokio::spawn(serve(listener, router, stop.clone(), timeouts));
            Self { address, stop, serving }
        }

        /// Returns when it has stopped.
        async fn stop(self) {
            self.stop.cancel();
            self.serving.await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_header_has_the_letters_that_clients_look_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let page = async || ([("totalcount", "7"), ("x-request-id", "r")], "here");
        let router = Router::new().route("/", axum::routing::get(page));
        let serving = tokio::spawn(serve(listener, router, stop.clone(), Timeouts::default()));
        let mut client = TcpStream::connect(address).await.unwrap();
        let request_bytes = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        client.write_all(request_bytes).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.contains("\r\nTotalCount: 7\r\n") && answer.contains("\r\nx-request-id: r\r\n"),
            "{answer}"
        );
        stop.cancel();
        serving.await.unwrap();
    }

    #[tokio::test]
    async fn who_does_not_finish_a_head_is_disconnected() {
        let timeouts = Timeouts {
            head: Duration::from_millis(100),
            ..Timeouts::default()
        };
        let server = Served::start("here", timeouts).await;
        for begun in ["", "GET / HTTP/1.1\r\nHost: x\r\n"] {
            let mut client = TcpStream::connect(server.address).await.unwrap();
            client.write_all(begun.as_bytes()).await.unwrap();
            let mut answer = String::new();
            // Ends when the server closes the connection.
            client.read_to_string(&mut answer).await.unwrap();
            assert!(!answer.contains("here"), "{answer}");
        }
        let mut client = TcpStream::connect(server.address).await.unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("here"),
            "{answer}"
        );
        server.stop().await;
    }

    /// A stop waits for requests, not for incomplete heads.
    #[tokio::test]
    async fn half_a_head_does_not_hold_up_a_stop() {
        let timeouts = Timeouts {
            head: Duration::from_hours(1),
            write: Duration::from_millis(100),
        };
        let server = Served::start("here", timeouts).await;
        let mut silent = TcpStream::connect(server.address).await.unwrap();
        silent.write_all(b"GET / HTTP/1.1\r\nHos").await.unwrap();
        // When a later connection is answered, the server has accepted the former.
        let mut client = TcpStream::connect(server.address).await.unwrap();
        client
            .write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .await
            .unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("here"), "{answer}");
        server.stop().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_used_until_its_last_answer_is_sent() {
        let (stop, busy) = (CancellationToken::new(), watch::Sender::new(0));
        let time = Duration::from_secs(10);
        let mut unused = tokio::spawn(unused(busy.subscribe(), stop.clone(), time));
        let mut ends_within = async |time| tokio::time::timeout(time, &mut unused).await.is_ok();
        assert!(!ends_within(time * 100).await, "no connection stops");
        let first = BusyGuard::begin(&busy);
        let second = BusyGuard::begin(&busy);
        stop.cancel();
        drop(first);
        assert!(!ends_within(time * 100).await, "one is under way");
        drop(second);
        assert!(!ends_within(time / 2).await, "what is written may not be read yet");
        let another = BusyGuard::begin(&busy);
        assert!(!ends_within(time * 100).await, "its head came");
        drop(another);
        assert!(ends_within(time * 2).await);
    }

    /// A stop waits for answers under way. A client that reads nothing must not delay it.
    #[tokio::test]
    async fn who_reads_nothing_is_disconnected() {
        let timeouts = Timeouts {
            write: Duration::from_millis(100),
            ..Timeouts::default()
        };
        // More than the buffers of both ends can hold.
        let server = Served::start("x".repeat(1 << 26), timeouts).await;
        let mut client = TcpStream::connect(server.address).await.unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        // The answer has begun.
        client.readable().await.unwrap();
        server.stop().await;
    }

    /// As the description of the API says: the answer is the protocol's own, before any route.
    #[tokio::test]
    async fn an_address_that_is_too_long_is_refused_without_a_body() {
        let server = Served::start("here", Timeouts::default()).await;
        for (length, status) in [(65_534, "200 OK"), (65_535, "414 URI Too Long")] {
            let mut client = TcpStream::connect(server.address).await.unwrap();
            let path = format!("/?{}", "x".repeat(length - 2));
            let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            client.write_all(head.as_bytes()).await.unwrap();
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
            assert_eq!(answer.ends_with("\r\n\r\n"), status.starts_with("414"), "{answer}");
        }
        server.stop().await;
    }
}

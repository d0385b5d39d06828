//! Taking connections, and letting go of them.

use axum::Router;
use axum::serve::{Listener, ListenerExt};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;

/// How long a client may take for the head of a request, and rest before its next one. Whoever takes longer is disconnected: open
/// connections that say nothing must not use up what the process may open. Longer than proxies keep connections that rest (nginx: 60
/// seconds), so that no request is sent into one that is being closed.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(75);

/// How long a client may leave an answer lying that it does not read. Whoever takes longer is disconnected: unread answers hold memory, and
/// would hold up a stop. Shorter than what a stop waits.
pub(crate) const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long clients may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    /// For the head of a request: [`HEAD_TIMEOUT`].
    pub(crate) head: Duration,
    /// Without reading anything of an answer: [`WRITE_TIMEOUT`].
    pub(crate) write: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            head: HEAD_TIMEOUT,
            write: WRITE_TIMEOUT,
        }
    }
}

/// Serves connections until it is told to stop, then takes no new ones and returns when all requests that were begun are answered.
///
/// The framework's own loop does the same, but for the limits on clients that dawdle, which it cannot set.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: CancellationToken, timeouts: Timeouts) {
    // Answers are small: waiting to fill a packet would only delay them.
    let mut listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
    });
    let mut protocol = http1::Builder::new();
    protocol.timer(TokioTimer::new()).header_read_timeout(timeouts.head);
    let open = GracefulShutdown::new();
    loop {
        let stream = tokio::select! {
            (stream, _) = listener.accept() => stream,
            () = stop.cancelled() => break,
        };
        let service = TowerToHyperService::new(router.clone());
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(timeouts.write));
        let connection = open.watch(protocol.serve_connection(TokioIo::new(Box::pin(stream)), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection failed");
            }
        });
    }
    drop(listener);
    open.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    #[tokio::test]
    async fn who_does_not_finish_a_head_is_disconnected() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let router = Router::new().route("/", axum::routing::get(async || "here"));
        let timeouts = Timeouts {
            head: Duration::from_millis(100),
            ..Timeouts::default()
        };
        let serving = tokio::spawn(serve(listener, router, stop.clone(), timeouts));
        for begun in ["", "GET / HTTP/1.1\r\nHost: x\r\n"] {
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(begun.as_bytes()).await.unwrap();
            let mut answer = String::new();
            // Ends when the server closes the connection.
            client.read_to_string(&mut answer).await.unwrap();
            assert!(!answer.contains("here"), "{answer}");
        }
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("here"),
            "{answer}"
        );
        stop.cancel();
        serving.await.unwrap();
    }

    /// A stop waits for answers under way. Nobody may hold it up by reading none.
    #[tokio::test]
    async fn who_reads_nothing_is_disconnected() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        // More than the buffers of both ends hold.
        let router = Router::new().route("/", axum::routing::get(async || "x".repeat(1 << 26)));
        let timeouts = Timeouts {
            write: Duration::from_millis(100),
            ..Timeouts::default()
        };
        let serving = tokio::spawn(serve(listener, router, stop.clone(), timeouts));
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        // It is being answered.
        client.readable().await.unwrap();
        stop.cancel();
        serving.await.unwrap();
    }

    /// As the description of the API says: the answer is the protocol's own, before any route.
    #[tokio::test]
    async fn an_address_that_is_too_long_is_refused_without_a_body() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let router = Router::new().route("/", axum::routing::get(async || "here"));
        let serving = tokio::spawn(serve(listener, router, stop.clone(), Timeouts::default()));
        for (length, status) in [(65_534, "200 OK"), (65_535, "414 URI Too Long")] {
            let mut client = TcpStream::connect(address).await.unwrap();
            let path = format!("/?{}", "x".repeat(length - 2));
            let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            client.write_all(head.as_bytes()).await.unwrap();
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
            assert_eq!(answer.ends_with("\r\n\r\n"), status.starts_with("414"), "{answer}");
        }
        stop.cancel();
        serving.await.unwrap();
    }
}

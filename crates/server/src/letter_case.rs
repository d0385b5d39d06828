//! The letter case of a header on the wire.
//!
//! HTTP/1 compares names of headers without case (RFC 9110, 5.1), and hyper writes them in lower case. Some clients look for
//! `TotalCount` in exactly this case (wire fact). hyper writes a header in another case only if it has read the header in that case. So the
//! server lets hyper read a request with the header at its start, and attaches hyper's record of it to every answer with the header.

use hyper::body::Incoming;
use hyper::http::{Extensions, HeaderName};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::AsyncWriteExt;

/// Room for the request and its answer.
const BUFFER: usize = 1024;

/// A header with its letter case.
#[derive(Debug, Clone, Default)]
pub(crate) struct LetterCase {
    name: Option<HeaderName>,
    read: Extensions,
}

impl LetterCase {
    /// Lets hyper record the letter case of a header. If that fails, the header is written in lower case, as HTTP allows.
    pub(crate) async fn of(header: &str) -> Self {
        let (mut client, server) = tokio::io::duplex(BUFFER);
        let request = format!("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}: 0\r\n\r\n");
        let read = Arc::new(Mutex::new(Extensions::new()));
        let seen = Arc::clone(&read);
        let service = service_fn(move |request: Request<Incoming>| {
            seen.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(request.extensions().clone());
            async { Ok::<_, Infallible>(Response::new(String::new())) }
        });
        let mut protocol = http1::Builder::new();
        protocol.preserve_header_case(true);
        let answering = async {
            client
                .write_all(request.as_bytes())
                .await
                .map_err(|error| error.to_string())?;
            let connection = protocol.serve_connection(TokioIo::new(server), service);
            connection.await.map_err(|error| error.to_string())
        };
        if let Err(error) = answering.await {
            tracing::debug!(error, header, "the letters of a header are not known");
        }
        let read = read.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self {
            name: header.parse().ok(),
            read,
        }
    }

    /// Gives an answer with the header its letter case.
    pub(crate) fn write<B>(&self, response: &mut Response<B>) {
        if self
            .name
            .as_ref()
            .is_some_and(|name| response.headers().contains_key(name))
        {
            response.extensions_mut().extend(self.read.clone());
        }
    }
}

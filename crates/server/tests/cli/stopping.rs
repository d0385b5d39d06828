//! A stop loses no accepted request, and takes a bounded time.

use crate::support::{Place, Server, contact, eventually, secret_in};
use std::io::{Read, Write};
use std::net::TcpStream;

const KEY: &str = "the-first-key-of-this-workspace";

fn serve(place: &Place, arguments: &[&str]) -> Server {
    place
        .spawn(arguments, &[("SELFSAME_BOOTSTRAP_API_KEY", KEY)])
        .listening()
}

/// A request with a received head and an incomplete body.
struct HalfRequest {
    connection: TcpStream,
    body: String,
}

impl HalfRequest {
    fn send(server: &Server, external_id: &str) -> Self {
        let body = contact(external_id).to_string();
        let mut connection = TcpStream::connect(server.address()).unwrap();
        let head = format!(
            "POST /api/v1/contact HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
            server.address(),
            body.len()
        );
        connection.write_all(head.as_bytes()).unwrap();
        // The server sends `100 Continue` when it begins to read the body: from here on the request is accepted.
        let mut go_on = [0; 25];
        connection.read_exact(&mut go_on).unwrap();
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        Self { connection, body }
    }

    /// Sends the rest, and returns the answer up to the end of the connection.
    fn finish(mut self) -> String {
        self.connection.write_all(self.body.as_bytes()).unwrap();
        let mut answer = String::new();
        self.connection.read_to_string(&mut answer).unwrap();
        answer
    }
}

#[tokio::test]
async fn a_request_that_was_accepted_is_answered_and_durable() {
    for signal in ["TERM", "INT"] {
        let place = Place::new();
        let server = serve(&place, &[]);
        let half = HalfRequest::send(&server, "accepted");
        server.signal(signal);
        let address = server.address().to_owned();
        eventually("new connections are refused", || TcpStream::connect(&address).is_err());
        let answer = half.finish();
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        let ended = server.wait();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let server = place.serve(&[]);
        assert_eq!(server.count(KEY, "accepted").await, 1);
    }
}

#[tokio::test]
async fn a_server_that_stops_says_so_and_goes_on_for_a_while() {
    let place = Place::new();
    let server = serve(&place, &["--drain-delay", "1h"]);
    assert_eq!(server.get(KEY, "/readyz").await.status(), 200);
    server.signal("TERM");
    eventually("it is not ready", || {
        let mut connection = TcpStream::connect(server.address()).unwrap();
        connection
            .write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer.starts_with("HTTP/1.1 503 ")
    });
    assert_eq!(server.get(KEY, "/healthz").await.status(), 200);
    assert_eq!(server.create_contact(KEY, "late").await, 200);
    server.signal("TERM");
    let ended = server.wait();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let server = place.serve(&[]);
    assert_eq!(server.count(KEY, "late").await, 1);
}

#[test]
fn a_stop_that_takes_too_long_is_ended_and_says_so() {
    let place = Place::new();
    let server = serve(&place, &["--drain-timeout", "100ms", "--log-level", "error"]);
    let half = HalfRequest::send(&server, "1");
    server.signal("TERM");
    let ended = server.wait();
    assert_eq!(ended.code, Some(1));
    assert_eq!(
        ended.stderr,
        "error: stopped before all requests were answered: they took longer than 100ms\n"
    );
    drop(half);
}

#[test]
fn a_second_signal_ends_the_wait() {
    let place = Place::new();
    let server = serve(&place, &["--drain-timeout", "1h", "--log-level", "error"]);
    let half = HalfRequest::send(&server, "1");
    server.signal("INT");
    let address = server.address().to_owned();
    eventually("new connections are refused", || TcpStream::connect(&address).is_err());
    server.signal("INT");
    let ended = server.wait();
    assert_eq!(ended.code, Some(1));
    assert_eq!(
        ended.stderr,
        "error: stopped before all requests were answered: SIGINT came again\n"
    );
    drop(half);
}

#[test]
fn clients_that_ask_nothing_do_not_hold_up_a_stop() {
    let place = Place::new();
    let server = serve(&place, &["--drain-timeout", "50s"]);
    let silent = TcpStream::connect(server.address()).unwrap();
    let mut kept = TcpStream::connect(server.address()).unwrap();
    kept.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut first = [0; 15];
    kept.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    // A server that waits for them would exit with 1 after the time-out.
    let ended = server.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    drop((silent, kept));
}

#[tokio::test]
async fn a_server_with_a_blocked_log_continues() {
    let place = Place::new();
    let bootstrap = [("SELFSAME_BOOTSTRAP_API_KEY", KEY)];
    let server = place.spawn_unread(&["--log-level", "trace"], &bootstrap).listening();
    for id in ["1", "2"] {
        assert_eq!(server.create_contact(KEY, id).await, 200);
    }
    assert_eq!(server.stop().code, Some(0));
}

#[tokio::test]
async fn nothing_that_was_acknowledged_is_lost_by_a_kill() {
    let place = Place::new();
    let server = serve(&place, &[]);
    for id in 0..20 {
        assert_eq!(server.create_contact(KEY, &format!("k{id}")).await, 200);
    }
    server.signal("KILL");
    assert_eq!(server.wait().code, None);
    let server = place.serve(&[]);
    for id in 0..20 {
        assert_eq!(server.count(KEY, &format!("k{id}")).await, 1);
    }
    assert_eq!(secret_in(&server.stop().stdout), None);
}

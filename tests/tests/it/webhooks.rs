//! Webhooks with a real endpoint: signed, in order per contact, tried again after a failure, and continued by a server after another one was killed.

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use selfsame_tests::{Client, Database, Selfsame};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

macro_rules! on_both {
    ($($name:ident)*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() -> anyhow::Result<()> {
                super::$name(super::Database::Sqlite).await
            })*
        }

        mod postgres {
            $(#[tokio::test]
            async fn $name() -> anyhow::Result<()> {
                super::$name(super::Database::Postgres).await
            })*
        }
    };
}

on_both! {
    messages_are_signed_in_order_and_tried_again
    a_server_that_is_killed_is_continued
}

/// A message that waits for the test's answer.
struct Arrived {
    headers: HeaderMap,
    body: Bytes,
    answer: oneshot::Sender<StatusCode>,
}

impl Arrived {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    fn json(&self) -> Result<Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// The kind of the change and the contact.
    fn change(&self) -> Result<(String, i64)> {
        let data = self.json()?["data"].clone();
        let kind = data["kind"].as_str().context("no kind")?.to_owned();
        Ok((kind, data["contactId"].as_i64().context("no contact")?))
    }

    /// Fails unless the signature is that of the secret.
    fn verify(&self) -> Result<()> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&BASE64.decode(SECRET.as_bytes())?)?;
        mac.update(format!("{}.{}.", self.header("webhook-id"), self.header("webhook-timestamp")).as_bytes());
        mac.update(&self.body);
        let expected = format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()));
        ensure!(self.header("webhook-signature") == expected, "another signature");
        Ok(())
    }

    fn answer(self, status: StatusCode) {
        // The server may have been killed meanwhile.
        let _ = self.answer.send(status);
    }
}

/// An endpoint whose answers the test gives. It ends when it is dropped.
struct Endpoint {
    url: String,
    arrived: UnboundedReceiver<Arrived>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Endpoint {
    async fn open() -> Result<Self> {
        let (sender, arrived) = unbounded_channel();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}/in", listener.local_addr()?);
        let router = Router::new().fallback(receive).with_state(sender);
        Ok(Self {
            url,
            arrived,
            server: tokio::spawn(async move { axum::serve(listener, router).await }),
        })
    }

    async fn next(&mut self) -> Result<Arrived> {
        self.arrived.recv().await.context("the endpoint is gone")
    }
}

async fn receive(State(sender): State<UnboundedSender<Arrived>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let (answer, answered) = oneshot::channel();
    let arrived = Arrived { headers, body, answer };
    if sender.send(arrived).is_err() {
        return StatusCode::GONE;
    }
    answered.await.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

async fn webhook(client: &Client, endpoint: &Endpoint) -> Result<String> {
    let body = json!({"url": endpoint.url, "kinds": null, "secret": format!("whsec_{SECRET}")});
    let made = client.post("webhooks", body).await?;
    ensure!(made.status == 201, "{}", made.text);
    Ok(made.json()["webhook"]["id"].as_str().context("no id")?.to_owned())
}

async fn contact(client: &Client, external_id: &str, name: &str) -> Result<i64> {
    let body = json!({"externalCustomerId": external_id, "firstName": name});
    client.post("contact", body).await?.id()
}

async fn messages_are_signed_in_order_and_tried_again(on: Database) -> Result<()> {
    let server = Selfsame::start(on).await?;
    let client = server.client();
    let mut endpoint = Endpoint::open().await?;
    let id = webhook(&client, &endpoint).await?;
    let ann = contact(&client, "C-1", "Ann").await?;
    let first = endpoint.next().await?;
    first.verify()?;
    ensure!(first.change()? == ("created".to_owned(), ann), "{:?}", first.change()?);
    let message = first.header("webhook-id").to_owned();
    // While the first message waits for its answer, more changes come.
    contact(&client, "C-1", "Anna").await?;
    let bob = contact(&client, "C-2", "Bob").await?;
    first.answer(StatusCode::INTERNAL_SERVER_ERROR);

    let mut seen = Vec::new();
    while seen.len() < 3 {
        let arrived = endpoint.next().await?;
        arrived.verify()?;
        seen.push((arrived.change()?, arrived.header("webhook-id").to_owned()));
        arrived.answer(StatusCode::NO_CONTENT);
    }
    let of = |contact: i64| -> Vec<&str> {
        let own = seen.iter().filter(|((_, of), _)| *of == contact);
        own.map(|((kind, _), _)| kind.as_str()).collect()
    };
    assert_eq!((of(ann), of(bob)), (vec!["created", "updated"], vec!["created"]));
    assert!(
        seen.iter().any(|(change, id)| change.0 == "created" && *id == message),
        "the same ID again"
    );

    // A test is answered with what the endpoint says.
    let path = format!("webhooks/{id}/test");
    let (tested, arrived) = tokio::join!(client.post(&path, json!({})), async {
        let arrived = endpoint.next().await?;
        arrived.verify()?;
        let kind = arrived.json()?["type"].clone();
        arrived.answer(StatusCode::IM_A_TEAPOT);
        anyhow::Ok(kind)
    });
    assert_eq!(arrived?, "test");
    assert_eq!(tested?.json(), json!({"ok": false, "status": 418, "detail": ""}));
    Ok(())
}

async fn a_server_that_is_killed_is_continued(on: Database) -> Result<()> {
    let mut server = Selfsame::start(on).await?;
    let client = server.client();
    let mut endpoint = Endpoint::open().await?;
    webhook(&client, &endpoint).await?;
    let ann = contact(&client, "C-1", "Ann").await?;
    let first = endpoint.next().await?;
    contact(&client, "C-1", "Anna").await?;
    server.crash_and_restart()?;
    let client = server.client();
    contact(&client, "C-1", "Hannah").await?;

    // The message without an answer comes again, and the others follow.
    let mut seen = Vec::new();
    while seen.len() < 3 {
        let arrived = endpoint.next().await?;
        arrived.verify()?;
        seen.push((arrived.change()?, arrived.header("webhook-id").to_owned()));
        arrived.answer(StatusCode::OK);
    }
    assert_eq!(
        seen[0],
        (("created".to_owned(), ann), first.header("webhook-id").to_owned())
    );
    assert_eq!(seen[1].0, ("updated".to_owned(), ann));
    assert_eq!(seen[2].0, ("updated".to_owned(), ann));
    assert_ne!(seen[1].1, seen[2].1);
    Ok(())
}

//! The web tracking script in a real browser, in a shop, with a server that records its requests.

use anyhow::{Context, Result};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, serve};
use selfsame_tests::{Browser, Client, Database, Selfsame, Shop};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const SCRIPT: &str = include_str!("../../../crates/http/script/dist/selfsame.js");

/// One request of the script.
#[derive(Debug)]
struct Sent {
    body: Value,
    /// `cors` for a request whose answer the page reads, `no-cors` for a beacon.
    mode: String,
}

impl Sent {
    fn names(&self) -> Vec<&str> {
        let events = self.body["events"].as_array().into_iter().flatten();
        events.filter_map(|event| event["name"].as_str()).collect()
    }

    fn event(&self, index: usize) -> &Value {
        &self.body["events"][index]
    }
}

#[derive(Debug, Clone)]
struct Receiver {
    sent: UnboundedSender<Sent>,
    /// How many requests are still to be answered with 503.
    troubles: Arc<AtomicUsize>,
}

/// A shop, a visitor's browser, and the requests that arrive.
struct Scene {
    browser: Browser,
    shop: Shop,
    arrived: UnboundedReceiver<Sent>,
    troubles: Arc<AtomicUsize>,
    /// The IDs of events that have been returned.
    known: HashSet<String>,
}

impl Scene {
    async fn start() -> Result<Self> {
        Self::with(None).await
    }

    /// A shop that sends its customers to `selfsame`.
    async fn with(selfsame: Option<Client>) -> Result<Self> {
        let (sent, arrived) = unbounded_channel();
        let troubles = Arc::default();
        let router = Router::new()
            .route("/t/selfsame.js", get(script))
            .route("/t/events", post(events))
            .with_state(Receiver {
                sent,
                troubles: Arc::clone(&troubles),
            });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let tracker = format!("http://{}", listener.local_addr()?);
        tokio::spawn(async move { serve(listener, router).await });
        Ok(Self {
            browser: Browser::start().await?,
            shop: Shop::open(&tracker, "pk_shop", selfsame).await?,
            arrived,
            troubles,
            known: HashSet::new(),
        })
    }

    /// The next request, as it was sent.
    async fn next_sent(&mut self) -> Result<Sent> {
        self.arrived.recv().await.context("the receiver is gone")
    }

    /// The next request with a new event. A page that is left before it reads the answer leaves its events to
    /// the next page, which sends them again: a server recognises them by their IDs.
    async fn next(&mut self) -> Result<Sent> {
        loop {
            let mut sent = self.next_sent().await?;
            let events = sent.body["events"].as_array_mut().context("no events")?;
            events.retain(|event| self.known.insert(event["id"].to_string()));
            if !events.is_empty() || sent.body["token"].is_string() {
                return Ok(sent);
            }
        }
    }

    async fn open(&self, path: &str) -> Result<()> {
        self.browser.open(&self.shop.page(path)).await
    }
}

async fn script() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript")], SCRIPT).into_response()
}

async fn events(State(receiver): State<Receiver>, headers: HeaderMap, body: String) -> Response {
    let mode = headers
        .get("sec-fetch-mode")
        .and_then(|mode| mode.to_str().ok())
        .unwrap_or_default();
    let text_plain = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    let Ok(body) = serde_json::from_str(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if !text_plain {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let trouble = receiver
        .troubles
        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
        .is_ok();
    let mode = mode.to_owned();
    if receiver.sent.send(Sent { body, mode }).is_err() || trouble {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let answer = json!({ "stored": 1, "refused": [] }).to_string();
    ([(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")], answer).into_response()
}

#[tokio::test]
async fn page_views_arrive_those_shown_without_loading_too() -> Result<()> {
    let mut scene = Scene::start().await?;
    scene.open("/").await?;
    let first = scene.next().await?;
    assert_eq!((first.names(), first.mode.as_str()), (vec!["PageView"], "cors"));
    assert_eq!(first.body["site"], "pk_shop");
    assert_eq!(first.body["sc"], scene.browser.visitor().await?);
    let view = json!({ "url": scene.shop.page("/"), "title": "Shop", "referrer": "" });
    assert_eq!(first.event(0)["payload"], view);

    scene.browser.click("#product").await?;
    let second = scene.next().await?;
    let view = json!({ "url": scene.shop.page("/product"), "title": "Product", "referrer": scene.shop.page("/") });
    assert_eq!(second.event(0)["payload"], view);
    assert_eq!(second.body["sc"], first.body["sc"]);

    scene.browser.click("#next").await?;
    let third = scene.next().await?;
    let view = json!({
        "url": scene.shop.page("/product/2"), "title": "Product 2", "referrer": scene.shop.page("/product"),
    });
    assert_eq!(third.event(0)["payload"], view);
    Ok(())
}

#[tokio::test]
async fn what_a_server_in_trouble_did_not_take_comes_again() -> Result<()> {
    let mut scene = Scene::start().await?;
    scene.troubles.store(2, Ordering::SeqCst);
    scene.open("/").await?;
    let (first, again) = (scene.next_sent().await?, scene.next_sent().await?);
    assert_eq!(first.event(0), again.event(0));
    // The next page does not wait for the end of the pause, and sends the events of the former page.
    scene.open("/cart").await?;
    let both = scene.next_sent().await?;
    assert_eq!((both.event(0), both.names().len()), (first.event(0), 2));
    Ok(())
}

#[tokio::test]
async fn without_consent_nothing_is_kept_or_sent() -> Result<()> {
    let mut scene = Scene::start().await?;
    scene.open("/").await?;
    let visitor = scene.next().await?.body["sc"].clone();
    scene
        .browser
        .run("selfsame('consent', false); selfsame('track', 'Hidden')")
        .await?;
    scene.open("/cart").await?;
    assert_eq!(scene.browser.run("return document.cookie").await?, json!(""));
    let kept = scene.browser.run("return JSON.stringify(localStorage)").await?;
    assert_eq!(kept, json!(r#"{"selfsame:consent":"0"}"#));
    scene
        .browser
        .run("selfsame('consent', true); selfsame('track', 'Seen')")
        .await?;
    let next = scene.next().await?;
    assert_eq!(next.names(), ["PageView", "Seen"]);
    assert_eq!(next.event(0)["payload"]["url"], json!(scene.shop.page("/cart")));
    assert_ne!(next.body["sc"], visitor);
    Ok(())
}

#[tokio::test]
async fn a_page_that_is_left_sends_by_beacon() -> Result<()> {
    let mut scene = Scene::start().await?;
    scene.open("/").await?;
    scene.next().await?;
    scene
        .browser
        // At the last moment, when no timer can send it any more.
        .run(
            "addEventListener('pagehide', () => selfsame('track', 'Last'), { capture: true });
            location.href = '/cart'",
        )
        .await?;
    let last = scene.next().await?;
    assert_eq!((last.names(), last.mode.as_str()), (vec!["Last"], "no-cors"));
    Ok(())
}

#[tokio::test]
async fn what_a_beacon_carried_in_vain_comes_with_the_next_page() -> Result<()> {
    let mut scene = Scene::start().await?;
    scene.open("/").await?;
    scene.next().await?;
    scene.troubles.store(1, Ordering::SeqCst);
    scene
        .browser
        .run(
            "addEventListener('pagehide', () => selfsame('track', 'AddToCart', {sku: 1}), { capture: true });
            location.href = '/cart'",
        )
        .await?;
    let (lost, again) = (scene.next_sent().await?, scene.next_sent().await?);
    assert_eq!((lost.names(), lost.mode.as_str()), (vec!["AddToCart"], "no-cors"));
    // A page that was left before it read its first answer leaves that event in the queue, too.
    let events = again.body["events"].as_array().context("no events")?;
    assert_eq!(
        events.iter().find(|event| event["name"] == "AddToCart"),
        Some(lost.event(0))
    );
    assert_eq!((again.mode.as_str(), &again.body["sc"]), ("cors", &lost.body["sc"]));
    Ok(())
}

#[tokio::test]
async fn after_a_reset_there_is_a_new_visitor() -> Result<()> {
    let mut scene = Scene::start().await?;
    scene.open("/").await?;
    let before = scene.next().await?.body["sc"].clone();
    let script =
        "selfsame('identify', {token: 'v1.t'}); selfsame('reset'); eS('sendEvent', 'MainPage'); return selfsame('id')";
    let after = scene.browser.run(script).await?;
    let (identity, event) = (scene.next().await?, scene.next().await?);
    assert_eq!(
        (&identity.body["sc"], &identity.body["token"]),
        (&before, &json!("v1.t"))
    );
    assert_eq!((&event.body["sc"], event.names()), (&after, vec!["MainPage"]));
    assert_ne!(before, after);
    Ok(())
}

#[tokio::test]
async fn people_who_share_a_browser_stay_apart() -> Result<()> {
    let server = Selfsame::start(Database::Sqlite).await?;
    let mut scene = Scene::with(Some(server.client())).await?;
    scene.open("/").await?;
    let first = scene.next().await?.body["sc"].clone();
    let browser = &scene.browser;
    browser.fill("#register input", "ann@example.com").await?;
    browser.follow("#register button").await?;
    assert_eq!(browser.text("#who").await?, "customer-1");
    assert_eq!(json!(browser.visitor().await?), first);
    browser.follow("#logout button").await?;
    assert_eq!(browser.text("#who").await?, "nobody");
    let second = browser.visitor().await?;
    assert_ne!(json!(second), first);
    browser.fill("#register input", "bob@example.com").await?;
    browser.follow("#register button").await?;
    assert_eq!(browser.text("#who").await?, "customer-2");
    browser.follow("#logout button").await?;
    browser.fill("#login input", "ann@example.com").await?;
    browser.follow("#login button").await?;
    assert_eq!(browser.text("#who").await?, "customer-1");

    let client = server.client();
    let (of_ann, of_bob) = (first.as_str().unwrap_or_default(), second.as_str());
    let mut owners = Vec::new();
    for visitor in [of_ann, of_bob, &scene.browser.visitor().await?] {
        let known = client.get(&format!("visitors/{visitor}")).await?;
        owners.push(known.json()["visitors"][0]["contactId"].clone());
    }
    assert!(owners.iter().all(Value::is_i64), "{owners:?}");
    assert_eq!(owners[0], owners[2]);
    assert_ne!(owners[0], owners[1]);
    Ok(())
}

#[tokio::test]
async fn the_browser_ends_with_the_test() -> Result<()> {
    let browser = Browser::start().await?;
    let (port, profile) = (browser.port(), browser.profile().to_owned());
    drop(browser);
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
    assert!(!profile.exists());
    Ok(())
}

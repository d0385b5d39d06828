//! A small shop with the web tracking script on its pages, and a back end that stores customers and sends them to Selfsame.

use crate::client::Client;
use anyhow::Result;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header::SET_COOKIE};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, serve};
use axum_extra::headers::{Cookie, HeaderMapExt};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A running shop: `/`, `/product` and `/cart`, each with forms to register, log in and log out (`#register`, `#login`,
/// `#logout`) and a button `#next` that shows `/product/2` without loading a page. `#who` names the customer.
#[derive(Debug)]
pub struct Shop {
    base: String,
    server: JoinHandle<std::io::Result<()>>,
}

#[derive(Debug, Clone)]
struct BackEnd {
    /// The base URL of the script.
    tracker: Arc<str>,
    site: Arc<str>,
    selfsame: Option<Client>,
    /// The shop's own IDs by email.
    customers: Arc<Mutex<BTreeMap<String, String>>>,
}

#[derive(Debug, Deserialize)]
struct Person {
    email: String,
}

impl Shop {
    /// Opens the shop on a free port of this machine. The script is loaded from `tracker` (such as `http://127.0.0.1:8080`), and
    /// uses the site key `site`. `selfsame` gets the customers; without it, customers cannot register.
    pub async fn open(tracker: &str, site: &str, selfsame: Option<Client>) -> Result<Self> {
        let back_end = BackEnd {
            tracker: tracker.into(),
            site: site.into(),
            selfsame,
            customers: Arc::default(),
        };
        let router = Router::new()
            .route("/", get(home))
            .route("/product", get(product))
            .route("/product/2", get(product))
            .route("/cart", get(cart))
            .route("/register", post(register))
            .route("/login", post(log_in))
            .route("/logout", post(log_out))
            .with_state(back_end);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        Ok(Self {
            base: format!("http://{}", listener.local_addr()?),
            server: tokio::spawn(async move { serve(listener, router).await }),
        })
    }

    /// The URL of one of its pages, such as `/cart`.
    pub fn page(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn home(State(shop): State<BackEnd>, headers: HeaderMap) -> Html<String> {
    shop.page("Shop", &headers)
}

async fn product(State(shop): State<BackEnd>, headers: HeaderMap) -> Html<String> {
    shop.page("Product", &headers)
}

async fn cart(State(shop): State<BackEnd>, headers: HeaderMap) -> Html<String> {
    shop.page("Cart", &headers)
}

async fn register(State(shop): State<BackEnd>, headers: HeaderMap, Form(person): Form<Person>) -> Response {
    let id = {
        let mut customers = shop.customers.lock().unwrap_or_else(PoisonError::into_inner);
        let next = format!("customer-{}", customers.len() + 1);
        customers.entry(person.email.clone()).or_insert(next).clone()
    };
    shop.welcome(&id, &person.email, &headers).await
}

async fn log_in(State(shop): State<BackEnd>, headers: HeaderMap, Form(person): Form<Person>) -> Response {
    let known = {
        let customers = shop.customers.lock().unwrap_or_else(PoisonError::into_inner);
        customers.get(&person.email).cloned()
    };
    match known {
        Some(id) => shop.welcome(&id, &person.email, &headers).await,
        None => (StatusCode::FORBIDDEN, "no such customer").into_response(),
    }
}

async fn log_out() -> Response {
    to_the_front("customer=; path=/; max-age=0")
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.typed_get::<Cookie>()?.get(name).map(str::to_owned)
}

fn to_the_front(cookie: &str) -> Response {
    let mut headers = HeaderMap::new();
    if let Ok(value) = cookie.parse() {
        headers.insert(SET_COOKIE, value);
    }
    (headers, Redirect::to("/")).into_response()
}

impl BackEnd {
    /// Sends the customer with the cookie of the form to Selfsame, which links the visitor to the contact.
    async fn welcome(&self, id: &str, email: &str, headers: &HeaderMap) -> Response {
        let mut contact = json!({
            "externalCustomerId": id,
            "channels": [{ "type": "email", "value": email }],
        });
        if let Some(visitor) = cookie(headers, "sc") {
            contact["cookies"] = json!({ "sc": visitor });
        }
        let Some(selfsame) = &self.selfsame else {
            return (StatusCode::SERVICE_UNAVAILABLE, "the shop has no server of customers").into_response();
        };
        match selfsame.post("contact", contact).await {
            Ok(answer) if answer.status == 200 => to_the_front(&format!("customer={id}; path=/; HttpOnly")),
            Ok(answer) => (StatusCode::BAD_GATEWAY, answer.text).into_response(),
            Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
        }
    }

    fn page(&self, title: &str, headers: &HeaderMap) -> Html<String> {
        let Self { tracker, site, .. } = self;
        let customer = cookie(headers, "customer");
        let who = customer.as_deref().unwrap_or("nobody");
        let form = |name: &str| {
            format!(
                r#"<form id="{name}" method="post" action="/{name}"><input name="email"><button>{name}</button></form>"#
            )
        };
        let forms = if customer.is_some() {
            r#"<form id="logout" method="post" action="/logout" onsubmit="selfsame('reset')"><button>logout</button></form>"#
                .to_owned()
        } else {
            form("register") + &form("login")
        };
        Html(format!(
            r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<title>{title}</title>
<script>window.selfsame=window.selfsame||function(){{(selfsame.q=selfsame.q||[]).push(arguments)}}</script>
<script async src="{tracker}/t/selfsame.js" data-site="{site}"></script>
</head>
<body>
<h1>{title}</h1>
<p id="who">{who}</p>
<p><a href="/">Shop</a> <a id="product" href="/product">Product</a> <a id="cart" href="/cart">Cart</a></p>
<button id="next" onclick="history.pushState(null, '', '/product/2'); document.title = 'Product 2'">Next</button>
{forms}
</body>
</html>"#
        ))
    }
}

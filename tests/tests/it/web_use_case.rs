//! The use case of a website: a real browser, a shop with its own back end, the real server.

use anyhow::{Context, Result, ensure};
use selfsame_tests::{Browser, Client, Database, Selfsame, Shop, Tap};
use serde_json::{Value, json};

/// The shop with its site, and a visitor's browser.
struct Scene {
    server: Selfsame,
    client: Client,
    tap: Tap,
    shop: Shop,
    browser: Browser,
}

impl Scene {
    async fn start(on: Database) -> Result<Self> {
        let server = Selfsame::start(on).await?;
        let made = run(&server, &["site", "create", "--name", "shop", "--json"])?;
        let site: Value = serde_json::from_str(&made)?;
        let key = site["key"].as_str().context("the site has no key")?;
        let (client, tap) = (server.client(), Tap::open(server.base()).await?);
        let shop = Shop::open(tap.base(), key, Some(client.clone())).await?;
        let origin = shop.page("");
        run(&server, &["site", "set", &site["id"].to_string(), "--origin", &origin])?;
        let browser = Browser::start().await?;
        Ok(Self {
            server,
            client,
            tap,
            shop,
            browser,
        })
    }

    /// Opens a page; returns when Selfsame has its page view.
    async fn visit(&mut self, path: &str) -> Result<()> {
        self.browser.open(&self.shop.page(path)).await?;
        self.viewed().await
    }

    /// Waits for the next page view.
    async fn viewed(&mut self) -> Result<()> {
        let collected = self.tap.event("PageView").await?;
        ensure!(
            collected.status == 200 && collected.answer["refused"] == json!([]),
            "{collected:?}"
        );
        Ok(())
    }

    /// Sends one of the shop's forms.
    async fn send(&mut self, form: &str, email: &str) -> Result<()> {
        self.browser.fill(&format!("#{form} input"), email).await?;
        self.browser.follow(&format!("#{form} button")).await?;
        self.viewed().await
    }

    async fn contact(&self, external_id: &str) -> Result<i64> {
        let found = self
            .client
            .get(&format!("contacts?externalCustomerId={external_id}"))
            .await?;
        found.json()[0]["id"].as_i64().with_context(|| found.text.clone())
    }

    /// The paths of the pages in a contact's timeline, oldest first, each with the visitor that it came from.
    async fn history(&self, contact: i64) -> Result<Vec<String>> {
        let page = self
            .client
            .get(&format!("contact/{contact}/timeline?type=page_view"))
            .await?
            .json();
        let items = page["items"].as_array().context("no items")?;
        let path = |item: &Value| {
            let url = item["params"]["url"].as_str().unwrap_or_default();
            url.strip_prefix(&self.shop.page("")).unwrap_or(url).to_owned()
        };
        Ok(items.iter().rev().map(path).collect())
    }
}

fn run(server: &Selfsame, arguments: &[&str]) -> Result<String> {
    let output = server.command(arguments)?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

async fn what_a_visitor_did_becomes_the_customers(on: Database) -> Result<()> {
    let mut scene = Scene::start(on).await?;
    for path in ["/", "/product", "/cart"] {
        scene.visit(path).await?;
    }
    assert_eq!(
        scene.client.get("contacts").await?.header("totalcount"),
        "0",
        "a cookie is no contact"
    );
    let ann_sc = scene.browser.visitor().await?;
    let visitor = scene.client.get(&format!("visitors/{ann_sc}")).await?;
    assert_eq!(visitor.status, 200, "{}", visitor.text);

    scene.send("register", "ann@example.com").await?;
    let ann = scene.contact("customer-1").await?;
    assert_eq!(scene.history(ann).await?, ["/", "/product", "/cart", "/"]);

    // A second person on the same browser, after the first one has logged out.
    scene.browser.follow("#logout button").await?;
    scene.viewed().await?;
    assert_ne!(scene.browser.visitor().await?, ann_sc, "logged out: a new visitor");
    scene.visit("/product").await?;
    scene.send("register", "bob@example.com").await?;
    let bob = scene.contact("customer-2").await?;
    assert_eq!(scene.history(bob).await?, ["/", "/product", "/"]);
    assert_eq!(
        scene.history(ann).await?,
        ["/", "/product", "/cart", "/"],
        "hers stays hers"
    );
    Ok(())
}

async fn a_signed_token_says_who_is_logged_in(on: Database) -> Result<()> {
    let mut scene = Scene::start(on).await?;
    run(&scene.server, &["site", "secret", "--workspace", "default"])?;
    let token = |id: &str| run(&scene.server, &["site", "token", "--external-id", id]);
    let (ann_token, bob_token) = (token("A")?, token("B")?);
    scene.visit("/").await?;
    let sc = scene.browser.visitor().await?;
    let identify = |token: &str| format!("selfsame('identify', {{token: '{token}'}}); selfsame('track', 'LoggedIn')");
    scene.browser.run(&identify(&ann_token)).await?;
    let collected = scene.tap.event("LoggedIn").await?;
    assert_eq!((collected.status, &collected.answer["refused"]), (200, &json!([])));
    let ann = scene.contact("A").await?;
    assert_eq!(scene.history(ann).await?, ["/"]);

    // Another person logs in on the same browser, which keeps its cookie: later events belong to him, earlier ones stay. The browser was offline
    // when he did, and sent the events minutes later.
    let offline = format!(
        "const now = Date.now; Date.now = () => now() - 150000; {};
        selfsame('track', 'PageView', {{url: '{}'}}); Date.now = now",
        identify(&bob_token),
        scene.shop.page("/secret")
    );
    scene.browser.run(&offline).await?;
    scene.viewed().await?;
    scene.visit("/cart").await?;
    assert_eq!(scene.browser.visitor().await?, sc);
    let bob = scene.contact("B").await?;
    assert_eq!(scene.history(bob).await?, ["/secret", "/cart"]);
    assert_eq!(scene.history(ann).await?, ["/"]);

    // A forged token is refused, and the history is still recorded.
    let forged = bob_token.replacen("v1.Qg", "v1.QQ", 1);
    scene.browser.run(&identify(&forged)).await?;
    let collected = scene.tap.event("LoggedIn").await?;
    assert_eq!(
        (collected.status, &collected.answer["refused"][0]["field"]),
        (200, &json!("token"))
    );
    scene
        .browser
        .run("selfsame('identify', {externalCustomerId: 'A'}); selfsame('track', 'LoggedIn')")
        .await?;
    let collected = scene.tap.event("LoggedIn").await?;
    assert_eq!(
        collected.answer["refused"][0]["field"],
        json!("user.externalCustomerId")
    );
    scene.visit("/product").await?;
    assert_eq!(scene.history(ann).await?, ["/"]);
    assert_eq!(scene.history(bob).await?, ["/secret", "/cart", "/product"]);
    Ok(())
}

mod sqlite {
    use super::*;

    #[tokio::test]
    async fn what_a_visitor_did_becomes_the_customers() -> Result<()> {
        super::what_a_visitor_did_becomes_the_customers(Database::Sqlite).await
    }

    #[tokio::test]
    async fn a_signed_token_says_who_is_logged_in() -> Result<()> {
        super::a_signed_token_says_who_is_logged_in(Database::Sqlite).await
    }
}

mod postgres {
    use super::*;

    #[tokio::test]
    async fn what_a_visitor_did_becomes_the_customers() -> Result<()> {
        super::what_a_visitor_did_becomes_the_customers(Database::Postgres).await
    }

    #[tokio::test]
    async fn a_signed_token_says_who_is_logged_in() -> Result<()> {
        super::a_signed_token_says_who_is_logged_in(Database::Postgres).await
    }
}

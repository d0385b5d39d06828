//! Use case 1 for an app with a public key: installation, registration, two phones, logout, a new token, attacks.

use anyhow::{Context, Result, ensure};
use selfsame_tests::{Client, Database, Selfsame};
use serde_json::{Value, json};

macro_rules! on_both_databases {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test] async fn $name() -> anyhow::Result<()> { super::$name(super::Database::Sqlite).await })*
        }
        mod postgres {
            $(#[tokio::test] async fn $name() -> anyhow::Result<()> { super::$name(super::Database::Postgres).await })*
        }
    };
}

on_both_databases!(
    a_person_goes_from_the_installation_to_two_phones,
    two_people_use_one_phone_after_the_other,
    a_stranger_with_the_public_key_changes_nothing,
);

/// An app with its public key, and the company's server that signs identity tokens.
struct App<'s> {
    server: &'s Selfsame,
    company: Client,
    http: reqwest::Client,
    key: String,
}

impl<'s> App<'s> {
    fn of(server: &'s Selfsame) -> Result<Self> {
        let made = server.command(&["site", "create", "--name", "app", "--json"])?;
        let site: Value = serde_json::from_slice(&made.stdout)?;
        ensure!(
            server
                .command(&["site", "secret", "--workspace", "default"])?
                .status
                .success()
        );
        Ok(Self {
            server,
            company: server.client(),
            http: selfsame_tests::http(),
            key: site["key"].as_str().context("a key")?.to_owned(),
        })
    }

    /// Signs as the company's server does after a login.
    fn login(&self, external_id: &str) -> Result<String> {
        let signed = self.server.command(&["site", "token", "--external-id", external_id])?;
        Ok(String::from_utf8(signed.stdout)?.trim().to_owned())
    }

    async fn submit(&self, path: &str, login: Option<&str>, body: &Value) -> Result<(u16, Value)> {
        let url = format!("{}/mobile/api/v1/{path}", self.server.base());
        let mut request = self.http.post(url).header("X-Reteno-Access-Key", &self.key);
        if let Some(token) = login {
            request = request.header("X-Selfsame-Identity", token);
        }
        let response = request.body(body.to_string()).send().await?;
        let status = response.status().as_u16();
        Ok((status, serde_json::from_str(&response.text().await?)?))
    }

    async fn is_kept(&self, path: &str, login: Option<&str>, body: &Value) -> Result<()> {
        let answer = self.submit(path, login, body).await?;
        ensure!(answer == (200, json!({"stored": 1, "refused": []})), "{answer:?}");
        Ok(())
    }

    async fn numbers(&self) -> Result<Vec<i64>> {
        let found = self.company.get("contacts").await?.json();
        let found = found.as_array().cloned().unwrap_or_default();
        Ok(found.iter().filter_map(|contact| contact["id"].as_i64()).collect())
    }

    /// Tokens and events of a contact.
    async fn known(&self, id: i64) -> Result<(Vec<String>, Vec<String>)> {
        let contact = self.company.get(&format!("contact/{id}")).await?.json();
        let channels = contact["channels"].as_array().cloned().unwrap_or_default();
        let tokens = channels.iter().filter(|channel| channel["type"] == "mobilepush");
        let tokens = tokens.filter_map(|channel| channel["value"].as_str().map(str::to_owned));
        let timeline = self.company.get(&format!("contact/{id}/timeline")).await?.json();
        let items = timeline["items"].as_array().cloned().unwrap_or_default();
        let types = items
            .iter()
            .filter_map(|item| item["eventTypeKey"].as_str().map(str::to_owned));
        let (mut tokens, mut types): (Vec<_>, Vec<_>) = (tokens.collect(), types.collect());
        tokens.sort();
        types.sort();
        Ok((tokens, types))
    }

    async fn register(&self, external_id: &str, token: &str) -> Result<i64> {
        let body = json!({"externalCustomerId": external_id, "firstName": "Ann", "channels": [
            {"type": "email", "value": format!("{external_id}@example.com")}, {"type": "mobilepush", "value": token}
        ]});
        self.company.post("contact", body).await?.id()
    }
}

fn phone(device: &str, token: &str) -> Value {
    json!({"deviceId": device, "pushToken": token, "osType": "ANDROID"})
}

fn event(device: &str, name: &str) -> Value {
    json!({"deviceId": device, "events": [{"eventTypeKey": name, "eventId": name}]})
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

async fn a_person_goes_from_the_installation_to_two_phones(on: Database) -> Result<()> {
    let server = Selfsame::start(on).await?;
    let app = App::of(&server)?;
    app.is_kept("device", None, &phone("d1", "t1")).await?;
    app.is_kept("events", None, &event("d1", "appOpened")).await?;
    let installed = app.numbers().await?;
    assert_eq!(installed.len(), 1, "an anonymous contact with the token");
    let ann = app.register("A", "t1").await?;
    assert_eq!(app.numbers().await?, [ann], "one person, one contact");
    assert_eq!(app.known(ann).await?, (texts(["t1"]), texts(["appOpened"])));
    let login = app.login("A")?;
    app.is_kept("device", Some(&login), &phone("d2", "u1")).await?;
    app.is_kept("events", Some(&login), &event("d2", "bought")).await?;
    assert_eq!(
        app.known(ann).await?,
        (texts(["t1", "u1"]), texts(["appOpened", "bought"]))
    );
    app.is_kept("device", Some(&login), &phone("d1", "t2")).await?;
    assert_eq!(
        app.known(ann).await?.0,
        ["t2", "u1"],
        "a refreshed token replaces that of its phone"
    );
    app.is_kept("events", None, &event("d1", "appOpened")).await?;
    assert_eq!(
        app.known(ann).await?.1,
        ["appOpened", "bought"],
        "delivered twice, kept once"
    );
    assert_eq!(app.numbers().await?, [ann]);
    Ok(())
}

async fn two_people_use_one_phone_after_the_other(on: Database) -> Result<()> {
    let server = Selfsame::start(on).await?;
    let app = App::of(&server)?;
    let (ann_login, bob_login) = (app.login("A")?, app.login("B")?);
    app.is_kept("device", Some(&ann_login), &phone("d1", "t1")).await?;
    app.is_kept("events", None, &event("d1", "annBought")).await?;
    let ann = app.numbers().await?[0];
    // Ann logs out: the app sends no further identity token. Bob logs in.
    app.is_kept("device", Some(&bob_login), &phone("d1", "t1")).await?;
    app.is_kept("events", None, &event("d1", "bobLooked")).await?;
    // A late event of Ann belongs to her.
    app.is_kept("events", Some(&ann_login), &event("d1", "annLate")).await?;
    let numbers = app.numbers().await?;
    let bob = *numbers.iter().find(|id| **id != ann).context("another contact")?;
    assert_eq!(app.known(ann).await?, (Vec::new(), texts(["annBought", "annLate"])));
    assert_eq!(app.known(bob).await?, (texts(["t1"]), texts(["bobLooked"])));
    assert_eq!(numbers.len(), 2);
    Ok(())
}

async fn a_stranger_with_the_public_key_changes_nothing(on: Database) -> Result<()> {
    let server = Selfsame::start(on).await?;
    let app = App::of(&server)?;
    app.is_kept("device", None, &phone("d1", "t1")).await?;
    let ann = app.register("A", "t1").await?;
    app.is_kept("device", Some(&app.login("A")?), &phone("d1", "t1"))
        .await?;
    let path = format!("contact/{ann}");
    let before = app.company.get(&path).await?.text;
    // A stranger cannot become Ann, or claim Ann's phone, by sending her token, her device or her external ID.
    for body in [phone("eve", "t1"), phone("d1", "eve-token")] {
        app.is_kept("device", None, &body).await?;
    }
    let forged = json!({"deviceId": "eve", "externalUserId": "A", "userAttributes": {"email": "eve@example.com"}});
    let (status, answer) = app.submit("user", None, &forged).await?;
    let fields: Vec<_> = answer["refused"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|part| &part["field"])
        .collect();
    assert_eq!(
        (status, fields),
        (200, vec![&json!("externalUserId"), &json!("userAttributes.email")])
    );
    let mut broken = app.login("A")?;
    broken.replace_range(broken.len() - 4.., "0000");
    // An invalid identity token identifies no user; the data of the device is kept anyway.
    let other = json!({"deviceId": "eve", "externalUserId": "A", "pushToken": "eve-token"});
    for (token, body, refused) in [
        (broken, phone("eve", "eve-token"), "X-Selfsame-Identity"),
        (app.login("B")?, other, "externalUserId"),
    ] {
        let (status, answer) = app.submit("device", Some(&token), &body).await?;
        assert_eq!(
            (status, &answer["refused"][0]["field"]),
            (200, &json!(refused)),
            "{answer}"
        );
    }
    assert_eq!(app.company.get(&path).await?.text, before);
    Ok(())
}

//! The two main use cases of Selfsame, and their surroundings: crashes, restarts, isolation.

use anyhow::Result;
use reqwest::Method;
use selfsame_tests::{Database, Selfsame};
use serde_json::{Value, json};

const APP: &str = "6b8f1c1e-2a64-4a58-8d55-4a2f5d3c9d10";

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
    a_person_of_a_mobile_app_stays_one_contact,
    a_person_of_a_website_stays_one_contact,
    a_removed_contact_comes_back_by_its_external_id,
    a_merge_is_explained_and_undone,
    an_idempotency_key_answers_the_same_after_a_crash_and_on_another_server,
    acknowledged_contacts_survive_a_crash,
    two_servers_make_one_contact_of_one_person,
    keys_of_two_workspaces_see_nothing_of_each_other,
);

fn token(value: &str) -> Value {
    json!({"type": "mobilepush", "value": value, "device": {"appId": APP, "deviceModel": "Pixel 9", "os": "Android", "locale": "uk-UA", "active": true}})
}

/// Use case 1: the app sends a token, the person registers, and the company's own ID arrives with all identifiers.
async fn a_person_of_a_mobile_app_stays_one_contact(on: Database) -> Result<()> {
    let server = Selfsame::start(on).await?;
    let client = server.client();
    let installed = client.post("contact", json!({"channels": [token("push-1")]})).await?;
    assert_eq!(
        (installed.status, installed.outcome()),
        (200, "created"),
        "{}",
        installed.text
    );
    let registered = client
        .post(
            "contact",
            json!({
                "externalCustomerId": 1042, "firstName": "Ann", "lastName": "Lee",
                "channels": [token("push-1"), {"type": "email", "value": "Ann@Example.com"}, {"type": "sms", "value": "380501234567"}],
            }),
        )
        .await?;
    assert_eq!((registered.id()?, registered.outcome()), (installed.id()?, "updated"));
    let contact = client.get(&format!("contact/{}", installed.id()?)).await?.json();
    assert_eq!(contact["externalCustomerId"], "1042");
    assert_eq!(contact["firstName"], "Ann");
    assert_eq!(contact["channels"].as_array().map(Vec::len), Some(3), "{contact}");
    let other_phone = client
        .post(
            "contact",
            json!({"externalCustomerId": "1042", "channels": [token("push-2")]}),
        )
        .await?;
    assert_eq!(other_phone.id()?, installed.id()?);
    let found = client.get(&format!("contact/token/{APP}/push-2/contactId")).await?;
    assert_eq!(found.id()?, installed.id()?);
    Ok(())
}

/// Use case 2: a newsletter subscription first, then a registration with the cookie.
async fn a_person_of_a_website_stays_one_contact(on: Database) -> Result<()> {
    let server = Selfsame::start(on).await?;
    let client = server.client();
    let cookie_alone = client.post("contact", json!({"cookies": {"sc": "visitor-1"}})).await?;
    assert_eq!(
        cookie_alone.status, 400,
        "a cookie alone makes no contact: {}",
        cookie_alone.text
    );
    let subscribed = client
        .post(
            "contact/subscribe",
            json!({"contact": {"channels": [{"type": "email", "value": "ann@example.com"}]}, "groups": ["Newsletter"], "formType": "footer"}),
        )
        .await?;
    assert_eq!(subscribed.status, 200, "{}", subscribed.text);
    assert_eq!(
        (&subscribed.json()["emailStatus"], &subscribed.json()["new"]),
        (&json!("NEED_CONFIRMATION"), &json!(true))
    );
    let registered = client
        .post(
            "contact",
            json!({
                "externalCustomerId": "1042", "cookies": {"sc": "visitor-1"},
                "channels": [{"type": "email", "value": "ANN@example.com"}, {"type": "sms", "value": "+380501234567"}],
            }),
        )
        .await?;
    assert_eq!(registered.id()?, subscribed.id()?);
    let identity = client
        .get(&format!("contact/{}/identity", subscribed.id()?))
        .await?
        .json();
    assert_eq!(identity["visitors"].as_array().map(Vec::len), Some(1), "{identity}");
    let later = client
        .post(
            "contact",
            json!({"channels": [{"type": "webcookie", "value": "visitor-1"}], "firstName": "Ann"}),
        )
        .await?;
    assert_eq!(later.id()?, subscribed.id()?);
    let groups = client.get("groups?name=newsletter").await?.json();
    assert_eq!(groups[0]["name"], "Newsletter");
    let members = client.get(&format!("group/{}/contacts", groups[0]["id"])).await?;
    assert_eq!(
        (members.header("totalcount"), &members.json()[0]["id"]),
        ("1", &json!(subscribed.id()?))
    );
    Ok(())
}

async fn a_removed_contact_comes_back_by_its_external_id(on: Database) -> Result<()> {
    let server = Selfsame::start(on).await?;
    let client = server.client();
    let made = client
        .post(
            "contact",
            json!({"externalCustomerId": "A", "channels": [{"type": "email", "value": "a@example.com"}]}),
        )
        .await?;
    let id = made.id()?;
    let removed = client.delete("contact?externalCustomerId=A").await?;
    assert!((200..300).contains(&removed.status), "{}", removed.text);
    let gone = client.get(&format!("contact/{id}")).await?;
    assert_eq!(gone.status, 404);
    assert!(gone.text.contains("not found"), "{}", gone.text);
    let back = client
        .post("contact", json!({"externalCustomerId": "A", "firstName": "Ann"}))
        .await?;
    assert_eq!((back.id()?, back.outcome()), (id, "restored"));
    let erased = client.delete(&format!("contact/{id}?erase=true")).await?;
    assert_eq!(erased.text, format!("Contact with id='{id}' has been deleted"));
    let created_again = client.post("contact", json!({"externalCustomerId": "A"})).await?;
    assert_eq!(created_again.outcome(), "created");
    assert_ne!(created_again.id()?, id, "a number is never reused");
    Ok(())
}

async fn a_merge_is_explained_and_undone(on: Database) -> Result<()> {
    let server = Selfsame::start(on).await?;
    let client = server.client();
    let a = client
        .post(
            "contact",
            json!({"externalCustomerId": "A", "channels": [{"type": "email", "value": "a@example.com"}]}),
        )
        .await?
        .id()?;
    let b = client
        .post(
            "contact",
            json!({"externalCustomerId": "B", "firstName": "Bob", "channels": [token("t")]}),
        )
        .await?
        .id()?;
    let before = [
        client.get(&format!("contact/{a}")).await?.json(),
        client.get(&format!("contact/{b}")).await?.json(),
    ];
    let refused = client
        .post("identity/merges", json!({"survivor": a, "absorbed": b}))
        .await?;
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert!((400..500).contains(&refused.status), "{}", refused.text);
    let made = client
        .post("identity/merges", json!({"survivor": a, "absorbed": b, "force": true}))
        .await?;
    assert!((200..300).contains(&made.status), "{}", made.text);
    assert_eq!(
        client.get(&format!("contact/{b}")).await?.json()["id"],
        a,
        "the absorbed number answers as the survivor"
    );
    let merges = client.get("identity/merges").await?.json();
    assert_eq!(merges["items"][0]["forced"], true, "{merges}");
    let merge = merges["items"][0]["id"].as_str().unwrap_or_default().to_owned();
    let undone = client.post(&format!("identity/merges/{merge}/undo"), json!({})).await?;
    assert!((200..300).contains(&undone.status), "{}", undone.text);
    let after = [
        client.get(&format!("contact/{a}")).await?.json(),
        client.get(&format!("contact/{b}")).await?.json(),
    ];
    assert_eq!(after, before);
    let log = client.get(&format!("contact/{a}/identity/log")).await?.json();
    let outcomes: Vec<&str> = log["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|entry| entry["outcome"].as_str())
        .collect();
    assert_eq!(outcomes, ["created", "rejected", "merged", "unmerged"]);
    Ok(())
}

async fn an_idempotency_key_answers_the_same_after_a_crash_and_on_another_server(on: Database) -> Result<()> {
    let mut server = Selfsame::start(on).await?;
    let body = json!({"channels": [{"type": "email", "value": "test@test.com"}]}).to_string();
    let key = [("idempotency-key", "order-17")];
    let post = Method::POST;
    let first = server
        .client()
        .send(post.clone(), "contact", Some(body.clone()), &key)
        .await?;
    server.crash_and_restart()?;
    let again = server
        .client()
        .send(post.clone(), "contact", Some(body.clone()), &key)
        .await?;
    let elsewhere = server
        .another()?
        .client()
        .send(post.clone(), "contact", Some(body), &key)
        .await?;
    for replayed in [&again, &elsewhere] {
        assert_eq!((replayed.status, &replayed.text), (first.status, &first.text));
        assert_eq!(
            replayed.header("x-selfsame-decision"),
            first.header("x-selfsame-decision")
        );
    }
    let other = server
        .client()
        .send(
            post,
            "contact",
            Some(json!({"externalCustomerId": "A"}).to_string()),
            &key,
        )
        .await?;
    assert_eq!(other.status, 422, "{}", other.text);
    Ok(())
}

/// The server is killed while clients write; each contact that was answered with 200 exists once afterwards.
async fn acknowledged_contacts_survive_a_crash(on: Database) -> Result<()> {
    let mut server = Selfsame::start(on).await?;
    let writers = (0..8).map(|writer| {
        let client = server.client();
        tokio::spawn(async move {
            let mut acknowledged = Vec::new();
            for number in 0..10_000 {
                let external = format!("w{writer}-{number}");
                let body = json!({"externalCustomerId": external, "channels": [{"type": "email", "value": format!("{external}@example.com")}]});
                match client.post("contact", body).await {
                    Ok(answer) if answer.status == 200 => acknowledged.push(external),
                    _ => break,
                }
            }
            acknowledged
        })
    });
    let writers: Vec<_> = writers.collect();
    // The server is killed as soon as contacts have been acknowledged, while the writers go on.
    while server
        .client()
        .get("contacts?externalCustomerId=w0-20")
        .await?
        .json()
        .as_array()
        .is_none_or(Vec::is_empty)
    {}
    server.crash_and_restart()?;
    let mut acknowledged = Vec::new();
    for writer in futures::future::join_all(writers).await {
        acknowledged.extend(writer?);
    }
    assert!(acknowledged.len() > 20);
    let client = server.client();
    for external in acknowledged {
        let found = client.get(&format!("contacts?externalCustomerId={external}")).await?;
        assert_eq!(
            found.header("totalcount"),
            "1",
            "{external} was acknowledged and is lost: {}",
            found.text
        );
    }
    assert!(server.command(&["doctor"])?.status.success());
    Ok(())
}

async fn two_servers_make_one_contact_of_one_person(on: Database) -> Result<()> {
    let server = Selfsame::start(on).await?;
    let second = server.another()?;
    let clients = [server.client(), second.client()];
    let requests = (0..40).map(|n| {
        let client = clients[n % 2].clone();
        async move {
            let body = json!({
                "externalCustomerId": "A", "deviceId": format!("d{}", n % 3),
                "channels": [{"type": "email", "value": "a@example.com"}, token(&format!("t{}", n % 4))],
            });
            client.post("contact", body).await
        }
    });
    let mut ids = std::collections::BTreeSet::new();
    for answer in futures::future::join_all(requests).await {
        let answer = answer?;
        assert_eq!(answer.status, 200, "{}", answer.text);
        ids.insert(answer.id()?);
    }
    assert_eq!(ids.len(), 1);
    assert!(server.command(&["doctor"])?.status.success());
    Ok(())
}

async fn keys_of_two_workspaces_see_nothing_of_each_other(on: Database) -> Result<()> {
    let server = Selfsame::start(on).await?;
    let ours = server.client();
    let theirs = ours.with_key(&server.key("other", "full")?);
    let contact = json!({"externalCustomerId": "A", "firstName": "Ann", "channels": [{"type": "email", "value": "a@example.com"}, token("t")], "groups": [{"name": "VIP"}]});
    let id = ours.post("contact", contact.clone()).await?.id()?;
    let empty = ours.with_key(&server.key("empty", "full")?);
    let paths = [
        format!("contact/{id}"),
        format!("contact/{id}/subscriptions"),
        format!("contact/{id}/identity"),
        format!("contact/{id}/identity/log"),
        "contacts".to_owned(),
        "contacts?externalCustomerId=A".to_owned(),
        "contacts?email=a@example.com".to_owned(),
        format!("contacts/email?ids={id}"),
        format!("contact/token/{APP}/t/contactId"),
        format!("contact/token/activated/{APP}/t"),
        "groups".to_owned(),
        "group/1/contacts".to_owned(),
        "identity/lookup?kind=email&value=a@example.com".to_owned(),
        "identity/merges".to_owned(),
    ];
    for path in &paths {
        let (seen, nothing) = (theirs.get(path).await?, empty.get(path).await?);
        // The same answer as in an empty workspace: it reveals no difference.
        assert_eq!((seen.status, &seen.text), (nothing.status, &nothing.text), "{path}");
    }
    let emails = json!({"emails": ["a@example.com"]});
    for (method, path, body) in [
        (Method::DELETE, format!("contact/{id}?erase=true"), None),
        (
            Method::DELETE,
            "contact?externalCustomerId=A&erase=true".to_owned(),
            None,
        ),
        (Method::PUT, format!("contact/{id}"), Some(json!({"firstName": "Eve"}))),
        (
            Method::POST,
            "group/1/contacts/attach".to_owned(),
            Some(json!({"contactIds": [id]})),
        ),
        (Method::POST, "emails/unsubscribed/add".to_owned(), Some(emails)),
    ] {
        let body = body.map(|body| body.to_string());
        theirs.send(method, &path, body, &[]).await?;
    }
    let made = theirs.post("contact", contact).await?;
    assert_eq!(made.outcome(), "created", "nothing matches across workspaces");
    let untouched = ours.get(&format!("contact/{id}")).await?.json();
    assert_eq!(
        (&untouched["firstName"], &untouched["externalCustomerId"]),
        (&json!("Ann"), &json!("A"))
    );
    let identity = ours.get(&format!("contact/{id}/identity")).await?;
    assert!(!identity.text.contains("nsubscribed\":true"), "{}", identity.text);
    Ok(())
}

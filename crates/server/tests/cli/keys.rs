//! Workspaces and keys, managed beside a running server.

use crate::support::{Place, Server, secret_in};
use serde_json::Value;

/// A server with its first key.
fn serve(place: &Place) -> (Server, &'static str) {
    let key = "the-first-key-of-this-workspace";
    (
        place.spawn(&[], &[("SELFSAME_BOOTSTRAP_API_KEY", key)]).listening(),
        key,
    )
}

#[tokio::test]
async fn a_key_works_as_soon_as_it_is_made_and_no_longer_when_it_is_revoked() {
    let place = Place::new();
    let (server, _) = serve(&place);
    let made = place
        .run(&["key", "create", "--workspace", "default", "--name", "shop"])
        .text();
    let key = secret_in(&made).unwrap().to_owned();
    assert_eq!(server.create_contact(&key, "1").await, 200);

    let list = place.run(&["key", "list"]).text();
    let line = list.lines().find(|line| line.contains("shop")).unwrap();
    assert!(line.contains(&key[..11]) && !list.contains(&key), "{list}");
    let id = line.split_whitespace().next().unwrap();
    assert_eq!(
        place.run(&["key", "revoke", id]).text(),
        format!("revoked key {id} of workspace `default`\n")
    );
    assert_eq!(server.create_contact(&key, "2").await, 401);
    assert!(
        place
            .run(&["key", "list"])
            .text()
            .lines()
            .any(|line| line.contains("shop") && line.contains("revoked"))
    );

    let unknown = "00000000-0000-7000-8000-000000000000";
    let ended = place.run(&["key", "revoke", unknown]);
    assert!(
        ended
            .complaint(1)
            .starts_with(&format!("error: there is no key {unknown}"))
    );
    assert!(!server.stop().stderr.contains(&key));
}

#[tokio::test]
async fn a_key_may_do_what_its_rights_say() {
    let place = Place::new();
    let (server, _) = serve(&place);
    for (rights, write, read) in [
        ("full", 200, 200),
        ("events", 403, 403),
        ("events-contacts", 200, 200),
        ("events-contacts-write", 200, 403),
        ("messages", 403, 403),
    ] {
        let create = [
            "key",
            "create",
            "--workspace",
            "1",
            "--name",
            rights,
            "--rights",
            rights,
            "--json",
        ];
        let made: Value = serde_json::from_str(&place.run(&create).text()).unwrap();
        assert_eq!((&made["rights"], &made["state"]), (&rights.into(), &"active".into()));
        let key = made["secret"].as_str().unwrap();
        assert_eq!(server.create_contact(key, rights).await, write, "{rights}");
        assert_eq!(server.get(key, "/api/v1/contacts").await.status(), read, "{rights}");
    }
}

#[test]
fn a_key_expires_at_its_set_time() {
    let place = Place::new();
    place.serve(&[]).stop();
    let create = |expires: &str| {
        place.run(&[
            "key",
            "create",
            "--workspace",
            "default",
            "--name",
            "x",
            "--json",
            "--expires",
            expires,
        ])
    };
    let made: Value = serde_json::from_str(&create("2999-01-31").text()).unwrap();
    assert_eq!(made["expires_at"], "2999-01-31T00:00:00Z");
    let made: Value = serde_json::from_str(&create("90d").text()).unwrap();
    assert!(made["expires_at"].is_string());
    let made: Value = serde_json::from_str(&create("never").text()).unwrap();
    assert!(made["expires_at"].is_null());
    assert!(
        create("2020-01-01")
            .complaint(1)
            .contains("--expires 2020-01-01 has passed already")
    );
    assert!(
        create("tomorrow")
            .complaint(1)
            .contains("must be a date such as 2027-01-31, a duration such as 90d, or never")
    );
}

#[tokio::test]
async fn workspaces_are_apart() {
    let place = Place::new();
    let (server, first) = serve(&place);
    assert!(
        place
            .run(&["workspace", "create", "shop"])
            .text()
            .starts_with("made workspace `shop`, number ")
    );
    assert!(
        place
            .run(&["workspace", "create", "shop"])
            .complaint(1)
            .contains("there is a workspace `shop` already")
    );
    assert!(
        place
            .run(&["workspace", "create", " "])
            .complaint(1)
            .contains("1 to 100 characters")
    );
    let list: Value = serde_json::from_str(&place.run(&["workspace", "list", "--json"]).text()).unwrap();
    let names: Vec<&str> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["default", "shop"]);
    assert!(
        place
            .run(&["workspace", "list"])
            .text()
            .starts_with("ID  NAME     CREATED\n")
    );

    let made = place
        .run(&["key", "create", "--workspace", "shop", "--name", "x"])
        .text();
    let second = secret_in(&made).unwrap();
    assert_eq!(server.create_contact(first, "1").await, 200);
    assert_eq!(
        (server.count(first, "1").await, server.count(second, "1").await),
        (1, 0)
    );
    let keys: Value =
        serde_json::from_str(&place.run(&["key", "list", "--workspace", "shop", "--json"]).text()).unwrap();
    assert_eq!(
        (keys.as_array().unwrap().len(), &keys[0]["workspace"]["name"]),
        (1, &"shop".into())
    );
    let ended = place.run(&["key", "create", "--workspace", "nobody", "--name", "x"]);
    assert!(ended.complaint(1).contains("there is no workspace `nobody`"));
}

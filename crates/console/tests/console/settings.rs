//! Keys, people, the audit log.

use crate::support::{Browser, Server, code_after};
use selfsame_domain::Action;
use sha2::{Digest, Sha256};

#[tokio::test]
async fn a_key_is_shown_once_opens_and_is_revoked() {
    let server = Server::start().await;
    let mut admin = server.browser("admin@example.com").await;
    let fields = [("name", "shop"), ("rights", "events-contacts")];
    let made = server.post(&mut admin, "/settings/keys", &fields).await;
    let secret = code_after(made.page(200), "shown this once").to_owned();
    let digest = Sha256::digest(secret.as_bytes());
    let principal = server.app.authenticate(&digest).await.expect("a key");
    assert_eq!(principal.workspace.id, server.one);
    assert!(principal.may(Action::Read) && !principal.may(Action::Admin));
    let page = server.get(&mut admin, "/settings/keys").await;
    assert!(!page.page(200).contains(&secret));
    let path = format!("/settings/keys/{}/revoke", principal.key.id);
    page.shows(&path);
    let mut stranger = server.browser("other@example.com").await;
    server.post(&mut stranger, &path, &[]).await.page(404);
    assert!(server.app.authenticate(&digest).await.is_ok());
    assert_eq!(server.post(&mut admin, &path, &[]).await.goes_to(), "/settings/keys");
    assert!(server.app.authenticate(&digest).await.is_err());
    server.get(&mut admin, "/settings/keys").await.shows("<td>revoked</td>");
    for fields in [[("name", ""), ("rights", "full")], [("name", "x"), ("rights", "root")]] {
        server.post(&mut admin, "/settings/keys", &fields).await.page(422);
    }
}

#[tokio::test]
async fn people_are_invited_changed_and_removed() {
    let server = Server::start().await;
    let mut admin = server.browser("admin@example.com").await;
    let bad = [("email", "nobody"), ("role", "viewer")];
    server.post(&mut admin, "/settings/people", &bad).await.page(422);
    let fields = [("email", "new@example.com"), ("role", "support")];
    let made = server.post(&mut admin, "/settings/people", &fields).await;
    let link = code_after(made.page(200), "Send this link").to_owned();
    let path = link
        .strip_prefix("http://127.0.0.1:8080")
        .expect("an address")
        .to_owned();
    let mut new = Browser::default();
    server
        .post(&mut new, &path, &[("password", "a long enough one")])
        .await
        .goes_to();
    server.get(&mut new, "/").await.shows("one, support");
    let people = server.app.store().users_of(server.one).await.expect("people");
    let person = |email: &str| {
        let found = people.iter().find(|member| member.user.email.as_typed() == email);
        format!("/settings/people/{}", found.expect("a person").user.id)
    };
    let change = [("role", "viewer"), ("do", "role")];
    server
        .post(&mut admin, &person("new@example.com"), &change)
        .await
        .goes_to();
    server.get(&mut new, "/").await.shows("one, viewer");
    server
        .post(&mut admin, &person("new@example.com"), &[("do", "remove")])
        .await
        .goes_to();
    server.get(&mut new, "/").await.goes_to();
    let last = server
        .post(&mut admin, &person("admin@example.com"), &[("do", "remove")])
        .await;
    assert!(last.page(409).contains("A workspace needs an admin"));
    let mut stranger = server.browser("other@example.com").await;
    server
        .post(&mut stranger, &person("viewer@example.com"), &[("do", "remove")])
        .await
        .page(404);
}

#[tokio::test]
async fn an_invitation_is_taken_back() {
    let server = Server::start().await;
    let mut admin = server.browser("admin@example.com").await;
    let fields = [("email", "new@example.com"), ("role", "support")];
    let made = server.post(&mut admin, "/settings/people", &fields).await;
    let link = code_after(made.page(200), "Send this link").to_owned();
    let path = link.strip_prefix("http://127.0.0.1:8080").expect("an address");
    let (_, rest) = made.text.split_once("/settings/invitations/").expect("a form");
    let revoke = format!("/settings/invitations/{}", rest.split('"').next().expect("an end"));
    let mut stranger = server.browser("other@example.com").await;
    server.post(&mut stranger, &revoke, &[]).await.page(404);
    server.get(&mut Browser::default(), path).await.page(200);
    assert_eq!(
        server.post(&mut admin, &revoke, &[]).await.goes_to(),
        "/settings/people"
    );
    server.get(&mut Browser::default(), path).await.page(404);
}

#[tokio::test]
async fn settings_are_for_admins() {
    let server = Server::start().await;
    for role in ["marketer", "support", "viewer"] {
        let mut browser = server.browser(&format!("{role}@example.com")).await;
        assert!(!server.get(&mut browser, "/").await.page(200).contains("/settings/"));
        for name in [
            "keys", "people", "audit", "policy", "sites", "fields", "webhooks", "health",
        ] {
            let path = &format!("/settings/{name}");
            server.get(&mut browser, path).await.page(403);
        }
        let uuid = "019a3c5e-7d60-7bb2-8c11-3f3f9d3d2a10";
        for path in [
            "/settings/keys".to_owned(),
            "/settings/people".to_owned(),
            format!("/settings/keys/{uuid}/revoke"),
            format!("/settings/people/{uuid}"),
            format!("/settings/invitations/{uuid}/revoke"),
        ] {
            let fields = [
                ("name", "x"),
                ("rights", "full"),
                ("email", "a@example.com"),
                ("role", "admin"),
            ];
            server.post(&mut browser, &path, &fields).await.page(403);
        }
    }
}

#[tokio::test]
async fn what_people_do_is_in_the_audit_log_page_by_page() {
    let server = Server::start().await;
    let mut admin = server.browser("admin@example.com").await;
    for number in 0..60 {
        server.clock.advance_seconds(1);
        let name = format!("key {number}");
        server
            .post(&mut admin, "/settings/keys", &[("name", &name), ("rights", "events")])
            .await
            .page(200);
    }
    let first = server.get(&mut admin, "/settings/audit").await;
    first.shows("<td>key 59 events</td>");
    first.shows("<td>made an API key</td>");
    assert!(!first.text.contains("<td>key 9 events</td>"));
    let (_, rest) = first.text.split_once("/settings/audit?before=").expect("a link");
    let next = format!("/settings/audit?before={}", rest.split('"').next().expect("an end"));
    let second = server.get(&mut admin, &next).await;
    second.shows("<td>key 9 events</td>");
    second.shows("<td>signed in</td>");
    second.shows("<td>operator</td>");
    let mut stranger = server.browser("other@example.com").await;
    assert!(
        !server
            .get(&mut stranger, "/settings/audit")
            .await
            .page(200)
            .contains("key 59")
    );
}

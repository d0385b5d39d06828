//! Signing in and out, sessions, invitations, and who may send forms.

use crate::support::{Browser, PASSWORD, Server};
use axum::body::Body;
use chrono::TimeDelta;
use http::Request;
use secrecy::ExposeSecret;
use selfsame_domain::console::Role;

#[tokio::test]
async fn a_visitor_without_a_session_is_sent_to_the_sign_in_and_back() {
    let server = Server::start().await;
    let mut browser = Browser::default();
    let answer = server.get(&mut browser, "/contacts?q=ann&by=email").await;
    assert_eq!(answer.goes_to(), "/sign-in?back=%2Fcontacts%3Fq%3Dann%26by%3Demail");
    let page = server.get(&mut browser, "/sign-in?back=%2Fcontacts%3Fq%3Dann").await;
    page.shows("name=\"back\" value=\"/contacts?q=ann\"");
    let fields = [
        ("email", "Viewer@Example.com"),
        ("password", PASSWORD),
        ("back", "/contacts?q=ann"),
    ];
    let answer = server.post(&mut browser, "/sign-in", &fields).await;
    assert_eq!(answer.goes_to(), "/contacts?q=ann");
    server.get(&mut browser, "/").await.shows("viewer@example.com");
    let elsewhere = [
        ("email", "viewer@example.com"),
        ("password", PASSWORD),
        ("back", "//evil.example"),
    ];
    let answer = server.post(&mut browser, "/sign-in", &elsewhere).await;
    assert_eq!(answer.goes_to(), "/");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_answered_alike() {
    let server = Server::start().await;
    let mut pages = Vec::new();
    for (email, password) in [
        ("viewer@example.com", "wrong"),
        ("nobody@example.com", PASSWORD),
        ("no-address", PASSWORD),
    ] {
        let mut browser = Browser::default();
        let fields = [("email", email), ("password", password)];
        let answer = server.post(&mut browser, "/sign-in", &fields).await;
        pages.push(answer.page(401).replace(email, ""));
        assert!(browser.cookies.is_empty());
    }
    assert!(pages[0].contains("The email or the password is wrong."));
    assert!(pages.iter().all(|page| *page == pages[0]));
}

#[tokio::test]
async fn passwords_of_one_address_are_tried_ten_times() {
    let server = Server::start().await;
    let mut browser = Browser::default();
    let wrong = [("email", "viewer@example.com"), ("password", "wrong")];
    for _ in 0..10 {
        server.post(&mut browser, "/sign-in", &wrong).await.page(401);
    }
    let right = [("email", "VIEWER@example.com"), ("password", PASSWORD)];
    let answer = server.post(&mut browser, "/sign-in", &right).await;
    assert!(answer.page(429).contains("Too many attempts."));
    server.browser("admin@example.com").await;
}

#[tokio::test]
async fn cookies_are_kept_from_scripts_and_from_open_connections() {
    let fields = [("email", "viewer@example.com"), ("password", PASSWORD)];
    for (address, expected) in [
        ("http://127.0.0.1:8080", "session=*; HttpOnly; SameSite=Lax; Path=/"),
        (
            "https://crm.example",
            "__Host-session=*; HttpOnly; SameSite=Lax; Secure; Path=/",
        ),
    ] {
        let server = Server::at(address).await;
        let mut browser = Browser::default();
        let answer = server.post(&mut browser, "/sign-in", &fields).await;
        let secret = &browser.cookies[0].1;
        assert_eq!(secret.len(), 52, "256 bits");
        assert_eq!(answer.header("set-cookie").replace(secret.as_str(), "*"), expected);
    }
}

#[tokio::test]
async fn every_sign_in_has_a_secret_of_its_own_and_signing_out_ends_it() {
    let server = Server::start().await;
    let (mut one, mut other) = (
        server.browser("viewer@example.com").await,
        server.browser("viewer@example.com").await,
    );
    assert_ne!(one.cookies, other.cookies);
    let kept = one.clone();
    assert_eq!(server.post(&mut one, "/sign-out", &[]).await.goes_to(), "/sign-in");
    assert!(one.cookies.is_empty());
    let mut again = kept;
    assert!(server.get(&mut again, "/").await.goes_to().starts_with("/sign-in"));
    server.get(&mut other, "/").await.page(200);
}

#[tokio::test]
async fn a_session_ends_by_rest_and_by_age() {
    let server = Server::start().await;
    let mut browser = server.browser("viewer@example.com").await;
    for _ in 0..14 {
        server.clock.advance(TimeDelta::hours(11));
        server.get(&mut browser, "/").await.page(200);
    }
    server.clock.advance(TimeDelta::hours(12));
    server.get(&mut browser, "/").await.goes_to();
    let mut browser = server.browser("viewer@example.com").await;
    for _ in 0..15 {
        server.clock.advance(TimeDelta::hours(11));
        server.get(&mut browser, "/").await.page(200);
    }
    server.clock.advance(TimeDelta::hours(3));
    server.get(&mut browser, "/").await.goes_to();
}

#[tokio::test]
async fn a_form_needs_the_token_of_its_session() {
    let server = Server::start().await;
    let mut browser = server.browser("admin@example.com").await;
    let other = server.browser("admin@example.com").await;
    for token in ["", "x", other.csrf.as_str()] {
        let fields = [("csrf", token), ("name", "stolen")];
        let answer = server.post_raw(&mut browser.clone(), "/segments/add", &fields).await;
        assert!(answer.page(403).contains("another session"));
    }
    let answer = server.post(&mut browser, "/segments/add", &[("name", "own")]).await;
    assert_eq!(answer.goes_to(), "/segments/1");
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let server = Server::start().await;
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let request = Request::post("/sign-in")
            .header("host", "crm.example")
            .header(name, value)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from("email=viewer%40example.com&password=x"))
            .expect("a request");
        server.send(request).await.page(403);
    }
}

#[tokio::test]
async fn an_invitation_makes_a_person_once() {
    let server = Server::start().await;
    let token = server.invite(server.one, None, Role::Admin).await;
    let path = format!("/invitation/{}", token.expose_secret());
    let mut browser = Browser::default();
    server
        .get(&mut browser, &path)
        .await
        .shows("<strong>one</strong>, admin");
    let weak = [("email", "new@example.com"), ("password", "short")];
    let answer = server.post(&mut browser, &path, &weak).await;
    assert!(answer.page(422).contains("must have at least 12 characters"));
    let fields = [("email", "new@example.com"), ("password", "a long enough one")];
    assert_eq!(server.post(&mut browser, &path, &fields).await.goes_to(), "/");
    server
        .get(&mut browser, "/settings/people")
        .await
        .shows("new@example.com");
    server.get(&mut Browser::default(), &path).await.page(404);
    server.post(&mut Browser::default(), &path, &fields).await.page(404);
}

#[tokio::test]
async fn an_invitation_ends_after_a_week_and_names_whom_it_names() {
    let server = Server::start().await;
    let token = server.invite(server.one, Some("named@example.com"), Role::Viewer).await;
    let path = format!("/invitation/{}", token.expose_secret());
    let mut browser = Browser::default();
    server
        .get(&mut browser, &path)
        .await
        .shows("value=\"named@example.com\" autocomplete=\"username\" required readonly");
    let fields = [
        ("email", "somebody-else@example.com"),
        ("password", "a long enough one"),
    ];
    server.post(&mut browser, &path, &fields).await.goes_to();
    server.get(&mut browser, "/").await.shows("named@example.com");
    let late = server.invite(server.one, None, Role::Viewer).await;
    server.clock.advance(TimeDelta::days(7));
    let path = format!("/invitation/{}", late.expose_secret());
    server.get(&mut Browser::default(), &path).await.page(404);
}

#[tokio::test]
async fn a_known_user_joins_another_workspace_with_the_same_password() {
    let server = Server::start().await;
    let token = server
        .invite(server.two, Some("viewer@example.com"), Role::Support)
        .await;
    let path = format!("/invitation/{}", token.expose_secret());
    let mut browser = Browser::default();
    server
        .post(&mut browser, &path, &[("password", "a long enough one")])
        .await
        .page(401);
    server
        .post(&mut browser, &path, &[("password", PASSWORD)])
        .await
        .goes_to();
    server.get(&mut browser, "/").await.shows("two, support");
    let one = server.one.to_string();
    let answer = server
        .post(&mut browser, "/account/workspace", &[("workspace", &one)])
        .await;
    assert_eq!(answer.goes_to(), "/");
    server.get(&mut browser, "/").await.shows("one, viewer");
    let mut stranger = server.browser("other@example.com").await;
    server
        .post(&mut stranger, "/account/workspace", &[("workspace", &one)])
        .await
        .page(404);
}

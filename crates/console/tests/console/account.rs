//! A person's own password and sessions.

use crate::support::{Browser, PASSWORD, Server};

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let server = Server::start().await;
    let mut browser = server.browser("viewer@example.com").await;
    let mut other = server.browser("viewer@example.com").await;
    let path = "/account/password";
    let wrong = [("current", "wrong"), ("new", "another long one")];
    assert!(
        server
            .post(&mut browser, path, &wrong)
            .await
            .page(401)
            .contains("is wrong")
    );
    let weak = [("current", PASSWORD), ("new", "short")];
    server.post(&mut browser, path, &weak).await.page(422);
    let right = [("current", PASSWORD), ("new", "another long one")];
    server
        .post(&mut browser, path, &right)
        .await
        .shows("The password was changed.");
    server.get(&mut browser, "/").await.page(200);
    server.get(&mut other, "/").await.goes_to();
    let mut fresh = Browser::default();
    let old = [("email", "viewer@example.com"), ("password", PASSWORD)];
    server.post(&mut fresh, "/sign-in", &old).await.page(401);
    let new = [("email", "viewer@example.com"), ("password", "another long one")];
    server.post(&mut fresh, "/sign-in", &new).await.goes_to();
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_their_user() {
    let server = Server::start().await;
    let mut other = server.browser("viewer@example.com").await;
    let mut browser = server.browser("viewer@example.com").await;
    let page = server.get(&mut browser, "/account").await;
    let ends: Vec<&str> = page
        .page(200)
        .split("action=\"")
        .filter(|rest| rest.contains("/end\""))
        .collect();
    let paths: Vec<&str> = ends
        .iter()
        .filter_map(|rest| rest.split('"').next())
        .filter(|path| path.ends_with("/end"))
        .collect();
    // One began when the person joined.
    assert_eq!(paths.len(), 2, "{paths:?}");
    let mut stranger = server.browser("support@example.com").await;
    server.post(&mut stranger, paths[0], &[]).await.page(404);
    server.get(&mut other, "/").await.page(200);
    for path in paths {
        assert_eq!(server.post(&mut browser, path, &[]).await.goes_to(), "/account");
    }
    server.get(&mut other, "/").await.goes_to();
    server.get(&mut browser, "/account").await.page(200);
}

#[tokio::test]
async fn language_and_theme_are_chosen_without_signing_in() {
    let server = Server::start().await;
    let mut browser = Browser::default();
    server.get(&mut browser, "/sign-in").await.shows("<html lang=\"en\">");
    let fields = [("language", "uk"), ("theme", "dark"), ("back", "/sign-in")];
    let answer = server.post(&mut browser, "/preferences", &fields).await;
    assert_eq!(answer.goes_to(), "/sign-in");
    let page = server.get(&mut browser, "/sign-in").await;
    page.shows("<html lang=\"uk\" data-theme=\"dark\">");
    page.shows("Увійти");
    let fields = [("language", "xx"), ("theme", "pink"), ("back", "https://evil.example")];
    assert_eq!(server.post(&mut browser, "/preferences", &fields).await.goes_to(), "/");
    server
        .get(&mut browser, "/sign-in")
        .await
        .shows("<html lang=\"uk\" data-theme=\"dark\">");
}

//! Sites, signing secrets, custom fields, categories and the health page.

use crate::support::{Server, code_after};
use selfsame_application::ports::Site;
use selfsame_domain::CustomField;

async fn sites(server: &Server) -> Vec<Site> {
    server.app.store().sites(server.one).await.expect("read")
}

async fn fields(server: &Server) -> Vec<CustomField> {
    server.app.store().fields(server.one).await.expect("read")
}

#[tokio::test]
async fn a_site_is_made_seen_changed_and_deleted() {
    let server = Server::start().await;
    let mut admin = server.browser("admin@example.com").await;
    let path = "/settings/sites";
    let new = [
        ("name", "Shop"),
        ("origins", "https://shop.example\nhttps://www.shop.example"),
    ];
    assert_eq!(server.post(&mut admin, path, &new).await.goes_to(), path);
    let made = sites(&server).await.remove(0);
    assert_eq!((made.origins.len(), made.allow_unsigned), (2, false));
    let page = server.get(&mut admin, path).await;
    page.shows(&made.key);
    page.shows("was not used yet");
    server.app.open_site(&made.key, None).await.expect("open");
    server.get(&mut admin, path).await.shows("Works:");
    server.clock.advance_seconds(2 * 86_400);
    let mut admin = server.browser("admin@example.com").await;
    server.get(&mut admin, path).await.shows("Silent:");
    let edit = format!("{path}/{}", made.id);
    let change = [("origins", "https://shop.example"), ("unsigned", "on")];
    server.post(&mut admin, &edit, &change).await.goes_to();
    let changed = sites(&server).await.remove(0);
    assert_eq!((changed.origins.len(), changed.allow_unsigned), (1, true));
    for (fields, status, text) in [
        (
            [("name", "Shop"), ("origins", "")],
            409,
            "Something of this name is there already",
        ),
        ([("name", ""), ("origins", "")], 422, "Give the site a name"),
        (
            [("name", "B"), ("origins", "shop.example/x y")],
            422,
            "Give addresses such as",
        ),
    ] {
        let refused = server.post(&mut admin, path, &fields).await;
        assert!(refused.page(status).contains(text), "{fields:?}");
    }
    server
        .post(&mut admin, &edit, &[("origins", "nonsense")])
        .await
        .page(422);
    let mut stranger = server.browser("other@example.com").await;
    server.post(&mut stranger, &edit, &change).await.page(404);
    server
        .post(&mut stranger, &format!("{edit}/delete"), &[])
        .await
        .page(404);
    server.post(&mut admin, &format!("{edit}/delete"), &[]).await.goes_to();
    assert!(sites(&server).await.is_empty());
}

#[tokio::test]
async fn a_signing_secret_is_shown_once() {
    let server = Server::start().await;
    let mut admin = server.browser("admin@example.com").await;
    server
        .get(&mut admin, "/settings/sites")
        .await
        .shows("There is no signing secret yet.");
    let made = server.post(&mut admin, "/settings/signing-secrets", &[]).await;
    let secret = code_after(made.page(200), "is shown this once").to_owned();
    assert!(secret.starts_with("sig_"));
    let page = server.get(&mut admin, "/settings/sites").await;
    assert!(!page.page(200).contains(&secret) && !page.text.contains("no signing secret"));
    let log = server.get(&mut admin, "/settings/audit").await;
    log.shows("made a signing secret");
    assert!(!log.text.contains(&secret));
}

#[tokio::test]
async fn a_custom_field_is_made_renamed_and_archived() {
    let server = Server::start().await;
    let mut admin = server.browser("admin@example.com").await;
    let path = "/settings/fields";
    let new = [
        ("group", "LOYALTY"),
        ("key", "LEVEL"),
        ("name", "Level"),
        ("type", "COMBOBOX"),
        ("allowed", "gold\nsilver"),
        ("identifying", "on"),
    ];
    assert_eq!(server.post(&mut admin, path, &new).await.goes_to(), path);
    let made = fields(&server).await.remove(0);
    assert_eq!((made.allowed.len(), made.identifying), (2, true));
    server.get(&mut admin, path).await.shows("choice of one");
    let edit = format!("{path}/{}", made.id);
    let rename = [("do", "rename"), ("name", "Card")];
    server.post(&mut admin, &edit, &rename).await.goes_to();
    server.post(&mut admin, &edit, &[("do", "archive")]).await.goes_to();
    let changed = fields(&server).await.remove(0);
    assert_eq!((changed.name.as_str(), changed.archived), ("Card", true));
    server.post(&mut admin, &edit, &[("do", "restore")]).await.goes_to();
    assert!(!fields(&server).await[0].archived);
    for (change, status, text) in [
        (("type", "NOTHING"), 422, "Choose a type"),
        (("key", "A.B"), 422, "without dots"),
        (("type", "NUMBER"), 422, "Only choices have values"),
        (("allowed", "gold\ngold"), 422, "Each stands once"),
        (("name", "Again"), 409, "there is one of this name or key already"),
    ] {
        let changed: Vec<(&str, &str)> = new
            .iter()
            .map(|field| if field.0 == change.0 { change } else { *field })
            .collect();
        let refused = server.post(&mut admin, path, &changed).await;
        assert!(refused.page(status).contains(text), "{change:?}: {}", refused.text);
    }
    server
        .post(&mut admin, &edit, &[("do", "rename"), ("name", "")])
        .await
        .page(422);
    server.post(&mut admin, &edit, &[("do", "explode")]).await.page(400);
    assert_eq!(fields(&server).await.len(), 1);
    let mut stranger = server.browser("other@example.com").await;
    server.post(&mut stranger, &edit, &rename).await.page(404);
}

#[tokio::test]
async fn a_category_is_made_renamed_and_archived() {
    let server = Server::start().await;
    let mut admin = server.browser("admin@example.com").await;
    let new = [("category-key", "news"), ("category-name", "News")];
    server.post(&mut admin, "/settings/categories", &new).await.goes_to();
    let read = async || {
        server
            .app
            .store()
            .categories(server.one)
            .await
            .expect("read")
            .remove(0)
            .0
    };
    let made = read().await;
    let edit = format!("/settings/categories/{}", made.id);
    let rename = [("do", "rename"), ("name", "Weekly")];
    server.post(&mut admin, &edit, &rename).await.goes_to();
    server.post(&mut admin, &edit, &[("do", "archive")]).await.goes_to();
    let changed = read().await;
    assert_eq!((changed.name.to_string().as_str(), changed.archived), ("Weekly", true));
    let again = server.post(&mut admin, "/settings/categories", &new).await;
    again.page(409);
    let blank = server
        .post(&mut admin, "/settings/categories", &[("category-key", "")])
        .await;
    assert!(blank.page(422).contains("Give a key"));
    let mut stranger = server.browser("other@example.com").await;
    server.post(&mut stranger, &edit, &rename).await.page(404);
}

#[tokio::test]
async fn health_says_in_words_what_is_in_order() {
    let server = Server::start().await;
    let mut admin = server.browser("admin@example.com").await;
    let page = server.get(&mut admin, "/settings/health").await;
    page.shows(&format!("Selfsame {}", env!("CARGO_PKG_VERSION")));
    page.shows("answers and takes writes");
    assert!(
        !page.text.contains("No rule of identity is broken."),
        "it is checked on request"
    );
    let checked = server.post(&mut admin, "/settings/health", &[]).await;
    checked.shows("No rule of identity is broken.");
    checked.shows("the database can grow");
}

#[tokio::test]
async fn settings_are_changed_by_admins_with_a_token() {
    let server = Server::start().await;
    let mut admin = server.browser("admin@example.com").await;
    let paths = [
        "/settings/sites",
        "/settings/sites/1",
        "/settings/sites/1/delete",
        "/settings/signing-secrets",
        "/settings/fields",
        "/settings/fields/1",
        "/settings/categories",
        "/settings/categories/1",
        "/settings/health",
    ];
    let fields = [("name", "x"), ("do", "archive")];
    for role in ["marketer", "support", "viewer"] {
        let mut browser = server.browser(&format!("{role}@example.com")).await;
        for path in paths {
            server.post(&mut browser, path, &fields).await.page(403);
        }
    }
    for path in paths {
        server.post_raw(&mut admin, path, &fields).await.page(403);
    }
}

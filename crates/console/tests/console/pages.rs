//! What holds for every page.

use crate::support::{Browser, Server};
use axum::body::Body;
use http::Request;
use selfsame_storage_conformance::api_call;
use std::path::Path;

/// The addresses of every page that a script-less browser of an admin can open.
const PAGES: [&str; 31] = [
    "/",
    "/account/second-factor",
    "/contacts",
    "/contacts/1",
    "/contacts?q=nobody",
    "/contacts/filter",
    "/contacts/explain",
    "/segments",
    "/segments/add",
    "/segments/new",
    "/segments/1",
    "/segments/1/edit",
    "/segments/1/history",
    "/segments/1/delete",
    "/imports",
    "/review",
    "/review/merge",
    "/review/shared",
    "/review/quarantined",
    "/exports",
    "/exports/new",
    "/exports/connectors/new/postgres",
    "/settings/keys",
    "/settings/people",
    "/settings/audit",
    "/settings/policy",
    "/settings/sites",
    "/settings/fields",
    "/settings/webhooks",
    "/settings/health",
    "/account",
];

fn is_script(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "js")
}

async fn filled() -> (Server, Browser) {
    let server = Server::start().await;
    server.contact(api_call().external("C-1").first("Ann").upsert()).await;
    let mut admin = server.browser("admin@example.com").await;
    let fields = [
        ("name", "All"),
        ("cards", "1"),
        ("field-0", "externalCustomerId"),
        ("operator-0", "is_not_empty"),
        ("do", "done"),
    ];
    server.post(&mut admin, "/segments/new", &fields).await.goes_to();
    (server, admin)
}

#[tokio::test]
async fn every_page_has_one_heading_its_language_and_nothing_inline() {
    let (server, mut admin) = filled().await;
    for language in ["en", "uk"] {
        let fields = [("language", language), ("back", "/")];
        server.post(&mut admin, "/preferences", &fields).await.goes_to();
        for path in PAGES {
            let answer = server.get(&mut admin, path).await;
            let page = answer.page(200);
            assert!(page.contains(&format!("<html lang=\"{language}\"")), "{path}");
            assert_eq!(page.matches("<h1>").count(), 1, "{path}");
            assert!(page.contains("<main id=\"main\""), "{path}");
            for inline in [" style=", "<style", " onclick=", "javascript:", "<script>"] {
                assert!(!page.contains(inline), "{inline} in {path}");
            }
            // A text that is missing shows as its name.
            let words = page.split(|c: char| c.is_whitespace() || "<>\"".contains(c));
            let unnamed = [
                "nav-",
                "contact-",
                "builder-",
                "segment-",
                "error-",
                "action-",
                "role-",
                "import-",
                "row-",
                "target-",
                "damage-",
                "export-",
                "connector-",
                "setting-",
                "graph-",
                "review-",
                "home-",
                "policy-",
                "sites-",
                "fields-",
                "chart-",
                "webhook-",
                "health-",
                "difference-",
                "site-",
                "explain-",
                "filter-",
                "columns-",
                "merge-",
                "reason-",
            ];
            let missing = words
                .filter(|word| unnamed.iter().any(|begin| word.starts_with(begin)))
                .collect::<Vec<_>>();
            assert!(missing.is_empty(), "{path}: {missing:?}");
        }
    }
}

#[tokio::test]
async fn every_page_needs_a_session() {
    let (server, _) = filled().await;
    for path in PAGES {
        let answer = server.get(&mut Browser::default(), path).await;
        assert!(answer.goes_to().starts_with("/sign-in"), "{path}");
    }
}

#[tokio::test]
async fn files_are_kept_for_good_by_their_digests() {
    let (server, mut admin) = filled().await;
    let page = server.get(&mut admin, "/").await;
    let files: Vec<&str> = page
        .page(200)
        .split('"')
        .filter(|text| text.starts_with("/assets/"))
        .collect();
    assert_eq!(files.len(), 4, "{files:?}");
    for file in files {
        let answer = server.get(&mut Browser::default(), file).await;
        assert_eq!(answer.status, 200, "{file}");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        let kind = match file.rsplit_once('.') {
            Some((_, "js")) => "text/javascript",
            Some((_, "svg")) => "image/svg+xml",
            _ => "text/css",
        };
        assert!(answer.header("content-type").starts_with(kind), "{file}");
        let (_, name) = file.trim_start_matches("/assets/").split_once('/').expect("a digest");
        server
            .get(&mut Browser::default(), &format!("/assets/0123456789abcdef/{name}"))
            .await
            .page(404);
    }
}

#[tokio::test]
async fn what_a_page_loads_first_is_small() {
    let (server, mut admin) = filled().await;
    let page = server.get(&mut admin, "/").await;
    let files = page.page(200).split('"').filter(|text| text.starts_with("/assets/"));
    let mut sizes = Vec::new();
    for path in files.chain(["/"]) {
        let cookies: Vec<String> = admin
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = Request::get(path)
            .header("accept-encoding", "gzip")
            .header("cookie", cookies.join("; "));
        let answer = server
            .router_bytes(request.body(Body::empty()).expect("a request"))
            .await;
        sizes.push((is_script(path), answer));
    }
    let all: usize = sizes.iter().map(|(_, size)| size).sum();
    let scripts: usize = sizes
        .iter()
        .filter(|(is_script, _)| *is_script)
        .map(|(_, size)| size)
        .sum();
    assert!(all <= 60_000, "{all} bytes");
    assert!(scripts <= 25_000, "{scripts} bytes");
}

#[tokio::test]
async fn a_script_is_sent_on_by_a_header() {
    let (server, mut admin) = filled().await;
    let cookies: Vec<String> = admin
        .cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let body = format!("csrf={}&name=More", admin.csrf);
    let request = Request::post("/segments/add")
        .header("cookie", cookies.join("; "))
        .header("hx-request", "true")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .expect("a request");
    let answer = server.send(request).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("hx-redirect")),
        (200, "/segments/2")
    );
    server.get(&mut admin, "/segments/2").await.page(200);
}

#[tokio::test]
async fn other_methods_and_bodies_are_refused() {
    let (server, mut admin) = filled().await;
    let put = Request::put("/contacts").header("sec-fetch-site", "same-origin");
    server.send(put.body(Body::empty()).expect("a request")).await.page(404);
    let huge = "x".repeat(600 * 1024);
    server
        .post(&mut admin, "/segments/add", &[("name", &huge)])
        .await
        .page(400);
}

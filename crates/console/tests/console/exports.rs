//! Connectors and exports: forms, the check, runs.

use crate::support::{Browser, Server};
use selfsame_domain::ConnectorId;

/// Makes a connector to a database; returns its page.
async fn connector(server: &Server, admin: &mut Browser) -> String {
    let fields = [
        ("name", "warehouse"),
        ("host", "8.8.8.8"),
        ("database", "marketing"),
        ("user", "selfsame"),
        ("secret", "not shown again"),
        ("ssl", "verify-full"),
    ];
    let made = server.post(admin, "/exports/connectors/new/postgres", &fields).await;
    made.goes_to().to_owned()
}

/// Makes an export to the first connector; returns its page.
async fn export(server: &Server, admin: &mut Browser) -> String {
    let page = connector(server, admin).await;
    let (_, id) = page.rsplit_once('/').expect("an ID");
    let fields = [
        ("name", "hourly"),
        ("connector", id),
        ("dataset", "contacts"),
        ("dataset", "orders"),
        ("external", "on"),
        ("schema", "public"),
        ("runs", "minutes"),
        ("minutes", "60"),
    ];
    server.post(admin, "/exports/new", &fields).await.goes_to().to_owned()
}

#[tokio::test]
async fn a_connector_is_made_checked_rotated_and_deleted() {
    let server = Server::start().await;
    let mut admin = server.browser("admin@example.com").await;
    for kind in ["postgres", "bigquery", "file"] {
        let path = format!("/exports/connectors/new/{kind}");
        server.get(&mut admin, &path).await.page(200);
        server.post(&mut admin, &path, &[("name", "x")]).await.page(422);
    }
    let path = connector(&server, &mut admin).await;
    let page = server.get(&mut admin, &path).await;
    page.shows("selfsame@8.8.8.8:5432/marketing");
    assert!(!page.text.contains("not shown again"));
    let checked = server.post(&mut admin, &format!("{path}/check"), &[]).await;
    checked.shows("the user may not");
    checked.shows("<code>GRANT CREATE</code>");
    let id = ConnectorId(path.rsplit_once('/').expect("an ID").1.parse().expect("an ID"));
    let sealed = async || {
        let found = server.app.store().connector(server.one, id).await;
        found.expect("read").map(|connector| connector.sealed)
    };
    let before = sealed().await;
    let rotate = format!("{path}/secret");
    server.post(&mut admin, &rotate, &[("secret", " ")]).await.page(422);
    assert_eq!(sealed().await, before);
    server
        .post(&mut admin, &rotate, &[("secret", "another")])
        .await
        .goes_to();
    assert_ne!(sealed().await, before);
    server.post(&mut admin, &format!("{path}/delete"), &[]).await.goes_to();
    assert_eq!(sealed().await, None);
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_said_in_words_and_secrets_are_not_shown() {
    let server = Server::start().await;
    let mut admin = server.browser("admin@example.com").await;
    let postgres = |host, port| {
        [
            ("name", "warehouse"),
            ("host", host),
            ("port", port),
            ("database", "marketing"),
            ("user", "selfsame"),
            ("secret", "a secret"),
            ("ssl", "require"),
        ]
    };
    for (fields, text) in [
        (postgres("a@b", ""), "The host must be"),
        (postgres("8.8.8.8", "0"), "The port must be"),
        (postgres("10.0.0.1", ""), "private"),
    ] {
        let refused = server
            .post(&mut admin, "/exports/connectors/new/postgres", &fields)
            .await;
        assert!(refused.page(422).contains(text), "{text}: {}", refused.text);
        assert!(!refused.text.contains("a secret"));
    }
    let account = [
        ("name", "big"),
        ("project", "my-project"),
        ("dataset", "marketing"),
        (
            "secret",
            "{\"client_email\": \"a@b\", \"private_key\": \"very private\"}",
        ),
    ];
    let refused = server
        .post(&mut admin, "/exports/connectors/new/bigquery", &account)
        .await;
    assert!(
        refused.page(422).contains("lacks private_key_id, project_id"),
        "{}",
        refused.text
    );
    assert!(!refused.text.contains("very private"));
    let folder = [("name", "files"), ("directory", "exports"), ("format", "csv")];
    let refused = server.post(&mut admin, "/exports/connectors/new/file", &folder).await;
    assert!(refused.page(422).contains("must be absolute"));
}

#[tokio::test]
async fn an_export_is_made_run_paused_and_deleted() {
    let server = Server::start().await;
    let mut admin = server.browser("admin@example.com").await;
    let path = export(&server, &mut admin).await;
    let page = server.get(&mut admin, &path).await;
    page.shows("contacts, orders");
    page.shows("every 60 minutes");
    page.shows("did not run yet");
    server.post(&mut admin, &format!("{path}/run"), &[]).await.goes_to();
    let page = server.get(&mut admin, &path).await;
    page.shows("waiting");
    page.shows("hx-trigger");
    let (_, run) = page.text.split_once(&format!("{path}/runs/")).expect("a run");
    let cancel = format!("{path}/runs/{}/cancel", run.split('/').next().expect("an ID"));
    server.post(&mut admin, &cancel, &[]).await.goes_to();
    server.get(&mut admin, &path).await.shows("<td>cancelled</td>");
    server.post(&mut admin, &format!("{path}/pause"), &[]).await.goes_to();
    server.get(&mut admin, "/exports").await.shows("<td>paused</td>");
    server.post(&mut admin, &format!("{path}/resume"), &[]).await.goes_to();
    server.get(&mut admin, "/exports").await.shows("<td>active</td>");
    server.post(&mut admin, &format!("{path}/delete"), &[]).await.goes_to();
    server.get(&mut admin, &path).await.page(404);
    let audit = server.get(&mut admin, "/settings/audit").await;
    for text in [
        "made a connector",
        "made an export",
        "ran an export",
        "paused or resumed",
        "deleted an export",
    ] {
        audit.shows(text);
    }
}

#[tokio::test]
async fn an_export_that_cannot_be_is_refused_in_words() {
    let server = Server::start().await;
    let mut admin = server.browser("admin@example.com").await;
    let page = connector(&server, &mut admin).await;
    let (_, id) = page.rsplit_once('/').expect("an ID");
    server.get(&mut admin, "/exports/new").await.shows("warehouse");
    for (change, text) in [
        (("name", ""), "“Name” is missing"),
        (("connector", ""), "Choose a connector"),
        (
            ("connector", "019a3c5e-7d60-7bb2-8c11-3f3f9d3d2a10"),
            "names no connector",
        ),
        (("dataset", "nothing"), "Choose at least one dataset"),
        (("schema", "pg_catalog"), "The schema must have"),
        (("minutes", "0"), "The minutes must be"),
        (("segment", "7"), "names no segment"),
    ] {
        let fields = [
            ("name", "hourly"),
            ("connector", id),
            ("dataset", "contacts"),
            ("schema", "public"),
            ("runs", "minutes"),
            ("minutes", "60"),
            ("segment", ""),
        ];
        let fields = fields.map(|field| if field.0 == change.0 { change } else { field });
        let refused = server.post(&mut admin, "/exports/new", &fields).await;
        assert!(refused.page(422).contains(text), "{change:?}: {}", refused.text);
    }
}

#[tokio::test]
async fn exports_are_for_admins_of_their_workspace() {
    let server = Server::start().await;
    let mut admin = server.browser("admin@example.com").await;
    let path = export(&server, &mut admin).await;
    let list = server.get(&mut admin, "/exports").await;
    let (_, rest) = list
        .page(200)
        .split_once("<a href=\"/exports/connectors/")
        .expect("a connector");
    let connector = format!("/exports/connectors/{}", rest.split('"').next().expect("its end"));
    let forms: Vec<String> = ["run", "pause", "resume", "columns", "delete"]
        .map(|action| format!("{path}/{action}"))
        .into_iter()
        .chain(["check", "secret", "delete"].map(|action| format!("{connector}/{action}")))
        .collect();
    let mut stranger = server.browser("other@example.com").await;
    let mut marketer = server.browser("marketer@example.com").await;
    assert!(!server.get(&mut marketer, "/").await.page(200).contains("/exports"));
    for page in [&path, &connector] {
        server.get(&mut stranger, page).await.page(404);
        server.get(&mut marketer, page).await.page(403);
    }
    for page in ["/exports", "/exports/new", "/exports/connectors/new/file"] {
        server.get(&mut marketer, page).await.page(403);
    }
    for form in &forms {
        server.post(&mut stranger, form, &[("secret", "x")]).await.page(404);
        server.post(&mut marketer, form, &[("secret", "x")]).await.page(403);
        server.post_raw(&mut admin, form, &[("secret", "x")]).await.page(403);
    }
    let in_use = server.post(&mut admin, &format!("{connector}/delete"), &[]).await;
    assert!(in_use.page(422).contains("an export uses the connector"));
}

#[tokio::test]
async fn the_external_id_is_added_to_an_export_that_lacks_it() {
    let server = Server::start().await;
    let mut admin = server.browser("admin@example.com").await;
    let page = connector(&server, &mut admin).await;
    let (_, id) = page.rsplit_once('/').expect("an ID");
    let fields = [
        ("name", "old form"),
        ("connector", id),
        ("dataset", "contacts"),
        ("schema", "public"),
        ("runs", "hand"),
    ];
    let path = server
        .post(&mut admin, "/exports/new", &fields)
        .await
        .goes_to()
        .to_owned();
    let before = server.get(&mut admin, &path).await;
    before.shows("Add missing columns…");
    before.shows("<code>externalCustomerId</code>");
    let widen = format!("{path}/columns");
    assert_eq!(server.post(&mut admin, &widen, &[]).await.goes_to(), path);
    let after = server.get(&mut admin, &path).await;
    after.shows("waiting");
    assert!(!after.text.contains("Add missing columns"));
    server
        .get(&mut admin, "/settings/audit")
        .await
        .shows("added columns to an export");
}

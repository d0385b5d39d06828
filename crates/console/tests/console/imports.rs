//! Importing a file: upload, preview, run, outcomes, undo.

use crate::support::{Answer, Browser, IMPORT_LIMIT, Server};
use selfsame_application::ports::{Import, ImportId, ImportStatus};
use selfsame_storage_conformance::api_call;
use std::time::Duration;

const FILE: &str = "External ID,Mail,Comment\nC-1,ann@example.com,x\n,nonsense,y\n";

/// The values of the choices that a form shows as chosen, under the names of their fields, as a browser would send them.
fn chosen(page: &str) -> Vec<(String, String)> {
    let (_, form) = page
        .split_once("<form method=\"post\" action=\"/imports/new/")
        .expect("the form");
    let form = form.split("</form>").next().expect("its end");
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!("{name}=\""))?;
        rest.split('"').next().map(str::to_owned)
    };
    let mut sent = Vec::new();
    let mut select = String::new();
    for tag in form.split('<') {
        if tag.starts_with("select") {
            select = attribute(tag, "name").expect("a name");
        } else if tag.starts_with("option") && tag.contains(" selected") {
            sent.push((select.clone(), attribute(tag, "value").expect("a value")));
        } else if tag.starts_with("input") && !tag.contains("checkbox") && !tag.contains("csrf") {
            sent.push((
                attribute(tag, "name").expect("a name"),
                attribute(tag, "value").unwrap_or_default(),
            ));
        }
    }
    sent
}

/// Presses a button of a preview, with choices changed.
async fn press(
    server: &Server,
    browser: &mut Browser,
    path: &str,
    page: &Answer,
    button: &str,
    changes: &[(&str, &str, &str)],
) -> Answer {
    let mut fields = chosen(&page.text);
    for (column, name, value) in changes {
        let place = if column.is_empty() {
            0
        } else {
            let is_column = |(name, value): &(String, String)| name == "column" && value == column;
            fields.iter().position(is_column).expect("the column")
        };
        let found = fields[place..].iter_mut().find(|(known, _)| known == name);
        (*value).clone_into(&mut found.expect("the field").1);
    }
    fields.push(("do".to_owned(), button.to_owned()));
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    server.post(browser, path, &fields).await
}

async fn upload(server: &Server, browser: &mut Browser, file: &str) -> String {
    let csrf = browser.csrf.clone();
    let answer = server.post_file(browser, &csrf, file.as_bytes()).await;
    answer.goes_to().to_owned()
}

fn id_of(path: &str) -> ImportId {
    let (_, id) = path.rsplit_once('/').expect("an ID");
    ImportId(id.parse().expect("an ID"))
}

async fn over(server: &Server, path: &str) -> Import {
    let patience = Duration::from_mins(1);
    let found = server.app.import_when_over(server.one, id_of(path), patience).await;
    found.expect("read").expect("an import")
}

#[tokio::test]
async fn a_file_is_uploaded_previewed_imported_and_undone() {
    let server = Server::working().await;
    let mut marketer = server.browser("marketer@example.com").await;
    server.get(&mut marketer, "/imports").await.shows("Import a file");
    let path = upload(&server, &mut marketer, FILE).await;
    let page = server.get(&mut marketer, &path).await;
    for text in [
        "CSV",
        "UTF-8",
        "<option value=\"externalCustomerId\" selected>External ID</option>",
        "<option value=\"email\" selected>Email</option>",
        "ann@example.com · nonsense",
        "<td>created</td>",
        "must be an email address",
    ] {
        page.shows(text);
    }
    assert!(!page.text.contains("All rows"));
    let counted = press(&server, &mut marketer, &path, &page, "totals", &[]).await;
    counted.shows("<dt>created</dt><dd>1</dd>");
    counted.shows("<dt>rejected</dt><dd>1</dd>");
    let run = press(&server, &mut marketer, &path, &page, "run", &[]).await;
    let import = run.goes_to().to_owned();
    assert_eq!(over(&server, &import).await.status, ImportStatus::Finished);
    let done = server.get(&mut marketer, &import).await;
    let (_, link) = done.page(200).split_once("<a href=\"/contacts/").expect("a contact");
    let contact = format!("/contacts/{}", link.split('"').next().expect("its end"));
    server.get(&mut marketer, &contact).await.shows("ann@example.com");
    // The button may be pressed twice.
    let again = press(&server, &mut marketer, &path, &page, "run", &[]).await;
    assert_eq!(again.goes_to(), import);
    let only = server.get(&mut marketer, &format!("{import}?outcome=rejected")).await;
    only.shows("must be an email address");
    assert!(!only.text.contains("<a href=\"/contacts/"));
    let rejects = server.get(&mut marketer, &format!("{import}/rejects.csv")).await;
    assert_eq!(rejects.header("content-type"), "text/csv; charset=utf-8");
    assert!(
        rejects.page(200).starts_with("row,line,error\n2,3,"),
        "{}",
        rejects.text
    );
    server
        .post(&mut marketer, &format!("{import}/undo"), &[])
        .await
        .goes_to();
    server.get(&mut marketer, &contact).await.shows("was removed");
    server.get(&mut marketer, "/imports").await.shows("<td>undone</td>");
    let mut admin = server.browser("admin@example.com").await;
    let audit = server.get(&mut admin, "/settings/audit").await;
    audit.shows("imported a file");
    audit.shows("undid an import");
}

#[tokio::test]
async fn choices_of_a_preview_decide_what_is_imported() {
    let server = Server::working().await;
    server.contact(api_call().email("bob@example.com").upsert()).await;
    let mut admin = server.browser("admin@example.com").await;
    let path = upload(&server, &mut admin, "k;m\n1;bob@example.com\n2;eve@example.com\n").await;
    let refused = server.get(&mut admin, &path).await;
    assert!(refused.page(422).contains("no column goes to"), "{}", refused.text);
    let changes = [("", "unique", "email"), ("m", "to", "email")];
    let page = press(&server, &mut admin, &path, &refused, "preview", &changes).await;
    page.shows("<td>unchanged</td>");
    page.shows("<td>created</td>");
    page.shows("“;”");
    let wrong = press(&server, &mut admin, &path, &page, "run", &[("", "region", "x")]).await;
    assert!(wrong.page(422).contains("two letters"));
    let odd = press(&server, &mut admin, &path, &page, "preview", &[("m", "to", "nothing")]).await;
    odd.page(400);
    let mut fields: Vec<(String, String)> = chosen(&page.text);
    fields.extend([("dry", "on"), ("do", "run")].map(|(name, value)| (name.to_owned(), value.to_owned())));
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let run = server.post(&mut admin, &path, &fields).await;
    let import = over(&server, run.goes_to()).await;
    assert!(import.is_dry_run && import.counts.created == 1, "{import:?}");
    server.get(&mut admin, "/contacts").await.shows("1 contact");
}

#[tokio::test]
async fn damaged_columns_are_decided_about_before_and_after_the_start() {
    let server = Server::working().await;
    let mut marketer = server.browser("marketer@example.com").await;
    let file = "external_id,phone\nC-1,3.80501E+11\nC-2,3.80502E+11\n";
    let path = upload(&server, &mut marketer, file).await;
    let page = server.get(&mut marketer, &path).await;
    page.shows("their last digits are lost");
    let run = press(&server, &mut marketer, &path, &page, "run", &[]).await;
    let import = run.goes_to().to_owned();
    assert_eq!(over(&server, &import).await.status, ImportStatus::NeedsDecision);
    server.get(&mut marketer, &import).await.shows("Damaged columns");
    let decide = format!("{import}/decide");
    let skip = [("column", "external_id"), ("damage", "skip")];
    let back = server.post(&mut marketer, &decide, &skip).await.goes_to().to_owned();
    assert!(back.contains("problem=key"), "{back}");
    let skip = [("column", "phone"), ("damage", "skip")];
    server.post(&mut marketer, &decide, &skip).await.goes_to();
    let done = over(&server, &import).await;
    assert_eq!((done.status, done.counts.created), (ImportStatus::Finished, 2));
    server.post(&mut marketer, &decide, &skip).await.page(409);
    let path = upload(&server, &mut marketer, file).await;
    let page = server.get(&mut marketer, &path).await;
    let page = press(
        &server,
        &mut marketer,
        &path,
        &page,
        "preview",
        &[("phone", "damage", "skip")],
    )
    .await;
    assert!(!page.page(200).contains("their last digits are lost"));
    let run = press(&server, &mut marketer, &path, &page, "run", &[]).await;
    assert_eq!(over(&server, run.goes_to()).await.counts.unchanged, 2);
}

#[tokio::test]
async fn a_script_polls_until_an_import_is_over() {
    let server = Server::start().await;
    let mut marketer = server.browser("marketer@example.com").await;
    let path = upload(&server, &mut marketer, FILE).await;
    let page = server.get(&mut marketer, &path).await;
    let run = press(&server, &mut marketer, &path, &page, "run", &[]).await;
    let import = run.goes_to().to_owned();
    let waiting = server.get(&mut marketer, &import).await;
    waiting.shows("hx-trigger=\"every 2s\"");
    waiting.shows("waiting");
    server
        .post(&mut marketer, &format!("{import}/cancel"), &[])
        .await
        .goes_to();
    let cancelled = server.get(&mut marketer, &import).await;
    cancelled.shows("cancelled");
    assert!(!cancelled.text.contains("hx-trigger"));
    let cookies: Vec<String> = marketer
        .cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let polled = http::Request::get(&import)
        .header("cookie", cookies.join("; "))
        .header("hx-request", "true")
        .body(axum::body::Body::empty())
        .expect("a request");
    assert_eq!(server.send(polled).await.header("hx-refresh"), "true");
}

#[tokio::test]
async fn files_that_are_empty_too_large_or_of_another_session_are_refused() {
    let server = Server::start().await;
    let mut marketer = server.browser("marketer@example.com").await;
    let csrf = marketer.csrf.clone();
    let empty = server.post_file(&mut marketer, &csrf, b"").await;
    assert!(empty.page(422).contains("Choose a file"));
    let large = vec![b'x'; usize::try_from(IMPORT_LIMIT).expect("a size") + 1];
    server.post_file(&mut marketer, &csrf, &large).await.page(413);
    server.post_file(&mut marketer, "aaaa", FILE.as_bytes()).await.page(403);
    let path = upload(&server, &mut marketer, "\u{0}\u{1}").await;
    server.get(&mut marketer, &path).await.page(422);
    let kept = upload(&server, &mut marketer, FILE).await;
    let page = server.get(&mut marketer, &kept).await;
    assert_eq!(
        press(&server, &mut marketer, &kept, &page, "drop", &[]).await.goes_to(),
        "/imports"
    );
    server.get(&mut marketer, &kept).await.page(404);
}

#[tokio::test]
async fn imports_are_for_roles_that_may_and_of_one_workspace() {
    let server = Server::start().await;
    let mut marketer = server.browser("marketer@example.com").await;
    let path = upload(&server, &mut marketer, FILE).await;
    let page = server.get(&mut marketer, &path).await;
    let mut stranger = server.browser("other@example.com").await;
    server.get(&mut stranger, &path).await.page(404);
    press(&server, &mut stranger, &path, &page, "run", &[]).await.page(404);
    press(&server, &mut stranger, &path, &page, "drop", &[]).await.goes_to();
    for role in ["support", "viewer"] {
        let mut browser = server.browser(&format!("{role}@example.com")).await;
        let list = server.get(&mut browser, "/imports").await;
        assert!(!list.page(200).contains("type=\"file\""));
        server.get(&mut browser, &path).await.page(403);
        let csrf = browser.csrf.clone();
        server.post_file(&mut browser, &csrf, FILE.as_bytes()).await.page(403);
    }
    let run = press(&server, &mut marketer, &path, &page, "run", &[]).await;
    let import = run.goes_to().to_owned();
    for action in ["cancel", "undo", "decide"] {
        let action = format!("{import}/{action}");
        server.post(&mut stranger, &action, &[]).await.page(404);
        server.post_raw(&mut marketer, &action, &[]).await.page(403);
        let mut viewer = server.browser("viewer@example.com").await;
        server.post(&mut viewer, &action, &[]).await.page(403);
    }
    server.get(&mut stranger, &import).await.page(404);
    server
        .get(&mut stranger, &format!("{import}/rejects.csv"))
        .await
        .page(404);
    server
        .post(&mut marketer, &format!("{import}/undo"), &[])
        .await
        .page(409);
}

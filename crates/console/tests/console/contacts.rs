//! Contacts: finding them, why each is one person, undoing merges.

use crate::support::Server;
use selfsame_domain::Command;
use selfsame_storage_conformance::{RequestBuilder, api_call, merge_of};

#[tokio::test]
async fn a_contact_is_found_by_whatever_it_has() {
    let server = Server::start().await;
    let ann = api_call().external("C-1").email("Ann@Example.com").sms("+380501234567");
    let ann = server.contact(ann.first("Ann").last("Bee").upsert()).await;
    server.contact(api_call().email("bob@example.com").upsert()).await;
    let mut browser = server.browser("viewer@example.com").await;
    server.get(&mut browser, "/contacts").await.shows("2 contacts");
    let link = format!("href=\"/contacts/{ann}\"");
    let number = ann.to_string();
    for q in [
        "C-1",
        "ann@example.com",
        "%2B380%2050%20123%2045%2067",
        "bee",
        "ANN",
        number.as_str(),
    ] {
        let page = server.get(&mut browser, &format!("/contacts?q={q}")).await;
        page.shows(&link);
        page.shows("1 contact<");
    }
    let page = server.get(&mut browser, "/contacts?q=C-1&by=email").await;
    page.shows("Nobody was found.");
    let page = server.get(&mut browser, "/contacts?q=%3Cscript%3E").await;
    page.shows("value=\"&#60;script&#62;\"");
}

#[tokio::test]
async fn the_list_goes_page_by_page() {
    let server = Server::start().await;
    for number in 0..30 {
        server
            .contact(api_call().external(&format!("C-{number}")).upsert())
            .await;
    }
    let mut browser = server.browser("viewer@example.com").await;
    let first = server.get(&mut browser, "/contacts").await;
    first.shows("30 contacts");
    first.shows("<td>C-29</td>");
    assert!(!first.text.contains("<td>C-4</td>") && !first.text.contains("rel=\"prev\""));
    let (_, link) = first
        .text
        .split_once("<a href=\"/contacts?after=")
        .expect("the next page");
    let next = format!("/contacts?after={}", link.split('"').next().expect("its end"));
    let second = server.get(&mut browser, &next).await;
    second.shows("30 contacts");
    second.shows("<td>C-4</td>");
    assert!(!second.text.contains("rel=\"next\"") && second.text.contains("rel=\"prev\""));
    server.get(&mut browser, "/contacts?after=nonsense").await.page(404);
    for number in 0..30 {
        let builder = api_call().external(&format!("C-{number}")).last("Bee");
        server.contact(builder.upsert()).await;
    }
    let found = server.get(&mut browser, "/contacts?q=bee&by=last_name").await;
    found.shows("from=25");
    let rest = server.get(&mut browser, "/contacts?q=bee&by=last_name&from=25").await;
    assert!(!rest.page(200).contains("rel=\"next\"") && rest.text.contains("rel=\"prev\""));
}

#[tokio::test]
async fn a_contact_says_why_it_is_one_person() {
    let server = Server::start().await;
    let id = server.contact(api_call().device("d-1").upsert()).await;
    let builder = api_call().external("C-1").email("ann@example.com").device("d-1");
    assert_eq!(server.contact(builder.first("Ann").upsert()).await, id);
    server
        .decide(api_call().email("ann@example.com").town("Київ").upsert())
        .await;
    server.decide(api_call().external("C-1").happened_event()).await;
    let mut browser = server.browser("viewer@example.com").await;
    let page = server.get(&mut browser, &format!("/contacts/{id}")).await;
    for text in [
        "<h1>Ann</h1>",
        "<td>ann@example.com</td>",
        "Nobody held the external ID of the request; its device d-1 led to this contact, which had none (rule 3).",
        "It was found by its email ann@example.com.",
        "Got the email ann@example.com.",
        "<dt>Town</dt><dd>Київ</dd>",
        "productViewed",
    ] {
        page.shows(text);
    }
    let only = server.get(&mut browser, &format!("/contacts/{id}?kind=event")).await;
    only.shows("productViewed");
    assert!(!only.text.contains("<strong>Decision</strong>"));
    server
        .get(&mut browser, &format!("/contacts/{id}?after=x"))
        .await
        .page(404);
}

#[tokio::test]
async fn a_merge_is_undone_after_a_look_at_what_goes_back() {
    let server = Server::start().await;
    let kept = server
        .contact(api_call().external("C-1").email("a@example.com").upsert())
        .await;
    let absorbed = server
        .contact(api_call().email("b@example.com").first("Bob").upsert())
        .await;
    let merge = Command::Merge {
        survivor: kept,
        absorbed,
        force: false,
    };
    let merge = merge_of(&server.decide(merge).await);
    let path = format!("/contacts/{kept}/merges/{merge}/undo");
    let mut support = server.browser("support@example.com").await;
    let moved = server.get(&mut support, &format!("/contacts/{absorbed}")).await;
    assert_eq!(moved.goes_to(), format!("/contacts/{kept}"));
    server
        .get(&mut support, &format!("/contacts/{kept}"))
        .await
        .shows(&path);
    let merged = server.get(&mut support, &format!("/contacts/{kept}")).await;
    merged.shows(&format!("(contact {absorbed}). The call “upsert” created the contact."));
    let page = server.get(&mut support, &path).await;
    page.shows("<li>email b@example.com</li>");
    page.shows("<li>First name</li>");
    for role in ["viewer", "marketer"] {
        let mut browser = server.browser(&format!("{role}@example.com")).await;
        let page = server.get(&mut browser, &format!("/contacts/{kept}")).await;
        assert!(!page.page(200).contains(&path));
        server.get(&mut browser, &path).await.page(403);
        server.post(&mut browser, &path, &[]).await.page(403);
    }
    let done = server.post(&mut support, &path, &[]).await;
    assert_eq!(done.goes_to(), format!("/contacts/{kept}#merges"));
    server
        .get(&mut support, &format!("/contacts/{absorbed}"))
        .await
        .shows("<h1>Bob</h1>");
    let again = server.post(&mut support, &path, &[]).await;
    assert!(again.page(409).contains("the merge was undone already"));
    server
        .get(&mut support, &path)
        .await
        .shows("the merge was undone already");
    let mut admin = server.browser("admin@example.com").await;
    let log = server.get(&mut admin, "/settings/audit").await;
    log.shows("<td>support@example.com</td>");
    log.shows(&format!("<td>{kept} {absorbed}</td>"));
}

#[tokio::test]
async fn a_removed_contact_is_shown_as_such() {
    let server = Server::start().await;
    let id = server.contact(api_call().external("C-1").upsert()).await;
    server.decide(selfsame_storage_conformance::remove(id)).await;
    let mut browser = server.browser("viewer@example.com").await;
    server
        .get(&mut browser, &format!("/contacts/{id}"))
        .await
        .shows("This contact was removed.");
    server.get(&mut browser, "/contacts").await.shows("0 contacts");
}

#[tokio::test]
async fn contacts_of_another_workspace_are_not_there() {
    let server = Server::start().await;
    let one = server
        .contact(api_call().external("C-1").email("a@example.com").upsert())
        .await;
    let two = server.contact(api_call().email("b@example.com").upsert()).await;
    let merge = Command::Merge {
        survivor: one,
        absorbed: two,
        force: false,
    };
    let merge = merge_of(&server.decide(merge).await);
    let mut stranger = server.browser("other@example.com").await;
    server.get(&mut stranger, &format!("/contacts/{one}")).await.page(404);
    let undo = format!("/contacts/{one}/merges/{merge}/undo");
    server.get(&mut stranger, &undo).await.page(404);
    server.post(&mut stranger, &undo, &[]).await.page(404);
    server
        .get(&mut stranger, "/contacts?q=C-1")
        .await
        .shows("Nobody was found.");
    for path in [
        "/contacts/0",
        "/contacts/-1",
        "/contacts/x",
        "/contacts/99999999999999999999",
    ] {
        server.get(&mut stranger, path).await.page(404);
    }
}

trait Happened {
    fn happened_event(self) -> Command;
}

impl Happened for RequestBuilder {
    fn happened_event(self) -> Command {
        selfsame_storage_conformance::keep(self.happened("productViewed"))
    }
}

#[tokio::test]
async fn a_contact_has_a_graph_of_its_identity_and_the_same_as_a_table() {
    let server = Server::start().await;
    let absorbed = server.contact(api_call().device("d-1").upsert()).await;
    let builder = api_call().external("C-1").email("ann@example.com").device("d-1");
    let id = server.contact(builder.upsert()).await;
    let mut browser = server.browser("viewer@example.com").await;
    let page = server.get(&mut browser, &format!("/contacts/{id}")).await;
    page.shows("<svg class=\"graph\"");
    let nodes = page.text.matches("<rect class=\"node").count();
    let rows = page
        .text
        .split("<summary>The graph as a table</summary>")
        .nth(1)
        .expect("a table");
    let rows = rows.split("</table>").next().expect("its end").matches("<tr>").count();
    assert_eq!(nodes, rows - 1, "the table has what the picture has");
    for text in ["node contact", "node identifier", "by=email&#38;q=ann%40example%2Ecom"] {
        page.shows(text);
    }
    if absorbed != id {
        page.shows("node absorbed");
    }
}

#[tokio::test]
async fn merges_are_reviewed_and_undone() {
    let server = Server::start().await;
    for number in 0..26 {
        let device = format!("d-{number}");
        server.contact(api_call().device(&device).upsert()).await;
        let builder = api_call()
            .external(&format!("C-{number}"))
            .email(&format!("a{number}@example.com"));
        server.contact(builder.upsert()).await;
    }
    let mut merges = Vec::new();
    for number in 0..26 {
        let builder = api_call()
            .external(&format!("C-{number}"))
            .device(&format!("d-{number}"));
        merges.push(merge_of(&server.decide(builder.upsert()).await));
    }
    let mut support = server.browser("support@example.com").await;
    let page = server.get(&mut support, "/review").await;
    page.shows(&format!("/merges/{}/undo", merges[25]));
    assert!(!page.text.contains(&merges[0].to_string()));
    let (_, link) = page.text.split_once("<a href=\"/review?before=").expect("older ones");
    let older = format!("/review?before={}", link.split('"').next().expect("its end"));
    server.get(&mut support, &older).await.shows(&merges[0].to_string());
    let mut viewer = server.browser("viewer@example.com").await;
    assert!(!server.get(&mut viewer, "/review").await.page(200).contains("/undo"));
    let mut stranger = server.browser("other@example.com").await;
    server.get(&mut stranger, &older).await.page(404);
    server.get(&mut stranger, "/review").await.shows("Nothing was merged.");
}

#[tokio::test]
async fn columns_are_chosen_for_the_browser() {
    let server = Server::start().await;
    let ann = api_call().external("C-1").first("Ann").town("Lviv");
    server.contact(ann.upsert()).await;
    let mut browser = server.browser("viewer@example.com").await;
    assert!(
        !server
            .get(&mut browser, "/contacts")
            .await
            .text
            .contains("<td>Lviv</td>")
    );
    let fields = [
        ("column", "town"),
        ("column", "nonsense"),
        ("column", "createdAt"),
        ("back", "/contacts"),
    ];
    let chosen = server.post(&mut browser, "/contacts/columns", &fields).await;
    assert_eq!(chosen.goes_to(), "/contacts");
    let page = server.get(&mut browser, "/contacts").await;
    page.shows("<td>Lviv</td>");
    page.shows("<th scope=\"col\">Created</th>");
    assert!(!page.text.contains("<td>Ann</td>"));
    server
        .post_raw(&mut browser, "/contacts/columns", &fields)
        .await
        .page(403);
}

#[tokio::test]
async fn the_list_is_filtered_by_conditions_and_downloaded() {
    let server = Server::start().await;
    for number in 0..30 {
        let builder = api_call().external(&format!("C-{number}"));
        server.contact(builder.upsert()).await;
    }
    let ann = api_call().email("ann@example.com").first("Ann").town("=HYPERLINK(1)");
    server.contact(ann.upsert()).await;
    let mut marketer = server.browser("marketer@example.com").await;
    server.get(&mut marketer, "/contacts/filter").await.page(200);
    let columns = [("column", "email"), ("column", "town"), ("back", "/contacts")];
    server
        .post(&mut marketer, "/contacts/columns", &columns)
        .await
        .goes_to();
    let fields = [
        ("cards", "1"),
        ("field-0", "externalCustomerId"),
        ("operator-0", "is_empty"),
        ("do", "done"),
    ];
    let done = server.post(&mut marketer, "/contacts/filter", &fields).await;
    let path = done.goes_to().to_owned();
    assert!(path.starts_with("/contacts?filter="), "{path}");
    let page = server.get(&mut marketer, &path).await;
    page.shows("1 contact<");
    page.shows("External ID is empty");
    let file = path.replace("/contacts?", "/contacts/list.csv?");
    page.shows(&file);
    let file = server.get(&mut marketer, &file).await;
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    let lines: Vec<&str> = file.page(200).lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[1].contains("'=HYPERLINK(1)") && lines[1].contains("ann@example.com"),
        "{}",
        lines[1]
    );
    let all = server.get(&mut marketer, "/contacts/list.csv").await;
    assert_eq!(all.page(200).lines().count(), 32);
    let others = path.replace("empty", "not%20empty");
    let first = server.get(&mut marketer, &others).await;
    first.shows("30 contacts");
    let (_, rest) = first.text.split_once("&#38;after=").expect("a next page");
    let next = format!("{others}&after={}", rest.split('"').next().expect("its end"));
    let second = server.get(&mut marketer, &next).await;
    second.shows("30 contacts");
    assert!(!second.text.contains("rel=\"next\""));
    server
        .get(&mut marketer, "/contacts?filter=nonsense%20here")
        .await
        .page(422);
    let unfinished = [("cards", "1"), ("do", "done")];
    server
        .post(&mut marketer, "/contacts/filter", &unfinished)
        .await
        .page(422);
}

#[tokio::test]
async fn lists_are_downloaded_by_admins_and_marketers_alone() {
    let server = Server::start().await;
    server.contact(api_call().external("C-1").upsert()).await;
    let path = "/contacts/list.csv";
    for role in ["admin", "marketer"] {
        let mut browser = server.browser(&format!("{role}@example.com")).await;
        let file = server.get(&mut browser, path).await;
        assert_eq!(file.page(200).lines().count(), 2);
    }
    let mut admin = server.browser("admin@example.com").await;
    let log = server.get(&mut admin, "/settings/audit").await;
    log.shows("downloaded a list of contacts");
    for role in ["support", "viewer"] {
        let mut browser = server.browser(&format!("{role}@example.com")).await;
        server.get(&mut browser, path).await.page(403);
        let list = server
            .get(&mut browser, "/contacts?filter=External%20ID%20is%20not%20empty")
            .await;
        assert!(list.page(200).contains("1 contact<") && !list.text.contains("list.csv"));
    }
    let mut stranger = server.browser("other@example.com").await;
    let foreign = server.get(&mut stranger, path).await;
    assert_eq!(foreign.page(200).lines().count(), 1, "another workspace's contacts");
}

#[tokio::test]
async fn a_pasted_request_is_explained_and_not_carried_out() {
    let server = Server::start().await;
    let ann = server.contact(api_call().email("ann@example.com").upsert()).await;
    let mut viewer = server.browser("viewer@example.com").await;
    let path = "/contacts/explain";
    server.get(&mut viewer, path).await.page(200);
    let body = r#"{"externalCustomerId": "C-1", "channels": [{"type": "email", "value": "ann@example.com"}]}"#;
    let explained = server
        .post(&mut viewer, path, &[("call", "contact"), ("body", body)])
        .await;
    explained.shows(&format!("<a href=\"/contacts/{ann}\">"));
    explained.shows("led to this contact, which had none (rule 3)");
    let other = r#"{"externalCustomerId": "C-2"}"#;
    let created = server
        .post(&mut viewer, path, &[("call", "contact"), ("body", other)])
        .await;
    created.shows("created the contact");
    for (call, body, text) in [
        ("contact", "{", "no valid JSON"),
        (
            "contact",
            r#"{"channels": [{"type": "email", "value": "x"}]}"#,
            "/channels/0/value",
        ),
        ("update", "{}", "/contactId"),
    ] {
        let refused = server.post(&mut viewer, path, &[("call", call), ("body", body)]).await;
        assert!(refused.page(422).contains(text), "{body}: {}", refused.text);
    }
    server
        .post(&mut viewer, path, &[("call", "explode"), ("body", "{}")])
        .await
        .page(400);
    server
        .post_raw(&mut viewer, path, &[("call", "contact"), ("body", body)])
        .await
        .page(403);
    let contact = server
        .app
        .store()
        .contact(server.one, ann)
        .await
        .expect("read")
        .expect("a contact");
    assert_eq!(contact.contact.external_id(), None, "nothing was written");
}

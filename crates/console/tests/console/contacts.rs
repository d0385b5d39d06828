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
    let next = "/contacts?q=&amp;by=anything&amp;from=25";
    let escaped = next.replace("&amp;", "&#38;");
    assert!(first.text.contains(&escaped), "{}", first.text);
    let second = server.get(&mut browser, &next.replace("&amp;", "&")).await;
    second.shows("<td>C-4</td>");
    assert!(!second.text.contains("rel=\"next\"") && second.text.contains("rel=\"prev\""));
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

//! Shared and quarantined identifiers, and merging by hand.

use crate::support::{Browser, Server};
use selfsame_domain::{Command, ContactId, Policy};
use selfsame_storage_conformance::api_call;

/// The ID of another contact of the second workspace is none of the first.
const UNKNOWN: &str = "999";

/// Three contacts with different external IDs and one email.
async fn with_shared_email(server: &Server) -> Vec<ContactId> {
    let mut ids = Vec::new();
    for external in ["A", "B", "C"] {
        let builder = api_call().external(external).email("front@example.com");
        ids.push(server.contact(builder.upsert()).await);
    }
    ids
}

const SHARED: [(&str, &str); 2] = [("kind", "email"), ("value", "front@example.com")];
const SHARED_PAGE: &str = "/review/identifier?kind=email&value=front%40example.com";

#[tokio::test]
async fn a_shared_identifier_is_listed_and_made_evidence_again() {
    let server = Server::start().await;
    let ids = with_shared_email(&server).await;
    let mut support = server.browser("support@example.com").await;
    server.get(&mut support, "/").await.shows("1 identifier is shared");
    let list = server.get(&mut support, "/review/shared").await;
    list.shows("/review/identifier?kind=email&#38;value=front%40example%2Ecom");
    let page = server.get(&mut support, SHARED_PAGE).await;
    page.shows("It was seen with 3 external IDs");
    for id in ids {
        page.shows(&format!("<a href=\"/contacts/{id}\">"));
    }
    assert!(
        !page.text.contains("/review/identifier/block"),
        "blocking is for admins"
    );
    let unshared = server.post(&mut support, "/review/identifier/unshare", &SHARED).await;
    assert_eq!(unshared.goes_to(), "/review/shared");
    server
        .get(&mut support, "/review/shared")
        .await
        .shows("No identifier is shared.");
    assert!(!server.get(&mut support, "/").await.text.contains("is shared"));
    let mut admin = server.browser("admin@example.com").await;
    let log = server.get(&mut admin, "/settings/audit").await;
    log.shows("made a shared identifier evidence again");
    assert!(
        !log.text.contains("front@example.com"),
        "the log names no value of a contact"
    );
}

#[tokio::test]
async fn an_identifier_of_nobody_is_blocked_by_an_admin() {
    let server = Server::start().await;
    with_shared_email(&server).await;
    let mut admin = server.browser("admin@example.com").await;
    let blocked = server.post(&mut admin, "/review/identifier/block", &SHARED).await;
    assert_eq!(blocked.goes_to(), "/review/shared");
    server
        .get(&mut admin, SHARED_PAGE)
        .await
        .shows("It is on the list of blocked values");
    let policy = server.app.store().policy(server.one).await.expect("read").policy;
    assert!(policy.blocks(
        selfsame_domain::IdentifierKind::Email,
        "front@example.com",
        "front@example.com"
    ));
    assert!(!server.get(&mut admin, "/").await.text.contains("is shared"));
}

#[tokio::test]
async fn a_quarantined_identifier_matches_again_when_there_is_room() {
    let server = Server::start().await;
    let limits = selfsame_domain::Limits {
        device_id: 1,
        ..selfsame_domain::Limits::default()
    };
    let policy = |limits| {
        Command::SetPolicy(Box::new(Policy {
            limits,
            ..Policy::default()
        }))
    };
    server.decide(policy(limits)).await;
    let id = server.contact(api_call().external("A").device("d1").upsert()).await;
    server.contact(api_call().external("A").device("d2").upsert()).await;
    let mut support = server.browser("support@example.com").await;
    server.get(&mut support, "/").await.shows("1 identifier is quarantined");
    server
        .get(&mut support, "/review/quarantined")
        .await
        .shows("/review/identifier?kind=device_id&#38;value=d2");
    let page = "/review/identifier?kind=device_id&value=d2";
    server.get(&mut support, page).await.shows("Match again");
    let number = id.to_string();
    let fields = [("kind", "device_id"), ("value", "d2"), ("contact", number.as_str())];
    let reevaluate = "/review/identifier/reevaluate";
    let full = server.post(&mut support, reevaluate, &fields).await;
    assert!(full.page(409).contains("more than 1 of its kind"), "{}", full.text);
    server.decide(policy(selfsame_domain::Limits::default())).await;
    server.post(&mut support, reevaluate, &fields).await.goes_to();
    server
        .get(&mut support, "/review/quarantined")
        .await
        .shows("No identifier is quarantined.");
}

#[tokio::test]
async fn lists_of_identifiers_go_page_by_page() {
    let server = Server::start().await;
    let policy = Policy {
        shared_threshold: 2,
        ..Policy::default()
    };
    server.decide(Command::SetPolicy(Box::new(policy))).await;
    for number in 0..55 {
        for external in ["A", "B"] {
            let builder = api_call()
                .external(external)
                .email(&format!("p{number:02}@example.com"));
            server.contact(builder.upsert()).await;
        }
    }
    let mut browser = server.browser("viewer@example.com").await;
    let first = server.get(&mut browser, "/review/shared").await;
    first.shows(">p49@example.com<");
    assert!(!first.text.contains("p50@example.com"));
    let (_, rest) = first.text.split_once("<a href=\"/review/shared?").expect("a next page");
    let next = rest.split('"').next().expect("its end").replace("&#38;", "&");
    let second = server.get(&mut browser, &format!("/review/shared?{next}")).await;
    second.shows(">p54@example.com<");
    assert!(!second.text.contains("rel=\"next\""));
    server
        .get(&mut browser, "/review/shared?kind=fax&value=1")
        .await
        .page(404);
    server
        .get(&mut browser, "/review/quarantined?kind=email&value=a&home=x")
        .await
        .page(404);
}

#[tokio::test]
async fn two_contacts_are_merged_by_hand_after_a_preview() {
    let server = Server::start().await;
    let one = server.contact(api_call().external("A").first("Ann").upsert()).await;
    let other = server
        .contact(api_call().external("B").email("b@example.com").upsert())
        .await;
    let mut support = server.browser("support@example.com").await;
    server
        .get(&mut support, &format!("/contacts/{one}"))
        .await
        .shows(&format!("/review/merge?survivor={one}"));
    server.get(&mut support, "/review/merge").await.page(200);
    let page = format!("/review/merge?survivor={one}&absorbed={other}");
    let preview = server.get(&mut support, &page).await;
    preview.shows("the contacts hold different external IDs");
    preview.shows("name=\"force\"");
    let (one, other) = (one.to_string(), other.to_string());
    let fields = [("survivor", one.as_str()), ("absorbed", other.as_str())];
    let refused = server.post(&mut support, "/review/merge", &fields).await;
    assert!(refused.page(409).contains("different external IDs"));
    let forced = [fields[0], fields[1], ("force", "on")];
    let merged = server.post(&mut support, "/review/merge", &forced).await;
    assert_eq!(merged.goes_to(), format!("/contacts/{one}#merges"));
    server.get(&mut support, "/review").await.shows("overruled");
    let same = format!("/review/merge?survivor={one}&absorbed={other}");
    server
        .get(&mut support, &same)
        .await
        .shows("both numbers name the same contact");
    let unknown = format!("/review/merge?survivor={one}&absorbed={UNKNOWN}");
    server.get(&mut support, &unknown).await.page(404);
}

#[tokio::test]
async fn reviewing_needs_a_role_a_token_and_the_own_workspace() {
    let server = Server::start().await;
    let ids = with_shared_email(&server).await;
    let (one, other) = (ids[0].to_string(), ids[1].to_string());
    let contact = [SHARED[0], SHARED[1], ("contact", one.as_str())];
    let merge = [("survivor", one.as_str()), ("absorbed", other.as_str())];
    let forms: [(&str, &[(&str, &str)]); 4] = [
        ("/review/identifier/reevaluate", &contact),
        ("/review/identifier/unshare", &SHARED),
        ("/review/identifier/block", &SHARED),
        ("/review/merge", &merge),
    ];
    for role in ["marketer", "viewer"] {
        let mut browser = server.browser(&format!("{role}@example.com")).await;
        let page = server.get(&mut browser, SHARED_PAGE).await;
        assert!(!page.page(200).contains("action=\"/review/identifier/"));
        server.get(&mut browser, "/review/merge").await.page(403);
        for (path, fields) in forms {
            server.post(&mut browser, path, fields).await.page(403);
        }
    }
    let mut stranger = server.browser("other@example.com").await;
    server.get(&mut stranger, SHARED_PAGE).await.page(404);
    server
        .get(&mut stranger, "/review/shared")
        .await
        .shows("No identifier is shared.");
    let mut admin = server.browser("admin@example.com").await;
    for (path, fields) in forms {
        server.post(&mut stranger, path, fields).await.page(404);
        server.post_raw(&mut admin, path, fields).await.page(403);
        let sent = server.post(&mut Browser::default(), path, fields).await;
        assert!(sent.goes_to().starts_with("/sign-in"));
    }
    assert_eq!(
        server
            .app
            .store()
            .merges(server.one, None, 10)
            .await
            .expect("read")
            .len(),
        0
    );
}

#[tokio::test]
async fn home_shows_new_and_merged_contacts_by_day() {
    let server = Server::start().await;
    let mut browser = server.browser("viewer@example.com").await;
    server
        .get(&mut browser, "/")
        .await
        .shows("No contacts were created or merged");
    let one = server.contact(api_call().email("a@example.com").upsert()).await;
    let other = server.contact(api_call().email("b@example.com").upsert()).await;
    server.clock.advance_seconds(86_400);
    server
        .decide(Command::Merge {
            survivor: one,
            absorbed: other,
            force: false,
        })
        .await;
    let mut browser = server.browser("viewer@example.com").await;
    let page = server.get(&mut browser, "/").await;
    page.shows("<svg class=\"chart\"");
    assert_eq!(page.text.matches("<rect class=\"series-").count(), 2, "{}", page.text);
    let table: Vec<&str> = page.text.split("<tr><th scope=\"row\">").skip(1).collect();
    assert_eq!(table.len(), 30);
    assert!(table[0].contains("<td>0</td><td>1</td>"), "{}", table[0]);
    assert!(table[1].contains("<td>2</td><td>0</td>"), "{}", table[1]);
}

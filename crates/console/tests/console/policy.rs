//! The policy: its form, the preview and saving.

use crate::support::{Browser, Server};
use selfsame_domain::Policy;
use selfsame_storage_conformance::api_call;

const PATH: &str = "/settings/policy";

/// The fields of the default policy, with some replaced.
fn fields<'f>(changes: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let mut all = vec![
        ("merge", "on"),
        ("shared", "3"),
        ("region", ""),
        ("seen", "3600"),
        ("retention", ""),
        ("duplicates", "0"),
        ("blocked", "email: test@test.com"),
        ("limit-email", "5"),
        ("limit-phone", "5"),
        ("limit-mobile_push", "50"),
        ("limit-web_push", "50"),
        ("limit-telegram", "10"),
        ("limit-device_id", "50"),
        ("limit-cookie", "100"),
        ("limit-field", "10"),
    ];
    all.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    all.extend(
        changes
            .iter()
            .filter(|(name, value)| *name != "merge" || !value.is_empty()),
    );
    all
}

async fn policy(server: &Server) -> Policy {
    let version = server.app.store().policy(server.one).await.expect("read");
    (*version.policy).clone()
}

#[tokio::test]
async fn a_policy_is_previewed_on_past_decisions_and_then_saved() {
    let server = Server::start().await;
    server.contact(api_call().email("ann@example.com").upsert()).await;
    let id = server
        .contact(api_call().external("A").sms("+380501234567").upsert())
        .await;
    // Absorbs the first contact by rule 6.
    server
        .contact(api_call().external("A").email("ann@example.com").upsert())
        .await;
    let mut admin = server.browser("admin@example.com").await;
    let page = server.get(&mut admin, PATH).await;
    page.shows("name=\"shared\" min=\"2\" max=\"100\" value=\"3\"");
    let change = fields(&[("merge", ""), ("do", "preview")]);
    let preview = server.post(&mut admin, PATH, &change).await;
    preview.shows("The latest 3 decisions were looked at.");
    preview.shows("1 decision would leave a contact apart that was absorbed");
    preview.shows(&format!("<a href=\"/contacts/{id}#why\">"));
    assert!(policy(&server).await.merge_unclaimed, "a preview saves nothing");
    let save = fields(&[("merge", ""), ("region", "UA"), ("retention", "730"), ("do", "save")]);
    assert_eq!(
        server.post(&mut admin, PATH, &save).await.goes_to(),
        "/settings/policy?saved"
    );
    server
        .get(&mut admin, "/settings/policy?saved")
        .await
        .shows("The policy was saved.");
    let saved = policy(&server).await;
    assert!(!saved.merge_unclaimed);
    assert_eq!(saved.event_retention_days, Some(730));
    assert_eq!(saved.blocked.len(), 1);
    server
        .get(&mut admin, "/settings/audit")
        .await
        .shows("changed the policy");
}

#[tokio::test]
async fn what_is_wrong_with_a_policy_is_said_and_nothing_is_saved() {
    let server = Server::start().await;
    let mut admin = server.browser("admin@example.com").await;
    for (change, text) in [
        (("shared", "1"), "must be from 2 to 100"),
        (("shared", "many"), "Give whole numbers."),
        (("limit-email", "0"), "The limit of the kind “email”"),
        (("region", "Ukraine"), "two letters"),
        (("retention", "0"), "must be from 1 to 36,500"),
        (("blocked", "email: a\nfax: b"), "Line 2 of the blocked values"),
    ] {
        for act in ["preview", "save"] {
            let refused = server.post(&mut admin, PATH, &fields(&[change, ("do", act)])).await;
            assert!(refused.page(422).contains(text), "{change:?} {act}: {}", refused.text);
        }
    }
    server
        .post(&mut admin, PATH, &fields(&[("do", "explode")]))
        .await
        .page(400);
    assert_eq!(policy(&server).await, Policy::default());
}

#[tokio::test]
async fn the_policy_is_changed_by_admins_alone() {
    let server = Server::start().await;
    let change = fields(&[("shared", "9"), ("do", "save")]);
    for role in ["marketer", "support", "viewer"] {
        let mut browser = server.browser(&format!("{role}@example.com")).await;
        server.post(&mut browser, PATH, &change).await.page(403);
    }
    let mut admin = server.browser("admin@example.com").await;
    server.post_raw(&mut admin, PATH, &change).await.page(403);
    server.post(&mut Browser::default(), PATH, &change).await.goes_to();
    let mut stranger = server.browser("other@example.com").await;
    server.post(&mut stranger, PATH, &change).await.goes_to();
    assert_eq!(policy(&server).await, Policy::default(), "another workspace's policy");
}

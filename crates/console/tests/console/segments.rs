//! Segments: building one by cards, changing and deleting it, who is in it.

use crate::support::{Answer, Browser, Server};
use selfsame_storage_conformance::api_call;

/// The form with one card.
fn card<'a>(
    name: &'a str,
    field: &'a str,
    operator: &'a str,
    value: &'a str,
    button: &'a str,
) -> [(&'a str, &'a str); 7] {
    [
        ("name", name),
        ("join", "all"),
        ("cards", "1"),
        ("field-0", field),
        ("operator-0", operator),
        ("value-0", value),
        ("do", button),
    ]
}

async fn people(server: &Server) {
    server
        .contact(api_call().external("C-1").email("a@example.com").upsert())
        .await;
    server.contact(api_call().email("b@example.com").upsert()).await;
    server
        .contact(api_call().email("c@example.com").town("Київ").upsert())
        .await;
}

async fn make(server: &Server, browser: &mut Browser, fields: &[(&str, &str)]) -> Answer {
    server.post(browser, "/segments/new", fields).await
}

#[tokio::test]
async fn contacts_without_external_id_are_found_as_the_brief_says() {
    let server = Server::start().await;
    people(&server).await;
    let mut browser = server.browser("marketer@example.com").await;
    server
        .get(&mut browser, "/segments")
        .await
        .shows("href=\"/segments/add\"");
    server
        .get(&mut browser, "/segments/add")
        .await
        .shows("href=\"/segments/new\"");
    let page = server.get(&mut browser, "/segments/new").await;
    for text in [
        "<optgroup label=\"Fields\">",
        ">External ID</option>",
        ">is empty</option>",
        ">Done</button>",
    ] {
        page.shows(text);
    }
    let name = "Without external ID";
    let preview = make(
        &server,
        &mut browser,
        &card(name, "externalCustomerId", "is_empty", "", ""),
    )
    .await;
    preview.shows("External ID is empty");
    preview.shows("2 contacts");
    let done = make(
        &server,
        &mut browser,
        &card(name, "externalCustomerId", "is_empty", "", "done"),
    )
    .await;
    assert_eq!(done.goes_to(), "/segments/1");
    let page = server.get(&mut browser, "/segments/1").await;
    for text in [
        "<h1>Without external ID</h1>",
        "External ID is empty",
        "2 contacts",
        "c@example.com",
    ] {
        page.shows(text);
    }
    assert!(!page.text.contains("a@example.com"));
    server
        .get(&mut browser, "/contacts/2")
        .await
        .shows("<a href=\"/segments/1\">Without external ID</a>");
    server.contact(api_call().email("d@example.com").upsert()).await;
    server.get(&mut browser, "/segments/1").await.shows("3 contacts");
}

#[tokio::test]
async fn a_change_says_who_enters_and_who_leaves_before_it_is_saved() {
    let server = Server::start().await;
    people(&server).await;
    let mut browser = server.browser("admin@example.com").await;
    let fields = card("Kyiv", "town", "equals", "Київ", "done");
    assert_eq!(make(&server, &mut browser, &fields).await.goes_to(), "/segments/1");
    let form = server.get(&mut browser, "/segments/1/edit").await;
    form.shows("value=\"Київ\"");
    let changed = card("Others", "externalCustomerId", "is_not_empty", "", "preview");
    let preview = server.post(&mut browser, "/segments/1/edit", &changed).await;
    preview.shows("+ 1 enter");
    preview.shows("− 1 leave");
    server.get(&mut browser, "/segments/1").await.shows("<h1>Kyiv</h1>");
    let done = card("Others", "externalCustomerId", "is_not_empty", "", "done");
    let done = server.post(&mut browser, "/segments/1/edit", &done).await;
    assert_eq!(done.goes_to(), "/segments/1");
    let page = server.get(&mut browser, "/segments/1").await;
    page.shows("<h1>Others</h1>");
    page.shows("a@example.com");
}

#[tokio::test]
async fn buttons_add_copy_move_and_remove_cards() {
    let server = Server::start().await;
    let mut browser = server.browser("marketer@example.com").await;
    let legends = |answer: &Answer| answer.page(200).matches("<fieldset").count();
    let chosen = |answer: &Answer| {
        let parts = answer.text.split(" selected>").skip(1);
        parts
            .filter_map(|rest| rest.split('<').next())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let one = |button| card("", "email", "is_empty", "", button);
    let added = make(&server, &mut browser, &one("add")).await;
    assert_eq!(legends(&added), 2);
    assert!(added.text.contains("id=\"field-1\" autofocus"));
    assert_eq!(legends(&make(&server, &mut browser, &one("copy-0")).await), 2);
    assert_eq!(legends(&make(&server, &mut browser, &one("remove-0")).await), 0);
    let two = [
        ("cards", "2"),
        ("field-0", "email"),
        ("operator-0", "is_empty"),
        ("field-1", "town"),
        ("operator-1", "is_not_empty"),
        ("do", "down-0"),
    ];
    let moved = chosen(&make(&server, &mut browser, &two).await);
    let places: Vec<_> = ["Town", "Email"]
        .iter()
        .map(|text| moved.iter().position(|known| known == text))
        .collect();
    assert!(places[0] < places[1] && places[0].is_some(), "{moved:?}");
}

#[tokio::test]
async fn what_is_wrong_is_said_beside_its_card_and_nothing_is_saved() {
    let server = Server::start().await;
    let mut browser = server.browser("marketer@example.com").await;
    let unchosen = make(&server, &mut browser, &card("x", "", "", "", "done")).await;
    assert!(unchosen.page(422).contains("Choose a field and a comparison."));
    let nameless = make(&server, &mut browser, &card(" ", "email", "is_empty", "", "done")).await;
    assert!(nameless.page(422).contains("Give the segment a name"));
    for (field, operator, value) in [
        ("createdAt", "after", "tomorrow"),
        ("createdAt", "contains", "x"),
        ("town", "equals", ""),
        ("nothing", "equals", "x"),
        ("segment:9", "", ""),
        ("createdAt", "in_last_days", "many"),
    ] {
        let wrong = make(&server, &mut browser, &card("x", field, operator, value, "done")).await;
        assert!(wrong.page(422).contains("id=\"problem-0\""), "{field} {operator}");
    }
    server
        .get(&mut browser, "/segments")
        .await
        .shows("There are no segments yet.");
    let fields = card("x", "email", "is_empty", "", "done");
    make(&server, &mut browser, &fields).await.goes_to();
    let taken = make(&server, &mut browser, &fields).await;
    assert!(
        taken.page(409).contains("there is one of this name or key already"),
        "{}",
        taken.text
    );
}

#[tokio::test]
async fn segments_are_inside_others_and_are_not_deleted_while_they_are() {
    let server = Server::start().await;
    people(&server).await;
    let mut browser = server.browser("marketer@example.com").await;
    let inner = card("Inner", "town", "is_not_empty", "", "done");
    make(&server, &mut browser, &inner).await.goes_to();
    let mut outer = card("Outer", "segment:1", "", "", "done").to_vec();
    outer.push(("not-0", "not"));
    assert_eq!(make(&server, &mut browser, &outer).await.goes_to(), "/segments/2");
    let page = server.get(&mut browser, "/segments/2").await;
    page.shows("not in “Inner”");
    page.shows("2 contacts");
    let inside = card("Inner", "segment:2", "", "", "done");
    let cycle = server.post(&mut browser, "/segments/1/edit", &inside).await;
    assert!(cycle.page(409).contains("would be inside itself"));
    server
        .get(&mut browser, "/segments/1/delete")
        .await
        .shows("<strong>Inner</strong>");
    let used = server.post(&mut browser, "/segments/1/delete", &[]).await;
    assert!(used.page(409).contains("“Outer”"));
    assert_eq!(
        server.post(&mut browser, "/segments/2/delete", &[]).await.goes_to(),
        "/segments"
    );
    assert_eq!(
        server.post(&mut browser, "/segments/1/delete", &[]).await.goes_to(),
        "/segments"
    );
    server.get(&mut browser, "/segments/1").await.page(404);
}

#[tokio::test]
async fn nested_conditions_are_text() {
    let server = Server::start().await;
    people(&server).await;
    let mut browser = server.browser("marketer@example.com").await;
    let text = "External ID is empty and (Town is empty or Email is empty)";
    let fields = [("name", "Nested"), ("mode", "text"), ("text", text), ("do", "done")];
    assert_eq!(make(&server, &mut browser, &fields).await.goes_to(), "/segments/1");
    server.get(&mut browser, "/segments/1/edit").await.shows(text);
    let wrong = [
        ("name", "Nested"),
        ("mode", "text"),
        ("text", "External ID is"),
        ("do", "done"),
    ];
    let wrong = server.post(&mut browser, "/segments/1/edit", &wrong).await;
    assert!(wrong.page(422).contains("role=\"alert\""));
}

#[tokio::test]
async fn a_list_has_a_name_alone() {
    let server = Server::start().await;
    let mut browser = server.browser("marketer@example.com").await;
    let made = server.post(&mut browser, "/segments/add", &[("name", "Guests")]).await;
    assert_eq!(made.goes_to(), "/segments/1");
    server
        .post(&mut browser, "/segments/add", &[("name", " ")])
        .await
        .page(422);
    let taken = server.post(&mut browser, "/segments/add", &[("name", "Guests")]).await;
    taken.page(409);
    let form = server.get(&mut browser, "/segments/1/edit").await;
    assert!(!form.page(200).contains("Add condition"));
    let fields = [("name", "Friends"), ("do", "done")];
    server.post(&mut browser, "/segments/1/edit", &fields).await.goes_to();
    server
        .get(&mut browser, "/segments?q=friend")
        .await
        .shows(">Friends</a>");
    server
        .get(&mut browser, "/segments?q=guest")
        .await
        .shows("No segment has this in its name.");
}

#[tokio::test]
async fn roles_that_may_not_edit_read_alone() {
    let server = Server::start().await;
    let mut marketer = server.browser("marketer@example.com").await;
    make(&server, &mut marketer, &card("x", "email", "is_empty", "", "done"))
        .await
        .goes_to();
    for role in ["support", "viewer"] {
        let mut browser = server.browser(&format!("{role}@example.com")).await;
        let page = server.get(&mut browser, "/segments/1").await;
        assert!(!page.page(200).contains("/segments/1/edit"));
        for path in [
            "/segments/add",
            "/segments/new",
            "/segments/1/edit",
            "/segments/1/delete",
        ] {
            server.get(&mut browser, path).await.page(403);
            server
                .post(&mut browser, path, &[("name", "y"), ("do", "done")])
                .await
                .page(403);
        }
    }
}

#[tokio::test]
async fn segments_of_another_workspace_are_not_there() {
    let server = Server::start().await;
    let mut marketer = server.browser("marketer@example.com").await;
    make(&server, &mut marketer, &card("x", "email", "is_empty", "", "done"))
        .await
        .goes_to();
    let mut stranger = server.browser("other@example.com").await;
    for path in ["/segments/1", "/segments/1/edit", "/segments/1/delete"] {
        server.get(&mut stranger, path).await.page(404);
    }
    for path in ["/segments/1/edit", "/segments/1/delete"] {
        server
            .post(&mut stranger, path, &[("name", "y"), ("do", "done")])
            .await
            .page(404);
    }
    server.get(&mut marketer, "/segments/1").await.shows("<h1>x</h1>");
}

#[tokio::test]
async fn the_counts_of_a_segment_are_shown_by_day() {
    let server = Server::start().await;
    server.contact(api_call().external("A").upsert()).await;
    let mut marketer = server.browser("marketer@example.com").await;
    let fields = [
        ("name", "Known"),
        ("cards", "1"),
        ("field-0", "externalCustomerId"),
        ("operator-0", "is_not_empty"),
        ("do", "done"),
    ];
    let made = server.post(&mut marketer, "/segments/new", &fields).await;
    let path = format!("{}/history", made.goes_to());
    let page = server.get(&mut marketer, &path).await;
    page.shows("<svg class=\"chart\"");
    let rows: Vec<&str> = page.text.split("<tr><th scope=\"row\">").skip(1).collect();
    assert_eq!(rows.len(), 30);
    assert!(rows[0].contains("<td>1</td><td>0</td><td>1</td>"), "{}", rows[0]);
    let mut stranger = server.browser("other@example.com").await;
    server.get(&mut stranger, &path).await.page(404);
}

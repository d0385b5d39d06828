//! The console in a real browser: by keyboard alone, with files, and without anything that its policy forbids.

use anyhow::{Context, Result};
use selfsame_tests::{ConsoleUser, Database, Selfsame};
use serde_json::json;
use std::io::Write;

async fn server() -> Result<Selfsame> {
    let server = Selfsame::start(Database::Sqlite).await?;
    let client = server.client();
    for (number, external) in [(1, Some("C-1")), (2, None), (3, None)] {
        let mut body = json!({"channels": [{"type": "email", "value": format!("p{number}@example.com")}]});
        if let Some(external) = external {
            body["externalCustomerId"] = json!(external);
        }
        client.post("contact", body).await?;
    }
    Ok(server)
}

/// Contacts → Segments → Add segment → Dynamic → Fields → External ID → is empty → Done, without a mouse.
#[tokio::test]
async fn contacts_without_an_external_id_become_a_segment_by_keyboard_alone() -> Result<()> {
    let server = server().await?;
    let user = ConsoleUser::join(&server).await?;
    for link in ["/contacts", "/segments", "/segments/add", "/segments/new"] {
        user.tab_to(&format!("a[href='{link}']")).await?;
        user.enter().await?;
        assert_eq!(user.path().await?, link);
        user.keeps_the_policy().await?;
    }
    user.tab_to("#name").await?;
    user.press("No external ID").await?;
    user.tab_to("#field-0").await?;
    user.choose("externalCustomerId").await?;
    user.wait_for("#operator-0 option[value=is_empty]").await?;
    assert!(user.has_focus("#field-0").await?, "a change keeps the focus");
    user.tab_to("#operator-0").await?;
    user.choose("is_empty").await?;
    user.wait_for("#chosen").await?;
    assert!(user.has_focus("#operator-0").await?, "a preview keeps the focus");
    assert!(user.browser().text("#builder").await?.contains("2 contacts"));
    user.keeps_the_policy().await?;
    user.tab_to("#done").await?;
    user.enter().await?;
    assert_eq!(user.path().await?, "/segments/1");
    assert!(user.browser().text("main").await?.contains("p2@example.com"));
    Ok(())
}

#[tokio::test]
async fn a_file_is_imported_and_its_contacts_are_linked() -> Result<()> {
    let server = server().await?;
    let user = ConsoleUser::join(&server).await?;
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile()?;
    file.write_all("Зовнішній ID;Пошта\nC-1;p1@example.com\nC-9;p9@example.com\n".as_bytes())?;
    user.open("/imports").await?;
    let path = file.path().to_str().context("a path")?;
    user.browser().fill("input[type=file]", path).await?;
    user.browser().follow("form[enctype] button").await?;
    user.keeps_the_policy().await?;
    let preview = user.browser().text("main").await?;
    assert!(
        preview.contains("unchanged") && preview.contains("created"),
        "{preview}"
    );
    user.browser().follow("button[value=run]").await?;
    // The page asks for the progress until the import is over, and then shows the rows.
    user.wait_for("#rows ~ div a[href^='/contacts/']").await?;
    let done = user.browser().text("main").await?;
    assert!(done.contains("finished"), "{done}");
    user.keeps_the_policy().await?;
    user.browser().follow("#rows ~ div tr:nth-child(2) a").await?;
    assert!(user.browser().text("main").await?.contains("p9@example.com"));
    user.keeps_the_policy().await?;
    Ok(())
}

/// Otherwise the other tests would count nothing.
#[tokio::test]
async fn a_violation_of_the_policy_is_seen() -> Result<()> {
    let server = server().await?;
    let user = ConsoleUser::join(&server).await?;
    let script = "const style = document.createElement('style'); style.textContent = 'p { color: red }'; document.head.append(style)";
    user.browser().run(script).await?;
    assert_eq!(user.violations().await?, 1);
    Ok(())
}

//! Takes pictures of the console for the documentation: a server with demo data, in a real browser. The only argument is the folder.

use anyhow::{Context, Result};
use selfsame_tests::{ConsoleUser, Database, Selfsame};
use serde_json::json;
use std::path::Path;

/// Width and height of the window in pixels.
const WINDOW: (u32, u32) = (1_080, 760);

#[tokio::main]
async fn main() -> Result<()> {
    let folder = std::env::args().nth(1).context("which folder?")?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let server = Selfsame::start(Database::Sqlite).await?;
    let user = ConsoleUser::join(&server).await?;
    user.browser().client().set_window_size(WINDOW.0, WINDOW.1).await?;
    import(&server, &user, folder).await?;
    segment(&user, folder).await?;
    contact(&server, &user, folder).await?;
    user.open("/").await?;
    take(&user, folder, "home").await
}

/// Demo data, imported by the console.
async fn import(server: &Selfsame, user: &ConsoleUser, folder: &Path) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("people.csv");
    let path = file.to_str().context("a path")?;
    let made = server.command(&["demo-data", path, "--contacts", "300"])?;
    anyhow::ensure!(
        made.status.success(),
        "no demo data: {}",
        String::from_utf8_lossy(&made.stderr)
    );
    user.open("/imports").await?;
    user.browser().fill("input[type=file]", path).await?;
    user.browser().follow("form[enctype] button").await?;
    take(user, folder, "import").await?;
    user.browser().follow("button[value=run]").await?;
    user.wait_for("#rows ~ div a[href^='/contacts/']").await
}

async fn segment(user: &ConsoleUser, folder: &Path) -> Result<()> {
    user.open("/segments/new").await?;
    user.tab_to("#name").await?;
    user.press("No external ID").await?;
    user.tab_to("#field-0").await?;
    user.choose("externalCustomerId").await?;
    user.wait_for("#operator-0 option[value=is_empty]").await?;
    user.tab_to("#operator-0").await?;
    user.choose("is_empty").await?;
    user.wait_for("#chosen").await?;
    take(user, folder, "segment").await
}

/// A contact that absorbed others.
async fn contact(server: &Selfsame, user: &ConsoleUser, folder: &Path) -> Result<()> {
    let client = server.client();
    let email = |address: &str| json!({"type": "email", "value": address});
    client
        .post("contact", json!({"channels": [email("olha@example.com")]}))
        .await?;
    let phone = json!({"type": "sms", "value": "+380501234567"});
    client.post("contact", json!({"channels": [phone]})).await?;
    let whole = json!({"externalCustomerId": "C-1001", "firstName": "Olha", "lastName": "Kovalenko",
        "channels": [email("olha@example.com"), phone]});
    let id = client.post("contact", whole).await?.id()?;
    user.open(&format!("/contacts/{id}#graph")).await?;
    take(user, folder, "contact").await
}

async fn take(user: &ConsoleUser, folder: &Path, name: &str) -> Result<()> {
    let picture = user.browser().client().screenshot().await?;
    std::fs::write(folder.join(format!("console-{name}.png")), picture)?;
    Ok(())
}

//! Bulk calls against the built binary: an accepted call is executed, even if the server is killed.

use anyhow::Result;
use selfsame_tests::{Client, Database, Selfsame};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const CONTACTS: u64 = 3000;

mod sqlite {
    use super::Database::Sqlite;

    #[tokio::test]
    async fn a_bulk_goes_on_after_a_kill() -> anyhow::Result<()> {
        super::a_bulk_goes_on_after_a_kill(Sqlite).await
    }
}

mod postgres {
    use super::Database::Postgres;

    #[tokio::test]
    async fn a_bulk_goes_on_after_a_kill() -> anyhow::Result<()> {
        super::a_bulk_goes_on_after_a_kill(Postgres).await
    }
}

fn contacts() -> Vec<Value> {
    let contact = |number| {
        json!({"externalCustomerId": format!("C-{number}"), "firstName": "Ann",
            "channels": [{"type": "email", "value": format!("p{number}@example.com")}]})
    };
    (1..=CONTACTS).map(contact).collect()
}

async fn import(client: &Client, session: &str) -> Result<Value> {
    Ok(client.get(&format!("imports/{session}")).await?.json()["import"].clone())
}

/// The server is killed as soon as the first rows are recorded. Another one finishes the import: no row is lost, and none is executed twice,
/// which the events of new contacts would show.
async fn a_bulk_goes_on_after_a_kill(on: Database) -> Result<()> {
    let mut server = Selfsame::start(on).await?;
    let client = server.client();
    let body = json!({"contacts": contacts(), "dedupeOn": "externalCustomerId", "eventKeyForNewContacts": "imported"});
    let accepted = client.post("contacts", body).await?;
    assert_eq!(
        (accepted.status, &accepted.json()["id"]),
        (200, &json!(0)),
        "{}",
        accepted.text
    );
    let session = accepted.json()["asyncSessionId"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    while import(&client, &session).await?["rows"]["created"] == 0 {}
    server.crash_and_restart()?;
    let client = server.client();
    let status = loop {
        // Each of these calls waits up to three seconds for the end.
        let status = client.get(&format!("importstatus/{session}")).await?.json();
        if status["status"] != "STARTED" && status["status"] != "IMPORTING" {
            break status;
        }
    };
    assert_eq!(status["status"], "FINISHED", "{status}");
    let mapping = status["mapping"].as_array().map(Vec::as_slice).unwrap_or_default();
    let ids: BTreeSet<i64> = mapping
        .iter()
        .filter_map(|mapped| mapped["contactId"].as_i64())
        .collect();
    assert_eq!((mapping.len(), ids.len()), (3000, 3000));
    let import = import(&client, &session).await?;
    assert_eq!(
        (&import["rows"]["created"], &import["rows"]["total"]),
        (&json!(CONTACTS), &json!(CONTACTS)),
        "{import}"
    );
    let listed = client.get("contacts?maxrows=1").await?;
    assert_eq!(listed.header("totalcount"), CONTACTS.to_string());
    let types = client.get("event-types").await?.json();
    let imported = types["items"]
        .as_array()
        .and_then(|types| types.iter().find(|known| known["key"] == "imported"));
    assert_eq!(imported.map(|known| &known["count"]), Some(&json!(CONTACTS)), "{types}");
    Ok(())
}

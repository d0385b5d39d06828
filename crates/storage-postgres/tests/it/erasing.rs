//! What an erasure leaves in the tables.

use selfsame_application::ports::Workspaces;
use selfsame_application::{Application, Submission};
use selfsame_domain::{Command, Decision, Timestamp, WorkspaceId};
use selfsame_pg_fixture::TestDatabase;
use selfsame_storage_conformance::{Kind, api_call, contact_of, erase, keep, remove};
use sqlx::{Connection, PgConnection};

/// An event does not say the kind of its token, so it leaves records under every kind of token.
#[tokio::test]
async fn nothing_stays_known_of_a_token_that_an_event_named() {
    let database = crate::common::database().await;
    let (app, workspace) = server(&database).await;
    let decide = async |command| decide(&app, workspace, command).await;
    let plain = [Kind::MobilePush, Kind::WebPush, Kind::Telegram].map(|kind| api_call().with(kind, "secret"));
    for builder in plain.into_iter().chain([api_call().mobile("app", "secret")]) {
        let id = contact_of(&decide(builder.external("a").upsert()).await);
        decide(keep(api_call().nameless("secret").happened("opened"))).await;
        decide(erase(id)).await;
    }
    assert_eq!(values(database.url()).await, [""; 0]);
}

/// An identifier that was only named must leave no row: erasing the contact could not find it.
#[tokio::test]
async fn nothing_stays_known_of_what_was_only_named() {
    let database = crate::common::database().await;
    let (app, workspace) = server(&database).await;
    let decide = async |command| decide(&app, workspace, command).await;
    let secret = || {
        let builder = api_call().email("secret@example.com").device("secret").cookie("secret");
        builder.mobile("app", "secret").nameless("secret too")
    };
    decide(api_call().external("other").upsert()).await;
    let id = contact_of(&decide(api_call().external("removed").upsert()).await);
    decide(remove(id)).await;
    decide(keep(secret().external("waits").happened("viewed"))).await;
    decide(keep(secret().external("removed").happened("viewed"))).await;
    decide(secret().external("other").update(id)).await;
    let holder = contact_of(&decide(api_call().external("holder").nameless("held").upsert()).await);
    for app in ["one", "two"] {
        decide(api_call().external("holder").mobile(app, "held").upsert()).await;
        decide(api_call().external("other").mobile(app, "held").update(holder)).await;
    }
    decide(keep(api_call().external("holder").keyed("secret").happened("viewed"))).await;
    decide(erase(holder)).await;
    decide(erase(id)).await;
    let waits = contact_of(&decide(api_call().external("waits").upsert()).await);
    decide(erase(waits)).await;
    assert_eq!(values(database.url()).await, [""; 0]);
}

async fn server(database: &TestDatabase) -> (Application, WorkspaceId) {
    let store = crate::common::open(database).await;
    let workspace = store.create_workspace("one", Timestamp::UNIX_EPOCH).await;
    (crate::common::server(store, 1), workspace.expect("make a workspace").id)
}

async fn decide(app: &Application, workspace: WorkspaceId, command: Command) -> Decision {
    let decisions = app.submit(workspace, Submission::of(command)).await;
    decisions.expect("submit").remove(0)
}

async fn values(url: &str) -> Vec<String> {
    let mut connection = PgConnection::connect(url).await.expect("connect");
    let left = sqlx::query_scalar(
        "SELECT value FROM identifier_values UNION ALL SELECT value FROM identifiers WHERE value <> 'other'",
    );
    left.fetch_all(&mut connection).await.expect("look")
}

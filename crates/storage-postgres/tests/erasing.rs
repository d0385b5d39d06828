//! What erasing leaves in the tables.

#![allow(
    clippy::expect_used,
    reason = "clippy does not see that the helpers of a test are test code"
)]

mod common;

use selfsame_application::Submission;
use selfsame_application::ports::Workspaces;
use selfsame_domain::{Command, Decision, Timestamp};
use selfsame_storage_conformance::{Ask, Kind, contact_of, erase, keep};
use sqlx::{Connection, PgConnection};

/// An event does not say of what kind its token is, so it locks those of every kind.
#[tokio::test]
async fn no_key_of_a_token_stays_that_an_event_locked() {
    let database = common::database().await;
    let store = common::open(&database).await;
    let workspace = store.create_workspace("one", Timestamp::UNIX_EPOCH).await;
    let workspace = workspace.expect("make a workspace").id;
    let app = common::server(store, 1);
    let decide = async |command: Command| -> Decision {
        let decisions = app.submit(workspace, Submission::of(command)).await;
        decisions.expect("submit").remove(0)
    };
    let plain = [Kind::MobilePush, Kind::WebPush, Kind::Telegram].map(|kind| Ask::new().with(kind, "secret"));
    for ask in plain.into_iter().chain([Ask::new().mobile("app", "secret")]) {
        let id = contact_of(&decide(ask.external("a").upsert()).await);
        decide(keep(Ask::new().nameless("secret").happened("opened"))).await;
        decide(erase(id)).await;
    }
    let mut connection = PgConnection::connect(database.url()).await.expect("connect");
    let left: Vec<String> = sqlx::query_scalar("SELECT value FROM identifier_keys")
        .fetch_all(&mut connection)
        .await
        .expect("look");
    assert_eq!(left, [""; 0]);
}

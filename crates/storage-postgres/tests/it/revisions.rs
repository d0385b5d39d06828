//! What `selfsame doctor` reports about rows that no commit can have written.

use selfsame_application::Submission;
use selfsame_application::ports::{Maintenance, Workspaces};
use selfsame_domain::{Revision, Timestamp, Violation};
use selfsame_storage_conformance::api_call;
use sqlx::{Connection, PgConnection};

#[tokio::test]
async fn a_row_of_a_commit_to_come() {
    let database = crate::common::reused_database().await;
    let store = crate::common::open(&database).await;
    let mut workspaces = Vec::new();
    for name in ["one", "two"] {
        let made = store.create_workspace(name, Timestamp::UNIX_EPOCH).await;
        workspaces.push(made.expect("make a workspace").id);
    }
    let app = crate::common::server(store.clone(), 1);
    for workspace in &workspaces {
        let command = api_call().external("e").segment("buyers").upsert();
        app.submit(*workspace, Submission::of(command)).await.expect("submit");
    }
    assert_eq!(store.violations().await.expect("check"), []);
    let mut admin = PgConnection::connect(database.url()).await.expect("connect");
    for table in [
        "UPDATE contacts SET revision = 1000 WHERE workspace_id = $1",
        "UPDATE segments SET revision = 1001 WHERE workspace_id = $1",
    ] {
        let done = sqlx::query(table).bind(workspaces[1].0).execute(&mut admin).await;
        assert_eq!(done.expect("change").rows_affected(), 1);
    }
    let ahead = |what: &str, revision| {
        let (what, revision) = (what.to_owned(), Revision(revision));
        (workspaces[1], Violation::RevisionAhead { what, revision })
    };
    let expected = [ahead("contact", 1000), ahead("segment", 1001)];
    assert_eq!(store.violations().await.expect("check"), expected);
}

//! Outages of the database.

use futures::future::join_all;
use selfsame_application::ports::{ContactQuery, Contacts, Maintenance, Storage, StorageError, Workspaces};
use selfsame_application::{Submission, SubmitError};
use selfsame_domain::{ContactId, Timestamp, WorkspaceId};
use selfsame_pg_fixture::Server;
use selfsame_storage_conformance::api_call;
use selfsame_storage_postgres::{ConnectOptions, PostgresStore};
use sqlx::{Connection, PgConnection};
use std::collections::BTreeSet;
use std::time::Duration;

async fn workspace(store: &PostgresStore) -> WorkspaceId {
    store
        .create_workspace("one", Timestamp::UNIX_EPOCH)
        .await
        .expect("make a workspace")
        .id
}

async fn all(store: &PostgresStore, workspace: WorkspaceId) -> BTreeSet<String> {
    let query = ContactQuery {
        limit: 10_000,
        ..ContactQuery::default()
    };
    let page = store.search(workspace, &query).await.expect("search");
    let whole = page
        .items
        .iter()
        .filter(|details| details.contact.identifiers.len() == 2);
    let ids: BTreeSet<String> = whole
        .filter_map(|details| details.contact.external_id().map(str::to_owned))
        .collect();
    assert_eq!(ids.len(), page.items.len(), "no contact is there in part");
    ids
}

/// Repeatedly ends all other connections to the database, while clients write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_connections_are_unavailable_and_leave_nothing_in_part() {
    let database = crate::common::database().await;
    let store = crate::common::open(&database).await;
    let workspace = workspace(&store).await;
    let app = crate::common::server(store.clone(), 1);
    let mut admin = PgConnection::connect(database.url()).await.expect("connect");
    let client = |client: usize| {
        let app = app.clone();
        async move {
            let (mut done, mut sent) = (BTreeSet::new(), BTreeSet::new());
            for number in 0..60 {
                let name = format!("{client}-{number}");
                let builder = api_call().external(&name).email(&format!("{name}@example.com"));
                sent.insert(name.clone());
                match app.submit(workspace, Submission::of(builder.upsert())).await {
                    Ok(_) => {
                        done.insert(name);
                    }
                    Err(SubmitError::Storage(error)) => {
                        assert!(matches!(*error, StorageError::Unavailable { .. }), "{error:?}");
                    }
                    Err(other) => panic!("{other:?}"),
                }
            }
            (done, sent)
        }
    };
    let killer = async {
        for _ in 0..12 {
            let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                        WHERE datname = current_database() AND pid <> pg_backend_pid()";
            sqlx::query(kill).execute(&mut admin).await.expect("kill");
        }
    };
    let (clients, ()) = futures::future::join(join_all((0..4).map(client)), killer).await;
    // The old pool may still hold connections that were killed while idle, so the check opens its own.
    let store = crate::common::open(&database).await;
    let found = all(&store, workspace).await;
    for (done, sent) in clients {
        assert!(done.is_subset(&found), "what was acknowledged is there");
        assert!(!done.is_empty() && done.len() <= sent.len());
    }
    assert_eq!(store.violations().await.expect("check"), []);
}

/// Requests during the outage fail as unavailable, and the same store serves requests after the restart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_is_survived_and_loses_nothing() {
    let mut server = Server::start_durable().await.expect("a server of its own");
    let database = server
        .server()
        .database("restart", |_| std::future::ready(Ok::<(), StorageError>(())))
        .await;
    let database = database.expect("make a database");
    // One connection for reading and one for writing: both are used during the outage, so no lost connection remains in
    // a pool.
    let options = ConnectOptions {
        max_connections: 2,
        acquire_timeout: Duration::from_secs(2),
        ..crate::common::options()
    };
    let store = PostgresStore::connect(database.url(), &options).await.expect("connect");
    store.migrate().await.expect("migrate");
    let workspace = workspace(&store).await;
    let app = crate::common::server(store.clone(), 1);
    let add = async |name: &str| {
        let builder = api_call().external(name).email(&format!("{name}@example.com"));
        app.submit(workspace, Submission::of(builder.upsert())).await
    };
    add("before").await.expect("submit");
    server.kill_hard().await.expect("kill");
    let down = add("meanwhile").await;
    assert!(
        matches!(&down, Err(SubmitError::Storage(error)) if matches!(**error, StorageError::Unavailable { .. })),
        "{down:?}"
    );
    assert!(matches!(store.ping().await, Err(StorageError::Unavailable { .. })));
    server.restart().await.expect("restart");
    add("after").await.expect("submit");
    store.ping().await.expect("answer");
    assert_eq!(
        all(&store, workspace).await,
        BTreeSet::from(["before".to_owned(), "after".to_owned()])
    );
}

#[tokio::test]
async fn what_cannot_be_reached_is_unavailable_and_what_is_no_url_is_refused() {
    let options = ConnectOptions {
        acquire_timeout: Duration::from_millis(200),
        ..crate::common::options()
    };
    let unreachable = PostgresStore::connect("postgres://someone:secret@127.0.0.1:1/none", &options).await;
    let Err(StorageError::Unavailable { reason }) = unreachable else {
        panic!("{unreachable:?}")
    };
    assert!(!reason.contains("secret"), "{reason}");
    let no_url = PostgresStore::connect("no url", &options).await;
    assert!(matches!(no_url, Err(StorageError::Refused(_))), "{no_url:?}");
}

/// A request without a free connection fails within the time-out, and a later one succeeds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_without_a_free_connection_is_unavailable() {
    let database = crate::common::database().await;
    let options = ConnectOptions {
        max_connections: 1,
        // Long enough for connecting on a busy machine.
        acquire_timeout: Duration::from_secs(3),
        ..crate::common::options()
    };
    let store = PostgresStore::connect(database.url(), &options).await.expect("connect");
    let workspace = workspace(&store).await;
    let held = store.exclusive(workspace).await.expect("begin");
    let refused = store.exclusive(workspace).await.map(drop);
    assert!(matches!(refused, Err(StorageError::Unavailable { .. })), "{refused:?}");
    assert_eq!(
        store.contact(workspace, ContactId(1)).await.expect("reading goes on"),
        None
    );
    drop(held);
    drop(store.exclusive(workspace).await.expect("begin"));
}

//! Connections that stay open although nothing arrives any more.

use crate::common::proxy::Proxy;
use futures::future::join_all;
use selfsame_application::ports::{ContactQuery, Contacts, Maintenance, StorageError, Workspaces};
use selfsame_application::{Application, Submission, SubmitError};
use selfsame_domain::{Timestamp, WorkspaceId};
use selfsame_pg_fixture::Server;
use selfsame_storage_conformance::api_call;
use selfsame_storage_postgres::{ConnectOptions, PostgresStore};
use sqlx::{Connection, PgConnection};
use std::process::Command;
use std::time::Duration;

/// One connection for reading and one for writing, and short time-outs.
fn options() -> ConnectOptions {
    ConnectOptions {
        max_connections: 2,
        acquire_timeout: Duration::from_secs(5),
        lock_timeout: Duration::from_secs(3),
        statement_timeout: Duration::from_secs(3),
    }
}

async fn connect(url: &str) -> PostgresStore {
    PostgresStore::connect(url, &options()).await.expect("connect")
}

async fn add(app: &Application, workspace: WorkspaceId, name: &str) -> Result<(), SubmitError> {
    let builder = api_call().external(name).email(&format!("{name}@example.com"));
    app.submit(workspace, Submission::of(builder.upsert())).await.map(drop)
}

fn is_unavailable(error: &SubmitError) -> bool {
    matches!(error, SubmitError::Storage(error) if matches!(**error, StorageError::Unavailable { .. }))
}

async fn count(store: &PostgresStore, workspace: WorkspaceId) -> Result<usize, StorageError> {
    let query = ContactQuery {
        limit: 100,
        ..ContactQuery::default()
    };
    Ok(store.search(workspace, &query).await?.items.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resting_connections_that_fell_silent_are_replaced() {
    let database = crate::common::database().await;
    let proxy = Proxy::before(database.url()).await;
    let store = connect(proxy.url()).await;
    let workspace = store.create_workspace("one", Timestamp::UNIX_EPOCH).await;
    let workspace = workspace.expect("make a workspace").id;
    let app = crate::common::server(store.clone(), 1);
    add(&app, workspace, "before").await.expect("submit");
    assert_eq!(count(&store, workspace).await.expect("read"), 1);
    proxy.silence();
    add(&app, workspace, "after")
        .await
        .expect("submit on another connection");
    // A read on a silent connection fails within its bound. The next one gets another connection.
    if let Err(error) = count(&store, workspace).await {
        assert!(matches!(error, StorageError::Unavailable { .. }), "{error:?}");
    }
    assert_eq!(count(&store, workspace).await.expect("read on another connection"), 2);
    store.ping().await.expect("take writes");

    proxy.silence_for_good();
    let submitted = add(&app, workspace, "never").await.expect_err("no server answers");
    assert!(is_unavailable(&submitted), "{submitted:?}");
    assert!(matches!(store.ping().await, Err(StorageError::Unavailable { .. })));
    // Closing ends although the database does not answer.
    app.close().await;
    store.close().await;
}

/// A connection falls silent with the first message of a batch, which reads, or with the second, which writes. In both
/// cases the workspace continues, and a batch that had not reached its write is repeated.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_done_again_on_another_connection() {
    let database = crate::common::database().await;
    let direct = crate::common::open(&database).await;
    let outcomes = join_all((1..=2).map(async |message| {
        let proxy = Proxy::before(database.url()).await;
        let store = connect(proxy.url()).await;
        let name = format!("workspace {message}");
        let workspace = store.create_workspace(&name, Timestamp::UNIX_EPOCH).await;
        let workspace = workspace.expect("make a workspace").id;
        let app = crate::common::server(store.clone(), message);
        add(&app, workspace, "before").await.expect("submit");
        proxy.silence_at(usize::try_from(message).expect("a small number"));
        let outcome = add(&app, workspace, "meanwhile").await;
        add(&app, workspace, "after").await.expect("the workspace goes on");
        (
            proxy.has_fallen_silent(),
            outcome,
            count(&direct, workspace).await.expect("read"),
        )
    }))
    .await;
    let (mut repeated, mut unknown) = (0, 0);
    for (silent, outcome, contacts) in outcomes {
        match outcome {
            Ok(()) => {
                assert_eq!(contacts, 3, "what was acknowledged is there");
                repeated += usize::from(silent);
            }
            Err(error) => {
                assert!(is_unavailable(&error), "{error:?}");
                unknown += 1;
            }
        }
    }
    assert!(repeated >= 1, "{repeated} batches were done again");
    assert!(unknown <= 1, "{unknown} batches failed: only a write may");
}

/// Resumes a stopped process, also when the test fails.
struct Stopped(Vec<i32>);

impl Stopped {
    fn stop(processes: Vec<i32>) -> Self {
        let stopped = Self(processes);
        stopped.signal("STOP");
        stopped
    }

    fn signal(&self, name: &str) {
        let mut shell = Command::new("sh");
        shell.args(["-c", "kill -s \"$@\"", "sh", name]);
        shell.args(self.0.iter().map(ToString::to_string));
        assert!(shell.status().expect("run the shell").success());
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        self.signal("CONT");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_backend_stops_no_other_caller() {
    let server = Server::start_durable().await.expect("a server of its own");
    let prepare = |_| std::future::ready(Ok::<(), StorageError>(()));
    let database = server
        .server()
        .database("stopped", prepare)
        .await
        .expect("make a database");
    let store = connect(database.url()).await;
    store.migrate().await.expect("migrate");
    let workspace = store.create_workspace("one", Timestamp::UNIX_EPOCH).await;
    let workspace = workspace.expect("make a workspace").id;
    let app = crate::common::server(store.clone(), 1);
    add(&app, workspace, "before").await.expect("submit");
    let mut admin = PgConnection::connect(database.url()).await.expect("connect");
    let sessions = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let sessions: Vec<i32> = sqlx::query_scalar(sessions).fetch_all(&mut admin).await.expect("look");
    assert!(!sessions.is_empty());
    let stopped = Stopped::stop(sessions);
    add(&app, workspace, "after")
        .await
        .expect("submit on another connection");
    store.ping().await.expect("take writes");
    assert_eq!(count(&store, workspace).await.expect("read"), 2);
    app.close().await;
    store.close().await;
    drop(stopped);
}

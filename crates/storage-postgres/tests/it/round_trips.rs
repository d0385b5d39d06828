//! The number of statements of a request. Each is a round trip, the main cost of a request.

use selfsame_application::ports::Workspaces;
use selfsame_application::{Application, Submission};
use selfsame_domain::{Command, Timestamp, WorkspaceId};
use selfsame_storage_conformance::{RequestBuilder, api_call};
use selfsame_storage_postgres::{ConnectOptions, PostgresStore};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// Counts the driver's log events: one for every statement except BEGIN.
#[derive(Clone, Default)]
struct Counter {
    statements: Arc<AtomicUsize>,
}

impl<S: tracing::Subscriber> Layer<S> for Counter {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            self.statements.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Counter {
    fn take(&self) -> usize {
        self.statements.swap(0, Ordering::SeqCst)
    }
}

async fn submit(app: &Application, workspace: WorkspaceId, command: Command) {
    app.submit(workspace, Submission::of(command)).await.expect("submit");
}

fn builder() -> RequestBuilder {
    api_call()
        .external("e-1")
        .email("anna@example.com")
        .sms("+380501234567")
        .first("Anna")
}

/// The statements of a request on a warm server: a read, and a write where something changes.
#[tokio::test]
async fn a_request_is_read_and_written() {
    let counter = Counter::default();
    let _guard = tracing_subscriber::registry().with(counter.clone()).set_default();
    let database = crate::common::database().await;
    // One connection for writing: each looks up the types once.
    let options = ConnectOptions {
        max_connections: 2,
        ..ConnectOptions::default()
    };
    let store = PostgresStore::connect(database.url(), &options).await.expect("connect");
    let workspace = store
        .create_workspace("one", Timestamp::UNIX_EPOCH)
        .await
        .expect("make a workspace")
        .id;
    let app = crate::common::server(store, 1);
    submit(&app, workspace, api_call().external("warm").segment("warm").upsert()).await;
    for (what, command, expected) in [
        ("a new contact", builder().upsert(), 2),
        ("a changed name", builder().last("Shevchenko").upsert(), 2),
        ("one more identifier", builder().device("d-1").upsert(), 2),
        (
            "a replaced email",
            api_call().external("e-1").email("other@example.com").upsert(),
            2,
        ),
        ("a claimed device", api_call().external("e-2").device("d-1").upsert(), 2),
        (
            // Whether the existing segment has a formula takes another statement.
            "a known segment's first member",
            api_call().external("e-3").segment("warm").upsert(),
            3,
        ),
        (
            "a new segment",
            api_call().external("e-3").segment("buyers").upsert(),
            2,
        ),
        ("the same again", builder().last("Shevchenko").upsert(), 2),
        ("once more", builder().last("Shevchenko").upsert(), 1),
    ] {
        counter.take();
        submit(&app, workspace, command).await;
        assert_eq!(counter.take(), expected, "{what}");
    }
}

//! The number of statements that a batch prepares: as many as a single request of its kind, whatever its size.

use crate::common::{open, workspace};
use selfsame_application::Submission;
use selfsame_domain::Command;
use selfsame_storage_conformance::{api_call, run};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// Counts the log events of the store: one for every statement.
#[derive(Clone, Default)]
struct Counter {
    statements: Arc<AtomicUsize>,
}

impl<S: tracing::Subscriber> Layer<S> for Counter {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "selfsame_storage_sqlite::statement" {
            self.statements.fetch_add(1, Ordering::SeqCst);
        }
    }
}

fn requests(count: usize) -> Vec<Command> {
    let builder = |index| {
        let builder = api_call()
            .external(&format!("e-{index}"))
            .email(&format!("{index}@example.com"));
        builder.sms(&format!("+38050{index:07}")).first("Anna").upsert()
    };
    (0..count).map(builder).collect()
}

#[test]
fn a_batch_takes_as_many_statements_as_a_single_request() {
    let directory = tempfile::tempdir().expect("make a directory");
    let counter = Counter::default();
    // A global subscriber, because the statements run on all threads of the runtime.
    tracing_subscriber::registry().with(counter.clone()).init();
    run(async {
        let store = open(directory.path()).await;
        let (app, workspace) = workspace(&store).await;
        let submit = async |commands: Vec<Command>| {
            counter.statements.store(0, Ordering::SeqCst);
            let submission = Submission {
                commands,
                replay: None,
                duplicate_digest: None,
                bytes: 0,
                import: None,
            };
            app.submit(workspace, submission).await.expect("submit");
            counter.statements.load(Ordering::SeqCst)
        };
        // Reads the policy as well.
        submit(vec![api_call().external("warm").upsert()]).await;
        // BEGIN, the revisions, the holders and the records of the keys; contacts, identifiers, records of values, the log, the
        // revisions; COMMIT.
        assert_eq!(submit(requests(1)).await, 10, "one is made");
        // BEGIN, the revisions, the holders and the records of the keys, those contacts with all that they own in three statements;
        // ROLLBACK. Nothing changes.
        assert_eq!(submit(requests(1)).await, 8, "one is there");
        assert_eq!(submit(requests(200)).await, 13, "one is there, and 199 are made");
        assert_eq!(submit(requests(200)).await, 8, "200 are there");
    });
}

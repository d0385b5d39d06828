//! No statement of a request scans a whole workspace: the planner must choose the right index in a database without
//! statistics.

use crate::common::{open, url};
use rusqlite::Connection;
use selfsame_application::ports::{
    Catalog, Changes, ContactFilter, ContactOrder, ContactQuery, Contacts, EventQuery, History, HistoryOf, Identity,
    Maintenance, Memberships, OrderQuery, Orders, QuarantinedPlace, SegmentQuery, Workspaces,
};
use selfsame_application::{Application, Replay, Submission};
use selfsame_domain::{
    Command, ContactId, ContactRef, Decision, EventId, EventPeriod, EventRequest, IdentifierKey, OrderStatus, Policy,
    Revision, SegmentId, Timestamp, WorkspaceId,
};
use selfsame_storage_conformance::{
    Kind, api_call, email, erase, event_type, force_merge, identifier, keep, keep_order, merge_of, order_key, remove,
    run, undo,
};
use selfsame_storage_sqlite::SqliteStore;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// Collects the statements that the store logs.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<BTreeSet<String>>>);

impl<S: tracing::Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "selfsame_storage_sqlite::statement" {
            event.record(&mut self.clone());
        }
    }
}

impl Visit for Statements {
    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "text" {
            let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            seen.insert(value.trim().to_owned());
        }
    }
}

async fn submit(app: &Application, workspace: WorkspaceId, command: Command) -> Decision {
    let key = format!("{command:?}").chars().take(300).collect();
    let replay = Some(Replay {
        key,
        digest: vec![1; 32],
    });
    let submission = Submission {
        commands: vec![command],
        replay,
        duplicate_digest: None,
        bytes: 0,
        import: None,
    };
    app.submit(workspace, submission).await.expect("submit").remove(0)
}

/// One request of every kind.
async fn write(app: &Application, workspace: WorkspaceId) {
    let whole = |name: &str| {
        let builder = api_call()
            .external(name)
            .email(&format!("{name}@example.com"))
            .with(Kind::Cookie, name);
        builder.first("Anna").last("Bell").segment("all")
    };
    for name in ["a", "b", "c", "d"] {
        for builder in [api_call().cookie(name), api_call().external(name)] {
            let event = EventRequest {
                id: Some(EventId::sent(&format!("{builder:?}"))),
                ..builder.happened("viewed")
            };
            submit(app, workspace, keep(event)).await;
        }
        submit(app, workspace, whole(name).upsert()).await;
        for status in [OrderStatus::Initialized, OrderStatus::Delivered] {
            let order = api_call().external(name).ordered(name, status, Timestamp::UNIX_EPOCH);
            submit(app, workspace, keep_order(order)).await;
        }
    }
    let policy = Policy {
        delete_past_events: true,
        delete_orders: true,
        event_retention_days: Some(36_500),
        ..Policy::default()
    };
    submit(app, workspace, Command::SetPolicy(Box::new(policy))).await;
    let period = EventPeriod {
        from: Timestamp::UNIX_EPOCH,
        until: Timestamp::MAX_UTC,
    };
    submit(app, workspace, Command::DeleteEvents(period)).await;
    submit(app, workspace, Command::DeleteOrder(order_key("d", None))).await;
    let key = event_type("viewed");
    submit(app, workspace, Command::SetCreating { key, creating: true }).await;
    app.record_memberships(workspace).await.expect("record");
    write_moves(app, workspace).await;
    app.record_memberships(workspace).await.expect("record");
    submit(app, workspace, remove(ContactId(4))).await;
    submit(app, workspace, erase(ContactId(2))).await;
}

/// Identifiers, contacts and members of a segment that move between contacts.
async fn write_moves(app: &Application, workspace: WorkspaceId) {
    let claiming = api_call()
        .external("a")
        .email("other@example.com")
        .with(Kind::Cookie, "d");
    submit(app, workspace, claiming.upsert()).await;
    let phone = || api_call().device("d").nameless("t").cookie("d");
    for name in ["b", "c"] {
        submit(app, workspace, phone().external(name).upsert()).await;
        let late = EventRequest {
            occurred_at: Some(Timestamp::UNIX_EPOCH),
            ..phone().happened("late")
        };
        submit(app, workspace, keep(late)).await;
    }
    let merged = submit(app, workspace, force_merge(ContactId(1), ContactId(2))).await;
    submit(app, workspace, force_merge(ContactId(3), ContactId(1))).await;
    submit(app, workspace, undo(merge_of(&merged))).await;
    let segment = app.store().segments(workspace, None, 0, 1).await.expect("read").items[0].id;
    let contacts = || vec![ContactRef::Id(ContactId(2)), ContactRef::Id(ContactId(4))];
    let detach = |contacts| Command::Detach { segment, contacts };
    let (email, unsubscribed) = (email("c@example.com"), true);
    for command in [
        detach(contacts()),
        Command::Attach {
            segment,
            contacts: contacts(),
        },
        detach(Vec::new()),
        Command::Unsubscribe { email, unsubscribed },
    ] {
        submit(app, workspace, command).await;
    }
}

async fn read(store: &SqliteStore, workspace: WorkspaceId) {
    let id = ContactId(3);
    let key = identifier(Kind::Cookie, "c").key;
    store.contact(workspace, id).await.expect("read");
    store.answering(workspace, id).await.expect("read");
    store.with_absorbed(workspace, id).await.expect("read");
    store.emails(workspace, &[id]).await.expect("read");
    store
        .token_owner(workspace, std::slice::from_ref(&key))
        .await
        .expect("read");
    store.identity(workspace, id).await.expect("read");
    store.visitors_of(workspace, id, None, 10).await.expect("read");
    store.log(workspace, id, None, 10).await.expect("read");
    store.lookup(workspace, &key).await.expect("read");
    store.merges(workspace, None, 10).await.expect("read");
    store.shared(workspace, 3, Some(&key), 10).await.expect("read");
    let place = QuarantinedPlace {
        key: key.clone(),
        home: id,
    };
    store.quarantined(workspace, Some(&place), 10).await.expect("read");
    let bounds = [Timestamp::UNIX_EPOCH, Timestamp::MAX_UTC];
    store.counts_between(workspace, &bounds).await.expect("read");
    let events = EventQuery::latest(10);
    store
        .events(workspace, &HistoryOf::Contact(id), &events)
        .await
        .expect("read");
    store
        .orders(workspace, id, &OrderQuery::latest(10))
        .await
        .expect("read");
    store.latest_decisions(workspace, id, None, 10).await.expect("read");
    store.visitors(workspace, &key).await.expect("read");
    store
        .event_types(workspace, Some(&event_type("a")), 10)
        .await
        .expect("read");
    store.credentials(&[1]).await.expect("read");
    store.categories(workspace).await.expect("read");
    store.prune(Timestamp::MAX_UTC).await.expect("prune");
    store.expire(Timestamp::MAX_UTC).await.expect("expire");
    search(store, workspace, key).await;
}

async fn search(store: &SqliteStore, workspace: WorkspaceId, key: IdentifierKey) {
    let name = Some("anna".to_owned());
    let filters = [
        ContactFilter {
            identifiers: vec![key],
            ..ContactFilter::default()
        },
        ContactFilter {
            first_name: name.clone(),
            ..ContactFilter::default()
        },
        ContactFilter {
            last_name: name,
            ..ContactFilter::default()
        },
    ];
    for filter in filters {
        let query = ContactQuery {
            filter,
            order: ContactOrder::Updated,
            offset: 0,
            limit: 10,
        };
        store.search(workspace, &query).await.expect("search");
    }
    let segment = SegmentId(1);
    store
        .members_at(workspace, segment, Revision(9), ContactId(1), 10)
        .await
        .expect("read");
    store.logged(workspace, Revision(9), 10).await.expect("read");
    for (by_time, ascending) in [(true, true), (false, true), (true, false), (false, false)] {
        let query = SegmentQuery {
            segment,
            by_time,
            ascending,
            offset: 0,
            limit: 10,
        };
        store.in_segment(workspace, &query).await.expect("read");
    }
}

fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
        .expect("explain");
    let mut steps = statement.raw_query();
    let mut plan = Vec::new();
    while let Some(step) = steps.next().expect("a step") {
        plan.push(step.get(3).expect("a text"));
    }
    plan
}

/// Whether a step of a plan reads more than was requested. Segments, their formulas, categories and custom fields are read as a
/// whole: there are few of them.
fn walks(step: &str, sql: &str) -> bool {
    let all = step.ends_with("(workspace_id=?)") || step.contains("(workspace_id=? AND kind=?)");
    let listed = step.contains("SEARCH segments ")
        || step.contains("SEARCH segment_formulas ")
        || sql.contains("FROM categories AS c")
        || sql.contains("FROM custom_fields AS f")
        // The least key of an index, which min() takes from its first entry.
        || step.contains("INDEX segment_due_by_time ") && sql.contains("min(d.due_at)");
    let hot = [
        "identifiers",
        "contacts",
        "segment_members",
        "visitors",
        "identity_log",
        "events",
        "sent_events",
        "orders",
    ];
    let scanned = hot.iter().any(|table| step.starts_with(&format!("SCAN {table}")));
    (all && !listed) || scanned || step.contains("AUTOMATIC")
}

#[test]
fn no_statement_walks_through_a_workspace() {
    let directory = tempfile::tempdir().expect("make a directory");
    let statements = Statements::default();
    tracing_subscriber::registry().with(statements.clone()).init();
    run(async {
        let store = open(directory.path()).await;
        let (app, workspace) = crate::common::workspace(&store).await;
        write(&app, workspace).await;
        read(&store, workspace).await;
        let seen = statements.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let words = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"];
        let seen: Vec<_> = seen
            .iter()
            .filter(|sql| words.iter().any(|word| sql.starts_with(word)))
            .collect();
        assert!(seen.len() >= 70, "only {} statements", seen.len());
        let url = url(directory.path());
        let connection = Connection::open(url.trim_start_matches("sqlite://")).expect("connect");
        let mut pages = 0;
        for sql in seen {
            for step in plan(&connection, sql) {
                assert!(!walks(&step, sql), "{step}: {sql}");
                // A page of a history is also found by the kind of its entries.
                let is_page = step.starts_with("SEARCH x ") && step.contains(" INDEX events_by_");
                assert!(
                    !is_page || step.contains("_id=? AND <expr>=? AND occurred_at>"),
                    "{step}: {sql}"
                );
                pages += usize::from(is_page);
            }
        }
        assert_eq!(pages, 2, "of a contact and of a visitor");
    });
}

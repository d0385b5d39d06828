//! The public behaviour of the fixture.

#![allow(
    clippy::unwrap_used,
    reason = "clippy does not see that the helpers of a test are test code"
)]

use std::sync::atomic::{AtomicU32, Ordering};

use futures::future::try_join_all;
use selfsame_pg_fixture::{FixtureError, Server, TestDatabase, server};
use sqlx::{Connection, PgConnection};

/// Creates a template with one table and one row.
async fn prepare(url: String) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(&url).await?;
    sqlx::raw_sql("CREATE TABLE notes (text text NOT NULL); INSERT INTO notes VALUES ('from the template')")
        .execute(&mut connection)
        .await?;
    connection.close().await
}

async fn notes(connection: &mut PgConnection) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM notes")
        .fetch_one(connection)
        .await
        .unwrap()
}

async fn add_note(connection: &mut PgConnection) {
    sqlx::query("INSERT INTO notes VALUES ('added')")
        .execute(connection)
        .await
        .unwrap();
}

/// Templates outlive a test on the shared server, so a test of their creation needs an unused name.
fn unused_name(test: &str) -> String {
    format!("{test}_{:08x}", getrandom::u32().unwrap())
}

#[tokio::test]
async fn databases_of_one_template_are_isolated() {
    let server = server().await.unwrap();
    let first = server.database("fixture_notes", prepare).await.unwrap();
    let second = server.database("fixture_notes", prepare).await.unwrap();
    assert_ne!(first.name(), second.name());
    let mut in_first = PgConnection::connect(first.url()).await.unwrap();
    let mut in_second = PgConnection::connect(second.url()).await.unwrap();
    add_note(&mut in_first).await;
    assert_eq!((notes(&mut in_first).await, notes(&mut in_second).await), (2, 1));
}

#[tokio::test]
async fn a_dropped_database_is_gone_even_with_a_client_connected() {
    let server = server().await.unwrap();
    let database = server.database("fixture_notes", prepare).await.unwrap();
    let (name, url) = (database.name().to_owned(), database.url().to_owned());
    let mut connected = PgConnection::connect(&url).await.unwrap();
    drop(database);
    assert!(connected.ping().await.is_err());
    let mut admin = PgConnection::connect(server.admin_url()).await.unwrap();
    let found: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(name)
        .fetch_one(&mut admin)
        .await
        .unwrap();
    assert!(!found);
}

#[tokio::test]
async fn a_template_wanted_by_many_at_once_is_made_once() {
    let template = unused_name("once");
    let made = AtomicU32::new(0);
    let server = server().await.unwrap();
    let wanted = (0..8).map(|_| {
        server.database(&template, |url| {
            made.fetch_add(1, Ordering::SeqCst);
            prepare(url)
        })
    });
    let databases = try_join_all(wanted).await.unwrap();
    assert_eq!((databases.len(), made.load(Ordering::SeqCst)), (8, 1));
}

#[tokio::test]
async fn a_template_that_could_not_be_prepared_is_prepared_again() {
    let template = unused_name("again");
    let server = server().await.unwrap();
    let failing = async |_| Err::<(), _>("no such migration");
    let failed = server.database(&template, failing).await;
    assert!(matches!(failed, Err(FixtureError::Prepare { .. })), "{failed:?}");
    let database = server.database(&template, prepare).await.unwrap();
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    assert_eq!(notes(&mut connection).await, 1);
}

#[tokio::test]
async fn a_template_name_cannot_carry_sql() {
    let server = server().await.unwrap();
    for name in ["", "Upper", "a; DROP DATABASE postgres", "a\"b", &"x".repeat(41)] {
        let refused = server.database(name, prepare).await;
        assert!(matches!(refused, Err(FixtureError::TemplateName(_))), "{name}");
    }
}

#[tokio::test]
async fn a_durable_server_keeps_what_it_acknowledged_through_a_hard_kill() {
    let mut durable = Server::start_durable().await.unwrap();
    let database = durable.server().database("fixture_notes", prepare).await.unwrap();
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        let value: String = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(setting)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(value, "on", "{setting}");
    }
    add_note(&mut connection).await;

    durable.kill_hard().await.unwrap();
    assert!(connection.ping().await.is_err());
    assert!(PgConnection::connect(database.url()).await.is_err());

    durable.restart().await.unwrap();
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    assert_eq!(notes(&mut connection).await, 2);
}

async fn reused(template: &str) -> TestDatabase {
    server()
        .await
        .unwrap()
        .reused_database(template, prepare_items)
        .await
        .unwrap()
}

/// Creates a template with rows in one of its tables, an empty table with a sequence, and one that references it.
async fn prepare_items(url: String) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(&url).await?;
    let tables = "CREATE TABLE notes (text text NOT NULL); INSERT INTO notes VALUES ('from the template');
                  CREATE TABLE items (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY);
                  CREATE TABLE parts (item bigint NOT NULL REFERENCES items);";
    sqlx::raw_sql(tables).execute(&mut connection).await?;
    connection.close().await
}

async fn number(database: &TestDatabase, query: &'static str) -> i64 {
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
}

/// A recreated database has another number.
const DATABASE: &str = "SELECT oid::bigint FROM pg_database WHERE datname = current_database()";

const WRITE: &str = "WITH item AS (INSERT INTO items DEFAULT VALUES RETURNING id)
                     INSERT INTO parts SELECT id FROM item RETURNING item";

#[tokio::test]
async fn a_reused_database_is_empty_and_counts_from_one() {
    let template = unused_name("reused");
    let database = reused(&template).await;
    let (name, made) = (database.name().to_owned(), number(&database, DATABASE).await);
    assert_eq!([number(&database, WRITE).await, number(&database, WRITE).await], [1, 2]);
    let mut left = PgConnection::connect(database.url()).await.unwrap();
    sqlx::raw_sql("BEGIN; INSERT INTO items DEFAULT VALUES")
        .execute(&mut left)
        .await
        .unwrap();
    drop(database);

    let database = reused(&template).await;
    assert_eq!(database.name(), name);
    assert_eq!(number(&database, DATABASE).await, made, "it was not created again");
    assert!(left.ping().await.is_err(), "no earlier client is connected");
    let rows = "SELECT (SELECT count(*) FROM items) + (SELECT count(*) FROM parts)";
    assert_eq!(number(&database, rows).await, 0);
    assert_eq!(number(&database, "SELECT count(*) FROM notes").await, 1);
    assert_eq!(number(&database, WRITE).await, 1);
}

#[tokio::test]
async fn a_reused_database_that_differs_from_its_template_is_created_again() {
    let template = unused_name("anew");
    for change in [
        "CREATE TABLE more (id bigint)",
        "DROP TABLE parts",
        "INSERT INTO notes VALUES ('added')",
        "DROP FUNCTION selfsame_fixture.reset",
    ] {
        let database = reused(&template).await;
        let made = number(&database, DATABASE).await;
        let mut connection = PgConnection::connect(database.url()).await.unwrap();
        sqlx::raw_sql(change).execute(&mut connection).await.unwrap();
        drop(database);
        let database = reused(&template).await;
        assert_ne!(number(&database, DATABASE).await, made, "{change}");
        assert_eq!(number(&database, WRITE).await, 1, "{change}");
        assert_eq!(number(&database, "SELECT count(*) FROM notes").await, 1, "{change}");
    }
}

#[tokio::test]
async fn two_tests_at_once_get_different_reused_databases() {
    let template = unused_name("two");
    let (one, two) = (reused(&template).await, reused(&template).await);
    assert_ne!(one.name(), two.name());
}

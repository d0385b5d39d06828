//! A separate database for every test.

#![allow(dead_code, clippy::expect_used, reason = "every test file uses a part of it")]

pub(crate) mod backend;
pub(crate) mod proxy;

use selfsame_application::ports::{ApiKey, Clock, Ids, KeyToStore, Maintenance, StorageError};
use selfsame_application::{Application, Options};
use selfsame_domain::{KeyId, Rights, Timestamp, WorkspaceId, ordered_uuid};
use selfsame_pg_fixture::{CitusCluster, TestDatabase};
use selfsame_storage_conformance::ManualClock;
use selfsame_storage_postgres::{ConnectOptions, PostgresStore};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

/// Few connections: many tests share one server.
pub(crate) fn options() -> ConnectOptions {
    ConnectOptions {
        max_connections: 4,
        ..ConnectOptions::default()
    }
}

/// An empty database without tables.
pub(crate) async fn empty() -> TestDatabase {
    let server = selfsame_pg_fixture::server().await.expect("a PostgreSQL server");
    server
        .database("empty", |_| std::future::ready(Ok::<(), StorageError>(())))
        .await
        .expect("make a database")
}

/// A database with all tables.
pub(crate) async fn database() -> TestDatabase {
    let server = selfsame_pg_fixture::server().await.expect("a PostgreSQL server");
    server.database(&template(), prepare).await.expect("make a database")
}

/// A database with all tables and no rows that tests reuse one after the other: much faster, for a test that alters no
/// tables or functions and checks no plans.
pub(crate) async fn reused_database() -> TestDatabase {
    let server = selfsame_pg_fixture::server().await.expect("a PostgreSQL server");
    let database = server.reused_database(&template(), prepare).await;
    database.expect("make a database")
}

/// A database of a cluster, with all tables distributed and no rows, that tests reuse one after the other.
pub(crate) async fn citus_database() -> TestDatabase {
    let cluster = CitusCluster::from_environment().expect("a cluster");
    let database = cluster.reused_database(&template(), prepare_citus).await;
    database.expect("make a database")
}

pub(crate) async fn open(database: &TestDatabase) -> PostgresStore {
    PostgresStore::connect(database.url(), &options())
        .await
        .expect("connect")
}

async fn prepare(url: String) -> Result<(), StorageError> {
    let store = PostgresStore::connect(&url, &options()).await?;
    store.migrate().await?;
    store.prepare(ManualClock::new().now()).await?;
    store.close().await;
    Ok(())
}

async fn prepare_citus(url: String) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let store = PostgresStore::connect(&url, &options()).await?;
    store.migrate().await?;
    store.distribute().await?;
    store.prepare(ManualClock::new().now()).await?;
    store.close().await;
    Ok(())
}

/// The name of the template: changed migrations make a new one.
fn template() -> String {
    let migrator = sqlx::migrate!("../../migrations/postgres");
    let checksums: Vec<u8> = migrator
        .iter()
        .flat_map(|migration| migration.checksum.to_vec())
        .collect();
    format!("storage_{}", Uuid::new_v5(&Uuid::NAMESPACE_OID, &checksums).simple())
}

/// A key of full rights; each number gives another key.
pub(crate) fn key(number: u8) -> KeyToStore {
    let key = ApiKey {
        id: KeyId(Uuid::from_bytes([number; 16])),
        workspace: WorkspaceId(0),
        name: format!("key {number}"),
        prefix: "ssk_".to_owned(),
        rights: Rights::Full,
        created_at: Timestamp::UNIX_EPOCH,
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    };
    KeyToStore {
        key,
        digest: vec![number; 32],
    }
}

/// The application on a store, with IDs that differ between servers.
pub(crate) fn server(store: PostgresStore, number: u64) -> Application {
    let ids = Arc::new(ServerIds {
        server: number,
        drawn: AtomicU64::new(0),
    });
    Application::new(Arc::new(store), Arc::new(ManualClock::new()), ids, Options::default())
}

/// Counts, with the server's number as prefix.
#[derive(Debug)]
struct ServerIds {
    server: u64,
    drawn: AtomicU64,
}

impl Ids for ServerIds {
    fn uuid(&self, at: Timestamp) -> Uuid {
        let drawn = self.drawn.fetch_add(1, Ordering::Relaxed) + 1;
        ordered_uuid(at, (drawn << 16) | self.server)
    }

    fn secret(&self) -> [u8; 24] {
        [0; 24]
    }
}

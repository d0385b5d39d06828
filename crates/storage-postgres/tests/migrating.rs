//! Servers that start at once.

mod common;

use futures::future::join_all;
use selfsame_application::ports::{Maintenance, Workspaces};
use selfsame_domain::Timestamp;
use selfsame_storage_postgres::PostgresStore;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_servers_that_start_at_once_migrate_once() {
    let database = common::empty().await;
    let servers = join_all((0..4).map(|_| common::open(&database))).await;
    for migrated in join_all(servers.iter().map(PostgresStore::migrate)).await {
        migrated.expect("migrate");
    }
    for server in &servers {
        server.ping().await.expect("answer");
        let workspaces = server.workspaces().await.expect("read workspaces");
        assert_eq!(workspaces, []);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_servers_that_start_at_once_one_makes_the_first_workspace() {
    let database = common::database().await;
    let servers = join_all((0..4).map(|_| common::open(&database))).await;
    let keys: Vec<_> = (0..4).map(common::key).collect();
    let at = Timestamp::UNIX_EPOCH;
    let made = join_all(
        servers
            .iter()
            .zip(&keys)
            .map(|(server, key)| server.bootstrap("first", key, at)),
    )
    .await;
    let made: Vec<bool> = made.into_iter().map(|made| made.expect("bootstrap")).collect();
    assert_eq!(made.iter().filter(|made| **made).count(), 1, "{made:?}");
    let workspaces = servers[0].workspaces().await.expect("read workspaces");
    assert_eq!(workspaces.len(), 1);
    assert_eq!(servers[0].keys(workspaces[0].id).await.expect("read keys").len(), 1);
}

//! The conformance suite and the races on a Citus cluster. Compiled when `TEST_CITUS_URL` names one.
#![cfg(citus)]

mod common;
mod races;

use common::backend::Postgres;
use selfsame_storage_postgres::Distributed;
use sqlx::{Connection, PgConnection};

async fn backend(batch_commands: usize) -> Postgres {
    Postgres::new(common::citus_database().await, batch_commands).await
}

mod batched {
    use super::backend;

    selfsame_storage_conformance::conformance!(backend(256));
    selfsame_storage_conformance::machine!(backend(256));
}

mod one_by_one {
    use super::backend;

    selfsame_storage_conformance::conformance!(concurrent backend(1));
}

mod racing {
    use super::{common, races};

    races::races! { common::citus_database() }
}

#[tokio::test]
async fn what_is_distributed_is_not_distributed_again() {
    let database = common::citus_database().await;
    let store = common::open(&database).await;
    let found = store
        .distribution()
        .await
        .expect("look")
        .expect("a distributed database");
    assert_eq!(found.lacking, [""; 0]);
    assert!(found.by_workspace.iter().any(|name| name == "contacts"), "{found:?}");
    assert!(found.everywhere.iter().any(|name| name == "api_keys"), "{found:?}");
    assert_eq!(store.distribute().await.expect("distribute"), Distributed::default());
}

/// Settings of the session on the coordinator do not reach the sessions on workers.
#[tokio::test]
async fn the_time_out_of_locks_reaches_the_workers() {
    let database = common::citus_database().await;
    let mut admin = PgConnection::connect(database.url()).await.expect("connect");
    let found: Vec<String> = sqlx::query_scalar("SELECT result FROM run_command_on_workers('SHOW lock_timeout')")
        .fetch_all(&mut admin)
        .await
        .expect("look");
    assert!(
        !found.is_empty() && found.iter().all(|value| value == "5s"),
        "{found:?}"
    );
}

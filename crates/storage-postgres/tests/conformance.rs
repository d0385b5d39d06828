//! The conformance suite on PostgreSQL.

mod common;

use common::backend::Postgres;

async fn backend(batch_commands: usize) -> Postgres {
    Postgres::new(common::reused_database().await, batch_commands).await
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

//! The conformance suite and the races on a Citus cluster: there are such tests where `TEST_CITUS_URL` names one.
#![cfg(citus)]

mod common;
mod races;

use common::backend::Postgres;

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

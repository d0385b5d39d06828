//! A real `PostgreSQL` for tests and benchmarks.
//!
//! ```ignore
//! let server = selfsame_pg_fixture::server().await?;
//! // The template is built once per server; every test then gets its own copy of it.
//! let database = server.database("storage_3f9a", migrate).await?;
//! println!("{}", database.url());
//! ```
//!
//! # Where the server comes from
//!
//! [`server`] takes the first of these that there is:
//!
//! 1. `TEST_DATABASE_URL`: an administrator's URL on which databases may be created. What a killed test leaves on
//!    such a server stays there: databases named `selfsame_test_*`. Templates, named `selfsame_template_*`, and databases
//!    that are reused, named `selfsame_reused_*`, stay there in any case.
//! 2. A cluster of its own from the machine's binaries: the newest `/usr/lib/postgresql/N/bin`, else `PATH`. As root
//!    it runs as the user `postgres`, since `PostgreSQL` refuses root.
//! 3. With the feature `containers`, a container where a Docker daemon answers. `TEST_POSTGRES=container` takes
//!    this one even where there are binaries.
//!
//! Otherwise it is an error that says what to install. It never skips a test.
//!
//! # One cluster for many test processes
//!
//! nextest runs every test in a process of its own, and a cluster takes a second to start, so the processes share one.
//! Everything about it is in one directory under `/tmp`, named after the user, the binaries and the settings:
//!
//! - `start.lock` is held while a process looks for the running cluster or starts one, and while the cluster is
//!   stopped. So four processes that begin at once start one cluster, and none is handed a cluster about to stop.
//! - `lease` is locked, shared, by every process that uses the cluster, for as long as it lives. The kernel drops the
//!   lock however the process ends, `kill -9` included, so there is no count that could go wrong.
//! - `current` names the cluster to use. It is only believed after a connection to it.
//! - a detached shell (`supervise.sh`) is the parent of the postmaster. When nobody has held `lease` for the grace
//!   period it stops the cluster and removes its directory. If the shell itself is killed, the kernel kills the
//!   postmaster (`setpriv --pdeathsig`).
//!
//! A nextest set-up script could start the cluster as well, but nextest has no tear-down script, so the supervisor
//! would be needed all the same; and `cargo test`, benchmarks and an editor's "run test" would be left without.
//!
//! The shared cluster does not sync to disk. For anything that measures or proves durability there is
//! [`Server::start_durable`]: private, default durability settings, with a kill switch.

mod cluster;
mod cluster_databases;
#[cfg(feature = "containers")]
mod containers;
mod database;
mod durable;
mod error;
mod installation;
mod lasting;
mod lock;
mod reuse;
mod server;
mod shared;
mod state;

pub use cluster_databases::CitusCluster;
pub use database::TestDatabase;
pub use durable::DurableServer;
pub use error::FixtureError;
pub use server::{Server, server};

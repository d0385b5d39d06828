//! A real `PostgreSQL` for tests and benchmarks.
//!
//! ```ignore
//! let server = selfsame_pg_fixture::server().await?;
//! // The template is built once per server; every test then gets its own copy of it.
//! let database = server.database("storage_3f9a", migrate).await?;
//! println!("{}", database.url());
//! ```
//!
//! # Source of the server
//!
//! [`server`] uses the first available of these:
//!
//! 1. `TEST_DATABASE_URL`: an administrator's URL on which databases may be created. Databases of killed tests, named
//!    `selfsame_test_*`, stay on such a server. Templates, named `selfsame_template_*`, and reused databases, named
//!    `selfsame_reused_*`, stay there in any case.
//! 2. A cluster started from the machine's binaries: the newest `/usr/lib/postgresql/N/bin`, else `PATH`. As root
//!    it runs as the user `postgres`, since `PostgreSQL` refuses root.
//! 3. With the feature `containers`, a container where a Docker daemon answers. `TEST_POSTGRES=container` takes
//!    this one even where there are binaries.
//!
//! Otherwise it fails with an error that says what to install. It never skips a test.
//!
//! # One cluster for many test processes
//!
//! nextest runs every test in a process of its own, and a cluster takes a second to start, so the processes share one.
//! Its files are in one directory under `/tmp`, named after the user, the binaries and the settings:
//!
//! - `start.lock` is held while a process looks for the running cluster or starts one, and while the cluster is
//!   stopped. So four processes that begin at the same time start one cluster, and none gets a cluster that is about to
//!   stop.
//! - `lease` is locked, shared, by every process that uses the cluster, for as long as it lives. The kernel releases
//!   the lock however the process ends, `kill -9` included, so there is no count that could go wrong.
//! - `current` names the cluster to use. A process verifies it with a connection.
//! - a detached shell (`supervise.sh`) is the parent of the postmaster. When no process has held `lease` for the grace
//!   period, it stops the cluster and removes its directory. If the shell itself is killed, the kernel kills the
//!   postmaster (`setpriv --pdeathsig`).
//!
//! A nextest set-up script could start the cluster as well, but nextest has no tear-down script, so the supervisor
//! would still be needed; and `cargo test`, benchmarks and an editor's "run test" would have no server.
//!
//! The shared cluster does not sync to disk. [`Server::start_durable`] is for everything that measures or proves
//! durability: private, with default durability settings, and it can be killed.

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

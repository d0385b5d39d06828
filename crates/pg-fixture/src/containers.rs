//! The container that the test processes of one user share where a Docker daemon answers.
//!
//! The protocol is the one of [`crate::shared`], adapted to what is visible inside a container: the lease is an open
//! connection, and the supervisor is the container's own command. It stops without help from outside.

use std::fs;
use std::path::Path;
use std::time::Duration;

use sqlx::{Connection, PgConnection};
use testcontainers::core::{IntoContainerPort, WaitFor};
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, GenericImage, ImageExt};
use tokio::time::timeout;

use crate::error::FixtureError;
use crate::lock::{self, Mode};
use crate::state;

/// The parent of the state directory, as for a shared cluster.
const PARENT: &str = "/tmp";
const IMAGE: (&str, &str) = ("postgres", "17");
/// Runs the image's own start-up, and ends the container when no client was connected for the grace period.
const SUPERVISOR: &str = include_str!("supervise-container.sh");
/// The first use on a machine downloads the image.
const START_LIMIT: Duration = Duration::from_mins(5);
/// How long a connection to a container that may be gone may take.
const QUESTION_LIMIT: Duration = Duration::from_secs(5);
/// The image starts its server twice, and logs this text before the second, final start.
const READY: &str = "PostgreSQL init process complete";

/// The right to use the shared container, until dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    url: String,
    _connection: PgConnection,
    /// Held by the process that started it: its destructor would remove the container while others use it.
    _started: Option<ContainerAsync<GenericImage>>,
}

impl Lease {
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

/// Joins the running container, or starts one.
pub(crate) async fn join() -> Result<Lease, FixtureError> {
    let daemon = std::env::var_os("DOCKER_HOST");
    let state = state::claim(PARENT, &(daemon, IMAGE, SUPERVISOR))?;
    let announced = state.join("container");
    let turn = lock::lock(&state.join("start.lock"), Mode::Exclusive).await?;
    let lease = match current(&announced).await {
        Some(lease) => lease,
        None => start(&announced).await?,
    };
    drop(turn);
    Ok(lease)
}

async fn current(announced: &Path) -> Option<Lease> {
    let url = fs::read_to_string(announced).ok()?;
    let connection = timeout(QUESTION_LIMIT, PgConnection::connect(&url)).await.ok()?.ok()?;
    Some(Lease {
        url,
        _connection: connection,
        _started: None,
    })
}

async fn start(announced: &Path) -> Result<Lease, FixtureError> {
    let image = GenericImage::new(IMAGE.0, IMAGE.1)
        .with_exposed_port(5432.tcp())
        .with_wait_for(WaitFor::message_on_either_std(READY))
        .with_wait_for(WaitFor::message_on_stderr(
            "database system is ready to accept connections",
        ));
    let request = image
        .with_env_var("POSTGRES_HOST_AUTH_METHOD", "trust")
        .with_cmd(["sh", "-c", SUPERVISOR])
        .with_startup_timeout(START_LIMIT)
        .with_host_config_modifier(|host| host.auto_remove = Some(true));
    let started = request.start().await?;
    let (host, port) = (started.get_host().await?, started.get_host_port_ipv4(5432.tcp()).await?);
    let url = format!("postgres://postgres@{host}:{port}/postgres");
    let connection = PgConnection::connect(&url)
        .await
        .map_err(FixtureError::database("connect to the container"))?;
    fs::write(announced, &url).map_err(FixtureError::file("write", announced))?;
    Ok(Lease {
        url,
        _connection: connection,
        _started: Some(started),
    })
}

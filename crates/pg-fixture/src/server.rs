//! The server of this test process.

use tokio::sync::OnceCell;

use crate::durable::DurableServer;
use crate::error::FixtureError;
use crate::installation::Installation;
use crate::shared::{self, Lease};

const URL_VARIABLE: &str = "TEST_DATABASE_URL";
const KIND_VARIABLE: &str = "TEST_POSTGRES";

/// A running `PostgreSQL` on which databases can be created.
#[derive(Debug)]
pub struct Server {
    pub(crate) admin_url: String,
    pub(crate) _held: Held,
}

/// The resource that must live as long as the server is used.
#[derive(Debug)]
pub(crate) enum Held {
    /// The server was started by others.
    Nothing,
    /// A lease of the cluster that all test processes share.
    Lease { _lease: Lease },
    /// A lease of the container that all test processes share.
    #[cfg(feature = "containers")]
    Container { _lease: Box<crate::containers::Lease> },
}

/// The server for the tests of this process: the first call finds or starts it, the others get the same one. A failed
/// call is retried by the next.
///
/// The crate's documentation explains the sources. Without any, the error says what to install.
pub async fn server() -> Result<&'static Server, FixtureError> {
    static SERVER: OnceCell<Server> = OnceCell::const_new();
    SERVER.get_or_try_init(find).await
}

async fn find() -> Result<Server, FixtureError> {
    if let Ok(admin_url) = std::env::var(URL_VARIABLE) {
        return Ok(Server {
            admin_url,
            _held: Held::Nothing,
        });
    }
    if container_wanted()? {
        return container().await;
    }
    let Some(installation) = Installation::find()? else {
        return container().await;
    };
    let lease = shared::join(&installation).await?;
    Ok(Server {
        admin_url: lease.cluster.url(),
        _held: Held::Lease { _lease: lease },
    })
}

fn container_wanted() -> Result<bool, FixtureError> {
    match std::env::var(KIND_VARIABLE).as_deref() {
        Err(_) => Ok(false),
        Ok("container") if cfg!(feature = "containers") => Ok(true),
        Ok("container") => Err(refused(
            "this build lacks the feature `containers` of selfsame-pg-fixture",
        )),
        Ok(_) => Err(refused("it is unset or `container`")),
    }
}

fn refused(reason: &'static str) -> FixtureError {
    FixtureError::Setting {
        variable: KIND_VARIABLE,
        reason,
    }
}

#[cfg(feature = "containers")]
async fn container() -> Result<Server, FixtureError> {
    let lease = crate::containers::join().await?;
    Ok(Server {
        admin_url: lease.url().to_owned(),
        _held: Held::Container {
            _lease: Box::new(lease),
        },
    })
}

#[cfg(not(feature = "containers"))]
async fn container() -> Result<Server, FixtureError> {
    std::future::ready(Err(FixtureError::Missing)).await
}

impl Server {
    /// The URL of an administrator on the database `postgres`.
    pub fn admin_url(&self) -> &str {
        &self.admin_url
    }

    /// Starts a cluster for the caller alone, with the server's default durability: for benchmarks, whose numbers are
    /// meaningless without it, and for tests that kill the server.
    ///
    /// It always uses the machine's binaries, since a server of others must not be killed; without them it fails with
    /// [`FixtureError::Missing`].
    pub async fn start_durable() -> Result<DurableServer, FixtureError> {
        let installation = Installation::find()?.ok_or(FixtureError::Missing)?;
        DurableServer::start(installation).await
    }
}

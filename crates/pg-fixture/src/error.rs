//! Why there is no database for a test.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// What went wrong between a test and its database. Every message says what to do where something can be done.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum FixtureError {
    /// None of the sources gave a server.
    #[error(
        "no PostgreSQL for the tests: install its server programs (Debian: `apt-get install postgresql`), or set \
         TEST_DATABASE_URL to an administrator's URL, or run `make test-containers` where a Docker daemon answers"
    )]
    Missing,

    /// A program that a private cluster needs is not on this machine.
    #[error("cannot run {program}: it is part of {package}; or set TEST_DATABASE_URL to an administrator's URL")]
    Program {
        /// The program's name.
        program: &'static str,
        /// What to install to get it.
        package: &'static str,
        /// What the system said.
        source: io::Error,
    },

    /// `PostgreSQL` refuses to run as root and there is no user `postgres` to run it as.
    #[error("PostgreSQL does not run as root and there is no user `postgres`: create it, or run the tests as a user")]
    NoUnprivilegedUser,

    /// A variable of the environment holds something that is not understood.
    #[error("{variable} is not usable: {reason}")]
    Setting {
        /// The variable's name.
        variable: &'static str,
        /// What is wrong with its value.
        reason: &'static str,
    },

    /// A file or directory of the cluster could not be used.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was being done, as a verb.
        action: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// The directory that would be shared belongs to somebody else, who could then serve the tests a false database.
    #[error("{} belongs to another user: remove it", path.display())]
    ForeignDirectory {
        /// The directory.
        path: PathBuf,
    },

    /// `initdb` failed.
    #[error("initdb failed ({status}): {output}")]
    Init {
        /// How it ended.
        status: ExitStatus,
        /// The end of what it printed.
        output: String,
    },

    /// The server ended while it started, or did not answer in time.
    #[error("PostgreSQL {} did not come up ({outcome}); the end of its log:\n{log}", bin.display())]
    NotReady {
        /// Where its programs are.
        bin: PathBuf,
        /// How it ended, or that it did not answer.
        outcome: String,
        /// The end of its log.
        log: String,
    },

    /// The server refused something the fixture needs.
    #[error("cannot {action}")]
    Database {
        /// What was being done, as a verb.
        action: &'static str,
        /// What the driver or the server said.
        source: sqlx::Error,
    },

    /// The administrator's URL is no URL.
    #[error("the administrator's URL is not a URL")]
    Url(#[from] url::ParseError),

    /// A template's name cannot be part of a database's name.
    #[error("template name {0:?}: one to forty of a-z, 0-9 and _")]
    TemplateName(String),

    /// The caller's preparation of a template failed.
    #[error("preparing the template {template} failed")]
    Prepare {
        /// Which template.
        template: String,
        /// What the caller said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// A helper thread of the fixture, or the system's randomness, is gone.
    #[error("{0}")]
    System(&'static str),

    /// The container could not be started.
    #[cfg(feature = "containers")]
    #[error("cannot start a PostgreSQL container: is a Docker daemon running?")]
    Container(#[from] testcontainers::TestcontainersError),
}

/// The messages, since a test shows the error by `unwrap`, and whoever reads it wants to know what to install.
impl fmt::Debug for FixtureError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")?;
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(formatter, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl FixtureError {
    /// For `map_err`: keeps which file it was.
    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }

    /// For `map_err`: keeps what was asked of the server.
    pub(crate) fn database(action: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Database { action, source }
    }
}

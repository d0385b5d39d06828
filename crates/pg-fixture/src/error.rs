//! Errors of the fixture.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// Why a test has no database. Every message says how to fix the cause where that is possible.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum FixtureError {
    /// No source provided a server.
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
        /// The package to install.
        package: &'static str,
        /// The system's error.
        source: io::Error,
    },

    /// `PostgreSQL` refuses to run as root and there is no user `postgres` to run it as.
    #[error("PostgreSQL does not run as root and there is no user `postgres`: create it, or run the tests as a user")]
    NoUnprivilegedUser,

    /// An environment variable has an invalid value.
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
        /// The failed action, as a verb.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },

    /// The shared directory belongs to another user, who could provide a manipulated database.
    #[error("{} belongs to another user: remove it", path.display())]
    ForeignDirectory {
        /// The directory.
        path: PathBuf,
    },

    /// `initdb` failed.
    #[error("initdb failed ({status}): {output}")]
    Init {
        /// Its exit status.
        status: ExitStatus,
        /// The end of its output.
        output: String,
    },

    /// The server ended while it started, or did not answer in time.
    #[error("PostgreSQL {} did not come up ({outcome}); the end of its log:\n{log}", bin.display())]
    NotReady {
        /// The directory of its programs.
        bin: PathBuf,
        /// Its exit status, or that it did not answer.
        outcome: String,
        /// The end of its log.
        log: String,
    },

    /// The server refused a statement of the fixture.
    #[error("cannot {action}")]
    Database {
        /// The failed action, as a verb.
        action: &'static str,
        /// The error of the driver or the server.
        source: sqlx::Error,
    },

    /// The administrator's URL is invalid.
    #[error("the administrator's URL is not a URL")]
    Url(#[from] url::ParseError),

    /// A template's name cannot be part of a database's name.
    #[error("template name {0:?}: one to forty of a-z, 0-9 and _")]
    TemplateName(String),

    /// The caller's preparation of a template failed.
    #[error("preparing the template {template} failed")]
    Prepare {
        /// The template.
        template: String,
        /// The caller's error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// A helper thread of the fixture, or the system's random generator, failed.
    #[error("{0}")]
    System(&'static str),

    /// The container could not be started.
    #[cfg(feature = "containers")]
    #[error("cannot start a PostgreSQL container: is a Docker daemon running?")]
    Container(#[from] testcontainers::TestcontainersError),
}

/// Shows the messages: tests print the error with `unwrap`, and its reader needs to know what to install.
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
    /// For `map_err`: adds the file.
    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }

    /// For `map_err`: adds the failed action.
    pub(crate) fn database(action: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Database { action, source }
    }
}

//! What every handler can reach.

use crate::limits::SignInLimits;
use selfsame_application::ports::{CallReader, RowReader};
use selfsame_application::{Application, ConsoleError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many files are uploaded or previewed at a time.
const FILES: usize = 4;

/// How long a request waits until fewer files are under way.
const WAIT: Duration = Duration::from_secs(10);

/// What every handler can reach. Cloning shares everything.
#[derive(Debug, Clone)]
pub struct ConsoleState {
    /// The use cases.
    pub(crate) app: Application,
    /// How the console runs.
    pub(crate) settings: Arc<ConsoleSettings>,
    /// How often passwords may be tried.
    pub(crate) limits: Arc<SignInLimits>,
    /// What reads the rows of files for previews.
    pub(crate) rows: Arc<dyn RowReader>,
    /// What reads the calls that people paste.
    pub(crate) calls: Arc<dyn CallReader>,
    files: Arc<Semaphore>,
}

/// How the console runs.
#[derive(Debug, Clone)]
pub struct ConsoleSettings {
    /// Where people reach the server, without a slash at the end, for links that leave the browser.
    pub public_url: String,
    /// How long a request may take before it is answered 503.
    pub request_timeout: Duration,
    /// How many bytes an uploaded file may have.
    pub import_limit: u64,
    /// The name of the identity provider by which people may sign in; `None` where they sign in with passwords alone.
    pub identity_provider: Option<String>,
}

impl ConsoleSettings {
    /// Whether cookies go over encrypted connections alone.
    pub(crate) fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

impl ConsoleState {
    /// Puts the use cases behind the console. `rows` reads files for previews, which people wait for, `calls` the calls that people paste.
    pub fn new(
        app: Application,
        rows: Arc<dyn RowReader>,
        calls: Arc<dyn CallReader>,
        settings: ConsoleSettings,
    ) -> Self {
        Self {
            app,
            settings: Arc::new(settings),
            limits: Arc::new(SignInLimits::new()),
            rows,
            calls,
            files: Arc::new(Semaphore::new(FILES)),
        }
    }

    /// Room for one more file; [`ConsoleError::Busy`] when there is none for too long.
    pub(crate) async fn file_slot(&self) -> Result<OwnedSemaphorePermit, ConsoleError> {
        let slot = Arc::clone(&self.files).acquire_owned();
        match tokio::time::timeout(WAIT, slot).await {
            Ok(Ok(slot)) => Ok(slot),
            _ => Err(ConsoleError::Busy),
        }
    }

    /// The address of an invitation with this secret.
    pub fn invitation_link(public_url: &str, token: &str) -> String {
        format!("{public_url}/invitation/{token}")
    }
}

//! What every handler can reach.

use crate::limits::SignInLimits;
use selfsame_application::Application;
use std::sync::Arc;
use std::time::Duration;

/// What every handler can reach. Cloning shares everything.
#[derive(Debug, Clone)]
pub struct ConsoleState {
    /// The use cases.
    pub(crate) app: Application,
    /// How the console runs.
    pub(crate) settings: Arc<ConsoleSettings>,
    /// How often passwords may be tried.
    pub(crate) limits: Arc<SignInLimits>,
}

/// How the console runs.
#[derive(Debug, Clone)]
pub struct ConsoleSettings {
    /// Where people reach the server, without a slash at the end, for links that leave the browser.
    pub public_url: String,
    /// How long a request may take before it is answered 503.
    pub request_timeout: Duration,
}

impl ConsoleSettings {
    /// Whether cookies go over encrypted connections alone.
    pub(crate) fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

impl ConsoleState {
    /// Puts the use cases behind the console.
    pub fn new(app: Application, settings: ConsoleSettings) -> Self {
        Self {
            app,
            settings: Arc::new(settings),
            limits: Arc::new(SignInLimits::new()),
        }
    }

    /// The address of an invitation with this secret.
    pub fn invitation_link(public_url: &str, token: &str) -> String {
        format!("{public_url}/invitation/{token}")
    }
}

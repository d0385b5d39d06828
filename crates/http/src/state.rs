//! What every handler can reach.

use crate::admission::Admission;
use crate::limits::KeyLimits;
use metrics_exporter_prometheus::PrometheusHandle;
use selfsame_application::Application;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// How many requests wait for changes at a time.
const FEED_WAITS: usize = 256;

/// What every handler can reach. Cloning shares everything.
#[derive(Debug, Clone)]
pub struct HttpState {
    /// The use cases.
    pub app: Application,
    /// How the front end runs.
    pub settings: Arc<HttpSettings>,
    /// What every key may still ask; none without a limit.
    pub(crate) limits: Option<Arc<KeyLimits>>,
    /// What is under way.
    pub(crate) admission: Arc<Admission>,
    /// Places for requests that wait for changes.
    pub(crate) feed_waits: Arc<Semaphore>,
}

impl HttpState {
    /// Puts the use cases behind the front end.
    pub fn new(app: Application, settings: HttpSettings) -> Self {
        Self {
            feed_waits: Arc::new(Semaphore::new(FEED_WAITS)),
            admission: Arc::new(Admission::new(app.queue_depth(), settings.body_memory)),
            app,
            limits: settings.rate_limit.map(|limit| Arc::new(KeyLimits::new(limit))),
            settings: Arc::new(settings),
        }
    }
}

/// How the front end runs.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Greatest size of a request body in bytes; a larger one is answered 413.
    pub body_limit: usize,
    /// How much memory in bytes request bodies may use, half of it while they are read, the other half while they are parsed and carried out.
    /// What finds none waits, and is answered 503 when that takes too long.
    pub body_memory: usize,
    /// How long a request may take before it is answered 503. What it submitted may still become durable.
    pub request_timeout: Duration,
    /// How many requests a key may send; none for no limit.
    pub rate_limit: Option<RateLimit>,
    /// The numbers of [`crate::metrics_builder`]'s recorder; none answers 404 at `/metrics`.
    pub metrics: Option<PrometheusHandle>,
    /// Whether the server takes requests; the server clears it when it begins to stop.
    pub ready: Readiness,
    /// `organisationName` of `account/info`; the workspace's name without one.
    pub organisation: Option<String>,
    /// `userEmail` of `account/info`; an empty text without one, because clients need the member.
    pub account_email: Option<String>,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            body_limit: 1 << 20,
            body_memory: 256 << 20,
            request_timeout: Duration::from_secs(30),
            rate_limit: None,
            metrics: None,
            ready: Readiness::default(),
            organisation: None,
            account_email: None,
        }
    }
}

/// A limit of requests per API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests a second in the long run.
    pub per_second: NonZeroU32,
    /// How many may come at once.
    pub burst: NonZeroU32,
}

/// Whether the server takes requests. Cloning shares it; true at first.
#[derive(Debug, Clone)]
pub struct Readiness(Arc<AtomicBool>);

impl Default for Readiness {
    fn default() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }
}

impl Readiness {
    /// Whether the server takes requests.
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// Says whether the server takes requests.
    pub fn set(&self, ready: bool) {
        self.0.store(ready, Ordering::Release);
    }
}

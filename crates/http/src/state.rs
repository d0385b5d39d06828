//! The state that all handlers share.

use crate::admission::Admission;
use crate::limits::KeyLimits;
use metrics_exporter_prometheus::PrometheusHandle;
use selfsame_application::Application;
use selfsame_application::ports::Links;
use std::num::NonZeroU32;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// How many requests wait for changes at a time.
const FEED_WAITS: usize = 256;

/// How many files are taken at a time. Each uses a megabyte of memory, and may take hours.
const UPLOADS: usize = 16;

/// The state that all handlers share. A clone shares everything, and is one pointer: every layer clones it for every request.
#[derive(Debug, Clone)]
pub struct HttpState(Arc<SharedState>);

/// What [`HttpState`] shares.
#[derive(Debug)]
pub struct SharedState {
    /// The use cases.
    pub app: Application,
    /// The settings of the front end.
    pub settings: HttpSettings,
    /// The rate limiters of all keys; none without a limit.
    pub(crate) limits: Option<KeyLimits>,
    /// The limits of requests under way.
    pub(crate) admission: Arc<Admission>,
    /// Room for files that are being sent.
    pub(crate) uploads: Arc<Semaphore>,
    /// Places for requests that wait for changes.
    pub(crate) feed_waits: Arc<Semaphore>,
}

impl HttpState {
    /// Makes the state of a front end for the use cases.
    pub fn new(app: Application, settings: HttpSettings) -> Self {
        Self(Arc::new(SharedState {
            feed_waits: Arc::new(Semaphore::new(FEED_WAITS)),
            admission: Arc::new(Admission::new(app.queue_depth(), settings.body_memory)),
            uploads: Arc::new(Semaphore::new(UPLOADS)),
            app,
            limits: settings.rate_limit.map(KeyLimits::new),
            settings,
        }))
    }
}

impl Deref for HttpState {
    type Target = SharedState;

    fn deref(&self) -> &SharedState {
        &self.0
    }
}

/// The settings of the front end.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Greatest size of a request body in bytes; a larger one is answered 413.
    pub body_limit: usize,
    /// Memory for request bodies in bytes: a quarter while they are read, the rest while they are parsed and processed.
    /// A body without room waits, and is answered 503 when that takes too long.
    pub body_memory: usize,
    /// Greatest size of a file to be imported in bytes, as it is sent and once it is unpacked; a larger one is answered 413.
    pub import_limit: u64,
    /// How long a request may take before it is answered 503. What it submitted may still become durable.
    pub request_timeout: Duration,
    /// How many requests a key may send; none for no limit.
    pub rate_limit: Option<RateLimit>,
    /// The numbers of [`crate::metrics_builder`]'s recorder; none answers 404 at `/metrics`.
    pub metrics: Option<PrometheusHandle>,
    /// Whether the server takes requests; the server clears it when it begins to stop.
    pub ready: Readiness,
    /// What opens links to files; none refuses them.
    pub links: Option<Arc<dyn Links>>,
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
            import_limit: 10 << 30,
            request_timeout: Duration::from_secs(30),
            rate_limit: None,
            metrics: None,
            ready: Readiness::default(),
            links: None,
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
    /// The greatest number of requests at once.
    pub burst: NonZeroU32,
}

/// Whether the server takes requests. Clones share the state; it is true at first.
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

//! One file for each thing that is chosen at start-up.

pub(crate) mod clock;
pub(crate) mod console;
pub(crate) mod exports;
pub(crate) mod hosts;
pub(crate) mod ids;
pub(crate) mod links;
pub(crate) mod logging;
pub(crate) mod metrics;
pub(crate) mod oidc;
pub(crate) mod store;
pub(crate) mod tls;
pub(crate) mod webhooks;

//! One file for each thing that is chosen at start-up.

pub(crate) mod clock;
pub(crate) mod exports;
pub(crate) mod hosts;
pub(crate) mod ids;
pub(crate) mod logging;
pub(crate) mod metrics;
pub(crate) mod store;

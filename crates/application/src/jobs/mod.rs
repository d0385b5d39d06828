//! Background work that continues after its request was answered, and the worker that does it.

mod attempt;
mod handler;
mod signals;
mod worker;

pub(crate) use attempt::Attempt;
pub(crate) use handler::{Interruption, JobEnd, JobHandler};
pub(crate) use signals::JobSignals;
pub use worker::{Worker, WorkerOptions};

//! Work that goes on after its request was answered: whoever does it, and how it is told.

mod attempt;
mod handler;
mod signals;
mod worker;

pub(crate) use attempt::Attempt;
pub(crate) use handler::{Interruption, JobEnd, JobHandler};
pub(crate) use signals::JobSignals;
pub use worker::{Worker, WorkerOptions};

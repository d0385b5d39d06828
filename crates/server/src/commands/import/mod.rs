//! `selfsame import`.

mod client;
mod progress;
mod rejects;
mod run;
mod source;
mod summary;
mod watch;

pub(crate) use run::run;

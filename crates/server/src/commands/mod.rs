//! The sub-commands, one file each.

mod admin;
mod completions;
mod config;
mod doctor;
mod export;
mod key;
mod migrate;
mod openapi;
mod run;
mod segment;
mod serve;
mod site;
mod version;
mod workspace;

pub(crate) use run::run;

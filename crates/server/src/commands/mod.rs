//! The sub-commands, one file each.

mod admin;
mod completions;
mod config;
mod console;
mod demo_data;
mod doctor;
mod export;
mod export_contacts;
mod import;
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

//! Chooses the command and its runtime.

use super::{
    completions, config, console, demo_data, doctor, export, export_contacts, import, key, migrate, openapi, segment,
    serve, site, version, workspace,
};
use crate::cli::{Cli, Command};
use anyhow::{Context, Result};
use std::process::ExitCode;
use tokio::runtime::{Builder, Runtime};

/// Runs a command and returns the exit code of the process.
pub(crate) fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        Command::Serve(flags) => runtime(Builder::new_multi_thread())?.block_on(serve::run(&flags)),
        Command::Migrate(args) => one_thread()?.block_on(migrate::run(&args)),
        Command::Workspace(command) => one_thread()?.block_on(workspace::run(command)),
        Command::Key(command) => one_thread()?.block_on(key::run(command)),
        Command::Site(command) => one_thread()?.block_on(site::run(command)),
        Command::ExportContacts(args) => one_thread()?.block_on(export_contacts::run(&args)),
        Command::Import(args) => one_thread()?.block_on(import::run(&args)),
        Command::Console(command) => one_thread()?.block_on(console::run(command)),
        Command::Segment(command) => one_thread()?.block_on(segment::run(command)),
        Command::Export(command) => one_thread()?.block_on(export::run(command)),
        Command::Config(command) => config::run(&command),
        Command::Openapi(_) => openapi::run(),
        Command::Doctor(args) => one_thread()?.block_on(doctor::run(&args)),
        Command::DemoData(args) => demo_data::run(&args),
        Command::Completions { shell } => completions::run(shell),
        Command::Version => version::run(),
    }
}

fn one_thread() -> Result<Runtime> {
    runtime(Builder::new_current_thread())
}

fn runtime(mut builder: Builder) -> Result<Runtime> {
    builder.enable_all().build().context("cannot start the runtime")
}

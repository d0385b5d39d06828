//! The `selfsame` binary: settings, wiring and sub-commands.

mod bootstrap;
mod cli;
mod commands;
mod connections;
mod console_cli;
mod demo_data;
mod drain;
mod export_cli;
mod letter_case;
mod output;
mod settings;
mod upkeep;
mod wiring;

use clap::Parser;
use std::process::ExitCode;

/// The system's allocator took a fifth of the server's time under load. Without huge pages (`no_thp`) an idle server uses half as much memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match commands::run(cli::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            output::complain(&error);
            ExitCode::FAILURE
        }
    }
}

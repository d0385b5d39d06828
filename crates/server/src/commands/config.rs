//! `selfsame config check` and `selfsame config show`.

use crate::cli::ConfigCommand;
use crate::output;
use crate::settings::{as_json, as_toml, load};
use anyhow::Result;
use std::process::ExitCode;

pub(crate) fn run(command: &ConfigCommand) -> Result<ExitCode> {
    match command {
        ConfigCommand::Check(flags) => {
            load(flags, flags.store.config.as_deref())?;
            output::print("the settings are valid\n")?;
        }
        ConfigCommand::Show { settings, json } => {
            let loaded = load(settings, settings.store.config.as_deref())?;
            if *json {
                output::print_json(&as_json(&loaded)?)?;
            } else {
                output::print(&as_toml(&loaded)?)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

//! `selfsame openapi`.

use crate::output;
use anyhow::Result;
use std::process::ExitCode;

pub(crate) fn run() -> Result<ExitCode> {
    output::print_json(&selfsame_http::openapi())?;
    Ok(ExitCode::SUCCESS)
}

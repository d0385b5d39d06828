//! `selfsame workspace create` and `selfsame workspace list`.

use super::admin::Admin;
use crate::cli::WorkspaceCommand;
use crate::output;
use crate::settings::StoreFlags;
use anyhow::{Result, bail};
use selfsame_application::ports::{StorageError, Workspace};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Longest name, in characters, as the port says.
const LONGEST_NAME: usize = 100;

pub(crate) async fn run(command: WorkspaceCommand) -> Result<ExitCode> {
    match command {
        WorkspaceCommand::Create { name, store, json } => create(&name, &store, json).await?,
        WorkspaceCommand::List { store, json } => list(&store, json).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn create(name: &str, flags: &StoreFlags, json: bool) -> Result<()> {
    check_name("workspace", name)?;
    let made = Admin::with(flags, async |admin| match admin.app.create_workspace(name).await {
        Err(StorageError::Conflict { .. }) => bail!("there is a workspace `{name}` already"),
        made => Ok(made?),
    });
    let workspace = made.await?;
    if json {
        return output::print_json(&as_json(&workspace));
    }
    output::print(&format!(
        "made workspace `{}`, number {}\n",
        workspace.name, workspace.id
    ))
}

async fn list(flags: &StoreFlags, json: bool) -> Result<()> {
    let workspaces = Admin::with(flags, async |admin| Ok(admin.app.store().workspaces().await?)).await?;
    if json {
        return output::print_json(&workspaces.iter().map(as_json).collect::<Vec<_>>());
    }
    let row = |workspace: &Workspace| {
        [
            workspace.id.to_string(),
            workspace.name.clone(),
            output::time(workspace.created_at),
        ]
    };
    let rows: Vec<_> = workspaces.iter().map(row).collect();
    output::print(&output::table(["ID", "NAME", "CREATED"], &rows))
}

fn as_json(workspace: &Workspace) -> Value {
    json!({ "id": workspace.id, "name": workspace.name, "created_at": output::time(workspace.created_at) })
}

/// Checks the name of a workspace or a key.
pub(super) fn check_name(what: &str, name: &str) -> Result<()> {
    let blank = name.trim() != name || name.is_empty();
    if blank || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        bail!("the name of a {what} must have 1 to {LONGEST_NAME} characters, without blanks around it");
    }
    Ok(())
}

/// The workspace of this name, else of this number.
pub(super) async fn find(admin: &Admin, wanted: &str) -> Result<Workspace> {
    let all = admin.app.store().workspaces().await?;
    let by_name = all.iter().find(|workspace| workspace.name == wanted);
    let found = by_name.or_else(|| all.iter().find(|workspace| workspace.id.to_string() == wanted));
    if let Some(workspace) = found {
        return Ok(workspace.clone());
    }
    bail!("there is no workspace `{wanted}`; `selfsame workspace list` shows those there are")
}

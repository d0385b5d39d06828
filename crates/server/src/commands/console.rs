//! `selfsame console invite`.

use super::admin::Admin;
use super::workspace::find;
use crate::console_cli::{ConsoleCommand, Invite};
use crate::output;
use crate::settings::load;
use anyhow::{Context, Result, anyhow};
use secrecy::ExposeSecret;
use selfsame_console::ConsoleState;
use selfsame_domain::values::{Email, SiteOrigin};
use serde_json::json;
use std::process::ExitCode;

pub(crate) async fn run(command: ConsoleCommand) -> Result<ExitCode> {
    match command {
        ConsoleCommand::Invite(args) => invite(&args).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn invite(args: &Invite) -> Result<()> {
    let email = Email::parse(&args.email).map_err(|error| anyhow!("EMAIL {error}"))?;
    let settings = load(&args.store, args.store.config.as_deref())?.settings;
    let public_url = match (&args.public_url, &settings.public_url) {
        (Some(given), _) => {
            let origin = SiteOrigin::parse(given);
            origin.map_err(|error| anyhow!("--public-url {error}"))?.to_string()
        }
        (None, Some(address)) => address.to_string(),
        (None, None) => format!("http://{}", settings.listen),
    };
    let made = Admin::with(&args.store, async |admin| {
        let workspace = find(admin, &args.workspace).await?;
        let made = admin
            .app
            .invite_as_operator(workspace.id, Some(email), args.role.into())
            .await;
        let (invitation, token) = made.context("cannot store the invitation")?;
        Ok((workspace, invitation, token))
    });
    let (workspace, invitation, token) = made.await?;
    let link = ConsoleState::invitation_link(&public_url, token.expose_secret());
    let expires_at = output::time(invitation.expires_at);
    if args.json {
        return output::print_json(&json!({
            "id": invitation.id,
            "workspace": { "id": workspace.id, "name": workspace.name },
            "email": invitation.email,
            "role": invitation.role.as_str(),
            "expires_at": expires_at,
            "link": link,
        }));
    }
    output::print(&format!(
        "invited {} to workspace `{}` as {}\n\n  {link}\n\nThe link is shown this once, opens once, and expires at {expires_at}.\n",
        args.email.trim(),
        workspace.name,
        invitation.role.as_str(),
    ))
}

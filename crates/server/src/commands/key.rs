//! `selfsame key create`, `key list` and `key revoke`.

use super::admin::Admin;
use super::workspace::{check_name, find};
use crate::cli::{CreateKey, KeyCommand};
use crate::output;
use crate::settings::StoreFlags;
use anyhow::{Result, bail};
use chrono::{NaiveDate, TimeDelta};
use selfsame_application::KeySecret;
use selfsame_application::ports::{ApiKey, Workspace};
use selfsame_domain::{KeyId, Timestamp};
use serde_json::{Value, json};
use std::process::ExitCode;
use uuid::Uuid;

pub(crate) async fn run(command: KeyCommand) -> Result<ExitCode> {
    match command {
        KeyCommand::Create(args) => {
            check_name("key", &args.name)?;
            Admin::with(&args.store, async |admin| create(admin, &args).await).await?;
        }
        KeyCommand::List { workspace, store, json } => list(workspace.as_deref(), &store, json).await?,
        KeyCommand::Revoke { id, store } => {
            Admin::with(&store, async |admin| revoke(admin, id).await).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn create(admin: &Admin, args: &CreateKey) -> Result<()> {
    let app = &admin.app;
    let expires_at = expiry(&args.expires, app.clock().now())?;
    let workspace = find(admin, &args.workspace).await?;
    let secret = KeySecret::draw(&*admin.ids);
    let key = app
        .create_key(workspace.id, secret.key(&args.name, args.rights.into(), expires_at))
        .await?;
    if args.json {
        let mut shown = as_json(&key, &workspace, app.clock().now());
        shown["secret"] = json!(secret.expose());
        return output::print_json(&shown);
    }
    output::print(&format!(
        "made key `{}` of workspace `{}` with the rights {}; it {}\n\n  {}\n\n\
         This is the only time that the secret is shown. The key's ID is {}.\n",
        key.name,
        workspace.name,
        key.rights.as_str(),
        key.expires_at.map_or_else(
            || "never expires".to_owned(),
            |end| format!("expires at {}", output::time(end))
        ),
        secret.expose(),
        key.id,
    ))
}

async fn list(wanted: Option<&str>, flags: &StoreFlags, json: bool) -> Result<()> {
    let (keys, now) = Admin::with(flags, async |admin| {
        Ok((keys(admin, wanted).await?, admin.app.clock().now()))
    })
    .await?;
    if json {
        let all: Vec<Value> = keys
            .iter()
            .map(|(workspace, key)| as_json(key, workspace, now))
            .collect();
        return output::print_json(&all);
    }
    let row = |(workspace, key): &(Workspace, ApiKey)| {
        [
            key.id.to_string(),
            workspace.name.clone(),
            key.name.clone(),
            format!("{}…", key.prefix),
            key.rights.as_str().to_owned(),
            state(key, now).to_owned(),
            output::time(key.created_at),
            output::time_or(key.expires_at, "never"),
            output::time_or(key.last_used_at, "never"),
        ]
    };
    let titles = [
        "ID",
        "WORKSPACE",
        "NAME",
        "SECRET",
        "RIGHTS",
        "STATE",
        "CREATED",
        "EXPIRES",
        "LAST USED",
    ];
    output::print(&output::table(titles, &keys.iter().map(row).collect::<Vec<_>>()))
}

async fn keys(admin: &Admin, wanted: Option<&str>) -> Result<Vec<(Workspace, ApiKey)>> {
    let workspaces = match wanted {
        Some(wanted) => vec![find(admin, wanted).await?],
        None => admin.app.store().workspaces().await?,
    };
    let mut all = Vec::new();
    for workspace in workspaces {
        let keys = admin.app.store().keys(workspace.id).await?;
        all.extend(keys.into_iter().map(|key| (workspace.clone(), key)));
    }
    Ok(all)
}

async fn revoke(admin: &Admin, id: Uuid) -> Result<()> {
    for workspace in admin.app.store().workspaces().await? {
        if admin.app.revoke_key(workspace.id, KeyId(id)).await? {
            return output::print(&format!("revoked key {id} of workspace `{}`\n", workspace.name));
        }
    }
    bail!("there is no key {id}; `selfsame key list` shows those there are")
}

fn state(key: &ApiKey, now: Timestamp) -> &'static str {
    if key.revoked_at.is_some() {
        "revoked"
    } else if key.expires_at.is_some_and(|end| end <= now) {
        "expired"
    } else {
        "active"
    }
}

fn as_json(key: &ApiKey, workspace: &Workspace, now: Timestamp) -> Value {
    json!({
        "id": key.id,
        "workspace": { "id": workspace.id, "name": workspace.name },
        "name": key.name,
        "prefix": key.prefix,
        "rights": key.rights.as_str(),
        "state": state(key, now),
        "created_at": output::time(key.created_at),
        "expires_at": key.expires_at.map(output::time),
        "last_used_at": key.last_used_at.map(output::time),
        "revoked_at": key.revoked_at.map(output::time),
    })
}

/// Reads when a key or a token ends.
pub(super) fn expiry(text: &str, now: Timestamp) -> Result<Option<Timestamp>> {
    if text == "never" {
        return Ok(None);
    }
    let end = if let Ok(day) = text.parse::<NaiveDate>() {
        day.and_hms_opt(0, 0, 0).map(|begin| begin.and_utc())
    } else {
        let span = humantime::parse_duration(text)
            .ok()
            .and_then(|span| TimeDelta::from_std(span).ok());
        span.and_then(|span| now.checked_add_signed(span))
    };
    match end {
        Some(end) if end > now => Ok(Some(end)),
        Some(_) => bail!("--expires {text} has passed already"),
        None => bail!("--expires must be a date such as 2027-01-31, a duration such as 90d, or never"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_ends_on_a_day_after_a_time_or_never() {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let end = |text: &str| expiry(text, now).map(|end| output::time_or(end, "never"));
        assert_eq!(end("never").unwrap(), "never");
        assert_eq!(end("2027-01-31").unwrap(), "2027-01-31T00:00:00Z");
        assert_eq!(end("90d").unwrap(), "2027-02-21T12:00:00Z");
        for bad in [
            "",
            "soon",
            "2026-11-23",
            "2020-01-01",
            "0s",
            "2027-02-30",
            "99999999999999y",
        ] {
            assert!(end(bad).is_err(), "{bad}");
        }
    }
}

//! `selfsame site create`, `list`, `set`, `remove`, `secret` and `token`.

use super::admin::Admin;
use super::key::expiry;
use super::workspace::{check_name, find};
use crate::cli::{CreateSite, IdentityToken, SetSite, SiteCommand};
use crate::output;
use crate::settings::StoreFlags;
use anyhow::{Context, Result, bail};
use secrecy::ExposeSecret;
use selfsame_application::ports::{Site, StorageError, Workspace};
use selfsame_domain::values::{ExternalId, SiteOrigin};
use selfsame_domain::{Identifier, SiteId};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::ExitCode;

pub(crate) async fn run(command: SiteCommand) -> Result<ExitCode> {
    match command {
        SiteCommand::Create(args) => {
            check_name("site", &args.name)?;
            Admin::with(&args.store, async |admin| create(admin, &args).await).await?;
        }
        SiteCommand::List { workspace, store, json } => list(workspace.as_deref(), &store, json).await?,
        SiteCommand::Set(args) => Admin::with(&args.store, async |admin| set(admin, &args).await).await?,
        SiteCommand::Remove { id, store } => {
            Admin::with(&store, async |admin| remove(admin, SiteId(id)).await).await?;
        }
        SiteCommand::Secret { workspace, store } => {
            Admin::with(&store, async |admin| rotate(admin, &workspace).await).await?;
        }
        SiteCommand::Token(args) => Admin::with(&args.store, async |admin| token(admin, &args).await).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn create(admin: &Admin, args: &CreateSite) -> Result<()> {
    let origins = origins(&args.origin)?;
    let workspace = find(admin, &args.workspace).await?;
    let made = admin
        .app
        .create_site(workspace.id, &args.name, origins, args.allow_unsigned);
    let site = match made.await {
        Err(StorageError::Conflict { .. }) => {
            bail!("workspace `{}` has a site `{}` already", workspace.name, args.name)
        }
        made => made?,
    };
    if args.json {
        return output::print_json(&as_json(&site, &workspace));
    }
    output::print(&format!(
        "made site `{}` of workspace `{}`, number {}; its public key, safe to publish:\n\n  {}\n\n{}",
        site.name,
        workspace.name,
        site.id,
        site.key,
        how_to_use(&site)
    ))
}

fn how_to_use(site: &Site) -> String {
    if site.origins.is_empty() {
        return "It has no origin: web pages cannot use the key, apps can.\n".to_owned();
    }
    format!(
        "On its pages, with the address of your server:\n\n  \
         <script async src=\"https://SERVER/t/selfsame.js\" data-site=\"{}\"></script>\n",
        site.key
    )
}

async fn list(wanted: Option<&str>, flags: &StoreFlags, json: bool) -> Result<()> {
    let sites = Admin::with(flags, async |admin| sites(admin, wanted).await).await?;
    if json {
        let all: Vec<Value> = sites.iter().map(|(workspace, site)| as_json(site, workspace)).collect();
        return output::print_json(&all);
    }
    let row = |(workspace, site): &(Workspace, Site)| {
        [
            site.id.to_string(),
            workspace.name.clone(),
            site.name.clone(),
            site.key.clone(),
            written(&site.origins),
            unsigned(site.allow_unsigned).to_owned(),
            output::time(site.created_at),
        ]
    };
    let titles = ["ID", "WORKSPACE", "NAME", "KEY", "ORIGINS", "UNSIGNED", "CREATED"];
    output::print(&output::table(titles, &sites.iter().map(row).collect::<Vec<_>>()))
}

async fn sites(admin: &Admin, wanted: Option<&str>) -> Result<Vec<(Workspace, Site)>> {
    let workspaces = match wanted {
        Some(wanted) => vec![find(admin, wanted).await?],
        None => admin.app.store().workspaces().await?,
    };
    let mut all = Vec::new();
    for workspace in workspaces {
        let sites = admin.app.store().sites(workspace.id).await?;
        all.extend(sites.into_iter().map(|site| (workspace.clone(), site)));
    }
    Ok(all)
}

async fn find_site(admin: &Admin, id: SiteId) -> Result<(Workspace, Site)> {
    let found = sites(admin, None).await?.into_iter().find(|(_, site)| site.id == id);
    found.with_context(|| format!("there is no site {id}; `selfsame site list` shows those there are"))
}

async fn set(admin: &Admin, args: &SetSite) -> Result<()> {
    let (workspace, site) = find_site(admin, SiteId(args.id)).await?;
    let origins = match args.origin.as_slice() {
        [] => site.origins,
        given => origins(given)?,
    };
    let allow_unsigned = args.allow_unsigned.unwrap_or(site.allow_unsigned);
    let store = admin.app.store();
    if !store.set_site(workspace.id, site.id, &origins, allow_unsigned).await? {
        bail!("site {} was removed meanwhile", site.id);
    }
    output::print(&format!(
        "site {} has the origins {} and takes unsigned identification: {}\n",
        site.id,
        written(&origins),
        unsigned(allow_unsigned)
    ))
}

async fn remove(admin: &Admin, id: SiteId) -> Result<()> {
    let (workspace, site) = find_site(admin, id).await?;
    if !admin.app.store().remove_site(workspace.id, id).await? {
        bail!("site {id} was removed meanwhile");
    }
    output::print(&format!(
        "removed site `{}` of workspace `{}`; its key opens nothing any more\n",
        site.name, workspace.name
    ))
}

async fn rotate(admin: &Admin, workspace: &str) -> Result<()> {
    let workspace = find(admin, workspace).await?;
    let secret = admin.app.rotate_signing_secret(workspace.id).await?;
    output::print(&format!(
        "made a signing secret of workspace `{}`\n\n  {}\n\n\
         This is the only time that it is shown. Keep it on your server: with it one can sign in as any user.\n\
         Tokens signed with the secret before this one are accepted until the next rotation, older ones are not.\n",
        workspace.name,
        secret.expose_secret(),
    ))
}

async fn token(admin: &Admin, args: &IdentityToken) -> Result<()> {
    let id = ExternalId::parse(&args.external_id).map_err(|error| anyhow::anyhow!("--external-id {error}"))?;
    let expires_at = expiry(&args.expires, admin.app.clock().now())?;
    let workspace = find(admin, &args.workspace).await?;
    let vouched = Identifier::external_id(&id);
    if workspace
        .policy
        .blocks(vouched.kind(), &vouched.typed, &vouched.key.value)
    {
        bail!(
            "--external-id `{id}` is a blocked value of workspace `{}`: it names no contact, and neither does a token for it",
            workspace.name
        );
    }
    let Some(token) = admin.app.sign_identity(workspace.id, &id, expires_at).await? else {
        bail!(
            "workspace `{0}` has no signing secret; make one with `selfsame site secret --workspace {0}`",
            workspace.name
        );
    };
    output::print(&format!("{token}\n"))
}

fn origins(texts: &[String]) -> Result<BTreeSet<SiteOrigin>> {
    let read = |text: &String| SiteOrigin::parse(text).map_err(|error| anyhow::anyhow!("--origin {text} {error}"));
    texts.iter().map(read).collect()
}

fn written(origins: &BTreeSet<SiteOrigin>) -> String {
    if origins.is_empty() {
        return "none".to_owned();
    }
    origins.iter().map(SiteOrigin::as_str).collect::<Vec<_>>().join(" ")
}

fn unsigned(allowed: bool) -> &'static str {
    if allowed { "yes" } else { "no" }
}

fn as_json(site: &Site, workspace: &Workspace) -> Value {
    json!({
        "id": site.id,
        "workspace": { "id": workspace.id, "name": workspace.name },
        "name": site.name,
        "key": site.key,
        "origins": site.origins,
        "allow_unsigned": site.allow_unsigned,
        "created_at": output::time(site.created_at),
    })
}

//! The very first start: creates the first workspace and its key.

use secrecy::{ExposeSecret, SecretString};
use selfsame_application::ports::{Ids, StorageError};
use selfsame_application::{Application, KeySecret};
use selfsame_console::ConsoleState;
use selfsame_domain::Rights;
use selfsame_domain::console::Role;
use std::net::SocketAddr;

/// Name of the first workspace.
const WORKSPACE: &str = "default";
/// Name of the first key.
const KEY: &str = "first key";

/// The result of a start.
#[derive(Debug)]
pub(crate) enum Start {
    /// There was no workspace: one was made.
    First {
        /// The secret that was drawn for its key, which nobody knows yet; none when the key is the one of the settings.
        key: Option<KeySecret>,
        /// The secret of the invitation that makes the first admin of the console.
        admin: SecretString,
    },
    /// There was a workspace.
    Later,
}

/// Makes the first workspace, its key and an invitation for its admin if there is no workspace. Of several servers that start at once, one
/// does.
pub(crate) async fn bootstrap(
    app: &Application,
    ids: &dyn Ids,
    given: Option<&KeySecret>,
) -> Result<Start, StorageError> {
    if !app.store().workspaces().await?.is_empty() {
        return Ok(Start::Later);
    }
    let drawn = given.is_none().then(|| KeySecret::draw(ids));
    let Some(secret) = given.or(drawn.as_ref()) else {
        return Ok(Start::Later);
    };
    if !app.bootstrap(WORKSPACE, secret.key(KEY, Rights::Full, None)).await? {
        return Ok(Start::Later);
    }
    let workspaces = app.store().workspaces().await?;
    let first = workspaces.first().ok_or(StorageError::UnknownWorkspace)?;
    let (_, admin) = app.invite_as_operator(first.id, None, Role::Admin).await?;
    Ok(Start::First { key: drawn, admin })
}

/// What the operator reads. `address` is one that can be connected to, `public_url` where people reach the console.
pub(crate) fn welcome(start: &Start, address: SocketAddr, public_url: &str) -> String {
    let listens = format!("Selfsame {} listens on http://{address}\n", env!("CARGO_PKG_VERSION"));
    let rest = match start {
        Start::First { key, admin } => {
            let made = match key {
                Some(key) => key_text(address, key.expose()),
                None => format!(
                    "This is the first start: made the workspace `{WORKSPACE}` with the API key of SELFSAME_BOOTSTRAP_API_KEY.\n"
                ),
            };
            let link = ConsoleState::invitation_link(public_url, admin.expose_secret());
            format!(
                "{made}Become the first admin of the console by this link, which opens once, within a week:\n\n  {link}\n\n"
            )
        }
        Start::Later => format!(
            "The console is at {public_url}\n\
             Make an API key: selfsame key create --workspace {WORKSPACE} --name NAME\n\
             Invite an admin to the console: selfsame console invite EMAIL --role admin\n"
        ),
    };
    listens + &rest
}

fn key_text(address: SocketAddr, key: &str) -> String {
    format!(
        "\nThis is the first start: made the workspace `{WORKSPACE}` and an API key with all rights.\n\
         The key is shown this once, and only its digest is stored:\n\n  {key}\n\n\
         Create a contact:\n\n  {}\n\n",
        curl(address, key)
    )
}

fn curl(address: SocketAddr, key: &str) -> String {
    format!(
        "curl -u :{key} -H 'Content-Type: application/json' -d \
         '{{\"externalCustomerId\":\"1001\",\"firstName\":\"Ada\",\"channels\":[{{\"type\":\"email\",\"value\":\"ada@example.com\"}}]}}' \
         http://{address}/api/v1/contact"
    )
}

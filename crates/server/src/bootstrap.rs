//! The very first start: creates the first workspace and its key.

use crate::keys::Secret;
use selfsame_application::Application;
use selfsame_application::ports::{Ids, StorageError};
use selfsame_domain::Rights;
use std::net::SocketAddr;

/// Name of the first workspace.
const WORKSPACE: &str = "default";
/// Name of the first key.
const KEY: &str = "first key";

/// The result of a start.
#[derive(Debug)]
pub(crate) enum Start {
    /// There was no workspace; this secret was generated for its first key and has not been shown yet.
    FirstWithDrawn(Secret),
    /// There was no workspace; its first key is the key of the settings.
    FirstWithGiven,
    /// There was a workspace.
    Later,
}

/// Makes the first workspace and its key if there is no workspace. Of several servers that start at once, one does.
pub(crate) async fn bootstrap(app: &Application, ids: &dyn Ids, given: Option<&Secret>) -> Result<Start, StorageError> {
    if !app.store().workspaces().await?.is_empty() {
        return Ok(Start::Later);
    }
    let (secret, start) = if let Some(secret) = given {
        (secret.clone(), Start::FirstWithGiven)
    } else {
        let secret = Secret::draw(ids);
        (secret.clone(), Start::FirstWithDrawn(secret))
    };
    let made = app.bootstrap(WORKSPACE, secret.key(KEY, Rights::Full, None)).await?;
    Ok(if made { start } else { Start::Later })
}

/// The text for the operator. `address` must be one that clients can connect to.
pub(crate) fn welcome(start: &Start, address: SocketAddr) -> String {
    let listens = format!("Selfsame {} listens on http://{address}\n", env!("CARGO_PKG_VERSION"));
    let rest = match start {
        Start::FirstWithDrawn(secret) => {
            let key = secret.expose();
            format!(
                "\nThis is the first start: made the workspace `{WORKSPACE}` and an API key with all rights.\n\
                 The key is shown this once, and only its digest is stored:\n\n  {key}\n\n\
                 Create a contact:\n\n  {}\n\n",
                curl(address, key)
            )
        }
        Start::FirstWithGiven => format!(
            "This is the first start: made the workspace `{WORKSPACE}` with the API key of SELFSAME_BOOTSTRAP_API_KEY.\n"
        ),
        Start::Later => format!("Make an API key: selfsame key create --workspace {WORKSPACE} --name NAME\n"),
    };
    listens + &rest
}

fn curl(address: SocketAddr, key: &str) -> String {
    format!(
        "curl -u :{key} -H 'Content-Type: application/json' -d \
         '{{\"externalCustomerId\":\"1001\",\"firstName\":\"Ada\",\"channels\":[{{\"type\":\"email\",\"value\":\"ada@example.com\"}}]}}' \
         http://{address}/api/v1/contact"
    )
}

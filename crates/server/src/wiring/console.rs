//! The console beside the HTTP front end, at one address.

use crate::settings::{Settings, reachable};
use axum::Router;
use selfsame_application::Application;
use selfsame_console::{ConsoleSettings, ConsoleState};
use selfsame_http::{ImportRows, PastedCalls};
use std::net::SocketAddr;
use std::sync::Arc;

/// Where people reach the console: what the settings say, else the address that is listened on.
pub(crate) fn public_url(settings: &Settings, bound: SocketAddr) -> String {
    let configured = settings.public_url.as_ref();
    configured.map_or_else(|| format!("http://{}", reachable(bound)), ToString::to_string)
}

/// The front end with the console's pages. What is no page of the console is the front end's.
pub(crate) fn with_console(front_end: Router, app: &Application, settings: &Settings, bound: SocketAddr) -> Router {
    let console = ConsoleSettings {
        public_url: public_url(settings, bound),
        request_timeout: settings.request_timeout,
        import_limit: settings.import_limit_bytes,
        identity_provider: settings.oidc_issuer.as_ref().map(|_| settings.oidc_label.clone()),
    };
    let rows = Arc::new(ImportRows::for_previews(settings.import_limit_bytes));
    front_end.merge(selfsame_console::router(&ConsoleState::new(
        app.clone(),
        rows,
        Arc::new(PastedCalls),
        console,
    )))
}

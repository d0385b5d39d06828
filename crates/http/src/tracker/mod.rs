//! Calls of web pages, with the public key of their site (wire facts, section 5).

mod answer;
mod collect;
mod cors;
mod page;
mod plugin_log;
mod script;
mod visitor;
mod wire;

pub(crate) use answer::{CollectedBody, RefusedPart};
pub(crate) use cors::{for_pages, readable};

use crate::state::HttpState;
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Greatest size of a request in bytes: the limit of browsers for requests of a page that is left.
const MAX_BYTES: usize = 64 * 1024;

/// How long a browser may cache a preflight.
const PREFLIGHT_AGE: Duration = Duration::from_hours(2);

/// The paths of [`routes`].
const PAGE_PATHS: [&str; 2] = ["/t/events", "/api/v2"];

/// Routes for pages.
pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(collect::collect))
        .routes(routes!(wire::wire))
}

/// Further routes for shop plug-ins.
pub(crate) fn plugin_routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(plugin_log::plugin_log))
}

/// The route of the tracking script, which any page may load.
pub(crate) fn script_routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(script::script))
}

//! What web pages tell, with the public key of their site (wire facts, section 5).

mod answer;
mod collect;
mod cors;
mod page;
mod plugin_log;
mod script;
mod who;
mod wire;

pub(crate) use answer::{CollectedBody, RefusedPart};
pub(crate) use cors::{for_pages, readable};

use crate::state::HttpState;
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The most bytes of a request: what browsers send while a page is left.
const MAX_BYTES: usize = 64 * 1024;

/// How far back an event may have happened: a browser that was offline tells late, an inventor tells anything.
pub(crate) const DEPTH: chrono::TimeDelta = chrono::TimeDelta::days(30);

/// How long a browser may remember that a page is welcome.
const PREFLIGHT_AGE: Duration = Duration::from_hours(2);

/// The paths of [`routes`].
const PAGE_PATHS: [&str; 2] = ["/t/events", "/api/v2"];

/// The calls that pages make.
pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(collect::collect))
        .routes(routes!(wire::wire))
}

/// What shop plug-ins send besides.
pub(crate) fn plugin_routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(plugin_log::plugin_log))
}

/// The script that pages load. Any page may.
pub(crate) fn script_routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(script::script))
}

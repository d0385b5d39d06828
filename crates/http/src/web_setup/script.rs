//! `GET site/script`: the lines that a shop puts into its pages.

use super::domains::origins;
use crate::auth::{May, right};
use crate::error::ApiError;
use crate::paths::Params;
use crate::state::HttpState;
use axum::extract::State;
use http::HeaderMap;
use http::header::HOST;
use http::uri::Authority;
use selfsame_domain::WorkspaceId;

/// The header with the protocol by which the client reached the proxy.
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// The lines for the pages of a shop.
///
/// They load the script with the public key of the domain's site, and keep the calls of `selfsame(…)` and `eS(…)` until it is there. Without
/// `domain` the site is the one that the shops of the workspace share, which is made when it is needed: see `POST /api/v1/site/domains`.
/// The script is loaded from the host that the request was sent to.
#[utoipa::path(
    get,
    path = "/api/v1/site/script",
    operation_id = "getSiteScript",
    tag = "account",
    params(("domain" = Option<String>, Query, description = "The shop's domain, which must be registered")),
    responses(
        (status = 200, body = String, content_type = "text/plain", description = "Two `script` elements",
            example = json!("The lines for the head of a page")),
        crate::docs::ReadErrors,
        (status = 404, description = "No site of the workspace has the domain", body = String, content_type = "text/plain",
            example = json!("domain not found")),
    )
)]
pub(crate) async fn script(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    params: Params,
    headers: HeaderMap,
) -> Result<String, ApiError> {
    let server = server(&headers)?;
    let workspace = auth.workspace();
    let site = match params.text("domain") {
        Some(domain) => {
            let found = state.app.site_of_domain(workspace, &origins("domain", domain)?).await?;
            found.ok_or(ApiError::NotFound("domain"))?
        }
        None => state.app.web_site(workspace).await?,
    };
    Ok(lines(workspace, &server, &site.key))
}

/// The address of this server for the client: with the protocol if a proxy sends it, else with that of the page.
fn server(headers: &HeaderMap) -> Result<String, ApiError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let host = text(HOST.as_str()).and_then(|host| host.parse::<Authority>().ok());
    // Other characters of an authority are not safe in an attribute.
    let plain = |host: &Authority| {
        let mut bytes = host.as_str().bytes();
        bytes.all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte))
    };
    let host = host.filter(plain);
    let host = host.ok_or_else(|| ApiError::invalid("Host", "must be the name of this server"))?;
    let scheme = match text(FORWARDED_PROTO) {
        Some(scheme @ ("http" | "https")) => format!("{scheme}:"),
        _ => String::new(),
    };
    Ok(format!("{scheme}//{host}"))
}

/// `_esConfig` is where plug-ins read the number for their calls (wire fact).
fn lines(workspace: WorkspaceId, server: &str, key: &str) -> String {
    let queue =
        |name: &str| format!("window.{name}=window.{name}||function(){{({name}.q={name}.q||[]).push(arguments)}}");
    let (own, former) = (queue("selfsame"), queue("eS"));
    format!(
        "<script>window._esConfig={{orgId:{workspace}}};{own};{former}</script>\n\
         <script async src=\"{server}/t/selfsame.js\" data-site=\"{key}\"></script>\n"
    )
}

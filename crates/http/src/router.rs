//! Builds the router from the routes of all nouns and the layers around them.

mod around;

use crate::catalog;
use crate::changes;
use crate::dialect;
use crate::error::ApiError;
use crate::identity;
use crate::operations;
use crate::render;
use crate::state::HttpState;
use crate::system;
use crate::{
    absent, access_tokens, addressbooks, connectors, contacts, events, exports, history, imports, mobile, orders,
    segments, subscriptions, tokens, tracker, web_setup, webhooks,
};
use axum::Router;
use axum::middleware;
use http::header::AUTHORIZATION;
use tower::Layer;
use tower::util::MapResponseLayer;
use tower_http::compression::CompressionLayer;
use tower_http::normalize_path::NormalizePathLayer;
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::Modify;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;

/// The parts of the document besides its paths.
#[derive(OpenApi)]
#[openapi(
    info(title = "Selfsame", description = "Contact identity: one person, one contact."),
    modifiers(&Security),
    components(schemas(
        crate::render::ErrorBody,
        crate::render::ProblemDocument,
        crate::render::UnauthorizedBody
    )),
    security(("basic" = []), ("bearer" = [])),
    tags(
        (name = "account", description = "The service and the account"),
        (name = "contacts", description = "Contacts and their identifiers"),
        (name = "imports", description = "Many contacts at once, and what became of each"),
        (name = "exports", description = "The tables in the customer's own database, kept in step"),
        (name = "changes", description = "What became of contacts, for programs that follow"),
        (name = "segments", description = "Segments (groups), static and dynamic"),
        (name = "subscriptions", description = "Subscription categories and unsubscribed addresses"),
        (name = "fields", description = "Custom fields"),
        (name = "tokens", description = "App tokens"),
        (name = "events", description = "What people did, before and after they were known"),
        (name = "history", description = "Reading what people did"),
        (name = "orders", description = "Orders"),
        (name = "tracker", description = "Events and identifiers from web pages, with the public key of their site"),
        (name = "mobile", description = "Events, devices and users from apps, with the public key of their site"),
        (name = "identity", description = "Why contacts are what they are: explanations, merges, the policy"),
        (name = "catalog", description = "Definitions of custom fields and subscription categories"),
        (name = "operations", description = "Whether the server is well, and what it can do"),
    )
)]
struct Description;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        let scheme = |scheme, text: &str| {
            SecurityScheme::Http(HttpBuilder::new().scheme(scheme).description(Some(text)).build())
        };
        let basic = scheme(HttpAuthScheme::Basic, "Any user name, the API key as password");
        let bearer = scheme(HttpAuthScheme::Bearer, "The API key as token");
        components.add_security_scheme("basic", basic);
        components.add_security_scheme("bearer", bearer);
        let site = ApiKeyValue::with_description("X-Reteno-Access-Key", "The public key of the app's site");
        components.add_security_scheme("site", SecurityScheme::ApiKey(ApiKey::Header(site)));
    }
}

/// The routes of the wire-compatible API.
pub(crate) fn wire() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .merge(system::routes())
        .merge(contacts::routes())
        .merge(imports::routes())
        .merge(subscriptions::routes())
        .merge(segments::routes())
        .merge(tokens::routes())
        .merge(orders::routes())
        .merge(addressbooks::routes())
        .merge(events::routes())
        .merge(access_tokens::routes())
        .merge(web_setup::routes())
        .layer(MapResponseLayer::new(render::say_charset))
}

/// Every route but those of operations. `pages` has the routes that pages of other origins call, with their CORS layer.
fn public(pages: OpenApiRouter<HttpState>) -> OpenApiRouter<HttpState> {
    OpenApiRouter::with_openapi(Description::openapi())
        .merge(wire())
        .merge(identity::routes())
        .merge(catalog::routes())
        .merge(segments::own_routes())
        .merge(contacts::own_routes())
        .merge(events::own_routes())
        .merge(orders::own_routes())
        .merge(imports::own_routes())
        .merge(connectors::routes())
        .merge(exports::routes())
        .merge(changes::routes())
        .merge(webhooks::routes())
        .merge(history::routes())
        .merge(pages)
        .merge(mobile::routes())
        .merge(tracker::plugin_routes())
        .merge(tracker::script_routes().layer(CompressionLayer::new()))
        .merge(operations::document_routes())
}

/// The description of every route.
pub fn openapi() -> Document {
    let mut document = public(tracker::routes()).merge(operations::routes()).into_openapi();
    operations::complete(&mut document);
    document
}

/// The schemas of the description, before the steps that may need their names.
pub(crate) fn schemas() -> Document {
    public(tracker::routes()).merge(operations::routes()).into_openapi()
}

/// Builds the data that does not change while the server runs, so that the first requests do not wait for it: the documents, and the table of
/// wire-compatible routes.
pub fn preload() {
    dialect::load();
    operations::load_documents();
}

/// The front end in two parts.
#[derive(Debug)]
pub struct Routers {
    /// The routes for clients. Paths match with and without a trailing slash (wire fact).
    pub public: Router,
    /// The routes for operators. Each path has one spelling, so that a proxy can match it.
    pub operations: Router,
}

/// The front end in two parts, for two addresses.
pub fn routers(state: &HttpState) -> Routers {
    let (public, _) = public(tracker::for_pages(tracker::routes(), state)).split_for_parts();
    let public = public.merge(absent::routes());
    let (operations, _) = operations::routes().split_for_parts();
    let public = served(public, state.clone());
    // Trimming has to happen before routing, so that it wraps the router instead of being one of its layers.
    let public = NormalizePathLayer::trim_trailing_slash().layer(public);
    Routers {
        public: Router::new().fallback_service(public),
        operations: served(operations, state.clone()),
    }
}

/// The whole front end, for one address.
pub fn router(state: &HttpState) -> Router {
    let Routers { public, operations } = routers(state);
    // The public part answers paths without a route.
    public.merge(operations.reset_fallback())
}

/// Adds the layers of every request to the routes, the outermost first.
fn served(routes: Router<HttpState>, state: HttpState) -> Router {
    routes
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .fallback(async || ApiError::NoRoute)
        .layer((
            SetSensitiveRequestHeadersLayer::new([AUTHORIZATION, mobile::IDENTITY]),
            SetResponseHeaderLayer::if_not_present(
                http::header::X_CONTENT_TYPE_OPTIONS,
                http::HeaderValue::from_static("nosniff"),
            ),
            middleware::from_fn_with_state(state.clone(), around::around),
        ))
        .with_state(state)
}

#[cfg(test)]
mod tests;

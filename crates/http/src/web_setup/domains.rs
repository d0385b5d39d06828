//! `GET` and `POST site/domains`: the site of a shop's domain.

use crate::auth::{May, right};
use crate::body::{Body, FromMember, Incoming, Member, body, read_object};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paths::Params;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use selfsame_application::ports::Site;
use selfsame_domain::values::SiteOrigin;
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// The sentences that plug-ins look for in the answer for a registered domain (wire fact: one the first, another the second).
const KNOWN: &str = "Domain already exists. Domain is already registered.";

body! {
    /// A shop's domain.
    pub(crate) struct DomainInput {
        /// A host with or without a port, or the address of a page there.
        #[schema(value_type = String, min_length = 1, max_length = 255, example = "shop.example")]
        domain: Origins,
    }
}

/// The origins of a domain.
#[derive(Debug)]
struct Origins(BTreeSet<SiteOrigin>);

impl FromMember for Origins {
    fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
        let domain = String::read(member, problems)?;
        member.check(problems, SiteOrigin::of_domain(&domain).map(Self))
    }
}

/// The site of a domain.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DomainBody {
    /// The public key of the site, which pages of the domain speak with.
    #[schema(example = "pk_2hb0dqf5a1c8e7k3m6p9s4t7v0x2z5b8d1f4h7")]
    site_id: String,
    /// That the domain was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
}

impl DomainBody {
    fn of(site: Site, message: Option<&'static str>) -> Self {
        Self {
            site_id: site.key,
            message,
        }
    }
}

/// Register the domain of a shop.
///
/// Pages of the domain may speak with the public key of its site from then on, by http and https. A domain that no site of the workspace has
/// goes to the site that its shops share: the only site with pages, else the one named `web`, which is made when it is needed.
#[utoipa::path(
    post,
    path = "/api/v1/site/domains",
    operation_id = "registerDomain",
    tag = "account",
    request_body(content = DomainInput, content_type = "application/json", example = json!({"domain": "shop.example"})),
    responses(
        (status = 200, body = DomainBody, description = "The domain was there",
            example = json!({"siteId": "pk_2hb0dqf5a1c8e7k3m6p9s4t7v0x2z5b8d1f4h7", "message": "Domain already exists. Domain is already registered."})),
        (status = 201, body = DomainBody, description = "The domain is registered",
            example = json!({"siteId": "pk_2hb0dqf5a1c8e7k3m6p9s4t7v0x2z5b8d1f4h7"})),
        crate::docs::BodyErrors,
    )
)]
pub(crate) async fn register(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    Body(sent, _): Body<DomainInput>,
) -> Result<(StatusCode, Json<DomainBody>), ApiError> {
    let (site, is_new) = state.app.register_domain(auth.workspace(), &sent.domain.0).await?;
    Ok(if is_new {
        (StatusCode::CREATED, Json(DomainBody::of(site, None)))
    } else {
        (StatusCode::OK, Json(DomainBody::of(site, Some(KNOWN))))
    })
}

/// Find the site of a domain.
#[utoipa::path(
    get,
    path = "/api/v1/site/domains",
    operation_id = "getDomain",
    tag = "account",
    params(("domain" = String, Query,
        description = "A host with or without a port, or the address of a page there. A body as that of `POST` may name it instead")),
    responses(
        (status = 200, body = DomainBody, description = "The site of the domain",
            example = json!({"siteId": "pk_2hb0dqf5a1c8e7k3m6p9s4t7v0x2z5b8d1f4h7", "message": "Domain already exists. Domain is already registered."})),
        crate::docs::ReadErrors,
        (status = 404, description = "No site of the workspace has the domain", body = String, content_type = "text/plain",
            example = json!("domain not found")),
    )
)]
pub(crate) async fn find(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    params: Params,
    incoming: Incoming,
) -> Result<Json<DomainBody>, ApiError> {
    let origins = match params.text("domain") {
        Some(domain) => origins("domain", domain)?,
        // The protocol has the same body for both methods (wire fact). Clients send other bodies with GET, which are ignored.
        None => match incoming.object() {
            Ok(body) => read_object::<DomainInput>(&body.fields())?.domain.0,
            Err(_) => origins("domain", "")?,
        },
    };
    let site = state.app.site_of_domain(auth.workspace(), &origins).await?;
    let site = site.ok_or(ApiError::NotFound("domain"))?;
    Ok(Json(DomainBody::of(site, Some(KNOWN))))
}

/// The origins of a domain; errors name the pointer.
pub(super) fn origins(pointer: &str, domain: &str) -> Result<BTreeSet<SiteOrigin>, ApiError> {
    SiteOrigin::of_domain(domain).map_err(|error| ApiError::invalid(pointer, error))
}

//! `GET contact/{id}/identity/log`.

use super::decision::DecisionBody;
use crate::auth::{May, right};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paging::Paging;
use crate::paths::{Id, Params};
use crate::refusals::RefusedOrMissing;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_domain::{ContactId, DecisionId};
use serde::Serialize;
use utoipa::ToSchema;

/// A page of the identity log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct LogPage {
    /// Decisions about the contact or one that it absorbed, the earliest first.
    items: Vec<DecisionBody>,
    /// The `cursor` of the next page; null on the last one.
    #[schema(example = "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44")]
    next: Option<String>,
}

/// The identity log of a contact.
///
/// Every decision that was about the contact, or a contact that it absorbed, the earliest first; refusals included, where the refused
/// request named it or an identifier of it stood in the way.
#[utoipa::path(
    get,
    path = "/api/v1/contact/{id}/identity/log",
    operation_id = "getIdentityLog",
    tag = "identity",
    params(
        ("id" = i64, Path, description = "The contact ID; that of an absorbed contact leads to its survivor. A removed one is answered too."),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<u32>, Query, description = "How many at the most, up to 500; 50 without."),
    ),
    responses((status = 200, description = "A page of the log.", body = LogPage), RefusedOrMissing),
)]
pub(crate) async fn log(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    Id(id): Id<ContactId>,
    params: Params,
) -> Result<Json<LogPage>, ApiError> {
    let mut problems = Problems::default();
    let paging = Paging::read(&params, &mut problems);
    problems.finish()?;
    let after = paging.cursor.map(DecisionId);
    let found = state
        .app
        .store()
        .log(auth.workspace(), id, after, paging.read_limit())
        .await?;
    let decisions = found.ok_or(ApiError::NotFound("contact"))?;
    let (decisions, next) = paging.cut(decisions, |decision| decision.id.0);
    Ok(Json(LogPage {
        items: decisions.iter().map(DecisionBody::from).collect(),
        next,
    }))
}

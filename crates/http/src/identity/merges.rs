//! Merging two contacts by hand, reading merges and undoing them (identity rule 10).

use super::decision::DecisionBody;
use super::merge::MergeBody;
use crate::auth::{May, right};
use crate::body::{Body, Incoming, body};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paging::Paging;
use crate::paths::{Id, Params};
use crate::refusals::{Refused, RefusedOrMissing, WriteRefusedOrMissing};
use crate::reply::{Decided, Repeated, submit};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use http::header::LOCATION;
use selfsame_domain::{Command, ContactId, Effect, MergeId, WorkspaceId};
use serde::Serialize;
use utoipa::ToSchema;

body! {
    /// Two contacts that are one person.
    #[schema(as = NewMerge)]
    pub(crate) struct NewMergeBody {
        /// The contact ID of the survivor.
        #[schema(value_type = i64, example = 564_407_320)]
        survivor: ContactId,
        /// The contact ID of the contact that is absorbed.
        #[schema(value_type = i64, example = 564_407_321)]
        absorbed: ContactId,
        /// Merge although both hold different external IDs, or more identifiers than the limits allow; false without.
        #[schema(example = false)]
        force: Option<bool>,
    }
}

/// A merge as the decision left it, and the decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct MergeChange {
    /// The merge.
    merge: MergeBody,
    /// What was decided.
    decision: DecisionBody,
}

/// A page of merges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct MergePage {
    /// The merges, the latest first.
    items: Vec<MergeBody>,
    /// The `cursor` of the next page; null on the last one.
    #[schema(example = "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44")]
    next: Option<String>,
}

/// Merge two contacts.
///
/// The survivor's values win, its blanks are filled from the absorbed contact, whose contact ID remains valid. Nothing is
/// lost: the merge can be undone.
#[utoipa::path(
    post,
    path = "/api/v1/identity/merges",
    operation_id = "createMerge",
    tag = "identity",
    params(crate::docs::IdempotencyKey),
    request_body(content = NewMergeBody, example = json!({"survivor": 564_407_320, "absorbed": 564_407_321, "force": false})),
    responses(
        (status = 201, description = "They are one contact.", body = MergeChange,
            headers(("Location" = String, description = "The path of the merge."))),
        WriteRefusedOrMissing,
    ),
)]
pub(crate) async fn create(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Body(new, incoming): Body<NewMergeBody>,
) -> Result<impl IntoResponse, ApiError> {
    let command = Command::Merge {
        survivor: new.survivor,
        absorbed: new.absorbed,
        force: new.force.unwrap_or_default(),
    };
    let decision = submit(&state, &auth, &incoming, command, Repeated::Accepted).await?;
    let made = decision.effects.iter().find_map(|effect| match effect {
        Effect::Merged { merge, .. } => Some(*merge),
        _ => None,
    });
    let id = made.ok_or(ApiError::Internal("two contacts were merged without a record"))?;
    let mut merge = find(&state, auth.workspace(), id).await?;
    // A repeated request gets the first answer, although the merge may be undone by now.
    merge.undone_at = None;
    let location = [(LOCATION, format!("/api/v1/identity/merges/{id}"))];
    let body = MergeChange {
        merge,
        decision: DecisionBody::from(&decision),
    };
    Ok((StatusCode::CREATED, location, Decided(decision, Json(body))))
}

/// Merges.
#[utoipa::path(
    get,
    path = "/api/v1/identity/merges",
    operation_id = "listMerges",
    tag = "identity",
    params(
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<u32>, Query, description = "How many at the most, up to 500; 50 without."),
    ),
    responses((status = 200, description = "A page of merges, the latest first, undone ones included.", body = MergePage), Refused),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    params: Params,
) -> Result<Json<MergePage>, ApiError> {
    let mut problems = Problems::default();
    let paging = Paging::read(&params, &mut problems);
    problems.finish()?;
    let before = paging.cursor.map(MergeId);
    let merges = state
        .app
        .store()
        .merges(auth.workspace(), before, paging.read_limit())
        .await?;
    let (merges, next) = paging.cut(merges, |merge| merge.id.0);
    Ok(Json(MergePage {
        items: merges.iter().map(MergeBody::from).collect(),
        next,
    }))
}

/// A merge.
#[utoipa::path(
    get,
    path = "/api/v1/identity/merges/{id}",
    operation_id = "getMerge",
    tag = "identity",
    params(("id" = Uuid, Path, description = "The identity of the merge.")),
    responses((status = 200, description = "The merge.", body = MergeBody), RefusedOrMissing),
)]
pub(crate) async fn read(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    Id(id): Id<MergeId>,
) -> Result<Json<MergeBody>, ApiError> {
    Ok(Json(find(&state, auth.workspace(), id).await?))
}

/// Undo a merge.
///
/// Brings both contacts back as they were, in any order of a chain. What arrived after the merge stays with the survivor, except
/// identifiers that the absorbed contact brought.
#[utoipa::path(
    post,
    path = "/api/v1/identity/merges/{id}/undo",
    operation_id = "undoMerge",
    tag = "identity",
    params(
        ("id" = Uuid, Path, description = "The identity of the merge."),
        crate::docs::IdempotencyKey,
    ),
    responses((status = 200, description = "They are two contacts again.", body = MergeChange), WriteRefusedOrMissing),
)]
pub(crate) async fn undo(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<MergeId>,
    incoming: Incoming,
) -> Result<impl IntoResponse, ApiError> {
    let decision = submit(
        &state,
        &auth,
        &incoming,
        Command::Undo { merge: id },
        Repeated::Accepted,
    )
    .await?;
    let merge = find(&state, auth.workspace(), id).await?;
    let body = MergeChange {
        merge,
        decision: DecisionBody::from(&decision),
    };
    Ok(Decided(decision, Json(body)))
}

async fn find(state: &HttpState, workspace: WorkspaceId, id: MergeId) -> Result<MergeBody, ApiError> {
    let found = state.app.store().merge(workspace, id).await?;
    found.as_ref().map(MergeBody::from).ok_or(ApiError::NotFound("merge"))
}

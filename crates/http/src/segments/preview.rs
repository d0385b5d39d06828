//! `POST segments/preview`.

use super::forms::{MemberBody, formula};
use super::formula_schema::FormulaBody;
use crate::auth::{May, right};
use crate::body::{Body, body};
use crate::error::ApiError;
use crate::refusals::{BodyRefused, RefusedOrMissing};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_application::SegmentPreviewRequest;
use selfsame_domain::SegmentId;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

body! {
    /// What is to be previewed.
    #[schema(as = PreviewInput)]
    pub(crate) struct PreviewInput {
        /// Who is chosen.
        #[schema(value_type = FormulaBody)]
        formula: Value,
        /// The segment whose formula it would replace, to preview which contacts would enter and leave.
        #[schema(value_type = Option<i64>, example = 7)]
        segment_id: Option<SegmentId>,
        /// Whether to count however long it takes. Otherwise the numbers are estimated from a sample when counting takes more than 250 ms.
        #[schema(default = false)]
        exact: Option<bool>,
    }
}

/// What a formula chooses now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SegmentPreview)]
pub(crate) struct PreviewBody {
    /// How many contacts it chooses.
    #[schema(example = 1204)]
    count: u64,
    /// Whether the numbers are counted. Otherwise they are estimated; send `exact` to have them counted.
    exact: bool,
    /// Of an estimate: how far `count` may be from the truth either way, with a confidence of 95 %.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 43)]
    margin: Option<u64>,
    /// The first ten of them by number; of an estimate, the first ten of the sample.
    contacts: Vec<MemberBody>,
    /// The formula in words.
    #[schema(example = "External ID is empty")]
    readable: String,
    /// For negated conditions: how many of the chosen contacts have no value of the field at all.
    without_value: Vec<WithoutValue>,
    /// How many contacts would enter the segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    enter: Option<u64>,
    /// How many contacts would leave the segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    leave: Option<u64>,
}

/// How many of the chosen contacts have no value.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WithoutValue {
    /// The negated condition, in words.
    #[schema(example = "First name equals “Ann”")]
    condition: String,
    /// How many.
    #[schema(example = 3)]
    count: u64,
}

/// What a formula chooses now, without saving it.
#[utoipa::path(
    post,
    path = "/api/v1/segments/preview",
    operation_id = "previewSegment",
    tag = "segments",
    request_body(content = PreviewInput, example = json!({"formula": {"field": "externalCustomerId", "op": "is_empty"}})),
    responses((status = 200, description = "What it chooses.", body = PreviewBody), BodyRefused, RefusedOrMissing),
)]
pub(crate) async fn preview(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    Body(sent, _): Body<PreviewInput>,
) -> Result<Json<PreviewBody>, ApiError> {
    let formula = formula(&state, auth.workspace(), &sent.formula).await?;
    let request = SegmentPreviewRequest {
        formula: &formula,
        compared_with: sent.segment_id,
        exact: sent.exact.unwrap_or_default(),
    };
    let preview = state.app.preview_segment(auth.workspace(), request).await?;
    let without = preview.without_value.into_iter();
    Ok(Json(PreviewBody {
        count: preview.count.count,
        exact: preview.count.margin.is_none(),
        margin: preview.count.margin,
        contacts: preview.contacts.iter().map(MemberBody::from).collect(),
        readable: preview.readable,
        without_value: without
            .map(|(condition, count)| WithoutValue { condition, count })
            .collect(),
        enter: preview.moves.map(|(enter, _)| enter),
        leave: preview.moves.map(|(_, leave)| leave),
    }))
}

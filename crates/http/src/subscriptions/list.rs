//! `GET subscriptions`.

use crate::auth::{May, right};
use crate::error::ApiError;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_domain::{Category, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// How points in time are written (wire fact).
const DATE_TIME: &str = "%Y-%m-%dT%H:%M";

/// A subscription category.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Subscription {
    #[schema(example = 3)]
    id: i64,
    #[schema(example = "news")]
    key: String,
    /// The segment of those who are subscribed.
    #[schema(example = 7)]
    group_id: i64,
    /// How many are subscribed.
    #[schema(example = 1200)]
    contacts_count: u64,
    /// In UTC, to the minute.
    #[schema(example = "2026-01-31T12:00")]
    created_date: String,
    /// In UTC, to the minute.
    #[schema(example = "2026-01-31T12:00")]
    updated_date: String,
    #[schema(example = "Newsletter")]
    name: String,
}

impl Subscription {
    fn of(category: Category, contacts_count: u64) -> Self {
        let date_time = |at: Timestamp| at.format(DATE_TIME).to_string();
        Self {
            id: category.id.0,
            key: category.key.into(),
            group_id: category.segment.0,
            contacts_count,
            created_date: date_time(category.created_at),
            updated_date: date_time(category.updated_at),
            name: category.name.into(),
        }
    }
}

/// List subscription categories, without archived ones.
#[utoipa::path(
    get,
    path = "/api/v1/subscriptions",
    operation_id = "listSubscriptions",
    tag = "subscriptions",
    responses((status = 200, description = "The categories", body = Vec<Subscription>), crate::docs::ReadErrors)
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    auth: May<right::General>,
) -> Result<Json<Vec<Subscription>>, ApiError> {
    let categories = state.app.store().categories(auth.workspace()).await?;
    let listed = categories.into_iter().filter(|(category, _)| !category.archived);
    Ok(Json(
        listed
            .map(|(category, count)| Subscription::of(category, count))
            .collect(),
    ))
}

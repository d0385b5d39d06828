//! Subscription categories.

use super::definition::{ChangeBody, Definition, Setting, page, write};
use crate::auth::{May, right};
use crate::body::{Body, body};
use crate::error::ApiError;
use crate::identity::DecisionBody;
use crate::paths::{Id, Params};
use crate::refusals::{Refused, WriteRefused, WriteRefusedOrMissing};
use crate::reply::Decided;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use chrono::{DateTime, Utc};
use http::StatusCode;
use selfsame_domain::values::{CategoryKey, CategoryName};
use selfsame_domain::{Category, CategoryId, Command, Decision, Effect, Timestamp, WorkspaceId};
use serde::Serialize;
use utoipa::ToSchema;

/// A subscription category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Category)]
pub(crate) struct CategoryBody {
    /// Its number.
    #[schema(example = 3)]
    id: i64,
    /// Its key, by which calls name it.
    #[schema(example = "news")]
    key: String,
    /// Its name.
    #[schema(example = "News")]
    name: String,
    /// The segment of the same name: who is in it is subscribed.
    #[schema(example = 12)]
    segment_id: i64,
    /// How many contacts are subscribed.
    contacts_count: u64,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last renamed or archived.
    updated_at: DateTime<Utc>,
    /// Whether it takes no new subscriptions and is not listed.
    archived: bool,
}

impl From<(Category, u64)> for CategoryBody {
    fn from((category, contacts_count): (Category, u64)) -> Self {
        Self {
            id: category.id.0,
            key: category.key.into(),
            name: category.name.into(),
            segment_id: category.segment.0,
            contacts_count,
            created_at: category.created_at,
            updated_at: category.updated_at,
            archived: category.archived,
        }
    }
}

impl Definition for CategoryBody {
    async fn all(state: &HttpState, workspace: WorkspaceId) -> Result<Vec<Self>, ApiError> {
        let all = state.app.store().categories(workspace).await?;
        Ok(all.into_iter().map(Self::from).collect())
    }

    fn id(&self) -> i64 {
        self.id
    }

    fn made(effect: &Effect) -> Option<i64> {
        match effect {
            Effect::Category { category } => Some(category.0),
            _ => None,
        }
    }

    fn state(&mut self) -> (&mut String, &mut bool) {
        (&mut self.name, &mut self.archived)
    }

    fn touch(&mut self, at: Timestamp) {
        self.updated_at = at;
    }
}

/// A page of subscription categories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CategoryPage)]
pub(crate) struct CategoryPage {
    /// The categories, by number.
    items: Vec<CategoryBody>,
    /// The `cursor` of the next page; null on the last one.
    #[schema(example = "7")]
    next: Option<String>,
}

body! {
    /// A category to be made.
    #[schema(as = NewCategory)]
    pub(crate) struct NewCategoryBody {
        /// Its key, unique and never changed.
        #[schema(value_type = String, example = "news")]
        key: CategoryKey,
        /// Its name; the key without one.
        #[schema(value_type = Option<String>, example = "News")]
        name: Option<CategoryName>,
    }
}

/// A category as the decision left it, and the decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct CategoryChange {
    /// The category.
    category: CategoryBody,
    /// What was decided.
    decision: DecisionBody,
}

/// Subscription categories.
#[utoipa::path(
    get,
    path = "/api/v1/categories",
    operation_id = "listCategories",
    tag = "catalog",
    params(
        ("archived" = Option<bool>, Query, description = "Whether archived ones are listed too; false without."),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<u32>, Query, description = "How many at the most, up to 500; 50 without."),
    ),
    responses((status = 200, description = "A page of categories, by number.", body = CategoryPage), Refused),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    params: Params,
) -> Result<Json<CategoryPage>, ApiError> {
    let (items, next) = page(&state, auth.workspace(), &params).await?;
    Ok(Json(CategoryPage { items, next }))
}

/// Define a subscription category.
///
/// A segment of its name is made with it; one that exists already becomes the category's.
#[utoipa::path(
    post,
    path = "/api/v1/categories",
    operation_id = "createCategory",
    tag = "catalog",
    params(crate::docs::IdempotencyKey),
    request_body(content = NewCategoryBody, example = json!({"key": "news", "name": "News"})),
    responses((status = 201, description = "It was made.", body = CategoryChange), WriteRefused),
)]
pub(crate) async fn create(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Body(new, incoming): Body<NewCategoryBody>,
) -> Result<impl IntoResponse, ApiError> {
    let name = new.name.map_or_else(|| CategoryName::parse(new.key.as_str()), Ok);
    let name = name.map_err(|error| ApiError::invalid("/key", error))?;
    let setting = Setting {
        id: None,
        name: Some(name.to_string()),
        archived: Some(false),
    };
    let command = Command::CreateCategory { key: new.key, name };
    let (category, decision) = write(&state, &auth, &incoming, command, setting).await?;
    Ok((StatusCode::CREATED, changed(category, decision)))
}

/// Rename or archive a subscription category.
///
/// Its segment is renamed with it. An archived category keeps its subscribers and takes no new ones.
#[utoipa::path(
    patch,
    path = "/api/v1/categories/{id}",
    operation_id = "changeCategory",
    tag = "catalog",
    params(("id" = i64, Path, description = "The number of the category."), crate::docs::IdempotencyKey),
    request_body(content = ChangeBody, example = json!({"name": "Weekly news", "archived": false})),
    responses((status = 200, description = "The category.", body = CategoryChange), WriteRefusedOrMissing),
)]
pub(crate) async fn change(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<CategoryId>,
    Body(change, incoming): Body<ChangeBody>,
) -> Result<impl IntoResponse, ApiError> {
    let (name, archived) = change.named()?;
    let parsed = name.as_deref().map(CategoryName::parse).transpose();
    let command = Command::ChangeCategory {
        category: id,
        name: parsed.map_err(|error| ApiError::invalid("/name", error))?,
        archived,
    };
    let setting = Setting {
        id: Some(id.0),
        name,
        archived,
    };
    let (category, decision) = write(&state, &auth, &incoming, command, setting).await?;
    Ok(changed(category, decision))
}

fn changed(category: CategoryBody, decision: Decision) -> Decided<Json<CategoryChange>> {
    let body = CategoryChange {
        category,
        decision: DecisionBody::from(&decision),
    };
    Decided(decision, Json(body))
}

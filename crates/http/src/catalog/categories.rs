//! Subscription categories.

use super::fields::ChangeBody;
use crate::auth::{May, right};
use crate::body::Incoming;
use crate::error::ApiError;
use crate::fields::{Fields, Problems};
use crate::identity::DecisionBody;
use crate::paging::Paging;
use crate::paths::{ApiPath, Params};
use crate::refusals::{Refused, WriteRefused, WriteRefusedOrMissing};
use crate::reply::{Decided, Repeated, submit};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use chrono::{DateTime, Utc};
use http::StatusCode;
use selfsame_domain::values::{CategoryKey, CategoryName, ValueError};
use selfsame_domain::{Category, CategoryId, Command, Decision, Effect, Outcome, WorkspaceId};
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

impl CategoryBody {
    /// The category as the decision left it. A repeated request gets the same answer, whatever changed since.
    fn left_by(self, decision: &Decision, name: Option<CategoryName>, archived: Option<bool>) -> Self {
        let is_changed = decision.outcome != Outcome::Unchanged;
        Self {
            name: name.map_or(self.name, String::from),
            archived: archived.unwrap_or(self.archived),
            updated_at: if is_changed { decision.at } else { self.updated_at },
            ..self
        }
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

/// A category to be made.
#[derive(Debug, ToSchema)]
#[schema(as = NewCategory)]
#[expect(dead_code, reason = "the schema of a body that is read leniently")]
pub(crate) struct NewCategoryBody {
    /// Its key, unique and never changed.
    #[schema(example = "news")]
    key: String,
    /// Its name; the key without one.
    #[schema(example = "News")]
    name: Option<String>,
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
    let mut problems = Problems::default();
    let archived = params.flag("archived", false, &mut problems);
    let paging = Paging::numbered(&params, &mut problems);
    problems.finish()?;
    let mut categories = state.app.store().categories(auth.workspace()).await?;
    categories.retain(|(category, _)| archived || !category.archived);
    let (categories, next) = paging.cut_whole(categories, |(category, _)| category.id.0);
    Ok(Json(CategoryPage {
        items: categories.into_iter().map(CategoryBody::from).collect(),
        next,
    }))
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
    incoming: Incoming,
) -> Result<impl IntoResponse, ApiError> {
    let (key, name) = new_category(&incoming.object()?.fields())?;
    let command = Command::CreateCategory {
        key,
        name: name.clone(),
    };
    let decision = submit(&state, &auth, &incoming, command, Repeated::Accepted).await?;
    let made = decision.effects.iter().find_map(|effect| match effect {
        Effect::Category { category } => Some(*category),
        _ => None,
    });
    let id = made.ok_or(ApiError::Internal("a category was made without a number"))?;
    let category = read(&state, auth.workspace(), id).await?;
    let body = CategoryChange {
        category: category.left_by(&decision, Some(name), Some(false)),
        decision: DecisionBody::from(&decision),
    };
    Ok((StatusCode::CREATED, Decided(decision, Json(body))))
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
    ApiPath(id): ApiPath<String>,
    incoming: Incoming,
) -> Result<impl IntoResponse, ApiError> {
    let id = CategoryId(super::number(&id)?);
    let (name, archived) = super::change(&incoming.object()?.fields(), CategoryName::parse)?;
    let command = Command::ChangeCategory {
        category: id,
        name: name.clone(),
        archived,
    };
    let decision = submit(&state, &auth, &incoming, command, Repeated::Accepted).await?;
    let category = read(&state, auth.workspace(), id).await?;
    let body = CategoryChange {
        category: category.left_by(&decision, name, archived),
        decision: DecisionBody::from(&decision),
    };
    Ok(Decided(decision, Json(body)))
}

/// Reads a category after a decision about it. It exists, because categories are never deleted.
async fn read(state: &HttpState, workspace: WorkspaceId, id: CategoryId) -> Result<CategoryBody, ApiError> {
    let categories = state.app.store().categories(workspace).await?;
    let found = categories.into_iter().find(|(category, _)| category.id == id);
    found
        .map(CategoryBody::from)
        .ok_or(ApiError::Internal("a category that was decided on is not there"))
}

fn new_category(body: &Fields<'_>) -> Result<(CategoryKey, CategoryName), ApiError> {
    let mut problems = Problems::default();
    let key = body.text("key", &mut problems).value();
    let name = body.text("name", &mut problems).value().or_else(|| key.clone());
    let read = |text: Option<String>| text.ok_or(ValueError::Empty);
    let key = problems.check("/key", read(key).and_then(|text| CategoryKey::parse(&text)));
    let name = problems.check("/name", read(name).and_then(|text| CategoryName::parse(&text)));
    problems.finish()?;
    key.zip(name).ok_or(ApiError::Internal("an unreported problem"))
}

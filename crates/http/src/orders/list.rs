//! `GET contact/{id}/orders`.

use super::response::OrderBody;
use crate::auth::{May, right};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paging::{DEFAULT_LIMIT, MAX_LIMIT, read_place, write_place};
use crate::paths::{Id, Params};
use crate::refusals::RefusedOrMissing;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_application::ports::OrderQuery;
use selfsame_domain::ContactId;
use serde::Serialize;
use utoipa::ToSchema;

/// A page of a contact's orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct OrdersPage {
    /// Orders, the latest first.
    items: Vec<OrderBody>,
    /// The `cursor` of the next page; null on the last one.
    #[schema(example = json!(null))]
    next: Option<String>,
}

/// The orders of a contact.
///
/// Those of the contact and of the contacts that it absorbed, the latest first by their dates; of those of one date the one that changed last
/// comes first.
#[utoipa::path(
    get,
    path = "/api/v1/contact/{id}/orders",
    operation_id = "getContactOrders",
    tag = "orders",
    params(
        ("id" = i64, Path, description = "The contact ID; that of an absorbed contact leads to its survivor. A removed one is answered too."),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<u32>, Query, description = "How many at the most, up to 500; 50 without."),
    ),
    responses(
        (status = 200, description = "A page of the orders.", body = OrdersPage, example = json!({"items": [{
            "externalOrderId": "1001",
            "contactId": 564_407_320,
            "status": "DELIVERED",
            "date": "2024-12-31T21:59:59Z",
            "totalCost": "100.50",
            "currency": "UAH",
            "email": "ann@example.com",
            "additionalInfo": {},
            "items": [{"externalItemId": "A-1", "quantity": "2", "name": "Tea", "cost": "50.25"}],
            "createdAt": "2025-01-01T08:00:00Z",
            "updatedAt": "2025-01-03T08:00:00Z"
        }], "next": null})),
        RefusedOrMissing,
    ),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    Id(id): Id<ContactId>,
    params: Params,
) -> Result<Json<OrdersPage>, ApiError> {
    let mut problems = Problems::default();
    let limit = params.number("limit", 1, MAX_LIMIT, DEFAULT_LIMIT, &mut problems);
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    let after = params.text("cursor").and_then(|text| {
        let read = read_place(text).ok_or("must be the `next` of an earlier page");
        problems.check("cursor", read)
    });
    problems.finish()?;
    let store = state.app.store();
    // One order more than the page shows whether there is a next page.
    let query = OrderQuery {
        after,
        ..OrderQuery::latest(limit.saturating_add(1))
    };
    let found = store.orders(auth.workspace(), id, &query).await?;
    let mut orders = found.ok_or(ApiError::NotFound("contact"))?;
    let length = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = orders.len() > length;
    orders.truncate(length);
    Ok(Json(OrdersPage {
        next: orders.last().filter(|_| more).map(|last| write_place(last.place())),
        items: orders.into_iter().map(OrderBody::from).collect(),
    }))
}

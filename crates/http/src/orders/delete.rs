//! `DELETE orders`.

use super::add::{AllKept, FailedOrder, FailedOrders, answer};
use super::exact::Exact;
use super::items::Members;
use super::request::{MAX_ORDERS, key};
use crate::auth::{May, right};
use crate::body::{Incoming, members, pruned};
use crate::error::ApiError;
use crate::fields::{Fields, Problems, why};
use crate::reply::{self, Repeated, submit_all};
use crate::state::HttpState;
use axum::extract::State;
use axum::response::Response;
use selfsame_domain::{Command, OrderKey, Rejection};
use serde_json::{Value, json};

members! {
    /// Orders to be deleted, 1 to 1,000 together.
    pub(crate) struct DeleteOrdersInput {
        /// Orders by number and shop. A single object is taken for an array.
        #[schema(max_items = 1000)]
        orders: Option<Vec<OrderKeyInput>>,
        /// Orders by number alone: each the only one of its number.
        #[schema(max_items = 1000)]
        external_order_ids: Option<Vec<String>>,
    }
}

members! {
    /// What an order is one by.
    pub(crate) struct OrderKeyInput {
        /// The customer's own name for the order.
        #[schema(max_length = 100, example = "1001")]
        external_order_id: String,
        /// The shop; without one the order is the only one of its number.
        store_id: Option<String>,
    }
}

/// Delete orders.
///
/// They leave the contact's orders; the events that reported their statuses stay in the history. Orders are judged one by one: those that
/// are not there are named, the others are deleted. Off unless `deleteOrders` of the identity policy is on.
#[utoipa::path(
    delete,
    path = "/api/v1/orders",
    operation_id = "deleteOrders",
    tag = "orders",
    params(crate::docs::IdempotencyKey),
    request_body(content = DeleteOrdersInput, content_type = "application/json",
        example = json!({"orders": [{"externalOrderId": "1001", "storeId": "7"}], "externalOrderIds": ["1002"]})),
    responses(
        (status = 200,
            description = "When all orders were deleted, an empty body without a content type; else, as JSON, those that were not: an array, \
                or an object for a single one. With the headers of the decisions",
            content(
                (FailedOrders = "application/json",
                    example = json!({"failedOrders": {"order": {"externalOrderId": "1"}, "error": "order not found"}})),
                (AllKept = "*/*"),
            )),
        crate::docs::WriteErrors,
    )
)]
pub(crate) async fn delete(
    State(state): State<HttpState>,
    auth: May<right::Events>,
    incoming: Incoming,
) -> Result<Response, ApiError> {
    let body = incoming.object()?;
    let named = named(&body.fields())?;
    let exact = Exact::of(&incoming.bytes, "");
    let read: Vec<Result<OrderKey, String>> = named
        .iter()
        .map(|(pointer, order)| read(pointer, order, &exact))
        .collect();
    let keys = read.iter().filter_map(|key| key.as_ref().ok());
    let commands: Vec<Command> = keys.map(|key| Command::DeleteOrder(key.clone())).collect();
    let decisions = if commands.is_empty() {
        Vec::new()
    } else {
        submit_all(&state, &auth, &incoming, commands, Repeated::Accepted).await?
    };
    let mut decided = decisions.iter();
    let mut failed = Vec::new();
    for ((pointer, order), read) in named.into_iter().zip(read) {
        let error = match read {
            Err(error) => Some(error),
            Ok(_) => decided
                .next()
                .and_then(|decision| Some(decision.rejection.as_ref()?.to_string())),
        };
        let Some(error) = error else { continue };
        let order = pruned(&order, &pointer, &mut Problems::default());
        let order =
            serde_json::value::to_raw_value(&order).map_err(|_| ApiError::Internal("an order that is no JSON"))?;
        failed.push(FailedOrder { order, error });
    }
    let mut response = match decisions.first() {
        // The policy refuses all orders of the request alike.
        Some(decision) if decision.rejection == Some(Rejection::OrdersAreKept) => {
            return reply::accepted(decision.clone()).map(|_| answer(failed));
        }
        _ => answer(failed),
    };
    reply::add_all_headers(&decisions, response.headers_mut());
    Ok(response)
}

/// The orders of a body, each with its pointer.
fn named(body: &Fields<'_>) -> Result<Vec<(String, Value)>, ApiError> {
    let mut problems = Problems::default();
    let sent = DeleteOrdersInput::of(body);
    let mut named: Vec<(String, Value)> = sent
        .orders
        .list(MAX_ORDERS, &mut problems)
        .into_iter()
        .map(|(pointer, order)| (pointer, order.clone()))
        .collect();
    let numbers = sent.external_order_ids.list(MAX_ORDERS, &mut problems);
    named.extend(
        numbers
            .into_iter()
            .map(|(pointer, number)| (pointer, json!({"externalOrderId": number}))),
    );
    problems.fits("", named.len(), MAX_ORDERS);
    if named.is_empty() && problems.is_empty() {
        problems.add("/orders", "must have at least one entry");
    }
    problems.finish()?;
    Ok(named)
}

fn read(pointer: &str, order: &Value, exact: &Exact) -> Result<OrderKey, String> {
    let Value::Object(object) = order else {
        return Err(ApiError::invalid(pointer, why(order, "must be an object")).detail());
    };
    let mut problems = Problems::default();
    let fields = Fields::of(Some(object), pointer.to_owned());
    let sent = OrderKeyInput::of(&fields);
    let mut members = Members {
        exact,
        problems: &mut problems,
        notes: &mut Vec::new(),
    };
    let read = key(&mut members, sent.external_order_id, sent.store_id);
    problems.finish().map_err(|error| error.detail())?;
    read.ok_or_else(|| "an order without problems that cannot be read".to_owned())
}

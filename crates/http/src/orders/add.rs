//! `POST orders`.

use super::exact::Exact;
use super::request::{MAX_ORDERS, read};
use crate::auth::{May, right};
use crate::body::{Entry, Incoming, members};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::reply::{self, OneOrMany, Repeated, submit_all};
use crate::state::HttpState;
use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use selfsame_domain::{Command, OrderRequest, Policy};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// Greatest size of a body, in bytes: a thousand orders exceed the limit of other requests.
pub(crate) const BODY_LIMIT: usize = 10 << 20;

members! {
    /// Orders.
    pub(crate) struct OrdersInput {
        /// 1 to 1,000. A single object is taken for an array.
        #[schema(min_items = 1, max_items = 1000)]
        list orders: Vec<OrderInput>,
    }
}

members! {
    /// An order as it is sent: at least one of `externalCustomerId`, `email` and `phone`. Amounts are numbers or texts. Unknown members are
    /// ignored; what is missing, blank or `null` says nothing. An optional member that cannot be kept as it is sent is cut, kept as text or left
    /// out, and the decision says so: texts after 2,000 characters, items after 500, entries of `additionalInfo` after 100.
    pub(crate) struct OrderInput {
        /// The customer's own name for the order: one that is known is updated. Orders of different `storeId` are different orders.
        #[schema(max_length = 100, example = "1001")]
        external_order_id: String,
        #[schema(max_length = 100)]
        external_customer_id: Option<String>,
        email: Option<String>,
        phone: Option<String>,
        /// For a contact that is made of the order.
        first_name: Option<String>,
        /// For a contact that is made of the order.
        last_name: Option<String>,
        /// `INITIALIZED`, `IN_PROGRESS`, `DELIVERED`, `CANCELLED` or `ABANDONED_SHOPPING_CART`.
        #[schema(example = "INITIALIZED")]
        status: String,
        /// Of when this is; in UTC without an offset. At most a day ahead. A request that is older than what is stored changes no status.
        #[schema(example = "2024-12-31T23:59:59+02:00")]
        date: String,
        /// Exact, at most 28 digits. As all amounts but `discount` not negative.
        #[schema(example = "100.50")]
        total_cost: String,
        /// ISO 4217.
        #[schema(example = "UAH")]
        currency: String,
        shipping: Option<String>,
        /// What was taken off; kept with its sign where a shop sends it as a negative number.
        discount: Option<String>,
        taxes: Option<String>,
        restore_url: Option<String>,
        status_description: Option<String>,
        /// The shop. Without one the order is the only one of its number.
        store_id: Option<String>,
        /// `online` or `offline`; another text is kept.
        source: Option<String>,
        delivery_method: Option<String>,
        payment_method: Option<String>,
        delivery_address: Option<String>,
        /// 100 texts by name.
        additional_info: Option<std::collections::BTreeMap<String, String>>,
        items: Option<Vec<OrderItemInput>>,
    }
}

members! {
    /// An item of an order as it is sent.
    pub(crate) struct OrderItemInput {
        #[schema(example = "A-1")]
        external_item_id: String,
        /// Not always a whole number; none is 0.
        #[schema(example = "2")]
        quantity: String,
        name: Option<String>,
        category: Option<String>,
        /// Exact, at most 28 digits.
        cost: Option<String>,
        url: Option<String>,
        image_url: Option<String>,
        description: Option<String>,
    }
}

/// Orders that were not kept.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FailedOrders {
    failed_orders: OneOrMany<FailedOrder>,
}

/// An order that was not kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FailedOrder {
    /// The order as it was sent, character for character: an object, or what stood in the place of one.
    #[schema(value_type = serde_json::Value)]
    pub(super) order: Box<RawValue>,
    /// Why it was not kept.
    #[schema(example = "orders[0].currency must be a currency of three letters such as UAH (ISO 4217)")]
    pub(super) error: String,
}

/// Nothing: all orders were kept.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes an answer without a body")]
#[schema(max_length = 0, example = "")]
pub(crate) struct AllKept(String);

/// Keep orders.
///
/// An order that is known by its `externalOrderId`, and its `storeId` if it has one, is updated; what a request leaves out stays. Its contact is looked for by
/// `externalCustomerId`, then phone, email; without one it is made, and one that is found is not changed. An order that is known stays
/// with its contact, unless another is named by `externalCustomerId`. Each new status is recorded as an event `order` and the status, at
/// `date`; one that is older than what is stored changes nothing but what is missing, and is recorded at its own date. Orders are judged one by
/// one: those that are wrong are named, the others are kept.
#[utoipa::path(
    post,
    path = "/api/v1/orders",
    operation_id = "addOrders",
    tag = "orders",
    params(crate::docs::IdempotencyKey),
    request_body(content = OrdersInput, content_type = "application/json", example = json!({"orders": [{
        "externalOrderId": "1001",
        "externalCustomerId": "C-1001",
        "email": "ann@example.com",
        "firstName": "Ann",
        "status": "INITIALIZED",
        "date": "2024-12-31T23:59:59+02:00",
        "totalCost": "100.50",
        "currency": "UAH",
        "items": [{"externalItemId": "A-1", "quantity": "2", "name": "Tea", "cost": "50.25"}]
    }]})),
    responses(
        (status = 200,
            description = "When all orders were kept, an empty body without a content type; else, as JSON, those that were not: an array, or \
                an object for a single one. With the headers of the decisions",
            content(
                (FailedOrders = "application/json",
                    example = json!({"failedOrders": {"order": {"externalOrderId": "1"}, "error": "orders[0].status must be sent"}})),
                (AllKept = "*/*"),
            )),
        crate::docs::WriteErrors,
    )
)]
pub(crate) async fn add(
    State(state): State<HttpState>,
    auth: May<right::Events>,
    request: Request,
) -> Result<Response, ApiError> {
    let incoming = Incoming::read(request, BODY_LIMIT.max(state.settings.body_limit)).await?;
    let batch = incoming.batch(OrdersInput::LIST, MAX_ORDERS)?;
    let fields = batch.fields();
    let entries = OrdersInput::of(&fields, &batch.entries).orders;
    if entries.is_empty() {
        return Err(ApiError::invalid("/orders", "must have at least one entry"));
    }
    let policy = &auth.0.workspace.policy;
    let read: Vec<_> = entries.iter().map(|entry| read_one(entry, policy)).collect();
    let orders = read.iter().filter_map(|order| order.as_ref().ok());
    let commands: Vec<Command> = orders.map(|order| Command::Order(Box::new(order.clone()))).collect();
    let decisions = if commands.is_empty() {
        Vec::new()
    } else {
        submit_all(&state, &auth, &incoming, commands, Repeated::Accepted).await?
    };
    let mut decided = decisions.iter();
    let mut failed = Vec::new();
    for (entry, read) in entries.iter().zip(read) {
        let error = match read {
            Err(error) => Some(error),
            Ok(_) => decided
                .next()
                .and_then(|decision| Some(decision.rejection.as_ref()?.to_string())),
        };
        let order = || entry.raw.to_owned();
        failed.extend(error.map(|error| FailedOrder { order: order(), error }));
    }
    let mut response = answer(failed);
    reply::add_all_headers(&decisions, response.headers_mut());
    Ok(response)
}

fn read_one(entry: &Entry<'_>, policy: &Policy) -> Result<OrderRequest, String> {
    let fields = entry.fields().map_err(|problem| ApiError::from(problem).detail())?;
    let mut problems = Problems::default();
    let exact = Exact::of(entry.raw.get().as_bytes(), fields.here());
    let request = read(&fields, &exact, policy, &mut problems);
    problems.finish().map_err(|error| error.detail())?;
    request.ok_or_else(|| "an order without problems that cannot be read".to_owned())
}

pub(super) fn answer(failed: Vec<FailedOrder>) -> Response {
    if failed.is_empty() {
        return StatusCode::OK.into_response();
    }
    let failed_orders = failed.into();
    Json(FailedOrders { failed_orders }).into_response()
}

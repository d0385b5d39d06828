//! Orders and their items as rows.

use super::cell::{Cell, Row};
use super::column::{Column, ColumnType};
use crate::values::StoreId;
use crate::{Order, OrderKey, OrderStatus};
use uuid::Uuid;

use ColumnType::{BigInteger, Integer, Number, Text, Time};

/// The columns of the dataset `orders` (wire fact, with the capital letters of `Phone` and `Status`); the last two are ours.
pub(super) static COLUMNS: [Column; 17] = [
    Column::new(
        "contactId",
        BigInteger,
        "The contact that the order was given to; contacts.mergedInto leads on",
    ),
    Column::new("deliveryAddress", Text(Some(100)), "Where it is delivered"),
    Column::new("deliveryMethod", Text(Some(50)), "How it is delivered"),
    Column::new("discount", Number, "What was taken off"),
    Column::new("email", Text(Some(50)), "The email of the order"),
    Column::new(
        "externalOrderId",
        Text(Some(100)),
        "The number of the order in the shop",
    ),
    Column::new("firstName", Text(Some(50)), "The first name of the order"),
    Column::new("lastName", Text(Some(50)), "The last name of the order"),
    Column::new("orderCreatedDate", Time, "When the order came first, UTC"),
    Column::new("orderDate", Time, "Of when its status is, UTC"),
    Column::new("orderId", Text(Some(36)), "The identity of the order"),
    Column::new("paymentMethod", Text(Some(50)), "How it is paid"),
    Column::new("Phone", Text(Some(50)), "The phone number of the order"),
    Column::new(
        "Status",
        Text(Some(50)),
        "INITIALIZED, IN PROGRESS, DELIVERED, CANCELED or ABANDONED_SHOPPING_CART",
    ),
    Column::new("totalCost", Number, "What all of it costs"),
    Column::new("currency", Text(Some(3)), "What the amounts are counted in, ISO 4217"),
    Column::new("storeId", Text(Some(100)), "The shop, where one was named"),
];

/// The columns of the dataset `orderItems` (wire fact); the last two are ours.
pub(super) static ITEM_COLUMNS: [Column; 11] = [
    Column::new("cost", Number, "What the item costs"),
    Column::new("description", Text(Some(300)), "What it is like"),
    Column::new("externalProductId", Text(Some(100)), "The name of the item in the shop"),
    Column::new("imageUrl", Text(Some(200)), "Its picture"),
    Column::new("name", Text(Some(100)), "What it is called"),
    Column::new("orderDate", Time, "The date of the order, UTC"),
    Column::new("orderId", Text(Some(36)), "The order"),
    Column::new("quantity", Number, "How many, or how much"),
    Column::new("url", Text(Some(200)), "Its page"),
    Column::new("contactId", BigInteger, "The contact that the order was given to"),
    Column::new("itemIndex", Integer, "The place of the item in the order, from 0"),
];

/// The identity of an order: derived from what it is one by, so that it is the same in every run.
pub fn order_id(key: &OrderKey) -> Uuid {
    let store = key.store_id.as_ref().map_or("", StoreId::as_str);
    let name = format!("order\n{store}\n{}", key.external_id.as_str());
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}

/// The row of an order.
pub fn order_row(order: &Order) -> Row {
    let content = &order.content;
    let (details, customer) = (&content.details, &content.details.customer);
    let text =
        |text: &Option<crate::values::OrderText>| Cell::text(text.as_ref().map(crate::values::OrderText::as_str));
    let status = match order.status {
        OrderStatus::InProgress => "IN PROGRESS",
        OrderStatus::Cancelled => "CANCELED",
        other => other.as_str(),
    };
    vec![
        Cell::Integer(order.contact.0),
        text(&details.delivery_address),
        text(&details.delivery_method),
        Cell::number(content.discount),
        text(&customer.email),
        Cell::Text(order.key.external_id.as_str().to_owned()),
        text(&customer.first_name),
        text(&customer.last_name),
        Cell::Time(order.created_at),
        Cell::Time(order.date),
        Cell::Text(order_id(&order.key).to_string()),
        text(&details.payment_method),
        text(&customer.phone),
        Cell::Text(status.to_owned()),
        Cell::Number(content.total_cost),
        Cell::Text(content.currency.as_str().to_owned()),
        Cell::text(order.key.store_id.as_ref().map(StoreId::as_str)),
    ]
}

/// The rows of an order's items.
pub fn item_rows(order: &Order) -> Vec<Row> {
    let id = order_id(&order.key).to_string();
    let text =
        |text: &Option<crate::values::OrderText>| Cell::text(text.as_ref().map(crate::values::OrderText::as_str));
    let items = order.content.items.iter().zip(0..);
    items
        .map(|(item, index)| {
            vec![
                Cell::number(item.cost),
                text(&item.description),
                Cell::Text(item.external_item_id.as_str().to_owned()),
                text(&item.image_url),
                text(&item.name),
                Cell::Time(order.date),
                Cell::Text(id.clone()),
                Cell::Number(item.quantity),
                text(&item.url),
                Cell::Integer(order.contact.0),
                Cell::Integer(index),
            ]
        })
        .collect()
}

//! Orders of several shops, and orders that are deleted.

use super::model::{Model, RequestParts, api_call};
use super::orders::{key, order, send, stored_events};
use crate::OrderStatus::{Cancelled, Delivered, InProgress, Initialized};
use crate::values::StoreId;
use crate::*;

/// Sends order 1 of a shop, of the contact A.
fn of_store(model: &mut Model, store: Option<&str>, status: OrderStatus, date: i64) -> Decision {
    let mut request = order(status, date, api_call().ext("A"));
    request.key = key("1", store);
    send(model, request)
}

/// The shops of the orders of number 1, each with the status.
fn stores(model: &Model) -> Vec<(Option<&str>, OrderStatus)> {
    let orders = model.state.orders.values();
    orders
        .map(|order| (order.key.store_id.as_ref().map(StoreId::as_str), order.status))
        .collect()
}

#[test]
fn orders_of_different_shops_are_different() {
    let mut model = Model::new();
    of_store(&mut model, Some("a"), Initialized, 1);
    of_store(&mut model, Some("b"), Initialized, 1);
    of_store(&mut model, Some("b"), Delivered, 2);
    assert_eq!(stores(&model), [(Some("a"), Initialized), (Some("b"), Delivered)]);
    let names: Vec<&str> = stored_events(&model).into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["orderINITIALIZED", "orderINITIALIZED", "orderDELIVERED"]);
    assert!(model.events[1].params.as_json().contains(r#""storeId":"b""#));
    let ambiguous = of_store(&mut model, None, Cancelled, 3);
    assert_eq!(ambiguous.rejection, Some(Rejection::OrderAmbiguous));
    assert_eq!(stores(&model), [(Some("a"), Initialized), (Some("b"), Delivered)]);
}

#[test]
fn an_order_without_a_shop_is_the_only_one_of_its_number() {
    let mut model = Model::new();
    of_store(&mut model, Some("a"), Initialized, 1);
    of_store(&mut model, None, Delivered, 2);
    assert_eq!(stores(&model), [(Some("a"), Delivered)]);
    let mut model = Model::new();
    of_store(&mut model, None, Initialized, 1);
    let made = model.state.orders[&key("1", None)].created_at;
    of_store(&mut model, Some("a"), InProgress, 2);
    assert_eq!(stores(&model), [(Some("a"), InProgress)], "it got its shop");
    assert_eq!(model.state.orders[&key("1", Some("a"))].created_at, made);
    of_store(&mut model, Some("b"), Initialized, 3);
    assert_eq!(stores(&model), [(Some("a"), InProgress), (Some("b"), Initialized)]);
}

#[test]
fn an_order_is_deleted_where_the_workspace_allows_it() {
    let mut model = Model::new();
    let delete = |store| Command::DeleteOrder(key("1", store));
    let ann = of_store(&mut model, Some("a"), Initialized, 1).contact;
    of_store(&mut model, Some("b"), Initialized, 1);
    assert_eq!(model.run(delete(Some("a"))).rejection, Some(Rejection::OrdersAreKept));
    model.policy.delete_orders = true;
    assert_eq!(model.run(delete(None)).rejection, Some(Rejection::OrderAmbiguous));
    assert_eq!(model.run(delete(Some("c"))).rejection, Some(Rejection::OrderNotFound));
    let deleted = model.run(delete(Some("a")));
    assert_eq!((deleted.outcome, deleted.contact), (Outcome::Updated, ann));
    assert_eq!(stores(&model), [(Some("b"), Initialized)]);
    model.run_all(vec![delete(None), delete(None)]);
    assert_eq!((stores(&model), model.events.len()), (Vec::new(), 2));
    of_store(&mut model, Some("a"), Initialized, 1);
    assert_eq!(
        (stores(&model).len(), model.events.len()),
        (1, 3),
        "it is recorded again"
    );
    let erase = Command::Remove {
        contact: ContactRef::Id(ann.unwrap()),
        erase: true,
    };
    model.run_all(vec![delete(None), erase]);
    assert_eq!(stores(&model), []);
}

//! Orders of several shops with one numbering, and orders that are deleted.

use super::orders::{day, orders};
use crate::{Backend, Fixture, api_call, contact_of, erase, keep_order, order_key};
use selfsame_domain::OrderStatus::{Cancelled, Delivered, InProgress, Initialized};
use selfsame_domain::{Command, ContactId, Effect, OrderStatus, Outcome, Rejection};

/// The shops of the orders of a contact with their statuses.
async fn stores(f: &Fixture<'_>, id: ContactId) -> Vec<(Option<String>, OrderStatus)> {
    let orders = orders(f, id).await.into_iter();
    orders
        .map(|order| (order.key.store_id.map(String::from), order.status))
        .collect()
}

fn of_store(store: Option<&str>, status: OrderStatus, date: i64) -> Command {
    let mut order = api_call().external("a").ordered("1", status, day(date));
    order.key = order_key("1", store);
    keep_order(order)
}

pub async fn orders_of_two_shops_with_one_number_are_two(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let text = |store: &str| Some(store.to_owned());
    let id = contact_of(&f.decide(of_store(Some("a"), Initialized, 1)).await);
    f.decide(of_store(None, InProgress, 2)).await;
    assert_eq!(stores(&f, id).await, [(text("a"), InProgress)]);
    let both = [of_store(Some("b"), Initialized, 3), of_store(Some("a"), Delivered, 4)];
    f.decide_all(both.to_vec()).await;
    assert_eq!(stores(&f, id).await, [(text("a"), Delivered), (text("b"), Initialized)]);
    let refused = f.decide(of_store(None, Cancelled, 5)).await;
    assert_eq!(refused.rejection, Some(Rejection::OrderAmbiguous));
    assert_eq!(stores(&f, id).await.len(), 2);
    assert_eq!(f.happened(id).await.len(), 4);
}

pub async fn an_order_without_a_shop_gets_one(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let first = f.decide(of_store(None, Initialized, 1)).await;
    let id = contact_of(&first);
    f.decide(of_store(Some("a"), Delivered, 2)).await;
    let order = orders(&f, id).await.remove(0);
    assert_eq!((order.key, order.created_at), (order_key("1", Some("a")), first.at));
    f.decide(of_store(Some("b"), Initialized, 3)).await;
    assert_eq!(stores(&f, id).await.len(), 2);
}

pub async fn orders_are_deleted(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    f.policy(|policy| policy.delete_orders = true).await;
    let made = [("a", 1), ("b", 2), ("c", 3)].map(|(store, date)| of_store(Some(store), Initialized, date));
    let id = contact_of(&f.decide_all(made.to_vec()).await[0]);
    let delete = |store| Command::DeleteOrder(order_key("1", store));
    let would = f.would(delete(Some("a"))).await;
    assert_eq!((would.outcome, stores(&f, id).await.len()), (Outcome::Updated, 3));
    let commands = vec![delete(Some("a")), of_store(Some("a"), Delivered, 4), delete(Some("b"))];
    f.decide_all(commands).await;
    let names: Vec<_> = stores(&f, id)
        .await
        .into_iter()
        .filter_map(|(store, _)| store)
        .collect();
    assert_eq!(names, ["a", "c"]);
    let deleted = f.decide(delete(Some("c"))).await;
    let effect = Effect::OrderDeleted {
        external_id: order_key("1", None).external_id,
        store_id: order_key("1", Some("c")).store_id,
    };
    assert_eq!((deleted.contact, &deleted.effects[..]), (Some(id), &[effect][..]));
    let again = f.decide(delete(Some("c"))).await;
    assert_eq!(again.rejection, Some(Rejection::OrderNotFound));
    f.decide_all(vec![delete(None), erase(id)]).await;
    f.check().await;
}

//! Lists of orders: their order, their pages and their bounds.

use super::orders::{day, page, send};
use crate::{Backend, Fixture, api_call, contact_of, keep_order};
use selfsame_application::ports::OrderQuery;
use selfsame_domain::OrderStatus::{Delivered, Initialized};

pub async fn orders_come_latest_first_and_by_page(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    // Greater numbers arrive first, three on each day; the number does not affect the order of the list.
    let ordered = |number: i64| {
        let name = format!("{number:02}");
        keep_order(api_call().external("a").ordered(&name, Initialized, day(number / 3)))
    };
    let id = contact_of(&f.decide_all((0..20).rev().map(ordered).collect()).await[0]);
    let two = send(&f, api_call().email("b@example.com").ordered("0", Initialized, day(3))).await;
    f.merge(id, two).await;
    // An order that changes at the same date counts as the latest arrival.
    send(&f, api_call().external("a").ordered("11", Delivered, day(3))).await;
    let of_day = |day: i64| (day * 3..(day * 3 + 3).min(20)).map(|number| format!("{number:02}"));
    let mut names: Vec<String> = (0..7).rev().flat_map(of_day).collect();
    let eleven = names.iter().position(|name| name == "11").expect("it is there");
    names.remove(eleven);
    let nine = names.iter().position(|name| name == "09").expect("it is there");
    names.splice(nine..nine, ["11".to_owned(), "0".to_owned()]);
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let found = page(&f, two, after, 4).await.expect("the contact is there");
        assert!(found.len() <= 4);
        let Some(last) = found.last() else { break };
        after = Some(last.place());
        seen.extend(found.into_iter().map(|order| order.key.external_id.to_string()));
    }
    assert_eq!(seen, names);
}

pub async fn orders_are_filtered_by_time(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").upsert()).await;
    let two = f.id(api_call().external("b").upsert()).await;
    for (name, owner, at) in [("1", "a", 1), ("2", "b", 2), ("3", "a", 3), ("4", "b", 4)] {
        send(&f, api_call().external(owner).ordered(name, Initialized, day(at))).await;
    }
    f.decide(crate::force_merge(one, two)).await;
    let read = async |from: Option<i64>, until: Option<i64>, limit| {
        let query = OrderQuery {
            from: from.map(day),
            until: until.map(day),
            ..OrderQuery::latest(limit)
        };
        let found = f.store().orders(f.workspace, two, &query).await.expect("read orders");
        let found = found.expect("the contact is there").into_iter();
        found.map(|order| order.key.external_id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(read(Some(2), None, 10).await, ["4", "3", "2"]);
    assert_eq!(read(None, Some(4), 2).await, ["3", "2"]);
    assert_eq!(read(Some(2), Some(4), 10).await, ["3", "2"]);
    assert_eq!(read(Some(3), Some(3), 10).await, [""; 0]);
}

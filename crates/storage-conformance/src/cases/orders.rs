//! Orders, and their contacts.

use crate::{
    Backend, Fixture, amount, api_call, contact_of, erase, keep_order, merge_of, order_key, order_text, remove, undo,
};
use selfsame_application::ports::{Clock, OrderQuery};
use selfsame_domain::OrderStatus::{AbandonedShoppingCart, Cancelled, Delivered, InProgress, Initialized};
use selfsame_domain::{
    ContactId, Effect, Order, OrderContent, OrderCustomer, OrderDetails, OrderItem, OrderRequest, OrderStatus, Origin,
    Outcome, Place, Rule, Subject, Timestamp,
};
use std::collections::BTreeMap;

pub(super) fn day(day: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + chrono::TimeDelta::days(day)
}

pub(super) async fn page(f: &Fixture<'_>, id: ContactId, after: Option<Place>, limit: u32) -> Option<Vec<Order>> {
    let query = OrderQuery {
        after,
        ..OrderQuery::latest(limit)
    };
    let found = f.store().orders(f.workspace, id, &query).await;
    found.expect("read orders")
}

pub(super) async fn orders(f: &Fixture<'_>, id: ContactId) -> Vec<Order> {
    page(f, id, None, 10_000).await.expect("the contact is there")
}

/// The numbers and the statuses of a contact's orders.
async fn brief(f: &Fixture<'_>, id: ContactId) -> Vec<(String, OrderStatus)> {
    let orders = orders(f, id).await.into_iter();
    orders
        .map(|order| (order.key.external_id.to_string(), order.status))
        .collect()
}

pub(super) async fn send(f: &Fixture<'_>, order: OrderRequest) -> ContactId {
    contact_of(&f.decide(keep_order(order)).await)
}

fn item(number: usize) -> OrderItem {
    OrderItem {
        external_item_id: order_text(&format!("п-{number}'\"\\")),
        quantity: amount("0.125"),
        name: Some(order_text("Сир «Брі»")),
        category: Some(order_text("a\nb")),
        cost: Some(amount("1234567890123456789012345.678")),
        url: Some(order_text("https://example.com/?a=1&b=2")),
        image_url: Some(order_text("https://example.com/a.png")),
        description: Some(order_text("{\"not\": [\"json\"]}")),
    }
}

fn whole() -> OrderContent {
    let text = |text| Some(order_text(text));
    OrderContent {
        total_cost: amount("12345678901234567.89"),
        currency: "JPY".parse().expect("a currency"),
        shipping: Some(amount("0.10")),
        discount: Some(amount("-5")),
        taxes: Some(amount("0.0000000000000000000000000001")),
        details: OrderDetails {
            customer: OrderCustomer {
                external_id: text("a"),
                email: text("Ann@Example.com"),
                phone: text("050 123 45 67"),
                first_name: text("Ганна"),
                last_name: text("O'Neil"),
            },
            restore_url: text("https://example.com/cart/1"),
            status_description: text("на складі"),
            source: text("offline"),
            delivery_method: text("drone"),
            payment_method: text("cash"),
            delivery_address: text("вул. Хрещатик, 1\nКиїв"),
            additional_info: BTreeMap::from([(order_text("ключ"), order_text("\"значення\""))]),
        },
        items: vec![
            item(1),
            OrderItem {
                name: None,
                category: None,
                cost: None,
                url: None,
                image_url: None,
                description: None,
                ..item(2)
            },
        ],
    }
}

pub async fn an_order_reads_back_whole(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let date = day(20_000) + chrono::TimeDelta::microseconds(7);
    for status in OrderStatus::ALL {
        let name = format!("№ {}/'\"", status.as_str());
        let request = OrderRequest {
            key: order_key(&name, Some("ж'1")),
            content: whole(),
            ..api_call().external("a").ordered(&name, status, date)
        };
        let decision = f.decide(keep_order(request)).await;
        let expected = Order {
            key: order_key(&name, Some("ж'1")),
            contact: contact_of(&decision),
            status,
            date,
            content: whole(),
            decision: decision.id,
            created_at: decision.at,
            updated_at: decision.at,
        };
        assert!(orders(&f, expected.contact).await.contains(&expected), "{expected:?}");
    }
    let plain = api_call().external("b").ordered("plain", Initialized, date);
    let content = plain.content.clone();
    let id = send(&f, plain).await;
    assert_eq!(orders(&f, id).await.remove(0).content, content);
}

pub async fn amounts_are_exact(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let texts = [
        "0",
        "0.1",
        "0.30000000000000004",
        "1.10",
        "-0.01",
        "9007199254740993",
        "7922816251426433759354395033",
        "0.0000000000000000000000000001",
        "1234567890.123456789012345678",
    ];
    for (number, text) in texts.into_iter().enumerate() {
        let mut request = api_call()
            .external(&format!("x{number}"))
            .ordered(&number.to_string(), Initialized, day(1));
        request.content.total_cost = amount(text);
        request.content.taxes = Some(amount(text));
        request.content.items = vec![OrderItem {
            cost: Some(amount(text)),
            ..item(1)
        }];
        let id = send(&f, request).await;
        let content = orders(&f, id).await.remove(0).content;
        assert_eq!(content.total_cost.to_string(), text);
        assert_eq!(content.taxes.map(|taxes| taxes.to_string()).as_deref(), Some(text));
        assert_eq!(
            content.items[0].cost.map(|cost| cost.to_string()).as_deref(),
            Some(text)
        );
    }
}

pub async fn a_later_request_changes_what_it_says(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let first = OrderRequest {
        content: whole(),
        ..api_call().external("a").ordered("1", Initialized, day(1))
    };
    let made = f.decide(keep_order(first.clone())).await;
    f.decide(keep_order(first)).await;
    let id = contact_of(&made);
    assert_eq!(orders(&f, id).await[0].updated_at, made.at, "nothing new was said");
    let mut second = api_call().external("a").ordered("1", Delivered, day(2));
    second.content.total_cost = amount("7.00");
    second.content.details.payment_method = Some(order_text("card"));
    second.content.items = vec![item(3)];
    let changed = f.decide(keep_order(second.clone())).await;
    let mut content = whole();
    content.total_cost = amount("7.00");
    content.currency = second.content.currency;
    content.details.payment_method = Some(order_text("card"));
    content.details.status_description = None;
    content.items = vec![item(3)];
    let expected = Order {
        key: second.key,
        contact: id,
        status: Delivered,
        date: day(2),
        content,
        decision: changed.id,
        created_at: made.at,
        updated_at: changed.at,
    };
    assert_eq!(orders(&f, id).await, [expected]);
}

pub async fn what_comes_late_changes_no_status(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = send(&f, api_call().external("a").ordered("1", Delivered, day(3))).await;
    let mut late = api_call().external("a").ordered("1", InProgress, day(2));
    late.content.total_cost = amount("7");
    late.content.shipping = Some(amount("8"));
    late.content.details.status_description = Some(order_text("in progress"));
    let decision = f.decide(keep_order(late)).await;
    let skips_status = |effect: &Effect| matches!(effect, Effect::Skipped(skipped) if skipped.field == "status");
    assert!(decision.effects.iter().any(skips_status), "{decision:?}");
    let order = orders(&f, id).await.remove(0);
    assert_eq!((order.status, order.date), (Delivered, day(3)));
    assert_eq!(
        order.content.details.status_description, None,
        "it is that of another status"
    );
    assert_eq!(
        (order.content.total_cost, order.content.shipping),
        (amount("100"), Some(amount("8")))
    );
}

pub async fn a_late_status_is_recorded_at_its_date(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let sent = [
        (Delivered, 3),
        (Initialized, 1),
        (InProgress, 2),
        (Initialized, 1),
        (InProgress, 2),
        (Delivered, 3),
    ];
    let mut last = None;
    for (status, date) in sent {
        last = Some(send(&f, api_call().external("a").ordered("1", status, day(date))).await);
    }
    let id = last.expect("there were some");
    let again = sent.map(|(status, date)| keep_order(api_call().external("a").ordered("2", status, day(date + 10))));
    f.decide_all(again.to_vec()).await;
    let events = f.history(id).await.into_iter();
    let mut events: Vec<_> = events
        .map(|event| (event.occurred_at, event.type_key.to_string()))
        .collect();
    events.sort();
    let names = ["orderINITIALIZED", "orderIN_PROGRESS", "orderDELIVERED"];
    let days = [1, 2, 3, 11, 12, 13].map(day);
    let expected = names.into_iter().cycle().map(str::to_owned);
    assert_eq!(events, days.into_iter().zip(expected).collect::<Vec<_>>());
    assert!(orders(&f, id).await.iter().all(|order| order.status == Delivered));
}

pub async fn a_status_is_recorded_once(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let statuses = [
        (AbandonedShoppingCart, 1),
        (Initialized, 2),
        (Initialized, 2),
        (InProgress, 3),
        (Cancelled, 4),
    ];
    let mut last = None;
    for (status, date) in statuses {
        last = Some(send(&f, api_call().external("a").ordered("o-1", status, day(date))).await);
    }
    let id = last.expect("there were some");
    assert_eq!(
        f.happened(id).await,
        [
            "orderABANDONED_SHOPPING_CART",
            "orderINITIALIZED",
            "orderIN_PROGRESS",
            "orderCANCELLED"
        ]
    );
    let event = f.history(id).await.remove(0);
    assert_eq!(
        (event.subject, event.origin),
        (Some(Subject::Contact(id)), Origin::Selfsame)
    );
    assert_eq!(event.occurred_at, day(4));
    assert_eq!(event.key_value.map(String::from).as_deref(), Some("o-1"));
}

pub async fn an_unknown_customer_becomes_a_contact(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let builder = api_call().external("a").email("ann@example.com").sms("+380501234567");
    let decision = f
        .decide(keep_order(builder.first("Ann").last("Smith").ordered(
            "1",
            Initialized,
            day(1),
        )))
        .await;
    assert_eq!(decision.outcome, Outcome::Created);
    let expected = api_call().external("b").email("ann@example.com").sms("+380501234567");
    let twin = f.id(expected.first("Ann").last("Smith").upsert()).await;
    let (made, twin) = (f.contact(contact_of(&decision)).await, f.contact(twin).await);
    assert_eq!(made.attributes, twin.attributes);
    assert_eq!((made.channels().len(), made.external_id()), (2, Some("a")));
}

pub async fn a_known_contact_is_not_changed(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f
        .id(api_call().external("a").email("ann@example.com").first("Ann").upsert())
        .await;
    let before = f.observable(id).await;
    let builder = api_call().external("a").email("new@example.com").sms("+380501234567");
    let decision = f
        .decide(keep_order(builder.first("Olena").ordered("1", Initialized, day(1))))
        .await;
    assert_eq!((decision.contact, decision.outcome), (Some(id), Outcome::Unchanged));
    assert_eq!(f.observable(id).await, before);
    assert_eq!(brief(&f, id).await, [("1".to_owned(), Initialized)]);
}

pub async fn an_unknown_external_id_is_adopted(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().sms("+380501234567").upsert()).await;
    let builder = api_call().external("a").sms("+380501234567");
    let decision = f.decide(keep_order(builder.ordered("1", Initialized, day(1)))).await;
    assert_eq!((decision.contact, decision.rule), (Some(id), Rule::Adopt));
    assert_eq!(f.contact(id).await.external_id(), Some("a"));
}

pub async fn a_known_order_stays_with_its_contact(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let first = send(
        &f,
        api_call().email("ann@example.com").ordered("1", Initialized, day(1)),
    )
    .await;
    let second = send(&f, api_call().email("nan@example.com").ordered("1", InProgress, day(2))).await;
    assert_eq!((second, f.all().await), (first, vec![first]));
    let third = send(&f, api_call().external("b").ordered("1", Delivered, day(3))).await;
    assert_ne!(third, first);
    assert_eq!(brief(&f, first).await, []);
    assert_eq!(brief(&f, third).await, [("1".to_owned(), Delivered)]);
    assert_eq!(f.happened(first).await, ["orderINITIALIZED", "orderIN_PROGRESS"]);
    assert_eq!(f.happened(third).await, ["orderDELIVERED"]);
}

pub async fn a_removed_contact_keeps_its_orders(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = send(&f, api_call().external("a").ordered("1", Initialized, day(1))).await;
    f.decide(remove(id)).await;
    assert_eq!(brief(&f, id).await, [("1".to_owned(), Initialized)]);
    let decision = f
        .decide(keep_order(api_call().external("a").ordered("2", Initialized, day(2))))
        .await;
    assert_eq!((decision.contact, decision.outcome), (Some(id), Outcome::Restored));
    assert_eq!(brief(&f, id).await.len(), 2);
    f.decide(remove(id)).await;
    let other = send(
        &f,
        api_call().email("ann@example.com").ordered("1", Initialized, day(1)),
    )
    .await;
    assert_ne!(other, id);
    assert_eq!(brief(&f, other).await, [("1".to_owned(), Initialized)]);
    assert_eq!(page(&f, ContactId(999_999), None, 10).await, None);
}

pub async fn merges_bring_orders_and_undoing_gives_them_back(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = send(&f, api_call().external("a").ordered("1", Initialized, day(1))).await;
    let two = send(&f, api_call().email("b@example.com").ordered("2", Initialized, day(2))).await;
    let three = send(&f, api_call().sms("+380501234567").ordered("3", Initialized, day(3))).await;
    let first = f.merge(two, three).await;
    let second = merge_of(&f.decide(crate::merge(one, two)).await);
    let update = api_call().email("b@example.com").ordered("3", Delivered, day(4));
    assert_eq!(send(&f, update).await, one);
    let all = [("3", Delivered), ("2", Initialized), ("1", Initialized)].map(|(id, status)| (id.to_owned(), status));
    for id in [one, two, three] {
        assert_eq!(brief(&f, id).await, all);
    }
    f.decide(undo(second)).await;
    assert_eq!(brief(&f, one).await, all[2..]);
    assert_eq!(brief(&f, three).await, all[..2]);
    f.decide(undo(first)).await;
    assert_eq!(brief(&f, two).await, all[1..2]);
    assert_eq!(brief(&f, three).await, all[..1]);
    f.check().await;
}

pub async fn erasing_leaves_no_orders(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = send(&f, api_call().external("a").ordered("1", Initialized, day(1))).await;
    let two = send(&f, api_call().email("b@example.com").ordered("2", Initialized, day(2))).await;
    let other = send(&f, api_call().external("c").ordered("3", Initialized, day(3))).await;
    f.merge(one, two).await;
    f.decide(erase(one)).await;
    assert_eq!(brief(&f, other).await, [("3".to_owned(), Initialized)]);
    for name in ["1", "2"] {
        let decision = f
            .decide(keep_order(api_call().external("c").ordered(name, Initialized, day(1))))
            .await;
        assert_eq!(decision.contact, Some(other));
        let order = orders(&f, other)
            .await
            .into_iter()
            .find(|order| order.key.external_id.as_str() == name);
        assert_eq!(
            order.map(|order| order.created_at),
            Some(decision.at),
            "nothing was left of it"
        );
    }
}

pub async fn a_dry_run_keeps_no_order(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = send(&f, api_call().external("a").ordered("1", Initialized, day(1))).await;
    let would = f
        .would(keep_order(api_call().email("b@example.com").ordered(
            "1",
            Delivered,
            day(2),
        )))
        .await;
    assert_eq!((would.contact, would.outcome), (Some(id), Outcome::Unchanged));
    let would = f
        .would(keep_order(api_call().external("b").ordered("2", Initialized, day(2))))
        .await;
    assert_eq!(would.outcome, Outcome::Created);
    assert_eq!(brief(&f, id).await, [("1".to_owned(), Initialized)]);
    assert_eq!((f.all().await, f.happened(id).await.len()), (vec![id], 1));
}

pub async fn orders_survive_a_restart(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let request = OrderRequest {
        content: whole(),
        ..api_call().external("a").ordered("1", Initialized, f.clock().now())
    };
    let id = send(&f, request).await;
    let before = orders(&f, id).await;
    f.reopen().await;
    assert_eq!(orders(&f, id).await, before);
    send(&f, api_call().external("a").ordered("1", Delivered, f.clock().now())).await;
    assert_eq!(brief(&f, id).await, [("1".to_owned(), Delivered)]);
}

pub async fn orders_are_the_workspace_s_own(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let here = send(&f, api_call().external("a").ordered("1", Initialized, day(1))).await;
    let first = f.enter_new_workspace("two").await;
    let there = send(&f, api_call().external("b").ordered("1", Delivered, day(2))).await;
    assert_eq!(brief(&f, there).await, [("1".to_owned(), Delivered)]);
    assert_eq!(here, there, "numbers are a workspace's own");
    f.decide(erase(there)).await;
    f.workspace = first;
    assert_eq!(brief(&f, here).await, [("1".to_owned(), Initialized)]);
    assert_eq!(f.happened(here).await, ["orderINITIALIZED"]);
}

//! Many orders at once, and orders that race.

use super::orders::{day, orders, page, send};
use crate::{Backend, Fixture, api_call, contact_of, erase, keep_order};
use futures::future::join_all;
use selfsame_application::Submission;
use selfsame_domain::OrderStatus::{Delivered, InProgress, Initialized};

pub async fn a_thousand_orders_in_one_batch(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ordered = |status, date| {
        let order = move |number: usize| {
            let builder = api_call().external(&format!("c{}", number % 100));
            keep_order(builder.ordered(&format!("o{number}"), status, day(date)))
        };
        (0..1_000).map(order).collect::<Vec<_>>()
    };
    let decisions = f.decide_all(ordered(Initialized, 1)).await;
    assert_eq!(f.all().await.len(), 100);
    let again = f.decide_all(ordered(Delivered, 2)).await;
    for (first, second) in decisions.iter().zip(&again).step_by(97) {
        assert_eq!(first.contact, second.contact);
        let id = contact_of(first);
        let all = orders(&f, id).await;
        assert_eq!(all.len(), 10);
        assert!(all.iter().all(|order| order.status == Delivered));
        assert_eq!(f.happened(id).await.len(), 20);
    }
}

/// In every race the result is one order, one contact, and at most one event for each status.
pub async fn an_order_sent_to_two_servers_at_once_is_one(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let other = f.second_server();
    for round in 0..5 {
        // Each names the customer by a different identifier, so that no lock of a contact serializes them.
        let statuses = [(Initialized, 0), (InProgress, 1), (Delivered, 2)];
        let sent = |number: usize| {
            let builder = api_call().email(&format!("p{}@example.com", number % 2));
            let (status, date) = statuses[number % 3];
            Submission::of(keep_order(builder.ordered(&format!("o{round}"), status, day(date))))
        };
        let all = (0..6).map(|number| {
            let app = if number % 2 == 0 { f.app() } else { &other };
            app.submit(f.workspace, sent(number))
        });
        let mut contacts = Vec::new();
        for done in join_all(all).await {
            contacts.push(contact_of(&done.expect("submit")[0]));
        }
        contacts.dedup();
        assert_eq!(contacts.len(), 1, "one order, one contact");
        let all = orders(&f, contacts[0]).await;
        let of_round: Vec<_> = all
            .iter()
            .filter(|order| order.key.external_id.as_str() == format!("o{round}"))
            .collect();
        assert_eq!(of_round.len(), 1);
        assert_eq!((of_round[0].status, of_round[0].date), (Delivered, day(2)));
        let key = format!("o{round}");
        let mut event_types: Vec<String> = f
            .history(contacts[0])
            .await
            .into_iter()
            .filter(|event| event.key_value.as_ref().is_some_and(|value| value.as_str() == key))
            .map(|event| event.type_key.to_string())
            .collect();
        let count = event_types.len();
        event_types.sort();
        event_types.dedup();
        assert_eq!(event_types.len(), count, "{event_types:?}");
        assert!(event_types.contains(&"orderDELIVERED".to_owned()));
    }
}

pub async fn orders_that_race_with_an_erasure_leave_nothing_half(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let other = f.second_server();
    for round in 0..8 {
        let name = format!("c{round}");
        let id = send(
            &f,
            api_call()
                .external(&name)
                .ordered(&format!("{round}-0"), Initialized, day(1)),
        )
        .await;
        let sent = |number: i64| {
            let order = api_call()
                .external(&name)
                .ordered(&format!("{round}-{}", number % 3), Delivered, day(number));
            Submission::of(keep_order(order))
        };
        let mut all: Vec<_> = (0..5)
            .map(|number| {
                let app = if number % 2 == 0 { f.app() } else { &other };
                app.submit(f.workspace, sent(number))
            })
            .collect();
        all.insert(round % 6, other.submit(f.workspace, Submission::of(erase(id))));
        for done in join_all(all).await {
            done.expect("submit");
        }
        // Data that was stored after the erasure belongs to an existing contact.
        let decision = f
            .decide(keep_order(api_call().external(&name).ordered(
                &format!("{round}-3"),
                Initialized,
                day(9),
            )))
            .await;
        let now = contact_of(&decision);
        assert_ne!(now, id);
        assert_eq!(page(&f, id, None, 10).await, None);
        assert!(orders(&f, now).await.iter().all(|order| order.contact == now));
    }
    f.check().await;
}

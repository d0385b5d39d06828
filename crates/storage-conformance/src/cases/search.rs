//! Searching contacts.

use super::kinds::values;
use crate::{Backend, Fixture, Kind, api_call, force_merge, identifier, remove};
use selfsame_application::ports::{ContactFilter, ContactOrder, ContactQuery};
use selfsame_domain::values::{BlockedValue, BlockedValues};
use selfsame_domain::{AttributeInput, AttributeKey, ContactId, Limits};

fn named(first: Option<&str>, last: Option<&str>) -> ContactFilter {
    ContactFilter {
        first_name: first.map(str::to_owned),
        last_name: last.map(str::to_owned),
        ..Default::default()
    }
}

async fn page(f: &Fixture<'_>, query: &ContactQuery) -> (Vec<ContactId>, u64) {
    let page = f.store().search(f.workspace, query).await.expect("search");
    (
        page.items.into_iter().map(|details| details.contact.id).collect(),
        page.total,
    )
}

/// Contacts with an order of updates that differs from their numbers; returned in the order of the last update.
async fn several(f: &Fixture<'_>) -> Vec<ContactId> {
    let mut ids = Vec::new();
    for index in 0..7 {
        ids.push(
            f.id(api_call().external(&format!("e{index}")).first("Ann").upsert())
                .await,
        );
    }
    let order = [3, 0, 6, 2, 5, 1, 4];
    for index in order {
        f.id(api_call().external(&format!("e{index}")).town("Kyiv").upsert())
            .await;
    }
    order.iter().rev().map(|index| ids[*index]).collect()
}

pub async fn the_last_updated_comes_first(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let expected = several(&f).await;
    let query = ContactQuery {
        limit: 100,
        ..ContactQuery::default()
    };
    assert_eq!(page(&f, &query).await, (expected, 7));
}

pub async fn by_number_the_lowest_comes_first(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let mut expected = several(&f).await;
    expected.sort();
    let query = ContactQuery {
        order: ContactOrder::Id,
        limit: 100,
        ..ContactQuery::default()
    };
    assert_eq!(page(&f, &query).await, (expected, 7));
}

pub async fn between_equals_the_higher_number_comes_first(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let requests = (0..5)
        .map(|index| api_call().external(&format!("e{index}")).upsert())
        .collect();
    let mut expected: Vec<ContactId> = f.decide_all(requests).await.iter().map(crate::contact_of).collect();
    expected.reverse();
    let query = ContactQuery {
        limit: 100,
        ..ContactQuery::default()
    };
    assert_eq!(page(&f, &query).await, (expected, 5));
}

async fn pages_cover_everything(backend: &mut dyn Backend, order: ContactOrder) {
    let f = Fixture::new(backend).await;
    several(&f).await;
    f.id(api_call().external("nameless").upsert()).await;
    for filter in [ContactFilter::default(), named(Some("ANN"), None)] {
        let query = |offset, limit| ContactQuery {
            filter: filter.clone(),
            order,
            offset,
            limit,
        };
        let (all, total) = page(&f, &query(0, 100)).await;
        assert_eq!(all.len() as u64, total);
        for limit in 1..=4_u32 {
            let mut found = Vec::new();
            for offset in (0..total).step_by(limit as usize) {
                let (items, same) = page(&f, &query(offset, limit)).await;
                assert_eq!(same, total);
                found.extend(items);
            }
            assert_eq!(found, all, "pages of {limit}");
        }
        for beyond in [total, total + 1, u64::from(u32::MAX) * 10] {
            assert_eq!(
                page(&f, &query(beyond, 10)).await,
                (Vec::new(), total),
                "beyond the end the total stays"
            );
        }
        assert_eq!(page(&f, &query(0, 0)).await, (Vec::new(), total));
    }
}

pub async fn pages_by_update_cover_everything(backend: &mut dyn Backend) {
    pages_cover_everything(backend, ContactOrder::Updated).await;
}

pub async fn pages_by_number_cover_everything(backend: &mut dyn Backend) {
    pages_cover_everything(backend, ContactOrder::Id).await;
}

pub async fn contacts_after_a_number_cover_all_active_ones(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let mut expected = several(&f).await;
    expected.sort();
    let removed = expected.remove(2);
    f.decide(remove(removed)).await;
    let (mut found, mut after) = (Vec::new(), ContactId(0));
    loop {
        let page = f.store().contacts_after(f.workspace, after, 2).await.expect("contacts");
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 2);
        after = last.contact.id;
        found.extend(page.iter().map(|details| details.contact.id));
        assert_eq!(f.details(after).await.as_ref(), page.last());
    }
    assert_eq!(found, expected);
}

pub async fn names_are_compared_without_regard_to_case(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let pairs = [
        ("Їжак", "ЇЖАК"),
        ("Ольга", "оЛЬГА"),
        ("Örjan", "öRJAN"),
        ("Ann", "aNN"),
        ("Łukasz", "łUKASZ"),
        ("Ёлка", "ёлка"),
    ];
    let mut ids = Vec::new();
    for (index, (name, _)) in pairs.iter().enumerate() {
        ids.push(
            f.id(api_call()
                .external(&format!("e{index}"))
                .first(name)
                .last(name)
                .upsert())
                .await,
        );
    }
    for ((name, searched), id) in pairs.iter().zip(&ids) {
        for text in [name, searched] {
            assert_eq!(f.find(named(Some(text), None)).await, [*id], "first name {text}");
            assert_eq!(f.find(named(None, Some(text))).await, [*id], "last name {text}");
        }
    }
    assert!(f.find(named(Some("Еlка"), None)).await.is_empty());
}

pub async fn names_are_compared_whole(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").first("Ann").last("Lee").upsert()).await;
    f.id(api_call().external("b").first("Anna").last("Leeds").upsert())
        .await;
    f.id(api_call().external("c").upsert()).await;
    assert_eq!(f.find(named(Some("Ann"), None)).await, [one]);
    assert_eq!(f.find(named(Some("ann"), Some("lee"))).await, [one]);
    assert!(f.find(named(Some("Ann"), Some("Leeds"))).await.is_empty());
    for text in ["An", "Ann%", "_nn", "%", "", "A*"] {
        assert!(f.find(named(Some(text), None)).await.is_empty(), "{text:?}");
    }
}

pub async fn composed_and_decomposed_names_differ(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let composed = f.id(api_call().external("a").first("Zoé").upsert()).await;
    let decomposed = f.id(api_call().external("b").first("Zoe\u{301}").upsert()).await;
    let text = |contact: selfsame_domain::Contact| contact.attributes.text(AttributeKey::FirstName).map(str::to_owned);
    let stored = [text(f.contact(composed).await), text(f.contact(decomposed).await)];
    for (id, text) in [composed, decomposed].into_iter().zip(stored) {
        let found = f.find(named(text.as_deref(), None)).await;
        assert!(found.contains(&id), "what is stored is found");
    }
}

pub async fn a_name_that_changed_is_found_by_the_new_one(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").first("Ann").upsert()).await;
    f.id(api_call().external("a").first("Beth").upsert()).await;
    assert!(f.find(named(Some("Ann"), None)).await.is_empty());
    assert_eq!(f.find(named(Some("Beth"), None)).await, [id]);
    f.id(api_call()
        .external("a")
        .attribute(AttributeInput::first_name(None))
        .upsert())
        .await;
    assert!(f.find(named(Some("Beth"), None)).await.is_empty());
}

pub async fn a_name_that_a_merge_filled_is_found(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").upsert()).await;
    let two = f.id(api_call().device("d").first("Ann").upsert()).await;
    let merge = f.merge(one, two).await;
    assert_eq!(f.find(named(Some("ann"), None)).await, [one]);
    f.decide(crate::undo(merge)).await;
    assert_eq!(f.find(named(Some("ann"), None)).await, [two]);
}

pub async fn all_that_is_asked_must_hold(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f
        .id(api_call()
            .external("a")
            .email("x@example.com")
            .sms("+380501234567")
            .first("Ann")
            .upsert())
        .await;
    let two = f
        .id(api_call()
            .external("b")
            .email("x@example.com")
            .sms("+380671234567")
            .first("Ann")
            .upsert())
        .await;
    let email = identifier(Kind::Email, "X@example.com").key;
    let phone = identifier(Kind::Phone, "+380671234567").key;
    let filter = |identifiers: &[&selfsame_domain::IdentifierKey], first: Option<&str>| ContactFilter {
        identifiers: identifiers.iter().copied().cloned().collect(),
        ..named(first, None)
    };
    assert_eq!(f.find(filter(&[&email], None)).await, [one, two]);
    assert_eq!(f.find(filter(&[&email, &phone], None)).await, [two]);
    assert_eq!(
        f.find(filter(&[&email, &email], Some("ANN"))).await,
        [one, two],
        "asked twice is asked once"
    );
    assert!(f.find(filter(&[&email, &phone], Some("Bob"))).await.is_empty());
    let external = identifier(Kind::ExternalId, "a").key;
    assert!(f.find(filter(&[&external, &phone], None)).await.is_empty());
}

pub async fn removed_and_absorbed_contacts_are_not_found(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let mut ids = Vec::new();
    for external in ["a", "b", "c"] {
        ids.push(
            f.id(api_call()
                .external(external)
                .email("x@example.com")
                .first("Ann")
                .upsert())
                .await,
        );
    }
    f.decide(remove(ids[1])).await;
    f.decide(force_merge(ids[0], ids[2])).await;
    assert_eq!(f.all().await, [ids[0]]);
    assert_eq!(f.find(named(Some("Ann"), None)).await, [ids[0]]);
    assert_eq!(
        f.holders(&identifier(Kind::Email, "x@example.com").key).await,
        [ids[0]],
        "the survivor once"
    );
    assert_eq!(f.holders(&identifier(Kind::ExternalId, "c").key).await, [ids[0]]);
    assert!(f.holders(&identifier(Kind::ExternalId, "b").key).await.is_empty());
}

pub async fn what_is_no_evidence_is_found_all_the_same(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let blocked = BlockedValue::exact(Some("email"), "blocked@example.com").expect("a value");
    f.policy(|policy| {
        policy.blocked = BlockedValues::new(vec![blocked]).expect("a list");
        policy.limits = Limits {
            mobile_push: 1,
            ..Limits::default()
        };
    })
    .await;
    let id = f
        .id(api_call()
            .external("a")
            .email("blocked@example.com")
            .mobile("app", "t1")
            .upsert())
        .await;
    f.id(api_call().external("a").mobile("app", "t2").upsert()).await;
    assert_eq!(
        f.holders(&identifier(Kind::Email, "blocked@example.com").key).await,
        [id]
    );
    assert_eq!(f.holders(&identifier(Kind::MobilePush, "t2").key).await, [id]);
}

/// The same text as a value of another kind does not match.
pub async fn kinds_do_not_mix(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let kinds = [
        Kind::ExternalId,
        Kind::MobilePush,
        Kind::WebPush,
        Kind::Telegram,
        Kind::DeviceId,
    ];
    let mut ids = Vec::new();
    for kind in kinds {
        ids.push(f.id(api_call().with(kind, values(kind)[0]).upsert()).await);
    }
    for (kind, id) in kinds.into_iter().zip(ids) {
        assert_eq!(f.holders(&identifier(kind, values(kind)[0]).key).await, [id], "{kind}");
    }
    let elsewhere = api_call().mobile("another app", values(Kind::MobilePush)[0]);
    assert_eq!(
        f.would(elsewhere.upsert()).await.outcome,
        selfsame_domain::Outcome::Created,
        "nor do apps"
    );
}

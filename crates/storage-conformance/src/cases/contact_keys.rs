//! Contact keys: attributes that events find contacts by.

use crate::{Backend, Fixture, Kind, api_call, contact_of, erase, event_type, identifier, keep};
use selfsame_domain::{Command, ContactId, Effect, IdentifierKey, Outcome};

fn key(text: &str) -> IdentifierKey {
    identifier(Kind::ContactKey, text).key
}

/// Records an event with the contact key, and returns its contact.
async fn record_event(f: &Fixture<'_>, text: &str) -> Option<ContactId> {
    f.decide(keep(api_call().keyed(text).happened("e"))).await.contact
}

pub async fn events_find_a_contact_by_its_key(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ann = f.id(api_call().external("a").key("k").upsert()).await;
    let bob = f.id(api_call().external("b").key("K").upsert()).await;
    assert_eq!(
        (record_event(&f, "k").await, record_event(&f, "K").await),
        (Some(ann), Some(bob))
    );
    let stronger = keep(api_call().external("b").keyed("k").happened("e"));
    assert_eq!(f.decide(stronger).await.contact, Some(bob));
    assert_eq!((f.happened(ann).await.len(), f.happened(bob).await.len()), (1, 2));
    f.decide(api_call().external("a").key("new").upsert()).await;
    assert_eq!(
        (record_event(&f, "k").await, record_event(&f, "new").await),
        (None, Some(ann))
    );
    assert_eq!(f.holders(&key("new")).await, [ann]);
    assert_eq!(f.holders(&key("k")).await, []);
}

pub async fn a_contact_key_names_no_contact_in_other_calls(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ann = f.id(api_call().email("ann@example.com").key("k").upsert()).await;
    let other = f.id(api_call().email("bob@example.com").key("k").upsert()).await;
    assert_ne!(ann, other);
    let alone = f.decide(api_call().key("k").upsert()).await;
    assert_eq!((alone.outcome, alone.contact), (Outcome::Rejected, None));
    assert_eq!(f.holders(&key("k")).await, [ann, other]);
    assert_eq!(
        record_event(&f, "k").await,
        Some(other),
        "the one that was updated last"
    );
}

pub async fn a_contact_key_makes_no_contact_a_known_person(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let anonymous = f.id(api_call().device("d").key("k").upsert()).await;
    let ann = f.id(api_call().external("a").device("d").upsert()).await;
    assert_eq!(ann, anonymous);
    let other = f.id(api_call().device("e").key("l").upsert()).await;
    let login = f.decide(api_call().external("a").device("e").upsert()).await;
    assert!(
        login
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Merged { absorbed, .. } if *absorbed == other)),
        "{login:?}"
    );
    assert_eq!(
        (record_event(&f, "k").await, record_event(&f, "l").await),
        (Some(ann), Some(ann))
    );
    f.check().await;
}

pub async fn events_of_a_key_wait_and_may_create(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    assert_eq!(record_event(&f, "k").await, None);
    let ann = f.decide(api_call().external("a").key("k").upsert()).await;
    let adopted = |effect: &Effect| matches!(effect, Effect::VisitorAdopted { .. });
    assert!(ann.effects.iter().any(adopted), "{ann:?}");
    assert_eq!(f.happened(contact_of(&ann)).await, ["e"]);
    let creating = Command::SetCreating {
        key: event_type("e"),
        creating: true,
    };
    f.decide(creating).await;
    let made = record_event(&f, "new").await.expect("a contact");
    assert_eq!(record_event(&f, "new").await, Some(made));
    assert_eq!(f.holders(&key("new")).await, [made]);
    f.decide(erase(made)).await;
    assert_eq!(f.holders(&key("new")).await, []);
    f.check().await;
}

//! Contact keys: attributes that events find contacts by.

use crate::{Ask, Backend, Fixture, Kind, contact_of, erase, event_type, identifier, keep};
use selfsame_domain::{Command, ContactId, Effect, IdentifierKey, Outcome};

fn key(text: &str) -> IdentifierKey {
    identifier(Kind::ContactKey, text).key
}

/// Records an event with the contact key, and returns its contact.
async fn tell(f: &Fixture<'_>, text: &str) -> Option<ContactId> {
    f.decide(keep(Ask::new().keyed(text).happened("e"))).await.contact
}

pub async fn events_find_a_contact_by_its_key(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ann = f.id(Ask::new().external("a").key("k").upsert()).await;
    let bob = f.id(Ask::new().external("b").key("K").upsert()).await;
    assert_eq!((tell(&f, "k").await, tell(&f, "K").await), (Some(ann), Some(bob)));
    let stronger = keep(Ask::new().external("b").keyed("k").happened("e"));
    assert_eq!(f.decide(stronger).await.contact, Some(bob));
    assert_eq!((f.happened(ann).await.len(), f.happened(bob).await.len()), (1, 2));
    f.decide(Ask::new().external("a").key("new").upsert()).await;
    assert_eq!((tell(&f, "k").await, tell(&f, "new").await), (None, Some(ann)));
    assert_eq!(f.holders(&key("new")).await, [ann]);
    assert_eq!(f.holders(&key("k")).await, []);
}

pub async fn a_key_names_nobody_in_other_calls(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ann = f.id(Ask::new().email("ann@example.com").key("k").upsert()).await;
    let other = f.id(Ask::new().email("bob@example.com").key("k").upsert()).await;
    assert_ne!(ann, other);
    let alone = f.decide(Ask::new().key("k").upsert()).await;
    assert_eq!((alone.outcome, alone.contact), (Outcome::Rejected, None));
    assert_eq!(f.holders(&key("k")).await, [ann, other]);
    assert_eq!(tell(&f, "k").await, Some(other), "the one that was updated last");
}

pub async fn a_key_makes_nobody_known(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let anonymous = f.id(Ask::new().device("d").key("k").upsert()).await;
    let ann = f.id(Ask::new().external("a").device("d").upsert()).await;
    assert_eq!(ann, anonymous);
    let other = f.id(Ask::new().device("e").key("l").upsert()).await;
    let login = f.decide(Ask::new().external("a").device("e").upsert()).await;
    assert!(
        login
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Merged { absorbed, .. } if *absorbed == other)),
        "{login:?}"
    );
    assert_eq!((tell(&f, "k").await, tell(&f, "l").await), (Some(ann), Some(ann)));
    f.check().await;
}

pub async fn events_of_a_key_wait_and_may_create(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    assert_eq!(tell(&f, "k").await, None);
    let ann = f.decide(Ask::new().external("a").key("k").upsert()).await;
    let adopted = |effect: &Effect| matches!(effect, Effect::VisitorAdopted { .. });
    assert!(ann.effects.iter().any(adopted), "{ann:?}");
    assert_eq!(f.happened(contact_of(&ann)).await, ["e"]);
    let creating = Command::SetCreating {
        key: event_type("e"),
        creating: true,
    };
    f.decide(creating).await;
    let made = tell(&f, "new").await.expect("a contact");
    assert_eq!(tell(&f, "new").await, Some(made));
    assert_eq!(f.holders(&key("new")).await, [made]);
    f.decide(erase(made)).await;
    assert_eq!(f.holders(&key("new")).await, []);
    f.check().await;
}

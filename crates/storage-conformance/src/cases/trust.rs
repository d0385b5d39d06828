//! What a public key may do (identity rules, "Trust").

use crate::{Backend, Fixture, Kind, api_call, identifier, keep};
use selfsame_domain::{Effect, IdentifierKind, MergeRule, NotLinkedReason, Outcome, Subject};

pub async fn a_public_key_gathers_an_anonymous_contact(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f
        .id(api_call().with(Kind::MobilePush, "t1").device("d1").publicly().upsert())
        .await;
    let other = f.id(api_call().device("d2").publicly().upsert()).await;
    let request = api_call()
        .with(Kind::MobilePush, "t1")
        .device("d2")
        .email("a@example.com");
    let decision = f.decide(request.publicly().upsert()).await;
    assert_eq!((decision.outcome, decision.contact), (Outcome::Updated, Some(id)));
    let merged = |effect: &Effect| matches!(effect, Effect::Merged { absorbed, rule: MergeRule::AbsorbAnonymous, .. } if *absorbed == other);
    assert!(decision.effects.iter().any(merged), "{decision:?}");
    let contact = f.contact(id).await;
    assert!(contact.is_anonymous());
    assert_eq!(contact.visible(IdentifierKind::DeviceId).len(), 2);
}

pub async fn a_public_key_changes_no_known_person(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let known = f
        .id(api_call()
            .external("a")
            .device("d1")
            .with(Kind::MobilePush, "t1")
            .first("Ann")
            .upsert())
        .await;
    let anonymous = f.id(api_call().with(Kind::MobilePush, "t2").publicly().upsert()).await;
    let (ann, stranger) = (f.contact(known).await, f.observable(anonymous).await);
    for (request, decided, value) in [
        (
            api_call().with(Kind::MobilePush, "t2").device("d1"),
            anonymous,
            (Kind::DeviceId, "d1"),
        ),
        (
            api_call().with(Kind::MobilePush, "t3").device("d1"),
            known,
            (Kind::MobilePush, "t3"),
        ),
        (
            api_call()
                .external("a")
                .first("Eve")
                .device("d9")
                .with(Kind::MobilePush, "t1"),
            known,
            (Kind::DeviceId, "d9"),
        ),
    ] {
        let decision = f.decide(request.publicly().upsert()).await;
        assert_eq!(
            (decision.outcome, decision.contact),
            (Outcome::Unchanged, Some(decided))
        );
        let holder = (value == (Kind::DeviceId, "d1")).then_some(known);
        let not_linked = Effect::NotLinked {
            identifier: identifier(value.0, value.1),
            contact: holder,
            reason: NotLinkedReason::PublicKey,
        };
        assert!(decision.effects.contains(&not_linked), "{decision:?}");
        assert_eq!(
            f.log(decided).await.last().map(|entry| entry.id),
            Some(decision.id),
            "it is in the log"
        );
    }
    assert_eq!((f.contact(known).await, f.observable(anonymous).await), (ann, stranger));
}

pub async fn a_public_key_leaves_history_with_the_holder_of_the_device(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let known = f.id(api_call().external("a").device("d1").upsert()).await;
    let before = f.contact(known).await;
    let viewed = api_call().device("d1").external("b").with(Kind::MobilePush, "t9");
    f.decide(keep(viewed.publicly().happened("viewed"))).await;
    assert_eq!(f.contact(known).await, before);
    let events = f.history(known).await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].subject, Some(Subject::Contact(known)));
}

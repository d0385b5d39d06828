//! What a public key may do (identity rules, "Trust").

use crate::{Ask, Backend, Fixture, Kind, identifier, keep};
use selfsame_domain::{Effect, IdentifierKind, MergeRule, NotLinkedReason, Outcome, Subject};

pub async fn a_public_key_gathers_an_anonymous_contact(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f
        .id(Ask::new().with(Kind::MobilePush, "t1").device("d1").publicly().upsert())
        .await;
    let other = f.id(Ask::new().device("d2").publicly().upsert()).await;
    let asked = Ask::new()
        .with(Kind::MobilePush, "t1")
        .device("d2")
        .email("a@example.com");
    let decision = f.decide(asked.publicly().upsert()).await;
    assert_eq!((decision.outcome, decision.contact), (Outcome::Updated, Some(id)));
    let merged = |effect: &Effect| matches!(effect, Effect::Merged { absorbed, rule: MergeRule::AbsorbAnonymous, .. } if *absorbed == other);
    assert!(decision.effects.iter().any(merged), "{decision:?}");
    let contact = f.contact(id).await;
    assert!(contact.is_anonymous());
    assert_eq!(contact.visible(IdentifierKind::DeviceId).len(), 2);
}

pub async fn a_public_key_changes_nobody_who_is_known(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let known = f
        .id(Ask::new()
            .external("a")
            .device("d1")
            .with(Kind::MobilePush, "t1")
            .first("Ann")
            .upsert())
        .await;
    let nobody = f.id(Ask::new().with(Kind::MobilePush, "t2").publicly().upsert()).await;
    let (ann, stranger) = (f.contact(known).await, f.face(nobody).await);
    for (asked, decided, value) in [
        (
            Ask::new().with(Kind::MobilePush, "t2").device("d1"),
            nobody,
            (Kind::DeviceId, "d1"),
        ),
        (
            Ask::new().with(Kind::MobilePush, "t3").device("d1"),
            known,
            (Kind::MobilePush, "t3"),
        ),
        (
            Ask::new()
                .external("a")
                .first("Eve")
                .device("d9")
                .with(Kind::MobilePush, "t1"),
            known,
            (Kind::DeviceId, "d9"),
        ),
    ] {
        let decision = f.decide(asked.publicly().upsert()).await;
        assert_eq!(
            (decision.outcome, decision.contact),
            (Outcome::Unchanged, Some(decided))
        );
        let holder = (value == (Kind::DeviceId, "d1")).then_some(known);
        let apart = Effect::NotLinked {
            identifier: identifier(value.0, value.1),
            contact: holder,
            reason: NotLinkedReason::PublicKey,
        };
        assert!(decision.effects.contains(&apart), "{decision:?}");
        assert_eq!(
            f.log(decided).await.last().map(|entry| entry.id),
            Some(decision.id),
            "it is in the log"
        );
    }
    assert_eq!((f.contact(known).await, f.face(nobody).await), (ann, stranger));
}

pub async fn a_public_key_leaves_history_with_whoever_holds_the_device(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let known = f.id(Ask::new().external("a").device("d1").upsert()).await;
    let before = f.contact(known).await;
    let told = Ask::new().device("d1").external("b").with(Kind::MobilePush, "t9");
    f.decide(keep(told.publicly().happened("viewed"))).await;
    assert_eq!(f.contact(known).await, before);
    let events = f.history(known).await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].subject, Some(Subject::Contact(known)));
}

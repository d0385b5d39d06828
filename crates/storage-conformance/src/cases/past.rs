//! Late events: what they do not change, and what they find anyway (identity rule 4).

use super::late::{happened, minutes, told, visitors};
use crate::{Ask, Backend, Fixture, Kind, contact_of, erase, identifier};
use selfsame_domain::{ContactId, Effect, NotLinkedReason, Timestamp};

pub async fn what_is_told_late_takes_nothing(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f
        .decide(Ask::new().external("a").device("d").cookie("c").upsert())
        .await;
    f.clock().advance_seconds(3_600);
    let two = f.id(Ask::new().external("b").cookie("c").cookie("e").upsert()).await;
    f.clock().advance_seconds(3_600);
    let (one, then) = (contact_of(&one), minutes(one.at, 1));
    let device = Ask::new().device("d");
    for (name, ask) in [
        ("former", device.clone().cookie("c")),
        ("other", device.cookie("e")),
        ("cookies", Ask::new().cookie("c").cookie("e")),
    ] {
        assert_eq!(f.decide(told(ask, name, then)).await.contact, Some(one), "{name}");
    }
    assert_eq!(happened(&f, one).await, ["cookies", "former", "other"]);
    let named = Ask::new().external("b").device("d");
    assert_eq!(f.decide(told(named, "named", then)).await.contact, Some(two));
    assert_eq!(f.holders(&identifier(Kind::DeviceId, "d").key).await, [one]);
    for cookie in ["c", "e"] {
        assert_eq!(
            f.holders(&identifier(Kind::Cookie, cookie).key).await,
            [two],
            "{cookie}"
        );
    }
}

pub async fn whoever_had_a_phone_before_an_erased_contact_keeps_their_time(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let keys = [
        identifier(Kind::DeviceId, "d").key,
        identifier(Kind::MobilePush, "t").key,
    ];
    let phone = || Ask::new().device("d").with(Kind::MobilePush, "t");
    let mut last = None;
    for external in ["a", "b", "a"] {
        last = Some(f.decide(phone().external(external).upsert()).await);
        f.clock().advance_seconds(3_600);
    }
    let began = last.map(|decision| decision.at).unwrap_or_default();
    let two = f.id(Ask::new().external("b").upsert()).await;
    f.decide(told(phone(), "two", minutes(began, -1))).await;
    let erased = erase(f.id(Ask::new().external("a").upsert()).await);
    let batch = vec![
        told(phone(), "two too", minutes(began, -1)),
        erased,
        told(phone(), "and this", minutes(began, -1)),
    ];
    f.decide_all(batch).await;
    f.decide(told(phone(), "still", minutes(began, -1))).await;
    let three = f.id(phone().external("c").upsert()).await;
    f.clock().advance_seconds(3_600);
    f.decide(told(phone(), "even now", minutes(began, -1))).await;
    assert_eq!(
        happened(&f, two).await,
        ["and this", "even now", "still", "two", "two too"]
    );
    assert!(happened(&f, three).await.is_empty());
    for key in keys {
        let behind = f.store().visitors(f.workspace, &key).await.expect("read visitors");
        let of_others = behind
            .iter()
            .all(|visitor| [Some(two), Some(three)].contains(&visitor.owner));
        assert!(of_others, "nothing tells of the erased: {behind:?}");
    }
}

/// A phone that moved from Ann, with a known email, to Bob.
async fn handed_on(f: &Fixture<'_>) -> [(ContactId, Timestamp); 2] {
    let mut owners = Vec::new();
    for email in ["ann@example.com", "bob@example.com"] {
        f.decide(Ask::new().email(email).upsert()).await;
        let phone = Ask::new()
            .email(email)
            .device("d")
            .with(Kind::MobilePush, "t")
            .cookie("c");
        let decision = f.decide(phone.upsert()).await;
        owners.push((contact_of(&decision), decision.at));
        f.clock().advance_seconds(3_600);
    }
    [owners[0], owners[1]]
}

pub async fn the_past_gives_no_external_id_to_whoever_has_the_phone_now(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let [(ann, hers), (bob, _)] = handed_on(&f).await;
    for (kind, value) in [(Kind::DeviceId, "d"), (Kind::MobilePush, "t"), (Kind::Cookie, "c")] {
        let named = Ask::new().external("a").with(kind, value);
        let decision = f.decide(told(named, "import", minutes(hers, 1))).await;
        assert_eq!((decision.contact, visitors(&decision).len()), (None, 1), "{kind}");
        let kept = |effect: &Effect| matches!(effect, Effect::NotLinked { contact: Some(of), reason: NotLinkedReason::Past, .. } if *of == bob);
        assert!(decision.effects.iter().any(kept), "{decision:?}");
    }
    assert_eq!(f.contact(bob).await.external_id(), None);
    let named = f.id(Ask::new().external("a").email("ann@example.com").upsert()).await;
    assert_eq!((named, happened(&f, ann).await), (ann, vec!["import".to_owned(); 3]));
}

pub async fn a_value_that_leads_to_nobody_hides_nobody(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let [(ann, hers), _] = handed_on(&f).await;
    let phone = || Ask::new().device("d").with(Kind::MobilePush, "t").cookie("c");
    for ask in [
        phone().email("nobody@example.com"),
        phone().sms("+380501234567"),
        phone().external("null"),
        phone().keyed("k"),
    ] {
        let decision = f.decide(told(ask, "import", minutes(hers, 1))).await;
        assert_eq!(decision.contact, Some(ann));
    }
    assert_eq!(f.happened(ann).await.len(), 4);
}

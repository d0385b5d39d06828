//! Late events: what they do not change, and what they find anyway (identity rule 4).

use super::late::{happened, late_event, minutes, visitors};
use crate::{Backend, Fixture, Kind, api_call, contact_of, erase, identifier};
use selfsame_domain::{ContactId, Effect, NotLinkedReason, Timestamp};

pub async fn a_late_event_moves_no_identifier(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f
        .decide(api_call().external("a").device("d").cookie("c").upsert())
        .await;
    f.clock().advance_seconds(3_600);
    let two = f.id(api_call().external("b").cookie("c").cookie("e").upsert()).await;
    f.clock().advance_seconds(3_600);
    let (one, then) = (contact_of(&one), minutes(one.at, 1));
    let device = api_call().device("d");
    for (name, builder) in [
        ("former", device.clone().cookie("c")),
        ("other", device.cookie("e")),
        ("cookies", api_call().cookie("c").cookie("e")),
    ] {
        assert_eq!(
            f.decide(late_event(builder, name, then)).await.contact,
            Some(one),
            "{name}"
        );
    }
    assert_eq!(happened(&f, one).await, ["cookies", "former", "other"]);
    let named = api_call().external("b").device("d");
    assert_eq!(f.decide(late_event(named, "named", then)).await.contact, Some(two));
    assert_eq!(f.holders(&identifier(Kind::DeviceId, "d").key).await, [one]);
    for cookie in ["c", "e"] {
        assert_eq!(
            f.holders(&identifier(Kind::Cookie, cookie).key).await,
            [two],
            "{cookie}"
        );
    }
}

pub async fn an_owner_before_an_erased_contact_keeps_its_period(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let keys = [
        identifier(Kind::DeviceId, "d").key,
        identifier(Kind::MobilePush, "t").key,
    ];
    let phone = || api_call().device("d").with(Kind::MobilePush, "t");
    let mut last = None;
    for external in ["a", "b", "a"] {
        last = Some(f.decide(phone().external(external).upsert()).await);
        f.clock().advance_seconds(3_600);
    }
    let began = last.map(|decision| decision.at).unwrap_or_default();
    let two = f.id(api_call().external("b").upsert()).await;
    f.decide(late_event(phone(), "two", minutes(began, -1))).await;
    let erased = erase(f.id(api_call().external("a").upsert()).await);
    let batch = vec![
        late_event(phone(), "two too", minutes(began, -1)),
        erased,
        late_event(phone(), "and this", minutes(began, -1)),
    ];
    f.decide_all(batch).await;
    f.decide(late_event(phone(), "still", minutes(began, -1))).await;
    let three = f.id(phone().external("c").upsert()).await;
    f.clock().advance_seconds(3_600);
    f.decide(late_event(phone(), "even now", minutes(began, -1))).await;
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
        assert!(of_others, "nothing is left of the erased: {behind:?}");
    }
}

/// A phone that moved from Ann, with a known email, to Bob.
async fn handed_on(f: &Fixture<'_>) -> [(ContactId, Timestamp); 2] {
    let mut owners = Vec::new();
    for email in ["ann@example.com", "bob@example.com"] {
        f.decide(api_call().email(email).upsert()).await;
        let phone = api_call()
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

pub async fn a_late_event_gives_no_external_id_to_the_present_owner(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let [(ann, hers), (bob, _)] = handed_on(&f).await;
    for (kind, value) in [(Kind::DeviceId, "d"), (Kind::MobilePush, "t"), (Kind::Cookie, "c")] {
        let named = api_call().external("a").with(kind, value);
        let decision = f.decide(late_event(named, "import", minutes(hers, 1))).await;
        assert_eq!((decision.contact, visitors(&decision).len()), (None, 1), "{kind}");
        let kept = |effect: &Effect| matches!(effect, Effect::NotLinked { contact: Some(of), reason: NotLinkedReason::Past, .. } if *of == bob);
        assert!(decision.effects.iter().any(kept), "{decision:?}");
    }
    assert_eq!(f.contact(bob).await.external_id(), None);
    let named = f.id(api_call().external("a").email("ann@example.com").upsert()).await;
    assert_eq!((named, happened(&f, ann).await), (ann, vec!["import".to_owned(); 3]));
}

pub async fn a_value_that_finds_no_contact_hides_no_owner(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let [(ann, hers), _] = handed_on(&f).await;
    let phone = || api_call().device("d").with(Kind::MobilePush, "t").cookie("c");
    for builder in [
        phone().email("nobody@example.com"),
        phone().sms("+380501234567"),
        phone().external("null"),
        phone().keyed("k"),
    ] {
        let decision = f.decide(late_event(builder, "import", minutes(hers, 1))).await;
        assert_eq!(decision.contact, Some(ann));
    }
    assert_eq!(f.happened(ann).await.len(), 4);
}

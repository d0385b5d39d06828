//! Late events belong to the owner of the token, the device or the cookie at their time (rule 4).

use super::model::{Model, RequestParts, api_call, event, merges_of, not_linked_of};
use crate::values::{AppId, ChannelType, ContactKey, Token};
use crate::*;
use proptest::prelude::*;

const HOUR: i64 = 3_600;

/// Upserts an hour after the last request.
fn later(model: &mut Model, contact_request: ContactRequest) -> (ContactId, Timestamp) {
    model.wait(3_600);
    let decision = model.upsert(contact_request);
    model.wait(3_600);
    (decision.contact.unwrap(), decision.at)
}

/// Sends a late event, so many seconds after a time.
fn send_late(model: &mut Model, contact_request: ContactRequest, at: Timestamp, seconds: i64) -> Decision {
    let request = EventRequest {
        occurred_at: Some(at + chrono::TimeDelta::seconds(seconds)),
        ..event("late", contact_request)
    };
    model.run(Command::Event(Box::new(request)))
}

fn holder(model: &Model, contact_request: &ContactRequest) -> Option<ContactId> {
    let key = &contact_request.identifiers().next().unwrap().key;
    let mut contacts = model.state.contacts.values();
    contacts.find(|contact| contact.holds(key)).map(|contact| contact.id)
}

/// A token of an app, of any kind.
fn of_app(
    mut contact_request: ContactRequest,
    channel: ChannelType,
    kind: IdentifierKind,
    token: &str,
) -> ContactRequest {
    let app = AppId::parse("app").unwrap();
    contact_request.channels.push(ChannelInput {
        channel,
        identifier: Identifier::token(kind, Some(&app), &Token::parse(token).unwrap()),
        details: ChannelDetails::default(),
    });
    contact_request
}

#[test]
fn an_offline_phone_reports_events_of_its_former_user() {
    let mut model = Model::new();
    let (ann, hers) = later(&mut model, api_call().ext("A").device("d1").token("t1"));
    let (bob, his) = later(&mut model, api_call().ext("B").device("d1").token("t2"));
    for contact_request in [
        api_call().device("d1"),
        // The token is newer than the event.
        api_call().device("d1").token("t2"),
        api_call().device("d1").cookie("c"),
    ] {
        for (seconds, owner_then) in [(-HOUR * 99, ann), (0, ann), (HOUR, ann), (HOUR * 2 + 1, bob)] {
            let decision = send_late(&mut model, contact_request.clone(), hers, seconds);
            assert_eq!(decision.contact, Some(owner_then), "{seconds} {contact_request:?}");
        }
    }
    assert_eq!(send_late(&mut model, api_call().token("t2"), his, 1).contact, Some(bob));
    assert_eq!(holder(&model, &api_call().device("d1")), Some(bob));
}

#[test]
fn a_value_that_finds_no_contact_hides_no_owner() {
    let mut model = Model::new();
    let (ann, hers) = later(&mut model, api_call().ext("A").device("d1"));
    later(&mut model, api_call().ext("B").device("d1"));
    for (contact_request, noted) in [
        (api_call().email("nobody@example.com"), Some(NotLinkedReason::OnlyNames)),
        (api_call().phone("+380501234567"), Some(NotLinkedReason::OnlyNames)),
        (api_call().at(ContactId(999)), None),
        (api_call().ext("null"), None),
        (api_call().email("noreply@example.com"), None),
    ] {
        let decision = send_late(&mut model, contact_request.clone().device("d1"), hers, 1);
        assert_eq!(decision.contact, Some(ann), "{contact_request:?}");
        assert!(not_linked_of(&decision).into_iter().eq(noted), "{decision:?}");
    }
}

#[test]
fn a_late_event_gives_the_present_owner_of_a_device_no_external_id() {
    let mut model = Model::new();
    let (ann, hers) = later(&mut model, api_call().email("ann@example.com").device("d1"));
    model.id(api_call().email("bob@example.com"));
    let (bob, his) = later(&mut model, api_call().email("bob@example.com").device("d1"));
    let contact_request = api_call().ext("A").device("d1");
    let waits = send_late(&mut model, contact_request.clone(), hers, 1);
    assert_eq!(
        (waits.contact, not_linked_of(&waits)),
        (None, vec![NotLinkedReason::Past])
    );
    assert!(!model.contact(bob).has_external_id());
    let named = model.upsert(api_call().ext("A").email("ann@example.com"));
    assert_eq!(named.contact, Some(ann));
    assert_eq!(model.history(ann), ["late"]);
    let since = send_late(&mut model, api_call().ext("B").device("d1"), his, 1);
    assert_eq!(since.contact, Some(bob), "who had it then has it now");
    assert!(model.contact(bob).has_external_id());
}

#[test]
fn an_event_with_a_replaced_token_belongs_to_its_former_owner() {
    let mut model = Model::new();
    let (ann, first) = later(&mut model, api_call().ext("A").device("d1").token("t1"));
    let (_, second) = later(&mut model, api_call().ext("A").device("d1").token("t2"));
    assert_eq!(
        send_late(&mut model, api_call().token("t1"), first, 1).contact,
        Some(ann)
    );
    let (bob, _) = later(&mut model, api_call().ext("B").token("t1"));
    let (_, third) = later(&mut model, api_call().ext("A").device("d1").token("t3"));
    for (token, at, owner_then) in [("t1", first, ann), ("t2", second, ann), ("t1", third, bob)] {
        assert_eq!(
            send_late(&mut model, api_call().token(token), at, 1).contact,
            Some(owner_then),
            "{token}"
        );
    }
}

#[test]
fn what_comes_at_once_is_of_now() {
    let mut model = Model::new();
    let (_, hers) = later(&mut model, api_call().ext("A").device("d1"));
    model.upsert(api_call().ext("B").device("d1"));
    let event = model.event("now", api_call().device("d1"));
    assert_eq!(event.contact, holder(&model, &api_call().device("d1")));
    let soon = send_late(&mut model, api_call().device("d1"), hers, 2 * HOUR);
    assert_eq!(soon.contact, event.contact);
    let subjects: Vec<_> = model.events.iter().map(|event| event.subject).collect();
    assert_eq!(subjects, [event.contact.map(Subject::Contact); 2]);
}

#[test]
fn each_of_several_owners_has_their_time() {
    let mut model = Model::new();
    let (ann, first) = later(&mut model, api_call().ext("A").token("t"));
    let (bob, second) = later(&mut model, api_call().ext("B").token("t"));
    let (_, third) = later(&mut model, api_call().ext("A").token("t"));
    let (carl, fourth) = later(&mut model, api_call().ext("C").token("t"));
    for (at, owner_then) in [(first, ann), (second, bob), (third, ann), (fourth, carl)] {
        assert_eq!(
            send_late(&mut model, api_call().token("t"), at, 1).contact,
            Some(owner_then)
        );
    }
    let visitors = &model.state.visitors;
    assert_eq!(visitors.len(), 4);
    let ends: Vec<_> = visitors.iter().filter_map(|visitor| visitor.closed_at).collect();
    assert_eq!(ends.len(), 3);
    assert!(
        visitors
            .iter()
            .all(|visitor| visitor.follows == (visitor.since != first))
    );
}

#[test]
fn what_never_moved_leaves_no_visitors() {
    let mut model = Model::new();
    let (ann, at) = later(&mut model, api_call().ext("A").device("d1").token("t1"));
    let (anonymous, _) = later(&mut model, api_call().device("d2"));
    let merged = model.upsert(api_call().ext("A").device("d2").token("t2"));
    assert_eq!(merges_of(&merged)[0].1, anonymous);
    model.wait(3_600);
    assert_eq!(send_late(&mut model, api_call().device("d2"), at, 0).contact, Some(ann));
    assert!(model.state.visitors.is_empty());
}

#[test]
fn no_contact_gets_history_of_an_erased_contact() {
    let mut model = Model::new();
    let (ann, first) = later(&mut model, api_call().ext("A").device("d1"));
    let (bob, second) = later(&mut model, api_call().ext("B").device("d1"));
    let (carl, third) = later(&mut model, api_call().ext("C").device("d1"));
    let erase = |contact: ContactId| Command::Remove {
        contact: ContactRef::Id(contact),
        erase: true,
    };
    model.run(erase(bob));
    model.run(erase(ann));
    for at in [first, second] {
        let decision = send_late(&mut model, api_call().device("d1").cookie("c"), at, 1);
        assert_eq!((decision.outcome, decision.contact), (Outcome::Unmatched, None));
        let [
            Effect::Shared { .. },
            Effect::NotLinked {
                identifier,
                contact: None,
                reason: why,
            },
        ] = &decision.effects[..]
        else {
            panic!("{decision:?}")
        };
        assert_eq!(
            (identifier.kind(), *why),
            (IdentifierKind::DeviceId, NotLinkedReason::Forgotten)
        );
    }
    assert_eq!(
        send_late(&mut model, api_call().device("d1"), third, 1).contact,
        Some(carl)
    );
    model.run(erase(carl));
    assert!(model.state.visitors.is_empty());
}

#[test]
fn it_follows_merges_and_goes_home() {
    let mut model = Model::new();
    let (anonymous, first) = later(&mut model, api_call().device("d1"));
    let ann = model.id(api_call().ext("A").email("ann@example.com"));
    let merged = model.upsert(api_call().ext("A").device("d1"));
    assert_eq!(merges_of(&merged)[0].1, anonymous);
    let (bob, _) = later(&mut model, api_call().ext("B").device("d1"));
    assert_eq!(
        send_late(&mut model, api_call().device("d1"), first, 1).contact,
        Some(ann)
    );
    model.run(Command::Undo {
        merge: merges_of(&merged)[0].0,
    });
    assert_eq!(
        send_late(&mut model, api_call().device("d1"), first, 1).contact,
        Some(anonymous)
    );
    assert_eq!(model.history(anonymous), ["late"; 2]);
    assert!(model.history(ann).is_empty());
    model.merge(ann, bob, true);
    let (carl, _) = later(&mut model, api_call().ext("C").device("d1"));
    let undo = *model.state.merges.keys().last().unwrap();
    model.run(Command::Undo { merge: undo });
    model.run(Command::Undo { merge: undo });
    assert_eq!(holder(&model, &api_call().device("d1")), Some(carl));
}

#[test]
fn a_late_event_restores_no_contact() {
    let mut model = Model::new();
    let (ann, first) = later(&mut model, api_call().ext("A").device("d1"));
    later(&mut model, api_call().ext("B").device("d1"));
    model.remove(ann);
    let decision = send_late(&mut model, api_call().device("d1"), first, 1);
    assert_eq!((decision.outcome, decision.contact), (Outcome::Unmatched, None));
    assert!(matches!(decision.effects[..], [Effect::EventWaits { .. }]));
    assert_eq!(model.contact(ann).state, ContactState::Removed);
    model.upsert(api_call().ext("A"));
    assert_eq!(model.history(ann), ["late"]);
}

#[test]
fn it_takes_nothing_from_who_got_it_since() {
    let mut model = Model::new();
    let (ann, first) = later(&mut model, api_call().ext("A").device("d1").cookie("c"));
    let (bob, _) = later(&mut model, api_call().ext("B").cookie("c").token("t"));
    for contact_request in [api_call().device("d1").cookie("c"), api_call().device("d1").token("t")] {
        let before = model.observables();
        assert_eq!(send_late(&mut model, contact_request, first, 1).contact, Some(ann));
        assert_eq!(model.observables(), before);
    }
    assert_eq!(holder(&model, &api_call().cookie("c")), Some(bob));
    let decision = send_late(&mut model, api_call().device("d1").token("new"), first, 1);
    assert_eq!(decision.contact, Some(ann));
    assert_eq!(
        holder(&model, &api_call().token("new")),
        Some(ann),
        "an identifier without a holder is attached"
    );
}

#[test]
fn a_token_is_meant_whatever_its_app_and_kind() {
    for (channel, kind) in [
        (ChannelType::MobilePush, IdentifierKind::MobilePush),
        (ChannelType::WebPush, IdentifierKind::WebPush),
        (ChannelType::Telegram, IdentifierKind::Telegram),
    ] {
        let mut model = Model::new();
        let (ann, first) = later(&mut model, of_app(api_call().ext("A"), channel, kind, "t"));
        let (bob, second) = later(&mut model, of_app(api_call().ext("B"), channel, kind, "t"));
        for (at, owner_then) in [(first, ann), (second, bob)] {
            assert_eq!(
                send_late(&mut model, api_call().token("t"), at, 1).contact,
                Some(owner_then),
                "{kind}"
            );
        }
    }
}

#[test]
fn waiting_history_belongs_to_the_contact_that_adopted_it() {
    let mut model = Model::new();
    let waits = model.event("waits", api_call().device("d1"));
    let (ann, at) = later(&mut model, api_call().ext("A").device("d1"));
    let (bob, _) = later(&mut model, api_call().ext("B").device("d1"));
    for at in [waits.at, at] {
        assert_eq!(
            send_late(&mut model, api_call().device("d1"), at, -1).contact,
            Some(ann)
        );
    }
    assert_eq!(model.history(ann), ["waits", "late", "late"]);
    assert!(model.history(bob).is_empty());
}

#[test]
fn history_that_waits_at_a_limit_stays_when_the_device_moves() {
    let mut model = Model::new();
    model.policy.limits.device_id = 1;
    let (ann, _) = later(&mut model, api_call().ext("A").device("d0").device("d0"));
    let (_, first) = later(&mut model, api_call().ext("A").device("d1"));
    model.event("waits", api_call().device("d1"));
    model.upsert(api_call().ext("B").device("d2"));
    let (bob, _) = later(&mut model, api_call().ext("B").device("d1"));
    let (carl, _) = later(&mut model, api_call().ext("C").device("d1"));
    assert_eq!(
        send_late(&mut model, api_call().device("d1"), first, 1).contact,
        Some(ann)
    );
    assert_eq!(model.history(ann), ["waits", "late"]);
    assert!(model.history(bob).is_empty() && model.history(carl).is_empty());
}

#[test]
fn a_public_key_learns_and_changes_nothing_by_it() {
    let mut model = Model::new();
    let (ann, first) = later(&mut model, api_call().ext("A").device("d1"));
    let (_, second) = later(&mut model, api_call().ext("B").device("d1"));
    for at in [first, second] {
        let before = model.observables();
        let decision = send_late(&mut model, api_call().device("d1").token("t").by_public_key(), at, 1);
        assert_eq!(decision.outcome, Outcome::Unchanged);
        assert_eq!(model.observables(), before);
        let kept = if at == first {
            vec![]
        } else {
            vec![NotLinkedReason::PublicKey]
        };
        assert_eq!(not_linked_of(&decision), kept);
    }
    assert_eq!(model.history(ann), ["late"]);
}

proptest! {
    /// Whichever logins come, a late event belongs to the owner at its time, and moves no identifier.
    #[test]
    fn every_late_event_belongs_to_the_owner_at_its_time(
        steps in proptest::collection::vec((0usize..3, proptest::option::of(0usize..3), proptest::option::of(0usize..3), 0usize..2), 1..16),
    ) {
        let mut model = Model::new();
        let named = [0, 1, 2].map(|n| api_call().device(&format!("d{n}"))).into_iter();
        let named: Vec<_> = named
            .chain([0, 1, 2].map(|n| api_call().token(&format!("t{n}"))))
            .chain([0, 1].map(|n| api_call().cookie(&format!("c{n}"))))
            .collect();
        let mut times = Vec::new();
        for (who, device, token, cookie) in steps {
            let mut contact_request = if who == 0 { api_call().cookie(&format!("c{cookie}")) } else { api_call().ext(&format!("X{who}")) };
            if let Some(device) = device {
                contact_request = contact_request.device(&format!("d{device}"));
            }
            if let Some(token) = token {
                contact_request = contact_request.token(&format!("t{token}"));
            }
            let at = model.upsert(contact_request).at;
            let holders: Vec<_> = named.iter().map(|contact_request| holder(&model, contact_request)).collect();
            times.push((at, holders));
            model.wait(1_000);
        }
        let observables = model.observables();
        let now: Vec<_> = named.iter().map(|contact_request| holder(&model, contact_request)).collect();
        for (at, holders) in times {
            for (contact_request, had) in named.iter().zip(holders) {
                let decision = send_late(&mut model, contact_request.clone(), at, 500);
                if let Some(had) = had {
                    let canonical = model.contact(had).canonical;
                    prop_assert_eq!(decision.contact, Some(canonical), "{:?} {}", contact_request, at);
                }
            }
        }
        prop_assert_eq!(model.observables(), observables);
        let holders: Vec<_> = named.iter().map(|contact_request| holder(&model, contact_request)).collect();
        prop_assert_eq!(holders, now);
    }
}

#[test]
fn a_removed_contact_s_time_is_its_own() {
    let mut model = Model::new();
    let (ann, hers) = later(&mut model, api_call().ext("A").token("t").cookie("c"));
    model.remove(ann);
    let (bob, _) = later(&mut model, api_call().ext("B").device("d"));
    for contact_request in [api_call().token("t").device("d"), api_call().cookie("c").device("d")] {
        let decision = send_late(&mut model, contact_request, hers, 1);
        assert_eq!((decision.outcome, decision.contact), (Outcome::Unmatched, None));
    }
    assert!(model.history(bob).is_empty());
    model.upsert(api_call().ext("A"));
    assert_eq!(model.history(ann), ["late", "late"]);
}

#[test]
fn the_past_brings_no_replaced_token_back() {
    let mut model = Model::new();
    let (ann, hers) = later(&mut model, api_call().ext("A").device("d").token("t1"));
    later(&mut model, api_call().ext("A").device("d").token("t2"));
    let bob = model.id(api_call().ext("B"));
    for (external, owner_then) in [("A", ann), ("B", bob)] {
        let decision = send_late(&mut model, api_call().ext(external).token("t1"), hers, 1);
        assert_eq!(
            (decision.contact, not_linked_of(&decision)),
            (Some(owner_then), vec![NotLinkedReason::Past])
        );
    }
    assert_eq!(holder(&model, &api_call().token("t1")), None);
}

#[test]
fn a_contact_key_comes_after_the_device() {
    let mut model = Model::new();
    let (ann, hers) = later(&mut model, api_call().ext("A").device("d1"));
    let key = ContactKey::parse("k").unwrap();
    let mut carl = api_call().ext("C");
    carl.attributes.push(AttributeInput::contact_key(Some(&key)));
    model.upsert(carl);
    later(&mut model, api_call().ext("B").device("d1"));
    let mut contact_request = api_call().device("d1");
    contact_request.contact_key = Some(Identifier::contact_key(&key));
    assert_eq!(send_late(&mut model, contact_request, hers, 1).contact, Some(ann));
}

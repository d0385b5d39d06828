//! What comes late is of whoever had the token, the device or the cookie then (rule 4).

use super::model::{Ask, Model, apart_of, ask, event, merges_of};
use crate::values::{AppId, ChannelType, ContactKey, Token};
use crate::*;
use proptest::prelude::*;

const HOUR: i64 = 3_600;

/// What is asked an hour after what was before.
fn later(model: &mut Model, asked: ContactRequest) -> (ContactId, Timestamp) {
    model.wait(3_600);
    let decision = model.upsert(asked);
    model.wait(3_600);
    (decision.contact.unwrap(), decision.at)
}

/// What is told of somebody so many seconds after a time.
fn told(model: &mut Model, asked: ContactRequest, at: Timestamp, seconds: i64) -> Decision {
    let request = EventRequest {
        occurred_at: Some(at + chrono::TimeDelta::seconds(seconds)),
        ..event("late", asked)
    };
    model.run(Command::Event(Box::new(request)))
}

fn holder(model: &Model, asked: &ContactRequest) -> Option<ContactId> {
    let key = &asked.identifiers().next().unwrap().key;
    let mut contacts = model.state.contacts.values();
    contacts.find(|contact| contact.holds(key)).map(|contact| contact.id)
}

/// A token of an app, of any kind.
fn of_app(mut asked: ContactRequest, channel: ChannelType, kind: IdentifierKind, token: &str) -> ContactRequest {
    let app = AppId::parse("app").unwrap();
    asked.channels.push(ChannelInput {
        channel,
        identifier: Identifier::token(kind, Some(&app), &Token::parse(token).unwrap()),
        details: ChannelDetails::default(),
    });
    asked
}

#[test]
fn an_offline_phone_tells_of_its_former_user() {
    let mut model = Model::new();
    let (ann, hers) = later(&mut model, ask().ext("A").device("d1").token("t1"));
    let (bob, his) = later(&mut model, ask().ext("B").device("d1").token("t2"));
    for asked in [
        ask().device("d1"),
        // The token is newer than what it tells of.
        ask().device("d1").token("t2"),
        ask().device("d1").cookie("c"),
    ] {
        for (seconds, whose) in [(-HOUR * 99, ann), (0, ann), (HOUR, ann), (HOUR * 2 + 1, bob)] {
            let decision = told(&mut model, asked.clone(), hers, seconds);
            assert_eq!(decision.contact, Some(whose), "{seconds} {asked:?}");
        }
    }
    assert_eq!(told(&mut model, ask().token("t2"), his, 1).contact, Some(bob));
    assert_eq!(holder(&model, &ask().device("d1")), Some(bob));
}

#[test]
fn a_value_that_leads_to_nobody_hides_nobody() {
    let mut model = Model::new();
    let (ann, hers) = later(&mut model, ask().ext("A").device("d1"));
    later(&mut model, ask().ext("B").device("d1"));
    for (asked, noted) in [
        (ask().email("nobody@example.com"), Some(NotLinkedReason::OnlyNames)),
        (ask().phone("+380501234567"), Some(NotLinkedReason::OnlyNames)),
        (ask().at(ContactId(999)), None),
        (ask().ext("null"), None),
        (ask().email("noreply@example.com"), None),
    ] {
        let decision = told(&mut model, asked.clone().device("d1"), hers, 1);
        assert_eq!(decision.contact, Some(ann), "{asked:?}");
        assert!(apart_of(&decision).into_iter().eq(noted), "{decision:?}");
    }
}

#[test]
fn the_past_gives_whoever_has_the_device_now_no_external_id() {
    let mut model = Model::new();
    let (ann, hers) = later(&mut model, ask().email("ann@example.com").device("d1"));
    model.id(ask().email("bob@example.com"));
    let (bob, his) = later(&mut model, ask().email("bob@example.com").device("d1"));
    let asked = ask().ext("A").device("d1");
    let waits = told(&mut model, asked.clone(), hers, 1);
    assert_eq!((waits.contact, apart_of(&waits)), (None, vec![NotLinkedReason::Past]));
    assert!(!model.contact(bob).has_external_id());
    let named = model.upsert(ask().ext("A").email("ann@example.com"));
    assert_eq!(named.contact, Some(ann));
    assert_eq!(model.history(ann), ["late"]);
    let since = told(&mut model, ask().ext("B").device("d1"), his, 1);
    assert_eq!(since.contact, Some(bob), "who had it then has it now");
    assert!(model.contact(bob).has_external_id());
}

#[test]
fn a_token_that_was_replaced_tells_of_whoever_had_it() {
    let mut model = Model::new();
    let (ann, first) = later(&mut model, ask().ext("A").device("d1").token("t1"));
    let (_, second) = later(&mut model, ask().ext("A").device("d1").token("t2"));
    assert_eq!(told(&mut model, ask().token("t1"), first, 1).contact, Some(ann));
    let (bob, _) = later(&mut model, ask().ext("B").token("t1"));
    let (_, third) = later(&mut model, ask().ext("A").device("d1").token("t3"));
    for (token, at, whose) in [("t1", first, ann), ("t2", second, ann), ("t1", third, bob)] {
        assert_eq!(
            told(&mut model, ask().token(token), at, 1).contact,
            Some(whose),
            "{token}"
        );
    }
}

#[test]
fn what_comes_at_once_is_of_now() {
    let mut model = Model::new();
    let (_, hers) = later(&mut model, ask().ext("A").device("d1"));
    model.upsert(ask().ext("B").device("d1"));
    let event = model.event("now", ask().device("d1"));
    assert_eq!(event.contact, holder(&model, &ask().device("d1")));
    let soon = told(&mut model, ask().device("d1"), hers, 2 * HOUR);
    assert_eq!(soon.contact, event.contact);
    let subjects: Vec<_> = model.events.iter().map(|event| event.subject).collect();
    assert_eq!(subjects, [event.contact.map(Subject::Contact); 2]);
}

#[test]
fn each_of_several_owners_has_their_time() {
    let mut model = Model::new();
    let (ann, first) = later(&mut model, ask().ext("A").token("t"));
    let (bob, second) = later(&mut model, ask().ext("B").token("t"));
    let (_, third) = later(&mut model, ask().ext("A").token("t"));
    let (carl, fourth) = later(&mut model, ask().ext("C").token("t"));
    for (at, whose) in [(first, ann), (second, bob), (third, ann), (fourth, carl)] {
        assert_eq!(told(&mut model, ask().token("t"), at, 1).contact, Some(whose));
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
    let (ann, at) = later(&mut model, ask().ext("A").device("d1").token("t1"));
    let (nobody, _) = later(&mut model, ask().device("d2"));
    let merged = model.upsert(ask().ext("A").device("d2").token("t2"));
    assert_eq!(merges_of(&merged)[0].1, nobody);
    model.wait(3_600);
    assert_eq!(told(&mut model, ask().device("d2"), at, 0).contact, Some(ann));
    assert!(model.state.visitors.is_empty());
}

#[test]
fn nobody_gets_what_is_of_the_erased() {
    let mut model = Model::new();
    let (ann, first) = later(&mut model, ask().ext("A").device("d1"));
    let (bob, second) = later(&mut model, ask().ext("B").device("d1"));
    let (carl, third) = later(&mut model, ask().ext("C").device("d1"));
    let erase = |contact: ContactId| Command::Remove {
        contact: ContactRef::Id(contact),
        erase: true,
    };
    model.run(erase(bob));
    model.run(erase(ann));
    for at in [first, second] {
        let decision = told(&mut model, ask().device("d1").cookie("c"), at, 1);
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
    assert_eq!(told(&mut model, ask().device("d1"), third, 1).contact, Some(carl));
    model.run(erase(carl));
    assert!(model.state.visitors.is_empty());
}

#[test]
fn it_follows_merges_and_goes_home() {
    let mut model = Model::new();
    let (nobody, first) = later(&mut model, ask().device("d1"));
    let ann = model.id(ask().ext("A").email("ann@example.com"));
    let merged = model.upsert(ask().ext("A").device("d1"));
    assert_eq!(merges_of(&merged)[0].1, nobody);
    let (bob, _) = later(&mut model, ask().ext("B").device("d1"));
    assert_eq!(told(&mut model, ask().device("d1"), first, 1).contact, Some(ann));
    model.run(Command::Undo {
        merge: merges_of(&merged)[0].0,
    });
    assert_eq!(told(&mut model, ask().device("d1"), first, 1).contact, Some(nobody));
    assert_eq!(model.history(nobody), ["late"; 2]);
    assert!(model.history(ann).is_empty());
    model.merge(ann, bob, true);
    let (carl, _) = later(&mut model, ask().ext("C").device("d1"));
    let undo = *model.state.merges.keys().last().unwrap();
    model.run(Command::Undo { merge: undo });
    model.run(Command::Undo { merge: undo });
    assert_eq!(holder(&model, &ask().device("d1")), Some(carl));
}

#[test]
fn it_brings_nobody_back() {
    let mut model = Model::new();
    let (ann, first) = later(&mut model, ask().ext("A").device("d1"));
    later(&mut model, ask().ext("B").device("d1"));
    model.remove(ann);
    let decision = told(&mut model, ask().device("d1"), first, 1);
    assert_eq!((decision.outcome, decision.contact), (Outcome::Unmatched, None));
    assert!(matches!(decision.effects[..], [Effect::EventWaits { .. }]));
    assert_eq!(model.contact(ann).state, ContactState::Removed);
    model.upsert(ask().ext("A"));
    assert_eq!(model.history(ann), ["late"]);
}

#[test]
fn it_takes_nothing_from_who_got_it_since() {
    let mut model = Model::new();
    let (ann, first) = later(&mut model, ask().ext("A").device("d1").cookie("c"));
    let (bob, _) = later(&mut model, ask().ext("B").cookie("c").token("t"));
    for asked in [ask().device("d1").cookie("c"), ask().device("d1").token("t")] {
        let before = model.faces();
        assert_eq!(told(&mut model, asked, first, 1).contact, Some(ann));
        assert_eq!(model.faces(), before);
    }
    assert_eq!(holder(&model, &ask().cookie("c")), Some(bob));
    let decision = told(&mut model, ask().device("d1").token("new"), first, 1);
    assert_eq!(decision.contact, Some(ann));
    assert_eq!(
        holder(&model, &ask().token("new")),
        Some(ann),
        "what nobody has is taken"
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
        let (ann, first) = later(&mut model, of_app(ask().ext("A"), channel, kind, "t"));
        let (bob, second) = later(&mut model, of_app(ask().ext("B"), channel, kind, "t"));
        for (at, whose) in [(first, ann), (second, bob)] {
            assert_eq!(told(&mut model, ask().token("t"), at, 1).contact, Some(whose), "{kind}");
        }
    }
}

#[test]
fn history_that_waited_is_whoever_s_it_became() {
    let mut model = Model::new();
    let waits = model.event("waits", ask().device("d1"));
    let (ann, at) = later(&mut model, ask().ext("A").device("d1"));
    let (bob, _) = later(&mut model, ask().ext("B").device("d1"));
    for at in [waits.at, at] {
        assert_eq!(told(&mut model, ask().device("d1"), at, -1).contact, Some(ann));
    }
    assert_eq!(model.history(ann), ["waits", "late", "late"]);
    assert!(model.history(bob).is_empty());
}

#[test]
fn history_that_waits_at_a_limit_stays_when_the_device_moves() {
    let mut model = Model::new();
    model.policy.limits.device_id = 1;
    let (ann, _) = later(&mut model, ask().ext("A").device("d0").device("d0"));
    let (_, first) = later(&mut model, ask().ext("A").device("d1"));
    model.event("waits", ask().device("d1"));
    model.upsert(ask().ext("B").device("d2"));
    let (bob, _) = later(&mut model, ask().ext("B").device("d1"));
    let (carl, _) = later(&mut model, ask().ext("C").device("d1"));
    assert_eq!(told(&mut model, ask().device("d1"), first, 1).contact, Some(ann));
    assert_eq!(model.history(ann), ["waits", "late"]);
    assert!(model.history(bob).is_empty() && model.history(carl).is_empty());
}

#[test]
fn a_public_key_learns_and_changes_nothing_by_it() {
    let mut model = Model::new();
    let (ann, first) = later(&mut model, ask().ext("A").device("d1"));
    let (_, second) = later(&mut model, ask().ext("B").device("d1"));
    for at in [first, second] {
        let before = model.faces();
        let decision = told(&mut model, ask().device("d1").token("t").by_public_key(), at, 1);
        assert_eq!(decision.outcome, Outcome::Unchanged);
        assert_eq!(model.faces(), before);
        let kept = if at == first {
            vec![]
        } else {
            vec![NotLinkedReason::PublicKey]
        };
        assert_eq!(apart_of(&decision), kept);
    }
    assert_eq!(model.history(ann), ["late"]);
}

proptest! {
    /// Whoever logs in with what, everything that comes late is of whoever had it at its time; and what is told takes nothing from anybody.
    #[test]
    fn everything_is_of_whoever_had_it(
        steps in proptest::collection::vec((0usize..3, proptest::option::of(0usize..3), proptest::option::of(0usize..3), 0usize..2), 1..16),
    ) {
        let mut model = Model::new();
        let named = [0, 1, 2].map(|n| ask().device(&format!("d{n}"))).into_iter();
        let named: Vec<_> = named
            .chain([0, 1, 2].map(|n| ask().token(&format!("t{n}"))))
            .chain([0, 1].map(|n| ask().cookie(&format!("c{n}"))))
            .collect();
        let mut times = Vec::new();
        for (who, device, token, cookie) in steps {
            let mut asked = if who == 0 { ask().cookie(&format!("c{cookie}")) } else { ask().ext(&format!("X{who}")) };
            if let Some(device) = device {
                asked = asked.device(&format!("d{device}"));
            }
            if let Some(token) = token {
                asked = asked.token(&format!("t{token}"));
            }
            let at = model.upsert(asked).at;
            let holders: Vec<_> = named.iter().map(|asked| holder(&model, asked)).collect();
            times.push((at, holders));
            model.wait(1_000);
        }
        let faces = model.faces();
        let now: Vec<_> = named.iter().map(|asked| holder(&model, asked)).collect();
        for (at, holders) in times {
            for (asked, had) in named.iter().zip(holders) {
                let decision = told(&mut model, asked.clone(), at, 500);
                if let Some(had) = had {
                    let canonical = model.contact(had).canonical;
                    prop_assert_eq!(decision.contact, Some(canonical), "{:?} {}", asked, at);
                }
            }
        }
        prop_assert_eq!(model.faces(), faces);
        let holders: Vec<_> = named.iter().map(|asked| holder(&model, asked)).collect();
        prop_assert_eq!(holders, now);
    }
}

#[test]
fn a_removed_contact_s_time_is_its_own() {
    let mut model = Model::new();
    let (ann, hers) = later(&mut model, ask().ext("A").token("t").cookie("c"));
    model.remove(ann);
    let (bob, _) = later(&mut model, ask().ext("B").device("d"));
    for asked in [ask().token("t").device("d"), ask().cookie("c").device("d")] {
        let decision = told(&mut model, asked, hers, 1);
        assert_eq!((decision.outcome, decision.contact), (Outcome::Unmatched, None));
    }
    assert!(model.history(bob).is_empty());
    model.upsert(ask().ext("A"));
    assert_eq!(model.history(ann), ["late", "late"]);
}

#[test]
fn the_past_brings_no_replaced_token_back() {
    let mut model = Model::new();
    let (ann, hers) = later(&mut model, ask().ext("A").device("d").token("t1"));
    later(&mut model, ask().ext("A").device("d").token("t2"));
    let bob = model.id(ask().ext("B"));
    for (external, whose) in [("A", ann), ("B", bob)] {
        let decision = told(&mut model, ask().ext(external).token("t1"), hers, 1);
        assert_eq!(
            (decision.contact, apart_of(&decision)),
            (Some(whose), vec![NotLinkedReason::Past])
        );
    }
    assert_eq!(holder(&model, &ask().token("t1")), None);
}

#[test]
fn a_contact_key_comes_after_the_device() {
    let mut model = Model::new();
    let (ann, hers) = later(&mut model, ask().ext("A").device("d1"));
    let key = ContactKey::parse("k").unwrap();
    let mut carl = ask().ext("C");
    carl.attributes.push(AttributeInput::contact_key(Some(&key)));
    model.upsert(carl);
    later(&mut model, ask().ext("B").device("d1"));
    let mut asked = ask().device("d1");
    asked.contact_key = Some(Identifier::contact_key(&key));
    assert_eq!(told(&mut model, asked, hers, 1).contact, Some(ann));
}

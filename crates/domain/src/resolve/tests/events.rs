//! Events: whom they belong to, before and after a contact is known.

use super::model::{Model, RequestParts, api_call, event, merges_of};
use crate::values::{EventTypeKey, FormType};
use crate::*;

const ANN: &str = "ann@example.com";

fn set_creating(model: &mut Model, name: &str, creating: bool) -> Outcome {
    let key = EventTypeKey::parse(name).unwrap();
    model.run(Command::SetCreating { key, creating }).outcome
}

fn waits(decision: &Decision) -> Option<VisitorId> {
    decision.effects.iter().find_map(|effect| match effect {
        Effect::EventWaits { visitor } => Some(*visitor),
        _ => None,
    })
}

#[test]
fn an_event_belongs_to_the_contact_that_it_names() {
    let mut model = Model::new();
    let ann = model.id(api_call().ext("A").email(ANN));
    let bob = model.id(api_call().ext("B").phone("+380501234567"));
    let bobs = api_call().ext("A").phone("+380501234567");
    for (request, logged) in [
        (api_call().at(ann), 0),
        (api_call().ext("A"), 0),
        (api_call().email(ANN), 0),
        (bobs.clone(), 1),
        (bobs, 0),
    ] {
        let before = model.log.len();
        let decision = model.event("seen", request);
        assert_eq!((decision.contact, decision.outcome), (Some(ann), Outcome::Unchanged));
        let noted = model.log.len() - before;
        assert_eq!(noted, logged, "only that a value was noted which she does not hold");
    }
    assert_eq!(model.history(ann), ["seen"; 5]);
    assert_eq!(model.history(bob), [""; 0]);
}

#[test]
fn an_event_without_a_contact_waits_and_joins_the_contact_that_gets_the_identifier() {
    let requests: [fn(ContactRequest) -> ContactRequest; 5] = [
        |request| request.ext("A"),
        |request| request.email(ANN),
        |request| request.phone("+380501234567"),
        |request| request.token("t"),
        |request| request.device("d"),
    ];
    for request in requests {
        let mut model = Model::new();
        let first = model.event("one", request(api_call()));
        assert_eq!((first.contact, first.outcome), (None, Outcome::Unmatched));
        let visitor = waits(&first);
        assert!(visitor.is_some());
        assert_eq!(
            waits(&model.event("two", request(api_call()))),
            visitor,
            "one visitor for one identifier"
        );
        assert!(model.state.contacts.is_empty());
        let upsert = model.upsert(request(api_call()));
        let contact = upsert.contact.unwrap();
        assert_eq!(upsert.outcome, Outcome::Created);
        assert_eq!(model.history(contact), ["one", "two"]);
        model.event("three", request(api_call()));
        assert_eq!(model.history(contact), ["one", "two", "three"]);
        let adopted = model.state.visitors.iter().find(|v| Some(v.id) == visitor).unwrap();
        assert_eq!((adopted.owner, adopted.closed_at.is_some()), (Some(contact), true));
    }
}

#[test]
fn waiting_history_goes_to_the_first_holder_of_the_identifier_alone() {
    let mut model = Model::new();
    model.event("one", api_call().email(ANN));
    let first = model.id(api_call().ext("A").email(ANN));
    let second = model.id(api_call().ext("B").email(ANN));
    assert_eq!((model.history(first), model.history(second)), (vec!["one"], vec![]));
}

#[test]
fn rule_7_a_cookie_makes_a_visitor_and_its_history_is_adopted_whole() {
    let mut model = Model::new();
    set_creating(&mut model, "PageView", true);
    for _ in 0..3 {
        let decision = model.event("PageView", api_call().cookie("c"));
        assert_eq!((decision.contact, decision.outcome), (None, Outcome::Unmatched));
    }
    assert!(
        model.state.contacts.is_empty(),
        "a cookie alone makes no contact, whatever the type of event"
    );
    assert_eq!(model.state.visitors.len(), 1);
    let ann = model.id(api_call().ext("A").email(ANN).cookie("c"));
    assert_eq!(model.history(ann), ["PageView"; 3]);
    model.event("PageView", api_call().cookie("c"));
    assert_eq!(model.history(ann), ["PageView"; 4]);
}

#[test]
fn rule_4_history_after_a_cookie_moved_goes_to_the_next_owner_and_the_old_stays() {
    let mut model = Model::new();
    model.event("before", api_call().cookie("c"));
    let ann = model.id(api_call().ext("A").cookie("c"));
    model.event("ann", api_call().cookie("c"));
    let bob = model.id(api_call().ext("B").cookie("c"));
    model.event("bob", api_call().cookie("c"));
    assert_eq!(model.history(ann), ["before", "ann"]);
    assert_eq!(model.history(bob), ["bob"]);
}

#[test]
fn a_type_that_creates_contacts_makes_one_of_an_event() {
    let mut model = Model::new();
    assert_eq!(set_creating(&mut model, "order", true), Outcome::Updated);
    assert_eq!(set_creating(&mut model, "order", true), Outcome::Unchanged);
    let decision = model.event("order", api_call().email(ANN).cookie("c"));
    assert_eq!(decision.outcome, Outcome::Created);
    let contact = decision.contact.unwrap();
    assert_eq!(model.history(contact), ["order"]);
    assert_eq!(model.contact(contact).identifiers.len(), 2);
    let another = model.event("other", api_call().email("bob@example.com"));
    assert_eq!(another.outcome, Outcome::Unmatched, "another type does not");
    set_creating(&mut model, "order", false);
    assert_eq!(model.event("order", api_call().ext("B")).outcome, Outcome::Unmatched);
}

#[test]
fn an_event_that_creates_takes_what_waited() {
    let mut model = Model::new();
    set_creating(&mut model, "order", true);
    model.event("seen", api_call().email(ANN));
    let contact = model.event("order", api_call().email(ANN)).contact.unwrap();
    assert_eq!(model.history(contact), ["seen", "order"]);
}

#[test]
fn an_event_of_a_removed_contact_is_kept_with_it() {
    let mut model = Model::new();
    let ann = model.id(api_call().ext("A"));
    model.remove(ann);
    for request in [api_call().ext("A"), api_call().at(ann)] {
        assert_eq!(model.event("late", request).outcome, Outcome::Unmatched);
    }
    model.upsert(api_call().ext("A"));
    assert_eq!(model.history(ann), ["late"; 2]);
}

#[test]
fn an_event_of_a_removed_contact_s_phone_is_kept_with_it() {
    let mut model = Model::new();
    let ann = model.id(api_call().ext("A").device("d").token("t"));
    model.remove(ann);
    for request in [
        api_call().device("d"),
        api_call().token("t"),
        api_call().device("d").token("t"),
    ] {
        let decision = model.event("late", request);
        assert_eq!((decision.outcome, decision.contact), (Outcome::Unmatched, None));
    }
    let bob = model.id(api_call().ext("B").device("d").token("t"));
    model.upsert(api_call().ext("A"));
    assert_eq!(model.history(ann), ["late"; 3]);
    assert!(model.history(bob).is_empty());
}

#[test]
fn an_event_with_an_identity_is_stored_once() {
    let mut model = Model::new();
    let ann = model.id(api_call().ext("A"));
    let sent = |name| {
        let request = EventRequest {
            id: Some(EventId::sent("e-1")),
            ..event(name, api_call().ext("A"))
        };
        Command::Event(Box::new(request))
    };
    model.run_all(vec![sent("one"), sent("two")]);
    let third = model.run(sent("three"));
    assert!(matches!(third.effects[..], [Effect::Skipped(_)]));
    assert_eq!(model.history(ann), ["one"]);
}

#[test]
fn an_event_of_an_unknown_contact_id_is_refused_and_one_without_a_contact_is_stored() {
    let mut model = Model::new();
    let refused = model.event("x", api_call().at(ContactId(77)));
    assert_eq!(refused.rejection, Some(Rejection::ContactNotFound));
    assert!(model.events.is_empty());
    for request in [api_call(), api_call().email("test@test.com")] {
        assert_eq!(model.event("x", request).outcome, Outcome::Unmatched);
    }
    assert!(model.events.iter().all(|event| event.subject.is_none()));
    assert_eq!(model.events.len(), 2);
}

#[test]
fn rule_8_what_is_no_evidence_makes_no_contact_of_an_event() {
    let mut model = Model::new();
    set_creating(&mut model, "x", true);
    for request in [api_call().email("test@test.com"), api_call().ext("null")] {
        let decision = model.event("x", request);
        assert_eq!((decision.outcome, decision.contact), (Outcome::Unmatched, None));
        let is_blocked = |effect: &Effect| matches!(effect, Effect::Blocked { .. });
        assert!(decision.effects.iter().any(is_blocked), "{decision:?}");
    }
    assert!(model.state.contacts.is_empty(), "each would have made one");
    assert!(model.events.iter().all(|event| event.subject.is_none()));
    let made = model
        .event("x", api_call().email("test@test.com").email(ANN))
        .contact
        .unwrap();
    assert_eq!(model.history(made), ["x"], "another identifier names a contact");
}

#[test]
fn an_event_claims_changeable_identifiers_and_absorbs_the_anonymous() {
    let mut model = Model::new();
    let anonymous = model.id(api_call().token("t"));
    model.event("opened", api_call().token("t"));
    let ann = model.id(api_call().ext("A"));
    let decision = model.event("login", api_call().ext("A").token("t"));
    assert_eq!(decision.outcome, Outcome::Updated);
    assert_eq!(merges_of(&decision)[0].1, anonymous);
    assert_eq!(model.history(ann), ["opened", "login"]);
    assert_eq!(
        model.log.last().unwrap().decision.id,
        decision.id,
        "what changed something is in the log"
    );
}

#[test]
fn rule_10_an_undone_merge_gives_history_back() {
    let mut model = Model::new();
    model.event("waited", api_call().email(ANN));
    let ann = model.id(api_call().email(ANN));
    let bob = model.id(api_call().ext("B"));
    model.event("ann", api_call().at(ann));
    let merged = model.merge(bob, ann, false);
    assert_eq!(model.history(bob), ["waited", "ann"]);
    model.event("after", api_call().at(ann));
    model.run(Command::Undo {
        merge: merges_of(&merged)[0].0,
    });
    assert_eq!(model.history(ann), ["waited", "ann"]);
    assert_eq!(model.history(bob), ["after"], "what came after the merge stays");
}

#[test]
fn a_subscription_is_recorded_as_an_event() {
    let mut model = Model::new();
    let subscribe = |model: &mut Model, form: Option<&str>| {
        let mut request = api_call().email(ANN);
        request.form_type = form.map(|form| FormType::parse(form).unwrap());
        model.call(Call::Subscribe, request).contact.unwrap()
    };
    let ann = subscribe(&mut model, None);
    subscribe(&mut model, Some("footer"));
    assert_eq!(
        model.history(ann),
        ["subscribeFromApi", "subscribeUpdateFromApi-footer"]
    );
    let event = &model.events[0];
    assert_eq!(
        event.params.as_json(),
        format!(r#"{{"ContactId":"{ann}","EmailAddress":"{ANN}"}}"#)
    );
    assert_eq!(
        event.key_value.as_ref().map(AsRef::as_ref),
        Some(ann.to_string().as_str())
    );
}

#[test]
fn events_are_counted_by_type() {
    let mut model = Model::new();
    let ann = model.id(api_call().ext("A"));
    let batch: Vec<Envelope> = ["a", "b", "a"]
        .into_iter()
        .zip(0i64..)
        .map(|(name, n)| Envelope {
            decision: DecisionId(uuid::Uuid::from_u128(u128::from(n.unsigned_abs()))),
            at: Timestamp::from_timestamp(n, 0).unwrap(),
            command: Command::Event(Box::new(event(name, api_call().at(ann)))),
        })
        .collect();
    let counts = resolve(&batch, &model.state, &model.policy)
        .unwrap()
        .changes
        .event_counts;
    let seen: Vec<_> = counts
        .iter()
        .map(|count| {
            (
                count.key.as_str(),
                count.added,
                count.first.timestamp(),
                count.last.timestamp(),
            )
        })
        .collect();
    assert_eq!(seen, [("a", 2, 0, 2), ("b", 1, 1, 1)]);
}

#[test]
fn history_of_a_removed_contacts_shared_device_joins_after_a_restore() {
    for shared in [
        api_call().device("d").cookie("c"),
        api_call().device("d"),
        api_call().token("t"),
        api_call().cookie("c"),
    ] {
        let mut model = Model::new();
        for external in ["A", "B"] {
            model.upsert(ContactRequest {
                external_id: api_call().ext(external).external_id,
                ..shared.clone()
            });
        }
        let last = model.id(ContactRequest {
            external_id: api_call().ext("C").external_id,
            ..shared.clone()
        });
        model.remove(last);
        assert_eq!(model.event("meanwhile", shared.clone()).contact, None);
        assert_eq!(model.upsert(api_call().ext("C")).outcome, Outcome::Restored);
        assert_eq!(model.history(last), ["meanwhile"], "{shared:?}");
    }
}

#[test]
fn history_behind_a_shared_email_waits_for_no_contact() {
    let mut model = Model::new();
    let ann = model.id(api_call().ext("A").email(ANN));
    for external in ["B", "C"] {
        model.upsert(api_call().ext(external));
        model.event("with", api_call().ext(external).email(ANN));
    }
    let first = model.event("viewed", api_call().email(ANN));
    assert_eq!((first.contact, waits(&first).is_some()), (None, true));
    assert_eq!(waits(&model.event("viewed", api_call().email(ANN))), waits(&first));
    model.upsert(api_call().ext("A").email(ANN));
    assert!(model.history(ann).is_empty());
}

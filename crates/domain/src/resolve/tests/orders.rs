//! Orders: whose they are, and what later requests change.

use super::model::{Model, RequestParts, api_call, first_name, not_linked_of};
use crate::values::{Amount, Currency, ExternalOrderId, FirstName, OrderText, Source, StoreId};
use crate::*;

const ANN: &str = "ann@example.com";
const PHONE: &str = "+380501234567";

fn day(day: i64) -> Timestamp {
    Timestamp::from_timestamp(day * 86_400, 0).unwrap()
}

fn text(text: &str) -> Option<OrderText> {
    OrderText::parse(text).ok()
}

pub(super) fn key(number: &str, store: Option<&str>) -> OrderKey {
    OrderKey {
        external_id: ExternalOrderId::parse(number).unwrap(),
        store_id: store.map(|store| StoreId::parse(store).unwrap()),
    }
}

/// Order 1, of a hundred hryvnias, on a day.
pub(super) fn order(status: OrderStatus, date: i64, contact: ContactRequest) -> OrderRequest {
    OrderRequest {
        contact: ContactRequest {
            source: Source::Order,
            ..contact
        },
        key: key("1", None),
        status,
        date: day(date),
        content: OrderContent {
            total_cost: Amount::parse("100").unwrap(),
            currency: Currency::parse("UAH").unwrap(),
            shipping: None,
            discount: None,
            taxes: None,
            details: OrderDetails::default(),
            items: Vec::new(),
        },
    }
}

pub(super) fn send(model: &mut Model, request: OrderRequest) -> Decision {
    model.run(Command::Order(Box::new(request)))
}

fn stored(model: &Model) -> &Order {
    &model.state.orders[&key("1", None)]
}

pub(super) fn stored_events(model: &Model) -> Vec<(&str, Option<Subject>, Timestamp)> {
    let events = model.events.iter();
    events
        .map(|event| (event.type_key.as_str(), event.subject, event.occurred_at))
        .collect()
}

use OrderStatus::{Delivered, InProgress, Initialized};

#[test]
fn an_unknown_customer_becomes_a_contact_with_everything_that_was_sent() {
    let mut model = Model::new();
    let mut request = order(Initialized, 1, api_call().ext("A").email(ANN).phone(PHONE));
    let name = FirstName::parse("Ann").unwrap();
    request.contact.attributes.push(AttributeInput::first_name(Some(&name)));
    let decision = send(&mut model, request);
    assert_eq!((decision.outcome, decision.call.as_str()), (Outcome::Created, "order"));
    let contact = model.contact(decision.contact.unwrap());
    assert_eq!((first_name(contact), contact.source), (Some("Ann"), Source::Order));
    assert_eq!((contact.external_id(), contact.identifiers.len()), (Some("A"), 3));
    assert_eq!(stored(&model).contact, contact.id);
}

#[test]
fn a_known_contact_is_found_by_external_id_then_phone_then_email_and_not_changed() {
    let mut model = Model::new();
    let external = model.id(api_call().ext("A"));
    let phone = model.id(api_call().phone(PHONE).name("Pavlo"));
    let email = model.id(api_call().email(ANN));
    let observables = model.observables();
    for (request, found, logged) in [
        (api_call().email(ANN), email, 0),
        (api_call().email(ANN).phone(PHONE), phone, 0),
        (api_call().ext("A").email(ANN).phone(PHONE), external, 1),
    ] {
        let mut request = order(Initialized, 1, request.name("Olena"));
        request.key = key(&found.to_string(), None);
        let before = model.log.len();
        let decision = send(&mut model, request);
        assert_eq!((decision.contact, decision.outcome), (Some(found), Outcome::Unchanged));
        let noted = model.log.len() - before;
        assert_eq!(
            noted, logged,
            "only that values were noted which the contact does not hold"
        );
    }
    assert_eq!(model.observables(), observables);
}

#[test]
fn an_unknown_external_id_is_adopted_by_the_match_that_holds_none() {
    let mut model = Model::new();
    let ann = model.id(api_call().email(ANN));
    let decision = send(&mut model, order(Initialized, 1, api_call().ext("A").email(ANN)));
    assert_eq!((decision.contact, decision.rule), (Some(ann), Rule::Adopt));
    assert_eq!(model.contact(ann).external_id(), Some("A"));
    let mut another = order(Initialized, 1, api_call().ext("B").email(ANN));
    another.key = key("2", None);
    let decision = send(&mut model, another);
    assert_eq!(decision.outcome, Outcome::Created);
    assert_ne!(decision.contact, Some(ann));
    assert_eq!(not_linked_of(&decision), [NotLinkedReason::HoldsExternalId]);
}

#[test]
fn each_status_is_recorded_once() {
    let mut model = Model::new();
    let ann = model.id(api_call().ext("A"));
    for (status, date) in [
        (Initialized, 1),
        (Initialized, 1),
        (InProgress, 1),
        (InProgress, 2),
        (Delivered, 3),
    ] {
        send(&mut model, order(status, date, api_call().ext("A")));
    }
    let subject = Some(Subject::Contact(ann));
    assert_eq!(
        stored_events(&model),
        [
            ("orderINITIALIZED", subject, day(1)),
            ("orderIN_PROGRESS", subject, day(1)),
            ("orderDELIVERED", subject, day(3)),
        ]
    );
    let event = &model.events[2];
    assert_eq!(
        (
            event.key_value.as_ref().map(crate::values::EventKeyValue::as_str),
            event.origin
        ),
        (Some("1"), Origin::Selfsame)
    );
    assert_eq!(
        event.params.as_json(),
        r#"{"currency":"UAH","date":"1970-01-04T00:00:00+00:00","externalOrderId":"1","status":"DELIVERED","totalCost":"100"}"#
    );
    assert_eq!((stored(&model).status, stored(&model).date), (Delivered, day(3)));
}

#[test]
fn a_status_that_an_order_returns_to_is_recorded_again() {
    let mut model = Model::new();
    let ann = model.id(api_call().ext("A"));
    for (status, date) in [(InProgress, 1), (Initialized, 2), (InProgress, 3), (InProgress, 3)] {
        send(&mut model, order(status, date, api_call().ext("A")));
    }
    let subject = Some(Subject::Contact(ann));
    assert_eq!(
        stored_events(&model),
        [
            ("orderIN_PROGRESS", subject, day(1)),
            ("orderINITIALIZED", subject, day(2)),
            ("orderIN_PROGRESS", subject, day(3)),
        ]
    );
}

#[test]
fn a_request_that_says_nothing_new_changes_nothing() {
    let mut model = Model::new();
    send(&mut model, order(Initialized, 1, api_call().ext("A")));
    let before = stored(&model).clone();
    send(&mut model, order(Initialized, 1, api_call().ext("A")));
    assert_eq!(stored(&model), &before);
    send(&mut model, order(Initialized, 2, api_call().ext("A")));
    assert!(stored(&model).updated_at > before.updated_at);
    assert_eq!(stored(&model).created_at, before.created_at);
}

#[test]
fn what_a_request_leaves_out_stays() {
    let mut model = Model::new();
    let mut first = order(Initialized, 1, api_call().ext("A"));
    first.content.shipping = Amount::parse("1.50").ok();
    first.content.details.delivery_method = text("s");
    first.content.details.customer.first_name = text("Ann");
    let mut second = order(InProgress, 2, api_call().ext("A"));
    second.content.total_cost = Amount::parse("90").unwrap();
    second.content.details.delivery_method = text("t");
    send(&mut model, first.clone());
    send(&mut model, second);
    let content = &stored(&model).content;
    assert_eq!(content.total_cost, Amount::parse("90").unwrap());
    assert_eq!(
        (content.shipping, content.details.delivery_method.clone()),
        (Amount::parse("1.5").ok(), text("t"))
    );
    assert_eq!(content.details.customer.first_name, text("Ann"));
}

#[test]
fn what_comes_late_fills_in_and_changes_nothing_else() {
    let mut model = Model::new();
    let mut last = order(Delivered, 3, api_call().ext("A"));
    last.content.details.delivery_method = text("s");
    send(&mut model, last);
    let mut late = order(Initialized, 1, api_call().ext("A"));
    late.content.total_cost = Amount::parse("7").unwrap();
    late.content.details.delivery_method = text("t");
    late.content.details.payment_method = text("cash");
    let decision = send(&mut model, late.clone());
    assert!(
        decision.effects.contains(&Effect::Skipped(Skipped {
            field: "status".to_owned(),
            reason: "the order is stored with a later date".to_owned(),
        })),
        "{decision:?}"
    );
    let order = stored(&model);
    assert_eq!((order.status, order.date), (Delivered, day(3)));
    assert_eq!(order.content.total_cost, Amount::parse("100").unwrap());
    assert_eq!(order.content.details.delivery_method, text("s"));
    assert_eq!(order.content.details.payment_method, text("cash"));
    let subject = Some(Subject::Contact(decision.contact.unwrap()));
    let both = [
        ("orderDELIVERED", subject, day(3)),
        ("orderINITIALIZED", subject, day(1)),
    ];
    assert_eq!(stored_events(&model), both, "the status is recorded at its own date");
    assert!(model.events[1].params.as_json().contains(r#""totalCost":"7""#));
    late.contact = api_call().ext("B");
    send(&mut model, late.clone());
    late.date = day(2);
    send(&mut model, late);
    assert_eq!(stored_events(&model), both, "and recorded once");
    assert_eq!(model.state.contacts.len(), 1, "its customer is late, too");
}

#[test]
fn a_known_order_stays_with_its_contact_unless_another_is_named_by_external_id() {
    let mut model = Model::new();
    let first = send(&mut model, order(Initialized, 1, api_call().email(ANN)))
        .contact
        .unwrap();
    let mistyped = send(&mut model, order(InProgress, 2, api_call().email("nan@example.com")));
    assert_eq!((mistyped.contact, mistyped.outcome), (Some(first), Outcome::Unchanged));
    assert_eq!((stored(&model).contact, model.state.contacts.len()), (first, 1));
    let other = send(&mut model, order(Delivered, 3, api_call().ext("B")))
        .contact
        .unwrap();
    assert_ne!(other, first);
    assert_eq!(stored(&model).contact, other);
    let subjects: Vec<_> = stored_events(&model)
        .into_iter()
        .map(|(_, subject, _)| subject)
        .collect();
    assert_eq!(
        subjects,
        [first, first, other].map(|contact| Some(Subject::Contact(contact)))
    );
}

#[test]
fn the_order_of_a_removed_contact_goes_to_whom_it_names_now() {
    let mut model = Model::new();
    let first = send(&mut model, order(Initialized, 1, api_call().email(ANN)))
        .contact
        .unwrap();
    model.remove(first);
    let second = send(&mut model, order(Initialized, 1, api_call().email(ANN)));
    assert_eq!(second.outcome, Outcome::Created);
    assert_eq!(Some(stored(&model).contact), second.contact);
    let mut model = Model::new();
    let first = send(&mut model, order(Initialized, 1, api_call().ext("A")))
        .contact
        .unwrap();
    model.remove(first);
    let again = send(&mut model, order(Delivered, 2, api_call().ext("A")));
    assert_eq!((again.contact, again.outcome), (Some(first), Outcome::Restored));
}

#[test]
fn a_merge_leaves_the_order_with_whom_it_was_given_to() {
    let mut model = Model::new();
    let survivor = model.id(api_call().ext("A"));
    let absorbed = send(&mut model, order(Initialized, 1, api_call().email(ANN)))
        .contact
        .unwrap();
    model.merge(survivor, absorbed, false);
    model.state.canonical.insert(absorbed, survivor);
    let update = send(&mut model, order(Delivered, 2, api_call().email(ANN)));
    assert_eq!(update.contact, Some(survivor));
    assert_eq!(stored(&model).contact, absorbed);
    assert_eq!(stored_events(&model)[1].1, Some(Subject::Contact(survivor)));
}

#[test]
fn one_batch_sees_what_it_did_before() {
    let mut model = Model::new();
    let requests = [(InProgress, 2), (Initialized, 1), (Delivered, 3)];
    let commands = requests.map(|(status, date)| Command::Order(Box::new(order(status, date, api_call().email(ANN)))));
    let decisions = model.run_all(commands.to_vec());
    assert!(
        decisions
            .iter()
            .all(|decision| decision.contact == decisions[0].contact)
    );
    assert_eq!(
        stored_events(&model)
            .into_iter()
            .map(|(name, ..)| name)
            .collect::<Vec<_>>(),
        ["orderIN_PROGRESS", "orderINITIALIZED", "orderDELIVERED"]
    );
    assert_eq!(stored(&model).status, Delivered);
}

#[test]
fn an_order_without_customer_is_refused_and_kept_nowhere() {
    let mut model = Model::new();
    let decision = send(&mut model, order(Initialized, 1, api_call()));
    assert_eq!(decision.rejection, Some(Rejection::NoIdentifier));
    assert!(model.state.orders.is_empty() && model.events.is_empty());
}

#[test]
fn what_is_dated_more_than_a_day_ahead_is_refused() {
    let mut model = Model::new();
    let known = send(&mut model, order(Initialized, 1, api_call().ext("A")));
    let (before, events) = (stored(&model).clone(), model.events.len());
    let mut ahead = order(Delivered, 2, api_call().ext("A"));
    for (late, refused) in [(1, true), (0, false)] {
        // Every command comes a second after the one before.
        ahead.date = model.time() + chrono::TimeDelta::seconds(86_401 + late);
        let decision = send(&mut model, ahead.clone());
        assert_eq!(decision.rejection, refused.then_some(Rejection::DatedAhead), "{late}");
        assert_eq!(stored(&model) == &before, refused);
        let mut event = super::model::event("seen", api_call().ext("A"));
        event.occurred_at = Some(model.time() + chrono::TimeDelta::seconds(86_401 + late));
        let decision = model.run(Command::Event(Box::new(event)));
        assert_eq!(decision.rejection, refused.then_some(Rejection::DatedAhead), "{late}");
    }
    assert_eq!(
        (stored(&model).contact, model.events.len()),
        (known.contact.unwrap(), events + 2)
    );
}

/// Who ordered, where to, and what else was said of it.
fn parcel(status: OrderStatus, date: i64, contact: ContactRequest, who: &str) -> OrderRequest {
    let mut request = order(status, date, contact);
    request.content.details.customer.first_name = text(who);
    request.content.details.delivery_address = text(who);
    request.content.details.additional_info = [(text("to"), text(who))]
        .into_iter()
        .filter_map(|(name, value)| Some((name?, value?)))
        .collect();
    request.content.details.delivery_method = text("post");
    request
}

fn parts_of(order: &Order) -> (Option<&OrderText>, Option<&OrderText>, usize, bool) {
    let details = &order.content.details;
    let name = details.customer.first_name.as_ref();
    let address = details.delivery_address.as_ref();
    (
        name,
        address,
        details.additional_info.len(),
        details.delivery_method.is_some(),
    )
}

#[test]
fn an_order_that_turns_out_to_be_another_s_says_nothing_of_the_first() {
    let mut model = Model::new();
    let bob = send(
        &mut model,
        parcel(Initialized, 1, api_call().email("bob@example.com"), "Bob"),
    );
    let ann = send(&mut model, order(InProgress, 2, api_call().ext("A")));
    assert_ne!(ann.contact, bob.contact);
    assert_eq!(Some(stored(&model).contact), ann.contact);
    assert_eq!(parts_of(stored(&model)), (None, None, 0, true));
}

#[test]
fn what_comes_late_of_another_fills_in_nothing_of_them() {
    let mut model = Model::new();
    let bob = send(&mut model, order(InProgress, 2, api_call().ext("B")));
    let late = send(&mut model, parcel(Initialized, 1, api_call().ext("A"), "Ann"));
    assert_eq!((late.contact, Some(stored(&model).contact)), (bob.contact, bob.contact));
    let skipped = late.effects.iter().filter_map(|effect| match effect {
        Effect::Skipped(skipped) => Some(skipped.field.as_str()),
        _ => None,
    });
    assert!(skipped.eq(["status", "externalCustomerId"]), "{late:?}");
    assert_eq!(parts_of(stored(&model)), (None, None, 0, true));
    send(&mut model, parcel(Initialized, 1, api_call().ext("B"), "Bob"));
    assert_eq!(parts_of(stored(&model)).2, 1, "of whom it is, it does");
}

#[test]
fn what_the_first_customer_said_does_not_come_back() {
    let mut model = Model::new();
    let first = || parcel(Initialized, 1, api_call().email(ANN), "Ann");
    let ann = send(&mut model, first());
    let bob = send(&mut model, order(InProgress, 2, api_call().ext("B")));
    for _ in 0..2 {
        let again = send(&mut model, first());
        let email = |effect: &Effect| matches!(effect, Effect::Skipped(skipped) if skipped.field == "email");
        assert!(again.effects.iter().any(email), "{again:?}");
        assert_eq!(Some(stored(&model).contact), bob.contact);
        assert_eq!(parts_of(stored(&model)), (None, None, 0, true));
        // Nor when she is erased.
        let (contact, erase) = (ContactRef::Id(ann.contact.unwrap()), true);
        model.run(Command::Remove { contact, erase });
    }
    send(
        &mut model,
        parcel(Delivered, 3, api_call().email("bob@example.com"), "Bob"),
    );
    assert_eq!(parts_of(stored(&model)).2, 1, "an email without a holder may be his");
}

#[test]
fn an_order_of_a_removed_contact_that_becomes_another_s_says_nothing_of_them() {
    for late in [1, 3] {
        let mut model = Model::new();
        let bob = send(&mut model, parcel(InProgress, 2, api_call().ext("B"), "Bob"));
        model.remove(bob.contact.unwrap());
        let ann = send(&mut model, order(Initialized, late, api_call().email(ANN)));
        assert_eq!(
            (Some(stored(&model).contact), ann.contact == bob.contact),
            (ann.contact, false)
        );
        assert_eq!(parts_of(stored(&model)), (None, None, 0, true));
    }
}

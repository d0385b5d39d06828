//! The search order and the powers of every call.

use super::model::{Model, RequestParts, api_call, first_name, not_linked_of, shown};
use crate::values::ChannelType;
use crate::*;

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";
const PHONE: &str = "+380501234567";

/// Three contacts that hold an email, a phone, a token, a device each; merging off, so that the search alone decides.
fn crowd() -> (Model, [ContactId; 5]) {
    let mut model = Model::new();
    model.policy.merge_unclaimed = false;
    let email = model.id(api_call().email(ANN));
    let phone = model.id(api_call().phone(PHONE));
    let token = model.id(api_call().token("t").email("token@example.com"));
    let device = model.id(api_call().device("d").email("device@example.com"));
    let cookie = model.id(api_call().cookie("c").email("cookie@example.com"));
    (model, [email, phone, token, device, cookie])
}

#[test]
fn upsert_looks_for_email_then_phone_then_token_then_device_then_cookie() {
    let (mut model, [email, phone, token, device, cookie]) = crowd();
    let all = || api_call().cookie("c").device("d").token("t");
    assert_eq!(model.clone().upsert(all().phone(PHONE).email(ANN)).contact, Some(email));
    assert_eq!(model.clone().upsert(all().phone(PHONE)).contact, Some(phone));
    assert_eq!(model.clone().upsert(all()).contact, Some(token));
    assert_eq!(
        model.clone().upsert(api_call().cookie("c").device("d")).contact,
        Some(device)
    );
    assert_eq!(model.upsert(api_call().cookie("c")).contact, Some(cookie));
}

#[test]
fn orders_and_app_tokens_look_for_the_phone_before_the_email() {
    let (model, [email, phone, ..]) = crowd();
    for call in [Call::Order, Call::AppToken] {
        assert_eq!(
            model.clone().call(call, api_call().email(ANN).phone(PHONE)).contact,
            Some(phone)
        );
        assert_eq!(model.clone().call(call, api_call().email(ANN)).contact, Some(email));
    }
    assert_eq!(
        model
            .clone()
            .call(Call::Subscribe, api_call().email(ANN).phone(PHONE))
            .contact,
        Some(email)
    );
}

#[test]
fn events_look_for_the_contact_id_first_and_create_only_when_they_may() {
    let (model, [email, phone, ..]) = crowd();
    let event = Call::Event { creates: false };
    assert_eq!(
        model.clone().call(event, api_call().at(phone).email(ANN)).contact,
        Some(phone)
    );
    assert_eq!(model.clone().call(event, api_call().email(ANN)).contact, Some(email));
    let unknown = model.clone().call(event, api_call().email("new@example.com"));
    assert_eq!((unknown.contact, unknown.outcome), (None, Outcome::Unmatched));
    let made = model
        .clone()
        .call(Call::Event { creates: true }, api_call().email("new@example.com"));
    assert_eq!(made.outcome, Outcome::Created);
}

#[test]
fn bulk_looks_for_the_external_id_and_the_dedupe_field_alone() {
    let (model, [email, phone, token, ..]) = crowd();
    let by = |dedupe_on| Call::Bulk {
        dedupe_on,
        restore: false,
    };
    let all = || api_call().email(ANN).phone(PHONE).token("t");
    assert_eq!(model.clone().call(by(DedupeOn::Email), all()).contact, Some(email));
    assert_eq!(model.clone().call(by(DedupeOn::Sms), all()).contact, Some(phone));
    assert_eq!(
        model.clone().call(by(DedupeOn::EmailOrSms), all()).contact,
        Some(phone),
        "sms first"
    );
    assert_eq!(model.clone().call(by(DedupeOn::MobilePush), all()).contact, Some(token));
    assert_eq!(
        model.clone().call(by(DedupeOn::Id), all().at(token)).contact,
        Some(token)
    );
    assert_eq!(
        model
            .clone()
            .call(by(DedupeOn::ExternalCustomerId), all().ext("A"))
            .outcome,
        Outcome::Created
    );
}

#[test]
fn bulk_skips_a_removed_holder_unless_it_restores() {
    let mut model = Model::new();
    let a = model.id(api_call().ext("A").email(ANN));
    model.remove(a);
    let bulk = |restore| Call::Bulk {
        dedupe_on: DedupeOn::Email,
        restore,
    };
    assert_eq!(
        model.call(bulk(false), api_call().ext("A").email(ANN)).outcome,
        Outcome::Unmatched
    );
    assert_eq!(
        model.call(bulk(true), api_call().ext("A").email(ANN)).outcome,
        Outcome::Restored
    );
}

#[test]
fn update_names_the_contact_by_number_alone_and_restores_it() {
    let (mut model, [email, phone, ..]) = crowd();
    let decision = model.call(Call::Update, api_call().at(phone).email(ANN).name("Ann"));
    assert_eq!(decision.contact, Some(phone));
    assert_eq!(shown(model.contact(email), ChannelType::Email), [ANN]);
    model.remove(phone);
    let decision = model.call(Call::Update, api_call().at(phone).name("Eve"));
    assert_eq!(
        (decision.outcome, first_name(model.contact(phone))),
        (Outcome::Restored, Some("Eve"))
    );
    let unknown = model.call(Call::Update, api_call().at(ContactId(999)).name("Eve"));
    assert_eq!(unknown.rejection, Some(Rejection::ContactNotFound));
}

#[test]
fn update_refuses_an_external_id_of_another_contact_and_names_the_holder() {
    let mut model = Model::new();
    let holder = model.id(api_call().ext("A"));
    let other = model.id(api_call().email(BOB));
    for removed in [false, true] {
        if removed {
            model.remove(holder);
        }
        let before = model.observables();
        let decision = model.call(Call::Update, api_call().at(other).ext("A").name("Bob"));
        assert_eq!(decision.rejection, Some(Rejection::ExternalIdHeld { holder }));
        assert_eq!((decision.contact, decision.rule), (Some(other), Rule::ContactId));
        let refused = Effect::NotLinked {
            identifier: api_call().ext("A").external_id.unwrap(),
            contact: Some(holder),
            reason: NotLinkedReason::HeldByOther,
        };
        assert_eq!(decision.effects, [refused], "it says what was refused");
        assert_eq!(model.observables(), before, "a refused command changes nothing");
    }
    let decision = model.call(Call::Update, api_call().at(other).ext("B"));
    assert_eq!(
        (decision.outcome, model.contact(other).external_id()),
        (Outcome::Updated, Some("B"))
    );
    let decision = model.call(Call::Update, api_call().at(other).ext("C"));
    assert_eq!(
        (decision.outcome, model.contact(other).external_id()),
        (Outcome::Updated, Some("C"))
    );
    assert_eq!(
        model.upsert(api_call().ext("B")).outcome,
        Outcome::Created,
        "a replaced external ID stops matching"
    );
}

#[test]
fn setting_a_channel_replaces_its_value_and_keeps_other_types_and_tokens() {
    let mut model = Model::new();
    let a = model.id(api_call().ext("A").email(ANN).phone(PHONE).token("t1"));
    model.upsert(api_call().ext("A").email(BOB).token("t2"));
    let contact = model.contact(a);
    assert_eq!(shown(contact, ChannelType::Email), [BOB]);
    assert_eq!(shown(contact, ChannelType::Sms), [PHONE]);
    assert_eq!(shown(contact, ChannelType::MobilePush), ["t1", "t2"]);
    assert_eq!(
        model.upsert(api_call().email(ANN)).outcome,
        Outcome::Created,
        "a replaced email stops matching"
    );
}

#[test]
fn one_phone_may_be_sms_and_viber_and_leaves_one_channel_at_a_time() {
    let mut model = Model::new();
    let a = model.id(api_call().ext("A").phone(PHONE).channel(ChannelType::Viber, PHONE));
    model.upsert(api_call().ext("A").phone("+380671112233"));
    let contact = model.contact(a);
    assert_eq!(shown(contact, ChannelType::Sms), ["+380671112233"]);
    assert_eq!(shown(contact, ChannelType::Viber), [PHONE]);
    assert_eq!(
        model.upsert(api_call().channel(ChannelType::Viber, PHONE)).contact,
        Some(a)
    );
}

#[test]
fn a_value_that_is_typed_differently_is_reported() {
    let restated = |decision: &Decision| -> Vec<String> {
        let typed = |effect: &Effect| match effect {
            Effect::Restated { identifier } => Some(identifier.typed.clone()),
            _ => None,
        };
        decision.effects.iter().filter_map(typed).collect()
    };
    let mut model = Model::new();
    let unconfirmed = ContactRequest {
        confirmed: false,
        ..api_call().ext("A").email(ANN).phone(PHONE)
    };
    model.call(Call::Subscribe, unconfirmed);
    let confirmed = model.upsert(api_call().ext("A").email(ANN));
    assert_eq!(
        (confirmed.outcome, restated(&confirmed)),
        (Outcome::Updated, vec![ANN.to_owned()])
    );
    let again = model.upsert(api_call().ext("A").email(ANN));
    assert_eq!((again.outcome, restated(&again)), (Outcome::Unchanged, vec![]));
    let spelled = model.upsert(api_call().ext("A").email("Ann@Example.com"));
    assert_eq!(
        (spelled.outcome, restated(&spelled)),
        (Outcome::Updated, vec!["Ann@Example.com".to_owned()])
    );
    let viber = model.upsert(api_call().ext("A").channel(ChannelType::Viber, PHONE));
    assert_eq!(
        (viber.outcome, restated(&viber)),
        (Outcome::Updated, vec![PHONE.to_owned()])
    );
}

#[test]
fn subscribe_adds_missing_channels_and_never_changes_one() {
    let mut model = Model::new();
    let a = model.id(api_call().ext("A").email(ANN));
    let decision = model.call(Call::Subscribe, api_call().ext("A").email(BOB).phone(PHONE).name("Ann"));
    assert_eq!(not_linked_of(&decision), [NotLinkedReason::ChannelExists]);
    let contact = model.contact(a);
    assert_eq!(shown(contact, ChannelType::Email), [ANN]);
    assert_eq!(shown(contact, ChannelType::Sms), [PHONE]);
    assert_eq!(first_name(contact), Some("Ann"));
}

#[test]
fn orders_create_with_everything_and_never_change_who_exists() {
    let mut model = Model::new();
    let made = model.call(Call::Order, api_call().ext("A").email(ANN).name("Ann"));
    let a = made.contact.unwrap();
    assert_eq!(
        (made.outcome, first_name(model.contact(a))),
        (Outcome::Created, Some("Ann"))
    );
    let again = model.call(Call::Order, api_call().ext("A").email(BOB).name("Eve"));
    assert_eq!((again.contact, again.outcome), (Some(a), Outcome::Unchanged));
    assert_eq!(
        (
            first_name(model.contact(a)),
            shown(model.contact(a), ChannelType::Email)
        ),
        (Some("Ann"), vec![ANN])
    );
}

#[test]
fn app_tokens_are_appended_and_leave_the_rest() {
    let mut model = Model::new();
    let a = model.id(api_call().ext("A").email(ANN).token("t1"));
    let decision = model.call(Call::AppToken, api_call().email(ANN).phone(PHONE).token("t2"));
    assert_eq!((decision.contact, decision.outcome), (Some(a), Outcome::Updated));
    assert_eq!(shown(model.contact(a), ChannelType::MobilePush), ["t1", "t2"]);
    assert!(shown(model.contact(a), ChannelType::Sms).is_empty());
}

#[test]
fn a_repeated_request_is_unchanged_and_one_without_identifiers_is_refused() {
    let mut model = Model::new();
    let request = || {
        api_call()
            .ext("A")
            .email(ANN)
            .phone(PHONE)
            .token("t")
            .device("d")
            .name("Ann")
            .group("g")
    };
    assert_eq!(model.upsert(request()).outcome, Outcome::Created);
    let before = model.state.contacts.values().next().unwrap().updated_at;
    assert_eq!(model.upsert(request()).outcome, Outcome::Unchanged);
    assert_eq!(model.state.contacts.values().next().unwrap().updated_at, before);
    assert_eq!(
        model.upsert(api_call().name("Ann")).rejection,
        Some(Rejection::NoIdentifier)
    );
}

#[test]
fn an_omitted_attribute_is_kept_and_null_clears_it() {
    let mut model = Model::new();
    let a = model.id(api_call().ext("A").name("Ann"));
    model.upsert(api_call().ext("A").email(ANN));
    assert_eq!(first_name(model.contact(a)), Some("Ann"));
    let mut clearing = api_call().ext("A");
    clearing.attributes.push(AttributeInput::first_name(None));
    assert_eq!(model.upsert(clearing).outcome, Outcome::Updated);
    assert_eq!(first_name(model.contact(a)), None);
}

#[test]
fn a_batch_is_decided_as_if_one_came_after_the_other() {
    let requests = || {
        vec![
            api_call().token("t"),
            api_call().email(ANN),
            api_call().ext("A").email(ANN).token("t"),
            api_call().ext("B").email(ANN),
            api_call().ext("A").name("Ann"),
        ]
    };
    let upsert = |request| Command::Contact(Call::Upsert, Box::new(request));
    let (mut one, mut all) = (Model::new(), Model::new());
    let singly: Vec<Outcome> = requests()
        .into_iter()
        .map(|request| one.run(upsert(request)).outcome)
        .collect();
    let together = all.run_all(requests().into_iter().map(upsert).collect());
    assert_eq!(
        together.iter().map(|decision| decision.outcome).collect::<Vec<_>>(),
        singly
    );
    let shapes = |model: &Model| {
        model
            .state
            .contacts
            .values()
            .map(|c| (c.state, c.external_id().map(str::to_owned)))
            .collect::<Vec<_>>()
    };
    assert_eq!(shapes(&one), shapes(&all));
}

#[test]
fn a_token_sent_again_updates_what_it_says_of_its_device_and_keeps_the_rest() {
    let device = |os: Option<&str>, model: Option<&str>| {
        let (os, device_model) = (os.map(str::to_owned), model.map(str::to_owned));
        let mut contact_request = api_call().ext("A").token("t");
        contact_request.channels[0].details.device = Some(crate::values::Device {
            device_model,
            os,
            ..Default::default()
        });
        contact_request
    };
    let mut model = Model::new();
    let a = model.id(device(Some("Android"), Some("Pixel 8")));
    assert_eq!(model.upsert(device(None, Some("Pixel 9"))).outcome, Outcome::Updated);
    let held = model.contact(a).visible(IdentifierKind::MobilePush)[0]
        .details
        .device
        .clone()
        .unwrap();
    assert_eq!(
        (held.os.as_deref(), held.device_model.as_deref()),
        (Some("Android"), Some("Pixel 9"))
    );
}

#[test]
fn one_request_enters_and_leaves_segments() {
    let mut model = Model::new();
    let ann = model.id(api_call().ext("A").group("old").group("kept"));
    let mut contact_request = api_call().ext("A").group("new");
    contact_request.left_segments = ["old", "unknown"]
        .map(|name| crate::values::SegmentName::parse(name).unwrap())
        .to_vec();
    let decision = model.upsert(contact_request.clone());
    let left = |effect: &&Effect| matches!(effect, Effect::SegmentRemoved { .. });
    assert_eq!(decision.effects.iter().filter(left).count(), 1);
    let segments = model.contact(ann).segments();
    let mut names: Vec<&str> = model
        .state
        .segments
        .iter()
        .filter(|segment| segments.contains(&segment.id))
        .map(|segment| segment.name.as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["kept", "new"]);
    assert_eq!(model.upsert(contact_request).outcome, Outcome::Unchanged);
}

#[test]
fn subscribing_says_of_every_email_what_became_of_it() {
    let mut model = Model::new();
    let a = model.id(api_call().ext("A").email(ANN));
    let b = model.id(api_call().email(BOB));
    model.merge(a, b, false);
    let mut subscribe = |email: &str| model.call(Call::Subscribe, api_call().ext("A").email(email));
    let other = subscribe("eve@example.com");
    assert_eq!(
        (not_linked_of(&other), other.email_status),
        (vec![NotLinkedReason::ChannelExists], None)
    );
    let absorbed = subscribe(BOB);
    assert_eq!(
        (not_linked_of(&absorbed), absorbed.email_status),
        (vec![NotLinkedReason::ChannelExists], None),
        "the contact answers for it, and shows its own"
    );
    let blocked = subscribe("test@test.com");
    assert!(matches!(blocked.effects[0], Effect::Blocked { kept: false, .. }));
    assert_eq!(
        (not_linked_of(&blocked), blocked.email_status),
        (vec![NotLinkedReason::ChannelExists], Some(SubscribeStatus::Blacklisted))
    );
    assert_eq!(subscribe(ANN).email_status, Some(SubscribeStatus::AlreadySubscribed));
    assert_eq!(shown(model.contact(a), ChannelType::Email), [ANN]);
}

#[test]
fn an_app_token_of_an_unknown_or_removed_contact_says_so_and_goes_on() {
    let skips = |decision: &Decision| -> Vec<String> {
        let reasons = decision.effects.iter().filter_map(|effect| match effect {
            Effect::Skipped(skipped) => Some(skipped.reason.clone()),
            _ => None,
        });
        reasons.collect()
    };
    let mut model = Model::new();
    let ann = model.id(api_call().email(ANN));
    let gone = model.id(api_call().email(BOB));
    model.run(Command::Remove {
        contact: ContactRef::Id(gone),
        erase: false,
    });
    let unknown = model.call(Call::AppToken, api_call().at(ContactId(999)).email(ANN).token("t"));
    assert_eq!(
        (unknown.contact, skips(&unknown)),
        (Some(ann), vec!["no contact has this number".to_owned()])
    );
    let removed = model.call(Call::AppToken, api_call().at(gone).token("u"));
    assert_eq!(
        (removed.outcome, skips(&removed)),
        (Outcome::Created, vec!["the contact is removed".to_owned()])
    );
    assert!(!model.contact(gone).is_active());
}

#[test]
fn rule_9_a_contact_passed_over_for_another_external_id_is_reported() {
    let passed_over = |decision: &Decision| -> Vec<Option<ContactId>> {
        let not_linked = decision.effects.iter().filter_map(|effect| match effect {
            Effect::NotLinked {
                contact,
                reason: NotLinkedReason::HoldsExternalId,
                ..
            } => Some(*contact),
            _ => None,
        });
        not_linked.collect()
    };
    let mut model = Model::new();
    let ann = model.id(api_call().ext("A").email(ANN));
    let bob = model.id(api_call().ext("B"));
    let attached = model.upsert(api_call().ext("B").email(ANN));
    assert_eq!((attached.contact, passed_over(&attached)), (Some(bob), vec![Some(ann)]));
    assert_eq!(
        passed_over(&model.upsert(api_call().ext("B").email(ANN))),
        [],
        "once, when it gets the value"
    );
    let mut model = Model::new();
    let ann = model.id(api_call().ext("A").email(ANN));
    let unclaimed = model.id(api_call().phone(PHONE));
    let adopted = model.upsert(api_call().ext("B").email(ANN).phone(PHONE));
    assert_eq!(
        (adopted.contact, passed_over(&adopted)),
        (Some(unclaimed), vec![Some(ann)])
    );
}

//! Creating, updating and reading one contact.

use crate::{Backend, Fixture, Kind, RequestBuilder, api_call, app, identifier, merge, remove};
use selfsame_application::ports::Clock;
use selfsame_domain::values::{
    AddressPart, ChannelType, ContactKey, Device, FirstName, Language, LastName, Postcode, Source, TimeZone,
    WebPushSubscription,
};
use selfsame_domain::{
    AttributeInput, AttributeKey, ChannelDetails, Contact, ContactId, ContactState, Effect, IdentifierKind, Outcome,
    Rejection, Rule,
};

/// The values of a contact's channel.
pub(super) fn shown(contact: &Contact, channel: ChannelType) -> Vec<String> {
    let channels = contact.channels();
    channels
        .iter()
        .filter(|(c, _)| *c == channel)
        .map(|(_, held)| held.identifier.typed.clone())
        .collect()
}

pub async fn a_new_contact_reads_back_whole(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let builder = api_call()
        .external(" A-1 ")
        .email("Ann@Example.COM")
        .sms("+380 50 123 45 67")
        .mobile("app", "t1");
    let builder = builder
        .device("d1")
        .cookie("c1")
        .first("Ганна")
        .last("Ö'Hara")
        .town("Kyiv")
        .segment("Клієнти");
    let decision = f.decide(builder.upsert()).await;
    assert_eq!(
        (decision.outcome, decision.rule, decision.rejection),
        (Outcome::Created, Rule::NoMatch, None)
    );
    let id = decision.contact.expect("a contact");
    let details = f.details(id).await.expect("the contact");
    let contact = details.contact;
    let now = f.clock().now();
    assert_eq!(
        (contact.id, contact.state, contact.canonical),
        (id, ContactState::Active, id)
    );
    assert_eq!((contact.merged_into, contact.source), (None, Source::Api));
    assert_eq!((contact.created_at, contact.updated_at), (now, now));
    assert_eq!(contact.external_id(), Some("A-1"));
    assert_eq!(shown(&contact, ChannelType::Email), ["Ann@Example.COM"]);
    assert_eq!(shown(&contact, ChannelType::Sms), ["+380 50 123 45 67"]);
    assert_eq!(shown(&contact, ChannelType::MobilePush), ["t1"]);
    assert_eq!(contact.attributes.text(AttributeKey::FirstName), Some("Ганна"));
    assert_eq!(contact.attributes.text(AttributeKey::LastName), Some("Ö'Hara"));
    assert_eq!(contact.attributes.text(AttributeKey::Town), Some("Kyiv"));
    assert_eq!(contact.identifiers.len(), 6);
    for held in &contact.identifiers {
        assert_eq!((held.home, held.owner, held.hidden_by), (id, id, None));
        assert_eq!((held.first_seen, held.last_seen, held.source), (now, now, Source::Api));
        assert_eq!(held.confirmed, held.kind() == IdentifierKind::Email);
    }
    let names: Vec<&str> = details.segments.iter().map(|segment| segment.name.as_str()).collect();
    assert_eq!(names, ["Клієнти"]);
    assert!(details.unsubscribed.is_empty());
}

pub async fn numbers_start_at_one_and_ascend(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let mut last = ContactId(0);
    for index in 0..5 {
        let id = f.id(api_call().external(&format!("e{index}")).upsert()).await;
        assert!(id > last, "{id} comes after {last}");
        if index == 0 {
            assert_eq!(id, ContactId(1));
        }
        last = id;
    }
}

pub async fn what_is_not_sent_is_kept(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f
        .id(api_call()
            .external("a")
            .email("a@example.com")
            .first("Ann")
            .town("Kyiv")
            .upsert())
        .await;
    assert_eq!(f.id(api_call().external("a").first("Anna").upsert()).await, id);
    let contact: Contact = f.contact(id).await;
    assert_eq!(contact.attributes.text(AttributeKey::FirstName), Some("Anna"));
    assert_eq!(contact.attributes.text(AttributeKey::Town), Some("Kyiv"));
    assert_eq!(contact.visible(IdentifierKind::Email).len(), 1);
}

pub async fn repeating_a_request_changes_nothing(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let builder = api_call()
        .external("a")
        .email("a@example.com")
        .cookie("c")
        .first("Ann")
        .segment("s");
    let id = f.id(builder.clone().upsert()).await;
    let before = f.contact(id).await;
    let again = f.decide(builder.clone().upsert()).await;
    assert_eq!(
        (again.outcome, again.contact, again.rule),
        (Outcome::Unchanged, Some(id), Rule::ExternalId)
    );
    let after = f.contact(id).await;
    assert_eq!(
        (after.created_at, after.updated_at),
        (before.created_at, before.updated_at)
    );
    assert_eq!(after, before, "nor when it was last seen, within the hour");
    assert_eq!(f.log(id).await.len(), 1);
    f.clock().advance_seconds(3600);
    f.decide(builder.upsert()).await;
    let later = f.contact(id).await;
    assert!(later.identifiers.iter().all(|held| held.last_seen == f.clock().now()));
    assert_eq!(f.log(id).await.len(), 1);
}

pub async fn setting_a_channel_keeps_the_others(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f
        .id(api_call()
            .external("a")
            .email("a@example.com")
            .sms("+380501234567")
            .mobile("app", "t1")
            .upsert())
        .await;
    f.id(api_call()
        .external("a")
        .email("b@example.com")
        .mobile("app", "t2")
        .upsert())
        .await;
    let contact = f.contact(id).await;
    assert_eq!(shown(&contact, ChannelType::Email), ["b@example.com"]);
    assert_eq!(shown(&contact, ChannelType::Sms), ["+380501234567"]);
    assert_eq!(
        shown(&contact, ChannelType::MobilePush),
        ["t1", "t2"],
        "push tokens are appended"
    );
}

pub async fn one_request_may_set_two_values_of_a_type(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f
        .id(api_call()
            .external("a")
            .email("b@example.com")
            .email("a@example.com")
            .upsert())
        .await;
    let mut emails = shown(&f.contact(id).await, ChannelType::Email);
    emails.sort();
    assert_eq!(emails, ["a@example.com", "b@example.com"]);
}

pub async fn one_phone_may_be_two_channels(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f
        .id(api_call()
            .external("a")
            .sms("+380501234567")
            .viber("+380501234567")
            .upsert())
        .await;
    let contact = f.contact(id).await;
    assert_eq!(
        contact
            .identifiers
            .iter()
            .filter(|held| held.kind() == Kind::Phone)
            .count(),
        1
    );
    assert_eq!(shown(&contact, ChannelType::Viber), shown(&contact, ChannelType::Sms));
    f.id(api_call().external("a").sms("+380671234567").upsert()).await;
    let contact = f.contact(id).await;
    assert_eq!(shown(&contact, ChannelType::Viber), ["+380501234567"]);
    assert_eq!(shown(&contact, ChannelType::Sms), ["+380671234567"]);
    f.id(api_call().external("a").viber("+380671234567").upsert()).await;
    assert!(
        f.holders(&identifier(Kind::Phone, "+380501234567").key)
            .await
            .is_empty()
    );
}

pub async fn the_text_typed_last_is_shown(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").email("Ann@example.com").upsert()).await;
    let decision = f
        .decide(api_call().external("a").email("ANN@example.com").upsert())
        .await;
    assert_eq!(decision.outcome, Outcome::Updated);
    assert_eq!(shown(&f.contact(id).await, ChannelType::Email), ["ANN@example.com"]);
}

pub async fn every_attribute_reads_back_and_clears(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let part = AddressPart::parse("вул. Хрещатик, 1 — \"Їжак\" 🦔 o'x %_\\").expect("an address");
    let inputs = [
        AttributeInput::first_name(Some(&FirstName::parse("Соломія").expect("a name"))),
        AttributeInput::last_name(Some(&LastName::parse("Крушельницька").expect("a name"))),
        AttributeInput::region(Some(&part)),
        AttributeInput::town(Some(&part)),
        AttributeInput::address(Some(&part)),
        AttributeInput::postcode(Some(&Postcode::parse("01001").expect("a postcode"))),
        AttributeInput::language(Some(&Language::parse("uk-UA").expect("a language"))),
        AttributeInput::time_zone(Some(&TimeZone::parse("Europe/Kyiv").expect("a time zone"))),
        AttributeInput::contact_key(Some(&ContactKey::parse("k-1").expect("a key"))),
    ];
    let builder = inputs
        .iter()
        .cloned()
        .fold(api_call().external("a"), RequestBuilder::attribute);
    let id = f.id(builder.upsert()).await;
    let contact = f.contact(id).await;
    for input in &inputs {
        assert_eq!(
            contact.attributes.get(input.key),
            input.value.as_ref(),
            "{:?}",
            input.key
        );
    }
    let clear = AttributeKey::BUILT_IN.map(|key| AttributeInput { key, value: None });
    let builder = clear
        .into_iter()
        .fold(api_call().external("a"), RequestBuilder::attribute);
    let decision = f.decide(builder.clone().upsert()).await;
    assert_eq!(
        decision.effects,
        [
            Effect::Replaced {
                identifier: identifier(Kind::ContactKey, "k-1")
            },
            Effect::Changed {
                attributes: AttributeKey::BUILT_IN.to_vec()
            }
        ]
    );
    let contact = f.contact(id).await;
    assert!(
        AttributeKey::BUILT_IN
            .iter()
            .all(|key| contact.attributes.get(*key).is_none())
    );
    assert_eq!(f.decide(builder.upsert()).await.outcome, Outcome::Unchanged);
}

pub async fn every_source_reads_back(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    for source in Source::ALL {
        let id = f.id(api_call().external(source.as_str()).source(source).upsert()).await;
        let contact = f.contact(id).await;
        assert_eq!((contact.source, contact.identifiers[0].source), (source, source));
    }
}

pub async fn what_tokens_carry_reads_back(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let device = Device {
        app_id: Some(app("app")),
        active: false,
        ..Device::default()
    };
    let web_push = WebPushSubscription {
        app_id: Some(app("7")),
        user_agent: Some("Mozilla/5.0 (Їжак)".to_owned()),
        ip: Some("192.0.2.1".to_owned()),
        ..WebPushSubscription::default()
    };
    let mobile = ChannelDetails {
        device: Some(device),
        ..ChannelDetails::default()
    };
    let web = ChannelDetails {
        web_push: Some(web_push),
        app: Some("7".to_owned()),
        ..ChannelDetails::default()
    };
    let builder = api_call()
        .external("a")
        .channel(
            ChannelType::MobilePush,
            identifier(Kind::MobilePush, "m"),
            mobile.clone(),
        )
        .channel(ChannelType::WebPush, identifier(Kind::WebPush, "w"), web.clone());
    let id = f.id(builder.upsert()).await;
    let contact = f.contact(id).await;
    assert_eq!(contact.visible(Kind::MobilePush)[0].details, mobile);
    assert_eq!(contact.visible(Kind::WebPush)[0].details, web);
}

pub async fn nothing_that_identifies_makes_no_contact(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let cases = [
        (api_call().first("Ann"), Rejection::NoIdentifier),
        (api_call().cookie("c"), Rejection::CookieAlone),
    ];
    for (builder, rejection) in cases {
        let decision = f.decide(builder.segment("s").upsert()).await;
        assert_eq!((decision.outcome, decision.contact), (Outcome::Rejected, None));
        assert_eq!(decision.rejection, Some(rejection));
    }
    assert!(f.all().await.is_empty());
    let segments = f
        .store()
        .segments(f.workspace, None, 0, 10)
        .await
        .expect("read segments");
    assert_eq!(segments.total, 0, "a refused command leaves nothing");
    assert_eq!(
        f.id(api_call().external("a").upsert()).await,
        ContactId(1),
        "not even a number"
    );
}

pub async fn an_update_by_number_never_creates(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let decision = f.decide(api_call().email("a@example.com").update(ContactId(77))).await;
    assert_eq!(
        (decision.outcome, decision.rejection),
        (Outcome::Rejected, Some(Rejection::ContactNotFound))
    );
    assert!(f.all().await.is_empty());
    assert!(f.details(ContactId(77)).await.is_none());
    assert!(f.details(ContactId(i64::MAX)).await.is_none());
    assert!(f.details(ContactId(-1)).await.is_none());
}

pub async fn an_update_restores(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().email("a@example.com").upsert()).await;
    f.decide(remove(id)).await;
    let decision = f.decide(api_call().first("Ann").update(id)).await;
    assert_eq!(
        (decision.outcome, decision.contact, decision.rule),
        (Outcome::Restored, Some(id), Rule::Restore)
    );
    assert_eq!(
        f.contact(id).await.attributes.text(AttributeKey::FirstName),
        Some("Ann")
    );
}

pub async fn an_external_id_of_another_contact_is_refused(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let holder = f.id(api_call().external("a").upsert()).await;
    let id = f.id(api_call().email("b@example.com").upsert()).await;
    let before = f.contact(id).await;
    let refused = f.decide(api_call().external("a").first("Bob").update(id)).await;
    assert_eq!(
        (refused.outcome, refused.rejection),
        (Outcome::Rejected, Some(Rejection::ExternalIdHeld { holder }))
    );
    assert_eq!(f.contact(id).await, before);
    f.decide(remove(holder)).await;
    let refused = f.decide(api_call().external("a").update(id)).await;
    assert_eq!(
        refused.rejection,
        Some(Rejection::ExternalIdHeld { holder }),
        "a removed contact keeps it"
    );
}

pub async fn a_removed_contact_is_removed_once(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").upsert()).await;
    assert_eq!(f.decide(remove(id)).await.outcome, Outcome::Removed);
    let again = f.decide(remove(id)).await;
    assert_eq!(
        (again.outcome, again.rejection),
        (Outcome::Rejected, Some(Rejection::ContactNotFound))
    );
    let other = f.id(api_call().external("b").upsert()).await;
    let merged = f.decide(merge(other, id)).await;
    assert_eq!(merged.rejection, Some(Rejection::ContactNotFound));
}

pub async fn the_most_recently_updated_of_several_is_taken(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    f.policy(|policy| policy.merge_unclaimed = false).await;
    let mut ids = Vec::new();
    for external in ["a", "b", "c"] {
        ids.push(f.id(api_call().external(external).upsert()).await);
    }
    for external in ["a", "b", "c"] {
        f.id(api_call().external(external).sms("+380501234567").town("x").upsert())
            .await;
        if external == "b" {
            break;
        }
    }
    f.id(api_call().external("a").town("y").upsert()).await;
    assert_eq!(
        f.would(api_call().sms("+380501234567").upsert()).await.contact,
        Some(ids[0])
    );
    f.id(api_call().external("b").town("y").upsert()).await;
    assert_eq!(
        f.would(api_call().sms("+380501234567").upsert()).await.contact,
        Some(ids[1])
    );
}

pub async fn stronger_identifiers_are_looked_at_first(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let order = [
        Kind::ExternalId,
        Kind::Email,
        Kind::Phone,
        Kind::Telegram,
        Kind::DeviceId,
        Kind::Cookie,
    ];
    let mut all = api_call();
    let mut ids = Vec::new();
    for kind in order {
        let [value, ..] = super::kinds::values(kind);
        let name = format!("owner-of-{kind}");
        let builder = if kind == Kind::ExternalId {
            api_call()
        } else {
            api_call().external(&name)
        };
        ids.push(f.id(builder.with(kind, value).upsert()).await);
        all = all.with(kind, value);
    }
    assert_eq!(f.would(all.clone().upsert()).await.contact, Some(ids[0]));
    for (index, kind) in order.iter().enumerate().skip(1) {
        let weaker = order[index..].iter().fold(api_call(), |builder, kind| {
            builder.with(*kind, super::kinds::values(*kind)[0])
        });
        assert_eq!(f.would(weaker.upsert()).await.contact, Some(ids[index]), "{kind}");
    }
}

pub async fn emails_answer_in_the_order_asked(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").email("One@Example.com").upsert()).await;
    let none = f.id(api_call().external("b").upsert()).await;
    let two = f.id(api_call().external("c").email("two@example.com").upsert()).await;
    let gone = f.id(api_call().external("d").email("gone@example.com").upsert()).await;
    let absorbed = f.id(api_call().device("d").upsert()).await;
    f.decide(remove(gone)).await;
    f.merge(one, absorbed).await;
    let ids = [two, gone, ContactId(999), absorbed, none, one];
    let found = f.store().emails(f.workspace, &ids).await.expect("read emails");
    let expected = [
        (two, "two@example.com"),
        (absorbed, "One@Example.com"),
        (one, "One@Example.com"),
    ];
    assert_eq!(found, expected.map(|(id, email)| (id, email.to_owned())));
    assert_eq!(f.store().emails(f.workspace, &[]).await.expect("read emails"), []);
}

//! The search order of each call, and what it may change.

use super::contacts::shown;
use crate::{Backend, Fixture, Kind, api_call, identifier, remove};
use selfsame_domain::values::{ChannelType, Source};
use selfsame_domain::{AttributeKey, ContactId, DedupeOn, Effect, NotLinkedReason, Outcome, Rule, SubscribeStatus};

pub async fn subscribing_never_changes_a_channel_that_exists(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f
        .id(api_call().external("a").email("a@example.com").first("Ann").upsert())
        .await;
    let builder = api_call()
        .external("a")
        .email("b@example.com")
        .sms("+380501234567")
        .first("Anna");
    let decision = f.decide(builder.subscribe()).await;
    assert_eq!((decision.outcome, decision.contact), (Outcome::Updated, Some(id)));
    let identifier = identifier(Kind::Email, "b@example.com");
    let kept = Effect::NotLinked {
        identifier: identifier.clone(),
        contact: None,
        reason: NotLinkedReason::ChannelExists,
    };
    assert!(decision.effects.contains(&kept), "{decision:?}");
    let contact = f.contact(id).await;
    assert_eq!(shown(&contact, ChannelType::Email), ["a@example.com"]);
    assert_eq!(shown(&contact, ChannelType::Sms), ["+380501234567"]);
    assert_eq!(contact.attributes.text(AttributeKey::FirstName), Some("Anna"));
    assert!(f.holders(&identifier.key).await.is_empty());
}

pub async fn subscribing_looks_at_no_token(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let holder = f
        .id(api_call().mobile("app", "t").email("holder@example.com").upsert())
        .await;
    let decision = f
        .decide(api_call().mobile("app", "t").sms("+380501234567").subscribe())
        .await;
    assert_eq!(decision.outcome, Outcome::Created);
    assert_ne!(decision.contact, Some(holder));
    assert_eq!(
        f.holders(&identifier_of_token()).await,
        [decision.contact.expect("a contact")],
        "it is claimed"
    );
}

fn identifier_of_token() -> selfsame_domain::IdentifierKey {
    identifier(Kind::MobilePush, "t").key
}

pub async fn subscribing_reports_the_state_of_the_email(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let builder = api_call().email("a@example.com").segment("news");
    let fresh = f.decide(builder.clone().subscribe()).await;
    assert_eq!(
        (fresh.outcome, fresh.email_status),
        (Outcome::Created, Some(SubscribeStatus::NeedConfirmation))
    );
    let id = fresh.contact.expect("a contact");
    assert_eq!(f.contact(id).await.source, Source::Subscription);
    f.id(api_call().email("a@example.com").upsert()).await;
    assert!(
        f.contact(id).await.visible(Kind::Email)[0].confirmed,
        "an upsert confirms"
    );
    let again = f.decide(builder.clone().subscribe()).await;
    assert_eq!(again.email_status, Some(SubscribeStatus::AlreadySubscribed));
    let more = f.decide(builder.segment("sales").subscribe()).await;
    assert_eq!(more.email_status, Some(SubscribeStatus::Subscribed));
    assert!(
        f.contact(id).await.visible(Kind::Email)[0].confirmed,
        "subscribing does not take it back"
    );
    let phone = f.decide(api_call().sms("+380501234567").subscribe()).await;
    assert_eq!(phone.email_status, None);
    f.id(api_call().email("a@example.com").sms("+380671234567").upsert())
        .await;
    let unnamed = f.decide(api_call().sms("+380671234567").subscribe()).await;
    assert_eq!(
        (unnamed.contact, unnamed.email_status),
        (Some(id), None),
        "it names no email"
    );
}

pub async fn subscribing_restores(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").upsert()).await;
    f.decide(remove(id)).await;
    let decision = f
        .decide(api_call().external("a").email("a@example.com").subscribe())
        .await;
    assert_eq!(
        (decision.outcome, decision.contact, decision.rule),
        (Outcome::Restored, Some(id), Rule::Restore)
    );
}

pub async fn subscribing_with_an_unknown_external_id_creates(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let holder = f.id(api_call().external("a").email("a@example.com").upsert()).await;
    let decision = f
        .decide(api_call().external("b").email("a@example.com").subscribe())
        .await;
    assert_eq!(decision.outcome, Outcome::Created);
    assert_eq!(
        f.holders(&identifier(Kind::Email, "a@example.com").key).await,
        [holder, decision.contact.expect("id")]
    );
}

pub async fn orders_create_and_never_change(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let order = api_call()
        .email("a@example.com")
        .sms("+380501234567")
        .first("Ann")
        .segment("buyers");
    let created = f.decide(order.order()).await;
    assert_eq!(created.outcome, Outcome::Created);
    let id = created.contact.expect("a contact");
    let before = f.contact(id).await;
    assert_eq!(
        (before.source, before.attributes.text(AttributeKey::FirstName)),
        (Source::Order, Some("Ann"))
    );
    assert_eq!(before.segments().len(), 1);
    let other = api_call()
        .email("a@example.com")
        .sms("+380671234567")
        .first("Bob")
        .segment("others");
    let found = f.decide(other.order()).await;
    assert_eq!((found.outcome, found.contact), (Outcome::Unchanged, Some(id)));
    assert_eq!(f.observable(id).await, selfsame_domain::ObservableContact::of(&before));
}

pub async fn orders_look_for_the_phone_before_the_email_and_adopt(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let by_email = f.id(api_call().email("a@example.com").upsert()).await;
    let by_phone = f.id(api_call().sms("+380501234567").upsert()).await;
    let order = api_call().external("e").email("a@example.com").sms("+380501234567");
    let decision = f.decide(order.order()).await;
    assert_eq!((decision.contact, decision.rule), (Some(by_phone), Rule::Adopt));
    assert_eq!(f.contact(by_phone).await.external_id(), Some("e"));
    assert_eq!(f.all().await, [by_email, by_phone], "an order merges no contacts");
}

pub async fn events_create_only_where_they_may(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let builder = api_call().email("a@example.com").first("Ann");
    let refused = f.decide(builder.clone().event(false)).await;
    assert_eq!((refused.outcome, refused.contact), (Outcome::Unmatched, None));
    assert!(f.all().await.is_empty());
    let created = f.decide(builder.event(true)).await;
    assert_eq!((created.outcome, f.all().await.len()), (Outcome::Created, 1));
}

pub async fn events_look_for_the_contact_number_first(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").upsert()).await;
    let two = f.id(api_call().external("b").upsert()).await;
    let both = f.decide(api_call().contact(one).external("b").event(false)).await;
    assert_eq!((both.contact, both.rule), (Some(one), Rule::ContactId));
    let not_linked = Effect::NotLinked {
        identifier: identifier(Kind::ExternalId, "b"),
        contact: Some(two),
        reason: NotLinkedReason::HeldByOther,
    };
    assert!(both.effects.contains(&not_linked), "{both:?}");
    let unknown = f
        .decide(api_call().contact(ContactId(999)).external("b").event(false))
        .await;
    assert_eq!((unknown.contact, unknown.rule), (Some(two), Rule::ExternalId));
}

pub async fn events_leave_a_removed_contact_alone(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").upsert()).await;
    f.decide(remove(id)).await;
    let decision = f.decide(api_call().external("a").event(true)).await;
    assert_eq!((decision.outcome, decision.contact), (Outcome::Unmatched, None));
    assert!(!f.is_there(id).await);
}

pub async fn app_tokens_are_appended(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").email("a@example.com").upsert()).await;
    for token in ["t1", "t2"] {
        let builder = api_call()
            .external("a")
            .email("b@example.com")
            .first("Bob")
            .with(Kind::Telegram, token);
        let decision = f.decide(builder.app_token()).await;
        assert_eq!((decision.outcome, decision.contact), (Outcome::Updated, Some(id)));
    }
    let contact = f.contact(id).await;
    assert_eq!(shown(&contact, ChannelType::Telegram), ["t1", "t2"]);
    assert_eq!(shown(&contact, ChannelType::Email), ["a@example.com"]);
    assert_eq!(contact.attributes.text(AttributeKey::FirstName), None);
}

pub async fn app_tokens_look_for_number_then_external_id_then_phone_then_email(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let number = f.id(api_call().external("n").upsert()).await;
    let external = f.id(api_call().external("e").upsert()).await;
    let phone = f.id(api_call().external("p").sms("+380501234567").upsert()).await;
    let email = f.id(api_call().external("m").email("a@example.com").upsert()).await;
    let token = || api_call().with(Kind::Telegram, "t");
    let all = token()
        .contact(number)
        .external("e")
        .sms("+380501234567")
        .email("a@example.com");
    assert_eq!(f.would(all.app_token()).await.contact, Some(number));
    let three = token().external("e").sms("+380501234567").email("a@example.com");
    assert_eq!(f.would(three.app_token()).await.contact, Some(external));
    let two = token().sms("+380501234567").email("a@example.com");
    assert_eq!(f.would(two.app_token()).await.contact, Some(phone));
    assert_eq!(
        f.would(token().email("a@example.com").app_token()).await.contact,
        Some(email)
    );
    assert_eq!(f.would(token().app_token()).await.outcome, Outcome::Created);
}

pub async fn bulk_adopts_the_match_without_an_external_id(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let claimed = f.id(api_call().external("other").sms("+380501234567").upsert()).await;
    let free = f
        .id(api_call().sms("+380671234567").email("x@example.com").upsert())
        .await;
    f.policy(|policy| policy.merge_unclaimed = false).await;
    f.id(api_call().email("x@example.com").sms("+380501234567").update(free))
        .await;
    f.id(api_call().external("other").town("later").upsert()).await;
    let decision = f
        .decide(
            api_call()
                .external("new")
                .sms("+380501234567")
                .bulk(DedupeOn::Sms, false),
        )
        .await;
    assert_eq!((decision.contact, decision.rule), (Some(free), Rule::Adopt));
    assert_eq!(f.contact(claimed).await.external_id(), Some("other"));
    let third = f
        .decide(
            api_call()
                .external("third")
                .sms("+380501234567")
                .bulk(DedupeOn::Sms, false),
        )
        .await;
    assert_eq!(
        third.outcome,
        Outcome::Created,
        "everybody who shares it has another external ID"
    );
    assert_eq!(
        f.contact(third.contact.expect("a contact")).await.source,
        Source::Import
    );
}

pub async fn bulk_takes_the_most_recently_updated(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").email("x@example.com").upsert()).await;
    let two = f.id(api_call().external("b").email("x@example.com").upsert()).await;
    let builder = || api_call().email("x@example.com").bulk(DedupeOn::Email, false);
    assert_eq!(f.would(builder()).await.contact, Some(two));
    f.id(api_call().external("a").town("Kyiv").upsert()).await;
    assert_eq!(f.would(builder()).await.contact, Some(one));
}

pub async fn bulk_restores_only_on_request(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").upsert()).await;
    f.decide(remove(id)).await;
    let builder = |restore| api_call().external("a").first("Ann").bulk(DedupeOn::Email, restore);
    let skipped = f.decide(builder(false)).await;
    assert_eq!((skipped.outcome, skipped.contact), (Outcome::Unmatched, None));
    assert!(!f.is_there(id).await);
    let restored = f.decide(builder(true)).await;
    assert_eq!((restored.outcome, restored.contact), (Outcome::Restored, Some(id)));
}

pub async fn bulk_looks_at_nothing_but_the_external_id_and_its_field(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let full = || {
        let builder = api_call().email("a@example.com").sms("+380501234567");
        builder.with(Kind::MobilePush, "m").with(Kind::WebPush, "w")
    };
    let holders = [Kind::Email, Kind::Phone, Kind::MobilePush, Kind::WebPush];
    let values = ["a@example.com", "+380501234567", "m", "w"];
    let mut ids = Vec::new();
    for (kind, value) in holders.into_iter().zip(values) {
        ids.push(
            f.id(api_call()
                .external(&format!("holder of {kind}"))
                .with(kind, value)
                .upsert())
                .await,
        );
    }
    let by = [DedupeOn::Email, DedupeOn::Sms, DedupeOn::MobilePush, DedupeOn::WebPush];
    for (dedupe_on, id) in by.into_iter().zip(&ids) {
        assert_eq!(
            f.would(full().bulk(dedupe_on, false)).await.contact,
            Some(*id),
            "{dedupe_on:?}"
        );
    }
    assert_eq!(
        f.would(full().bulk(DedupeOn::EmailOrSms, false)).await.contact,
        Some(ids[1]),
        "the phone first"
    );
    let email_only = api_call().email("a@example.com").bulk(DedupeOn::EmailOrSms, false);
    assert_eq!(f.would(email_only).await.contact, Some(ids[0]));
    assert_eq!(
        f.would(full().external("new").bulk(DedupeOn::ExternalCustomerId, false))
            .await
            .outcome,
        Outcome::Created
    );
    assert_eq!(
        f.would(full().contact(ids[3]).bulk(DedupeOn::Id, false)).await.contact,
        Some(ids[3])
    );
}

pub async fn bulk_by_number_lets_the_external_id_win(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").upsert()).await;
    let two = f.id(api_call().external("b").upsert()).await;
    let builder = api_call().external("a").contact(two).bulk(DedupeOn::Id, false);
    assert_eq!(f.would(builder).await.contact, Some(one));
    let free = f.id(api_call().device("d").upsert()).await;
    let builder = api_call().external("c").contact(free).bulk(DedupeOn::Id, false);
    assert_eq!(f.decide(builder).await.contact, Some(free));
    assert_eq!(f.contact(free).await.external_id(), Some("c"));
}

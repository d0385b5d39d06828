//! The state and the holders of app tokens.

use crate::{
    Backend, Fixture, Kind, RequestBuilder, api_call, app, erase, identifier, keep, merge_of, remove, token, undo,
};
use selfsame_domain::{
    Command, ContactId, Decision, Effect, HeldIdentifier, Identifier, IdentifierKey, KeyRecord, Outcome, Rejection,
    Rule, TokenChange,
};

fn change(text: &str, change: TokenChange) -> Command {
    Command::Token {
        app: app("app"),
        token: token(text),
        change,
    }
}

async fn owner(f: &Fixture<'_>, keys: &[IdentifierKey]) -> Option<(ContactId, HeldIdentifier)> {
    let found = f.store().token_owner(f.workspace, keys).await.expect("a token's owner");
    found.map(|owner| (owner.contact, owner.held))
}

/// A token of each kind in turn.
pub async fn a_token_is_activated_muted_and_unmuted(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    for kind in [Kind::MobilePush, Kind::WebPush, Kind::Telegram] {
        let text = kind.as_str();
        let id = f.id(api_call().external(text).with(kind, text).upsert()).await;
        let key = identifier(kind, text).key;
        let held = async || owner(&f, std::slice::from_ref(&key)).await.expect("an owner").1;
        let off = f.decide(change(text, TokenChange::Active(false))).await;
        assert_eq!(
            (off.outcome, off.contact, off.matched_by),
            (Outcome::Updated, Some(id), Some(key.clone()))
        );
        assert_eq!(held().await.details.device.map(|device| device.active), Some(false));
        assert_eq!(
            f.decide(change(text, TokenChange::Active(false))).await.outcome,
            Outcome::Unchanged
        );
        let until = off.at + chrono::TimeDelta::microseconds(1_234_567);
        f.decide(change(text, TokenChange::Mute { until })).await;
        assert_eq!(held().await.details.muted_until, Some(until), "to the microsecond");
        f.id(api_call().external(text).with(kind, text).upsert()).await;
        assert_eq!(
            held().await.details.muted_until,
            Some(until),
            "naming it again does not unmute"
        );
        assert_eq!(f.contact(id).await.visible(kind)[0].details, held().await.details);
        f.decide(change(text, TokenChange::Unmute)).await;
        assert_eq!(held().await.details.muted_until, None);
    }
}

pub async fn an_unknown_token_is_refused(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f
        .id(api_call()
            .external("a")
            .mobile("app", "t")
            .mobile("other", "o")
            .upsert())
        .await;
    for text in ["unknown", "o", "T"] {
        let decision = f.decide(change(text, TokenChange::Active(true))).await;
        assert_eq!(
            (decision.outcome, decision.rejection),
            (Outcome::Rejected, Some(Rejection::TokenNotFound))
        );
    }
    f.decide(remove(id)).await;
    let decision = f.decide(change("t", TokenChange::Active(true))).await;
    assert_eq!(decision.rejection, Some(Rejection::TokenNotFound));
}

pub async fn the_owner_is_that_of_the_first_key_that_is_held(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").with(Kind::Telegram, "t").upsert()).await;
    let two = f
        .id(api_call().external("b").with(Kind::MobilePush, "t").upsert())
        .await;
    let gone = f.id(api_call().external("c").with(Kind::WebPush, "t").upsert()).await;
    f.decide(remove(gone)).await;
    let key = |kind| identifier(kind, "t").key;
    let found = async |keys: &[IdentifierKey]| owner(&f, keys).await.map(|(contact, held)| (contact, held.kind()));
    let unknown = identifier(Kind::DeviceId, "t").key;
    let keys = [
        unknown.clone(),
        key(Kind::WebPush),
        key(Kind::MobilePush),
        key(Kind::Telegram),
    ];
    assert_eq!(found(&keys).await, Some((two, Kind::MobilePush)));
    let keys = [key(Kind::Telegram), key(Kind::MobilePush)];
    assert_eq!(found(&keys).await, Some((one, Kind::Telegram)));
    assert_eq!(found(&[unknown, key(Kind::WebPush)]).await, None);
    assert_eq!(found(&[]).await, None);
}

pub async fn the_owner_of_an_absorbed_token_is_the_survivor(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").upsert()).await;
    let two = f.id(api_call().with(Kind::Telegram, "t").upsert()).await;
    let merge = f.merge(one, two).await;
    let key = identifier(Kind::Telegram, "t").key;
    let found = owner(&f, std::slice::from_ref(&key)).await.expect("an owner");
    assert_eq!((found.0, found.1.home), (one, two));
    let muted = f.decide(change("t", TokenChange::Active(false))).await;
    assert_eq!(muted.contact, Some(one));
    f.decide(crate::undo(merge)).await;
    let found = owner(&f, &[key]).await.expect("an owner");
    assert_eq!(
        (found.0, found.1.details.device.map(|device| device.active)),
        (two, Some(false))
    );
}

fn phone(device: &str, text: &str) -> RequestBuilder {
    api_call().device(device).with(Kind::MobilePush, text)
}

async fn tokens(f: &Fixture<'_>, id: ContactId) -> Vec<String> {
    let contact = f.contact(id).await;
    let held = contact.visible(Kind::MobilePush).into_iter();
    held.map(|held| held.identifier.typed.clone()).collect()
}

pub async fn a_new_token_of_a_device_replaces_the_old_one(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(phone("d1", "t1").external("a").upsert()).await;
    f.decide(phone("d2", "u1").external("a").upsert()).await;
    let decision = f.decide(phone("d1", "t2").external("a").upsert()).await;
    let old = identifier(Kind::MobilePush, "t1");
    let replaced = |decision: &Decision, identifier| decision.effects.contains(&Effect::Replaced { identifier });
    assert!(replaced(&decision, old.clone()), "{decision:?}");
    assert_eq!(tokens(&f, one).await, ["u1", "t2"]);
    assert_eq!(owner(&f, &[old.key]).await, None);
    let decision = f.decide(phone("d1", "t3").external("b").upsert()).await;
    assert!(replaced(&decision, identifier(Kind::MobilePush, "t2")), "{decision:?}");
    assert_eq!(tokens(&f, one).await, ["u1"], "the device's former owner");
    assert_eq!(f.log(one).await.last().map(|entry| entry.id), Some(decision.id));
}

pub async fn a_replaced_token_comes_back_with_the_undo(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let anonymous = f.id(phone("d1", "t1").publicly().upsert()).await;
    let before = f.observable(anonymous).await;
    let known = f.id(api_call().external("a").upsert()).await;
    let merged = f.decide(phone("d1", "t2").external("a").upsert()).await;
    assert_eq!(tokens(&f, known).await, ["t2"]);
    f.decide(phone("d1", "t1").external("a").upsert()).await;
    assert_eq!(tokens(&f, known).await, ["t1"], "it shows again, and replaces");
    f.decide(phone("d1", "t2").external("a").upsert()).await;
    f.decide(undo(merge_of(&merged))).await;
    assert_eq!(f.observable(anonymous).await, before);
    assert_eq!(tokens(&f, anonymous).await, ["t1"]);
    assert_eq!(tokens(&f, known).await, ["t2"]);
}

async fn tokens_of(f: &Fixture<'_>, id: ContactId) -> usize {
    f.contact(id).await.visible(Kind::MobilePush).len()
}

/// The two forms are one token of one contact, whichever is sent first.
pub async fn a_token_without_its_app_is_that_of_any_app(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let qualified = f.id(api_call().external("a").mobile("app", "t").upsert()).await;
    f.decide(api_call().nameless("t").event(true)).await;
    f.decide(keep(api_call().nameless("t").happened("seen"))).await;
    assert_eq!(f.happened(qualified).await, ["seen"]);
    let nameless = f.id(api_call().external("b").nameless("u").upsert()).await;
    assert_eq!(f.id(api_call().mobile("app", "u").upsert()).await, nameless);
    assert_eq!((tokens_of(&f, qualified).await, tokens_of(&f, nameless).await), (1, 1));
    let off = f.decide(change("u", TokenChange::Active(false))).await;
    assert_eq!(off.contact, Some(nameless));
    let claimed = f.id(api_call().external("c").nameless("t").upsert()).await;
    assert_eq!(f.id(api_call().mobile("app", "t").upsert()).await, claimed);
    assert_eq!(tokens_of(&f, qualified).await, 0);
    assert_eq!(f.all().await.len(), 3);
    f.check().await;
    let last = f.all().await;
    for id in last {
        f.decide(erase(id)).await;
    }
    for text in ["t", "u"] {
        let free = f.decide(api_call().nameless(text).event(false)).await;
        assert_eq!(free.outcome, Outcome::Unmatched);
    }
}

pub async fn the_latest_of_several_apps_is_meant(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").mobile("one", "t").upsert()).await;
    let two = f.id(api_call().external("b").mobile("two", "t").upsert()).await;
    assert_eq!(f.decide(api_call().nameless("t").event(false)).await.contact, Some(two));
    f.id(api_call().external("a").mobile("one", "t").upsert()).await;
    assert_eq!(f.decide(api_call().nameless("t").event(false)).await.contact, Some(one));
    assert_eq!((tokens_of(&f, one).await, tokens_of(&f, two).await), (1, 1));
}

pub async fn history_of_a_token_without_its_app_joins_the_claim(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let early = f.decide(keep(api_call().nameless("t").happened("early"))).await;
    assert_eq!(early.outcome, Outcome::Unmatched);
    let id = f.id(api_call().external("a").mobile("app", "t").upsert()).await;
    f.decide(keep(api_call().nameless("t").happened("late"))).await;
    let mut names = f.happened(id).await;
    names.sort();
    assert_eq!(names, ["early", "late"]);
    f.check().await;
}

/// The record of the token is found with and without its app (identity rule 8).
/// Events do not name the kind of a token.
pub async fn an_event_finds_a_token_of_any_kind(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    for (kind, text) in [(Kind::WebPush, "w"), (Kind::Telegram, "t"), (Kind::MobilePush, "m")] {
        let record_event = async |name: &str| f.decide(keep(api_call().nameless(text).happened(name))).await;
        assert_eq!(record_event("early").await.outcome, Outcome::Unmatched, "{kind}");
        let id = f.id(api_call().external(text).with(kind, text).upsert()).await;
        assert_eq!(f.happened(id).await, ["early"], "{kind}");
        let decision = record_event("late").await;
        assert_eq!((decision.contact, decision.effects), (Some(id), Vec::new()), "{kind}");
        assert_eq!(f.happened(id).await, ["early", "late"], "{kind}");
        assert_eq!(f.contact(id).await.identifiers.len(), 2, "{kind}: it is no other token");
        f.decide(erase(id)).await;
        for kind in [Kind::MobilePush, kind] {
            let plain = Identifier::token(kind, None, &token(text)).key;
            assert_eq!(f.lookup(&plain).await.record, KeyRecord::default());
        }
        assert_eq!(record_event("after").await.outcome, Outcome::Unmatched, "{kind}");
    }
    f.check().await;
}

/// Events of a shared identifier belong to the contact that used it last (identity rule 4).
pub async fn an_event_with_a_shared_identifier_goes_to_its_only_holder(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    let mut ids = Vec::new();
    for external in ["a", "b", "c", "d"] {
        ids.push(f.id(api_call().external(external).with(kind, "x").upsert()).await);
        f.decide(keep(api_call().with(kind, "x").happened(external))).await;
    }
    for (id, external) in ids.into_iter().zip(["a", "b", "c", "d"]) {
        assert_eq!(f.happened(id).await, [external]);
    }
}

pub async fn a_shared_identifier_gathers_one_anonymous_contact(backend: &mut dyn Backend, kind: Kind) {
    let f = Fixture::new(backend).await;
    for external in ["a", "b", "c"] {
        f.id(api_call().external(external).with(kind, "x").upsert()).await;
    }
    // A cookie alone creates no contact.
    let start = || match kind {
        Kind::Cookie => api_call().with(kind, "x").device("its own").upsert(),
        _ => api_call().with(kind, "x").upsert(),
    };
    let anonymous = f.decide(start()).await;
    assert_eq!(anonymous.outcome, Outcome::Created, "a known contact is not found");
    let again = f.decide(start()).await;
    assert_eq!((again.outcome, again.contact), (Outcome::Unchanged, anonymous.contact));
    let known = f.decide(api_call().external("d").with(kind, "x").upsert()).await;
    assert_eq!(known.outcome, Outcome::Created, "it is no evidence of a person");
}

pub async fn a_shared_token_is_no_evidence_without_its_app(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    for external in ["a", "b"] {
        f.id(api_call().external(external).mobile("app", "t").upsert()).await;
    }
    let third = f.decide(api_call().external("c").nameless("t").upsert()).await;
    let shared = |effect: &Effect| matches!(effect, Effect::Shared { now: true, .. });
    assert!(third.effects.iter().any(shared), "{third:?}");
    let found = f.would(api_call().nameless("t").upsert()).await;
    assert_eq!((found.outcome, found.rule), (Outcome::Created, Rule::NoMatch));
}

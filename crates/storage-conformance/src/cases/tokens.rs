//! The state of app tokens, and who holds one.

use crate::{Ask, Backend, Fixture, Kind, app, identifier, merge_of, remove, token, undo};
use selfsame_domain::{
    Command, ContactId, Decision, Effect, HeldIdentifier, IdentifierKey, Outcome, Rejection, TokenChange,
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
        let id = f.id(Ask::new().external(text).with(kind, text).upsert()).await;
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
        f.id(Ask::new().external(text).with(kind, text).upsert()).await;
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
        .id(Ask::new()
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
    let one = f.id(Ask::new().external("a").with(Kind::Telegram, "t").upsert()).await;
    let two = f
        .id(Ask::new().external("b").with(Kind::MobilePush, "t").upsert())
        .await;
    let gone = f.id(Ask::new().external("c").with(Kind::WebPush, "t").upsert()).await;
    f.decide(remove(gone)).await;
    let key = |kind| identifier(kind, "t").key;
    let found = async |keys: &[IdentifierKey]| owner(&f, keys).await.map(|(contact, held)| (contact, held.kind()));
    let nobody = identifier(Kind::DeviceId, "t").key;
    let keys = [
        nobody.clone(),
        key(Kind::WebPush),
        key(Kind::MobilePush),
        key(Kind::Telegram),
    ];
    assert_eq!(found(&keys).await, Some((two, Kind::MobilePush)));
    let keys = [key(Kind::Telegram), key(Kind::MobilePush)];
    assert_eq!(found(&keys).await, Some((one, Kind::Telegram)));
    assert_eq!(found(&[nobody, key(Kind::WebPush)]).await, None);
    assert_eq!(found(&[]).await, None);
}

pub async fn the_owner_of_an_absorbed_token_is_the_survivor(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(Ask::new().external("a").upsert()).await;
    let two = f.id(Ask::new().with(Kind::Telegram, "t").upsert()).await;
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

fn phone(device: &str, text: &str) -> Ask {
    Ask::new().device(device).with(Kind::MobilePush, text)
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
    let nobody = f.id(phone("d1", "t1").publicly().upsert()).await;
    let before = f.face(nobody).await;
    let known = f.id(Ask::new().external("a").upsert()).await;
    let merged = f.decide(phone("d1", "t2").external("a").upsert()).await;
    assert_eq!(tokens(&f, known).await, ["t2"]);
    f.decide(phone("d1", "t1").external("a").upsert()).await;
    assert_eq!(tokens(&f, known).await, ["t1"], "it shows again, and replaces");
    f.decide(phone("d1", "t2").external("a").upsert()).await;
    f.decide(undo(merge_of(&merged))).await;
    assert_eq!(f.face(nobody).await, before);
    assert_eq!(tokens(&f, nobody).await, ["t1"]);
    assert_eq!(tokens(&f, known).await, ["t2"]);
}

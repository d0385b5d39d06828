//! Erasure deletes everything about a contact.

use crate::{
    Backend, Fixture, Kind, RequestBuilder, api_call, by_external, email, erase, force_merge, identifier, keep, merge,
    merge_of, remove, undo,
};
use selfsame_application::{Replay, Submission};
use selfsame_domain::{
    Command, ContactId, Decision, Effect, IdentifierKey, KeyRecord, Outcome, Rejection, SubscribeStatus,
};

/// A contact with every kind of data, and the keys of its identifiers.
fn whole() -> (RequestBuilder, Vec<IdentifierKey>) {
    let kinds = [
        (Kind::ExternalId, "a"),
        (Kind::Email, "a@example.com"),
        (Kind::Phone, "+380501234567"),
        (Kind::MobilePush, "m"),
        (Kind::WebPush, "w"),
        (Kind::Telegram, "t"),
        (Kind::DeviceId, "d"),
        (Kind::Cookie, "c"),
    ];
    let builder = kinds
        .iter()
        .fold(api_call().first("Ann").segment("s"), |builder, (kind, text)| {
            builder.with(*kind, text)
        });
    (
        builder,
        kinds.iter().map(|(kind, text)| identifier(*kind, text).key).collect(),
    )
}

/// Asserts that no port returns the contacts or their identifiers.
async fn assert_forgotten(f: &Fixture<'_>, ids: &[ContactId], keys: &[IdentifierKey]) {
    let (store, workspace) = (f.store(), f.workspace);
    for id in ids {
        assert!(!f.is_there(*id).await);
        assert!(store.identity(workspace, *id).await.expect("read").is_none());
        assert!(store.log(workspace, *id, None, 10).await.expect("read").is_none());
        assert!(store.emails(workspace, &[*id]).await.expect("read").is_empty());
    }
    for key in keys {
        let lookup = f.lookup(key).await;
        assert_eq!(
            (lookup.record, lookup.holders),
            (KeyRecord::default(), Vec::new()),
            "{key:?}"
        );
        let owner = store.token_owner(workspace, std::slice::from_ref(key)).await;
        assert!(owner.expect("read").is_none());
    }
}

pub async fn nothing_is_left(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    f.create_category("news", "News").await;
    let (builder, mut keys) = whole();
    let (key, digest) = ("r1".to_owned(), vec![1; 32]);
    let replay = Some(Replay { key, digest });
    let submit = async |command| {
        let submission = Submission {
            replay: replay.clone(),
            ..Submission::of(command)
        };
        f.app().submit(f.workspace, submission).await.expect("submit")
    };
    let id = crate::contact_of(&submit(builder.clone().category("news").upsert()).await[0]);
    let absorbed = f.id(api_call().email("b@example.com").device("e").upsert()).await;
    keys.push(identifier(Kind::Email, "b@example.com").key);
    let merge = f.merge(id, absorbed).await;
    let decision = f.decide(erase(id)).await;
    assert_eq!((decision.outcome, decision.contact), (Outcome::Erased, Some(id)));
    assert_forgotten(&f, &[id, absorbed], &keys).await;
    assert!(f.all().await.is_empty());
    assert!(f.store().merge(f.workspace, merge).await.expect("read").is_none());
    assert!(f.store().merges(f.workspace, None, 10).await.expect("read").is_empty());
    assert_eq!(f.store().categories(f.workspace).await.expect("read")[0].1, 0);
    let again = submit(builder.upsert()).await;
    assert_eq!(again[0].outcome, Outcome::Created, "the recorded reply is gone");
    let fresh = crate::contact_of(&again[0]);
    assert!(fresh > absorbed, "numbers are never used again");
    assert_eq!(f.log(fresh).await, again);
    assert_eq!(f.identity(fresh).await.visitors.len(), 1);
    assert_eq!(f.contact(fresh).await.segments().len(), 1);
    assert_forgotten(&f, &[id, absorbed], &[]).await;
}

pub async fn the_absorbed_go_along_however_it_is_named(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    for (index, name) in ["own number", "absorbed number", "external ID", "absorbed external ID"]
        .iter()
        .enumerate()
    {
        f.enter_new_workspace(name).await;
        let mut ids = Vec::new();
        for external in ["a", "b", "c"] {
            ids.push(
                f.id(api_call().external(external).email("x@example.com").upsert())
                    .await,
            );
        }
        f.decide(force_merge(ids[1], ids[2])).await;
        f.decide(force_merge(ids[0], ids[1])).await;
        let command = match index {
            0 => erase(ids[0]),
            1 => erase(ids[2]),
            2 => Command::Remove {
                contact: by_external("a"),
                erase: true,
            },
            _ => Command::Remove {
                contact: by_external("c"),
                erase: true,
            },
        };
        assert_eq!(f.decide(command).await.contact, Some(ids[0]), "{name}");
        for id in ids {
            assert!(!f.is_there(id).await, "{name}");
        }
        assert!(
            f.lookup(&identifier(Kind::ExternalId, "c").key)
                .await
                .holders
                .is_empty()
        );
        f.check().await;
    }
}

pub async fn a_removed_contact_can_be_erased(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").upsert()).await;
    f.decide(remove(id)).await;
    assert_eq!(f.decide(erase(id)).await.outcome, Outcome::Erased);
    assert!(
        f.lookup(&identifier(Kind::ExternalId, "a").key)
            .await
            .holders
            .is_empty()
    );
    for command in [
        erase(id),
        erase(ContactId(999)),
        Command::Remove {
            contact: by_external("a"),
            erase: true,
        },
    ] {
        let decision = f.decide(command).await;
        assert_eq!(
            (decision.outcome, decision.rejection),
            (Outcome::Rejected, Some(Rejection::ContactNotFound))
        );
    }
}

pub async fn what_others_hold_is_kept(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f
        .id(api_call().external("a").email("x@example.com").segment("s").upsert())
        .await;
    let two = f
        .id(api_call().external("b").email("x@example.com").segment("s").upsert())
        .await;
    f.decide(Command::Unsubscribe {
        email: email("x@example.com"),
        unsubscribed: true,
    })
    .await;
    f.decide(erase(one)).await;
    let lookup = f.lookup(&identifier(Kind::Email, "x@example.com").key).await;
    assert_eq!(
        lookup.holders.iter().map(|holder| holder.contact).collect::<Vec<_>>(),
        [two]
    );
    assert!(lookup.record.unsubscribed_at.is_some());
    assert_eq!(f.contact(two).await.segments().len(), 1);
}

pub async fn logs_of_other_contacts_stay_and_are_redacted(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f
        .id(api_call()
            .external("gone-id")
            .mobile("app", "t")
            .device("gone-d")
            .upsert())
        .await;
    let two = f.id(api_call().external("b").mobile("app", "s").upsert()).await;
    f.decide(api_call().external("b").mobile("app", "t").upsert()).await;
    let taken = f
        .decide(
            api_call()
                .external("gone-id")
                .mobile("app", "s")
                .email("gone@example.com")
                .upsert(),
        )
        .await;
    let held = f.decide(api_call().external("gone-id").update(two)).await;
    assert_eq!(held.rejection, Some(Rejection::ExternalIdHeld { holder: one }));
    let before = f.log(two).await;
    assert_eq!(before.len(), 4);
    f.decide(erase(one)).await;
    let after = f.log(two).await;
    let outline = |log: &[Decision]| -> Vec<_> {
        log.iter()
            .map(|decision| (decision.id, decision.at, decision.call.clone(), decision.outcome))
            .collect()
    };
    assert_eq!(outline(&after), outline(&before), "every decision is still there");
    assert_eq!(after[0], before[0], "one that does not concern it is as it was");
    let from = ContactId::ERASED;
    assert!(
        matches!(&after[1].effects[..], [Effect::Moved { from, identifier }] if *from == ContactId::ERASED
            && identifier.typed == "t"),
        "what two holds is still listed: {after:?}"
    );
    assert_eq!((after[2].contact, after[2].redacted), (Some(from), true));
    assert!(
        matches!(&after[2].effects[..], [Effect::Moved { from, identifier }] if *from == two
            && identifier.typed == "erased" && identifier.kind() == Kind::MobilePush),
        "{after:?}"
    );
    assert_eq!(after[3].rejection, Some(Rejection::ExternalIdHeld { holder: from }));
    let read = f.store().decision(f.workspace, taken.id).await.expect("read");
    assert_eq!(read.as_ref(), Some(&after[2]));
    assert!(!format!("{after:?}").contains("gone"));
    assert_eq!(f.holders(&identifier(Kind::MobilePush, "t").key).await, [two]);
}

pub async fn the_log_of_a_former_survivor_forgets_what_it_answered_for(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let survivor = f.id(api_call().external("a").upsert()).await;
    let other = f.id(api_call().external("b").upsert()).await;
    let absorbed = f
        .id(api_call().email("gone@example.com").device("gone-d").upsert())
        .await;
    let merge = f.merge(survivor, absorbed).await;
    let matched = f
        .decide(api_call().email("gone@example.com").first("Ann").upsert())
        .await;
    assert_eq!(matched.contact, Some(survivor));
    f.decide(Command::Unsubscribe {
        email: email("gone@example.com"),
        unsubscribed: true,
    })
    .await;
    f.decide(api_call().external("a").email("a@example.com").upsert()).await;
    f.decide(undo(merge)).await;
    f.decide(api_call().external("b").device("gone-d").upsert()).await;
    let before = f.log(survivor).await;
    assert!(format!("{before:?}").contains("gone"));
    f.decide(erase(absorbed)).await;
    let after = f.log(survivor).await;
    assert_eq!(after.len(), before.len());
    let text = format!("{after:?}");
    assert!(!text.contains("gone") && text.contains("a@example.com"), "{text}");
    assert!(!format!("{:?}", f.log(other).await).contains("ContactId(3)"));
}

pub async fn a_decision_that_concerns_two_contacts_is_redacted_twice(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").mobile("app", "t").upsert()).await;
    let two = f.id(api_call().external("b").mobile("app", "u").upsert()).await;
    let three = f.id(api_call().external("c").upsert()).await;
    f.decide(api_call().external("c").mobile("app", "t").mobile("app", "u").upsert())
        .await;
    for id in [one, two] {
        f.decide(erase(id)).await;
    }
    let log = f.log(three).await;
    let from = |effect: &Effect| matches!(effect, Effect::Moved { from, .. } if *from == ContactId::ERASED);
    assert_eq!(
        log[1].effects.iter().filter(|effect| from(effect)).count(),
        2,
        "{log:?}"
    );
}

pub async fn numbers_stay_used_after_a_restart(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").upsert()).await;
    f.decide(erase(id)).await;
    f.reopen().await;
    let next = f.id(api_call().external("a").upsert()).await;
    assert!(next > id);
    assert!(!f.is_there(id).await);
}

pub async fn erasing_within_a_submission_takes_what_came_before(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f
        .id(api_call().external("a").email("a@example.com").cookie("c").upsert())
        .await;
    let commands = vec![
        api_call().external("a").sms("+380501234567").segment("s").upsert(),
        erase(id),
        api_call().external("a").email("a@example.com").cookie("c").upsert(),
    ];
    let decisions = f.decide_all(commands).await;
    let outcomes: Vec<Outcome> = decisions.iter().map(|decision| decision.outcome).collect();
    assert_eq!(outcomes, [Outcome::Updated, Outcome::Erased, Outcome::Created]);
    let fresh = decisions[2].contact.expect("a contact");
    assert_ne!(fresh, id);
    assert!(!f.is_there(id).await);
    assert_eq!(f.all().await, [fresh]);
    assert_eq!(f.log(fresh).await, [decisions[2].clone()]);
    assert!(
        f.lookup(&identifier(Kind::Phone, "+380501234567").key)
            .await
            .holders
            .is_empty()
    );
    assert_eq!(f.identity(fresh).await.visitors.len(), 1);
}

pub async fn a_contact_created_and_erased_in_one_batch_leaves_nothing(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let other = f.id(api_call().external("b").mobile("app", "t").upsert()).await;
    let made = api_call()
        .external("a")
        .email("a@example.com")
        .mobile("app", "t")
        .cookie("c")
        .upsert();
    let commands = vec![
        made,
        Command::Remove {
            contact: by_external("a"),
            erase: true,
        },
    ];
    let decisions = f.decide_all(commands).await;
    assert_eq!(
        (decisions[0].outcome, decisions[1].outcome),
        (Outcome::Created, Outcome::Erased)
    );
    let gone = decisions[0].contact.expect("a contact");
    assert!(!f.is_there(gone).await);
    assert_eq!(f.all().await, [other]);
    let log = f.log(other).await;
    assert_eq!((log.len(), log[1].contact), (2, Some(ContactId::ERASED)));
    assert!(!format!("{log:?}").contains("a@example.com"), "{log:?}");
    for key in [
        identifier(Kind::ExternalId, "a").key,
        identifier(Kind::MobilePush, "t").key,
    ] {
        let lookup = f.lookup(&key).await;
        assert!(lookup.holders.is_empty());
    }
    assert!(f.id(api_call().external("a").upsert()).await > gone);
}

pub async fn merging_and_erasing_at_once_leaves_neither(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f
        .id(api_call().external("a").email("a@example.com").cookie("c1").upsert())
        .await;
    let two = f
        .id(api_call()
            .email("b@example.com")
            .device("d")
            .cookie("c2")
            .segment("s")
            .upsert())
        .await;
    let three = f.id(api_call().device("e").upsert()).await;
    f.merge(two, three).await;
    let decisions = f.decide_all(vec![merge(one, two), erase(one)]).await;
    assert_eq!(
        (decisions[0].outcome, decisions[1].outcome),
        (Outcome::Merged, Outcome::Erased)
    );
    for id in [one, two, three] {
        assert!(!f.is_there(id).await);
    }
    assert!(f.all().await.is_empty());
    assert!(
        f.store()
            .merge(f.workspace, merge_of(&decisions[0]))
            .await
            .expect("read")
            .is_none()
    );
    assert!(
        f.lookup(&identifier(Kind::Email, "b@example.com").key)
            .await
            .holders
            .is_empty()
    );
    let fresh = f.id(api_call().external("n").cookie("c1").cookie("c2").upsert()).await;
    assert_eq!(f.identity(fresh).await.visitors.len(), 2);
}

pub async fn merges_of_others_and_recorded_replies_forget_what_was_on_the_way(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").upsert()).await;
    let two = f.id(api_call().sms("+380507654321").upsert()).await;
    let three = f.id(api_call().email("c@example.com").upsert()).await;
    let inner = f.merge(two, three).await;
    let replay = Some(Replay {
        key: "r1".to_owned(),
        digest: vec![1; 32],
    });
    // Has the email of the third contact, and only the number of the second.
    let replaces = Submission {
        replay: replay.clone(),
        ..Submission::of(api_call().sms("+380507654321").email("d@example.com").upsert())
    };
    let decisions = f.app().submit(f.workspace, replaces.clone()).await.expect("submit");
    assert!(format!("{decisions:?}").contains("c@example.com"), "{decisions:?}");
    let outer = f.merge(one, two).await;
    f.decide(undo(outer)).await;
    f.decide(undo(inner)).await;
    assert!(format!("{:?}", f.merge_record(outer).await).contains("c@example.com"));
    f.decide(erase(three)).await;
    let record = f.merge_record(outer).await;
    assert!(!format!("{record:?}").contains("c@example.com"), "{record:?}");
    assert!(
        format!("{record:?}").contains("+380507654321"),
        "others hold it: {record:?}"
    );
    let again = f.app().submit(f.workspace, replaces).await.expect("submit");
    assert!(
        !format!("{again:?}").contains("c@example.com"),
        "decided again: {again:?}"
    );
    assert_ne!(again[0].id, decisions[0].id);
}

pub async fn an_unsubscribed_address_stays_so(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let key = identifier(Kind::Email, "ann@example.com").key;
    for at_once in [false, true] {
        f.enter_new_workspace(if at_once { "at once" } else { "one by one" })
            .await;
        let id = f.id(api_call().external("a").email("ann@example.com").upsert()).await;
        let unsubscribe = Command::Unsubscribe {
            email: email("ann@example.com"),
            unsubscribed: true,
        };
        if at_once {
            f.decide_all(vec![unsubscribe, erase(id)]).await;
        } else {
            f.decide(unsubscribe).await;
            f.decide(erase(id)).await;
        }
        let left = f.lookup(&key).await;
        assert!(left.record.unsubscribed_at.is_some() && left.record.seen_with.is_empty() && left.holders.is_empty());
        let again = f.decide(api_call().email("ann@example.com").subscribe()).await;
        assert_eq!(again.email_status, Some(SubscribeStatus::Blacklisted));
    }
}

pub async fn what_was_named_but_never_held_is_forgotten(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let named = |text: &str| identifier(Kind::Email, text).key;
    for at_once in [false, true] {
        f.enter_new_workspace(if at_once { "at once" } else { "one by one" })
            .await;
        let id = f.id(api_call().external("a").email("first@example.com").upsert()).await;
        let commands = vec![
            api_call().external("a").email("second@example.com").upsert(),
            api_call().external("a").email("ordered@example.com").order(),
            keep(api_call().external("a").email("seen@example.com").happened("viewed")),
            keep(api_call().external("a").email("gone@example.com").happened("viewed")),
            keep(api_call().external("a").email("bob@example.com").happened("viewed")),
            api_call().external("b").email("bob@example.com").upsert(),
            Command::Unsubscribe {
                email: email("gone@example.com"),
                unsubscribed: true,
            },
        ];
        if at_once {
            f.decide_all(commands.into_iter().chain([erase(id)]).collect()).await;
        } else {
            for command in commands {
                f.decide(command).await;
            }
            f.decide(erase(id)).await;
        }
        let forgotten = ["first", "second", "ordered", "seen"].map(|name| named(&format!("{name}@example.com")));
        assert_forgotten(&f, &[id], &forgotten).await;
        let bob = f.lookup(&named("bob@example.com")).await;
        assert!(!bob.holders.is_empty() && !bob.record.seen_with.is_empty());
        let record = f.lookup(&named("gone@example.com")).await.record;
        assert!(record.unsubscribed_at.is_some(), "the address is still unsubscribed");
    }
}

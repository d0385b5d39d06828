//! A dry run decides like the real command, and writes nothing.

use super::kinds::{alone, sample, values};
use crate::{
    Backend, Fixture, Kind, Observation, api_call, erase, force_merge, identifier, merge_of, observe, remove, undo,
};
use selfsame_application::ports::{ReadAnswer, ReadRequest};
use selfsame_domain::{
    Command, ContactId, Decision, Effect, Footprint, FreshCount, IdentifierKind, MergeId, Policy, VisitorId,
};
use uuid::Uuid;

/// A decision without generated values and values derived from them.
fn plain(mut decision: Decision) -> Decision {
    decision.id.0 = Uuid::nil();
    decision.at = super::raw::at();
    for effect in &mut decision.effects {
        match effect {
            Effect::Merged { merge, .. } => *merge = MergeId(Uuid::nil()),
            Effect::VisitorAdopted { visitor } => *visitor = VisitorId(Uuid::nil()),
            _ => {}
        }
    }
    decision
}

async fn everything(f: &Fixture<'_>) -> Observation {
    let keys: Vec<_> = [Kind::ExternalId, Kind::Email, Kind::Phone, Kind::Telegram, Kind::Cookie]
        .map(|kind| sample(kind).key)
        .to_vec();
    observe(f.store(), f.workspace, ContactId(20), &keys).await
}

pub async fn decides_as_the_real_thing(backend: &mut dyn Backend, kind: IdentifierKind) {
    let f = Fixture::new(backend).await;
    let [value, ..] = values(kind);
    let commands = [
        alone(kind, value).segment("s").upsert(),
        api_call().external("e").with(kind, value).upsert(),
        api_call()
            .external("f")
            .with(kind, value)
            .sms("+380991234567")
            .subscribe(),
        remove(ContactId(1)),
        alone(kind, value).cookie("another").device("another").upsert(),
    ];
    for command in commands {
        let before = everything(&f).await;
        let would = f.would(command.clone()).await;
        assert_eq!(everything(&f).await, before, "a dry run leaves nothing");
        let does = f.decide(command).await;
        assert_eq!(plain(would), plain(does));
    }
}

pub async fn of_merges_and_undos_leaves_nothing(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").email("a@example.com").upsert()).await;
    let two = f
        .id(api_call().external("b").email("b@example.com").cookie("c").upsert())
        .await;
    let merge = merge_of(&f.decide(force_merge(one, two)).await);
    let three = f.id(api_call().external("c").upsert()).await;
    let policy = Policy {
        merge_unclaimed: false,
        ..Policy::default()
    };
    let segment = f.id(api_call().external("a").segment("s").upsert()).await;
    assert_eq!(segment, one);
    let segment = f.segment("s").await;
    let commands = [
        force_merge(three, one),
        undo(merge),
        erase(one),
        Command::Detach {
            segment,
            contacts: Vec::new(),
        },
        Command::SetPolicy(Box::new(policy)),
        Command::Unsubscribe {
            email: crate::email("a@example.com"),
            unsubscribed: true,
        },
        Command::CreateField(super::fields::field("k", crate::FieldType::Tags)),
    ];
    for command in commands {
        let before = (
            everything(&f).await,
            f.store().workspaces().await.expect("read workspaces"),
        );
        let would = f.would(command.clone()).await;
        let after = (
            everything(&f).await,
            f.store().workspaces().await.expect("read workspaces"),
        );
        assert_eq!(after, before, "{command:?}");
        assert_eq!(would.rejection, None);
    }
    let would = f.would(force_merge(three, one)).await;
    assert_eq!(plain(would), plain(f.decide(force_merge(three, one)).await));
}

pub async fn of_several_commands_builds_on_what_came_before(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let commands = vec![
        api_call().email("a@example.com").segment("s").upsert(),
        api_call().external("a").email("a@example.com").segment("s").upsert(),
        remove(ContactId(1)),
        api_call().external("a").upsert(),
    ];
    let would = f
        .app()
        .dry_run(f.workspace, commands.clone(), None)
        .await
        .expect("a dry run");
    assert!(f.all().await.is_empty());
    let does = f.decide_all(commands).await;
    assert_eq!(
        would.into_iter().map(plain).collect::<Vec<_>>(),
        does.into_iter().map(plain).collect::<Vec<_>>()
    );
}

pub async fn burns_no_numbers(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let command = || api_call().external("a").segment("s").upsert();
    for _ in 0..3 {
        assert_eq!(f.would(command()).await.contact, Some(ContactId(1)));
    }
    assert_eq!(f.id(command()).await, ContactId(1));
    assert_eq!(f.segment("s").await, selfsame_domain::SegmentId(1));
}

/// A dry run must neither wait for a big import nor delay it.
pub async fn neither_waits_nor_holds_up(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").email("a@example.com").upsert()).await;
    let key = identifier(Kind::Email, "a@example.com").key;
    let footprint = Footprint {
        keys: [(key.clone(), true)].into(),
        contacts: [id].into(),
        fresh: FreshCount {
            contacts: 1,
            ..FreshCount::default()
        },
        ..Footprint::default()
    };
    let policy = f.store().policy(f.workspace).await.expect("the policy").revision;
    let request = ReadRequest {
        policy,
        footprint,
        ..ReadRequest::default()
    };
    let mut writer = f.store().exclusive(f.workspace).await.expect("begin");
    writer.read(&request).await.expect("read");
    let would = f.would(api_call().email("a@example.com").first("Ann").upsert()).await;
    assert_eq!(would.contact, Some(id));
    let read = f.another().read(f.workspace, &request).await.expect("read");
    let ReadAnswer::State(state) = read else {
        panic!("the policy was not changed: {read:?}")
    };
    assert_eq!(state.snapshot.contacts.keys().copied().collect::<Vec<_>>(), [id]);
    drop(writer);
    f.id(api_call().email("a@example.com").first("Ann").upsert()).await;
}

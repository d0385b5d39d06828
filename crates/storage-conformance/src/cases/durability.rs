//! Acknowledged writes survive a restart.

use super::kinds::{alone, sample, values};
use crate::{Backend, FieldType, Fixture, Kind, api_call, category_key, email, force_merge, observe, remove, undo};
use selfsame_application::ports::ReadRequest;
use selfsame_domain::values::CategoryName;
use selfsame_domain::{Command, ContactId, Footprint, IdentifierKind, Policy};
use std::future::Future;
use std::pin::pin;
use std::task::Poll;

pub async fn an_identifier_outlives_a_restart(backend: &mut dyn Backend, kind: IdentifierKind) {
    let mut f = Fixture::new(backend).await;
    let [value, ..] = values(kind);
    let id = f.id(alone(kind, value).first("Ann").upsert()).await;
    let before = f.contact(id).await;
    f.reopen().await;
    assert_eq!(f.holders(&sample(kind).key).await, [id]);
    assert_eq!(crate::sorted(f.contact(id).await), crate::sorted(before));
    assert_eq!(f.id(api_call().with(kind, value).upsert()).await, id);
}

pub async fn everything_outlives_a_restart(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let create = Command::CreateCategory {
        key: category_key("n"),
        name: CategoryName::parse("N").expect("a name"),
    };
    f.decide(create).await;
    let field = super::fields::create(&f, super::fields::field("k", FieldType::Decimal)).await;
    let builder = api_call()
        .external("a")
        .email("a@example.com")
        .cookie("c")
        .category("n")
        .segment("s")
        .first("Ann");
    let one = f.id(builder.field(field, Some("1.50")).upsert()).await;
    let two = f
        .id(api_call()
            .external("b")
            .email("b@example.com")
            .mobile("app", "t")
            .cookie("d")
            .upsert())
        .await;
    let three = f.id(api_call().device("d").town("Lviv").upsert()).await;
    let first = crate::merge_of(&f.decide(force_merge(one, two)).await);
    f.merge(one, three).await;
    f.decide(undo(first)).await;
    f.decide(remove(two)).await;
    f.decide(Command::Unsubscribe {
        email: email("a@example.com"),
        unsubscribed: true,
    })
    .await;
    f.policy(|policy| policy.shared_threshold = 7).await;
    let keys: Vec<_> = [
        crate::identifier(Kind::ExternalId, "a"),
        crate::identifier(Kind::ExternalId, "b"),
        crate::identifier(Kind::Email, "a@example.com"),
        crate::identifier(Kind::MobilePush, "t"),
    ]
    .map(|identifier| identifier.key)
    .to_vec();
    let before = observe(f.store(), f.workspace, ContactId(5), &keys).await;
    let workspaces = f.store().workspaces().await.expect("read workspaces");
    f.reopen().await;
    assert_eq!(observe(f.store(), f.workspace, ContactId(5), &keys).await, before);
    assert_eq!(f.store().workspaces().await.expect("read workspaces"), workspaces);
    assert_eq!(
        workspaces[0].policy,
        Policy {
            shared_threshold: 7,
            ..Policy::default()
        }
    );
    assert!(f.id(api_call().external("new").upsert()).await > three, "numbers go on");
    f.check().await;
}

pub async fn another_server_sees_what_was_acknowledged(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let another = f.another();
    for index in 0..5 {
        let id = f
            .id(api_call()
                .external(&format!("e{index}"))
                .email("a@example.com")
                .upsert())
            .await;
        let read = another
            .contact(f.workspace, id)
            .await
            .expect("read")
            .expect("the contact");
        assert_eq!(crate::sorted(read.contact), crate::sorted(f.contact(id).await));
        f.decide(remove(id)).await;
        assert!(another.contact(f.workspace, id).await.expect("read").is_none());
    }
    let keys = [sample(Kind::Email).key];
    let mine = observe(f.store(), f.workspace, ContactId(9), &keys).await;
    assert_eq!(observe(&*another, f.workspace, ContactId(9), &keys).await, mine);
}

pub async fn a_dropped_transaction_leaves_nothing(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").upsert()).await;
    let before = observe(f.store(), f.workspace, ContactId(5), &[]).await;
    let begin = async || f.store().exclusive(f.workspace).await.expect("begin");
    drop(begin().await);
    let request = ReadRequest {
        policy: f.store().policy(f.workspace).await.expect("the policy").revision,
        footprint: Footprint {
            contacts: [id].into(),
            ..Footprint::default()
        },
        reply_keys: vec!["k".to_owned()],
        now: super::raw::at(),
    };
    let mut transaction = begin().await;
    transaction.read(&request).await.expect("read");
    let meanwhile = observe(&*f.another(), f.workspace, ContactId(5), &[]).await;
    assert_eq!(meanwhile, before, "readers do not wait");
    drop(transaction);
    assert_eq!(
        f.id(api_call().external("b").upsert()).await,
        ContactId(id.0 + 1),
        "and nothing is locked"
    );
    f.decide(crate::erase(ContactId(id.0 + 1))).await;
    f.reopen().await;
    assert_eq!(observe(f.store(), f.workspace, ContactId(5), &[]).await, before);
}

/// A client that disconnects does not stop its submission.
pub async fn a_dropped_submission_is_done_all_the_same(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    for index in 0..20 {
        let command = api_call().external(&format!("e{index}")).upsert();
        let mut submitted = pin!(
            f.app()
                .submit(f.workspace, selfsame_application::Submission::of(command))
        );
        // Polled once: the submission is accepted, and no caller waits for the answer.
        let first: Poll<_> = std::future::poll_fn(|context| Poll::Ready(submitted.as_mut().poll(context))).await;
        drop(first);
    }
    f.app().close().await;
    assert_eq!(f.all().await.len(), 20);
    f.reopen().await;
    assert_eq!(f.all().await.len(), 20);
}

pub async fn a_closed_server_takes_nothing_and_loses_nothing(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let submit = |index: usize| {
        let command = api_call().external(&format!("e{index}")).upsert();
        let (app, workspace) = (f.app().clone(), f.workspace);
        tokio::spawn(async move {
            app.submit(workspace, selfsame_application::Submission::of(command))
                .await
        })
    };
    let tasks: Vec<_> = (0..50).map(submit).collect();
    tokio::task::yield_now().await;
    f.app().close().await;
    let mut done = 0;
    for task in tasks {
        done += usize::from(task.await.expect("a task").is_ok());
    }
    assert_eq!(
        f.all().await.len(),
        done,
        "who was answered is there, who was refused is not"
    );
    assert_eq!(f.app().lane_depth(), 0);
}

//! Recorded replies: idempotency keys and the detection of duplicated requests.

use super::raw::{at, recorded, recorded_at, write};
use crate::{Backend, Fixture, RequestBuilder, api_call, keep, remove};
use chrono::TimeDelta;
use selfsame_application::ports::Recorded;
use selfsame_application::{Replay, Submission, SubmitError};
use selfsame_domain::{ChangeSet, Command, ContactId, Decision, Outcome, Rejection};
use std::collections::BTreeSet;

const DAY: i64 = 24 * 3600;

fn keyed(key: &str, digest: u8, command: Command) -> Submission {
    Submission {
        replay: Some(Replay {
            key: key.to_owned(),
            digest: vec![digest; 32],
        }),
        ..Submission::of(command)
    }
}

fn upsert(external: &str) -> Command {
    api_call().external(external).town("Kyiv").upsert()
}

async fn submit(f: &Fixture<'_>, submission: Submission) -> Result<Vec<Decision>, SubmitError> {
    f.app().submit(f.workspace, submission).await
}

async fn answered(f: &Fixture<'_>, submission: Submission) -> Vec<Decision> {
    submit(f, submission).await.expect("submit")
}

pub async fn the_same_request_gets_the_same_answer(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let first = answered(&f, keyed("k", 1, upsert("a"))).await;
    f.id(api_call().external("a").town("Lviv").upsert()).await;
    f.clock().advance_seconds(DAY - 2);
    let second = answered(&f, keyed("k", 1, upsert("a"))).await;
    assert_eq!(first, second);
    assert_eq!(f.log(ContactId(1)).await.len(), 2, "nothing was done again");
}

pub async fn another_request_under_the_same_key_is_refused(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    answered(&f, keyed("k", 1, upsert("a"))).await;
    let refused = submit(&f, keyed("k", 2, upsert("b"))).await;
    assert!(matches!(refused, Err(SubmitError::ReplayMismatch)), "{refused:?}");
    assert_eq!(f.all().await.len(), 1);
}

pub async fn a_key_is_free_again_after_a_day(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    answered(&f, keyed("k", 1, upsert("a"))).await;
    f.clock().advance_seconds(DAY + 1);
    let second = answered(&f, keyed("k", 2, upsert("b"))).await;
    assert_eq!(second[0].outcome, Outcome::Created);
    let again = answered(&f, keyed("k", 2, upsert("b"))).await;
    assert_eq!(again, second, "it stands for the new request now");
}

pub async fn refusals_and_whole_submissions_are_recorded_too(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let refused = answered(&f, keyed("refused", 1, remove(ContactId(999)))).await;
    assert_eq!(refused[0].rejection, Some(Rejection::ContactNotFound));
    assert_eq!(answered(&f, keyed("refused", 1, remove(ContactId(999)))).await, refused);
    let several = || Submission {
        commands: vec![upsert("a"), upsert("b"), upsert("a")],
        ..keyed("k", 1, upsert("x"))
    };
    let first = answered(&f, several()).await;
    assert_eq!(answered(&f, several()).await, first);
    let outcomes: Vec<Outcome> = first.iter().map(|decision| decision.outcome).collect();
    assert_eq!(outcomes, [Outcome::Created, Outcome::Created, Outcome::Unchanged]);
}

pub async fn answers_outlive_a_restart(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let first = answered(&f, keyed("k 🦔", 1, upsert("a"))).await;
    f.reopen().await;
    assert_eq!(answered(&f, keyed("k 🦔", 1, upsert("a"))).await, first);
    assert!(matches!(
        submit(&f, keyed("k 🦔", 2, upsert("a"))).await,
        Err(SubmitError::ReplayMismatch)
    ));
}

pub async fn another_server_knows_the_answer(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let first = answered(&f, keyed("k", 1, upsert("a"))).await;
    let second = f
        .second_server()
        .submit(f.workspace, keyed("k", 1, upsert("a")))
        .await
        .expect("submit");
    assert_eq!(first, second);
}

pub async fn one_key_at_once_from_two_servers_is_done_once(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let servers = [f.app().clone(), f.second_server()];
    for round in 0..5 {
        let tasks: Vec<_> = (0..10)
            .map(|index| {
                let (server, workspace) = (servers[index % 2].clone(), f.workspace);
                let command = api_call()
                    .external(&format!("e{round}"))
                    .device(&format!("d{round} {index}"))
                    .upsert();
                tokio::spawn(async move { server.submit(workspace, keyed(&format!("k{round}"), 1, command)).await })
            })
            .collect();
        let mut answers = BTreeSet::new();
        for task in tasks {
            let decisions = task.await.expect("a task").expect("submit");
            answers.insert(decisions[0].id);
        }
        assert_eq!(answers.len(), 1, "everybody gets the answer of the one that was done");
    }
    assert_eq!(f.all().await.len(), 5);
    f.check().await;
}

pub async fn keys_at_once_with_other_requests_are_refused(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let requests = (0..6_u8).map(|index| {
        f.app()
            .submit(f.workspace, keyed("k", index % 2, upsert(&format!("e{index}"))))
    });
    let answers = futures::future::join_all(requests).await;
    let refused = answers
        .iter()
        .filter(|answer| matches!(answer, Err(SubmitError::ReplayMismatch)))
        .count();
    assert_eq!(refused, 3);
    assert_eq!(f.all().await.len(), 1);
}

pub async fn keys_belong_to_their_workspace(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let first = answered(&f, keyed("k", 1, upsert("a"))).await;
    f.enter_new_workspace("two").await;
    let second = answered(&f, keyed("k", 2, upsert("b"))).await;
    assert_eq!(second[0].outcome, Outcome::Created);
    assert_ne!(first, second);
}

pub async fn the_longest_key_is_taken(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let key = "ї".repeat(300);
    let first = answered(&f, keyed(&key, 1, upsert("a"))).await;
    assert_eq!(answered(&f, keyed(&key, 1, upsert("a"))).await, first);
}

pub async fn pruning_deletes_what_expired(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    answered(&f, keyed("old", 1, upsert("a"))).await;
    f.clock().advance_seconds(DAY / 2);
    let young = answered(&f, keyed("young", 1, upsert("b"))).await;
    let now = |f: &Fixture<'_>| selfsame_application::ports::Clock::now(f.clock());
    assert_eq!(f.store().prune(now(&f)).await.expect("prune"), 0);
    f.clock().advance_seconds(DAY / 2 + 1);
    assert_eq!(f.store().prune(now(&f)).await.expect("prune"), 1);
    assert_eq!(f.store().prune(now(&f)).await.expect("prune"), 0);
    assert_eq!(answered(&f, keyed("young", 1, upsert("b"))).await, young);
    assert_eq!(f.all().await.len(), 2, "contacts stay");
}

pub async fn what_is_recorded_reads_back_whole(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let decisions = f
        .decide_all(vec![
            api_call().external("a").email("a@example.com").cookie("c").upsert(),
        ])
        .await;
    let expires_at = at() + TimeDelta::microseconds(999_999);
    let contacts = vec![ContactId(1), ContactId(2)];
    let record = Recorded {
        decisions,
        contacts,
        ..recorded("k", expires_at)
    };
    write(
        f.store(),
        f.workspace,
        &ChangeSet::default(),
        std::slice::from_ref(&record),
    )
    .await
    .expect("write");
    let read = async |keys: &[&str], now| recorded_at(&f, keys, now).await;
    assert_eq!(read(&["a", "k", "z"], at()).await, std::slice::from_ref(&record));
    assert_eq!(read(&["K"], at()).await, []);
    assert_eq!(read(&[], at()).await, []);
    assert_eq!(read(&["k"], expires_at).await, [], "it ends at its end");
    assert_eq!(
        read(&["k"], expires_at - TimeDelta::microseconds(1)).await,
        std::slice::from_ref(&record)
    );
    let newer = Recorded {
        digest: vec![9; 32],
        ..record
    };
    write(
        f.store(),
        f.workspace,
        &ChangeSet::default(),
        std::slice::from_ref(&newer),
    )
    .await
    .expect("write");
    assert_eq!(read(&["k"], at()).await, [newer], "a later record takes the place");
}

fn repeated(digest: u8, command: Command) -> Submission {
    Submission {
        duplicate_digest: Some(vec![digest; 32]),
        ..Submission::of(command)
    }
}

pub async fn repeated_requests_are_taken_unless_the_policy_says_otherwise(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    for _ in 0..2 {
        assert_eq!(answered(&f, repeated(1, upsert("a"))).await[0].rejection, None);
    }
}

pub async fn a_repeated_request_is_refused_within_the_window(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    f.policy(|policy| policy.duplicate_window_seconds = 60).await;
    assert_eq!(
        answered(&f, repeated(1, upsert("a"))).await[0].outcome,
        Outcome::Created
    );
    let again = answered(&f, repeated(1, upsert("a"))).await;
    assert_eq!(
        (again[0].outcome, &again[0].rejection),
        (Outcome::Rejected, &Some(Rejection::DuplicatedRequest))
    );
    assert_eq!(
        answered(&f, repeated(2, upsert("a"))).await[0].rejection,
        None,
        "another request is none"
    );
    f.clock().advance_seconds(59);
    let other = f
        .second_server()
        .submit(f.workspace, repeated(1, upsert("a")))
        .await
        .expect("submit");
    assert_eq!(
        other[0].rejection,
        Some(Rejection::DuplicatedRequest),
        "on every server"
    );
    f.clock().advance_seconds(2);
    assert_eq!(answered(&f, repeated(1, upsert("a"))).await[0].rejection, None);
}

pub async fn a_refused_request_may_be_repeated(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    f.policy(|policy| policy.duplicate_window_seconds = 60).await;
    for _ in 0..2 {
        let decisions = answered(&f, repeated(1, remove(ContactId(999)))).await;
        assert_eq!(decisions[0].rejection, Some(Rejection::ContactNotFound));
    }
}

pub async fn of_repeated_requests_at_once_one_is_taken(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    f.policy(|policy| policy.duplicate_window_seconds = 60).await;
    let servers = [f.app().clone(), f.second_server()];
    let requests = (0..8).map(|index| servers[index % 2].submit(f.workspace, repeated(1, upsert("a"))));
    let answers = futures::future::join_all(requests).await;
    let taken = answers
        .iter()
        .filter(|answer| answer.as_ref().is_ok_and(|all| all[0].rejection.is_none()))
        .count();
    assert_eq!(taken, 1);
}

pub async fn an_answer_about_a_removed_contact_goes_with_it(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let known = || api_call().external("a").device("d").cookie("c").mobile("app", "t");
    let event_of = |key, builder: RequestBuilder| keyed(key, 1, keep(builder.happened("viewed")));
    let id = f.id(known().upsert()).await;
    f.decide(remove(id)).await;
    let events = || {
        [
            event_of("external", api_call().external("a")),
            event_of("device", api_call().device("d")),
            event_of("cookie", api_call().cookie("c")),
            event_of("token", api_call().nameless("t")),
            event_of("number", api_call().contact(id).cookie("c")),
        ]
    };
    let mut first = Vec::new();
    for event in events() {
        first.push(answered(&f, event).await);
    }
    for (event, first) in events().into_iter().zip(&first) {
        assert_eq!(answered(&f, event).await, *first);
    }
    f.decide(crate::erase(id)).await;
    for (event, first) in events().into_iter().take(4).zip(&first) {
        assert_ne!(answered(&f, event).await, *first, "it is decided again");
    }
}

pub async fn a_replayed_answer_without_a_contact_names_no_identifier(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let event = || keyed("k", 1, keep(api_call().email("test@test.com").happened("viewed")));
    let first = answered(&f, event()).await;
    let again = answered(&f, event()).await;
    assert_eq!((first[0].id, first[0].outcome), (again[0].id, again[0].outcome));
    let named = |decision: &Decision| decision.identifiers().iter().any(|key| key.value.contains("test"));
    assert!(named(&first[0]) && !named(&again[0]), "{again:?}");
}

//! Correctness never depends on batching: the result of a batch equals that of its submissions one after the other.

use crate::support::{Answer, Fault, FaultKind, Point, Stand, accept_all, answers, occupy};
use proptest::prelude::*;
use selfsame_application::ports::IdentityView;
use selfsame_application::{LaneOptions, Replay, Submission};
use selfsame_domain::{Command, ContactId, Decision, Revision};
use selfsame_storage_conformance::{api_call, force_merge, remove};

/// Few values, so that commands share identifiers.
fn command() -> impl Strategy<Value = Command> {
    let builder = (0..4_u8, 0..4_u8, 0..4_u8).prop_map(|(external, email, device)| {
        let mut builder = api_call().device(&format!("d{device}"));
        if external > 0 {
            builder = builder.external(&format!("e{external}"));
        }
        if email > 0 {
            builder = builder.email(&format!("m{email}@example.com"));
        }
        builder.upsert()
    });
    let id = || (1..6_i64).prop_map(ContactId);
    prop_oneof![
        6 => builder,
        2 => id().prop_map(remove),
        1 => (id(), id()).prop_map(|(survivor, absorbed)| force_merge(survivor, absorbed)),
    ]
}

/// Few keys and digests, independent of the commands: the lane does not compare the commands.
fn submission() -> impl Strategy<Value = Submission> {
    let replay = proptest::option::of((0..4_u8, 0..4_u8));
    (
        proptest::collection::vec(command(), 1..3),
        replay,
        proptest::option::of(0..3_u8),
    )
        .prop_map(|(commands, replay, repeated)| Submission {
            commands,
            // Usually the same digest under the same key.
            replay: replay.map(|(key, other)| Replay {
                key: format!("k{key}"),
                digest: vec![u8::from(other == 0); 32],
            }),
            duplicate_digest: repeated.map(|digest| vec![digest; 32]),
            bytes: 0,
            import: None,
        })
}

/// The externally visible results.
#[derive(Debug, PartialEq)]
struct Observed {
    answers: Vec<Result<Vec<Decision>, String>>,
    contacts: Vec<(IdentityView, Vec<Decision>)>,
}

async fn play(batch_commands: usize, window: u32, submissions: &[Submission]) -> (Observed, usize) {
    let mut stand = Stand::with(LaneOptions {
        batch_commands,
        ..LaneOptions::default()
    });
    let (f, probe) = stand.fixture().await;
    f.policy(|policy| policy.duplicate_window_seconds = window).await;
    // A value that fails every write with it, and that commands contain only by chance: halving must not change results
    // either.
    probe.fault(Fault::new(FaultKind::Refused, Point::Write).only("m3@example.com"));
    let first = occupy(&f, &probe).await;
    let waiting = accept_all(&f, submissions.iter().cloned()).await;
    probe.open(f.workspace);
    first.decisions().await;
    let comparable = |answer: Answer| answer.map_err(|error| error.to_string());
    let answers = answers(waiting).await.into_iter().map(comparable).collect();
    f.check().await;
    let mut contacts = Vec::new();
    for id in f.all().await {
        let mut identity = f.identity(id).await;
        // Batching changes the number of commits.
        identity.contact.revision = Revision::default();
        // The order of this set shows only whether the identifiers were loaded or created in the same batch.
        for merge in &mut identity.merges {
            merge.moved.identifiers.sort();
        }
        contacts.push((identity, f.log(id).await));
    }
    let begins = probe.begins(f.workspace);
    (Observed { answers, contacts }, begins)
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder
        .enable_time()
        .start_paused(true)
        .build()
        .expect("build a runtime")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn a_batch_is_decided_as_if_one_came_after_the_other(
        submissions in proptest::collection::vec(submission(), 1..12),
        window in prop_oneof![Just(0), Just(60_u32)],
    ) {
        let runtime = runtime();
        let (alone, _) = runtime.block_on(play(1, window, &submissions));
        let (some, _) = runtime.block_on(play(4, window, &submissions));
        let (all, _) = runtime.block_on(play(256, window, &submissions));
        prop_assert_eq!(&some, &alone);
        prop_assert_eq!(&all, &alone);
    }
}

//! Jobs: work that continues after its request was answered.

use crate::{Backend, Fixture};
use chrono::TimeDelta;
use selfsame_application::ports::{
    AttemptEnd, Clock, Held, Holding, Ids, Job, JobId, JobKind, JobState, Lease, LeaseRequest, NewJob, StorageError,
};
use selfsame_domain::{Timestamp, WorkspaceId};
use uuid::Uuid;

const ONE: Uuid = Uuid::from_u128(1);
const TWO: Uuid = Uuid::from_u128(2);

fn new_job(f: &Fixture<'_>, queue: &str) -> NewJob {
    NewJob {
        workspace: f.workspace,
        id: JobId(f.ids().uuid(f.clock().now())),
        kind: JobKind::Import,
        queue: queue.to_owned(),
        payload: "їжак 🦔".to_owned(),
        not_before: f.clock().now(),
        created_at: f.clock().now(),
    }
}

async fn enqueue(f: &Fixture<'_>, queue: &str) -> JobId {
    let job = new_job(f, queue);
    f.store().enqueue(&job).await.expect("enqueue");
    job.id
}

async fn lease_with(f: &Fixture<'_>, owner: Uuid, per_workspace: u32) -> Option<Job> {
    let now = f.clock().now();
    let until = now + TimeDelta::seconds(10);
    let request = LeaseRequest {
        kind: JobKind::Import,
        per_workspace,
        now,
        lease: Lease { owner, until },
    };
    f.store().lease(&request).await.expect("lease")
}

async fn lease(f: &Fixture<'_>, owner: Uuid) -> Option<JobId> {
    lease_with(f, owner, 10).await.map(|job| job.job.id)
}

fn holding(f: &Fixture<'_>, job: JobId, owner: Uuid) -> Holding {
    Holding {
        workspace: f.workspace,
        job,
        owner,
    }
}

async fn end(f: &Fixture<'_>, job: JobId, owner: Uuid, end: AttemptEnd) -> bool {
    let ended = f
        .store()
        .end_attempt(&holding(f, job, owner), &end, f.clock().now())
        .await;
    ended.expect("end an attempt")
}

/// The heartbeat of the first worker.
async fn beat(f: &Fixture<'_>, job: JobId, until: Timestamp) -> Held {
    let holding = holding(f, job, ONE);
    let answer = f.store().heartbeat(&holding, f.clock().now(), until).await;
    answer.expect("heartbeat")
}

async fn state(f: &Fixture<'_>, job: JobId) -> JobState {
    read(f, job).await.state
}

async fn read(f: &Fixture<'_>, job: JobId) -> Job {
    f.store()
        .job(f.workspace, job)
        .await
        .expect("read a job")
        .expect("the job is there")
}

pub async fn a_job_is_leased_once_and_reads_back(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let new = new_job(&f, "q");
    f.store().enqueue(&new).await.expect("enqueue");
    let again = f.store().enqueue(&new).await;
    assert!(matches!(again, Err(StorageError::Conflict { .. })), "{again:?}");
    f.reopen().await;
    let leased = lease_with(&f, ONE, 1).await.expect("a job");
    let now = f.clock().now();
    let expected = Job {
        job: new.clone(),
        state: JobState::Running,
        attempts: 1,
        lease: Some(Lease {
            owner: ONE,
            until: now + TimeDelta::seconds(10),
        }),
        heartbeat_at: Some(now),
        is_cancelling: false,
        finished_at: None,
        error: None,
    };
    assert_eq!(leased, expected);
    assert_eq!(read(&f, new.id).await, expected);
    assert_eq!(lease(&f, TWO).await, None);
    let note = async |owner, payload| {
        let noted = f.store().note_progress(&holding(&f, new.id, owner), payload).await;
        noted.expect("note progress")
    };
    assert!(!note(TWO, "other").await, "not the holder");
    assert!(note(ONE, "half of it").await);
    assert_eq!(read(&f, new.id).await.job.payload, "half of it");
    f.clock().advance_seconds(1);
    assert!(!end(&f, new.id, TWO, AttemptEnd::Finished).await, "not the holder");
    assert!(end(&f, new.id, ONE, AttemptEnd::Finished).await);
    let ended = read(&f, new.id).await;
    assert_eq!(
        (ended.state, ended.lease, ended.finished_at),
        (JobState::Finished, None, Some(f.clock().now()))
    );
    assert!(!note(ONE, "more").await, "it is over");
    assert_eq!(lease(&f, TWO).await, None);
}

pub async fn jobs_of_a_queue_run_one_after_the_other(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let (first, second, other) = (enqueue(&f, "a").await, enqueue(&f, "a").await, enqueue(&f, "b").await);
    assert_eq!(lease(&f, ONE).await, Some(first));
    assert_eq!(lease(&f, TWO).await, Some(other));
    assert_eq!(lease(&f, TWO).await, None);
    let not_before = f.clock().now() + TimeDelta::seconds(5);
    let error = "no luck".to_owned();
    assert!(end(&f, first, ONE, AttemptEnd::Retry { error, not_before }).await);
    assert_eq!(
        lease(&f, ONE).await,
        None,
        "the second waits for the first, which waits for its time"
    );
    f.clock().advance_seconds(5);
    let again = lease_with(&f, ONE, 10).await.expect("the first");
    assert_eq!(
        (again.job.id, again.attempts, again.error.as_deref()),
        (first, 2, Some("no luck"))
    );
    assert!(end(&f, first, ONE, AttemptEnd::Finished).await);
    assert_eq!(lease(&f, ONE).await, Some(second));
}

pub async fn an_expired_lease_is_taken_over(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let job = enqueue(&f, "q").await;
    assert_eq!(lease(&f, ONE).await, Some(job));
    f.clock().advance_seconds(9);
    let now = f.clock().now();
    let until = now + TimeDelta::seconds(10);
    assert_eq!(beat(&f, job, until).await, Held::Yes);
    f.clock().advance_seconds(9);
    assert_eq!(lease(&f, TWO).await, None);
    f.clock().advance_seconds(1);
    let taken = lease_with(&f, TWO, 1).await.expect("the job");
    assert_eq!((taken.job.id, taken.attempts), (job, 2));
    let now = f.clock().now();
    assert_eq!(beat(&f, job, now + TimeDelta::seconds(10)).await, Held::No);
    assert!(!end(&f, job, ONE, AttemptEnd::Finished).await);
    assert!(end(&f, job, TWO, AttemptEnd::Released).await);
    let released = read(&f, job).await;
    assert_eq!((released.state, released.attempts), (JobState::Queued, 1));
    assert_eq!(lease(&f, ONE).await, Some(job));
}

pub async fn workspaces_take_turns_within_their_bound(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let mut first = Vec::new();
    for queue in ["a", "b", "c"] {
        first.push(enqueue(&f, queue).await);
    }
    f.enter_new_workspace("two").await;
    f.clock().advance_seconds(1);
    let second = enqueue(&f, "a").await;
    let leased = |job: Option<Job>| job.map(|job| job.job.id);
    assert_eq!(leased(lease_with(&f, ONE, 2).await), Some(first[0]));
    assert_eq!(
        leased(lease_with(&f, ONE, 2).await),
        Some(second),
        "the workspace that has none running"
    );
    assert_eq!(leased(lease_with(&f, ONE, 2).await), Some(first[1]));
    assert_eq!(leased(lease_with(&f, ONE, 2).await), None);
}

pub async fn a_queued_job_is_cancelled_and_a_running_one_is_asked_to_stop(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let (running, queued) = (enqueue(&f, "a").await, enqueue(&f, "a").await);
    assert_eq!(lease(&f, ONE).await, Some(running));
    let cancel = async |job| {
        f.store()
            .cancel_job(f.workspace, job, f.clock().now())
            .await
            .expect("cancel")
    };
    assert_eq!(cancel(queued).await, Some(JobState::Cancelled));
    assert_eq!(cancel(running).await, Some(JobState::Running));
    assert_eq!(cancel(JobId(ONE)).await, None);
    let now = f.clock().now();
    assert_eq!(beat(&f, running, now).await, Held::Cancelling);
    assert!(end(&f, running, ONE, AttemptEnd::Cancelled).await);
    assert_eq!(cancel(running).await, Some(JobState::Cancelled));
    assert_eq!(lease(&f, ONE).await, None);
}

pub async fn jobs_that_ended_are_deleted_after_a_time(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let (ended, open) = (enqueue(&f, "a").await, enqueue(&f, "a").await);
    assert_eq!(lease(&f, ONE).await, Some(ended));
    let error = "given up".to_owned();
    assert!(end(&f, ended, ONE, AttemptEnd::Failed { error }).await);
    assert_eq!(state(&f, ended).await, JobState::Failed);
    assert_eq!(f.store().prune_jobs(f.clock().now()).await.expect("prune"), 0);
    f.clock().advance_seconds(1);
    assert_eq!(f.store().prune_jobs(f.clock().now()).await.expect("prune"), 1);
    assert_eq!(f.store().job(f.workspace, ended).await.expect("read"), None);
    assert_eq!(state(&f, open).await, JobState::Queued);
}

pub async fn a_job_needs_its_workspace(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let job = NewJob {
        workspace: WorkspaceId(999),
        ..new_job(&f, "q")
    };
    let refused = f.store().enqueue(&job).await;
    assert!(matches!(refused, Err(StorageError::UnknownWorkspace)), "{refused:?}");
}

pub async fn of_workers_that_ask_at_once_one_gets_the_job(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let job = enqueue(&f, "q").await;
    let (store, another) = (f.store(), f.another());
    let now = f.clock().now();
    let request = |owner| LeaseRequest {
        kind: JobKind::Import,
        per_workspace: 2,
        now,
        lease: Lease {
            owner,
            until: now + TimeDelta::seconds(10),
        },
    };
    let (one, two) = (request(ONE), request(TWO));
    let (one, two) = futures::join!(store.lease(&one), another.lease(&two));
    let got: Vec<JobId> = [one, two]
        .into_iter()
        .filter_map(|got| got.expect("lease"))
        .map(|got| got.job.id)
        .collect();
    assert_eq!(got, [job]);
}

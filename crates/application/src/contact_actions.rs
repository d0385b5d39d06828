//! Putting all contacts that a formula chooses into a list, or taking them out of it.
//!
//! A job does it in steps, each a commit of its own. The payload of the job is the input and the progress, so that another server continues where one stopped.

use crate::app::Application;
use crate::jobs::{Attempt, Interruption, JobEnd, JobHandler};
use crate::ports::{Holding, Job, JobId, JobKind, JobState, MemberQuery, MembersFrom, NewJob, StorageError};
use crate::segments::SegmentError;
use crate::submit::Submission;
use async_trait::async_trait;
use selfsame_domain::segments::{Formula, Plan, print};
use selfsame_domain::{Command, ContactId, ContactRef, SegmentId, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How many contacts one step takes.
const STEP: u32 = 500;

/// What is done with each contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactAction {
    /// It is put into the list.
    AddToList,
    /// It is taken out of the list.
    RemoveFromList,
}

impl ContactAction {
    /// Every action.
    pub const ALL: [Self; 2] = [Self::AddToList, Self::RemoveFromList];

    /// The stable text of the action.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AddToList => "add_to_list",
            Self::RemoveFromList => "remove_from_list",
        }
    }
}

/// An action to start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAction {
    /// What is done.
    pub action: ContactAction,
    /// The list.
    pub list: SegmentId,
    /// Which contacts are chosen.
    pub formula: Formula,
}

/// The payload of the job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Work {
    input: NewAction,
    /// How many contacts the formula chose in the beginning.
    total: u64,
    /// How many contacts the steps took.
    done: u64,
    /// The last of them.
    after: ContactId,
}

/// An action, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionProgress {
    /// Its ID.
    pub id: JobId,
    /// What is done.
    pub input: NewAction,
    /// The formula in words.
    pub readable: String,
    /// The state of the job.
    pub state: JobState,
    /// Whether it is requested to stop.
    pub is_cancelling: bool,
    /// How many contacts the formula chose in the beginning.
    pub total: u64,
    /// How many contacts were taken so far: put into the list or taken out of it, or there or not there already.
    pub done: u64,
    /// When it was started.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Why the last attempt ended early.
    pub error: Option<String>,
}

/// Why an action is not started.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    /// The formula is wrong, or the storage failed.
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// The segment is not there, or is dynamic.
    #[error("must be the number of a static segment")]
    NotAList,
    /// The ID is that of another action.
    #[error("the idempotency key was used for another request")]
    OtherRequest,
}

impl From<StorageError> for ActionError {
    fn from(error: StorageError) -> Self {
        Self::Segment(error.into())
    }
}

impl Application {
    /// Starts an action, and returns it. An ID that the caller gives makes it start once, however often it is asked for.
    pub async fn start_action(
        &self,
        workspace: WorkspaceId,
        input: NewAction,
        id: Option<Uuid>,
    ) -> Result<ActionProgress, ActionError> {
        let definitions = self.store.definitions(workspace).await?;
        let plan = Plan::of(&input.formula, &definitions).map_err(SegmentError::Invalid)?;
        if !definitions.names.contains_key(&input.list) || definitions.is_dynamic(input.list) {
            return Err(ActionError::NotAList);
        }
        let now = self.clock.now();
        let work = Work {
            total: self.store.count_members(workspace, &plan, now).await?,
            done: 0,
            after: ContactId::NONE,
            input,
        };
        let job = NewJob {
            workspace,
            id: JobId(id.unwrap_or_else(|| self.ids.uuid(now))),
            kind: JobKind::ContactAction,
            queue: format!("list:{}", work.input.list),
            payload: payload(&work)?,
            not_before: now,
            created_at: now,
        };
        match self.store.enqueue(&job).await {
            Ok(()) => self.jobs.enqueued(),
            Err(StorageError::Conflict { .. }) if id.is_some() => {}
            Err(error) => return Err(error.into()),
        }
        let started = self.action(workspace, job.id).await?;
        started
            .filter(|known| known.input == work.input)
            .ok_or(ActionError::OtherRequest)
    }

    /// An action. It is kept for some days after its end.
    pub async fn action(&self, workspace: WorkspaceId, id: JobId) -> Result<Option<ActionProgress>, StorageError> {
        let job = self.store.job(workspace, id).await?;
        let Some(job) = job.filter(|job| job.job.kind == JobKind::ContactAction) else {
            return Ok(None);
        };
        let work = work(&job)?;
        let definitions = self.store.definitions(workspace).await?;
        Ok(Some(ActionProgress {
            id,
            readable: print(&work.input.formula, &definitions),
            input: work.input,
            state: job.state,
            is_cancelling: job.is_cancelling && !job.state.is_over(),
            total: work.total,
            done: work.done,
            created_at: job.job.created_at,
            finished_at: job.finished_at,
            error: job.error,
        }))
    }

    /// Stops an action after its current step. What was done stays. Returns the action; none when there is no such action.
    pub async fn cancel_action(
        &self,
        workspace: WorkspaceId,
        id: JobId,
    ) -> Result<Option<ActionProgress>, StorageError> {
        if self.action(workspace, id).await?.is_none() {
            return Ok(None);
        }
        self.store.cancel_job(workspace, id, self.clock.now()).await?;
        self.action(workspace, id).await
    }
}

/// Executes actions.
#[derive(Debug)]
pub(crate) struct ContactActionHandler;

#[async_trait]
impl JobHandler for ContactActionHandler {
    fn kind(&self) -> JobKind {
        JobKind::ContactAction
    }

    async fn run(&self, app: &Application, job: &Job, attempt: &Attempt) -> Result<JobEnd, Interruption> {
        let workspace = job.job.workspace;
        let mut work = work(job)?;
        let Some(lease) = job.lease else {
            return Ok(JobEnd::Lost);
        };
        let holding = Holding {
            workspace,
            job: job.job.id,
            owner: lease.owner,
        };
        loop {
            if let Some(end) = attempt.must_end() {
                return Ok(end);
            }
            let definitions = app.store.definitions(workspace).await?;
            let Ok(plan) = Plan::of(&work.input.formula, &definitions) else {
                return Ok(JobEnd::Failed(
                    "a segment or a field that the formula names was deleted",
                ));
            };
            let query = MemberQuery {
                plan: &plan,
                // Conditions on the time mean the time at which the action was started.
                now: job.job.created_at,
                from: MembersFrom::After(work.after),
                limit: STEP,
            };
            let page = app.store.members(workspace, &query).await?;
            let Some(last) = page.last() else {
                return Ok(JobEnd::Finished);
            };
            work.after = last.contact.id;
            work.done += page.len() as u64;
            let contacts = page.iter().map(|details| ContactRef::Id(details.contact.id));
            let command = command(&work.input, contacts.collect());
            let (decisions, _) = app.submit_in_background(workspace, Submission::of(command)).await?;
            if decisions.iter().any(|decision| decision.rejection.is_some()) {
                return Ok(JobEnd::Failed("the list was deleted, or is not static any more"));
            }
            // A step that is repeated, because its progress was lost, changes nothing.
            if !app.store.note_progress(&holding, &payload(&work)?).await? {
                return Ok(JobEnd::Lost);
            }
        }
    }

    /// The job itself shows that it failed.
    async fn give_up(&self, _: &Application, _: &Job, _: &str) -> Result<(), StorageError> {
        Ok(())
    }
}

fn command(input: &NewAction, contacts: Vec<ContactRef>) -> Command {
    let segment = input.list;
    match input.action {
        ContactAction::AddToList => Command::Attach { segment, contacts },
        ContactAction::RemoveFromList => Command::Detach { segment, contacts },
    }
}

fn payload(work: &Work) -> Result<String, StorageError> {
    serde_json::to_string(work).map_err(|error| StorageError::Refused(Box::new(error)))
}

fn work(job: &Job) -> Result<Work, StorageError> {
    serde_json::from_str(&job.job.payload).map_err(|_| StorageError::Corrupt {
        table: "jobs",
        column: "payload",
        key: job.job.id.to_string(),
    })
}

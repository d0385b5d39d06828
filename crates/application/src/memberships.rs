//! Recording entries into segments and exits, and reading the record.
//!
//! Current members are computed when they are read. The record follows the commits: it evaluates the contacts that they changed, segments whose formula was edited,
//! and contacts whose answer ends with the time, and stores what differs. Servers need no lock for that: of two that record the same, one finds it done.

mod recorder;
mod upkeep;

use crate::app::Application;
use crate::ports::{ContactDetails, MoveCounts, RecordState, StorageError};
use crate::segments::{SegmentError, plan_of};
use chrono::{Days, NaiveDate, NaiveTime, TimeDelta};
use recorder::Recorder;
use selfsame_domain::segments::Plan;
use selfsame_domain::{ContactId, Revision, SegmentId, Timestamp, WorkspaceId};
use std::collections::BTreeMap;
use std::time::Duration;

/// How often segments are evaluated whole whose members change beside commits and due times.
const CHECK_EVERY: TimeDelta = TimeDelta::minutes(1);

/// How long a reader waits for the record to catch up. The work of a longer time is left to the servers' upkeep.
const CATCH_UP: Duration = Duration::from_secs(2);

/// How often a recording that lost a race is repeated at once.
const ATTEMPTS: u32 = 5;

/// How many commits a count of members lets the record catch up with.
const LITTLE_BEHIND: i64 = 100;

/// How many workspaces are looked up at a time.
const WORKSPACES: u32 = 100;

/// How far a workspace without segments may be behind.
const MOST_BEHIND: i64 = 10_000;

pub use upkeep::RecordCheck;

/// Why past members of a segment are not answered.
#[derive(Debug, thiserror::Error)]
pub enum PastMembersError {
    /// The segment is not there or cannot be evaluated.
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// Members of such an early commit are not recorded.
    #[error("must be at least {begins}: members of earlier revisions are not recorded")]
    TooEarly {
        /// The first commit whose members are.
        begins: Revision,
    },
    /// The workspace has no such commit yet.
    #[error("must be at most {latest}, the present revision of the workspace")]
    Ahead {
        /// The last commit.
        latest: Revision,
    },
    /// The members of the commit are still being recorded.
    #[error("the members at this revision are still being recorded")]
    NotRecorded,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The number of contacts in a segment over some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentHistory {
    /// One entry for every day (UTC), ascending; the last is today.
    pub days: Vec<SegmentDay>,
    /// The commit up to which entries and exits are recorded.
    pub recorded: Revision,
    /// The commit from which on the record is whole.
    pub begins: Revision,
}

/// The entries into a segment on a day, and the exits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentDay {
    /// The day.
    pub day: NaiveDate,
    /// How many entries were recorded.
    pub entered: u64,
    /// How many exits were recorded.
    pub left: u64,
    /// How many contacts were in the segment at the end of the day.
    pub count: u64,
}

impl Application {
    /// Records the memberships of all workspaces whose record is behind. A failure in one workspace is logged and does not stop the others.
    pub async fn record_due_memberships(&self) -> Result<(), StorageError> {
        let now = self.clock.now();
        for workspace in self.store.records_behind(now, now - CHECK_EVERY, WORKSPACES).await? {
            if let Err(error) = self.record_memberships(workspace).await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(
                    error,
                    workspace = workspace.0,
                    "cannot record who is in segments; trying again"
                );
            }
        }
        Ok(())
    }

    /// Records the entries and exits that the commits up to now caused. When other servers win the race several times, the rest is left to them.
    pub async fn record_memberships(&self, workspace: WorkspaceId) -> Result<(), StorageError> {
        for _ in 0..ATTEMPTS {
            match self.try_to_record(workspace).await {
                Ok(false) | Err(StorageError::Retriable) => {}
                Ok(true) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The same, for a reader: stops after [`CATCH_UP`]. Each step is a commit of its own, so nothing is lost then.
    pub(crate) async fn catch_up(&self, workspace: WorkspaceId) -> Result<(), StorageError> {
        let recording = tokio::time::timeout(CATCH_UP, self.record_memberships(workspace));
        recording.await.unwrap_or(Ok(()))
    }

    /// Whether the record has the present members of a plan. Catches up first, where that is little work.
    pub(crate) async fn is_recorded(&self, workspace: WorkspaceId, plan: &Plan) -> Result<bool, StorageError> {
        let needs = plan.needs();
        // Of a contact with many events or orders, conditions on the time are evaluated once a minute.
        if plan.changes_beside_commits() || (plan.moves_with_time() && needs.history()) {
            return Ok(false);
        }
        if !needs.events.is_empty() {
            let policy = self.store.policy(workspace).await?.policy;
            if policy.events_kept_since(self.clock.now()).is_some() {
                return Ok(false);
            }
        }
        let is_whole = |state: &RecordState| {
            let is_due = state.next_due.is_some_and(|at| at <= self.clock.now());
            state.recorded == state.latest && state.edited.is_empty() && !is_due
        };
        let state = self.store.record_state(workspace).await?;
        if is_whole(&state) {
            return Ok(true);
        }
        if !state.edited.is_empty() || state.latest.0 - state.recorded.0 > LITTLE_BEHIND {
            return Ok(false);
        }
        self.catch_up(workspace).await?;
        Ok(is_whole(&self.store.record_state(workspace).await?))
    }

    /// Returns false after a lost race.
    async fn try_to_record(&self, workspace: WorkspaceId) -> Result<bool, StorageError> {
        let state = self.store.record_state(workspace).await?;
        let now = self.clock.now();
        let checks = state.checked_at.is_some_and(|at| at <= now - CHECK_EVERY);
        let is_due = state.next_due.is_some_and(|at| at <= now);
        if state.recorded == state.latest && !checks && !is_due {
            return Ok(true);
        }
        // Definitions that are newer than the state make the recording fail, and it begins anew.
        let definitions = self.store.definitions(workspace).await?;
        if definitions.names.is_empty() && state.latest.0 - state.recorded.0 <= MOST_BEHIND {
            return Ok(true);
        }
        let mut recorder = Recorder::new(self, workspace, &state, &definitions);
        if !recorder.changes().await? || !recorder.edits().await? || !recorder.due().await? {
            return Ok(false);
        }
        match state.checked_at.filter(|_| checks) {
            Some(checked_at) => recorder.check(expires_since(checked_at, now)).await,
            None => Ok(true),
        }
    }

    /// One page of the contacts that were in a segment after a commit, by number, in their present form.
    pub async fn segment_members_at(
        &self,
        workspace: WorkspaceId,
        id: SegmentId,
        revision: Revision,
        after: ContactId,
        limit: u32,
    ) -> Result<Vec<ContactDetails>, PastMembersError> {
        plan_of(&self.store.definitions(workspace).await?, id)?;
        self.catch_up(workspace).await?;
        let state = self.store.record_state(workspace).await?;
        if revision < state.begins {
            return Err(PastMembersError::TooEarly { begins: state.begins });
        }
        if revision > state.latest {
            return Err(PastMembersError::Ahead { latest: state.latest });
        }
        if revision > state.recorded {
            return Err(PastMembersError::NotRecorded);
        }
        let store = &self.store;
        let ids = store.members_at(workspace, id, revision, after, limit).await?;
        Ok(store.numbered(workspace, &ids).await?)
    }

    /// How many contacts were in a segment on the last days, at least one.
    pub async fn segment_history(
        &self,
        workspace: WorkspaceId,
        id: SegmentId,
        days: u32,
    ) -> Result<SegmentHistory, SegmentError> {
        plan_of(&self.store.definitions(workspace).await?, id)?;
        self.catch_up(workspace).await?;
        let state = self.store.record_state(workspace).await?;
        let today = self.clock.now().date_naive();
        let first = today
            .checked_sub_days(Days::new(u64::from(days.saturating_sub(1))))
            .unwrap_or(today);
        let from = first.and_time(NaiveTime::MIN).and_utc();
        let counts = self.store.move_counts(workspace, id, from).await?;
        Ok(SegmentHistory {
            days: by_day(&counts, first, today),
            recorded: state.recorded,
            begins: state.begins,
        })
    }
}

/// Whether events may have expired since a check. They are deleted about once an hour.
fn expires_since(checked_at: Timestamp, now: Timestamp) -> bool {
    let hour = |at: Timestamp| at.timestamp().div_euclid(3_600);
    hour(checked_at) != hour(now)
}

/// Counts for every day, those without a move included.
fn by_day(counts: &MoveCounts, first: NaiveDate, last: NaiveDate) -> Vec<SegmentDay> {
    let moved: BTreeMap<NaiveDate, (u64, u64)> = counts
        .days
        .iter()
        .map(|count| (count.day, (count.entered, count.left)))
        .collect();
    let mut count = counts.before;
    let days = first.iter_days().take_while(|day| *day <= last);
    days.map(|day| {
        let (entered, left) = moved.get(&day).copied().unwrap_or_default();
        count = (count + entered).saturating_sub(left);
        SegmentDay {
            day,
            entered,
            left,
            count,
        }
    })
    .collect()
}

//! Recording entries into segments and exits, and reading the record.
//!
//! Current members are computed when they are read. The record follows the commits: it evaluates the contacts that they changed, segments whose formula was edited,
//! and once a minute segments that move by themselves, and stores what differs. Servers need no lock for that: of two that record the same, one finds it done.

use crate::app::Application;
use crate::ports::{
    ChangedContact, ContactDetails, DifferenceQuery, MoveCounts, NewMove, RecordState, Recording, StorageError,
};
use crate::segments::{SegmentError, plan_of};
use chrono::{Days, NaiveDate, NaiveTime, TimeDelta};
use selfsame_domain::segments::{ContactFacts, Definitions, Plan};
use selfsame_domain::{ContactId, MoveCause, Revision, SegmentId, Timestamp, WorkspaceId};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// About how many changed rows of a kind are evaluated at a time.
const PAGE: u32 = 500;

/// The most moves of one commit, so that no commit holds up writers for long, and no page of the change feed is very large.
const MOST_MOVES: u32 = 1_000;

/// How often members are evaluated for the passing of time.
const CHECK_EVERY: TimeDelta = TimeDelta::minutes(1);

/// How long a reader waits for the record to catch up. The work of a longer time is left to the servers' upkeep.
const CATCH_UP: Duration = Duration::from_secs(2);

/// How often a recording that lost a race is repeated at once.
const ATTEMPTS: u32 = 5;

/// How many workspaces are looked up at a time.
const WORKSPACES: u32 = 100;

/// How far a workspace without segments may be behind.
const MOST_BEHIND: i64 = 10_000;

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
        let checked_before = self.clock.now() - CHECK_EVERY;
        for workspace in self.store.records_behind(checked_before, WORKSPACES).await? {
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

    /// Returns false after a lost race.
    async fn try_to_record(&self, workspace: WorkspaceId) -> Result<bool, StorageError> {
        let state = self.store.record_state(workspace).await?;
        let now = self.clock.now();
        let checks = state.checked_at.is_some_and(|at| at <= now - CHECK_EVERY);
        if state.recorded == state.latest && !checks {
            return Ok(true);
        }
        // Definitions that are newer than the state make the recording fail, and it begins anew.
        let definitions = self.store.definitions(workspace).await?;
        if definitions.names.is_empty() && state.latest.0 - state.recorded.0 <= MOST_BEHIND {
            return Ok(true);
        }
        let mut recorder = Recorder {
            app: self,
            workspace,
            now,
            latest: state.latest,
            recorded: state.recorded,
            plans: plans(&definitions),
            edited: edited(&state, &definitions),
        };
        if !recorder.changes().await? || !recorder.edits().await? {
            return Ok(false);
        }
        if checks { recorder.time().await } else { Ok(true) }
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

/// The plans of all segments. One whose formula does not fit the definitions any more keeps its record as it is.
fn plans(definitions: &Definitions) -> Vec<(SegmentId, Plan)> {
    let ids = definitions.names.keys();
    ids.filter_map(|id| match plan_of(definitions, *id) {
        Ok(plan) => Some((*id, plan)),
        Err(error) => {
            tracing::warn!(segment = id.0, %error, "a segment cannot be evaluated, so its entries and exits are not recorded");
            None
        }
    })
    .collect()
}

/// The segments whose formula was edited, or one that it names, and the commit that did.
fn edited(state: &RecordState, definitions: &Definitions) -> BTreeMap<SegmentId, Revision> {
    let own: BTreeMap<SegmentId, Revision> = state.edited.iter().copied().collect();
    let last = own.values().max().copied().unwrap_or_default();
    let all = definitions.with_dependents(&own.keys().copied().collect());
    let since = |id| own.get(&id).copied().unwrap_or(last);
    all.into_iter().map(|id| (id, since(id))).collect()
}

/// How the evaluation of all contacts goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// After this contact.
    Next(ContactId),
    /// Not at all: it is done.
    Last,
    /// The race with another server was lost, and nothing was recorded.
    Lost,
}

/// Records the entries and exits of one workspace up to a commit.
struct Recorder<'a> {
    app: &'a Application,
    workspace: WorkspaceId,
    now: Timestamp,
    /// The last commit to evaluate.
    latest: Revision,
    /// The last commit that is recorded.
    recorded: Revision,
    plans: Vec<(SegmentId, Plan)>,
    edited: BTreeMap<SegmentId, Revision>,
}

impl Recorder<'_> {
    /// Evaluates the contacts that commits changed. Returns false after a lost race.
    async fn changes(&mut self) -> Result<bool, StorageError> {
        let mut after = self.recorded;
        while after < self.latest {
            let store = &self.app.store;
            let page = store.changed_contacts(self.workspace, after, self.latest, PAGE).await?;
            after = page.until;
            let moves = self.moves(&page.items).await?;
            // Edited segments are recorded after the last page: before that, a crash must not lose them.
            let recorded = if self.edited.is_empty() { after } else { self.recorded };
            if !self.record(moves, recorded).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Evaluates edited segments for all contacts. Returns false after a lost race.
    async fn edits(&mut self) -> Result<bool, StorageError> {
        for (segment, since) in self.edited.clone() {
            let mut step = Step::Next(ContactId::NONE);
            while let Step::Next(after) = step {
                step = self.all_after(segment, after, (MoveCause::Formula, since)).await?;
            }
            if step == Step::Lost {
                return Ok(false);
            }
        }
        self.record(Vec::new(), self.latest).await
    }

    /// Evaluates segments that move by themselves for all contacts. Returns false after too many lost races.
    async fn time(&mut self) -> Result<bool, StorageError> {
        let moving = self.plans.iter().filter(|(_, plan)| plan.moves_by_itself());
        let moving: Vec<SegmentId> = moving.map(|(id, _)| *id).collect();
        let mut lost = 0;
        for segment in moving {
            let mut after = ContactId::NONE;
            loop {
                // Other servers may record later commits meanwhile: that repeats a page, not everything.
                let state = self.app.store.record_state(self.workspace).await?;
                self.recorded = state.recorded;
                match self.all_after(segment, after, (MoveCause::Time, state.latest)).await? {
                    Step::Next(next) => after = next,
                    Step::Last => break,
                    Step::Lost if lost == ATTEMPTS => return Ok(false),
                    Step::Lost => lost += 1,
                }
            }
        }
        self.app.store.note_time_check(self.workspace, self.now).await?;
        Ok(true)
    }

    /// What changed contacts enter and leave.
    async fn moves(&self, changed: &[ChangedContact]) -> Result<Vec<NewMove>, StorageError> {
        let mut revisions: BTreeMap<ContactId, Revision> = BTreeMap::new();
        for change in changed {
            for id in [change.contact, change.canonical] {
                let last = revisions.entry(id).or_default();
                *last = change.revision.max(*last);
            }
        }
        if revisions.is_empty() || self.plans.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<ContactId> = revisions.keys().copied().collect();
        let mut contacts = self.app.store.numbered(self.workspace, &ids).await?;
        // What commits after the last one changed belongs to them.
        contacts.retain(|details| details.contact.revision <= self.latest);
        let recorded = self.app.store.recorded_memberships(self.workspace, &ids).await?;
        let recorded: BTreeSet<_> = recorded
            .into_iter()
            .map(|known| (known.segment, known.contact))
            .collect();
        let mut moves = Vec::new();
        for (segment, plan) in &self.plans {
            let found = if plan.asks_contact_only() {
                let is_in = |contact| plan.matches(ContactFacts::of(contact), self.now);
                let all = contacts
                    .iter()
                    .map(|details| (details.contact.id, is_in(&details.contact)));
                all.filter(|(id, is_in)| recorded.contains(&(*segment, *id)) != *is_in)
                    .collect()
            } else {
                self.differences((*segment, plan), Some(&ids), ContactId::NONE).await?
            };
            moves.extend(found.into_iter().map(|(contact, entered)| {
                let changed = revisions.get(&contact).copied().unwrap_or(self.latest);
                let edited = self.edited.get(segment).filter(|edited| **edited >= changed);
                NewMove {
                    segment: *segment,
                    contact,
                    entered,
                    cause: edited.map_or(MoveCause::Change, |_| MoveCause::Formula),
                    since: edited.copied().unwrap_or(changed),
                }
            }));
        }
        Ok(moves)
    }

    /// Records what differs among the contacts after one, at most [`MOST_MOVES`].
    async fn all_after(
        &mut self,
        segment: SegmentId,
        after: ContactId,
        (cause, since): (MoveCause, Revision),
    ) -> Result<Step, StorageError> {
        let Some((_, plan)) = self.plans.iter().find(|(id, _)| *id == segment) else {
            return Ok(Step::Last);
        };
        let found = self.differences((segment, plan), None, after).await?;
        let Some((last, _)) = found.last().copied() else {
            return Ok(Step::Last);
        };
        let is_last = found.len() < MOST_MOVES as usize;
        let moves = found.into_iter().map(|(contact, entered)| NewMove {
            segment,
            contact,
            entered,
            cause,
            since,
        });
        let is_recorded = self.record(moves.collect(), self.recorded).await?;
        Ok(match (is_recorded, is_last) {
            (false, _) => Step::Lost,
            (true, true) => Step::Last,
            (true, false) => Step::Next(last),
        })
    }

    async fn differences(
        &self,
        (segment, plan): (SegmentId, &Plan),
        among: Option<&[ContactId]>,
        after: ContactId,
    ) -> Result<Vec<(ContactId, bool)>, StorageError> {
        let all = among.map(|ids| u32::try_from(ids.len()).unwrap_or(u32::MAX));
        let query = DifferenceQuery {
            segment,
            plan,
            now: self.now,
            among,
            after,
            limit: all.unwrap_or(MOST_MOVES),
        };
        self.app.store.differences(self.workspace, &query).await
    }

    /// Records moves in commits of [`MOST_MOVES`]; the last one sets how far the record is. Returns false after a lost race.
    async fn record(&mut self, moves: Vec<NewMove>, recorded: Revision) -> Result<bool, StorageError> {
        let mut rest = moves;
        loop {
            let later = rest.split_off(rest.len().min(MOST_MOVES as usize));
            let is_last = later.is_empty();
            let reached = if is_last { recorded } else { self.recorded };
            if !rest.is_empty() || reached != self.recorded {
                let recording = Recording {
                    expected: self.recorded,
                    definitions: self.latest,
                    moves: rest,
                    recorded: reached,
                    at: self.now,
                };
                if !self.app.store.record_moves(self.workspace, &recording).await? {
                    return Ok(false);
                }
                self.recorded = reached;
            }
            if is_last {
                return Ok(true);
            }
            rest = later;
        }
    }
}

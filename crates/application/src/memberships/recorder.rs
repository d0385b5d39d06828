//! Evaluating contacts, and storing what they entered and left.

use super::{ATTEMPTS, CHECK_EVERY};
use crate::app::Application;
use crate::ports::{
    ChangedContact, ContactDetails, DifferenceQuery, DueTime, NewMove, RecordState, Recording, StorageError,
};
use crate::segments::plan_of;
use selfsame_domain::segments::{ContactFacts, Definitions, Needs, Plan, StoredFacts};
use selfsame_domain::{ContactId, MoveCause, Revision, SegmentId, Timestamp, WorkspaceId};
use std::collections::{BTreeMap, BTreeSet};

/// About how many changed rows of a kind are evaluated at a time, and how many contacts that are due.
const PAGE: u32 = 500;

/// The most moves of one commit, so that no commit holds up writers for long, and no page of the change feed is very large.
const MOST_MOVES: u32 = 1_000;

/// How many contacts are made due at a time.
const MADE_DUE: u32 = 10_000;

/// Of how many events or orders of a contact the evaluator decides. The database decides for contacts with more.
const MOST_KNOWN: u32 = 200;

/// The plans of all segments. One whose formula does not fit the definitions any more keeps its record as it is.
fn plans(definitions: &Definitions) -> BTreeMap<SegmentId, Plan> {
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

/// What there is to record.
#[derive(Debug, Default)]
struct Found {
    moves: Vec<NewMove>,
    due: Vec<DueTime>,
}

/// Contacts, what is stored about them, and what the record has of them.
struct Known {
    contacts: BTreeMap<ContactId, ContactDetails>,
    stored: BTreeMap<ContactId, StoredFacts>,
    recorded: BTreeSet<(SegmentId, ContactId)>,
}

/// Why a contact moves, and from which commit on.
type Cause<'c> = &'c (dyn Fn(ContactId) -> (MoveCause, Revision) + Sync);

/// Records the entries and exits of one workspace up to a commit.
pub(super) struct Recorder<'a> {
    app: &'a Application,
    workspace: WorkspaceId,
    now: Timestamp,
    /// The last commit to evaluate.
    latest: Revision,
    /// The last commit that is recorded.
    recorded: Revision,
    plans: BTreeMap<SegmentId, Plan>,
    edited: BTreeMap<SegmentId, Revision>,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(
        app: &'a Application,
        workspace: WorkspaceId,
        state: &RecordState,
        definitions: &Definitions,
    ) -> Self {
        Self {
            app,
            workspace,
            now: app.clock.now(),
            latest: state.latest,
            recorded: state.recorded,
            plans: plans(definitions),
            edited: edited(state, definitions),
        }
    }

    /// Evaluates the contacts that commits changed. Returns false after a lost race.
    pub(super) async fn changes(&mut self) -> Result<bool, StorageError> {
        let mut after = self.recorded.max(self.before_all());
        while after < self.latest {
            let store = &self.app.store;
            let page = store.changed_contacts(self.workspace, after, self.latest, PAGE).await?;
            after = page.until;
            let found = self.changed(&page.items).await?;
            // Edited segments are recorded after the last page: before that, a crash must not lose them.
            let recorded = if self.edited.is_empty() { after } else { self.recorded };
            if !self.record(found, recorded).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The last commit before all segments were made or edited, if all were: what earlier ones changed is found when these are evaluated whole.
    fn before_all(&self) -> Revision {
        let edited = self.plans.keys().map(|segment| self.edited.get(segment));
        let first = edited
            .collect::<Option<Vec<_>>>()
            .and_then(|edited| edited.into_iter().min().copied());
        first.map_or(Revision::default(), |first| Revision(first.0.saturating_sub(1)))
    }

    /// Evaluates edited segments for all contacts. Returns false after a lost race.
    pub(super) async fn edits(&mut self) -> Result<bool, StorageError> {
        for (segment, since) in self.edited.clone() {
            let mut step = Step::Next(ContactId::NONE);
            while let Step::Next(after) = step {
                step = self.all_after(segment, after, (MoveCause::Formula, since)).await?;
            }
            if step == Step::Lost {
                return Ok(false);
            }
            if self.plans.get(&segment).is_some_and(Plan::moves_with_time) {
                self.all_due(segment).await?;
            }
        }
        self.record(Found::default(), self.latest).await
    }

    /// Makes all contacts due, which finds out when each has to be evaluated again.
    async fn all_due(&self, segment: SegmentId) -> Result<(), StorageError> {
        let (store, mut after) = (&self.app.store, ContactId::NONE);
        while let Some(last) = store
            .make_due(self.workspace, segment, self.now, after, MADE_DUE)
            .await?
        {
            after = last;
        }
        Ok(())
    }

    /// Evaluates contacts whose due time has come. Returns false after a lost race.
    pub(super) async fn due(&mut self) -> Result<bool, StorageError> {
        loop {
            let store = &self.app.store;
            let due = store.due_memberships(self.workspace, self.now, PAGE).await?;
            if due.is_empty() {
                return Ok(true);
            }
            let mut by_segment: BTreeMap<SegmentId, Vec<ContactId>> = BTreeMap::new();
            for (segment, contact) in due {
                by_segment.entry(segment).or_default().push(contact);
            }
            let ids: BTreeSet<ContactId> = by_segment.values().flatten().copied().collect();
            let known = self.known(&ids, self.needs(by_segment.keys())).await?;
            let cause = |contact| {
                let details: Option<&ContactDetails> = known.contacts.get(&contact);
                let later = details.map(|details| details.contact.revision);
                match later.filter(|revision| *revision > self.latest) {
                    Some(changed) => (MoveCause::Change, changed),
                    None => (MoveCause::Time, self.latest),
                }
            };
            let mut found = Found::default();
            for (segment, contacts) in by_segment {
                let clear = |contact: &ContactId| DueTime {
                    segment,
                    contact: *contact,
                    at: None,
                };
                let Some(plan) = self.plans.get(&segment).filter(|plan| plan.moves_with_time()) else {
                    found.due.extend(contacts.iter().map(clear));
                    continue;
                };
                let gone = contacts.iter().filter(|id| !known.contacts.contains_key(*id));
                found.due.extend(gone.map(clear));
                self.compare((segment, plan), &contacts, &known, &cause, &mut found)
                    .await?;
            }
            if !self.record(found, self.recorded).await? {
                return Ok(false);
            }
        }
    }

    /// Evaluates segments whole whose members change beside commits and due times; with `expired` also those that count events, which may have expired.
    /// Returns false after too many lost races.
    pub(super) async fn check(&mut self, expired: bool) -> Result<bool, StorageError> {
        let is_checked = |plan: &Plan| plan.changes_beside_commits() || (expired && !plan.needs().events.is_empty());
        let checked = self.plans.iter().filter(|(_, plan)| is_checked(plan));
        let checked: Vec<SegmentId> = checked.map(|(id, _)| *id).collect();
        let mut lost = 0;
        for segment in checked {
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

    /// What some segments need.
    fn needs<'s>(&self, segments: impl Iterator<Item = &'s SegmentId>) -> Needs {
        let mut needs = Needs::default();
        for plan in segments.filter_map(|segment| self.plans.get(segment)) {
            needs.extend(plan.needs());
        }
        needs
    }

    async fn known(&self, ids: &BTreeSet<ContactId>, needs: Needs) -> Result<Known, StorageError> {
        let (store, workspace) = (&self.app.store, self.workspace);
        let ids: Vec<ContactId> = ids.iter().copied().collect();
        let contacts = store.numbered(workspace, &ids).await?;
        let recorded = store.recorded_memberships(workspace, &ids).await?;
        Ok(Known {
            contacts: contacts
                .into_iter()
                .map(|details| (details.contact.id, details))
                .collect(),
            stored: if needs == Needs::default() {
                BTreeMap::new()
            } else {
                store.stored_facts(workspace, &ids, &needs, MOST_KNOWN).await?
            },
            recorded: recorded
                .into_iter()
                .map(|known| (known.segment, known.contact))
                .collect(),
        })
    }

    /// What changed contacts enter and leave.
    async fn changed(&self, changed: &[ChangedContact]) -> Result<Found, StorageError> {
        let mut revisions: BTreeMap<ContactId, Revision> = BTreeMap::new();
        for change in changed {
            for id in [change.contact, change.canonical] {
                let last = revisions.entry(id).or_default();
                *last = change.revision.max(*last);
            }
        }
        let mut found = Found::default();
        if revisions.is_empty() || self.plans.is_empty() {
            return Ok(found);
        }
        let ids: BTreeSet<ContactId> = revisions.keys().copied().collect();
        let mut known = self.known(&ids, self.needs(self.plans.keys())).await?;
        // What commits after the last one changed belongs to them.
        known
            .contacts
            .retain(|_, details| details.contact.revision <= self.latest);
        let ids: Vec<ContactId> = known.contacts.keys().copied().collect();
        for (segment, plan) in &self.plans {
            let cause = |contact| {
                let changed = revisions.get(&contact).copied().unwrap_or(self.latest);
                let edited = self.edited.get(segment).filter(|edited| **edited >= changed);
                edited.map_or((MoveCause::Change, changed), |edited| (MoveCause::Formula, *edited))
            };
            self.compare((*segment, plan), &ids, &known, &cause, &mut found).await?;
        }
        Ok(found)
    }

    /// Evaluates known contacts for a segment. Adds what differs from the record, and when each has to be evaluated again.
    async fn compare(
        &self,
        (segment, plan): (SegmentId, &Plan),
        ids: &[ContactId],
        known: &Known,
        cause: Cause<'_>,
        found: &mut Found,
    ) -> Result<(), StorageError> {
        let reads_history = plan.needs().history();
        let moves_with_time = plan.moves_with_time();
        let nothing = StoredFacts::NONE;
        let mut left_to_database = Vec::new();
        let mut differing = Vec::new();
        for details in ids.iter().filter_map(|id| known.contacts.get(id)) {
            let contact = details.contact.id;
            let stored = known.stored.get(&contact).unwrap_or(&nothing);
            let mut due = None;
            if stored.is_cut && reads_history {
                left_to_database.push(contact);
                due = Some(self.now + CHECK_EVERY);
            } else {
                let facts = ContactFacts {
                    contact: &details.contact,
                    unsubscribed: &details.unsubscribed,
                    stored,
                };
                let is_member = plan.matches(facts, self.now);
                if is_member != known.recorded.contains(&(segment, contact)) {
                    differing.push((contact, is_member));
                }
                if moves_with_time {
                    due = plan.holds_until(facts, self.now);
                }
            }
            if moves_with_time {
                found.due.push(DueTime {
                    segment,
                    contact,
                    at: due,
                });
            }
        }
        if !left_to_database.is_empty() {
            let among = Some(left_to_database.as_slice());
            differing.extend(self.differences((segment, plan), among, ContactId::NONE).await?);
        }
        found.moves.extend(differing.into_iter().map(|(contact, entered)| {
            let (cause, since) = cause(contact);
            NewMove {
                segment,
                contact,
                entered,
                cause,
                since,
            }
        }));
        Ok(())
    }

    /// Records what differs among the contacts after one, at most [`MOST_MOVES`].
    async fn all_after(
        &mut self,
        segment: SegmentId,
        after: ContactId,
        (cause, since): (MoveCause, Revision),
    ) -> Result<Step, StorageError> {
        let Some(plan) = self.plans.get(&segment) else {
            return Ok(Step::Last);
        };
        let differing = self.differences((segment, plan), None, after).await?;
        let Some((last, _)) = differing.last().copied() else {
            return Ok(Step::Last);
        };
        let is_last = differing.len() < MOST_MOVES as usize;
        let moves = differing.into_iter().map(|(contact, entered)| NewMove {
            segment,
            contact,
            entered,
            cause,
            since,
        });
        let found = Found {
            moves: moves.collect(),
            due: Vec::new(),
        };
        let is_recorded = self.record(found, self.recorded).await?;
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

    /// Records in commits of [`MOST_MOVES`]; the last one sets how far the record is. Returns false after a lost race.
    async fn record(&mut self, found: Found, recorded: Revision) -> Result<bool, StorageError> {
        let Found { mut moves, mut due } = found;
        loop {
            let later_moves = moves.split_off(moves.len().min(MOST_MOVES as usize));
            let later_due = due.split_off(due.len().min(MOST_MOVES as usize));
            let is_last = later_moves.is_empty() && later_due.is_empty();
            let reached = if is_last { recorded } else { self.recorded };
            if !moves.is_empty() || !due.is_empty() || reached != self.recorded {
                let recording = Recording {
                    expected: self.recorded,
                    definitions: self.latest,
                    moves,
                    due,
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
            (moves, due) = (later_moves, later_due);
        }
    }
}

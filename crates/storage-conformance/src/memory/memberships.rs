//! The record of who was in a segment.

use super::contacts::details;
use super::segments::{matches, stored_facts};
use super::space::Space;
use super::store::MemoryStore;
use async_trait::async_trait;
use selfsame_application::ports::{
    ChangedContact, ChangedPage, ContactDetails, DifferenceQuery, Memberships, MoveCount, MoveCounts, RecordState,
    RecordedMembership, Recording, StorageError,
};
use selfsame_domain::export::SegmentPeriod;
use selfsame_domain::segments::{Needs, StoredFacts};
use selfsame_domain::{
    ContactId, MoveCause, Revision, SegmentId, SegmentMove, Subject, Timestamp, VisitorId, WorkspaceId,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How far a workspace without segments may be behind.
const MOST_BEHIND: i64 = 10_000;

/// A time that a contact was in a segment.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Period {
    from: Edge,
    /// The commit that recorded the exit, and the exit.
    to: Option<(Revision, Edge)>,
}

/// An entry or an exit.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Edge {
    since: Revision,
    cause: MoveCause,
    at: Timestamp,
}

/// How far the periods of a workspace are recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Progress {
    recorded: Revision,
    begins: Revision,
    checked_at: Timestamp,
}

#[async_trait]
impl Memberships for MemoryStore {
    async fn records_behind(
        &self,
        now: Timestamp,
        checked_before: Timestamp,
        limit: u32,
    ) -> Result<Vec<WorkspaceId>, StorageError> {
        let shared = self.lock();
        let behind = shared.accounts.iter().filter(|(_, account)| {
            let space = &account.space;
            let (recorded, latest) = (space.recorded(), space.revisions.latest);
            let is_check_due = space.progress.is_some_and(|known| known.checked_at <= checked_before);
            let is_due = space.next_due().is_some_and(|at| at <= now);
            (!space.segments.is_empty() && (latest > recorded || is_check_due || is_due))
                || latest.0 > recorded.0 + MOST_BEHIND
        });
        Ok(behind.map(|(id, _)| *id).take(limit as usize).collect())
    }

    async fn record_state(&self, workspace: WorkspaceId) -> Result<RecordState, StorageError> {
        self.writer(workspace)?;
        let space = self.space(workspace);
        let recorded = space.recorded();
        let edited = space.revisions.formulas.iter();
        Ok(RecordState {
            latest: space.revisions.latest,
            recorded,
            begins: space.progress.map(|known| known.begins).unwrap_or_default(),
            checked_at: space.progress.map(|known| known.checked_at),
            next_due: space.next_due(),
            edited: edited
                .filter(|(_, revision)| **revision > recorded)
                .map(|(id, revision)| (*id, *revision))
                .collect(),
        })
    }

    async fn changed_contacts(
        &self,
        workspace: WorkspaceId,
        after: Revision,
        until: Revision,
        limit: u32,
    ) -> Result<ChangedPage, StorageError> {
        let space = self.space(workspace);
        let kinds = space.written();
        let ends = kinds.iter().filter_map(|rows| {
            let mut of_page: Vec<Revision> = rows.iter().map(|(_, revision)| *revision).collect();
            of_page.retain(|revision| *revision > after && *revision <= until);
            of_page.sort_unstable();
            of_page.get((limit as usize).saturating_sub(1)).copied()
        });
        let until = ends.min().unwrap_or(until);
        let rows = kinds.into_iter().flatten();
        let changed = rows.filter(|(_, revision)| *revision > after && *revision <= until);
        let item = |(contact, revision): (Option<ContactId>, Revision)| {
            Some(ChangedContact {
                contact: contact?,
                canonical: space.canonical(contact?)?,
                revision,
            })
        };
        Ok(ChangedPage {
            items: changed.filter_map(item).collect(),
            until,
        })
    }

    async fn numbered(&self, workspace: WorkspaceId, ids: &[ContactId]) -> Result<Vec<ContactDetails>, StorageError> {
        let space = self.space(workspace);
        let ids: BTreeSet<ContactId> = ids.iter().copied().collect();
        let contacts = ids.into_iter().filter_map(|id| space.contact(id));
        Ok(contacts.map(|contact| details(&space, contact)).collect())
    }

    async fn stored_facts(
        &self,
        workspace: WorkspaceId,
        contacts: &[ContactId],
        needs: &Needs,
        most: u32,
    ) -> Result<BTreeMap<ContactId, StoredFacts>, StorageError> {
        let space = self.space(workspace);
        let imports = self.changed_by_imports(workspace);
        let facts = |id: &ContactId| {
            let mut facts = stored_facts(&space, &imports, *id, needs.shared.unwrap_or_default());
            facts.events.retain(|event| needs.events.contains(&event.type_key));
            facts.is_cut = facts.events.len().max(facts.orders.len()) > most as usize;
            (*id, facts)
        };
        Ok(contacts.iter().map(facts).collect())
    }

    async fn due_memberships(
        &self,
        workspace: WorkspaceId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(SegmentId, ContactId)>, StorageError> {
        let space = self.space(workspace);
        let mut due: Vec<_> = space.due.iter().filter(|(_, at)| **at <= now).collect();
        due.sort_by_key(|(_, at)| **at);
        Ok(due.into_iter().map(|(key, _)| *key).take(limit as usize).collect())
    }

    async fn make_due(
        &self,
        workspace: WorkspaceId,
        segment: SegmentId,
        at: Timestamp,
        after: ContactId,
        limit: u32,
    ) -> Result<Option<ContactId>, StorageError> {
        let _writer = self.writer(workspace)?.lock_owned().await;
        let mut shared = self.lock();
        let account = shared
            .accounts
            .get_mut(&workspace)
            .ok_or(StorageError::UnknownWorkspace)?;
        let space = Arc::make_mut(&mut account.space);
        let ids = space.contacts.keys().copied().filter(|id| *id > after);
        let ids = ids.filter(|id| space.is_active(*id)).take(limit as usize);
        let ids: Vec<ContactId> = ids.collect();
        space.due.extend(ids.iter().map(|id| ((segment, *id), at)));
        Ok(ids.last().copied())
    }

    async fn recorded_count(&self, workspace: WorkspaceId, segment: SegmentId) -> Result<u64, StorageError> {
        let space = self.space(workspace);
        let open = space.periods.iter().filter(|(_, period)| period.to.is_none());
        Ok(open.filter(|((of, _, _), _)| *of == segment).count() as u64)
    }

    async fn recorded_memberships(
        &self,
        workspace: WorkspaceId,
        contacts: &[ContactId],
    ) -> Result<BTreeSet<RecordedMembership>, StorageError> {
        let space = self.space(workspace);
        let open = space.periods.iter().filter(|(_, period)| period.to.is_none());
        let of_them = open.filter(|((_, contact, _), _)| contacts.contains(contact));
        let membership = |((segment, contact, _), period): (&(SegmentId, ContactId, Revision), &Period)| {
            let Edge { since, at, .. } = period.from;
            RecordedMembership {
                segment: *segment,
                contact: *contact,
                since,
                at,
            }
        };
        Ok(of_them.map(membership).collect())
    }

    async fn differences(
        &self,
        workspace: WorkspaceId,
        query: &DifferenceQuery<'_>,
    ) -> Result<Vec<(ContactId, bool)>, StorageError> {
        let space = self.space(workspace);
        let imports = self.changed_by_imports(workspace);
        let asked = space.contacts.keys().filter(|id| **id > query.after);
        let asked = asked.filter(|id| query.among.is_none_or(|among| among.contains(id)));
        let differs = asked.filter_map(|id| {
            let contact = space.contact(*id)?;
            let is_in = contact.is_active() && matches(&space, &imports, query.plan, &contact, query.now);
            (is_in != space.open_period(query.segment, *id).is_some()).then_some((*id, is_in))
        });
        Ok(differs.take(query.limit as usize).collect())
    }

    async fn record_moves(&self, workspace: WorkspaceId, recording: &Recording) -> Result<bool, StorageError> {
        let _writer = self.writer(workspace)?.lock_owned().await;
        let mut shared = self.lock();
        let account = shared
            .accounts
            .get_mut(&workspace)
            .ok_or(StorageError::UnknownWorkspace)?;
        let space = Arc::make_mut(&mut account.space);
        if space.recorded() != recording.expected || space.revisions.definitions > recording.definitions {
            return Ok(false);
        }
        space.record(recording);
        Ok(true)
    }

    async fn note_time_check(&self, workspace: WorkspaceId, at: Timestamp) -> Result<(), StorageError> {
        let _writer = self.writer(workspace)?.lock_owned().await;
        let mut shared = self.lock();
        let account = shared
            .accounts
            .get_mut(&workspace)
            .ok_or(StorageError::UnknownWorkspace)?;
        if let Some(progress) = &mut Arc::make_mut(&mut account.space).progress {
            progress.checked_at = progress.checked_at.max(at);
        }
        Ok(())
    }

    async fn prune_periods(
        &self,
        workspace: WorkspaceId,
        up_to: Revision,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, StorageError> {
        let _writer = self.writer(workspace)?.lock_owned().await;
        let mut shared = self.lock();
        let account = shared
            .accounts
            .get_mut(&workspace)
            .ok_or(StorageError::UnknownWorkspace)?;
        let space = Arc::make_mut(&mut account.space);
        let ended = space.periods.iter().filter_map(|(key, period)| {
            let (left_in, exit) = period.to?;
            (left_in <= up_to && exit.at < before).then_some((left_in, *key))
        });
        let mut ended: Vec<_> = ended.collect();
        ended.sort_unstable();
        ended.truncate(limit as usize);
        for (left_in, key) in &ended {
            space.periods.remove(key);
            if let Some(progress) = &mut space.progress {
                progress.begins = progress.begins.max(*left_in);
            }
        }
        Ok(ended.len() as u64)
    }

    async fn members_at(
        &self,
        workspace: WorkspaceId,
        segment: SegmentId,
        revision: Revision,
        after: ContactId,
        limit: u32,
    ) -> Result<Vec<ContactId>, StorageError> {
        let space = self.space(workspace);
        let is_in =
            |period: &Period| period.from.since <= revision && period.to.is_none_or(|(_, exit)| exit.since > revision);
        let found = space
            .periods
            .iter()
            .filter(|((of, contact, _), period)| *of == segment && *contact > after && is_in(period));
        let found: BTreeSet<ContactId> = found.map(|((_, contact, _), _)| *contact).collect();
        Ok(found.into_iter().take(limit as usize).collect())
    }

    async fn move_counts(
        &self,
        workspace: WorkspaceId,
        segment: SegmentId,
        from: Timestamp,
    ) -> Result<MoveCounts, StorageError> {
        let space = self.space(workspace);
        let (mut before, mut days) = (0, BTreeMap::new());
        for ((of, ..), period) in &space.periods {
            if *of != segment {
                continue;
            }
            let exit = period.to.map(|(_, exit)| exit.at);
            if period.from.at >= from {
                days.entry(period.from.at.date_naive()).or_insert((0, 0)).0 += 1;
            } else if exit.is_none_or(|at| at >= from) {
                before += 1;
            }
            if let Some(at) = exit.filter(|at| *at >= from) {
                days.entry(at.date_naive()).or_insert((0, 0)).1 += 1;
            }
        }
        let count = |(day, (entered, left))| MoveCount { day, entered, left };
        Ok(MoveCounts {
            before,
            days: days.into_iter().map(count).collect(),
        })
    }
}

impl Space {
    fn recorded(&self) -> Revision {
        self.progress.map(|known| known.recorded).unwrap_or_default()
    }

    fn next_due(&self) -> Option<Timestamp> {
        self.due.values().min().copied()
    }

    fn open_period(&self, segment: SegmentId, contact: ContactId) -> Option<(SegmentId, ContactId, Revision)> {
        let first = (segment, contact, Revision(i64::MIN));
        let last = (segment, contact, Revision(i64::MAX));
        let mut periods = self.periods.range(first..=last);
        periods.find(|(_, period)| period.to.is_none()).map(|(key, _)| *key)
    }

    /// The rows that commits wrote, by kind: whose they are, and the commit.
    fn written(&self) -> [Vec<(Option<ContactId>, Revision)>; 5] {
        let revisions = &self.revisions;
        let owner = |id: VisitorId| self.visitors.get(&id).and_then(|visitor| visitor.owner);
        let contacts = self.contacts.keys().map(|id| (Some(*id), revisions.contact(*id)));
        let orders = self.orders.values();
        let orders = orders.map(|order| (Some(order.contact), revisions.order(&order.key)));
        let events = self.events.values().map(|event| {
            let subject = match event.subject {
                Some(Subject::Contact(id)) => Some(id),
                Some(Subject::Visitor(id)) => owner(id),
                None => None,
            };
            (subject, revisions.event(event.id))
        });
        let visitors = self.visitors.values();
        let visitors = visitors.map(|visitor| (visitor.owner, revisions.visitor(visitor.id)));
        let log = self.log.values();
        let log = log.map(|entry| (Some(entry.contact), revisions.decision(entry.decision.id)));
        [
            contacts.collect(),
            orders.collect(),
            events.collect(),
            visitors.collect(),
            log.collect(),
        ]
    }

    fn record(&mut self, recording: &Recording) {
        let commit = self.revisions.latest.next();
        let mut has_moved = false;
        for one in &recording.moves {
            let open = self.open_period(one.segment, one.contact);
            let edge = Edge {
                since: one.since,
                cause: one.cause,
                at: recording.at,
            };
            let exists = self.contacts.contains_key(&one.contact) && self.segments.contains_key(&one.segment);
            if one.entered && open.is_none() && exists {
                let period = Period { from: edge, to: None };
                self.periods.insert((one.segment, one.contact, commit), period);
                has_moved = true;
            }
            if let Some(period) = open.filter(|_| !one.entered).and_then(|key| self.periods.get_mut(&key)) {
                period.to = Some((commit, edge));
                has_moved = true;
            }
        }
        for one in &recording.due {
            let key = (one.segment, one.contact);
            let exists = self.contacts.contains_key(&one.contact) && self.segments.contains_key(&one.segment);
            match one.at.filter(|_| exists) {
                Some(at) => self.due.insert(key, at),
                None => self.due.remove(&key),
            };
        }
        if has_moved {
            self.revisions.latest = commit;
        }
        let progress = self.progress.get_or_insert(Progress {
            recorded: recording.recorded,
            begins: Revision::default(),
            checked_at: recording.at,
        });
        progress.recorded = recording.recorded;
    }

    /// All times that contacts were in segments, each with the commit that recorded its last change.
    pub(super) fn segment_periods(&self) -> impl Iterator<Item = (Revision, SegmentPeriod)> {
        self.periods.iter().map(|((segment, contact, recorded), period)| {
            let last = period.to.map_or(*recorded, |(commit, _)| commit);
            let found = SegmentPeriod {
                segment: *segment,
                contact: *contact,
                recorded: *recorded,
                from: (period.from.since, period.from.at),
                to: period.to.map(|(_, exit)| (exit.since, exit.at)),
            };
            (last, found)
        })
    }

    /// All entries and exits, each with the commit that recorded it.
    pub(super) fn moves(&self) -> Vec<(Revision, ContactId, SegmentMove)> {
        let mut found = Vec::new();
        for ((segment, contact, entered_in), period) in &self.periods {
            let entry = (*entered_in, true, period.from);
            let exit = period.to.map(|(commit, edge)| (commit, false, edge));
            for (commit, entered, Edge { since, cause, at }) in [entry].into_iter().chain(exit) {
                let moved = SegmentMove {
                    segment: *segment,
                    entered,
                    cause,
                    since,
                    at,
                };
                found.push((commit, *contact, moved));
            }
        }
        found
    }
}

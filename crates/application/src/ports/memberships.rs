//! The record of who was in a segment, and from when until when.

use super::{ContactDetails, StorageError};
use async_trait::async_trait;
use chrono::NaiveDate;
use selfsame_domain::segments::{Needs, Plan, StoredFacts};
use selfsame_domain::{ContactId, MoveCause, Revision, SegmentId, Timestamp, WorkspaceId};
use std::collections::{BTreeMap, BTreeSet};

/// How far the record of a workspace is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordState {
    /// The last commit of the workspace.
    pub latest: Revision,
    /// All commits up to this one were evaluated.
    pub recorded: Revision,
    /// Of earlier commits the record is not whole: they precede the first release that keeps one, or ended memberships of that time were deleted.
    pub begins: Revision,
    /// When segments were last evaluated whole, because members may change beside commits and due times; none before the first recording.
    pub checked_at: Option<Timestamp>,
    /// The first time at which a contact has to be evaluated although nothing was written.
    pub next_due: Option<Timestamp>,
    /// Segments whose formula was made or edited after [`Self::recorded`], each with the commit that did.
    pub edited: Vec<(SegmentId, Revision)>,
}

/// A contact that some commits changed, or whose events or orders they changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangedContact {
    /// The contact.
    pub contact: ContactId,
    /// The contact that answers for it.
    pub canonical: ContactId,
    /// The last of the commits.
    pub revision: Revision,
}

/// The contacts that some commits changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedPage {
    /// The contacts, in any order; one may occur several times.
    pub items: Vec<ChangedContact>,
    /// All contacts of the commits up to this one are among them.
    pub until: Revision,
}

/// Which contacts to compare with the record of a segment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DifferenceQuery<'p> {
    /// The segment.
    pub segment: SegmentId,
    /// Its plan.
    pub plan: &'p Plan,
    /// The time at which time conditions are evaluated.
    pub now: Timestamp,
    /// The contacts to compare; all of them without.
    pub among: Option<&'p [ContactId]>,
    /// Only contacts with greater numbers.
    pub after: ContactId,
    /// The maximum number of contacts.
    pub limit: u32,
}

/// An entry or an exit to record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewMove {
    /// The segment.
    pub segment: SegmentId,
    /// The contact.
    pub contact: ContactId,
    /// Whether it enters; else it leaves.
    pub entered: bool,
    /// Why.
    pub cause: MoveCause,
    /// The commit from which on the contact is in the segment, or is not any more.
    pub since: Revision,
}

/// When a contact has to be evaluated again for a segment although nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueTime {
    /// The segment.
    pub segment: SegmentId,
    /// The contact.
    pub contact: ContactId,
    /// The time; none when there is no such time.
    pub at: Option<Timestamp>,
}

/// Entries and exits to record in one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// The value of [`RecordState::recorded`] that the moves follow.
    pub expected: Revision,
    /// The commit whose definitions the segments were evaluated by.
    pub definitions: Revision,
    /// The entries and exits; each segment and contact at most once. May be empty.
    pub moves: Vec<NewMove>,
    /// Due times that replace earlier ones; each segment and contact at most once.
    pub due: Vec<DueTime>,
    /// The new value of [`RecordState::recorded`].
    pub recorded: Revision,
    /// The current time.
    pub at: Timestamp,
}

/// A membership that the record shows as current.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordedMembership {
    /// The segment.
    pub segment: SegmentId,
    /// The contact.
    pub contact: ContactId,
    /// The commit from which on the contact is in the segment.
    pub since: Revision,
    /// When the entry was recorded.
    pub at: Timestamp,
}

/// How many contacts entered and left a segment on a day (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoveCount {
    /// The day.
    pub day: NaiveDate,
    /// How many entries were recorded.
    pub entered: u64,
    /// How many exits were recorded.
    pub left: u64,
}

/// The recorded entries and exits of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveCounts {
    /// How many contacts were in the segment when the first day began.
    pub before: u64,
    /// The days with entries or exits, ascending.
    pub days: Vec<MoveCount>,
}

/// Stores from when until when contacts were in segments, static and dynamic.
///
/// Current members are always computed ([`super::Segments`]). The record follows the commits: it has the members of past commits, and every entry and exit in
/// the order in which they were recorded. An erasure deletes a contact from it, a deletion of a segment the segment.
#[async_trait]
pub trait Memberships: Send + Sync {
    /// Workspaces with segments whose record is behind their last commit, in which a due time has come, or in which [`RecordState::checked_at`] is not
    /// after `checked_before`; at most `limit`.
    async fn records_behind(
        &self,
        now: Timestamp,
        checked_before: Timestamp,
        limit: u32,
    ) -> Result<Vec<WorkspaceId>, StorageError>;

    /// How far the record is. [`StorageError::UnknownWorkspace`] without the workspace.
    async fn record_state(&self, workspace: WorkspaceId) -> Result<RecordState, StorageError>;

    /// The contacts that commits after `after`, up to `until`, wrote, or whose events, visitors, orders or log they wrote: those of whole commits,
    /// at least one commit, and as many as wrote about `limit` rows of a kind. Contacts that were erased are left out.
    async fn changed_contacts(
        &self,
        workspace: WorkspaceId,
        after: Revision,
        until: Revision,
        limit: u32,
    ) -> Result<ChangedPage, StorageError>;

    /// Contacts by their own numbers, in any state, in the order of the numbers. Unknown numbers are left out.
    async fn numbered(&self, workspace: WorkspaceId, ids: &[ContactId]) -> Result<Vec<ContactDetails>, StorageError>;

    /// The facts that a plan needs besides [`ContactDetails`], by canonical contact. May leave out contacts without stored facts. Of a
    /// contact with more than `most` of the wanted events, or orders, [`StoredFacts::is_cut`] MUST be set.
    async fn stored_facts(
        &self,
        workspace: WorkspaceId,
        contacts: &[ContactId],
        needs: &Needs,
        most: u32,
    ) -> Result<BTreeMap<ContactId, StoredFacts>, StorageError>;

    /// Segments and contacts whose due times have come, the earliest first, at most `limit`.
    async fn due_memberships(
        &self,
        workspace: WorkspaceId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(SegmentId, ContactId)>, StorageError>;

    /// Makes the active contacts after `after` due for a segment at a time, by number, at most `limit` of them. Returns the last of them; none when there are
    /// no more.
    async fn make_due(
        &self,
        workspace: WorkspaceId,
        segment: SegmentId,
        at: Timestamp,
        after: ContactId,
        limit: u32,
    ) -> Result<Option<ContactId>, StorageError>;

    /// The current memberships of contacts, as far as they are recorded.
    async fn recorded_memberships(
        &self,
        workspace: WorkspaceId,
        contacts: &[ContactId],
    ) -> Result<BTreeSet<RecordedMembership>, StorageError>;

    /// How many contacts the record shows as in a segment now. MUST NOT depend on their number.
    async fn recorded_count(&self, workspace: WorkspaceId, segment: SegmentId) -> Result<u64, StorageError>;

    /// Contacts that are in a segment now and not by the record, and the reverse, by number. For each of them, whether it is in the segment now.
    async fn differences(
        &self,
        workspace: WorkspaceId,
        query: &DifferenceQuery<'_>,
    ) -> Result<Vec<(ContactId, bool)>, StorageError>;

    /// Records moves in a commit of their own, sets due times, and sets how far the record is. Without moves there is no commit. Moves that the record has
    /// already, and moves and due times of contacts and segments that do not exist any more, are left out. Returns false, and changes nothing, when the record is not at
    /// [`Recording::expected`], or definitions changed after [`Recording::definitions`].
    async fn record_moves(&self, workspace: WorkspaceId, recording: &Recording) -> Result<bool, StorageError>;

    /// Sets [`RecordState::checked_at`], unless it is later.
    async fn note_time_check(&self, workspace: WorkspaceId, at: Timestamp) -> Result<(), StorageError>;

    /// Deletes ended memberships, the earliest first, at most `limit`: those whose exits were recorded up to a commit and before a time. Members at earlier
    /// commits than the last of these exits are not whole any more: MUST raise [`RecordState::begins`] to it. Returns how many were deleted.
    async fn prune_periods(
        &self,
        workspace: WorkspaceId,
        up_to: Revision,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, StorageError>;

    /// The contacts that were in a segment after a commit, by number.
    async fn members_at(
        &self,
        workspace: WorkspaceId,
        segment: SegmentId,
        revision: Revision,
        after: ContactId,
        limit: u32,
    ) -> Result<Vec<ContactId>, StorageError>;

    /// The entries and exits of a segment that were recorded from a time on.
    async fn move_counts(
        &self,
        workspace: WorkspaceId,
        segment: SegmentId,
        from: Timestamp,
    ) -> Result<MoveCounts, StorageError>;
}

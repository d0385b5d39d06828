//! The record of members of segments, which the probe delegates.

use super::probe::Probe;
use async_trait::async_trait;
use selfsame_application::ports::{
    ChangedPage, ContactDetails, DifferenceQuery, Memberships, MoveCounts, RecordState, RecordedMembership, Recording,
    StorageError,
};
use selfsame_domain::segments::{Needs, StoredFacts};
use selfsame_domain::{ContactId, Revision, SegmentId, Timestamp, WorkspaceId};
use std::collections::{BTreeMap, BTreeSet};

type Read<T> = Result<T, StorageError>;

#[async_trait]
impl Memberships for Probe {
    async fn records_behind(&self, now: Timestamp, checked_before: Timestamp, limit: u32) -> Read<Vec<WorkspaceId>> {
        self.inner.records_behind(now, checked_before, limit).await
    }

    async fn stored_facts(
        &self,
        workspace: WorkspaceId,
        contacts: &[ContactId],
        needs: &Needs,
        most: u32,
    ) -> Read<BTreeMap<ContactId, StoredFacts>> {
        self.inner.stored_facts(workspace, contacts, needs, most).await
    }

    async fn due_memberships(
        &self,
        workspace: WorkspaceId,
        now: Timestamp,
        limit: u32,
    ) -> Read<Vec<(SegmentId, ContactId)>> {
        self.inner.due_memberships(workspace, now, limit).await
    }

    async fn make_due(
        &self,
        workspace: WorkspaceId,
        segment: SegmentId,
        at: Timestamp,
        after: ContactId,
        limit: u32,
    ) -> Read<Option<ContactId>> {
        self.inner.make_due(workspace, segment, at, after, limit).await
    }

    async fn record_state(&self, workspace: WorkspaceId) -> Read<RecordState> {
        self.inner.record_state(workspace).await
    }

    async fn changed_contacts(
        &self,
        workspace: WorkspaceId,
        after: Revision,
        until: Revision,
        limit: u32,
    ) -> Read<ChangedPage> {
        self.inner.changed_contacts(workspace, after, until, limit).await
    }

    async fn numbered(&self, workspace: WorkspaceId, ids: &[ContactId]) -> Read<Vec<ContactDetails>> {
        self.inner.numbered(workspace, ids).await
    }

    async fn recorded_memberships(
        &self,
        workspace: WorkspaceId,
        contacts: &[ContactId],
    ) -> Read<BTreeSet<RecordedMembership>> {
        self.inner.recorded_memberships(workspace, contacts).await
    }

    async fn recorded_count(&self, workspace: WorkspaceId, segment: SegmentId) -> Read<u64> {
        self.inner.recorded_count(workspace, segment).await
    }

    async fn differences(&self, workspace: WorkspaceId, query: &DifferenceQuery<'_>) -> Read<Vec<(ContactId, bool)>> {
        self.inner.differences(workspace, query).await
    }

    async fn record_moves(&self, workspace: WorkspaceId, recording: &Recording) -> Read<bool> {
        self.inner.record_moves(workspace, recording).await
    }

    async fn note_time_check(&self, workspace: WorkspaceId, at: Timestamp) -> Read<()> {
        self.inner.note_time_check(workspace, at).await
    }

    async fn prune_periods(&self, workspace: WorkspaceId, up_to: Revision, before: Timestamp, limit: u32) -> Read<u64> {
        self.inner.prune_periods(workspace, up_to, before, limit).await
    }

    async fn members_at(
        &self,
        workspace: WorkspaceId,
        segment: SegmentId,
        revision: Revision,
        after: ContactId,
        limit: u32,
    ) -> Read<Vec<ContactId>> {
        self.inner.members_at(workspace, segment, revision, after, limit).await
    }

    async fn move_counts(&self, workspace: WorkspaceId, segment: SegmentId, from: Timestamp) -> Read<MoveCounts> {
        self.inner.move_counts(workspace, segment, from).await
    }
}

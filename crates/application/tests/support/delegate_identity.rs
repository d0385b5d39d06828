//! What the probe leaves to the store that it watches: identities.

use super::probe::Probe;
use async_trait::async_trait;
use selfsame_application::ports::{
    Holder, Identity, IdentityView, Lookup, PeriodCounts, QuarantinedPlace, SharedIdentifier, StorageError,
};
use selfsame_domain::{
    ContactId, Decision, DecisionId, IdentifierKey, Merge, MergeId, Timestamp, Visitor, VisitorId, WorkspaceId,
};

type Read<T> = Result<T, StorageError>;

#[async_trait]
impl Identity for Probe {
    async fn identity(&self, workspace: WorkspaceId, id: ContactId) -> Read<Option<IdentityView>> {
        self.inner.identity(workspace, id).await
    }

    async fn log(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        after: Option<DecisionId>,
        limit: u32,
    ) -> Read<Option<Vec<Decision>>> {
        self.inner.log(workspace, id, after, limit).await
    }

    async fn visitors_of(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        after: Option<(Timestamp, VisitorId)>,
        limit: u32,
    ) -> Read<Vec<Visitor>> {
        self.inner.visitors_of(workspace, id, after, limit).await
    }

    async fn lookup(&self, workspace: WorkspaceId, key: &IdentifierKey) -> Read<Lookup> {
        self.inner.lookup(workspace, key).await
    }

    async fn decision(&self, workspace: WorkspaceId, id: DecisionId) -> Read<Option<Decision>> {
        self.inner.decision(workspace, id).await
    }

    async fn merges(&self, workspace: WorkspaceId, before: Option<MergeId>, limit: u32) -> Read<Vec<Merge>> {
        self.inner.merges(workspace, before, limit).await
    }

    async fn shared(
        &self,
        workspace: WorkspaceId,
        least: u32,
        after: Option<&IdentifierKey>,
        limit: u32,
    ) -> Read<Vec<SharedIdentifier>> {
        self.inner.shared(workspace, least, after, limit).await
    }

    async fn quarantined(
        &self,
        workspace: WorkspaceId,
        after: Option<&QuarantinedPlace>,
        limit: u32,
    ) -> Read<Vec<Holder>> {
        self.inner.quarantined(workspace, after, limit).await
    }

    async fn counts_between(&self, workspace: WorkspaceId, bounds: &[Timestamp]) -> Read<Vec<PeriodCounts>> {
        self.inner.counts_between(workspace, bounds).await
    }

    async fn merge(&self, workspace: WorkspaceId, id: MergeId) -> Read<Option<Merge>> {
        self.inner.merge(workspace, id).await
    }
}

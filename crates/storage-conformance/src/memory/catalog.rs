//! Reading the definitions of a workspace.

use super::store::MemoryStore;
use async_trait::async_trait;
use selfsame_application::ports::{Catalog, Page, StorageError};
use selfsame_domain::{Category, CustomField, Segment, WorkspaceId};
use std::collections::BTreeSet;

#[async_trait]
impl Catalog for MemoryStore {
    async fn segments(
        &self,
        workspace: WorkspaceId,
        name_contains: Option<&str>,
        offset: u64,
        limit: u32,
    ) -> Result<Page<Segment>, StorageError> {
        let space = self.space(workspace);
        let wanted = name_contains.unwrap_or_default().to_lowercase();
        let fits = |segment: &&Segment| segment.name.as_str().to_lowercase().contains(&wanted);
        let found: Vec<&Segment> = space.segments.values().filter(fits).collect();
        let total = found.len() as u64;
        let passed_over = usize::try_from(offset).unwrap_or(usize::MAX);
        let items = found
            .into_iter()
            .skip(passed_over)
            .take(limit as usize)
            .cloned()
            .collect();
        Ok(Page { items, total })
    }

    async fn categories(&self, workspace: WorkspaceId) -> Result<Vec<(Category, u64)>, StorageError> {
        let space = self.space(workspace);
        let count = |category: &Category| {
            let members = space
                .memberships
                .values()
                .filter(|row| row.segment == category.segment && row.hidden_by.is_none());
            let owners: BTreeSet<_> = members.map(|row| row.owner).filter(|id| space.is_active(*id)).collect();
            owners.len() as u64
        };
        Ok(space
            .categories
            .values()
            .map(|category| (category.clone(), count(category)))
            .collect())
    }

    async fn fields(&self, workspace: WorkspaceId) -> Result<Vec<CustomField>, StorageError> {
        Ok(self.space(workspace).fields.values().cloned().collect())
    }
}

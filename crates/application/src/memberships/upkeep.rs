//! Deleting outdated parts of the record, and checking it.

use crate::app::Application;
use crate::exports::FEED_COMMITS;
use crate::ports::{DifferenceQuery, StorageError, Workspace};
use crate::segments::plan_of;
use chrono::TimeDelta;
use selfsame_domain::{ContactId, Revision, SegmentId};

/// For how many days ended memberships are kept at least.
const PERIOD_DAYS: i64 = 366;

/// How many are deleted by one transaction.
const AT_ONCE: u32 = 1_000;

/// Up to how many contacts a check counts in a segment.
const MOST_COUNTED: u32 = 1_000;

/// What a check of the record found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordCheck {
    /// How many commits are not recorded yet.
    pub behind: u64,
    /// Segments whose recorded members differ from the members, and of how many contacts, up to 1,000. None when that cannot be said, because the record
    /// is behind or was written meanwhile.
    pub differing: Option<Vec<(SegmentId, usize)>>,
}

impl Application {
    /// Deletes memberships that ended more than a year ago, unless the change feed still has their exits. Returns how many.
    pub async fn prune_memberships(&self) -> Result<u64, StorageError> {
        let before = self.clock.now() - TimeDelta::days(PERIOD_DAYS);
        let mut pruned = 0;
        for workspace in self.store.workspaces().await? {
            let latest = self.store.record_state(workspace.id).await?.latest;
            let up_to = Revision(latest.0.saturating_sub(FEED_COMMITS));
            loop {
                let deleted = self.store.prune_periods(workspace.id, up_to, before, AT_ONCE).await?;
                pruned += deleted;
                if deleted < u64::from(AT_ONCE) {
                    break;
                }
            }
        }
        Ok(pruned)
    }

    /// Compares the recorded members of all segments with their members. Leaves out segments whose members change before the record follows: by imports, by
    /// shared identifiers, by events that expire.
    pub async fn check_record(&self, workspace: &Workspace) -> Result<RecordCheck, StorageError> {
        let (store, now) = (&self.store, self.clock.now());
        let state = store.record_state(workspace.id).await?;
        let definitions = store.definitions(workspace.id).await?;
        let behind = (state.latest.0 - state.recorded.0).unsigned_abs();
        // A workspace without segments is allowed to be behind.
        if definitions.names.is_empty() {
            return Ok(RecordCheck {
                behind: 0,
                differing: Some(Vec::new()),
            });
        }
        let is_due = state.next_due.is_some_and(|at| at <= now);
        if behind > 0 || is_due {
            return Ok(RecordCheck {
                behind,
                differing: None,
            });
        }
        let expires = workspace.policy.events_kept_since(now).is_some();
        let mut differing = Vec::new();
        for segment in definitions.names.keys() {
            let Ok(plan) = plan_of(&definitions, *segment) else {
                continue;
            };
            if plan.changes_beside_commits() || (expires && !plan.needs().events.is_empty()) {
                continue;
            }
            let query = DifferenceQuery {
                segment: *segment,
                plan: &plan,
                now,
                among: None,
                after: ContactId::NONE,
                limit: MOST_COUNTED,
            };
            let found = store.differences(workspace.id, &query).await?.len();
            if found > 0 {
                differing.push((*segment, found));
            }
        }
        let unchanged = store.record_state(workspace.id).await? == state;
        Ok(RecordCheck {
            behind,
            differing: unchanged.then_some(differing),
        })
    }
}

//! What another policy would have decided otherwise.

use super::error::ConsoleError;
use super::sessions::Person;
use crate::app::Application;
use crate::ports::{Logged, ReadAnswer, ReadRequest, StorageError};
use selfsame_domain::console::Permission;
use selfsame_domain::{
    Decision, DecisionId, Footprint, IdentifierKey, KeyRecord, Policy, PolicyDifference, Revision, WorkspaceId,
};
use std::collections::{BTreeMap, BTreeSet};

/// How many of the latest decisions are looked at.
const DECISIONS: usize = 1_000;

/// How many commits are read back for them, in turn.
const BACK: [i64; 5] = [4, 16, 64, 256, 1_024];

/// How often reading is tried again while the policy changes.
const TRIES: usize = 3;

/// What a policy would have decided otherwise.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PolicySimulation {
    /// How many decisions were looked at.
    pub decisions: usize,
    /// How many of them each difference is about.
    pub counts: BTreeMap<PolicyDifference, u64>,
    /// The latest decisions with differences, the latest first.
    pub examples: Vec<(Decision, BTreeSet<PolicyDifference>)>,
}

impl PolicySimulation {
    /// How many examples are kept.
    pub const EXAMPLES: usize = 25;
}

impl Application {
    /// What a policy would have decided otherwise among the latest thousand decisions. Changes nothing.
    pub async fn simulate_policy(&self, person: &Person, policy: &Policy) -> Result<PolicySimulation, ConsoleError> {
        person.require(Permission::ManageSettings)?;
        policy.check()?;
        let workspace = person.workspace.id;
        let decisions = self.latest_decisions(workspace).await?;
        let keys: BTreeSet<&IdentifierKey> = decisions.values().flat_map(Decision::evidence).collect();
        let records = self.key_records(workspace, &keys).await?;
        let seen_with = |key: &IdentifierKey| records.get(key).map_or(0, |record| record.seen_with.len());
        let mut simulation = PolicySimulation {
            decisions: decisions.len(),
            ..PolicySimulation::default()
        };
        for decision in decisions.into_values().rev() {
            let found = decision.differences(&person.workspace.policy, policy, seen_with);
            for difference in &found {
                *simulation.counts.entry(*difference).or_default() += 1;
            }
            if !found.is_empty() && simulation.examples.len() < PolicySimulation::EXAMPLES {
                simulation.examples.push((decision, found));
            }
        }
        Ok(simulation)
    }

    /// The latest decisions of a workspace that touched contacts, by time.
    async fn latest_decisions(&self, workspace: WorkspaceId) -> Result<BTreeMap<DecisionId, Decision>, StorageError> {
        let limit = u32::try_from(DECISIONS).unwrap_or(u32::MAX);
        let mut decisions: BTreeMap<DecisionId, Decision> = BTreeMap::new();
        let latest = self.store.logged(workspace, Revision(i64::MAX - 1), 1).await?.latest;
        for back in BACK {
            let begin = Revision((latest.0 - back).max(0));
            let page = self.store.logged(workspace, begin, limit).await?;
            let decided = page.entries.into_iter().filter_map(|entry| match entry.what {
                Logged::Decided(decision) => Some((decision.id, *decision)),
                Logged::Erased | Logged::Moved(_) => None,
            });
            decisions = decided.collect();
            if decisions.len() >= DECISIONS || begin.0 == 0 {
                break;
            }
        }
        while decisions.len() > DECISIONS {
            decisions.pop_first();
        }
        Ok(decisions)
    }

    /// What is recorded about identifiers.
    async fn key_records(
        &self,
        workspace: WorkspaceId,
        keys: &BTreeSet<&IdentifierKey>,
    ) -> Result<BTreeMap<IdentifierKey, KeyRecord>, StorageError> {
        let mut policy = self.store.policy(workspace).await?;
        for _ in 0..TRIES {
            let request = ReadRequest {
                policy: policy.revision,
                footprint: Footprint {
                    keys: keys.iter().map(|key| ((*key).clone(), false)).collect(),
                    ..Footprint::default()
                },
                reply_keys: Vec::new(),
                now: self.clock.now(),
            };
            match self.store.read(workspace, &request).await? {
                ReadAnswer::State(state) => return Ok(state.snapshot.keys),
                ReadAnswer::OutdatedPolicy(newer) => policy = newer,
            }
        }
        Err(StorageError::Retriable)
    }
}

//! Loading a footprint.

use super::Unit;
use super::catalog::Definitions;
use super::lock::Found;
use crate::error::translate;
use crate::rows::{self, ContactRecord, MergeRecord, contact_record, merge_record};
use selfsame_application::ports::{Mode, StorageError};
use selfsame_domain::{
    Contact, ContactId, ContactState, Footprint, Fresh, HeldIdentifier, IdentifierKey, KeyRecord, Snapshot,
};
use std::collections::BTreeSet;

/// The two contacts of a merge; they never change.
const PARTIES: &str = "SELECT survivor_id, absorbed_id FROM merges WHERE workspace_id = $1 AND merge_id = ANY($2)";

/// Everybody who answers to somebody else, of the groups of the contacts that are given, and all merges within one group or
/// named by identity.
const GROUPS: &str = concat!(
    "WITH absorbed AS MATERIALIZED (
        SELECT c.*
        FROM UNNEST($2::bigint[]) AS root (contact_id)
        JOIN contacts c ON c.workspace_id = $1 AND c.canonical_id = root.contact_id AND c.state = 'merged'
    ),
    members AS MATERIALIZED (
        SELECT contact_id FROM absorbed UNION SELECT UNNEST($2::bigint[])
    )
    SELECT
        ARRAY(SELECT ",
    contact_record!(),
    " FROM absorbed c LEFT JOIN profiles p ON p.workspace_id = $1 AND p.contact_id = c.contact_id),
        ARRAY(SELECT ",
    merge_record!(),
    " FROM members m JOIN merges g ON g.workspace_id = $1 AND g.survivor_id = m.contact_id
          WHERE g.absorbed_id IN (SELECT contact_id FROM members) OR g.merge_id = ANY($3::uuid[])
          UNION ALL
          SELECT ",
    merge_record!(),
    " FROM merges g
          WHERE g.workspace_id = $1 AND g.merge_id = ANY($3::uuid[])
            AND g.survivor_id NOT IN (SELECT contact_id FROM members))"
);

/// Merges that were undone, of contacts that the given ones answer for: each party and who answers for it.
const APART: &str = "
    WITH members AS MATERIALIZED (
        SELECT UNNEST($2::bigint[]) AS contact_id
        UNION
        SELECT c.contact_id
        FROM UNNEST($2::bigint[]) AS root (contact_id)
        CROSS JOIN LATERAL (
            SELECT contact_id FROM contacts
            WHERE workspace_id = $1 AND canonical_id = root.contact_id AND state = 'merged' OFFSET 0
        ) c
    ),
    pairs AS MATERIALIZED (
        SELECT m.survivor_id, m.absorbed_id
        FROM members
        CROSS JOIN LATERAL (
            SELECT survivor_id, absorbed_id FROM merges
            WHERE workspace_id = $1 AND survivor_id = members.contact_id AND undone_at IS NOT NULL OFFSET 0
        ) m
        UNION
        SELECT m.survivor_id, m.absorbed_id
        FROM members
        CROSS JOIN LATERAL (
            SELECT survivor_id, absorbed_id FROM merges
            WHERE workspace_id = $1 AND absorbed_id = members.contact_id AND undone_at IS NOT NULL OFFSET 0
        ) m
    )
    SELECT s.contact_id, s.canonical_id, a.contact_id, a.canonical_id
    FROM pairs
    CROSS JOIN LATERAL (
        SELECT contact_id, canonical_id FROM contacts
        WHERE workspace_id = $1 AND contact_id = pairs.survivor_id OFFSET 0
    ) s
    CROSS JOIN LATERAL (
        SELECT contact_id, canonical_id FROM contacts
        WHERE workspace_id = $1 AND contact_id = pairs.absorbed_id OFFSET 0
    ) a
    WHERE s.canonical_id <> a.canonical_id";

impl Unit {
    pub(super) async fn load_footprint(&mut self, footprint: &Footprint) -> Result<Snapshot, StorageError> {
        let definitions = self.load_definitions(footprint).await?;
        let parties = self.parties(footprint).await?;
        let orders = self.load_orders(footprint).await?;
        let owners: BTreeSet<ContactId> = orders.values().map(|order| order.contact).collect();
        let asked: BTreeSet<ContactId> = footprint.contacts.union(&owners).copied().collect();
        let named: BTreeSet<ContactId> = asked.union(&parties).copied().collect();
        let found = self.lock(footprint, &named).await?;
        let roots = parties
            .iter()
            .map(|id| *found.canonical.get(id).unwrap_or(id))
            .collect();
        let mut snapshot = self.snapshot(footprint, &asked, found, &roots);
        snapshot.orders = orders;
        if !roots.is_empty() {
            self.load_groups(footprint, &roots, &mut snapshot).await?;
        }
        self.load_apart(&mut snapshot).await?;
        self.load_events(footprint, &mut snapshot).await?;
        self.known.add_contacts(snapshot.contacts.values());
        self.known.add_visitors(&snapshot.visitors);
        let Definitions {
            segments,
            categories,
            fresh,
        } = definitions;
        let contacts = self.contact_numbers(footprint.fresh.contacts).await?;
        Ok(Snapshot {
            segments,
            categories,
            fresh: Fresh { contacts, ..fresh },
            ..snapshot
        })
    }

    /// The contacts that took part in the merges of the footprint: whoever answers for them must be locked.
    async fn parties(&mut self, footprint: &Footprint) -> Result<BTreeSet<ContactId>, StorageError> {
        if footprint.merges.is_empty() {
            return Ok(BTreeSet::new());
        }
        let merges: Vec<_> = footprint.merges.iter().map(|id| id.0).collect();
        let parties: Vec<(i64, i64)> = sqlx::query_as(PARTIES)
            .bind(self.workspace.0)
            .bind(merges)
            .fetch_all(&mut *self.transaction)
            .await
            .map_err(translate)?;
        Ok(parties
            .into_iter()
            .flat_map(|(survivor, absorbed)| [ContactId(survivor), ContactId(absorbed)])
            .collect())
    }

    /// Leaves out what was locked and is not asked for: removed contacts that hold an identifier of a kind that may be shared.
    fn snapshot(
        &mut self,
        footprint: &Footprint,
        asked: &BTreeSet<ContactId>,
        found: Found,
        roots: &BTreeSet<ContactId>,
    ) -> Snapshot {
        self.known.add_keys(found.keys.iter().cloned());
        let answering = |id: &ContactId| *found.canonical.get(id).unwrap_or(id);
        let owners = found.visitors.iter().filter_map(|visitor| visitor.owner);
        let named = asked.iter().map(answering).chain(roots.iter().copied());
        let named: BTreeSet<ContactId> = named.chain(owners).collect();
        let held = |contact: &Contact| {
            let needed = |key: &IdentifierKey| footprint.keys.get(key).is_some_and(|needed| *needed);
            let named = |held: &&HeldIdentifier| {
                needed(held.key()) || held.identifier.nameless().is_some_and(|nameless| needed(&nameless))
            };
            let mut keys = contact.identifiers.iter().filter(named).map(HeldIdentifier::key);
            match contact.state {
                ContactState::Active => keys.next().is_some(),
                ContactState::Removed => keys.any(|key| key.kind.is_exclusive()),
                ContactState::Merged => false,
            }
        };
        let absorbed = found.canonical.iter().filter(|(id, _)| asked.contains(id));
        let keys = found
            .keys
            .into_iter()
            .filter(|(_, record)| *record != KeyRecord::default());
        Snapshot {
            canonical: absorbed.map(|(id, canonical)| (*id, *canonical)).collect(),
            keys: keys.collect(),
            visitors: found.visitors,
            fields: found.fields,
            contacts: found
                .contacts
                .into_iter()
                .filter(|(id, contact)| named.contains(id) || held(contact))
                .collect(),
            ..Snapshot::default()
        }
    }

    /// Under the locks of those who answer for the groups, which the snapshot has.
    async fn load_groups(
        &mut self,
        footprint: &Footprint,
        roots: &BTreeSet<ContactId>,
        snapshot: &mut Snapshot,
    ) -> Result<(), StorageError> {
        let roots: Vec<i64> = roots.iter().map(|id| id.0).collect();
        let merges: Vec<_> = footprint.merges.iter().map(|id| id.0).collect();
        let (absorbed, merges): (Vec<ContactRecord>, Vec<MergeRecord>) = sqlx::query_as(GROUPS)
            .bind(self.workspace.0)
            .bind(roots)
            .bind(merges)
            .fetch_one(&mut *self.transaction)
            .await
            .map_err(translate)?;
        snapshot
            .contacts
            .extend(rows::contacts(absorbed, Vec::new(), Vec::new())?);
        snapshot.merges = rows::all(merges, rows::merge)?
            .into_iter()
            .map(|merge| (merge.id, merge))
            .collect();
        Ok(())
    }

    /// Under the locks of the contacts of the snapshot, without which no merge of theirs is made or undone. Asked from the side of those
    /// that may be absorbed, who answer for few.
    async fn load_apart(&mut self, snapshot: &mut Snapshot) -> Result<(), StorageError> {
        let absorbable: Vec<i64> = snapshot.absorbable().iter().map(|id| id.0).collect();
        if absorbable.is_empty() {
            return Ok(());
        }
        let pairs: Vec<(i64, i64, i64, i64)> = sqlx::query_as(APART)
            .bind(self.workspace.0)
            .bind(absorbable)
            .fetch_all(&mut *self.transaction)
            .await
            .map_err(translate)?;
        for (survivor, answers, absorbed, answers_too) in pairs {
            let answering = [(survivor, answers), (absorbed, answers_too)]
                .map(|(id, canonical)| (ContactId(id), ContactId(canonical)));
            if answering
                .iter()
                .all(|(_, canonical)| snapshot.contacts.contains_key(canonical))
            {
                snapshot.apart.insert((ContactId(survivor), ContactId(absorbed)));
                let others = answering.into_iter().filter(|(id, canonical)| id != canonical);
                snapshot.canonical.extend(others);
            }
        }
        Ok(())
    }

    async fn contact_numbers(&mut self, count: usize) -> Result<Vec<ContactId>, StorageError> {
        let numbers = match self.mode {
            Mode::Write => {
                let numbers = self.store.numbers().take(self.workspace, count).await?;
                self.numbers.taken.extend(&numbers);
                numbers
            }
            Mode::DryRun => {
                self.store
                    .numbers()
                    .peek(&mut self.transaction, self.workspace, count)
                    .await?
            }
        };
        Ok(numbers.into_iter().map(ContactId).collect())
    }
}

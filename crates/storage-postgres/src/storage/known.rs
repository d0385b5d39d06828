//! What a transaction loaded, as far as its writes are checked against it.

use selfsame_domain::{
    ChangeSet, Contact, ContactId, ContactRow, HeldIdentifier, IdentifierKey, KeyRecord, SegmentId, Visitor, VisitorId,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What a transaction loaded.
#[derive(Debug, Default)]
pub(super) struct Known {
    contacts: BTreeMap<ContactId, ContactRow>,
    /// Identifiers by key and home, with their owners.
    identifiers: HashMap<(IdentifierKey, ContactId), ContactId>,
    memberships: HashMap<(SegmentId, ContactId), ContactId>,
    visitors: HashMap<VisitorId, Option<ContactId>>,
    /// Keys of the footprint that were there before.
    keys: HashMap<IdentifierKey, KeyRecord>,
    /// Keys of the footprint that were not there, and were made to be locked.
    made: Vec<IdentifierKey>,
    /// Keys that went with who was erased.
    deleted: HashSet<IdentifierKey>,
}

/// What is written besides the changes themselves, so that whoever waits for a lock sees that it waited (see `lock.rs`).
#[derive(Debug, Default)]
pub(super) struct Touched {
    /// Contacts whose possessions change, but not their rows.
    pub(super) contacts: Vec<ContactRow>,
    /// Keys that somebody holds from now on, but whose records do not change, or that must be made again.
    pub(super) keys: Vec<(IdentifierKey, KeyRecord)>,
}

impl Known {
    pub(super) fn add_contacts<'a>(&mut self, contacts: impl IntoIterator<Item = &'a Contact>) {
        for contact in contacts {
            self.contacts.insert(contact.id, row(contact));
            let held = contact
                .identifiers
                .iter()
                .map(|held| ((held.key().clone(), held.home), held.owner));
            self.identifiers.extend(held);
            let members = contact
                .memberships
                .iter()
                .map(|member| ((member.segment, member.home), member.owner));
            self.memberships.extend(members);
        }
    }

    pub(super) fn add_visitors<'a>(&mut self, visitors: impl IntoIterator<Item = &'a Visitor>) {
        self.visitors
            .extend(visitors.into_iter().map(|visitor| (visitor.id, visitor.owner)));
    }

    pub(super) fn add_keys(&mut self, keys: impl IntoIterator<Item = (IdentifierKey, KeyRecord)>) {
        self.keys.extend(keys);
    }

    /// Notes the keys of the footprint that were not there when they were locked.
    pub(super) fn note_made(&mut self, made: Vec<IdentifierKey>) {
        self.made = made;
    }

    pub(super) fn has_identifier(&self, key: &(IdentifierKey, ContactId)) -> bool {
        self.identifiers.contains_key(key)
    }

    pub(super) fn has_membership(&self, key: (SegmentId, ContactId)) -> bool {
        self.memberships.contains_key(&key)
    }

    /// Exclusive identifiers with home and owner.
    pub(super) fn exclusive(&self) -> impl Iterator<Item = (&IdentifierKey, ContactId, ContactId)> {
        let all = self.identifiers.iter().filter(|((key, _), _)| key.kind.is_exclusive());
        all.map(|((key, home), owner)| (key, *home, *owner))
    }

    /// How many of the contacts are to be changed, not made.
    pub(super) fn contacts_among<'a>(&self, rows: impl IntoIterator<Item = &'a ContactRow>) -> usize {
        rows.into_iter()
            .filter(|row| self.contacts.contains_key(&row.id))
            .count()
    }

    /// How many of the identifiers are to be changed, not made.
    pub(super) fn identifiers_among(&self, rows: &[HeldIdentifier]) -> usize {
        rows.iter()
            .filter(|held| self.has_identifier(&(held.key().clone(), held.home)))
            .count()
    }

    /// How many of the memberships are to be changed, not made.
    pub(super) fn memberships_among(&self, keys: impl IntoIterator<Item = (SegmentId, ContactId)>) -> usize {
        keys.into_iter().filter(|key| self.has_membership(*key)).count()
    }

    /// Whether a key has its row.
    pub(super) fn has_key(&self, key: &IdentifierKey) -> bool {
        self.keys.contains_key(key)
    }

    /// Forgets keys that were deleted: whoever holds them from now on makes them anew.
    pub(super) fn forget_keys(&mut self, deleted: impl IntoIterator<Item = IdentifierKey>) {
        for key in deleted {
            self.keys.remove(&key);
            self.deleted.insert(key);
        }
    }

    /// Keys that were made to be locked, and about which the changes say nothing: what was only named leaves no trace. The other names of a
    /// token that somebody holds stay as long as it does, since every event that names it locks them.
    pub(super) fn unused(&self, changes: &ChangeSet) -> Vec<&IdentifierKey> {
        if self.made.is_empty() {
            return Vec::new();
        }
        let mut used: HashSet<&IdentifierKey> = changes.keys.iter().map(|(key, _)| key).collect();
        used.extend(changes.visitors.iter().map(|visitor| &visitor.key));
        used.extend(changes.identifiers.iter().map(HeldIdentifier::key));
        let held = self.identifiers.keys().map(|(key, _)| key);
        let held = held.chain(changes.identifiers.iter().map(HeldIdentifier::key));
        let names: HashSet<&str> = held
            .filter(|key| key.kind.is_token_or_device())
            .flat_map(names)
            .collect();
        let is_name = |key: &IdentifierKey| key.kind.is_token_or_device() && names.contains(key.value.as_str());
        self.made
            .iter()
            .filter(|key| !used.contains(key) && !is_name(key))
            .collect()
    }

    /// What must be written besides the changes.
    pub(super) fn touched(&self, changes: &ChangeSet) -> Touched {
        let mut owners: BTreeSet<ContactId> = BTreeSet::new();
        let mut gained: HashSet<IdentifierKey> = HashSet::new();
        for held in &changes.identifiers {
            let before = self.identifiers.get(&(held.key().clone(), held.home));
            owners.insert(held.owner);
            owners.extend(before);
            if before.is_none() {
                gained.insert(held.key().clone());
                gained.extend(held.identifier.nameless());
            }
        }
        owners.extend(
            changes
                .identifiers_removed
                .iter()
                .filter_map(|key| self.identifiers.get(key)),
        );
        for member in &changes.memberships {
            owners.insert(member.owner);
            owners.extend(self.memberships.get(&(member.segment, member.home)));
        }
        owners.extend(
            changes
                .memberships_removed
                .iter()
                .filter_map(|key| self.memberships.get(key)),
        );
        for visitor in &changes.visitors {
            gained.insert(visitor.key.clone());
            owners.extend(visitor.owner);
            owners.extend(self.visitors.get(&visitor.id).copied().flatten());
        }
        owners.extend(changes.attributes.iter().map(|(id, _)| *id));
        // Who answers to a contact hangs on it: a merge changes nothing in the survivor's own row.
        for row in &changes.contacts {
            owners.insert(row.canonical);
            owners.extend(self.contacts.get(&row.id).map(|before| before.canonical));
        }
        for row in &changes.contacts {
            owners.remove(&row.id);
        }
        owners.retain(|id| {
            let canonical = self.contacts.get(id).map_or(*id, |row| row.canonical);
            !changes.erased.contains(&canonical)
        });
        for (key, _) in &changes.keys {
            gained.remove(key);
        }
        let record = |key: &IdentifierKey| match self.keys.get(key) {
            Some(record) => Some(record.clone()),
            None => self.deleted.contains(key).then(KeyRecord::default),
        };
        Touched {
            contacts: owners.iter().filter_map(|id| self.contacts.get(id)).cloned().collect(),
            keys: gained
                .into_iter()
                .filter_map(|key| Some((key.clone(), record(&key)?)))
                .collect(),
        }
    }
}

/// How a token is named: as it is held, and without its app.
fn names(key: &IdentifierKey) -> impl Iterator<Item = &str> {
    let nameless = key.value.find('/').map(|slash| &key.value[slash..]);
    std::iter::once(key.value.as_str()).chain(nameless)
}

fn row(contact: &Contact) -> ContactRow {
    ContactRow {
        id: contact.id,
        state: contact.state,
        canonical: contact.canonical,
        merged_into: contact.merged_into,
        source: contact.source,
        created_at: contact.created_at,
        updated_at: contact.updated_at,
    }
}

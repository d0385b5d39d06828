//! What a batch has read, to decide whether its snapshot is still valid.

use crate::values::ExternalOrderId;
use crate::{ContactId, EventId, Footprint, HeldIdentifier, IdentifierKey, MergeId, Snapshot};
use std::collections::BTreeSet;

/// The rows that a snapshot was read from, including those that were looked for and not found.
///
/// The snapshot of a revision is valid as long as no later revision wrote any of these:
///
/// - an identifier of [`Self::held`], or the contact that owns it;
/// - the record of a value of [`Self::keys`], or a visitor behind it;
/// - a contact, merge, order or sent event of these numbers;
/// - the policy of the workspace;
/// - with [`Self::definitions`], any segment, category, custom field, or whether a type of events creates contacts;
/// - with [`Self::everything`], any row of the workspace.
///
/// A change of something that a contact owns also gives the contact a new revision, so an identifier, membership or visitor that was taken away
/// is covered by its former owner. Deleted rows ([`crate::ChangeSet::deletes`]) leave nothing that could have a revision, so the workspace stores
/// the revision of its last deletion, and older snapshots are invalid.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadSet {
    /// Identifiers whose holders were read. A token without an app stands for the token of any app.
    pub held: BTreeSet<IdentifierKey>,
    /// Values whose records and visitors were read.
    pub keys: BTreeSet<IdentifierKey>,
    /// Contacts, and numbers of which there was none.
    pub contacts: BTreeSet<ContactId>,
    /// Merges, and identities of which there was none.
    pub merges: BTreeSet<MergeId>,
    /// Numbers of orders, those of which there was none included.
    pub orders: BTreeSet<ExternalOrderId>,
    /// Events of which it was read whether they are stored.
    pub events: BTreeSet<EventId>,
    /// Whether something was read that the workspace defines.
    pub definitions: bool,
    /// Whether the snapshot holds rows that cannot be listed: those of a period or of an erased contact.
    pub everything: bool,
}

impl ReadSet {
    /// What a batch has read that needed the footprint and got the snapshot.
    pub fn of(footprint: &Footprint, snapshot: &Snapshot) -> Self {
        let all = footprint.keys.iter();
        let held: BTreeSet<IdentifierKey> = all.filter(|(_, held)| **held).map(|(key, _)| key.clone()).collect();
        let mut keys: BTreeSet<IdentifierKey> = footprint.keys.keys().cloned().collect();
        // The records of a token were read by its key without an app as well as by its own.
        let tokens = snapshot.contacts.values().flat_map(|contact| &contact.identifiers);
        let named = |token: &&HeldIdentifier| {
            token
                .identifier
                .key_without_app()
                .is_some_and(|key| held.contains(&key))
        };
        keys.extend(tokens.filter(named).map(|token| token.key().clone()));
        let mut contacts = footprint.contacts.clone();
        contacts.extend(snapshot.contacts.keys());
        contacts.extend(snapshot.canonical.keys());
        contacts.extend(snapshot.orders.values().map(|order| order.contact));
        contacts.extend(&snapshot.fresh.contacts);
        let merges = snapshot.merges.values();
        contacts.extend(merges.flat_map(|merge| [merge.survivor, merge.absorbed]));
        contacts.extend(
            snapshot
                .undone_pairs
                .iter()
                .flat_map(|(survivor, absorbed)| [*survivor, *absorbed]),
        );
        Self {
            held,
            keys,
            contacts,
            merges: footprint.merges.clone(),
            orders: footprint.orders.clone(),
            events: footprint.events.clone(),
            definitions: footprint.names_definitions(),
            everything: footprint.deleting.is_some() || footprint.erases,
        }
    }
}

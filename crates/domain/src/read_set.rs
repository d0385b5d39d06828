//! What a batch has read, so that it can be told whether its snapshot is still true.

use crate::values::ExternalOrderId;
use crate::{ContactId, EventId, Footprint, HeldIdentifier, IdentifierKey, MergeId, Snapshot};
use std::collections::BTreeSet;

/// The rows that a snapshot was made of, those that were looked for and not found included.
///
/// The snapshot of a revision is still true as long as none of these was written by a later one:
///
/// - an identifier of [`Self::held`], or the contact that owns it;
/// - what is known of a value of [`Self::keys`], or a visitor behind it;
/// - a contact, merge, order or sent event of these numbers;
/// - the policy of the workspace;
/// - with [`Self::definitions`], any segment, category, custom field, or whether a type of events creates contacts;
/// - with [`Self::everything`], any row of the workspace.
///
/// Whatever changes something that a contact owns gives the contact a new revision as well, so an identifier, membership or visitor that
/// was taken away is covered by its former owner. Rows that disappear with all that belongs to them ([`crate::ChangeSet::deletes`]) leave
/// nothing behind that could have a revision; so the workspace remembers when that last happened, and an older snapshot is not true any more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadSet {
    /// Identifiers whose holders were read. A token without its app stands for that token of every app.
    pub held: BTreeSet<IdentifierKey>,
    /// Values of which it was read what is known of them and who left history behind them.
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
    /// Whether the snapshot holds rows that cannot be listed: those of a period or of somebody who is erased.
    pub everything: bool,
}

impl ReadSet {
    /// What a batch has read that asked for the footprint and got the snapshot.
    pub fn of(footprint: &Footprint, snapshot: &Snapshot) -> Self {
        let asked = footprint.keys.iter();
        let held: BTreeSet<IdentifierKey> = asked.filter(|(_, held)| **held).map(|(key, _)| key.clone()).collect();
        let mut keys: BTreeSet<IdentifierKey> = footprint.keys.keys().cloned().collect();
        // What is behind a token was read by its nameless key and by its own one.
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
                .apart
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

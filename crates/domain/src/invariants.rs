//! What must hold at all times.

use crate::{Contact, ContactId, ContactState, IdentifierKey, IdentifierKind, Merge, Revision, SegmentId, VisitorId};
use std::collections::{BTreeMap, BTreeSet};

/// An impossible state that [`crate::resolve`] met: the snapshot lacks what its contract says, or contradicts itself. Nothing of the batch is
/// written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invariant {
    /// A contact that the command is about is not loaded.
    #[error("contact {0} is missing from the snapshot")]
    MissingContact(ContactId),
    /// A visitor that an identifier names is not loaded.
    #[error("visitor {0} is missing from the snapshot")]
    MissingVisitor(VisitorId),
    /// A segment that a category owns is not loaded.
    #[error("segment {0} is missing from the snapshot")]
    MissingSegment(SegmentId),
    /// The index of holders names a contact that does not hold the identifier.
    #[error("contact {contact} is indexed as the holder of an identifier of kind {kind} and does not hold it")]
    NotHeld {
        /// The contact.
        contact: ContactId,
        /// The kind of the identifier. Its value is not displayed.
        kind: IdentifierKind,
    },
    /// The snapshot has fewer new IDs than the footprint demands. What they are for is named.
    #[error("the snapshot has too few new IDs: there is none for a {0}")]
    NoNewId(&'static str),
    /// An event that Selfsame records by itself exceeds the limits of events, although the limits of its parts forbid it.
    #[error("an event that is recorded about a contact exceeds the limits of events")]
    EventTooLarge,
    /// The name of a category is no name of a segment, although both have the same form.
    #[error("the name of a category cannot be the name of its segment")]
    UnusableSegmentName,
}

/// A broken rule in stored data.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Violation {
    /// An exclusive identifier has two owners; for an external ID: two contacts hold it (identity rule 1).
    #[error("exclusive {} has the owners {}", key.kind, numbers(owners))]
    TwoOwners {
        /// Which identifier. Its value is not displayed.
        key: IdentifierKey,
        /// Its owners.
        owners: BTreeSet<ContactId>,
    },
    /// The chain of contacts that absorbed each other does not end.
    #[error("contact {contact} is in a cycle of merges")]
    MergeCycle {
        /// A contact of the cycle.
        contact: ContactId,
    },
    /// The canonical contact of an absorbed one is not the end of its chain, or does not exist.
    #[error("the canonical contact of {contact} is stored as {canonical}, which is not the end of its merges")]
    WrongCanonical {
        /// The absorbed contact.
        contact: ContactId,
        /// What is stored.
        canonical: ContactId,
    },
    /// An identifier, a membership or a visitor belongs to a contact that does not exist or is not canonical; or a profile, an
    /// order, an event, a decision, a merge, or what an identifier or a visitor goes home to, to one that does not exist.
    #[error("{what}: contact {owner} does not exist, or is not canonical")]
    Orphan {
        /// What kind of row.
        what: String,
        /// The owner that is stored.
        owner: ContactId,
    },
    /// A membership or a category names a segment that does not exist.
    #[error("a membership or a category names segment {segment}, which does not exist")]
    NoSegment {
        /// What is stored.
        segment: SegmentId,
    },
    /// An event names a visitor that does not exist, or an identifier names one for its waiting history.
    #[error("an event or an identifier names visitor {visitor}, which does not exist")]
    NoVisitor {
        /// What is stored.
        visitor: VisitorId,
    },
    /// A contact holds two external IDs that it brought itself.
    #[error("contact {contact} brought more than one external ID")]
    TwoExternalIds {
        /// Which contact.
        contact: ContactId,
    },
    /// A contact is absorbed, and there is no merge of it into that contact which was not undone: none can bring it back (identity rule 10).
    #[error("contact {contact} is merged, and no merge is recorded that could be undone")]
    UnrecordedMerge {
        /// The absorbed contact.
        contact: ContactId,
    },
    /// A row has a revision that is higher than the last one of its workspace.
    #[error("{what}: revision {revision} is higher than the last one of the workspace")]
    RevisionAhead {
        /// What kind of row.
        what: String,
        /// The highest revision that is stored.
        revision: Revision,
    },
    /// The total of active contacts that is kept with a workspace is not their number.
    #[error("the total of active contacts is {kept}, and there are {found}")]
    WrongTotal {
        /// The total that is kept.
        kept: i64,
        /// How many there are.
        found: i64,
    },
    /// The number of recorded members that is kept with a segment is not their number.
    #[error("segment {segment}: the number of recorded members is {kept}, and there are {found}")]
    WrongSegmentCount {
        /// The segment.
        segment: SegmentId,
        /// The number that is kept.
        kept: i64,
        /// How many there are.
        found: i64,
    },
}

fn numbers(contacts: &BTreeSet<ContactId>) -> String {
    let numbers: Vec<String> = contacts.iter().map(ToString::to_string).collect();
    numbers.join(", ")
}

/// Checks that every merge of one workspace can be undone, given all its contacts and all its merges.
pub fn unrecorded_merges<'a>(
    contacts: impl IntoIterator<Item = &'a Contact>,
    merges: impl IntoIterator<Item = &'a Merge>,
) -> BTreeSet<Violation> {
    let stand = merges.into_iter().filter(|merge| merge.undone_at.is_none());
    let stand: BTreeSet<_> = stand.map(|merge| (merge.absorbed, merge.survivor)).collect();
    let absorbed = contacts.into_iter().filter(|contact| {
        contact
            .merged_into
            .is_some_and(|survivor| !stand.contains(&(contact.id, survivor)))
    });
    absorbed
        .map(|contact| Violation::UnrecordedMerge { contact: contact.id })
        .collect()
}

/// Checks all contacts of one workspace, but for their merges, which [`unrecorded_merges`] does.
pub fn violations<'a>(contacts: impl IntoIterator<Item = &'a Contact>) -> BTreeSet<Violation> {
    let contacts: BTreeMap<ContactId, &Contact> = contacts.into_iter().map(|contact| (contact.id, contact)).collect();
    let mut found = BTreeSet::new();
    let mut owners: BTreeMap<&IdentifierKey, BTreeSet<ContactId>> = BTreeMap::new();
    for contact in contacts.values() {
        check_chain(contact, &contacts, &mut found);
        check_belongings(contact, &mut found);
        for held in contact.identifiers.iter().filter(|held| held.kind().is_exclusive()) {
            owners.entry(held.key()).or_default().insert(contact.id);
        }
    }
    for (key, owners) in owners {
        if owners.len() > 1 {
            found.insert(Violation::TwoOwners {
                key: key.clone(),
                owners,
            });
        }
    }
    found
}

fn check_chain(contact: &Contact, contacts: &BTreeMap<ContactId, &Contact>, found: &mut BTreeSet<Violation>) {
    let mut seen = BTreeSet::new();
    let mut end = contact.id;
    while let Some(next) = contacts.get(&end).and_then(|at| at.merged_into) {
        if !seen.insert(end) {
            found.insert(Violation::MergeCycle { contact: contact.id });
            return;
        }
        end = next;
    }
    let merged = contact.state == ContactState::Merged;
    if end != contact.canonical || merged != contact.merged_into.is_some() || !contacts.contains_key(&end) {
        found.insert(Violation::WrongCanonical {
            contact: contact.id,
            canonical: contact.canonical,
        });
    }
}

fn check_belongings(contact: &Contact, found: &mut BTreeSet<Violation>) {
    let mut orphan = |what: &str, owner: ContactId, wrong: bool| {
        if wrong {
            found.insert(Violation::Orphan {
                what: what.to_owned(),
                owner,
            });
        }
    };
    let absorbed = contact.state == ContactState::Merged;
    for held in &contact.identifiers {
        orphan("identifier", held.owner, absorbed || held.owner != contact.id);
    }
    for member in &contact.memberships {
        orphan("membership", member.owner, absorbed || member.owner != contact.id);
    }
    let own = contact
        .identifiers
        .iter()
        .filter(|held| held.kind() == IdentifierKind::ExternalId && held.home == contact.id && held.is_visible());
    if own.count() > 1 {
        found.insert(Violation::TwoExternalIds { contact: contact.id });
    }
}

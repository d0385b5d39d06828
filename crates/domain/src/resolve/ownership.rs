//! Which contact had a token, a device or a cookie at a time in the past (identity rule 4).

use super::naming::is_changeable;
use super::working_copy::WorkingCopy;
use crate::{ContactId, HeldIdentifier, Identifier, IdentifierKey, IdentifierState, Timestamp, Visitor};

/// What is known of who had an identifier at a time.
#[derive(Debug, Clone, Copy)]
pub(super) enum OwnershipAt<'s> {
    /// Who had it.
    Owned(Owner<'s>),
    /// The first known owner, whose ownership begins after that time.
    FirstOwned(Timestamp, Owner<'s>),
    /// Nothing.
    Unknown,
}

/// Who had an identifier for a period.
#[derive(Debug, Clone, Copy)]
pub(super) enum Owner<'s> {
    /// A former owner, whose history this visitor records.
    Former(&'s Visitor),
    /// The contact that holds it now.
    Present,
    /// A contact that was erased since.
    Erased,
}

/// Who had an identifier at a time.
pub(super) fn ownership_at<'s>(state: &'s WorkingCopy<'_>, key: &IdentifierKey, time: Timestamp) -> OwnershipAt<'s> {
    if let Some(visitor) = Visitor::at(state.visitors_of(key), time) {
        // A token that its device replaced has an open visitor and no holder.
        let has_it = visitor.owner.is_none() || visitor.owner == state.holder(key);
        let owner = if visitor.closed_at.is_none() && has_it {
            Owner::Present
        } else {
            Owner::Former(visitor)
        };
        return match (visitor.covers(time), visitor.follows) {
            (true, _) => OwnershipAt::Owned(owner),
            (false, true) => OwnershipAt::Owned(Owner::Erased),
            // No other owner came before: the time is before the identifier was first seen.
            (false, false) => OwnershipAt::FirstOwned(visitor.since, owner),
        };
    }
    // It never moved, or has not moved since an owner was erased.
    match present(state, key).map(|held| held.first_seen) {
        Some(since) if since <= time => OwnershipAt::Owned(Owner::Present),
        Some(since) => OwnershipAt::FirstOwned(since, Owner::Present),
        None => OwnershipAt::Unknown,
    }
}

/// The identifier as its present holder has it, also a removed one. A quarantined identifier has none: its history waits.
pub(super) fn present<'s>(state: &'s WorkingCopy<'_>, key: &IdentifierKey) -> Option<&'s HeldIdentifier> {
    let contact = state.contacts.get(&state.holder(key)?)?;
    let counts =
        |held: &&HeldIdentifier| held.key() == key && held.is_visible() && held.state != IdentifierState::Quarantined;
    contact.identifiers.iter().find(counts)
}

/// Whether the present holder of an identifier had it at a time. An identifier that is not changeable does not move.
pub(super) fn is_unmoved_since(state: &WorkingCopy<'_>, identifier: &Identifier, time: Timestamp) -> bool {
    !is_changeable(identifier)
        || matches!(
            ownership_at(state, &identifier.key, time),
            OwnershipAt::Owned(Owner::Present)
        )
}

/// The contact that had an identifier at a time and has it no more.
pub(super) fn former_owner(state: &WorkingCopy<'_>, key: &IdentifierKey, time: Timestamp) -> Option<ContactId> {
    match ownership_at(state, key, time) {
        OwnershipAt::Owned(Owner::Former(visitor)) => visitor.owner,
        _ => None,
    }
}

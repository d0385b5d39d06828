//! What one row of an import changed, so that it can be taken back.

mod stored;

use crate::{
    Attribute, AttributeKey, ContactId, HeldIdentifier, IdentifierKey, Membership, MergeId, SegmentId, Timestamp,
};
use serde::{Deserialize, Serialize};

/// One part of a contact before and after a change; none if it did not exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change<K, T> {
    /// Which part.
    pub key: K,
    /// What it was.
    pub before: Option<T>,
    /// What it became.
    pub after: Option<T>,
}

/// What a command changed of one contact.
///
/// It names that contact alone, so that it is deleted when the contact is erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactUndo {
    /// The contact that brought what changed: the home of its identifiers and memberships.
    pub contact: ContactId,
    /// Its canonical contact.
    pub owner: ContactId,
    /// Whether the command made the contact.
    pub made: bool,
    /// Whether the command restored it.
    pub restored: bool,
    /// When it was last updated before; none for one that the command made.
    pub updated_before: Option<Timestamp>,
    /// When it was last updated after.
    pub updated_after: Timestamp,
    /// The merges that the command made into this contact, in their order.
    pub merges: Vec<MergeId>,
    /// Attributes.
    pub attributes: Vec<Change<AttributeKey, Attribute>>,
    /// Identifiers.
    pub identifiers: Vec<Change<IdentifierKey, HeldIdentifier>>,
    /// Static segments.
    pub memberships: Vec<Change<SegmentId, Membership>>,
}

impl ContactUndo {
    /// Whether there is nothing to take back.
    pub fn is_empty(&self) -> bool {
        let changes = self.attributes.len() + self.identifiers.len() + self.memberships.len() + self.merges.len();
        !self.made && !self.restored && changes == 0
    }
}

impl Change<IdentifierKey, HeldIdentifier> {
    /// Whether the identifier is still as the change left it. The time when it was last named does not count.
    pub(crate) fn stands(&self, now: Option<&HeldIdentifier>) -> bool {
        is_same(now, self.after.as_ref())
    }

    /// Whether anything changed besides the time when the identifier was last named.
    pub(crate) fn is_change(&self) -> bool {
        !is_same(self.before.as_ref(), self.after.as_ref())
    }
}

fn is_same(one: Option<&HeldIdentifier>, other: Option<&HeldIdentifier>) -> bool {
    let timeless = |held: &HeldIdentifier| HeldIdentifier {
        last_seen: Timestamp::default(),
        ..held.clone()
    };
    one.map(timeless) == other.map(timeless)
}

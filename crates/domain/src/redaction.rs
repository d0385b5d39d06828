//! Redaction: removing an erased contact from the decisions and merges of other contacts.

use crate::{ContactId, Decision, Effect, Identifier, IdentifierKey, Merge, MergeId, Rejection};
use std::collections::BTreeSet;

/// Replaces the value of an erased contact's identifier.
const ERASED: &str = "erased";

impl Decision {
    /// The merges that the decision made.
    pub fn merges(&self) -> impl Iterator<Item = MergeId> {
        self.effects.iter().filter_map(|effect| match effect {
            Effect::Merged { merge, .. } => Some(*merge),
            _ => None,
        })
    }

    /// The contacts that the decision names.
    pub fn names(&self) -> BTreeSet<ContactId> {
        let in_effects = self.effects.iter().filter_map(party);
        let holder = match &self.rejection {
            Some(Rejection::ExternalIdHeld { holder }) => Some(*holder),
            _ => None,
        };
        in_effects.chain(self.contact).chain(holder).collect()
    }

    /// The identifiers that the decision names.
    pub fn identifiers(&self) -> BTreeSet<&IdentifierKey> {
        let in_effects = self.effects.iter().filter_map(|effect| match effect {
            Effect::Merged { evidence, .. } => evidence.as_ref(),
            _ => effect.identifier().map(|identifier| &identifier.key),
        });
        in_effects.chain(&self.matched_by).collect()
    }

    /// Removes erased contacts from the decision: their contact IDs, and identifiers that no contact holds any more. If the decision was about an
    /// erased contact, only its effects on other contacts are left.
    pub fn redact(&mut self, gone: &BTreeSet<ContactId>, is_held: impl Fn(&IdentifierKey) -> bool) {
        self.undo.clear();
        let before = self.clone();
        if self.contact.is_some_and(|contact| gone.contains(&contact)) {
            self.effects
                .retain(|effect| party(effect).is_some_and(|contact| !gone.contains(&contact)));
            self.matched_by = None;
            self.email_status = None;
        }
        let contacts = self.effects.iter_mut().filter_map(party_mut).chain(&mut self.contact);
        for contact in contacts.filter(|contact| gone.contains(contact)) {
            *contact = ContactId::ERASED;
        }
        if let Some(Rejection::ExternalIdHeld { holder }) = &mut self.rejection
            && gone.contains(holder)
        {
            *holder = ContactId::ERASED;
        }
        for identifier in self.effects.iter_mut().filter_map(identifier_mut) {
            if !is_held(&identifier.key) {
                ERASED.clone_into(&mut identifier.typed);
                ERASED.clone_into(&mut identifier.key.value);
            }
        }
        let evidence = self.effects.iter_mut().filter_map(|effect| match effect {
            Effect::Merged { evidence, .. } => evidence.as_mut(),
            _ => None,
        });
        for key in evidence.chain(&mut self.matched_by).filter(|key| !is_held(key)) {
            ERASED.clone_into(&mut key.value);
        }
        self.redacted |= *self != before;
    }
}

impl Merge {
    /// The identifiers that the record names.
    pub fn identifiers(&self) -> impl Iterator<Item = &IdentifierKey> {
        self.evidence
            .iter()
            .chain(&self.moved.identifiers)
            .chain(&self.moved.shared)
    }

    /// Removes identifiers that no contact holds any more from the record. An undo works by the homes of identifiers and does not need them.
    pub fn redact(&mut self, is_held: impl Fn(&IdentifierKey) -> bool) {
        let moved = self.moved.identifiers.iter_mut().chain(&mut self.moved.shared);
        for key in self.evidence.iter_mut().chain(moved).filter(|key| !is_held(key)) {
            ERASED.clone_into(&mut key.value);
        }
    }
}

/// The other contact of an effect, shared or mutable. Every effect is listed, so that a new one must be added here.
macro_rules! party {
    ($effect:expr, $borrow:ident) => {
        match $effect {
            Effect::Moved { from: contact, .. }
            | Effect::Merged { absorbed: contact, .. }
            | Effect::Unmerged { contact, .. } => Some(contact),
            Effect::NotLinked { contact, .. } => contact.$borrow(),
            Effect::Attached { .. }
            | Effect::Replaced { .. }
            | Effect::Restated { .. }
            | Effect::Quarantined { .. }
            | Effect::Blocked { .. }
            | Effect::Shared { .. }
            | Effect::Unsubscribed { .. }
            | Effect::Resubscribed { .. }
            | Effect::Unshared { .. }
            | Effect::EventWaits { .. }
            | Effect::EventsDeleted { .. }
            | Effect::OrderDeleted { .. }
            | Effect::VisitorAdopted { .. }
            | Effect::Changed { .. }
            | Effect::Skipped(_)
            | Effect::SegmentAdded { .. }
            | Effect::SegmentRemoved { .. }
            | Effect::SegmentCreated { .. }
            | Effect::SegmentChanged { .. }
            | Effect::SegmentDeleted { .. }
            | Effect::Category { .. }
            | Effect::Field { .. } => None,
        }
    };
}

/// The identifier of an effect, likewise, without the evidence of a merge.
macro_rules! identifier {
    ($effect:expr) => {
        match $effect {
            Effect::Attached { identifier }
            | Effect::Moved { identifier, .. }
            | Effect::Replaced { identifier }
            | Effect::Restated { identifier }
            | Effect::Quarantined { identifier, .. }
            | Effect::Blocked { identifier, .. }
            | Effect::Shared { identifier, .. }
            | Effect::Unsubscribed { identifier }
            | Effect::Resubscribed { identifier }
            | Effect::Unshared { identifier }
            | Effect::NotLinked { identifier, .. } => Some(identifier),
            Effect::Merged { .. }
            | Effect::Unmerged { .. }
            | Effect::EventWaits { .. }
            | Effect::EventsDeleted { .. }
            | Effect::OrderDeleted { .. }
            | Effect::VisitorAdopted { .. }
            | Effect::Changed { .. }
            | Effect::Skipped(_)
            | Effect::SegmentAdded { .. }
            | Effect::SegmentRemoved { .. }
            | Effect::SegmentCreated { .. }
            | Effect::SegmentChanged { .. }
            | Effect::SegmentDeleted { .. }
            | Effect::Category { .. }
            | Effect::Field { .. } => None,
        }
    };
}

fn party(effect: &Effect) -> Option<ContactId> {
    party!(effect, as_ref).copied()
}

fn party_mut(effect: &mut Effect) -> Option<&mut ContactId> {
    party!(effect, as_mut)
}

impl Effect {
    /// The identifier that the effect is about. The evidence of a merge does not count.
    pub fn identifier(&self) -> Option<&Identifier> {
        identifier!(self)
    }
}

fn identifier_mut(effect: &mut Effect) -> Option<&mut Identifier> {
    identifier!(effect)
}

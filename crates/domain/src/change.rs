//! What decisions changed, as the change feed lists it.

use crate::{ContactId, Decision, DecisionId, Effect, MergeId, Outcome, Revision, Timestamp};

/// What became of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// It was made.
    Created,
    /// Something that it shows changed.
    Updated,
    /// It was removed; it can come back.
    Removed,
    /// It came back.
    Restored,
    /// It was merged into another contact, which answers for its number.
    Merged,
    /// A merge was undone: it answers for itself again.
    Unmerged,
    /// Everything about it was deleted for good.
    Erased,
}

impl ChangeKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Created,
        Self::Updated,
        Self::Removed,
        Self::Restored,
        Self::Merged,
        Self::Unmerged,
        Self::Erased,
    ];

    /// The stable text of the kind.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Removed => "removed",
            Self::Restored => "restored",
            Self::Merged => "merged",
            Self::Unmerged => "unmerged",
            Self::Erased => "erased",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A change of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactChange {
    /// The commit that made it.
    pub revision: Revision,
    /// What became of the contact.
    pub kind: ChangeKind,
    /// The contact.
    pub contact: ContactId,
    /// The decision, and when its command was accepted; none of an erasure, of which no decision is kept.
    pub decision: Option<(DecisionId, Timestamp)>,
    /// The contact that answers for a merged one, or that answered for one whose merge was undone; none once it is erased.
    pub survivor: Option<ContactId>,
    /// The merge that was made or undone.
    pub merge: Option<MergeId>,
}

impl ContactChange {
    /// The erasure of a contact.
    pub fn erasure(revision: Revision, contact: ContactId) -> Self {
        Self {
            revision,
            kind: ChangeKind::Erased,
            contact,
            decision: None,
            survivor: None,
            merge: None,
        }
    }

    /// What a decision changed about a contact whose log has it; none when that is nothing.
    pub fn of(revision: Revision, contact: ContactId, decision: &Decision) -> Option<Self> {
        let (kind, merge) = kind_of(contact, decision)?;
        let survivor = decision.contact.filter(|survivor| *survivor != ContactId::ERASED);
        Some(Self {
            revision,
            kind,
            contact,
            decision: Some((decision.id, decision.at)),
            survivor: survivor.filter(|_| merge.is_some()),
            merge,
        })
    }
}

fn kind_of(contact: ContactId, decision: &Decision) -> Option<(ChangeKind, Option<MergeId>)> {
    let is_rejected = decision.rejection.is_some() || decision.outcome == Outcome::Rejected;
    if contact == ContactId::NONE || is_rejected {
        return None;
    }
    let part = decision.effects.iter().find_map(|effect| match effect {
        Effect::Merged { merge, absorbed, .. } if *absorbed == contact => Some((ChangeKind::Merged, *merge)),
        Effect::Unmerged { merge, contact: own } if *own == contact => Some((ChangeKind::Unmerged, *merge)),
        _ => None,
    });
    if let Some((kind, merge)) = part {
        return Some((kind, Some(merge)));
    }
    let is_order_alone = |effect: &Effect| matches!(effect, Effect::OrderDeleted { .. });
    if !decision.effects.is_empty() && decision.effects.iter().all(is_order_alone) {
        return None;
    }
    let kind = match decision.outcome {
        Outcome::Unchanged | Outcome::Rejected => return None,
        // Of another contact than the decided one, a decision takes or gives something.
        _ if decision.contact != Some(contact) => ChangeKind::Updated,
        Outcome::Created => ChangeKind::Created,
        Outcome::Restored => ChangeKind::Restored,
        Outcome::Removed => ChangeKind::Removed,
        Outcome::Updated | Outcome::Merged | Outcome::Unmerged => ChangeKind::Updated,
        Outcome::Erased | Outcome::Unmatched => return None,
    };
    Some((kind, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::ExternalOrderId;
    use crate::{MergeRule, Rejection, Rule};
    use uuid::Uuid;

    const ANN: ContactId = ContactId(1);
    const BOB: ContactId = ContactId(2);

    fn decision(outcome: Outcome, effects: Vec<Effect>) -> Decision {
        Decision {
            id: DecisionId(Uuid::from_u128(1)),
            at: Timestamp::UNIX_EPOCH,
            call: "upsert".to_owned(),
            outcome,
            contact: Some(ANN),
            rule: Rule::Search,
            matched_by: None,
            effects,
            rejection: None,
            email_status: None,
            redacted: false,
            undo: Vec::new(),
        }
    }

    fn kind(contact: ContactId, decision: &Decision) -> Option<ChangeKind> {
        ContactChange::of(Revision(1), contact, decision).map(|change| change.kind)
    }

    #[test]
    fn an_outcome_is_a_change_of_the_decided_contact_and_an_update_of_others() {
        for (outcome, own, other) in [
            (Outcome::Created, Some(ChangeKind::Created), Some(ChangeKind::Updated)),
            (Outcome::Updated, Some(ChangeKind::Updated), Some(ChangeKind::Updated)),
            (Outcome::Restored, Some(ChangeKind::Restored), Some(ChangeKind::Updated)),
            (Outcome::Removed, Some(ChangeKind::Removed), Some(ChangeKind::Updated)),
            (Outcome::Unchanged, None, None),
        ] {
            let decision = decision(outcome, Vec::new());
            assert_eq!(
                (kind(ANN, &decision), kind(BOB, &decision)),
                (own, other),
                "{outcome:?}"
            );
        }
        let refused = Decision {
            rejection: Some(Rejection::ContactNotFound),
            ..decision(Outcome::Rejected, Vec::new())
        };
        assert_eq!(kind(ANN, &refused), None);
        assert_eq!(kind(ContactId::NONE, &decision(Outcome::Created, Vec::new())), None);
    }

    #[test]
    fn a_merge_and_its_undo_name_the_survivor() {
        let merge = MergeId(Uuid::from_u128(7));
        let merged = Effect::Merged {
            merge,
            absorbed: BOB,
            rule: MergeRule::Explicit,
            evidence: None,
        };
        let unmerged = Effect::Unmerged { merge, contact: BOB };
        for (outcome, effect, expected) in [
            (Outcome::Merged, merged, ChangeKind::Merged),
            (Outcome::Unmerged, unmerged, ChangeKind::Unmerged),
        ] {
            let mut decision = decision(outcome, vec![effect]);
            assert_eq!(kind(ANN, &decision), Some(ChangeKind::Updated));
            let change = ContactChange::of(Revision(1), BOB, &decision).expect("a change");
            assert_eq!(
                (change.kind, change.survivor, change.merge),
                (expected, Some(ANN), Some(merge))
            );
            decision.contact = Some(ContactId::ERASED);
            let change = ContactChange::of(Revision(1), BOB, &decision).expect("a change");
            assert_eq!(
                (change.kind, change.survivor),
                (expected, None),
                "the survivor was erased"
            );
        }
    }

    #[test]
    fn a_deleted_order_changes_no_contact() {
        let effect = Effect::OrderDeleted {
            external_id: ExternalOrderId::parse("1").expect("a number"),
            store_id: None,
        };
        assert_eq!(kind(ANN, &decision(Outcome::Updated, vec![effect])), None);
    }
}

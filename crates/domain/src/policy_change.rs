//! What another policy would have decided otherwise, as far as past decisions show it.
//!
//! Requests are not stored, decisions are. So a difference says of one decision what would be otherwise about it, and not what would follow from
//! that. What decisions do not show (the region of phone numbers, how precise the time of the last sighting is) makes no difference.

use crate::{Decision, Effect, Identifier, IdentifierKey, MergeRule, NotLinkedReason, Policy, Rejection};
use std::collections::BTreeSet;

/// What would be otherwise about a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyDifference {
    /// A contact that it absorbed by rule 6 would stay apart.
    StaysApart,
    /// A contact that it kept apart only because rule 6 is off would be absorbed.
    IsMerged,
    /// The identifier that found the contact, or led to a merge, would be blocked.
    IsBlocked,
    /// An identifier that was blocked would match.
    IsUnblocked,
    /// The identifier that found the contact, or led to a merge, would be shared.
    IsShared,
    /// An identifier that was shared would match.
    IsUnshared,
    /// An identifier that was quarantined would be taken.
    IsTaken,
    /// An event that was refused for its age would be taken.
    IsYoungEnough,
}

impl PolicyDifference {
    /// Every difference.
    pub const ALL: [Self; 8] = [
        Self::StaysApart,
        Self::IsMerged,
        Self::IsBlocked,
        Self::IsUnblocked,
        Self::IsShared,
        Self::IsUnshared,
        Self::IsTaken,
        Self::IsYoungEnough,
    ];

    /// The stable text of the difference.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StaysApart => "stays_apart",
            Self::IsMerged => "is_merged",
            Self::IsBlocked => "is_blocked",
            Self::IsUnblocked => "is_unblocked",
            Self::IsShared => "is_shared",
            Self::IsUnshared => "is_unshared",
            Self::IsTaken => "is_taken",
            Self::IsYoungEnough => "is_young_enough",
        }
    }
}

impl Decision {
    /// The identifiers whose sightings [`Self::differences`] needs.
    pub fn evidence(&self) -> BTreeSet<&IdentifierKey> {
        let of_effects = self.effects.iter().filter_map(|effect| match effect {
            Effect::Merged { evidence, .. } => evidence.as_ref(),
            Effect::Shared { identifier, .. } => Some(&identifier.key),
            _ => None,
        });
        of_effects.chain(&self.matched_by).collect()
    }

    /// What would be otherwise about the decision under the policy `after`, which was made under `before`. `seen_with` says with how many external
    /// IDs an identifier has been seen.
    pub fn differences(
        &self,
        before: &Policy,
        after: &Policy,
        seen_with: impl Fn(&IdentifierKey) -> usize,
    ) -> BTreeSet<PolicyDifference> {
        use PolicyDifference as D;
        let mut found = BTreeSet::new();
        let mut note = |is_so: bool, difference: D| {
            if is_so {
                found.insert(difference);
            }
        };
        let becomes_blocked = |key: &IdentifierKey| {
            let blocks = |policy: &Policy| policy.blocks(key.kind, &key.value, &key.value);
            blocks(after) && !blocks(before)
        };
        let is_shared = |key: &IdentifierKey, policy: &Policy| seen_with(key) >= policy.shared_threshold as usize;
        if let Some(key) = &self.matched_by {
            note(becomes_blocked(key), D::IsBlocked);
            note(is_shared(key, after) && !is_shared(key, before), D::IsShared);
        }
        for effect in &self.effects {
            match effect {
                Effect::Merged { rule, evidence, .. } if *rule == MergeRule::AbsorbUnclaimed => {
                    note(before.merge_unclaimed && !after.merge_unclaimed, D::StaysApart);
                    if let Some(key) = evidence {
                        note(becomes_blocked(key), D::IsBlocked);
                        note(is_shared(key, after) && !is_shared(key, before), D::IsShared);
                    }
                }
                Effect::NotLinked {
                    reason: NotLinkedReason::PolicyOff,
                    ..
                } => note(after.merge_unclaimed, D::IsMerged),
                Effect::Blocked { identifier, .. } => note(!is_blocked(identifier, after), D::IsUnblocked),
                Effect::Shared { identifier, .. } => {
                    let key = &identifier.key;
                    note(is_shared(key, before) && !is_shared(key, after), D::IsUnshared);
                }
                Effect::Quarantined { identifier, limit } => {
                    let wider = after.limits.of(identifier.kind()).is_some_and(|new| new > *limit);
                    note(wider, D::IsTaken);
                }
                _ => {}
            }
        }
        if let Some(Rejection::EventTooOld { days }) = self.rejection {
            note(
                after.event_retention_days.is_none_or(|kept| kept > days),
                D::IsYoungEnough,
            );
        }
        found
    }
}

fn is_blocked(identifier: &Identifier, policy: &Policy) -> bool {
    policy.blocks(identifier.kind(), &identifier.typed, &identifier.key.value)
}

#[cfg(test)]
mod tests {
    use super::PolicyDifference as D;
    use super::*;
    use crate::values::{BlockedValue, BlockedValues, Email};
    use crate::{ContactId, DecisionId, MergeId, Outcome, Rule, Timestamp};

    fn ann() -> Identifier {
        Identifier::email(&Email::parse("ann@example.com").unwrap())
    }

    fn decision(effects: Vec<Effect>) -> Decision {
        Decision {
            id: DecisionId(uuid::Uuid::nil()),
            at: Timestamp::UNIX_EPOCH,
            call: "upsert".to_owned(),
            outcome: Outcome::Updated,
            contact: Some(ContactId(1)),
            rule: Rule::Search,
            matched_by: Some(ann().key),
            effects,
            rejection: None,
            email_status: None,
            redacted: false,
            undo: Vec::new(),
        }
    }

    fn differences(decision: &Decision, change: fn(&mut Policy)) -> Vec<D> {
        let before = Policy::default();
        let mut after = before.clone();
        change(&mut after);
        decision.differences(&before, &after, |_| 2).into_iter().collect()
    }

    fn block_ann(policy: &mut Policy) {
        let entry = BlockedValue::exact(Some("email"), "ann@example.com").unwrap();
        policy.blocked = BlockedValues::new(vec![entry]).unwrap();
    }

    #[test]
    fn the_same_policy_makes_no_difference() {
        let all = vec![
            Effect::Shared {
                identifier: ann(),
                now: false,
            },
            Effect::Quarantined {
                identifier: ann(),
                limit: 5,
            },
        ];
        assert!(differences(&decision(all), |_| ()).is_empty());
    }

    #[test]
    fn a_match_depends_on_blocked_and_shared_values() {
        let matched = decision(Vec::new());
        assert_eq!(differences(&matched, block_ann), [D::IsBlocked]);
        assert_eq!(
            differences(&matched, |policy| policy.shared_threshold = 2),
            [D::IsShared]
        );
        assert!(differences(&matched, |policy| policy.shared_threshold = 4).is_empty());
        let test = Identifier::email(&Email::parse("test@test.com").unwrap());
        let blocked = decision(vec![Effect::Blocked {
            identifier: test,
            kept: true,
        }]);
        let unblock = |policy: &mut Policy| policy.blocked = BlockedValues::new(Vec::new()).unwrap();
        assert_eq!(differences(&blocked, unblock), [D::IsUnblocked]);
    }

    #[test]
    fn merges_depend_on_rule_six() {
        let merged = |rule| {
            decision(vec![Effect::Merged {
                merge: MergeId(uuid::Uuid::nil()),
                absorbed: ContactId(2),
                rule,
                evidence: Some(ann().key),
            }])
        };
        let off = |policy: &mut Policy| policy.merge_unclaimed = false;
        assert_eq!(differences(&merged(MergeRule::AbsorbUnclaimed), off), [D::StaysApart]);
        assert!(differences(&merged(MergeRule::Explicit), off).is_empty());
        let apart = decision(vec![Effect::NotLinked {
            identifier: ann(),
            contact: Some(ContactId(2)),
            reason: NotLinkedReason::PolicyOff,
        }]);
        assert_eq!(differences(&apart, |_| ()), [D::IsMerged]);
        assert!(differences(&apart, off).is_empty());
    }

    #[test]
    fn limits_and_ages_are_compared_with_those_of_the_decision() {
        let surplus = decision(vec![Effect::Quarantined {
            identifier: ann(),
            limit: 5,
        }]);
        assert_eq!(differences(&surplus, |policy| policy.limits.email = 6), [D::IsTaken]);
        let old = Decision {
            rejection: Some(Rejection::EventTooOld { days: 30 }),
            matched_by: None,
            ..decision(Vec::new())
        };
        assert_eq!(differences(&old, |_| ()), [D::IsYoungEnough]);
        assert!(differences(&old, |policy| policy.event_retention_days = Some(30)).is_empty());
    }
}

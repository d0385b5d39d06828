//! Merges that a request leads to by itself (identity rules 5 and 6).

use super::context::{ContactUpdate, Context};
use super::evidence::{self, Evidence};
use super::merge::{self, NewMerge};
use crate::{
    Contact, ContactId, Identifier, IdentifierKey, IdentifierKind, Invariant, MergeRule, NotLinkedReason, Stability,
};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// Rule 5: merges the former owner of a claimed identifier into the contact if it held nothing but changeable identifiers. Returns whether it
/// did.
pub(super) fn anonymous(
    cx: &mut Context<'_>,
    survivor: ContactId,
    former: ContactId,
    identifier: &Identifier,
) -> Result<bool, Invariant> {
    let is_evidence = evidence::of(&cx.state, identifier) == Evidence::Matches
        && cx.state.matching(&identifier.key).contains(&former);
    let contact = cx.state.contact(former)?;
    if !is_evidence || !contact.is_active() || !contact.is_anonymous() {
        return Ok(false);
    }
    if let Some(reason) = permanent_obstacle(cx, survivor, former)? {
        cx.decision.not_linked(identifier, Some(former), reason);
        return Ok(false);
    }
    absorb(cx, [survivor, former], MergeRule::AbsorbAnonymous, identifier)?;
    Ok(true)
}

/// Rule 6: merges the other contacts that hold the request's email or phone and no external ID, unless they are another person.
pub(super) fn unclaimed(cx: &mut Context<'_>, update: &ContactUpdate<'_>) -> Result<(), Invariant> {
    let id = update.contact;
    let mut seen = BTreeSet::new();
    for identifier in update.request.identifiers() {
        let is_lasting = identifier.kind().stability() == Stability::ConditionallyPermanent;
        let is_new = is_lasting && seen.insert(&identifier.key);
        if !is_new || evidence::of(&cx.state, identifier) != Evidence::Matches {
            continue;
        }
        let mut unclaimed = Vec::new();
        for other in cx
            .state
            .matching(&identifier.key)
            .into_iter()
            .filter(|other| *other != id)
        {
            let contact = cx.state.contact(other)?;
            if !contact.has_external_id() {
                unclaimed.push((Reverse((contact.updated_at, other)), other));
            } else if cx.decision.attached_without_replacing(&identifier.key) {
                // Rule 1: it is another person, by its external ID.
                cx.decision
                    .not_linked_once(identifier, other, NotLinkedReason::HoldsExternalId);
            }
        }
        unclaimed.sort();
        for (_, other) in unclaimed {
            match obstacle(cx, id, other)? {
                None => absorb(cx, [id, other], MergeRule::AbsorbUnclaimed, identifier)?,
                Some(reason) => cx.decision.not_linked(identifier, Some(other), reason),
            }
        }
    }
    Ok(())
}

fn absorb(
    cx: &mut Context<'_>,
    [survivor, absorbed]: [ContactId; 2],
    rule: MergeRule,
    identifier: &Identifier,
) -> Result<(), Invariant> {
    let merge = NewMerge {
        survivor,
        absorbed,
        rule,
        evidence: Some(&identifier.key),
        forced: false,
    };
    merge::merge(cx, merge)
}

/// Why rule 6 does not merge the two, if it does not.
fn obstacle(cx: &Context<'_>, survivor: ContactId, other: ContactId) -> Result<Option<NotLinkedReason>, Invariant> {
    let (contact, candidate) = (cx.state.contact(survivor)?, cx.state.contact(other)?);
    let lasting = [IdentifierKind::Email, IdentifierKind::Phone];
    if !cx.state.policy.merge_unclaimed {
        Ok(Some(NotLinkedReason::PolicyOff))
    } else if lasting.into_iter().any(|kind| disagrees(contact, candidate, kind)) {
        Ok(Some(NotLinkedReason::Disagrees))
    } else {
        permanent_obstacle(cx, survivor, other)
    }
}

/// Why no rule merges the two by itself, if none does.
fn permanent_obstacle(
    cx: &Context<'_>,
    survivor: ContactId,
    other: ContactId,
) -> Result<Option<NotLinkedReason>, Invariant> {
    if cx.state.merge_was_undone(survivor, other) {
        return Ok(Some(NotLinkedReason::Undone));
    }
    let excess = merge::excess(&cx.state, survivor, other)?;
    Ok(excess.map(|_| NotLinkedReason::Limit))
}

/// Whether the candidate holds a value of the kind that the contact, which holds some, does not.
fn disagrees(contact: &Contact, candidate: &Contact, kind: IdentifierKind) -> bool {
    let values = |contact: &Contact| -> BTreeSet<IdentifierKey> {
        let visible = contact.visible(kind).into_iter();
        visible.map(|held| held.key().clone()).collect()
    };
    let own = values(contact);
    !own.is_empty() && !values(candidate).is_subset(&own)
}

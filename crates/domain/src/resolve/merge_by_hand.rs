//! Merging two contacts by hand (identity rule 10).

use super::context::Context;
use super::decision_builder::{Decided, Verdict};
use super::held;
use super::merge::{self, NewMerge};
use crate::{
    ContactId, Identifier, IdentifierKey, IdentifierKind, Invariant, MergeRule, NotLinkedReason, Outcome, Rejection,
    Rule,
};
use std::collections::BTreeSet;

/// Merges two contacts. If both hold external IDs, or too many identifiers together, it needs force, and the record of the merge says so.
pub(super) fn merge(cx: &mut Context<'_>, survivor: ContactId, absorbed: ContactId, force: bool) -> Verdict {
    cx.decision.rule = Rule::Explicit;
    let named = [survivor, absorbed].map(|id| cx.state.canonical(id));
    // The log of a removed contact gets the refusal, too.
    cx.decision.affected.extend(named.iter().flatten());
    cx.decision.refused_about = named.into_iter().flatten().next();
    let [Some(survivor), Some(absorbed)] = named.map(|id| id.filter(|id| cx.state.is_active(*id))) else {
        return Err(Rejection::ContactNotFound.into());
    };
    if survivor == absorbed {
        return Err(Rejection::SameContact.into());
    }
    let are_two_people = cx.state.contact(survivor)?.has_external_id() && cx.state.contact(absorbed)?.has_external_id();
    let excess = merge::excess(&cx.state, survivor, absorbed)?;
    if are_two_people && !force {
        let (kind, reason) = (IdentifierKind::ExternalId, NotLinkedReason::HoldsExternalId);
        report_obstacles(cx, [survivor, absorbed], kind, reason)?;
        return Err(Rejection::DifferentExternalIds.into());
    }
    if let Some((kind, limit)) = excess.filter(|_| !force) {
        report_obstacles(cx, [survivor, absorbed], kind, NotLinkedReason::Limit)?;
        return Err(Rejection::TooManyIdentifiers { kind, limit }.into());
    }
    let merge = NewMerge {
        survivor,
        absorbed,
        rule: MergeRule::Explicit,
        evidence: None,
        forced: are_two_people || excess.is_some(),
    };
    merge::merge(cx, merge)?;
    Ok(Decided::about(survivor, Outcome::Merged))
}

/// Reports which identifiers of the absorbed contact are the reason why a merge is refused.
fn report_obstacles(
    cx: &mut Context<'_>,
    [survivor, absorbed]: [ContactId; 2],
    kind: IdentifierKind,
    reason: NotLinkedReason,
) -> Result<(), Invariant> {
    let (survivor, contact) = (cx.state.contact(survivor)?, cx.state.contact(absorbed)?);
    let own: BTreeSet<&IdentifierKey> = held::active(survivor, kind).collect();
    let added: BTreeSet<&IdentifierKey> = held::active(contact, kind).filter(|key| !own.contains(key)).collect();
    let visible = contact.visible(kind).into_iter();
    let obstacles = visible.filter(|held| added.contains(held.key()));
    let obstacles: BTreeSet<&Identifier> = obstacles.map(|held| &held.identifier).collect();
    for identifier in obstacles {
        cx.decision.not_linked(identifier, Some(absorbed), reason);
    }
    Ok(())
}

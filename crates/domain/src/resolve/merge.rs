//! Merging two contacts (identity rule 10).

use super::context::Context;
use super::held;
use super::working_copy::WorkingCopy;
use crate::{
    AttributeKey, Contact, ContactId, ContactState, Effect, HeldIdentifier, IdentifierKey, IdentifierKind, Invariant,
    Merge, MergeRule, Moved,
};

/// A merge to be made.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewMerge<'k> {
    pub(super) survivor: ContactId,
    pub(super) absorbed: ContactId,
    pub(super) rule: MergeRule,
    /// The identifier that both had, if one led to the merge.
    pub(super) evidence: Option<&'k IdentifierKey>,
    /// Whether two different external IDs or a limit are overruled.
    pub(super) forced: bool,
}

/// The first kind of which both contacts together would hold too many (rule 8), with its limit. A kind of which the absorbed contact brings
/// none is never in excess.
pub(super) fn excess(
    state: &WorkingCopy<'_>,
    survivor: ContactId,
    absorbed: ContactId,
) -> Result<Option<(IdentifierKind, u32)>, Invariant> {
    let (survivor, absorbed) = (state.contact(survivor)?, state.contact(absorbed)?);
    Ok(IdentifierKind::ALL.into_iter().find_map(|kind| {
        let limit = state.policy.limits.of(kind)?;
        let together = held::count_active_of_both(survivor, absorbed, kind);
        let brings = together > held::count_active(survivor, kind);
        (brings && together > limit as usize).then_some((kind, limit))
    }))
}

/// Merges an active contact into another one. The survivor's values win, its blanks are filled, and segments unite. What the absorbed contact
/// held gets a new owner and keeps its home.
pub(super) fn merge(cx: &mut Context<'_>, merge: NewMerge<'_>) -> Result<(), Invariant> {
    let NewMerge { survivor, absorbed, .. } = merge;
    let gone = cx.state.contacts.remove(&absorbed);
    let mut gone = gone.ok_or(Invariant::MissingContact(absorbed))?;
    let moved = give(cx, &mut gone, survivor)?;
    for key in &moved.identifiers {
        cx.state.index_holder(key, survivor);
    }
    gone.state = ContactState::Merged;
    gone.canonical = survivor;
    gone.merged_into = Some(survivor);
    cx.state.contacts.insert(absorbed, gone);
    repoint(&mut cx.state, absorbed, survivor);
    let id = cx.decision.next_merge_id();
    cx.decision.affected.insert(absorbed);
    cx.decision.report(Effect::Merged {
        merge: id,
        absorbed,
        rule: merge.rule,
        evidence: merge.evidence.cloned(),
    });
    let record = Merge {
        id,
        survivor,
        absorbed,
        rule: merge.rule,
        evidence: merge.evidence.cloned(),
        forced: merge.forced,
        decision: cx.decision.id,
        at: cx.decision.at,
        moved,
        undone_at: None,
    };
    cx.state.merges.insert(id, record);
    Ok(())
}

/// Gives the survivor what the absorbed contact has. Returns a record of it that does not depend on the order of the rows.
fn give(cx: &mut Context<'_>, gone: &mut Contact, survivor: ContactId) -> Result<Moved, Invariant> {
    let surviving = cx.state.contact_mut(survivor)?;
    let before: Vec<AttributeKey> = surviving.attributes.0.keys().copied().collect();
    surviving
        .attributes
        .fill_from(gone.id, &gone.attributes, cx.decision.at);
    let filled = surviving
        .attributes
        .0
        .iter()
        .filter(|(key, attribute)| attribute.filled_from == Some(gone.id) && !before.contains(key));
    let mut moved = Moved {
        filled: filled.map(|(key, _)| *key).collect(),
        ..Moved::default()
    };
    for mut held in gone.identifiers.drain(..) {
        held.owner = survivor;
        let key = held.key();
        let own = |own: &HeldIdentifier| own.key() == key && own.home == survivor;
        if surviving.identifiers.iter().any(own) && !cx.decision.attached_without_replacing(key) {
            moved.shared.push(key.clone());
        }
        moved.identifiers.push(key.clone());
        surviving.identifiers.push(held);
    }
    for mut member in gone.memberships.drain(..) {
        member.owner = survivor;
        moved.segments.push(member.segment);
        surviving.memberships.push(member);
    }
    moved.identifiers.sort();
    moved.shared.sort();
    moved.segments.sort();
    Ok(moved)
}

/// Makes `to` the canonical contact of all that had `from`.
fn repoint(state: &mut WorkingCopy<'_>, from: ContactId, to: ContactId) {
    for contact in state.contacts.values_mut().filter(|contact| contact.canonical == from) {
        contact.canonical = to;
    }
    let visitors = state.visitors.values_mut();
    for visitor in visitors.filter(|visitor| visitor.owner == Some(from)) {
        visitor.owner = Some(to);
    }
    let ends = state.repointed.iter_mut().chain(&mut state.visitors_returned);
    for (_, end) in ends.filter(|(_, end)| *end == from) {
        *end = to;
    }
    state.repointed.push((from, to));
}

//! Commands about the members of static segments and categories.

use super::context::Context;
use super::decision_builder::{Decided, Verdict};
use super::memberships::{Memberships, leave};
use super::working_copy::WorkingCopy;
use crate::values::CategoryKey;
use crate::{ContactId, ContactRef, Effect, Invariant, Outcome, Rejection, Rule, SegmentId};
use std::collections::BTreeSet;

/// Replaces the categories of a contact.
pub(super) fn set_subscriptions(cx: &mut Context<'_>, contact: ContactId, categories: &[CategoryKey]) -> Verdict {
    cx.decision.rule = Rule::ContactId;
    let named = cx.state.canonical(contact);
    cx.decision.affected.extend(named);
    let id = named.filter(|id| cx.state.is_active(*id));
    let id = id.ok_or(Rejection::ContactNotFound)?;
    let mut wanted = BTreeSet::new();
    for key in categories {
        let category = cx.state.category(key).filter(|category| !category.archived);
        let category = category.ok_or_else(|| Rejection::CategoryNotFound {
            key: key.as_str().to_owned(),
        })?;
        wanted.insert(category.segment);
    }
    let all = cx.state.categories.values().map(|category| category.segment);
    let unwanted = all.filter(|segment| !wanted.contains(segment)).collect();
    let left = leave(cx.state.contact_mut(id)?, &unwanted);
    let mut memberships = Memberships::of(cx.state.contact(id)?);
    for segment in wanted {
        if memberships.enter(&mut cx.state, segment, cx.decision.at)? {
            cx.decision.report(Effect::SegmentAdded { segment });
        }
    }
    for segment in left {
        cx.decision.report(Effect::SegmentRemoved { segment });
    }
    let outcome = outcome(cx, &BTreeSet::from([id]))?;
    Ok(Decided::about(id, outcome))
}

/// Puts contacts into a segment. Contacts that do not exist, and entries that cannot be read, are reported.
pub(super) fn attach(cx: &mut Context<'_>, segment: SegmentId, contacts: &[ContactRef]) -> Verdict {
    cx.decision.rule = Rule::Explicit;
    check_static(cx, segment)?;
    let found = find_all(cx, contacts);
    let mut changed = BTreeSet::new();
    for id in &found {
        let mut memberships = Memberships::of(cx.state.contact(*id)?);
        if memberships.enter(&mut cx.state, segment, cx.decision.at)? {
            changed.insert(*id);
        }
    }
    if !changed.is_empty() {
        cx.decision.report(Effect::SegmentAdded { segment });
    }
    end_edit(cx, found, changed)
}

/// Takes contacts out of a segment. Without any contacts it empties the segment (wire fact).
pub(super) fn detach(cx: &mut Context<'_>, segment: SegmentId, contacts: &[ContactRef]) -> Verdict {
    cx.decision.rule = Rule::Explicit;
    check_static(cx, segment)?;
    if contacts.is_empty() {
        empty(&mut cx.state, segment);
        cx.decision.report(Effect::SegmentRemoved { segment });
        return Ok(Decided::without_contact(Outcome::Updated));
    }
    let found = find_all(cx, contacts);
    let segments = BTreeSet::from([segment]);
    let mut changed = BTreeSet::new();
    for id in &found {
        if !leave(cx.state.contact_mut(*id)?, &segments).is_empty() {
            changed.insert(*id);
        }
    }
    if !changed.is_empty() {
        cx.decision.report(Effect::SegmentRemoved { segment });
    }
    end_edit(cx, found, changed)
}

fn check_static(cx: &Context<'_>, segment: SegmentId) -> Result<(), Rejection> {
    if !cx.state.has_segment(segment) {
        return Err(Rejection::SegmentNotFound);
    }
    if cx.state.is_dynamic(segment) {
        return Err(Rejection::SegmentIsDynamic);
    }
    Ok(())
}

/// Takes all contacts out of a segment.
pub(super) fn empty(state: &mut WorkingCopy<'_>, segment: SegmentId) {
    if !state.segments_emptied.contains(&segment) {
        state.segments_emptied.push(segment);
    }
    for contact in state.contacts.values_mut() {
        contact.memberships.retain(|member| member.segment != segment);
    }
}

fn find_all(cx: &mut Context<'_>, contacts: &[ContactRef]) -> BTreeSet<ContactId> {
    let mut found = BTreeSet::new();
    for (index, named) in contacts.iter().enumerate() {
        match (cx.state.find_active(named), named) {
            (Some(id), _) => {
                found.insert(id);
            }
            (None, ContactRef::Unreadable(skipped)) => cx.decision.skip(&skipped.field, &skipped.reason),
            (None, ContactRef::Id(_)) => cx.decision.skip(&format!("contactIds[{index}]"), "contact not found"),
            (None, ContactRef::ExternalId(_)) => {
                let field = format!("externalCustomerIds[{index}]");
                cx.decision.skip(&field, "contact not found");
            }
        }
    }
    found
}

/// The logs of the contacts that changed get the decision, or, if none did and entries were left out, those of the contacts that were found.
fn end_edit(cx: &mut Context<'_>, found: BTreeSet<ContactId>, changed: BTreeSet<ContactId>) -> Verdict {
    let outcome = outcome(cx, &changed)?;
    let is_reported = !cx.decision.effects.is_empty();
    cx.decision.affected = if changed.is_empty() && is_reported {
        found
    } else {
        changed
    };
    Ok(Decided::without_contact(outcome))
}

/// Marks the contacts as updated if the decision changed a segment of theirs.
fn outcome(cx: &mut Context<'_>, changed: &BTreeSet<ContactId>) -> Result<Outcome, Invariant> {
    let is_edit = |effect: &Effect| matches!(effect, Effect::SegmentAdded { .. } | Effect::SegmentRemoved { .. });
    if !cx.decision.effects.iter().any(is_edit) {
        return Ok(Outcome::Unchanged);
    }
    for id in changed {
        cx.state.contact_mut(*id)?.updated_at = cx.decision.at;
    }
    Ok(Outcome::Updated)
}

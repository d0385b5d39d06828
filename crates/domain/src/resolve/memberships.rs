//! Memberships of a contact in static segments and categories.

use super::context::{ContactUpdate, Context};
use super::working_copy::WorkingCopy;
use crate::{Contact, ContactId, Effect, Invariant, Membership, Rejection, SegmentId, SegmentRef, Timestamp};
use std::collections::BTreeSet;

/// The segments of one contact, looked up once for all that a request names.
pub(super) struct Memberships {
    contact: ContactId,
    shown: BTreeSet<SegmentId>,
    own: BTreeSet<SegmentId>,
}

impl Memberships {
    pub(super) fn of(contact: &Contact) -> Self {
        let own = contact.memberships.iter().filter(|member| member.home == contact.id);
        Self {
            contact: contact.id,
            shown: contact.segments(),
            own: own.map(|member| member.segment).collect(),
        }
    }

    /// Puts the contact into the segment; true if it did not show it before.
    pub(super) fn enter(
        &mut self,
        state: &mut WorkingCopy<'_>,
        segment: SegmentId,
        since: Timestamp,
    ) -> Result<bool, Invariant> {
        // A membership of its own, also if an absorbed contact brought one: an undo takes that one away.
        if self.own.insert(segment) {
            let id = self.contact;
            state.contact_mut(id)?.memberships.push(Membership {
                segment,
                home: id,
                owner: id,
                hidden_by: None,
                since,
            });
        }
        Ok(self.shown.insert(segment))
    }
}

/// Takes the contact out of segments. Returns those that it showed before.
pub(super) fn leave(contact: &mut Contact, segments: &BTreeSet<SegmentId>) -> BTreeSet<SegmentId> {
    let id = contact.id;
    let left = contact.segments().intersection(segments).copied().collect();
    contact
        .memberships
        .retain(|member| !segments.contains(&member.segment) || member.home != id);
    let rows = contact.memberships.iter_mut();
    for member in rows.filter(|member| segments.contains(&member.segment)) {
        member.hidden_by.get_or_insert(id);
    }
    left
}

/// Puts the contact into the segments and categories of the request. A segment that is named by an unknown name is made.
pub(super) fn join_named(cx: &mut Context<'_>, update: &ContactUpdate<'_>) -> Result<(), Invariant> {
    let at = cx.decision.at;
    let mut memberships = Memberships::of(cx.state.contact(update.contact)?);
    for named in &update.request.segments {
        let segment = match named {
            SegmentRef::Id(segment) if cx.state.has_segment(*segment) => *segment,
            SegmentRef::Id(segment) => {
                let reason = format!("there is no segment with the ID {segment}");
                cx.decision.skip("groups", reason);
                continue;
            }
            SegmentRef::Name(name) => {
                if let Some(segment) = cx.state.segment_named(name) {
                    segment
                } else {
                    let segment = cx.state.create_segment(name, at)?;
                    cx.decision.report(Effect::SegmentCreated { segment });
                    segment
                }
            }
        };
        if cx.state.is_dynamic(segment) {
            cx.decision.skip("groups", Rejection::SegmentIsDynamic);
        } else if memberships.enter(&mut cx.state, segment, at)? {
            cx.decision.report(Effect::SegmentAdded { segment });
        }
    }
    for key in &update.request.categories {
        let category = cx.state.category(key).filter(|category| !category.archived);
        let Some(segment) = category.map(|category| category.segment) else {
            let reason = format!("there is no category with the key {}", key.as_str());
            cx.decision.skip("subscriptions", reason);
            continue;
        };
        if memberships.enter(&mut cx.state, segment, at)? {
            cx.decision.report(Effect::SegmentAdded { segment });
        }
    }
    Ok(())
}

/// Takes the contact out of the segments that the request excludes, also out of those that the same request named to join.
pub(super) fn leave_named(cx: &mut Context<'_>, update: &ContactUpdate<'_>) -> Result<(), Invariant> {
    let left = update.request.left_segments.iter();
    let mut named: BTreeSet<SegmentId> = left.filter_map(|name| cx.state.segment_named(name)).collect();
    if named.iter().any(|segment| cx.state.is_dynamic(*segment)) {
        cx.decision.skip("groupNamesExclude", Rejection::SegmentIsDynamic);
        named.retain(|segment| !cx.state.is_dynamic(*segment));
    }
    for segment in leave(cx.state.contact_mut(update.contact)?, &named) {
        cx.decision.report(Effect::SegmentRemoved { segment });
    }
    Ok(())
}

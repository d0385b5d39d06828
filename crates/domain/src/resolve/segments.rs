//! Static segments and subscription categories.

use super::draft::Draft;
use super::world::World;
use crate::values::CategoryKey;
use crate::{
    Contact, ContactId, ContactRef, ContactRequest, Decision, Effect, Membership, Outcome, Rejection, Rule, SegmentId,
    SegmentRef, Timestamp,
};
use std::collections::BTreeSet;

fn unknown(segment: &SegmentRef) -> String {
    match segment {
        SegmentRef::Id(id) => format!("there is no segment with the ID {}", id.0),
        SegmentRef::Name(name) => format!("there is no segment with the name {}", name.as_str()),
    }
}

/// Puts the contact into the segments and categories of the request. Segments named by name are made when they are missing.
pub(super) fn join(world: &mut World<'_>, draft: &mut Draft, request: &ContactRequest, id: ContactId) {
    let mut standing = Standing::of(world, id);
    for segment in &request.segments {
        let found = match segment {
            SegmentRef::Id(segment) => world.has_segment(*segment).then_some(*segment),
            SegmentRef::Name(name) => world.segment_named(name).or_else(|| {
                let made = world.create_segment(name, draft.at)?;
                draft.effects.push(Effect::SegmentCreated { segment: made });
                Some(made)
            }),
        };
        match found {
            Some(segment) if world.is_dynamic(segment) => draft.skip("groups", Rejection::SegmentIsDynamic),
            Some(segment) => {
                if standing.enter(world, id, segment, draft.at) {
                    draft.effects.push(Effect::SegmentAdded { segment });
                }
            }
            None => draft.skip("groups", unknown(segment)),
        }
    }
    for key in &request.categories {
        match world
            .category(key)
            .filter(|category| !category.archived)
            .map(|category| category.segment)
        {
            Some(segment) => {
                if standing.enter(world, id, segment, draft.at) {
                    draft.effects.push(Effect::SegmentAdded { segment });
                }
            }
            None => draft.skip(
                "subscriptions",
                format!("there is no category with the key {}", key.as_str()),
            ),
        }
    }
}

/// The segments of a contact, looked up once for all that a request names.
struct Standing {
    shown: BTreeSet<SegmentId>,
    own: BTreeSet<SegmentId>,
}

impl Standing {
    fn of(world: &World<'_>, id: ContactId) -> Self {
        let contact = world.contacts.get(&id);
        let memberships = contact.into_iter().flat_map(|contact| &contact.memberships);
        let own = memberships
            .filter(|member| member.home == id)
            .map(|member| member.segment);
        Self {
            shown: contact.map(Contact::segments).unwrap_or_default(),
            own: own.collect(),
        }
    }

    /// Puts the contact into the segment; true when it did not show it before.
    fn enter(&mut self, world: &mut World<'_>, id: ContactId, segment: SegmentId, since: Timestamp) -> bool {
        // A membership of its own, also where an absorbed contact brought one: an undo takes that away again.
        if self.own.insert(segment)
            && let Some(contact) = world.contacts.get_mut(&id)
        {
            contact.memberships.push(Membership {
                segment,
                home: id,
                owner: id,
                hidden_by: None,
                since,
            });
        }
        self.shown.insert(segment)
    }
}

/// Takes the contact out of segments; gives those that it showed before.
fn leave(world: &mut World<'_>, id: ContactId, segments: &BTreeSet<SegmentId>) -> BTreeSet<SegmentId> {
    let Some(contact) = world.contacts.get_mut(&id) else {
        return BTreeSet::new();
    };
    let left = contact.segments().intersection(segments).copied().collect();
    contact
        .memberships
        .retain(|member| !segments.contains(&member.segment) || member.home != id);
    for member in contact
        .memberships
        .iter_mut()
        .filter(|member| segments.contains(&member.segment))
    {
        member.hidden_by.get_or_insert(id);
    }
    left
}

/// Takes the contact out of the segments that the request leaves. Whoever is put into one and taken out of it by one request is out.
pub(super) fn leave_named(world: &mut World<'_>, draft: &mut Draft, request: &ContactRequest, id: ContactId) {
    let mut named: BTreeSet<SegmentId> = request
        .left_segments
        .iter()
        .filter_map(|name| world.segment_named(name))
        .collect();
    if named.iter().any(|segment| world.is_dynamic(*segment)) {
        draft.skip("groupNamesExclude", Rejection::SegmentIsDynamic);
        named.retain(|segment| !world.is_dynamic(*segment));
    }
    let left = leave(world, id, &named).into_iter();
    draft
        .effects
        .extend(left.map(|segment| Effect::SegmentRemoved { segment }));
}

/// Replaces the categories of a contact.
pub(super) fn set_subscriptions(
    world: &mut World<'_>,
    mut draft: Draft,
    contact: ContactId,
    categories: &[CategoryKey],
) -> Decision {
    draft.rule = Rule::ContactId;
    let known = world.find(&ContactRef::Id(contact));
    draft.touched.extend(known);
    let Some(id) = known.filter(|id| world.is_active(*id)) else {
        return draft.reject(world, Rejection::ContactNotFound);
    };
    let mut wanted = BTreeSet::new();
    for key in categories {
        match world.category(key).filter(|category| !category.archived) {
            Some(category) => wanted.insert(category.segment),
            None => {
                return draft.reject(
                    world,
                    Rejection::CategoryNotFound {
                        key: key.as_str().to_owned(),
                    },
                );
            }
        };
    }
    let all = world.categories.values().map(|category| category.segment);
    let unwanted = all.filter(|segment| !wanted.contains(segment)).collect();
    let left = leave(world, id, &unwanted);
    let mut standing = Standing::of(world, id);
    for segment in wanted {
        if standing.enter(world, id, segment, draft.at) {
            draft.effects.push(Effect::SegmentAdded { segment });
        }
    }
    let removed = left.into_iter().map(|segment| Effect::SegmentRemoved { segment });
    draft.effects.extend(removed);
    let outcome = outcome(world, &draft, &BTreeSet::from([id]));
    draft.finish(world, outcome, Some(id))
}

/// Puts contacts into a segment; those that do not exist, and entries that cannot be read, are reported.
pub(super) fn attach(world: &mut World<'_>, mut draft: Draft, segment: SegmentId, contacts: &[ContactRef]) -> Decision {
    draft.rule = Rule::Explicit;
    if !world.has_segment(segment) {
        return draft.reject(world, Rejection::SegmentNotFound);
    }
    if world.is_dynamic(segment) {
        return draft.reject(world, Rejection::SegmentIsDynamic);
    }
    let found = find_all(world, &mut draft, contacts);
    let at = draft.at;
    let enters = |id: &ContactId| Standing::of(world, *id).enter(world, *id, segment, at);
    let changed: BTreeSet<ContactId> = found.iter().copied().filter(enters).collect();
    if !changed.is_empty() {
        draft.effects.push(Effect::SegmentAdded { segment });
    }
    close_edit(world, draft, found, &changed)
}

/// Takes contacts out of a segment. Without any contacts it empties the segment (wire fact).
pub(super) fn detach(world: &mut World<'_>, mut draft: Draft, segment: SegmentId, contacts: &[ContactRef]) -> Decision {
    draft.rule = Rule::Explicit;
    if !world.has_segment(segment) {
        return draft.reject(world, Rejection::SegmentNotFound);
    }
    if world.is_dynamic(segment) {
        return draft.reject(world, Rejection::SegmentIsDynamic);
    }
    if contacts.is_empty() {
        empty(world, segment);
        draft.effects.push(Effect::SegmentRemoved { segment });
        return draft.finish(world, Outcome::Updated, None);
    }
    let found = find_all(world, &mut draft, contacts);
    let segments = BTreeSet::from([segment]);
    let leaves = |id: &ContactId| !leave(world, *id, &segments).is_empty();
    let changed: BTreeSet<ContactId> = found.iter().copied().filter(leaves).collect();
    if !changed.is_empty() {
        draft.effects.push(Effect::SegmentRemoved { segment });
    }
    close_edit(world, draft, found, &changed)
}

/// Takes everybody out of a segment.
pub(super) fn empty(world: &mut World<'_>, segment: SegmentId) {
    if !world.segments_emptied.contains(&segment) {
        world.segments_emptied.push(segment);
    }
    for contact in world.contacts.values_mut() {
        contact.memberships.retain(|member| member.segment != segment);
    }
}

fn find_all(world: &World<'_>, draft: &mut Draft, contacts: &[ContactRef]) -> BTreeSet<ContactId> {
    let mut found = BTreeSet::new();
    for (index, named) in contacts.iter().enumerate() {
        match (world.find_active(named), named) {
            (Some(id), _) => {
                found.insert(id);
            }
            (None, ContactRef::Unreadable(skipped)) => draft.skip(&skipped.field, &skipped.reason),
            (None, ContactRef::Id(_)) => draft.skip(&format!("contactIds[{index}]"), "contact not found"),
            (None, ContactRef::ExternalId(_)) => {
                draft.skip(&format!("externalCustomerIds[{index}]"), "contact not found");
            }
        }
    }
    found
}

/// Who reads that others were left out: the contacts that changed, or, when none did, those that were found.
fn close_edit(
    world: &mut World<'_>,
    mut draft: Draft,
    found: BTreeSet<ContactId>,
    changed: &BTreeSet<ContactId>,
) -> Decision {
    let outcome = outcome(world, &draft, changed);
    let left_out = !draft.effects.is_empty();
    draft.touched = if changed.is_empty() && left_out {
        found
    } else {
        changed.clone()
    };
    draft.finish(world, outcome, None)
}

/// Marks the contacts as updated where the draft changed a segment of theirs.
fn outcome(world: &mut World<'_>, draft: &Draft, changed: &BTreeSet<ContactId>) -> Outcome {
    let edits = |effect: &Effect| matches!(effect, Effect::SegmentAdded { .. } | Effect::SegmentRemoved { .. });
    if !draft.effects.iter().any(edits) {
        return Outcome::Unchanged;
    }
    for id in changed {
        if let Some(contact) = world.contacts.get_mut(id) {
            contact.updated_at = draft.at;
        }
    }
    Outcome::Updated
}

//! Static segments and subscription categories.

use super::draft::Draft;
use super::world::World;
use crate::values::CategoryKey;
use crate::{
    ContactId, ContactRef, ContactRequest, Decision, Effect, Membership, Outcome, Rejection, Rule, SegmentId,
    SegmentRef,
};
use std::collections::BTreeSet;

/// Puts the contact into the segments and categories of the request. Segments named by name are made when they are missing.
pub(super) fn join(world: &mut World<'_>, draft: &mut Draft, request: &ContactRequest, id: ContactId) {
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
            Some(segment) => enter(world, draft, id, segment),
            None => draft.skip("groups", "there is no segment with this id"),
        }
    }
    for key in &request.categories {
        match world
            .category(key)
            .filter(|category| !category.archived)
            .map(|category| category.segment)
        {
            Some(segment) => enter(world, draft, id, segment),
            None => draft.skip(
                "subscriptions",
                format!("there is no category with the key {}", key.as_str()),
            ),
        }
    }
}

fn enter(world: &mut World<'_>, draft: &mut Draft, id: ContactId, segment: SegmentId) {
    let Some(contact) = world.contacts.get_mut(&id) else {
        return;
    };
    if !contact.segments().contains(&segment) {
        draft.effects.push(Effect::SegmentAdded { segment });
    }
    // A membership of its own, also where an absorbed contact brought one: an undo takes that away again.
    if !contact
        .memberships
        .iter()
        .any(|member| member.segment == segment && member.home == id)
    {
        contact.memberships.push(Membership {
            segment,
            home: id,
            owner: id,
            hidden_by: None,
            since: draft.at,
        });
    }
}

fn leave(world: &mut World<'_>, draft: &mut Draft, id: ContactId, segment: SegmentId) {
    let Some(contact) = world.contacts.get_mut(&id) else {
        return;
    };
    if contact.segments().contains(&segment) {
        draft.effects.push(Effect::SegmentRemoved { segment });
    }
    contact
        .memberships
        .retain(|member| member.segment != segment || member.home != id);
    for member in contact
        .memberships
        .iter_mut()
        .filter(|member| member.segment == segment)
    {
        member.hidden_by.get_or_insert(id);
    }
}

/// Replaces the categories of a contact.
pub(super) fn set_subscriptions(
    world: &mut World<'_>,
    mut draft: Draft,
    contact: ContactId,
    categories: &[CategoryKey],
) -> Decision {
    draft.rule = Rule::ContactId;
    let Some(id) = world.find_active(&ContactRef::Id(contact)) else {
        return draft.reject(Rejection::ContactNotFound);
    };
    let mut wanted = BTreeSet::new();
    for key in categories {
        match world.category(key).filter(|category| !category.archived) {
            Some(category) => wanted.insert(category.segment),
            None => {
                return draft.reject(Rejection::CategoryNotFound {
                    key: key.as_str().to_owned(),
                });
            }
        };
    }
    let all: Vec<SegmentId> = world.categories.iter().map(|category| category.segment).collect();
    for segment in all {
        if wanted.contains(&segment) {
            enter(world, &mut draft, id, segment);
        } else {
            leave(world, &mut draft, id, segment);
        }
    }
    let outcome = outcome(world, &draft, &BTreeSet::from([id]));
    draft.finish(world, outcome, Some(id))
}

/// Puts contacts into a segment; those that do not exist are reported.
pub(super) fn attach(world: &mut World<'_>, mut draft: Draft, segment: SegmentId, contacts: &[ContactRef]) -> Decision {
    draft.rule = Rule::Explicit;
    if !world.has_segment(segment) {
        return draft.reject(Rejection::SegmentNotFound);
    }
    let found = find_all(world, &mut draft, contacts);
    let changed = found.into_iter().filter(|id| {
        let before = draft.effects.len();
        enter(world, &mut draft, *id, segment);
        draft.effects.len() > before
    });
    let changed = changed.collect();
    close_edit(world, draft, &changed)
}

/// Takes contacts out of a segment. Without any contacts it empties the segment (wire fact).
pub(super) fn detach(world: &mut World<'_>, mut draft: Draft, segment: SegmentId, contacts: &[ContactRef]) -> Decision {
    draft.rule = Rule::Explicit;
    if !world.has_segment(segment) {
        return draft.reject(Rejection::SegmentNotFound);
    }
    if contacts.is_empty() {
        if !world.segments_emptied.contains(&segment) {
            world.segments_emptied.push(segment);
        }
        for contact in world.contacts.values_mut() {
            contact.memberships.retain(|member| member.segment != segment);
        }
        draft.effects.push(Effect::SegmentRemoved { segment });
        return draft.finish(world, Outcome::Updated, None);
    }
    let found = find_all(world, &mut draft, contacts);
    let changed = found.into_iter().filter(|id| {
        let before = draft.effects.len();
        leave(world, &mut draft, *id, segment);
        draft.effects.len() > before
    });
    let changed = changed.collect();
    close_edit(world, draft, &changed)
}

fn find_all(world: &World<'_>, draft: &mut Draft, contacts: &[ContactRef]) -> BTreeSet<ContactId> {
    let mut found = BTreeSet::new();
    for (index, named) in contacts.iter().enumerate() {
        match (world.find_active(named), named) {
            (Some(id), _) => {
                found.insert(id);
            }
            (None, ContactRef::Id(_)) => draft.skip(&format!("contactIds[{index}]"), "contact not found"),
            (None, ContactRef::ExternalId(_)) => {
                draft.skip(&format!("externalCustomerIds[{index}]"), "contact not found");
            }
        }
    }
    found
}

fn close_edit(world: &mut World<'_>, mut draft: Draft, changed: &BTreeSet<ContactId>) -> Decision {
    let outcome = outcome(world, &draft, changed);
    draft.touched.extend(changed);
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

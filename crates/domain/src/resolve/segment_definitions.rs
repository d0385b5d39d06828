//! Defining segments.

use super::draft::Draft;
use super::segments;
use super::world::World;
use crate::segments::{Definitions, Formula, cycle};
use crate::values::SegmentName;
use crate::{Decision, Effect, Outcome, Rejection, Rule, SegmentId};

/// Makes a segment, dynamic with a formula. Its name is unique within the workspace.
pub(super) fn create(
    world: &mut World<'_>,
    mut draft: Draft,
    name: &SegmentName,
    formula: Option<&Formula>,
) -> Decision {
    draft.rule = Rule::Explicit;
    if world.segment_named(name).is_some() {
        return draft.reject(world, name_taken());
    }
    if formula.is_some() && world.formulas.len() >= Definitions::MOST_DYNAMIC {
        let limit = Definitions::MOST_DYNAMIC;
        return draft.reject(world, Rejection::TooManySegments { limit });
    }
    if let Some(formula) = formula
        && names_unknown(world, formula)
    {
        return draft.reject(world, Rejection::UnknownSegmentInFormula);
    }
    let Some(segment) = world.create_segment(name, draft.at) else {
        return draft.reject(world, Rejection::SegmentNotFound);
    };
    if let Some(formula) = formula {
        world.formulas.insert(segment, formula.clone());
    }
    draft.effects.push(Effect::SegmentCreated { segment });
    draft.finish(world, Outcome::Created, None)
}

/// Renames a segment, or changes the formula of a dynamic one.
pub(super) fn change(
    world: &mut World<'_>,
    mut draft: Draft,
    segment: SegmentId,
    name: Option<&SegmentName>,
    formula: Option<&Formula>,
) -> Decision {
    draft.rule = Rule::Explicit;
    let Some(before) = world.segments.get(&segment).cloned() else {
        return draft.reject(world, Rejection::SegmentNotFound);
    };
    let name = name.filter(|name| **name != before.name);
    if let Err(rejection) = check(world, segment, name, formula) {
        return draft.reject(world, rejection);
    }
    let formula = formula.filter(|formula| world.formulas.get(&segment) != Some(formula));
    let outcome = if name.is_none() && formula.is_none() {
        Outcome::Unchanged
    } else {
        Outcome::Updated
    };
    if let Some(name) = name {
        world.rename_segment(segment, name.clone());
    }
    if let Some(formula) = formula {
        world.formulas.insert(segment, formula.clone());
    }
    draft.effects.push(Effect::SegmentChanged { segment });
    draft.finish(world, outcome, None)
}

fn check(
    world: &World<'_>,
    segment: SegmentId,
    name: Option<&SegmentName>,
    formula: Option<&Formula>,
) -> Result<(), Rejection> {
    if name.is_some() && is_of_category(world, segment) {
        return Err(Rejection::SegmentOfCategory);
    }
    if name.is_some_and(|name| world.segment_named(name).is_some()) {
        return Err(name_taken());
    }
    let Some(formula) = formula else { return Ok(()) };
    if !world.is_dynamic(segment) {
        return Err(Rejection::SegmentIsStatic);
    }
    if names_unknown(world, formula) {
        return Err(Rejection::UnknownSegmentInFormula);
    }
    match cycle(segment, formula, &world.formulas) {
        Some(way) => Err(Rejection::SegmentCycle { way: names(world, way) }),
        None => Ok(()),
    }
}

/// Deletes a segment that no formula names and that no category owns. Its members stay.
pub(super) fn delete(world: &mut World<'_>, mut draft: Draft, segment: SegmentId) -> Decision {
    draft.rule = Rule::Explicit;
    if !world.has_segment(segment) {
        return draft.reject(world, Rejection::SegmentNotFound);
    }
    if is_of_category(world, segment) {
        return draft.reject(world, Rejection::SegmentOfCategory);
    }
    let by = world.formulas.iter();
    let by: Vec<SegmentId> = by
        .filter(|(id, formula)| **id != segment && formula.segments().contains(&segment))
        .map(|(id, _)| *id)
        .collect();
    if !by.is_empty() {
        let by = names(world, by);
        return draft.reject(world, Rejection::SegmentInUse { by });
    }
    if !world.is_dynamic(segment) {
        segments::empty(world, segment);
    }
    world.remove_segment(segment);
    draft.effects.push(Effect::SegmentDeleted { segment });
    draft.finish(world, Outcome::Removed, None)
}

fn name_taken() -> Rejection {
    Rejection::AlreadyExists {
        what: "name".to_owned(),
    }
}

fn is_of_category(world: &World<'_>, segment: SegmentId) -> bool {
    world.categories.values().any(|category| category.segment == segment)
}

fn names_unknown(world: &World<'_>, formula: &Formula) -> bool {
    formula.segments().iter().any(|named| !world.has_segment(*named))
}

fn names(world: &World<'_>, ids: Vec<SegmentId>) -> Vec<String> {
    let name = |id| {
        world
            .segments
            .get(&id)
            .map_or_else(|| id.to_string(), |segment| segment.name.to_string())
    };
    ids.into_iter().map(name).collect()
}

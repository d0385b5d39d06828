//! Defining segments.

use super::context::Context;
use super::decision_builder::{Decided, Verdict};
use super::segment_members;
use super::working_copy::WorkingCopy;
use crate::segments::{Definitions, Formula, cycle};
use crate::values::SegmentName;
use crate::{Effect, Outcome, Rejection, Rule, SegmentId};

/// Makes a segment, dynamic with a formula. Its name is unique within the workspace.
pub(super) fn create(cx: &mut Context<'_>, name: &SegmentName, formula: Option<&Formula>) -> Verdict {
    cx.decision.rule = Rule::Explicit;
    if cx.state.segment_named(name).is_some() {
        return Err(name_exists().into());
    }
    if formula.is_some() && cx.state.formulas.len() >= Definitions::MOST_DYNAMIC {
        let limit = Definitions::MOST_DYNAMIC;
        return Err(Rejection::TooManySegments { limit }.into());
    }
    if formula.is_some_and(|formula| names_unknown(&cx.state, formula)) {
        return Err(Rejection::UnknownSegmentInFormula.into());
    }
    let segment = cx.state.create_segment(name, cx.decision.at)?;
    if let Some(formula) = formula {
        cx.state.formulas.insert(segment, formula.clone());
    }
    cx.decision.report(Effect::SegmentCreated { segment });
    Ok(Decided::without_contact(Outcome::Created))
}

/// Renames a segment, or changes the formula of a dynamic one.
pub(super) fn change(
    cx: &mut Context<'_>,
    segment: SegmentId,
    name: Option<&SegmentName>,
    formula: Option<&Formula>,
) -> Verdict {
    cx.decision.rule = Rule::Explicit;
    let before = cx.state.segments.get(&segment).ok_or(Rejection::SegmentNotFound)?;
    let name = name.filter(|name| **name != before.name);
    check(&cx.state, segment, name, formula)?;
    let formula = formula.filter(|formula| cx.state.formulas.get(&segment) != Some(formula));
    if let Some(name) = name {
        cx.state.rename_segment(segment, name.clone())?;
    }
    if let Some(formula) = formula {
        cx.state.formulas.insert(segment, formula.clone());
    }
    cx.decision.report(Effect::SegmentChanged { segment });
    Ok(Decided::changed(name.is_some() || formula.is_some()))
}

fn check(
    state: &WorkingCopy<'_>,
    segment: SegmentId,
    name: Option<&SegmentName>,
    formula: Option<&Formula>,
) -> Result<(), Rejection> {
    if name.is_some() && is_of_category(state, segment) {
        return Err(Rejection::SegmentOfCategory);
    }
    if name.is_some_and(|name| state.segment_named(name).is_some()) {
        return Err(name_exists());
    }
    let Some(formula) = formula else { return Ok(()) };
    if !state.is_dynamic(segment) {
        return Err(Rejection::SegmentIsStatic);
    }
    if names_unknown(state, formula) {
        return Err(Rejection::UnknownSegmentInFormula);
    }
    match cycle(segment, formula, &state.formulas) {
        Some(way) => Err(Rejection::SegmentCycle { way: names(state, way) }),
        None => Ok(()),
    }
}

/// Deletes a segment that no formula names and that no category owns. Its members stay contacts.
pub(super) fn delete(cx: &mut Context<'_>, segment: SegmentId) -> Verdict {
    cx.decision.rule = Rule::Explicit;
    if !cx.state.has_segment(segment) {
        return Err(Rejection::SegmentNotFound.into());
    }
    if is_of_category(&cx.state, segment) {
        return Err(Rejection::SegmentOfCategory.into());
    }
    let formulas = cx.state.formulas.iter();
    let by: Vec<SegmentId> = formulas
        .filter(|(id, formula)| **id != segment && formula.segments().contains(&segment))
        .map(|(id, _)| *id)
        .collect();
    if !by.is_empty() {
        let by = names(&cx.state, by);
        return Err(Rejection::SegmentInUse { by }.into());
    }
    if !cx.state.is_dynamic(segment) {
        segment_members::empty(&mut cx.state, segment);
    }
    cx.state.remove_segment(segment, cx.decision.at);
    cx.decision.report(Effect::SegmentDeleted { segment });
    Ok(Decided::without_contact(Outcome::Removed))
}

fn name_exists() -> Rejection {
    Rejection::AlreadyExists {
        what: "name".to_owned(),
    }
}

fn is_of_category(state: &WorkingCopy<'_>, segment: SegmentId) -> bool {
    let mut categories = state.categories.values();
    categories.any(|category| category.segment == segment)
}

fn names_unknown(state: &WorkingCopy<'_>, formula: &Formula) -> bool {
    formula.segments().iter().any(|named| !state.has_segment(*named))
}

fn names(state: &WorkingCopy<'_>, ids: Vec<SegmentId>) -> Vec<String> {
    let name = |id| match state.segments.get(&id) {
        Some(segment) => segment.name.to_string(),
        None => id.to_string(),
    };
    ids.into_iter().map(name).collect()
}

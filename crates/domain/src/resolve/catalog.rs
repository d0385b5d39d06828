//! Custom fields, categories and the policy.

use super::context::Context;
use super::decision_builder::{Decided, Verdict};
use crate::values::{CategoryKey, CategoryName, SegmentName};
use crate::{
    Category, CategoryId, CustomField, Effect, FieldId, Invariant, NewField, Outcome, Policy, Rejection, Rule,
};

/// Defines a custom field. Its key is unique within its group, archived fields included.
pub(super) fn create_field(cx: &mut Context<'_>, new: &NewField) -> Verdict {
    cx.decision.rule = Rule::Explicit;
    let mut fields = cx.state.fields.iter();
    if fields.any(|field| field.profile_key == new.profile_key && field.field_key == new.field_key) {
        return Err(already_exists("fieldKey").into());
    }
    let id = cx.state.fresh.fields.pop();
    let id = id.ok_or(Invariant::NoNewId("custom field"))?;
    cx.state.fields.push(CustomField {
        id,
        profile_key: new.profile_key.clone(),
        field_key: new.field_key.clone(),
        name: new.name.clone(),
        field_type: new.field_type,
        allowed: new.allowed.clone(),
        required: new.required,
        identifying: new.identifying,
        archived: false,
    });
    cx.decision.report(Effect::Field { field: id });
    Ok(Decided::without_contact(Outcome::Created))
}

/// Renames or archives a custom field.
pub(super) fn change_field(cx: &mut Context<'_>, id: FieldId, name: Option<&str>, archived: Option<bool>) -> Verdict {
    cx.decision.rule = Rule::Explicit;
    let field = cx.state.fields.iter_mut().find(|field| field.id == id);
    let field = field.ok_or(Rejection::FieldNotFound)?;
    let before = field.clone();
    if let Some(name) = name {
        name.clone_into(&mut field.name);
    }
    field.archived = archived.unwrap_or(field.archived);
    let is_changed = *field != before;
    cx.decision.report(Effect::Field { field: id });
    Ok(Decided::changed(is_changed))
}

/// Defines a category and the segment of its name. An existing segment of that name becomes the category's, unless it is dynamic or belongs to
/// another category.
pub(super) fn create_category(cx: &mut Context<'_>, key: &CategoryKey, name: &CategoryName) -> Verdict {
    cx.decision.rule = Rule::Explicit;
    if cx.state.category(key).is_some() {
        return Err(already_exists("key").into());
    }
    let segment_name = segment_name(name)?;
    let existing = cx.state.segment_named(&segment_name);
    let is_taken = |segment| {
        let mut categories = cx.state.categories.values();
        cx.state.is_dynamic(segment) || categories.any(|category| category.segment == segment)
    };
    if existing.is_some_and(is_taken) {
        return Err(already_exists("name").into());
    }
    let id = cx.state.fresh.categories.pop();
    let id = id.ok_or(Invariant::NoNewId("category"))?;
    let at = cx.decision.at;
    let segment = match existing {
        Some(segment) => segment,
        None => cx.state.create_segment(&segment_name, at)?,
    };
    let (key, name) = (key.clone(), name.clone());
    cx.state.add_category(Category {
        id,
        key,
        name,
        segment,
        created_at: at,
        updated_at: at,
        archived: false,
    });
    cx.decision.report(Effect::Category { category: id });
    Ok(Decided::without_contact(Outcome::Created))
}

/// Renames (with its segment) or archives a category.
pub(super) fn change_category(
    cx: &mut Context<'_>,
    id: CategoryId,
    name: Option<&CategoryName>,
    archived: Option<bool>,
) -> Verdict {
    cx.decision.rule = Rule::Explicit;
    let before = cx.state.categories.get(&id).cloned();
    let before = before.ok_or_else(|| Rejection::CategoryNotFound { key: id.to_string() })?;
    let mut category = before.clone();
    if let Some(name) = name {
        let segment_name = segment_name(name)?;
        let named = cx.state.segment_named(&segment_name);
        if named.is_some_and(|other| other != before.segment) {
            return Err(already_exists("name").into());
        }
        category.name = name.clone();
        cx.state.rename_segment(before.segment, segment_name)?;
    }
    category.archived = archived.unwrap_or(category.archived);
    let is_changed = category != before;
    if is_changed {
        category.updated_at = cx.decision.at;
    }
    cx.state.add_category(category);
    cx.decision.report(Effect::Category { category: id });
    Ok(Decided::changed(is_changed))
}

/// Replaces the identity policy. It applies to the later commands of the batch.
pub(super) fn set_policy(cx: &mut Context<'_>, policy: &Policy) -> Decided {
    cx.decision.rule = Rule::Explicit;
    let is_changed = cx.state.policy != *policy;
    cx.state.set_policy(policy.clone());
    cx.state.new_policy = Some(policy.clone());
    Decided::changed(is_changed)
}

/// The name of a category's segment. Names of categories and of segments have the same form.
fn segment_name(name: &CategoryName) -> Result<SegmentName, Invariant> {
    SegmentName::parse(name.as_str()).map_err(|_| Invariant::UnusableSegmentName)
}

fn already_exists(what: &str) -> Rejection {
    Rejection::AlreadyExists { what: what.to_owned() }
}

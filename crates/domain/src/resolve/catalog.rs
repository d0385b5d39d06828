//! Custom fields, categories and the policy.

use super::draft::Draft;
use super::world::World;
use crate::values::{CategoryKey, CategoryName, SegmentName};
use crate::{Category, CategoryId, CustomField, Decision, Effect, FieldId, NewField, Outcome, Policy, Rejection, Rule};

/// Defines a custom field. Its key is unique within its group, archived fields included.
pub(super) fn create_field(world: &mut World<'_>, mut draft: Draft, new: &NewField) -> Decision {
    draft.rule = Rule::Explicit;
    let taken = world
        .fields
        .iter()
        .any(|f| f.profile_key == new.profile_key && f.field_key == new.field_key);
    if taken {
        return draft.reject(
            world,
            Rejection::AlreadyExists {
                what: "fieldKey".to_owned(),
            },
        );
    }
    let Some(id) = world.fresh.fields.pop() else {
        return draft.reject(world, Rejection::FieldNotFound);
    };
    world.fields.push(CustomField {
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
    draft.effects.push(Effect::Field { field: id });
    draft.finish(world, Outcome::Created, None)
}

/// Renames or archives a custom field.
pub(super) fn change_field(
    world: &mut World<'_>,
    mut draft: Draft,
    id: FieldId,
    name: Option<&str>,
    archived: Option<bool>,
) -> Decision {
    draft.rule = Rule::Explicit;
    let Some(field) = world.fields.iter_mut().find(|field| field.id == id) else {
        return draft.reject(world, Rejection::FieldNotFound);
    };
    let before = field.clone();
    if let Some(name) = name {
        name.clone_into(&mut field.name);
    }
    field.archived = archived.unwrap_or(field.archived);
    let outcome = if *field == before {
        Outcome::Unchanged
    } else {
        Outcome::Updated
    };
    draft.effects.push(Effect::Field { field: id });
    draft.finish(world, outcome, None)
}

/// Defines a category and the segment of its name. A segment of that name that exists already becomes the category's, unless another
/// category owns it.
pub(super) fn create_category(
    world: &mut World<'_>,
    mut draft: Draft,
    key: &CategoryKey,
    name: &CategoryName,
) -> Decision {
    draft.rule = Rule::Explicit;
    if world.category(key).is_some() {
        return draft.reject(world, Rejection::AlreadyExists { what: "key".to_owned() });
    }
    let Ok(segment_name) = SegmentName::parse(name.as_str()) else {
        return draft.reject(world, Rejection::SegmentNotFound);
    };
    let existing = world.segment_named(&segment_name);
    let is_taken =
        |segment| world.is_dynamic(segment) || world.categories.values().any(|category| category.segment == segment);
    if existing.is_some_and(is_taken) {
        return draft.reject(
            world,
            Rejection::AlreadyExists {
                what: "name".to_owned(),
            },
        );
    }
    let Some(id) = world.fresh.categories.pop() else {
        return draft.reject(
            world,
            Rejection::CategoryNotFound {
                key: key.as_str().to_owned(),
            },
        );
    };
    let Some(segment) = existing.or_else(|| world.create_segment(&segment_name, draft.at)) else {
        return draft.reject(world, Rejection::SegmentNotFound);
    };
    let (key, name, at) = (key.clone(), name.clone(), draft.at);
    world.add_category(Category {
        id,
        key,
        name,
        segment,
        created_at: at,
        updated_at: at,
        archived: false,
    });
    draft.effects.push(Effect::Category { category: id });
    draft.finish(world, Outcome::Created, None)
}

/// Renames (with its segment) or archives a category.
pub(super) fn change_category(
    world: &mut World<'_>,
    mut draft: Draft,
    id: CategoryId,
    name: Option<&CategoryName>,
    archived: Option<bool>,
) -> Decision {
    draft.rule = Rule::Explicit;
    let Some(before) = world.categories.get(&id).cloned() else {
        return draft.reject(world, Rejection::CategoryNotFound { key: id.to_string() });
    };
    let mut category = before.clone();
    let segment_name = name.and_then(|name| SegmentName::parse(name.as_str()).ok());
    if let Some(segment_name) = &segment_name
        && world
            .segment_named(segment_name)
            .is_some_and(|other| other != before.segment)
    {
        return draft.reject(
            world,
            Rejection::AlreadyExists {
                what: "name".to_owned(),
            },
        );
    }
    if let (Some(name), Some(segment_name)) = (name, segment_name) {
        category.name = name.clone();
        world.rename_segment(before.segment, segment_name);
    }
    category.archived = archived.unwrap_or(category.archived);
    let outcome = if category == before {
        Outcome::Unchanged
    } else {
        Outcome::Updated
    };
    if outcome == Outcome::Updated {
        category.updated_at = draft.at;
    }
    world.add_category(category);
    draft.effects.push(Effect::Category { category: id });
    draft.finish(world, outcome, None)
}

/// Replaces the identity policy; the commands after it in the batch are decided by the new one.
pub(super) fn set_policy(world: &mut World<'_>, mut draft: Draft, policy: &Policy) -> Decision {
    draft.rule = Rule::Explicit;
    let outcome = if world.policy == *policy {
        Outcome::Unchanged
    } else {
        Outcome::Updated
    };
    world.policy = policy.clone();
    world.new_policy = Some(policy.clone());
    draft.finish(world, outcome, None)
}

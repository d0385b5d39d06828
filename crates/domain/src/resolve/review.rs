//! What people decide about identifiers that do not match (identity rule 8).

use super::context::Context;
use super::decision_builder::{Decided, Verdict};
use super::evidence::{self, Evidence};
use super::held;
use crate::{ContactId, Effect, Identifier, IdentifierKey, Outcome, Rejection, Rule};

/// Evaluates an identifier of a contact again. One that is active, still blocked or not held stays as it is; one that is still surplus is
/// reported.
pub(super) fn reevaluate(cx: &mut Context<'_>, contact: ContactId, key: &IdentifierKey) -> Verdict {
    cx.decision.rule = Rule::Explicit;
    let named = cx.state.canonical(contact);
    cx.decision.refused_about = named;
    let id = named.filter(|id| cx.state.is_active(*id));
    let id = id.ok_or(Rejection::ContactNotFound)?;
    let held = held::visible(cx.state.contact(id)?, key).next();
    let Some(identifier) = held.map(|held| held.identifier.clone()) else {
        return Ok(Decided::about(id, Outcome::Unchanged));
    };
    held::reevaluate(cx, id, &identifier)?;
    let is_changed = |effect: &Effect| matches!(effect, Effect::Attached { .. });
    if !cx.decision.effects.iter().any(is_changed) {
        return Ok(Decided::about(id, Outcome::Unchanged));
    }
    cx.state.contact_mut(id)?.updated_at = cx.decision.at;
    Ok(Decided::about(id, Outcome::Updated))
}

/// Makes a shared identifier evidence again. It becomes shared anew when it is seen with too many external IDs from now on. The decision is in
/// the logs of the contacts that show the identifier, unless it is blocked: the footprint lacks the holders of a blocked value.
pub(super) fn unshare(cx: &mut Context<'_>, key: &IdentifierKey) -> Decided {
    cx.decision.rule = Rule::Explicit;
    let mut record = cx.state.key_record(key);
    if !record.is_shared(&cx.state.policy) {
        return Decided::without_contact(Outcome::Unchanged);
    }
    record.seen_with.clear();
    cx.state.keys.insert(key.clone(), record);
    let showing = cx.state.showing(key);
    let identifier = showing.first().and_then(|id| {
        let held = held::visible(cx.state.contact(*id).ok()?, key).next()?;
        Some(held.identifier.clone())
    });
    let identifier = identifier.unwrap_or_else(|| Identifier {
        key: key.clone(),
        typed: key.value.clone(),
    });
    if evidence::of(&cx.state, &identifier) != Evidence::Blocked {
        cx.decision.affected.extend(showing);
    }
    cx.decision.report(Effect::Unshared { identifier });
    Decided::without_contact(Outcome::Updated)
}

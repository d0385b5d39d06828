//! History of a cookie that arrives late: it is that of whoever had the cookie then (identity rule 4).

use super::draft::Draft;
use super::evidence::{self, Evidence};
use super::world::World;
use crate::{
    Decision, Effect, EventRequest, Identifier, IdentifierKey, Outcome, Rule, Subject, Timestamp, Visitor, VisitorId,
};

/// Whose the history of a cookie was.
#[derive(Debug)]
pub(super) enum Former {
    /// That of a visitor that is closed.
    Visitor(VisitorId, IdentifierKey),
    /// That of somebody who was erased since.
    Forgotten,
}

/// Whose the history that the event belongs to was; none when it goes where all history of the cookie goes now.
pub(super) fn former(world: &World<'_>, request: &EventRequest, received_at: Timestamp) -> Option<Former> {
    let time = request.late(received_at)?;
    let mut cookies = request.contact.identifiers();
    let cookie: &Identifier = cookies.find(|id| evidence::of(world, id) != Evidence::Blocked)?;
    let visitors = || world.visitors_of(&cookie.key);
    let next = || {
        visitors()
            .filter(|visitor| visitor.since > time)
            .min_by_key(|v| (v.since, v.follows))
    };
    let visitor: &Visitor = match visitors().find(|visitor| visitor.covers(time)) {
        Some(visitor) => visitor,
        None => match next()? {
            // What nobody else left is from before we knew the cookie.
            visitor if !visitor.follows => visitor,
            _ => return Some(Former::Forgotten),
        },
    };
    visitor
        .closed_at
        .map(|_| Former::Visitor(visitor.id, cookie.key.clone()))
}

/// Decides the event: nobody claims anything by it, and it brings nobody back.
pub(super) fn decide(
    world: &mut World<'_>,
    mut draft: Draft,
    request: &EventRequest,
    former: Former,
) -> (Decision, Option<Subject>) {
    let skipped = request.contact.skipped.iter().cloned();
    draft.effects.extend(skipped.map(Effect::Skipped));
    let Former::Visitor(visitor, cookie) = former else {
        draft.skip("cookies", "whoever had the cookie at that time is not known any more");
        return (draft.finish(world, Outcome::Unmatched, None), None);
    };
    let subject = Some(Subject::Visitor(visitor));
    let owner = world.visitors.get(&visitor).and_then(|visitor| visitor.owner);
    let Some(owner) = owner.filter(|owner| world.is_active(*owner)) else {
        draft.effects.push(Effect::EventWaits { visitor });
        return (draft.finish(world, Outcome::Unmatched, None), subject);
    };
    draft.rule = Rule::Search;
    draft.matched_by = Some(cookie);
    (draft.finish(world, Outcome::Unchanged, Some(owner)), subject)
}

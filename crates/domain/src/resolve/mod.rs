//! The rules of identity, applied to a batch.

mod absorb;
mod attributes;
mod catalog;
mod changes;
mod channels;
mod claim;
mod contact;
mod draft;
mod event;
mod evidence;
mod late;
mod merge;
mod order;
mod remove;
mod search;
mod segment_definitions;
mod segments;
mod take_back;
mod tokens;
mod trust;
mod undo;
mod visitors;
mod world;

#[cfg(test)]
mod tests;

use crate::{Command, Decision, Envelope, Policy, Rejection, Resolution, Snapshot};
use draft::Draft;
use world::World;

/// Decides a batch of commands, one after the other, as if each had found the state that the ones before it left.
///
/// The snapshot must hold what [`crate::footprint`] asked for. A refused command changes nothing; its decision says why.
pub fn resolve(batch: &[Envelope], snapshot: &Snapshot, policy: &Policy) -> Resolution {
    let mut world = World::new(snapshot, policy);
    let decide = |envelope| decide(&mut world, Draft::new(envelope), &envelope.command);
    let decisions = batch.iter().map(decide).collect();
    Resolution {
        decisions,
        changes: changes::between(snapshot, world),
    }
}

fn decide(world: &mut World<'_>, mut draft: Draft, command: &Command) -> Decision {
    match command {
        Command::IfUnchanged {
            contact,
            revisions,
            command,
        } => match world.answering(*contact).filter(|id| world.has_changed(*id, revisions)) {
            Some(changed) => {
                draft.about = Some(changed);
                draft.reject(world, Rejection::Changed)
            }
            None => decide(world, draft, command),
        },
        Command::Contact(call, request) => contact::decide(world, draft, *call, request),
        Command::Event(request) => event::keep(world, draft, request),
        Command::DeleteEvents(_) => event::delete(world, draft),
        Command::Order(request) => order::keep(world, draft, request),
        Command::DeleteOrder(key) => order::delete(world, draft, key),
        Command::SetCreating { key, creating } => event::set_creating(world, draft, key, *creating),
        Command::Remove { contact, erase } => remove::remove(world, draft, contact, *erase),
        Command::SetSubscriptions { contact, categories } => {
            segments::set_subscriptions(world, draft, *contact, categories)
        }
        Command::Attach { segment, contacts } => segments::attach(world, draft, *segment, contacts),
        Command::Detach { segment, contacts } => segments::detach(world, draft, *segment, contacts),
        Command::Unsubscribe { email, unsubscribed } => evidence::unsubscribe(world, draft, email, *unsubscribed),
        Command::Token { app, token, change } => tokens::change(world, draft, app, token, *change),
        Command::Merge {
            survivor,
            absorbed,
            force,
        } => merge::explicit(world, draft, *survivor, *absorbed, *force),
        Command::Undo { merge } => undo::undo(world, draft, *merge),
        Command::TakeBack { contact, parts } => take_back::take_back(world, draft, *contact, parts),
        Command::CreateField(field) => catalog::create_field(world, draft, field),
        Command::ChangeField { field, name, archived } => {
            catalog::change_field(world, draft, *field, name.as_deref(), *archived)
        }
        Command::CreateCategory { key, name } => catalog::create_category(world, draft, key, name),
        Command::ChangeCategory {
            category,
            name,
            archived,
        } => catalog::change_category(world, draft, *category, name.as_ref(), *archived),
        Command::CreateSegment { name, formula } => segment_definitions::create(world, draft, name, formula.as_deref()),
        Command::ChangeSegment { segment, name, formula } => {
            segment_definitions::change(world, draft, *segment, name.as_ref(), formula.as_deref())
        }
        Command::DeleteSegment { segment } => segment_definitions::delete(world, draft, *segment),
        Command::SetPolicy(policy) => catalog::set_policy(world, draft, policy),
    }
}

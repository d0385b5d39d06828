//! The rules of identity, applied to a batch.
//!
//! A module uses only modules of the layers above it, so that each rule can be read with what it stands on; a test checks it. The layers, from
//! what is used by all to what is used by none:
//!
//! - the state and the decision: `working_copy`, `decision_builder`, `context`;
//! - what an identifier proves, and which one is meant: `evidence`, `naming`;
//! - who owned an identifier when, and to whom its history belongs: `ownership`, `history`;
//! - what a contact holds: `held`, `memberships`;
//! - which contact it is, and which become one: `search`, `merge`, `absorb`, `undo`;
//! - who gets an identifier: `trust`, `device_tokens`, `claim`;
//! - what is written to a contact: `channels`, `attributes`, `row_changes`, `recorded_events`, `contact`;
//! - events and orders: `late_event`, `event`, `order`;
//! - all other commands, one file each.

mod absorb;
mod attributes;
mod catalog;
mod changes;
mod channels;
mod claim;
mod contact;
mod context;
mod decision_builder;
mod device_tokens;
mod event;
mod evidence;
mod held;
mod history;
mod late_event;
mod memberships;
mod merge;
mod merge_by_hand;
mod naming;
mod order;
mod ownership;
mod recorded_events;
mod remove;
mod review;
mod row_changes;
mod search;
mod segment_definitions;
mod segment_members;
mod take_back;
mod token;
mod trust;
mod undo;
mod unsubscribe;
mod working_copy;

#[cfg(test)]
mod tests;

use crate::{Command, Envelope, Invariant, Policy, Rejection, Resolution, Snapshot};
use context::Context;
use decision_builder::Verdict;
use working_copy::WorkingCopy;

/// Decides a batch of commands, one after the other, as if each had found the state that the ones before it left.
///
/// The snapshot must hold what [`crate::footprint`] lists. A refused command changes nothing; its decision says why. An [`Invariant`] fails the
/// batch as a whole: nothing of it may be written.
pub fn resolve<'a>(
    batch: impl IntoIterator<Item = &'a Envelope>,
    snapshot: &'a Snapshot,
    policy: &Policy,
) -> Result<Resolution, Invariant> {
    let mut state = WorkingCopy::new(snapshot, policy);
    let mut decisions = Vec::new();
    for envelope in batch {
        let mut cx = Context::new(state, envelope);
        let verdict = decide(&mut cx, &envelope.command);
        let decision;
        (state, decision) = cx.finish(verdict)?;
        decisions.push(decision);
    }
    let changes = changes::between(snapshot, state);
    Ok(Resolution { decisions, changes })
}

fn decide(cx: &mut Context<'_>, command: &Command) -> Verdict {
    match command {
        Command::IfUnchanged {
            contact,
            revisions,
            command,
        } => {
            let contact = cx.state.canonical(*contact);
            let changed = contact.filter(|id| cx.state.has_changed(*id, revisions));
            if changed.is_some() {
                cx.decision.refused_about = changed;
                return Err(Rejection::Changed.into());
            }
            decide(cx, command)
        }
        Command::Contact(call, request) => contact::decide(cx, *call, request),
        Command::Event(request) => event::keep(cx, request),
        Command::DeleteEvents(_) => event::delete(cx),
        Command::Order(request) => order::keep(cx, request),
        Command::DeleteOrder(key) => order::delete(cx, key),
        Command::SetCreating { key, creating } => Ok(event::set_creating(cx, key, *creating)),
        Command::Remove { contact, erase } => remove::remove(cx, contact, *erase),
        Command::SetSubscriptions { contact, categories } => {
            segment_members::set_subscriptions(cx, *contact, categories)
        }
        Command::Attach { segment, contacts } => segment_members::attach(cx, *segment, contacts),
        Command::Detach { segment, contacts } => segment_members::detach(cx, *segment, contacts),
        Command::Unsubscribe { email, unsubscribed } => Ok(unsubscribe::set(cx, email, *unsubscribed)),
        Command::Token { app, token, change } => token::change(cx, app, token, *change),
        Command::Merge {
            survivor,
            absorbed,
            force,
        } => merge_by_hand::merge(cx, *survivor, *absorbed, *force),
        Command::Reevaluate { contact, key } => review::reevaluate(cx, *contact, key),
        Command::Unshare { key } => Ok(review::unshare(cx, key)),
        Command::Undo { merge } => undo::undo(cx, *merge),
        Command::TakeBack { contact, parts } => take_back::take_back(cx, *contact, parts),
        Command::CreateField(field) => catalog::create_field(cx, field),
        Command::ChangeField { field, name, archived } => catalog::change_field(cx, *field, name.as_deref(), *archived),
        Command::CreateCategory { key, name } => catalog::create_category(cx, key, name),
        Command::ChangeCategory {
            category,
            name,
            archived,
        } => catalog::change_category(cx, *category, name.as_ref(), *archived),
        Command::CreateSegment { name, formula } => segment_definitions::create(cx, name, formula.as_deref()),
        Command::ChangeSegment { segment, name, formula } => {
            segment_definitions::change(cx, *segment, name.as_ref(), formula.as_deref())
        }
        Command::DeleteSegment { segment } => segment_definitions::delete(cx, *segment),
        Command::SetPolicy(policy) => Ok(catalog::set_policy(cx, policy)),
    }
}

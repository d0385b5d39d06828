//! A decision in the making.

use crate::{
    Apart, Call, Command, ContactId, Decision, DecisionId, Effect, Envelope, Identifier, IdentifierKey, LogEntry,
    Merge, Outcome, Rejection, Rule, Skipped, SubscribeStatus, Timestamp, Trust,
};
use std::collections::BTreeSet;

use super::world::World;

/// A decision in the making.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) id: DecisionId,
    pub(super) at: Timestamp,
    call: &'static str,
    pub(super) rule: Rule,
    pub(super) matched_by: Option<IdentifierKey>,
    pub(super) effects: Vec<Effect>,
    pub(super) email_status: Option<SubscribeStatus>,
    /// The contact that a refused command was about, if it is known.
    pub(super) about: Option<ContactId>,
    /// Contacts besides the decided one whose log shows the decision.
    pub(super) touched: BTreeSet<ContactId>,
    pub(super) merges: usize,
    pub(super) visitors: usize,
    /// Whether something was noted of a value that the contact does not hold, so that an erasure must find it by the log.
    pub(super) noted: bool,
    /// Events, orders and what is said with a public key are many. One that is about nobody is not logged: anybody can make as many as they
    /// like with a public key.
    pub(super) is_routine: bool,
    /// The time in the past that it tells of, if it does: it takes nothing from whoever has it now (identity rule 4).
    pub(super) past: Option<Timestamp>,
}

impl Draft {
    pub(super) fn new(envelope: &Envelope) -> Self {
        let command = envelope.command.unconditional();
        Self {
            id: envelope.decision,
            at: envelope.at,
            call: name(command),
            rule: Rule::NoMatch,
            matched_by: None,
            effects: Vec::new(),
            email_status: None,
            about: None,
            touched: BTreeSet::new(),
            merges: 0,
            visitors: 0,
            noted: false,
            is_routine: match command {
                Command::Event(_) | Command::Order(_) | Command::Contact(Call::Event { .. }, _) => true,
                Command::Contact(_, request) => request.trust() != Trust::Full,
                _ => false,
            },
            past: match command {
                Command::Event(event) => event.past(envelope.at),
                _ => None,
            },
        }
    }

    pub(super) fn skip(&mut self, field: &str, reason: impl std::fmt::Display) {
        self.effects.push(Effect::Skipped(Skipped {
            field: field.to_owned(),
            reason: reason.to_string(),
        }));
    }

    /// Says that the past changes nothing about who has the identifier now (identity rule 4).
    pub(super) fn keep_past(&mut self, identifier: &Identifier, holder: ContactId) {
        let kept = Effect::KeptApart {
            identifier: identifier.clone(),
            contact: Some(holder),
            why: Apart::Past,
        };
        if !self.effects.contains(&kept) {
            self.effects.push(kept);
        }
    }

    /// Whether the decision says something of the identifier.
    pub(super) fn tells_of(&self, key: &IdentifierKey) -> bool {
        self.effects
            .iter()
            .any(|effect| effect.identifier().is_some_and(|told| told.key == *key))
    }

    /// Whether the decision gave the contact the identifier, and in place of none: what a value replaced is gone, so that the
    /// value is the contact's own whatever becomes of a merge.
    pub(super) fn gave(&self, key: &IdentifierKey) -> bool {
        let attached = |effect: &Effect| matches!(effect, Effect::Attached { identifier } if identifier.key == *key);
        let replaced =
            |effect: &Effect| matches!(effect, Effect::Replaced { identifier } if identifier.kind() == key.kind);
        self.effects.iter().any(attached) && !self.effects.iter().any(replaced)
    }

    fn decision(self, outcome: Outcome, contact: Option<ContactId>, rejection: Option<Rejection>) -> Decision {
        Decision {
            id: self.id,
            at: self.at,
            call: self.call.to_owned(),
            outcome,
            contact,
            rule: self.rule,
            matched_by: self.matched_by,
            effects: self.effects,
            rejection,
            email_status: self.email_status,
            redacted: false,
            undo: Vec::new(),
        }
    }

    /// Refuses the command, which must have changed nothing else in the world. The refusal is in the log of the contacts that it is about,
    /// as far as they are known (identity rule 9).
    pub(super) fn reject(mut self, world: &mut World<'_>, rejection: Rejection) -> Decision {
        let touched = std::mem::take(&mut self.touched);
        let is_routine = self.is_routine && touched.is_empty();
        let about = self.about;
        let decision = self.decision(Outcome::Rejected, about, Some(rejection));
        if !is_routine {
            log(world, touched, &decision);
        }
        decision
    }

    /// Closes the decision and writes it to the log of every contact that it touched.
    pub(super) fn finish(mut self, world: &mut World<'_>, outcome: Outcome, contact: Option<ContactId>) -> Decision {
        let mut touched = std::mem::take(&mut self.touched);
        touched.extend(contact);
        let says_nothing = outcome == Outcome::Unchanged && !self.noted && self.effects.iter().all(only_names);
        let is_routine = self.is_routine && touched.is_empty();
        let decision = self.decision(outcome, contact, None);
        if outcome != Outcome::Erased && !is_routine && !says_nothing {
            log(world, touched, &decision);
        }
        decision
    }
}

/// Whether an effect only says that a value named a contact which does not hold it: true of most events.
fn only_names(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::KeptApart {
            why: Apart::OnlyNames,
            ..
        }
    )
}

fn log(world: &mut World<'_>, touched: BTreeSet<ContactId>, decision: &Decision) {
    if touched.is_empty() {
        log_of_nobody(world, decision);
        return;
    }
    let mut mentions = decision.names();
    mentions.extend(
        touched
            .iter()
            .flat_map(|contact| brought_by_others(world, *contact, decision)),
    );
    mentions.retain(|contact| !touched.contains(contact));
    let entries = touched.into_iter().map(|contact| LogEntry {
        contact,
        decision: decision.clone(),
        mentions: mentions.clone(),
    });
    world.log.extend(entries);
}

/// A decision that concerns no contact can be read by its identity. Nobody could find it to erase it, so it names nobody.
fn log_of_nobody(world: &mut World<'_>, decision: &Decision) {
    let mut decision = decision.clone();
    decision.redact(&decision.names(), |_| false);
    world.log.push(LogEntry {
        contact: ContactId::NOBODY,
        decision,
        mentions: BTreeSet::new(),
    });
}

/// The homes of those identifiers of the decision, and of its merges, that the contact got by a merge: they may go home before their home is
/// erased.
fn brought_by_others(world: &World<'_>, contact: ContactId, decision: &Decision) -> BTreeSet<ContactId> {
    let Some(contact) = world.contacts.get(&contact) else {
        return BTreeSet::new();
    };
    let mut absorbed = contact
        .identifiers
        .iter()
        .filter(|held| held.home != contact.id)
        .peekable();
    if absorbed.peek().is_none() {
        return BTreeSet::new();
    }
    let mut named = decision.identifiers();
    let merges = decision.merges().filter_map(|merge| world.merges.get(&merge));
    named.extend(merges.flat_map(Merge::identifiers));
    absorbed
        .filter(|held| named.contains(held.key()))
        .map(|held| held.home)
        .collect()
}

fn name(command: &Command) -> &'static str {
    match command {
        Command::IfUnchanged { command, .. } => name(command),
        Command::Contact(call, _) => Call::as_str(*call),
        Command::Event(_) => Call::Event { creates: false }.as_str(),
        Command::DeleteEvents(_) => "delete_events",
        Command::Order(_) => Call::Order.as_str(),
        Command::DeleteOrder(_) => "delete_order",
        Command::SetCreating { .. } => "set_creating",
        Command::Remove { erase: false, .. } => "remove",
        Command::Remove { erase: true, .. } => "erase",
        Command::SetSubscriptions { .. } => "set_subscriptions",
        Command::Attach { .. } => "attach",
        Command::Detach { .. } => "detach",
        Command::Unsubscribe { unsubscribed: true, .. } => "unsubscribe",
        Command::Unsubscribe {
            unsubscribed: false, ..
        } => "resubscribe",
        Command::Token { .. } => "token",
        Command::Merge { .. } => "merge",
        Command::Undo { .. } => "undo",
        Command::TakeBack { .. } => "take_back",
        Command::CreateField(_) => "create_field",
        Command::ChangeField { .. } => "change_field",
        Command::CreateCategory { .. } => "create_category",
        Command::ChangeCategory { .. } => "change_category",
        Command::CreateSegment { .. } => "create_segment",
        Command::ChangeSegment { .. } => "change_segment",
        Command::DeleteSegment { .. } => "delete_segment",
        Command::SetPolicy(_) => "set_policy",
    }
}

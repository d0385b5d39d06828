//! The decision about a command, while it is made.

use super::working_copy::WorkingCopy;
use crate::{
    Call, Command, ContactId, ContactUndo, Decision, DecisionId, Effect, Envelope, Identifier, IdentifierKey,
    Invariant, LogEntry, Merge, MergeId, NotLinkedReason, Outcome, Rejection, Rule, Skipped, SubscribeStatus,
    Timestamp, Trust, VisitorId,
};
use std::collections::BTreeSet;

/// What a command did, and to which contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decided {
    pub(super) outcome: Outcome,
    pub(super) contact: Option<ContactId>,
}

impl Decided {
    /// A command that changed or found the contact.
    pub(super) fn about(contact: ContactId, outcome: Outcome) -> Self {
        let contact = Some(contact);
        Self { outcome, contact }
    }

    /// A command that is about no contact.
    pub(super) fn without_contact(outcome: Outcome) -> Self {
        let contact = None;
        Self { outcome, contact }
    }

    /// [`Outcome::Updated`] or [`Outcome::Unchanged`] of something that is no contact.
    pub(super) fn changed(is_changed: bool) -> Self {
        Self::without_contact(if is_changed {
            Outcome::Updated
        } else {
            Outcome::Unchanged
        })
    }
}

/// Why a command did nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stop {
    /// The rules refuse it. It must have changed nothing.
    Refused(Rejection),
    /// The state is impossible. The whole batch fails.
    Broken(Invariant),
}

impl From<Rejection> for Stop {
    fn from(rejection: Rejection) -> Self {
        Self::Refused(rejection)
    }
}

impl From<Invariant> for Stop {
    fn from(invariant: Invariant) -> Self {
        Self::Broken(invariant)
    }
}

/// How a command ended.
pub(super) type Verdict = Result<Decided, Stop>;

/// The decision about a command, while it is made. [`Self::finish`] ends it.
#[derive(Debug)]
pub(super) struct DecisionBuilder {
    pub(super) id: DecisionId,
    /// When the command was accepted.
    pub(super) at: Timestamp,
    /// For an event that arrives late: when it happened. It takes no identifier from the contact that holds it now (identity rule 4).
    pub(super) late_event_time: Option<Timestamp>,
    pub(super) rule: Rule,
    pub(super) matched_by: Option<IdentifierKey>,
    pub(super) effects: Vec<Effect>,
    pub(super) email_status: Option<SubscribeStatus>,
    /// The contact that a refused command is about, if it is known.
    pub(super) refused_about: Option<ContactId>,
    /// Contacts besides the decided one whose logs get the decision.
    pub(super) affected: BTreeSet<ContactId>,
    /// For a row of an import: what it changed.
    pub(super) undo: Vec<ContactUndo>,
    /// Whether a sighting was recorded of a value that the contact does not hold. The decision is logged then, because an erasure finds the
    /// sighting by the log.
    pub(super) has_unheld_sighting: bool,
    call: &'static str,
    merges: usize,
    visitors: usize,
    /// Events, orders and requests with a public key are many. One that concerns no contact is not logged: with a public key anybody can
    /// send any number of them.
    is_routine: bool,
}

impl DecisionBuilder {
    pub(super) fn new(envelope: &Envelope) -> Self {
        let command = envelope.command.unconditional();
        Self {
            id: envelope.decision,
            at: envelope.at,
            late_event_time: match command {
                Command::Event(event) => event.past(envelope.at),
                _ => None,
            },
            rule: Rule::NoMatch,
            matched_by: None,
            effects: Vec::new(),
            email_status: None,
            refused_about: None,
            affected: BTreeSet::new(),
            undo: Vec::new(),
            has_unheld_sighting: false,
            call: name(command),
            merges: 0,
            visitors: 0,
            is_routine: match command {
                Command::Event(_) | Command::Order(_) | Command::Contact(Call::Event { .. }, _) => true,
                Command::Contact(_, request) => request.trust() != Trust::Full,
                _ => false,
            },
        }
    }

    pub(super) fn report(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Reports a part of the request that is left out.
    pub(super) fn skip(&mut self, field: &str, reason: impl std::fmt::Display) {
        self.report(Effect::Skipped(Skipped {
            field: field.to_owned(),
            reason: reason.to_string(),
        }));
    }

    /// Reports what was left out of the request before it was decided.
    pub(super) fn skip_all<'r>(&mut self, left_out: impl Iterator<Item = &'r Skipped>) {
        self.effects.extend(left_out.cloned().map(Effect::Skipped));
    }

    /// Reports an identifier that was not linked with the decided contact; `contact` is the one that holds it, if another does.
    pub(super) fn not_linked(&mut self, identifier: &Identifier, contact: Option<ContactId>, reason: NotLinkedReason) {
        self.report(Effect::NotLinked {
            identifier: identifier.clone(),
            contact,
            reason,
        });
    }

    /// As [`Self::not_linked`], unless the decision says so already.
    pub(super) fn not_linked_once(&mut self, identifier: &Identifier, contact: ContactId, reason: NotLinkedReason) {
        let effect = Effect::NotLinked {
            identifier: identifier.clone(),
            contact: Some(contact),
            reason,
        };
        if !self.effects.contains(&effect) {
            self.report(effect);
        }
    }

    /// Whether an effect is about the identifier.
    pub(super) fn mentions(&self, key: &IdentifierKey) -> bool {
        let mut identifiers = self.effects.iter().filter_map(Effect::identifier);
        identifiers.any(|identifier| identifier.key == *key)
    }

    /// Whether the decision attached the identifier and replaced no other value by it. A value that replaced another one belongs to the
    /// contact itself even if a merge is undone, because the old value is gone.
    pub(super) fn attached_without_replacing(&self, key: &IdentifierKey) -> bool {
        let attached = |effect: &Effect| matches!(effect, Effect::Attached { identifier } if identifier.key == *key);
        let replaced =
            |effect: &Effect| matches!(effect, Effect::Replaced { identifier } if identifier.kind() == key.kind);
        self.effects.iter().any(attached) && !self.effects.iter().any(replaced)
    }

    pub(super) fn next_merge_id(&mut self) -> MergeId {
        self.merges += 1;
        MergeId::of(self.id, self.merges - 1)
    }

    pub(super) fn next_visitor_id(&mut self) -> VisitorId {
        self.visitors += 1;
        VisitorId::of(self.id, self.visitors - 1)
    }

    /// Ends the decision and writes it to the logs of the contacts that it concerns (identity rule 9).
    pub(super) fn finish(mut self, state: &mut WorkingCopy<'_>, verdict: Verdict) -> Result<Decision, Invariant> {
        let mut logs = std::mem::take(&mut self.affected);
        let (decided, rejection) = match verdict {
            Ok(decided) => {
                logs.extend(decided.contact);
                (decided, None)
            }
            Err(Stop::Refused(rejection)) => {
                let contact = self.refused_about;
                let outcome = Outcome::Rejected;
                (Decided { outcome, contact }, Some(rejection))
            }
            Err(Stop::Broken(invariant)) => return Err(invariant),
        };
        let is_logged = match decided.outcome {
            Outcome::Erased => false,
            Outcome::Unchanged if self.changes_and_says_nothing() => false,
            _ => !(self.is_routine && logs.is_empty()),
        };
        let undo = std::mem::take(&mut self.undo);
        let decision = self.build(decided, rejection);
        if is_logged {
            log(state, logs, &decision);
        }
        Ok(Decision { undo, ..decision })
    }

    fn changes_and_says_nothing(&self) -> bool {
        let only_names = |effect: &Effect| {
            matches!(
                effect,
                Effect::NotLinked {
                    reason: NotLinkedReason::OnlyNames,
                    ..
                }
            )
        };
        !self.has_unheld_sighting && self.effects.iter().all(only_names)
    }

    fn build(self, decided: Decided, rejection: Option<Rejection>) -> Decision {
        Decision {
            id: self.id,
            at: self.at,
            call: self.call.to_owned(),
            outcome: decided.outcome,
            contact: decided.contact,
            rule: self.rule,
            matched_by: self.matched_by,
            effects: self.effects,
            rejection,
            email_status: self.email_status,
            redacted: false,
            undo: Vec::new(),
        }
    }
}

fn log(state: &mut WorkingCopy<'_>, contacts: BTreeSet<ContactId>, decision: &Decision) {
    if contacts.is_empty() {
        log_without_contact(state, decision);
        return;
    }
    let mut mentions = decision.names();
    mentions.extend(
        contacts
            .iter()
            .flat_map(|contact| brought_by_absorbed(state, *contact, decision)),
    );
    mentions.retain(|contact| !contacts.contains(contact));
    let entries = contacts.into_iter().map(|contact| LogEntry {
        contact,
        decision: decision.clone(),
        mentions: mentions.clone(),
    });
    state.log.extend(entries);
}

/// A decision that concerns no contact can be read by its ID. No erasure would find it, so it names no contact.
fn log_without_contact(state: &mut WorkingCopy<'_>, decision: &Decision) {
    let mut decision = decision.clone();
    decision.redact(&decision.names(), |_| false);
    state.log.push(LogEntry {
        contact: ContactId::NONE,
        decision,
        mentions: BTreeSet::new(),
    });
}

/// The absorbed contacts that brought identifiers which the decision, or a merge of it, names. An undo may give the identifiers back to them
/// before they are erased.
fn brought_by_absorbed(state: &WorkingCopy<'_>, contact: ContactId, decision: &Decision) -> BTreeSet<ContactId> {
    // An affected contact may have been absorbed from outside of the snapshot: it holds nothing then.
    let Some(contact) = state.contacts.get(&contact) else {
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
    let merges = decision.merges().filter_map(|merge| state.merges.get(&merge));
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
        Command::Reevaluate { .. } => "reevaluate",
        Command::Unshare { .. } => "unshare",
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

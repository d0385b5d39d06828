//! What the rules work on.

use super::decision_builder::{DecisionBuilder, Verdict};
use super::working_copy::WorkingCopy;
use crate::{Call, ChannelMode, ContactId, ContactRequest, Decision, Envelope, Identifier, Invariant};

/// The state that a command finds and changes, and the decision about it as far as it is made.
#[derive(Debug)]
pub(super) struct Context<'s> {
    pub(super) state: WorkingCopy<'s>,
    pub(super) decision: DecisionBuilder,
}

impl<'s> Context<'s> {
    pub(super) fn new(state: WorkingCopy<'s>, envelope: &Envelope) -> Self {
        let decision = DecisionBuilder::new(envelope);
        Self { state, decision }
    }

    /// Ends the decision, and returns it with the state that the next command finds.
    pub(super) fn finish(mut self, verdict: Verdict) -> Result<(WorkingCopy<'s>, Decision), Invariant> {
        let decision = self.decision.finish(&mut self.state, verdict)?;
        Ok((self.state, decision))
    }
}

/// The identifiers by which a call looks for a contact.
#[derive(Debug)]
pub(super) struct Query<'r> {
    pub(super) call: Call,
    pub(super) request: &'r ContactRequest,
    /// All identifiers of the request, also those that are attributes.
    pub(super) identifiers: Vec<&'r Identifier>,
    /// Those of them that can find a contact in this call.
    pub(super) searched: Vec<&'r Identifier>,
}

impl<'r> Query<'r> {
    /// `declared` are the identifiers of the request that are attributes: [`ContactRequest::declared`].
    pub(super) fn new(call: Call, request: &'r ContactRequest, declared: &'r [Identifier]) -> Self {
        let identifiers: Vec<_> = request.identifiers().chain(declared).collect();
        let searched = identifiers.iter().copied().filter(|id| call.names_by(&id.key));
        Self {
            call,
            request,
            searched: searched.collect(),
            identifiers,
        }
    }
}

/// A request that is written to the contact that was found or made for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct ContactUpdate<'r> {
    pub(super) call: Call,
    pub(super) request: &'r ContactRequest,
    pub(super) contact: ContactId,
    /// Whether the contact was made for the request.
    pub(super) is_new: bool,
}

impl ContactUpdate<'_> {
    /// What the request does to emails and phones; none for a new contact, which takes them all.
    pub(super) fn channel_mode(&self) -> Option<ChannelMode> {
        (!self.is_new).then(|| self.call.powers().channels)
    }
}

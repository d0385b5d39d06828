//! Reading calls that are explained and not carried out.

use selfsame_domain::{Command, ContactId, Policy};

/// A call as a person pasted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastedCall<'c> {
    /// Which call: one of [`CallReader::calls`].
    pub call: &'c str,
    /// The contact ID in its path, for calls that have one.
    pub contact: Option<ContactId>,
    /// Its body.
    pub body: &'c str,
}

/// Why a call cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallProblem {
    /// Where in the body (JSON Pointer, RFC 6901); blank for the whole.
    pub pointer: String,
    /// What is wrong, so that it can follow the name of the member.
    pub reason: String,
}

/// Reads the bodies of calls. A port, because the form of a body belongs to a front end.
pub trait CallReader: Send + Sync + std::fmt::Debug {
    /// The calls that can be read.
    fn calls(&self) -> &'static [&'static str];

    /// The commands that a call would submit, at least one; else what is wrong with it, at least one problem. MUST NOT repeat values of the body.
    fn read(&self, call: &PastedCall<'_>, policy: &Policy) -> Result<Vec<Command>, Vec<CallProblem>>;
}

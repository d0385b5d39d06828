//! Faults of a storage.

use selfsame_application::ports::StorageError;
use selfsame_domain::{ContactId, Footprint, Invariant};

/// Where a fault occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point {
    Policy,
    Read,
    Write,
    Commit,
    Credentials,
}

/// The kind of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaultKind {
    Retriable,
    Refused,
    Corrupt,
    Inconsistent,
    Unavailable,
    Lost,
    Panic,
}

/// A fault that occurs a number of times.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    what: FaultKind,
    at: Point,
    times: usize,
    /// Only in transactions that touch an identifier of this value.
    only: Option<&'static str>,
}

/// All faults.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Fault {
    /// A fault that occurs every time.
    pub(crate) fn new(what: FaultKind, at: Point) -> Self {
        Self {
            what,
            at,
            times: usize::MAX,
            only: None,
        }
    }

    /// Limits how often the fault occurs.
    pub(crate) fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// Limits the fault to transactions that touch an identifier of this value.
    pub(crate) fn only(self, value: &'static str) -> Self {
        Self {
            only: Some(value),
            ..self
        }
    }

    fn is_due(&self, at: Point, footprint: &Footprint) -> bool {
        let touched = self
            .only
            .is_none_or(|value| footprint.keys.keys().any(|key| key.value == value));
        self.at == at && self.times > 0 && touched
    }
}

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// Returns the fault that occurs now.
    pub(super) fn due(&mut self, at: Point, footprint: &Footprint) -> Option<FaultKind> {
        let fault = self.0.iter_mut().find(|fault| fault.is_due(at, footprint))?;
        fault.times -= 1;
        Some(fault.what)
    }
}

impl FaultKind {
    /// The error of the fault.
    ///
    /// # Panics
    ///
    /// When the fault is a panic.
    pub(super) fn error(self) -> StorageError {
        match self {
            Self::Retriable => StorageError::Retriable,
            Self::Refused => StorageError::Refused("poison".into()),
            Self::Corrupt => StorageError::Corrupt {
                table: "contacts",
                column: "state",
                key: "1".to_owned(),
            },
            Self::Inconsistent => StorageError::Inconsistent(Invariant::MissingContact(ContactId(1))),
            Self::Unavailable => StorageError::Unavailable {
                reason: "gone".to_owned(),
            },
            Self::Lost => StorageError::Lost {
                reason: "silent".to_owned(),
            },
            Self::Panic => panic!("the adapter panics, as the test asked for"),
        }
    }
}

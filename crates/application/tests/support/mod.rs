//! Helpers of the tests.

mod delegate;
mod delegate_exports;
mod delegate_identity;
mod delegate_memberships;
mod delegate_users;
mod delegate_webhooks;
mod faults;
mod probe;
mod requests;
mod stand;
mod waiting;

pub(crate) use faults::{Fault, FaultKind, Point};
pub(crate) use probe::{CREDENTIALS, Probe};
pub(crate) use requests::{keyed, named, names, repeated, together, upsert};
pub(crate) use stand::{Stand, accept_all, answers, decided, idle, occupy, submit};
pub(crate) use waiting::{Answer, Waiting, accept, soon};

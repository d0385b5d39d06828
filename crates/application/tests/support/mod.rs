//! Helpers of the tests.

mod ask;
mod delegate;
mod delegate_exports;
mod delegate_memberships;
mod delegate_users;
mod delegate_webhooks;
mod faults;
mod probe;
mod stand;
mod waiting;

pub(crate) use ask::{keyed, named, names, repeated, together, upsert};
pub(crate) use faults::{Fault, Point, What};
pub(crate) use probe::{CREDENTIALS, Probe};
pub(crate) use stand::{Stand, accept_all, answers, decided, idle, occupy, submit};
pub(crate) use waiting::{Answer, Waiting, accept, soon};

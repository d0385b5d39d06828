//! The routes of identity resolution: explanations, the identity log, merges, the policy.

mod calls;
mod decision;
mod decisions;
mod log;
mod lookup;
mod merge;
mod merges;
mod names;
mod policy;
mod policy_body;
mod resolve;
mod resolve_body;
mod routes;
mod view;

pub use calls::PastedCalls;
pub(crate) use decision::DecisionBody;
pub(crate) use resolve::explained;
pub(crate) use routes::routes;
pub(crate) use view::{IdentityBody, VisitorBody};

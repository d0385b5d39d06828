//! The HTTP front end: the wire-compatible API of contacts, and Selfsame's own API of identity.
//!
//! One router per noun. Handlers read a request leniently, check everything that needs no storage, submit a domain
//! command and render its decision. They contain no identity rules.

mod absent;
mod access_tokens;
mod addressbooks;
mod admission;
mod auth;
mod body;
mod catalog;
mod changes;
mod connectors;
mod contacts;
mod dialect;
mod docs;
mod drain_body;
mod error;
mod events;
mod exports;
mod fields;
mod history;
mod identity;
mod imports;
mod limits;
mod members;
mod mobile;
mod named;
mod operations;
mod orders;
mod paging;
mod partly;
mod paths;
mod refusals;
mod render;
mod reply;
mod router;
mod segments;
mod site;
mod state;
mod subscriptions;
mod system;
mod times;
mod tokens;
mod trace;
mod tracker;
mod web_setup;
mod webhooks;

pub use contacts::contact_line;
pub use identity::PastedCalls;
pub use imports::{ImportRows, segments_cell};
pub use operations::{describe_metrics, metrics_builder};
pub use router::{Routers, openapi, preload, router, routers};
pub use state::{HttpSettings, HttpState, RateLimit, Readiness};
pub use webhooks::ChangeMessages;

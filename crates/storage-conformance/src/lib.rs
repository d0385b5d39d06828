//! One behaviour suite for every storage adapter, and the in-memory adapter that passes it.
//!
//! An adapter's test implements [`Backend`] and calls [`conformance!`], which emits one named test per case, and [`machine!`],
//! which drives random commands through it and the in-memory adapter. [`Backend`] has the operations of tests, which production
//! ports never have.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "all but the in-memory adapter is test code: panicking is how a test fails"
)]

mod backend;
mod clock;
mod fixture;
mod ids;
mod list;
mod list_of_storage;
mod machine;
mod memory;
mod observe;
mod request_builder;
mod suite;

pub mod cases;
#[doc(hidden)]
pub mod runners;

pub use backend::{Backend, MakeBackend, boxed, run};
pub use clock::ManualClock;
pub use fixture::{Fixture, assert_in_order, contact_of, erase, force_merge, merge, merge_of, remove, undo};
pub use ids::SequenceIds;
pub use memory::{ContractError, MemoryStore};
pub use observe::{Answer, Observation, observe, sorted, sorted_snapshot};
pub use request_builder::{
    RequestBuilder, amount, api_call, app, by_external, category_key, channel_of, date, email, event_type, identifier,
    keep, keep_order, order_key, order_text, segment_name, token,
};
/// The kinds in the tables of the list.
pub use selfsame_domain::IdentifierKind as Kind;
pub use selfsame_domain::values::FieldType;

//! The cases, by noun. Each is a function of a backend with nothing in it; it panics when the backend misbehaves.
//!
//! The suite listed in [`for_each_case!`](crate::for_each_case) asks all of them of every adapter.
#![expect(missing_docs, reason = "the name of a case says what it expects")]

pub mod batches;
pub mod calls;
pub mod categories;
pub mod changes;
pub mod contact_keys;
pub mod contacts;
pub mod dry_run;
pub mod durability;
pub mod dynamic_segments;
pub mod erasure;
pub mod event_deletion;
pub mod events;
pub mod evidence;
pub mod export;
pub mod export_snapshots;
pub mod exports;
pub mod fields;
pub mod identifiers;
pub mod import_undo;
pub mod imports;
pub mod isolation;
pub mod jobs;
mod kinds;
pub mod late;
pub mod lifecycle;
pub mod log;
pub mod merges;
pub mod order_lists;
pub mod order_races;
pub mod order_shops;
pub mod orders;
pub mod past;
pub mod races;
mod raw;
pub mod replies;
pub mod retention;
pub mod revisions;
pub mod search;
pub mod segment_agreement;
pub mod segment_fields;
pub mod segment_history;
pub mod segment_times;
pub mod segments;
pub mod sites;
pub mod snapshots;
pub mod tokens;
mod tree;
pub mod trust;
pub mod undo;
pub mod units;
pub mod violations;
pub mod visitors;
pub mod waiting;
pub mod workspaces;

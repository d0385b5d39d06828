//! Conversion of rows between the database and the domain.
//!
//! Each type has the fields of the database's composite type of the same name, in the same order
//! (`migrations/postgres/0002_rows.sql`), and is read and written in that form.

mod catalog;
mod contact;
mod event;
mod identifier;
mod merge;
mod order;
mod records;
mod reply;

pub(crate) use catalog::{CategoryRecord, FieldKeyRecord, FieldRecord, NumberRecord, SegmentRecord};
pub(crate) use contact::{AnswerRecord, ContactRecord, PartiesRecord, TouchedRecord, contacts};
pub(crate) use event::{CreatingRecord, EventCountRecord, EventRecord, StoredEventRecord, event_type};
pub(crate) use identifier::{
    HeldKeyRecord, IdentifierRecord, LateKeyRecord, MemberKeyRecord, MembershipRecord, RequestedKeyRecord, ValueRecord,
    VisitorRecord, identifier_key, single_sighting,
};
pub(crate) use merge::MergeRecord;
pub(crate) use order::{OrderKeyRecord, OrderRecord};
pub(crate) use records::Records;
pub(crate) use reply::{LogEntryRecord, ReplyRecord};

use selfsame_application::ports::StorageError;
use selfsame_domain::Decision;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Display;

/// A value that cannot be read back.
pub(crate) fn corrupt(table: &'static str, column: &'static str, key: &dyn Display) -> StorageError {
    StorageError::Corrupt {
        table,
        column,
        key: key.to_string(),
    }
}

/// Reads JSON that [`to_json`] wrote.
pub(crate) fn json<T: DeserializeOwned>(
    text: &str,
    table: &'static str,
    column: &'static str,
    key: &dyn Display,
) -> Result<T, StorageError> {
    serde_json::from_str(text).map_err(|_| corrupt(table, column, key))
}

/// Writes a value as JSON.
pub(crate) fn to_json<T: Serialize>(value: &T) -> Result<String, StorageError> {
    serde_json::to_string(value).map_err(|error| StorageError::Refused(Box::new(error)))
}

/// Reads a decision of the identity log.
pub(crate) fn decision(body: &[u8], key: &dyn Display) -> Result<Decision, StorageError> {
    rmp_serde::from_slice(body).map_err(|_| corrupt("identity_log", "body", key))
}

/// Writes a decision for the identity log: `MessagePack`, structs as arrays. New fields go at the end of a struct, with
/// a default.
pub(crate) fn decision_body(decision: &Decision) -> Result<Vec<u8>, StorageError> {
    rmp_serde::to_vec(decision).map_err(|error| StorageError::Refused(Box::new(error)))
}

/// Reads a list of records.
pub(crate) fn all<R, T>(records: Vec<R>, read: impl Fn(R) -> Result<T, StorageError>) -> Result<Vec<T>, StorageError> {
    records.into_iter().map(read).collect()
}

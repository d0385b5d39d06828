//! The rows of a stored bulk call.

use super::{BulkInput, BulkOptions, MAX_CONTACTS, read_one};
use crate::body::batch_of;
use crate::error::ApiError;
use selfsame_application::ports::{Continuation, ReadRow, RowsError};
use selfsame_domain::{Command, Policy};
use std::io::Read;

/// Reads all rows of a stored bulk call.
pub(crate) fn read_bulk_rows(
    policy: &Policy,
    body: &mut dyn Read,
    rows: &mut dyn FnMut(ReadRow) -> Continuation,
) -> Result<(), RowsError> {
    let mut bytes = Vec::new();
    body.read_to_end(&mut bytes)?;
    let malformed = |error: ApiError| RowsError::Malformed(error.detail());
    let batch = batch_of(&bytes, BulkInput::LIST, MAX_CONTACTS).map_err(malformed)?;
    let fields = batch.fields();
    let sent = BulkInput::of(&fields, &batch.entries);
    let options = BulkOptions::of(&sent).map_err(malformed)?;
    for (line, entry) in (1..).zip(sent.contacts) {
        let command = read_one(entry, &options, policy);
        let dedupe_value = match &command {
            Ok(Command::Contact(_, request)) => options.dedupe_value(request),
            _ => None,
        };
        let row = ReadRow {
            line,
            bytes: entry.raw.get().len(),
            dedupe_value,
            command,
        };
        if rows(row) == Continuation::No {
            break;
        }
    }
    Ok(())
}

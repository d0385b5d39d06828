//! Lines of JSON.

use crate::error::TableError;
use crate::source::{MAX_ROW_BYTES, Row, RowContent};
use std::io::{BufRead, BufReader, Read};
use std::ops::ControlFlow;

pub(crate) fn read(text: &mut dyn Read, row: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), TableError> {
    let mut text = BufReader::with_capacity(64 << 10, text);
    let most = MAX_ROW_BYTES as u64 + 1;
    for line in 1.. {
        let mut bytes = Vec::new();
        let read = text.by_ref().take(most).read_until(b'\n', &mut bytes)?;
        if read == 0 {
            break;
        }
        if read as u64 == most {
            return Err(TableError::malformed(format!(
                "line {line} is longer than {} MiB",
                MAX_ROW_BYTES >> 20
            )));
        }
        // The bytes were decoded: they are UTF-8.
        let content = String::from_utf8_lossy(&bytes).trim().to_owned();
        if content.is_empty() {
            continue;
        }
        let content = RowContent::Json(content);
        if row(Row { line, content }).is_break() {
            break;
        }
    }
    Ok(())
}

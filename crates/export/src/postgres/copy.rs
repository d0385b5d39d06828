//! Rows in the binary format of COPY (<https://www.postgresql.org/docs/current/sql-copy.html>, "Binary Format"). The driver encodes the values.

use super::error::refused;
use selfsame_application::ports::SinkError;
use selfsame_domain::Timestamp;
use selfsame_domain::export::{Cell, Row};
use sqlx::Postgres;
use sqlx::encode::Encode;
use sqlx::postgres::PgArgumentBuffer;
use sqlx::types::Decimal;

/// The signature, no flags, and no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// Takes the place of the number of values after the last row.
const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();

/// Takes the place of the length of a value that is null.
const NULL: [u8; 4] = (-1_i32).to_be_bytes();

/// The binary form of a column. `PostgreSQL` does not convert binary values, and a table may have wider types than the export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `integer`.
    Int4,
    /// `bigint`.
    Int8,
    /// `numeric`.
    Numeric,
    /// Another type. The values of the export have one form in all of the types that can hold them.
    Other,
}

impl Form {
    /// The form of a type, as `format_type` writes it.
    pub(super) fn of(kind: &str) -> Self {
        match kind {
            "integer" => Self::Int4,
            "bigint" => Self::Int8,
            "numeric" => Self::Numeric,
            _ => Self::Other,
        }
    }
}

/// The rows of a table whose columns have these forms.
pub(super) fn encode(rows: &[Row], forms: &[Form]) -> Result<Vec<u8>, SinkError> {
    let size: usize = rows.iter().flatten().map(|cell| cell.size() + NULL.len()).sum();
    let mut buffer = PgArgumentBuffer::default();
    buffer.reserve(HEADER.len() + size + TRAILER.len() * (rows.len() + 1));
    buffer.extend_from_slice(HEADER);
    for row in rows {
        let count = i16::try_from(row.len()).map_err(|_| unwritable())?;
        buffer.extend_from_slice(&count.to_be_bytes());
        for (cell, form) in row.iter().zip(forms) {
            put(&mut buffer, cell, *form)?;
        }
    }
    buffer.extend_from_slice(&TRAILER);
    Ok(std::mem::take(&mut *buffer))
}

/// A value behind its length.
fn put(buffer: &mut PgArgumentBuffer, cell: &Cell, form: Form) -> Result<(), SinkError> {
    let before = buffer.len();
    buffer.extend_from_slice(&NULL);
    if *cell == Cell::Null {
        return Ok(());
    }
    put_value(buffer, cell, form)?;
    let written = buffer.get_mut(before..).unwrap_or_default();
    let length = i32::try_from(written.len() - NULL.len()).map_err(|_| unwritable())?;
    if let Some(place) = written.first_chunk_mut() {
        *place = length.to_be_bytes();
    }
    Ok(())
}

fn put_value(buffer: &mut PgArgumentBuffer, cell: &Cell, form: Form) -> Result<(), SinkError> {
    let written = match (cell, form) {
        (Cell::Null, _) => return Ok(()),
        (Cell::Integer(number), Form::Int4) => {
            let number = i32::try_from(*number).map_err(|_| unwritable())?;
            Encode::<Postgres>::encode_by_ref(&number, buffer)
        }
        (Cell::Integer(number), Form::Numeric) => Encode::<Postgres>::encode_by_ref(&Decimal::from(*number), buffer),
        (Cell::Integer(number), _) => Encode::<Postgres>::encode_by_ref(number, buffer),
        (Cell::Number(amount), _) => Encode::<Postgres>::encode_by_ref(&amount.decimal(), buffer),
        (Cell::Flag(flag), _) => Encode::<Postgres>::encode_by_ref(flag, buffer),
        (Cell::Time(time), _) => {
            let seconds = Timestamp::from_timestamp(time.timestamp(), 0).ok_or_else(unwritable)?;
            Encode::<Postgres>::encode_by_ref(&seconds, buffer)
        }
        (Cell::Date(date), _) => Encode::<Postgres>::encode_by_ref(date, buffer),
        (Cell::LocalTime(time), _) => Encode::<Postgres>::encode_by_ref(time, buffer),
        (Cell::Text(text), _) if text.contains('\0') => {
            return Err(refused("a text has a NUL character, which PostgreSQL cannot hold"));
        }
        (Cell::Text(text), _) => Encode::<Postgres>::encode_by_ref(&text.as_str(), buffer),
    };
    written.map(drop).map_err(|_| unwritable())
}

fn unwritable() -> SinkError {
    refused("a value is outside the range of its column")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of one row, without header and trailer.
    fn values(row: Row, forms: &[Form]) -> Result<Vec<u8>, SinkError> {
        let bytes = encode(&[row], forms)?;
        let values = bytes.strip_prefix(HEADER).unwrap().strip_suffix(&TRAILER).unwrap();
        Ok(values.to_vec())
    }

    #[test]
    fn a_value_follows_its_length() {
        let row = vec![
            Cell::Null,
            Cell::Text("й".to_owned()),
            Cell::Integer(-2),
            Cell::Flag(true),
        ];
        let forms = [Form::Other, Form::Other, Form::Int4, Form::Other];
        let expected = [
            &[0, 4][..],
            &NULL,
            &[0, 0, 0, 2, 0xd0, 0xb9],
            &[0, 0, 0, 4, 0xff, 0xff, 0xff, 0xfe],
            &[0, 0, 0, 1, 1],
        ];
        assert_eq!(values(row, &forms), Ok(expected.concat()));
        assert_eq!(encode(&[], &[]), Ok([HEADER, &TRAILER].concat()));
    }

    #[test]
    fn whole_numbers_have_the_form_of_their_column() {
        let length = |form| values(vec![Cell::Integer(7)], &[form]).map(|bytes| bytes.len() - 2 - NULL.len());
        assert_eq!(length(Form::Int4), Ok(4));
        assert_eq!(length(Form::Int8), Ok(8));
        // Four numbers of 16 bits, and one digit of base 10,000.
        assert_eq!(length(Form::Numeric), Ok(10));
    }

    #[test]
    fn what_the_column_cannot_hold_is_refused() {
        let refused = |cell| values(vec![cell], &[Form::Int4]).is_err();
        assert!(refused(Cell::Integer(i64::from(i32::MAX) + 1)));
        assert!(refused(Cell::Text("a\0".to_owned())));
    }
}

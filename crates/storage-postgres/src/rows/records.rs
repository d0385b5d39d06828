//! Lists of rows in the binary form of the protocol, read field by field. The driver looks up the type of every field of every row instead,
//! which took a tenth of the time of a request. The types of these rows are made together with the server, so their fields are known.

use chrono::DateTime;
use selfsame_domain::Timestamp;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgHasArrayType, PgTypeInfo, PgTypeKind, PgValueRef};
use sqlx::{Decode, Postgres, Type};
use uuid::Uuid;

/// Midnight of 2000-01-01 (UTC), from which the database counts, in microseconds since 1970.
const EPOCH: i64 = 946_684_800_000_000;

/// A row of a composite type.
pub(crate) trait Record: Sized {
    /// Reads the fields, in their order.
    fn read(fields: &mut Fields<'_>) -> Result<Self, BoxDynError>;
}

/// An array of rows.
#[derive(Debug)]
pub(crate) struct Records<R>(pub(crate) Vec<R>);

impl<R: PgHasArrayType> Type<Postgres> for Records<R> {
    fn type_info() -> PgTypeInfo {
        R::array_type_info()
    }

    /// The functions that return the columns say which type each has.
    fn compatible(found: &PgTypeInfo) -> bool {
        matches!(found.kind(), PgTypeKind::Array(_))
    }
}

impl<'r, R: Record> Decode<'r, Postgres> for Records<R> {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        let mut array = Fields(value.as_bytes()?);
        let count = array.elements()?;
        let mut records = Vec::with_capacity(count);
        for _ in 0..count {
            let mut fields = Fields(array.content()?.ok_or("a row is null")?);
            let _: [u8; 4] = fields.take()?;
            records.push(R::read(&mut fields)?);
        }
        Ok(Self(records))
    }
}

/// Bytes that are not read yet.
#[derive(Debug)]
pub(crate) struct Fields<'r>(&'r [u8]);

impl<'r> Fields<'r> {
    /// The next field.
    pub(crate) fn get<T: Field>(&mut self) -> Result<T, BoxDynError> {
        self.optional()?.ok_or_else(|| "a field is null".into())
    }

    /// The next field, which may be null.
    pub(crate) fn optional<T: Field>(&mut self) -> Result<Option<T>, BoxDynError> {
        // The number of its type.
        let _: [u8; 4] = self.take()?;
        self.content()?.map(T::read).transpose()
    }

    /// The content of a field or of an element, after its length; none for null.
    fn content(&mut self) -> Result<Option<&'r [u8]>, BoxDynError> {
        let Ok(length) = usize::try_from(i32::from_be_bytes(self.take()?)) else {
            return Ok(None);
        };
        let (content, rest) = self.0.split_at_checked(length).ok_or(CUT_OFF)?;
        self.0 = rest;
        Ok(Some(content))
    }

    /// Reads the head of an array of one dimension; returns the number of its elements.
    fn elements(&mut self) -> Result<usize, BoxDynError> {
        let dimensions = i32::from_be_bytes(self.take()?);
        // Whether there are nulls, and the number of the type.
        let _: [u8; 8] = self.take()?;
        if dimensions == 0 {
            return Ok(0);
        }
        let length = i32::from_be_bytes(self.take()?);
        // The first index.
        let _: [u8; 4] = self.take()?;
        Ok(usize::try_from(length)?)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], BoxDynError> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or(CUT_OFF)?;
        self.0 = rest;
        Ok(*bytes)
    }
}

const CUT_OFF: &str = "a row is cut off";

/// A type of a field.
pub(crate) trait Field: Sized {
    /// Reads the content of a field that is not null.
    fn read(content: &[u8]) -> Result<Self, BoxDynError>;
}

impl Field for i64 {
    fn read(content: &[u8]) -> Result<Self, BoxDynError> {
        Ok(Self::from_be_bytes(content.try_into()?))
    }
}

impl Field for i16 {
    fn read(content: &[u8]) -> Result<Self, BoxDynError> {
        Ok(Self::from_be_bytes(content.try_into()?))
    }
}

impl Field for bool {
    fn read(content: &[u8]) -> Result<Self, BoxDynError> {
        Ok(content.first().is_some_and(|byte| *byte != 0))
    }
}

impl Field for String {
    fn read(content: &[u8]) -> Result<Self, BoxDynError> {
        Ok(std::str::from_utf8(content)?.to_owned())
    }
}

impl Field for Uuid {
    fn read(content: &[u8]) -> Result<Self, BoxDynError> {
        Ok(Self::from_slice(content)?)
    }
}

impl Field for Timestamp {
    fn read(content: &[u8]) -> Result<Self, BoxDynError> {
        let micros = i64::read(content)?.checked_add(EPOCH);
        let time = micros.and_then(DateTime::from_timestamp_micros);
        time.ok_or_else(|| "a time is out of range".into())
    }
}

impl Field for Vec<Uuid> {
    fn read(content: &[u8]) -> Result<Self, BoxDynError> {
        let mut array = Fields(content);
        let count = array.elements()?;
        let elements = (0..count).map(|_| Uuid::read(array.content()?.ok_or("an element is null")?));
        elements.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_off_is_an_error() {
        let one = [&[0, 0, 0, 20][..], &[0, 0, 0, 8], &7_i64.to_be_bytes()].concat();
        assert_eq!(Fields(&one).get::<i64>().unwrap(), 7);
        for length in 0..one.len() {
            assert!(Fields(&one[..length]).get::<i64>().is_err(), "{length}");
        }
        let null = [&[0, 0, 0, 20][..], &(-1_i32).to_be_bytes()].concat();
        assert!(Fields(&null).get::<i64>().is_err());
        assert_eq!(Fields(&null).optional::<i64>().unwrap(), None);
    }

    #[test]
    fn times_count_from_2000() {
        let micros = 1_000_000_i64.to_be_bytes();
        assert_eq!(
            Timestamp::read(&micros).unwrap().to_rfc3339(),
            "2000-01-01T00:00:01+00:00"
        );
        assert!(Timestamp::read(&i64::MAX.to_be_bytes()).is_err());
    }
}

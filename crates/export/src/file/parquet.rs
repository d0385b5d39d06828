//! Files in the format Parquet.
//!
//! Exact numbers are texts: a decimal of Parquet has one scale for all rows, and one that holds every number has more digits than many readers take.

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as PhysicalType};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;
use selfsame_domain::export::{Cell, Column, ColumnType, Row};
use std::sync::Arc;

/// How many bytes of memory the rows of a group have, about. Readers read groups as a whole and like large ones; a run collects a group of
/// several tables at once.
const GROUP_BYTES: usize = 16 * 1024 * 1024;

/// A file in progress.
pub(super) struct ParquetFile {
    columns: Arc<[Column]>,
    /// What it has written is taken out after every group. None while a thread writes a group, and after that has failed.
    writer: Option<SerializedFileWriter<Vec<u8>>>,
    /// The rows of the next group.
    rows: Vec<Row>,
    /// How many bytes they have, about.
    bytes: usize,
}

impl ParquetFile {
    /// Begins a file. The descriptions of the columns are its metadata, by the names of the columns.
    pub(super) fn new(name: &str, columns: Vec<Column>) -> Result<Self> {
        let described = columns
            .iter()
            .map(|column| KeyValue::new(column.name.to_string(), column.description.to_string()));
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_key_value_metadata(Some(described.collect()))
            .build();
        let schema = Arc::new(schema(name, &columns)?);
        Ok(Self {
            columns: columns.into(),
            writer: Some(SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?),
            rows: Vec::new(),
            bytes: 0,
        })
    }

    /// Adds rows. Returns what is to be appended to the file.
    pub(super) async fn write(&mut self, rows: Vec<Row>) -> Result<Vec<u8>> {
        let cells = rows.iter().flatten();
        self.bytes += cells.map(|cell| size_of::<Cell>() + cell.size()).sum::<usize>();
        self.rows.extend(rows);
        if self.bytes < GROUP_BYTES {
            return Ok(Vec::new());
        }
        self.group().await
    }

    /// Ends the file. Returns what is to be appended to it.
    pub(super) async fn finish(mut self) -> Result<Vec<u8>> {
        let mut bytes = if self.rows.is_empty() {
            Vec::new()
        } else {
            self.group().await?
        };
        bytes.extend(self.writer.ok_or_else(lost)?.into_inner()?);
        Ok(bytes)
    }

    /// Writes the collected rows as a group, on a thread of its own.
    async fn group(&mut self) -> Result<Vec<u8>> {
        let mut writer = self.writer.take().ok_or_else(lost)?;
        let (columns, rows) = (Arc::clone(&self.columns), std::mem::take(&mut self.rows));
        self.bytes = 0;
        let writing = tokio::task::spawn_blocking(move || {
            let bytes = write_group(&mut writer, &columns, rows)?;
            Ok::<_, ParquetError>((writer, bytes))
        });
        let (writer, bytes) = writing.await.map_err(|_| lost())??;
        self.writer = Some(writer);
        Ok(bytes)
    }
}

fn lost() -> ParquetError {
    ParquetError::General("an earlier group could not be written".to_owned())
}

fn schema(name: &str, columns: &[Column]) -> Result<Type> {
    let fields = columns.iter().map(|column| field(column).map(Arc::new));
    let fields = fields.collect::<Result<_>>()?;
    Type::group_type_builder(name).with_fields(fields).build()
}

fn field(column: &Column) -> Result<Type> {
    let (physical, logical) = match column.kind {
        ColumnType::Integer => (PhysicalType::INT32, None),
        ColumnType::BigInteger => (PhysicalType::INT64, None),
        ColumnType::Flag => (PhysicalType::BOOLEAN, None),
        ColumnType::Date => (PhysicalType::INT32, Some(LogicalType::Date)),
        ColumnType::Time | ColumnType::LocalTime => {
            let is_utc = column.kind == ColumnType::Time;
            (
                PhysicalType::INT64,
                Some(LogicalType::timestamp(is_utc, TimeUnit::MICROS)),
            )
        }
        ColumnType::Number | ColumnType::Text(_) => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
    };
    Type::primitive_type_builder(&column.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build()
}

/// Writes rows as a group. Returns the bytes that the writer has written.
fn write_group(writer: &mut SerializedFileWriter<Vec<u8>>, columns: &[Column], mut rows: Vec<Row>) -> Result<Vec<u8>> {
    let mut group = writer.next_row_group()?;
    for (place, column) in columns.iter().enumerate() {
        let Some(mut chunk) = group.next_column()? else { break };
        let cells = rows.iter_mut().map(|row| {
            let cell = row.get_mut(place);
            cell.map_or(Cell::Null, |cell| std::mem::replace(cell, Cell::Null))
        });
        write_column(&mut chunk, column.kind, cells)?;
        chunk.close()?;
    }
    group.close()?;
    writer.flush()?;
    Ok(std::mem::take(writer.inner_mut()))
}

fn write_column(
    chunk: &mut SerializedColumnWriter<'_>,
    kind: ColumnType,
    cells: impl Iterator<Item = Cell>,
) -> Result<()> {
    match kind {
        ColumnType::Integer | ColumnType::Date => put::<Int32Type>(chunk, cells, |cell| match cell {
            Cell::Integer(number) => i32::try_from(number).ok(),
            Cell::Date(date) => Some(date.to_epoch_days()),
            _ => None,
        }),
        ColumnType::BigInteger => put::<Int64Type>(chunk, cells, |cell| match cell {
            Cell::Integer(number) => Some(number),
            _ => None,
        }),
        ColumnType::Time | ColumnType::LocalTime => put::<Int64Type>(chunk, cells, |cell| match cell {
            Cell::Time(time) => time.timestamp().checked_mul(1_000_000),
            Cell::LocalTime(time) => Some(time.and_utc().timestamp_micros()),
            _ => None,
        }),
        ColumnType::Flag => put::<BoolType>(chunk, cells, |cell| match cell {
            Cell::Flag(flag) => Some(flag),
            _ => None,
        }),
        ColumnType::Number | ColumnType::Text(_) => put::<ByteArrayType>(chunk, cells, |cell| match cell {
            Cell::Number(amount) => Some(ByteArray::from(amount.to_string().into_bytes())),
            Cell::Text(text) => Some(ByteArray::from(text.into_bytes())),
            _ => None,
        }),
    }
}

/// Writes a column. `value` has no value for a cell that does not fit.
fn put<T: DataType>(
    chunk: &mut SerializedColumnWriter<'_>,
    cells: impl Iterator<Item = Cell>,
    value: impl Fn(Cell) -> Option<T::T>,
) -> Result<()> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    for cell in cells {
        if cell == Cell::Null {
            levels.push(0);
        } else {
            let unfit = || ParquetError::General("a value is outside the range of its column".to_owned());
            values.push(value(cell).ok_or_else(unfit)?);
            levels.push(1);
        }
    }
    chunk.typed::<T>().write_batch(&values, Some(&levels), None)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::{Field, RowAccessor};
    use selfsame_domain::values::Amount;

    fn columns() -> Vec<Column> {
        let kinds = [
            ColumnType::BigInteger,
            ColumnType::Integer,
            ColumnType::Number,
            ColumnType::Flag,
            ColumnType::Time,
            ColumnType::Date,
            ColumnType::LocalTime,
            ColumnType::Text(None),
        ];
        let column = |(place, kind): (usize, ColumnType)| Column {
            name: format!("c{place}").into(),
            kind,
            description: format!("description {place}").into(),
        };
        kinds.into_iter().enumerate().map(column).collect()
    }

    fn extremes(year: &str, text: &str) -> Row {
        vec![
            Cell::Integer(i64::MIN),
            Cell::Integer(i64::from(i32::MAX)),
            Cell::Number(Amount::parse("0.1234567890123456789012345678").unwrap()),
            Cell::Flag(true),
            Cell::Time(format!("{year}-01-02T03:04:05.9Z").parse().unwrap()),
            Cell::Date(format!("{year}-01-02").parse().unwrap()),
            Cell::LocalTime(format!("{year}-01-02T03:04:00").parse().unwrap()),
            Cell::Text(text.to_owned()),
        ]
    }

    #[tokio::test]
    async fn rows_are_read_back_from_all_groups() {
        let mut file = ParquetFile::new("t", columns()).unwrap();
        let large = "x".repeat(1024 * 1024);
        let mut bytes = Vec::new();
        for _ in 0..20 {
            bytes.extend(file.write(vec![extremes("0001", &large)]).await.unwrap());
        }
        assert!(bytes.len() > 4, "a group is written before the end");
        bytes.extend(file.write(vec![extremes("9999", "😀\0\"")]).await.unwrap());
        bytes.extend(file.write(vec![vec![Cell::Null; 8]]).await.unwrap());
        bytes.extend(file.finish().await.unwrap());
        let path = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(path.path(), bytes).unwrap();
        let reader = SerializedFileReader::try_from(path.path()).unwrap();
        assert_eq!(reader.num_row_groups(), 2);
        let metadata = reader.metadata().file_metadata();
        let described = metadata.key_value_metadata().unwrap();
        assert_eq!(described[7], KeyValue::new("c7".to_owned(), "description 7".to_owned()));
        let rows: Vec<_> = reader.into_iter().map(|row| row.unwrap()).collect();
        assert_eq!(rows.len(), 22);
        let micros = |year: &str, time: &str| {
            let time: selfsame_domain::Timestamp = format!("{year}-01-02T{time}Z").parse().unwrap();
            time.timestamp_micros()
        };
        for (row, year, text) in [(&rows[0], "0001", large.as_str()), (&rows[20], "9999", "😀\0\"")] {
            assert_eq!(
                (row.get_long(0).unwrap(), row.get_int(1).unwrap()),
                (i64::MIN, i32::MAX)
            );
            assert_eq!(row.get_string(2).unwrap(), "0.1234567890123456789012345678");
            assert!(row.get_bool(3).unwrap());
            assert_eq!(row.get_timestamp_micros(4).unwrap(), micros(year, "03:04:05"));
            let Some((_, Field::Date(days))) = row.get_column_iter().nth(5) else {
                panic!("no date in {row}")
            };
            assert_eq!(i64::from(*days) * 86_400_000_000, micros(year, "00:00:00"));
            assert_eq!(row.get_timestamp_micros(6).unwrap(), micros(year, "03:04:00"));
            assert_eq!(row.get_string(7).unwrap(), text);
        }
        assert!((0..8).all(|place| rows[21].is_null(place).unwrap()));
    }

    #[tokio::test]
    async fn a_file_without_rows_has_its_columns() {
        let file = ParquetFile::new("t", columns()).unwrap();
        let path = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(path.path(), file.finish().await.unwrap()).unwrap();
        let reader = SerializedFileReader::try_from(path.path()).unwrap();
        let metadata = reader.metadata().file_metadata();
        assert_eq!((metadata.num_rows(), metadata.schema_descr().num_columns()), (0, 8));
    }

    #[tokio::test]
    async fn a_value_that_its_column_cannot_hold_is_refused() {
        let mut file = ParquetFile::new("t", columns()).unwrap();
        let mut row = extremes("2026", "");
        row[1] = Cell::Integer(i64::from(i32::MAX) + 1);
        file.write(vec![row]).await.unwrap();
        assert!(file.finish().await.is_err());
    }
}

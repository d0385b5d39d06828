//! The file of a dataset while a run writes it.

#[cfg(feature = "parquet")]
use super::parquet::ParquetFile;
use super::{failed, refused};
use flate2::Compression;
use flate2::write::GzEncoder;
use selfsame_application::ports::SinkError;
use selfsame_domain::export::{Cell, Column, Dataset, FileFormat, Row};
use serde_json::{Map, Number, Value};
use std::io::Write;
use std::path::Path;
use std::str::FromStr;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

/// A file in progress.
pub(super) struct Table {
    name: String,
    file: File,
    form: Form,
}

/// What makes the bytes of a file.
#[allow(clippy::large_enum_variant, reason = "there is one for each table of a run")]
enum Form {
    /// Lines of text. The encoder compresses them, and buffers them until they are written to the file.
    Lines {
        columns: Vec<Column>,
        is_csv: bool,
        gzip: Option<GzEncoder<Vec<u8>>>,
    },
    #[cfg(feature = "parquet")]
    Parquet(Box<ParquetFile>),
}

impl Table {
    pub(super) async fn open(
        staging: &Path,
        dataset: Dataset,
        columns: Vec<Column>,
        format: FileFormat,
    ) -> Result<Self, SinkError> {
        let form = match format {
            FileFormat::Csv | FileFormat::CsvGz | FileFormat::Ndjson | FileFormat::NdjsonGz => {
                let is_compressed = matches!(format, FileFormat::CsvGz | FileFormat::NdjsonGz);
                Form::Lines {
                    columns,
                    is_csv: matches!(format, FileFormat::Csv | FileFormat::CsvGz),
                    gzip: is_compressed.then(|| GzEncoder::new(Vec::new(), Compression::default())),
                }
            }
            #[cfg(feature = "parquet")]
            FileFormat::Parquet => {
                let file = ParquetFile::new(dataset.as_str(), columns);
                Form::Parquet(Box::new(file.map_err(|_| refused())?))
            }
            #[cfg(not(feature = "parquet"))]
            FileFormat::Parquet => return Err(super::no_parquet()),
        };
        let name = format!("{}.{}", dataset.as_str(), format.as_str());
        let file = File::create(staging.join(&name))
            .await
            .map_err(|error| failed(&error))?;
        let mut table = Self { name, file, form };
        if let Form::Lines {
            columns, is_csv: true, ..
        } = &table.form
        {
            let mut titles = csv::Writer::from_writer(Vec::new());
            titles
                .write_record(columns.iter().map(|column| &*column.name))
                .map_err(|_| refused())?;
            table.put(titles.into_inner().map_err(|_| refused())?).await?;
        }
        Ok(table)
    }

    /// Adds rows. Returns how many bytes they have, before a compression; in Parquet about how many.
    pub(super) async fn write(&mut self, rows: Vec<Row>) -> Result<u64, SinkError> {
        let bytes = match &mut self.form {
            Form::Lines { is_csv: true, .. } => csv_of(&rows)?,
            Form::Lines { columns, .. } => ndjson_of(columns, &rows)?,
            #[cfg(feature = "parquet")]
            Form::Parquet(file) => {
                let size: usize = rows.iter().flatten().map(Cell::size).sum();
                let group = file.write(rows).await.map_err(|_| refused())?;
                self.put(group).await?;
                return Ok(u64::try_from(size).unwrap_or(u64::MAX));
            }
        };
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.put(bytes).await?;
        Ok(size)
    }

    async fn put(&mut self, mut bytes: Vec<u8>) -> Result<(), SinkError> {
        if let Form::Lines { gzip: Some(gzip), .. } = &mut self.form {
            gzip.write_all(&bytes).map_err(|error| failed(&error))?;
            bytes = std::mem::take(gzip.get_mut());
        }
        self.file.write_all(&bytes).await.map_err(|error| failed(&error))
    }

    /// Makes the file durable; returns its name.
    pub(super) async fn finish(mut self) -> Result<String, SinkError> {
        let rest = match self.form {
            Form::Lines { gzip: Some(gzip), .. } => gzip.finish().map_err(|error| failed(&error))?,
            Form::Lines { gzip: None, .. } => Vec::new(),
            #[cfg(feature = "parquet")]
            Form::Parquet(file) => file.finish().await.map_err(|_| refused())?,
        };
        self.file.write_all(&rest).await.map_err(|error| failed(&error))?;
        self.file.flush().await.map_err(|error| failed(&error))?;
        self.file.sync_all().await.map_err(|error| failed(&error))?;
        Ok(self.name)
    }
}

fn ndjson_of(columns: &[Column], rows: &[Row]) -> Result<Vec<u8>, SinkError> {
    let mut lines = Vec::new();
    for row in rows {
        let members = columns.iter().zip(row);
        let object: Map<String, Value> = members
            .map(|(column, cell)| (column.name.to_string(), json_of(cell)))
            .collect();
        serde_json::to_writer(&mut lines, &object).map_err(|_| refused())?;
        lines.push(b'\n');
    }
    Ok(lines)
}

/// CSV does not distinguish a missing value from an empty text.
fn csv_of(rows: &[Row]) -> Result<Vec<u8>, SinkError> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(text_of)).map_err(|_| refused())?;
    }
    writer.into_inner().map_err(|_| refused())
}

fn text_of(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Integer(number) => number.to_string(),
        Cell::Number(amount) => amount.to_string(),
        Cell::Flag(flag) => flag.to_string(),
        Cell::Time(time) => time.format("%Y-%m-%d %H:%M:%S").to_string(),
        Cell::Date(date) => date.to_string(),
        Cell::LocalTime(time) => time.format("%Y-%m-%d %H:%M:%S").to_string(),
        Cell::Text(text) => text.clone(),
    }
}

fn json_of(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Integer(number) => Value::from(*number),
        // A text where a JSON number would lose digits.
        Cell::Number(amount) => {
            let text = amount.to_string();
            let exact = Number::from_str(&text).ok().filter(|number| number.to_string() == text);
            exact.map_or(Value::String(text), Value::Number)
        }
        Cell::Flag(flag) => Value::from(*flag),
        Cell::Time(_) | Cell::Date(_) | Cell::LocalTime(_) | Cell::Text(_) => Value::from(text_of(cell)),
    }
}

//! Exports to folders of files.
//!
//! A run writes every row, because rows of a file cannot be changed. It writes its files to a staging folder and then
//! moves them over the previous ones, one by one. `_selfsame_watermark.json` comes last and contains the commit of all
//! of them.

#[cfg(feature = "parquet")]
mod parquet;
mod table;

use crate::Sink;
use async_trait::async_trait;
use selfsame_application::ports::{
    CompareRequest, Destination, SinkError, SinkRequest, SinkRun, TableComparison, Watermark,
};
use selfsame_domain::ExportId;
use selfsame_domain::export::{Cell, ConnectorKind, ConnectorSettings, Dataset, FileFormat, Row};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};
use table::Table;
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;

/// The file with the commit of the other files.
const WATERMARK: &str = "_selfsame_watermark.json";

/// The schema name that means the folder itself.
const DEFAULT_SCHEMA: &str = "public";

/// Writes files.
#[derive(Debug)]
pub(crate) struct FileSink {
    /// The folder that all destinations must be in; none for any folder.
    below: Option<PathBuf>,
}

impl FileSink {
    pub(crate) fn new(below: Option<PathBuf>) -> Self {
        Self { below }
    }

    fn folder(&self, destination: &Destination) -> Result<(PathBuf, FileFormat), SinkError> {
        let ConnectorSettings::File { directory, format } = &destination.settings else {
            return Err(SinkError::Refused("the connector is of another kind".to_owned()));
        };
        let path = PathBuf::from(directory);
        let is_plain = path.is_absolute() && path.components().all(|part| part != Component::ParentDir);
        if !is_plain {
            return Err(denied("the folder must be an absolute path without `..`"));
        }
        if self.below.as_ref().is_some_and(|below| !path.starts_with(below)) {
            return Err(denied("the folder is not below SELFSAME_EXPORT_DIRECTORY"));
        }
        if *format == FileFormat::Parquet && !cfg!(feature = "parquet") {
            return Err(no_parquet());
        }
        Ok((path, *format))
    }
}

#[async_trait]
impl Sink for FileSink {
    fn kind(&self) -> ConnectorKind {
        ConnectorKind::File
    }

    async fn check(&self, destination: &Destination, _: &[String]) -> Result<(), SinkError> {
        let (folder, _) = self.folder(destination)?;
        make(&folder).await?;
        let trial = folder.join(".selfsame-trial");
        fs::write(&trial, b"").await.map_err(|error| failed(&error))?;
        fs::remove_file(&trial).await.map_err(|error| failed(&error))
    }

    async fn begin(&self, request: SinkRequest) -> Result<Box<dyn SinkRun>, SinkError> {
        let (mut folder, format) = self.folder(&request.destination)?;
        make(&folder).await?;
        if request.schema != DEFAULT_SCHEMA {
            folder.push(&request.schema);
            make(&folder).await?;
        }
        check_owner(&folder, request.export).await?;
        let staging = folder.join(format!(".selfsame-{}", request.export));
        // Left over from a run that was killed.
        match fs::remove_dir_all(&staging).await {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(&error)),
            _ => {}
        }
        make(&staging).await?;
        let mut tables = BTreeMap::new();
        for plan in &request.tables {
            let table = Table::open(&staging, plan.dataset, plan.columns.clone(), format).await?;
            tables.insert(plan.dataset, table);
        }
        Ok(Box::new(FileRun {
            folder,
            staging,
            export: request.export,
            tables,
            written: Vec::new(),
        }))
    }
}

/// A running run.
struct FileRun {
    folder: PathBuf,
    staging: PathBuf,
    export: ExportId,
    tables: BTreeMap<Dataset, Table>,
    /// The names of the files that are whole, the watermark last.
    written: Vec<String>,
}

#[async_trait]
impl SinkRun for FileRun {
    fn watermark(&self) -> Option<Watermark> {
        None
    }

    async fn stage(&mut self, dataset: Dataset, rows: Vec<Row>) -> Result<u64, SinkError> {
        match self.tables.get_mut(&dataset) {
            Some(table) => table.write(rows).await,
            None => Ok(0),
        }
    }

    /// Every run writes all rows, so no row needs to be deleted.
    async fn forget(&mut self, _: Dataset, _: &'static str, _: Vec<Cell>) -> Result<(), SinkError> {
        Ok(())
    }

    async fn write(&mut self, watermark: Watermark, _: bool) -> Result<(), SinkError> {
        for (_, table) in std::mem::take(&mut self.tables) {
            self.written.push(table.finish().await?);
        }
        let state = json!({
            "exportId": self.export.to_string(),
            "revision": watermark.revision.0,
            "asOf": watermark.as_of.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "files": self.written,
        });
        let path = self.staging.join(WATERMARK);
        let mut file = File::create(&path).await.map_err(|error| failed(&error))?;
        file.write_all(state.to_string().as_bytes())
            .await
            .map_err(|error| failed(&error))?;
        file.sync_all().await.map_err(|error| failed(&error))?;
        self.written.push(WATERMARK.to_owned());
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<(), SinkError> {
        for name in &self.written {
            let moved = fs::rename(self.staging.join(name), self.folder.join(name)).await;
            moved.map_err(|error| failed(&error))?;
        }
        fs::remove_dir(&self.staging).await.map_err(|error| failed(&error))
    }

    async fn compare(&mut self, _: CompareRequest) -> Result<Vec<TableComparison>, SinkError> {
        Err(SinkError::Refused("files are not compared".to_owned()))
    }
}

/// Refuses a folder that contains the files of another export.
async fn check_owner(folder: &Path, export: ExportId) -> Result<(), SinkError> {
    let text = match fs::read_to_string(folder.join(WATERMARK)).await {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(&error)),
    };
    let owner = serde_json::from_str::<Value>(&text).ok();
    let owner = owner.as_ref().and_then(|state| state["exportId"].as_str());
    if owner == Some(export.to_string().as_str()) {
        return Ok(());
    }
    Err(SinkError::Incompatible {
        problem: "another export writes the files of this folder".to_owned(),
        way_out: "choose another folder or schema, or delete _selfsame_watermark.json",
    })
}

/// Creates a folder whose parent exists.
async fn make(folder: &Path) -> Result<(), SinkError> {
    match fs::create_dir(folder).await {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(failed(&error)),
        _ => Ok(()),
    }
}

fn failed(error: &std::io::Error) -> SinkError {
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => denied("the server may not write to the folder"),
        ErrorKind::NotFound | ErrorKind::NotADirectory => denied("the folder that the folder is in is not there"),
        other => SinkError::Unreachable(other.to_string()),
    }
}

fn denied(problem: &str) -> SinkError {
    SinkError::Denied {
        problem: problem.to_owned(),
        grant: None,
    }
}

fn refused() -> SinkError {
    SinkError::Refused("a row cannot be written".to_owned())
}

fn no_parquet() -> SinkError {
    SinkError::Refused("this server was built without the format parquet".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use selfsame_domain::Revision;
    use selfsame_domain::export::{ColumnSet, TablePlan};
    use std::io::Read;
    use uuid::Uuid;

    fn request(folder: &Path, format: FileFormat, export: u128) -> SinkRequest {
        let set = ColumnSet {
            dataset: Dataset::Contacts,
            columns: ["contactId", "firstName", "createdDate"].map(str::to_owned).to_vec(),
        };
        SinkRequest {
            destination: Destination {
                settings: ConnectorSettings::File {
                    directory: folder.display().to_string(),
                    format,
                },
                secret: None,
            },
            export: ExportId(Uuid::from_u128(export)),
            attempt: Uuid::nil(),
            begun_at: selfsame_domain::Timestamp::UNIX_EPOCH,
            schema: DEFAULT_SCHEMA.to_owned(),
            tables: vec![TablePlan::new(&set).unwrap()],
        }
    }

    const AT: Watermark = Watermark {
        revision: Revision(3),
        as_of: selfsame_domain::Timestamp::UNIX_EPOCH,
    };

    fn row(id: i64, name: &str) -> Row {
        let at = selfsame_domain::Timestamp::UNIX_EPOCH;
        vec![Cell::Integer(id), Cell::Time(at), Cell::Text(name.to_owned())]
    }

    #[tokio::test]
    async fn files_appear_when_a_run_is_written_and_are_replaced_by_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("contacts.csv");
        for (name, expected) in [("a \"b\", c", "\"a \"\"b\"\", c\""), ("second", "second")] {
            let sink = FileSink::new(None);
            let mut run = sink.begin(request(folder.path(), FileFormat::Csv, 1)).await.unwrap();
            assert_eq!(run.watermark(), None);
            run.stage(Dataset::Contacts, vec![row(1, name)]).await.unwrap();
            let before = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(!before.contains(expected), "{before}");
            run.write(AT, true).await.unwrap();
            run.commit().await.unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            assert_eq!(
                text,
                format!("contactId,createdDate,firstName\n1,1970-01-01 00:00:00,{expected}\n")
            );
        }
        let state = std::fs::read_to_string(folder.path().join(WATERMARK)).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&state).unwrap()["revision"], 3);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
        let other = FileSink::new(None)
            .begin(request(folder.path(), FileFormat::Csv, 2))
            .await;
        assert!(matches!(other, Err(SinkError::Incompatible { .. })));
    }

    #[tokio::test]
    async fn lines_are_compressed() {
        let folder = tempfile::tempdir().unwrap();
        let sink = FileSink::new(None);
        let mut run = sink
            .begin(request(folder.path(), FileFormat::NdjsonGz, 1))
            .await
            .unwrap();
        for id in 1..=2 {
            run.stage(Dataset::Contacts, vec![row(id, "Ї")]).await.unwrap();
        }
        run.write(AT, true).await.unwrap();
        run.commit().await.unwrap();
        let file = std::fs::File::open(folder.path().join("contacts.ndjson.gz")).unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
        let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(
            rows[1],
            json!({"contactId": 2, "createdDate": "1970-01-01 00:00:00", "firstName": "Ї"})
        );
    }

    #[tokio::test]
    async fn folders_elsewhere_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let sink = FileSink::new(Some(folder.path().to_owned()));
        let inside = folder.path().join("inside");
        assert_eq!(
            sink.check(&request(&inside, FileFormat::Csv, 1).destination, &[]).await,
            Ok(())
        );
        for path in ["relative", "/tmp", "/nowhere/at/all"] {
            let refused = sink
                .check(&request(Path::new(path), FileFormat::Csv, 1).destination, &[])
                .await;
            assert!(matches!(refused, Err(SinkError::Denied { .. })), "{path}: {refused:?}");
        }
        let up = request(&folder.path().join("../up"), FileFormat::Csv, 1).destination;
        assert!(matches!(sink.check(&up, &[]).await, Err(SinkError::Denied { .. })));
    }
}

//! A destination in memory. Its operations fail or never end when a test wants it.

use async_trait::async_trait;
use selfsame_application::ports::{
    CompareRequest, Destination, ExportSinks, SinkError, SinkRequest, SinkRun, TableComparison, Watermark,
};
use selfsame_domain::export::{Cell, ConnectorKind, Dataset, Row, TablePlan};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The schema in which every run writes all rows.
pub(super) const WHOLE: &str = "whole";

/// What happens at an operation.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    /// It fails, and so does the run.
    Refuse,
    /// It fails, and the run is tried again.
    Disconnect,
    /// It never ends: the server can be killed now.
    Hang,
}

/// The rows of a table by their keys.
pub(super) type Rows = BTreeMap<String, Row>;

#[derive(Debug, Default)]
struct Schema {
    columns: BTreeMap<Dataset, Vec<String>>,
    rows: BTreeMap<Dataset, Rows>,
    watermark: Option<Watermark>,
}

#[derive(Debug, Default)]
struct State {
    schemas: Mutex<BTreeMap<String, Schema>>,
    /// What happens, and after how many operations.
    planned: Mutex<Option<(Fault, usize)>>,
    hangs: Notify,
}

/// A destination in memory, with a schema for each export. Clones share its tables.
#[derive(Debug, Clone, Default)]
pub(super) struct MemorySinks(Arc<State>);

impl MemorySinks {
    /// Plans what happens after so many operations, or nothing.
    pub(super) fn plan(&self, fault: Option<(Fault, usize)>) {
        *locked(&self.0.planned) = fault;
    }

    /// Waits until an operation hangs.
    pub(super) async fn hang(&self) {
        self.0.hangs.notified().await;
    }

    /// The rows of a table.
    pub(super) fn rows(&self, schema: &str, dataset: Dataset) -> Rows {
        let schemas = locked(&self.0.schemas);
        let rows = schemas.get(schema).and_then(|schema| schema.rows.get(&dataset));
        rows.cloned().unwrap_or_default()
    }

    async fn operation(&self) -> Result<(), SinkError> {
        let fault = self.due();
        match fault {
            None => Ok(()),
            Some(Fault::Refuse) => Err(refused("the test wants it")),
            Some(Fault::Disconnect) => Err(SinkError::Unreachable("the test wants it".to_owned())),
            Some(Fault::Hang) => {
                self.0.hangs.notify_one();
                std::future::pending().await
            }
        }
    }

    fn due(&self) -> Option<Fault> {
        let mut planned = locked(&self.0.planned);
        let (fault, left) = (*planned)?;
        *planned = left.checked_sub(1).map(|left| (fault, left));
        (left == 0).then_some(fault)
    }
}

#[async_trait]
impl ExportSinks for MemorySinks {
    fn takes(&self, _: ConnectorKind) -> bool {
        true
    }

    async fn check(&self, _: &Destination, _: &[String]) -> Result<(), SinkError> {
        Ok(())
    }

    async fn begin(&self, request: SinkRequest) -> Result<Box<dyn SinkRun>, SinkError> {
        self.operation().await?;
        let mut schemas = locked(&self.0.schemas);
        let schema = schemas.entry(request.schema.clone()).or_default();
        for plan in &request.tables {
            let columns: Vec<String> = plan.columns.iter().map(|column| column.name.to_string()).collect();
            if schema.columns.insert(plan.dataset, columns.clone()) != Some(columns) {
                schema.watermark = None;
            }
        }
        Ok(Box::new(MemoryRun {
            sinks: self.clone(),
            known: schema.watermark,
            schema: request.schema,
            tables: request.tables,
            staged: BTreeMap::new(),
            gone: Vec::new(),
            writing: None,
        }))
    }
}

struct MemoryRun {
    sinks: MemorySinks,
    schema: String,
    known: Option<Watermark>,
    tables: Vec<TablePlan>,
    staged: BTreeMap<Dataset, Rows>,
    gone: Vec<(Dataset, &'static str, Vec<Cell>)>,
    /// The watermark to be written, and whether rows that are not staged are deleted.
    writing: Option<(Watermark, bool)>,
}

impl MemoryRun {
    /// The place of a column in the rows of a table.
    fn place(&self, dataset: Dataset, column: &str) -> Result<usize, SinkError> {
        let plan = self.tables.iter().find(|plan| plan.dataset == dataset);
        let place = plan.and_then(|plan| plan.columns.iter().position(|one| one.name == column));
        place.ok_or_else(|| refused("no such column"))
    }

    fn apply(&self) -> Result<(), SinkError> {
        let (watermark, is_full) = self.writing.ok_or_else(|| refused("nothing is written"))?;
        let mut schemas = locked(&self.sinks.0.schemas);
        let schema = schemas.entry(self.schema.clone()).or_default();
        if schema.watermark != self.known {
            return Err(SinkError::Raced);
        }
        for (dataset, column, values) in &self.gone {
            let place = self.place(*dataset, column)?;
            let rows = schema.rows.entry(*dataset).or_default();
            rows.retain(|_, row| !values.contains(&row[place]));
        }
        if is_full {
            schema.rows.clear();
        }
        for (dataset, rows) in &self.staged {
            schema.rows.entry(*dataset).or_default().extend(rows.clone());
        }
        schema.watermark = Some(watermark);
        Ok(())
    }
}

#[async_trait]
impl SinkRun for MemoryRun {
    fn watermark(&self) -> Option<Watermark> {
        self.known.filter(|_| self.schema != WHOLE)
    }

    async fn stage(&mut self, dataset: Dataset, rows: Vec<Row>) -> Result<u64, SinkError> {
        self.sinks.operation().await?;
        let key = dataset.key().iter().map(|column| self.place(dataset, column));
        let key = key.collect::<Result<Vec<_>, _>>()?;
        let staged = self.staged.entry(dataset).or_default();
        for row in rows {
            let key: Vec<&Cell> = key.iter().map(|place| &row[*place]).collect();
            match staged.entry(format!("{key:?}")) {
                Entry::Vacant(place) => drop(place.insert(row)),
                // Databases keep any of them.
                Entry::Occupied(other) if *other.get() != row => return Err(refused("two rows have one key")),
                Entry::Occupied(_) => {}
            }
        }
        Ok(0)
    }

    async fn forget(&mut self, dataset: Dataset, column: &'static str, values: Vec<Cell>) -> Result<(), SinkError> {
        self.sinks.operation().await?;
        self.gone.push((dataset, column, values));
        Ok(())
    }

    async fn write(&mut self, watermark: Watermark, is_full: bool) -> Result<(), SinkError> {
        self.sinks.operation().await?;
        self.writing = Some((watermark, is_full));
        Ok(())
    }

    /// Two operations, so that a run can fail after its rows are visible.
    async fn commit(self: Box<Self>) -> Result<(), SinkError> {
        self.sinks.operation().await?;
        self.apply()?;
        self.sinks.operation().await
    }

    async fn compare(&mut self, _: CompareRequest) -> Result<Vec<TableComparison>, SinkError> {
        Err(refused("tables in memory are not compared"))
    }
}

fn refused(text: &str) -> SinkError {
    SinkError::Refused(text.to_owned())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

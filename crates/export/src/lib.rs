//! Destinations of exports, one module each: `PostgreSQL` databases, datasets of `BigQuery` (with the feature `bigquery`), and folders of files.
//!
//! To add a kind, add a file with a type that implements [`Sink`], and a line in [`Sinks::new`].

#[cfg(feature = "bigquery")]
mod bigquery;
mod file;
mod marks;
mod postgres;

use async_trait::async_trait;
use selfsame_application::Egress;
use selfsame_application::ports::{Destination, ExportSinks, SinkError, SinkRequest, SinkRun};
use selfsame_domain::export::ConnectorKind;
use std::fmt::Debug;
use std::path::PathBuf;

/// The destinations of one kind. The contract is that of [`ExportSinks`].
#[async_trait]
trait Sink: Send + Sync + Debug {
    /// The kind.
    fn kind(&self) -> ConnectorKind;

    /// See [`ExportSinks::check`].
    async fn check(&self, destination: &Destination, schemas: &[String]) -> Result<(), SinkError>;

    /// See [`ExportSinks::begin`].
    async fn begin(&self, request: SinkRequest) -> Result<Box<dyn SinkRun>, SinkError>;
}

/// The destinations of all kinds.
#[derive(Debug)]
pub struct Sinks(Vec<Box<dyn Sink>>);

impl Sinks {
    /// Creates all kinds. `egress` restricts the addresses of connections, `files` is the folder that file exports must
    /// be in; without it, any folder is allowed.
    pub fn new(egress: Egress, files: Option<PathBuf>) -> Self {
        let mut sinks: Vec<Box<dyn Sink>> = vec![
            Box::new(postgres::PostgresSink::new(egress.clone())),
            Box::new(file::FileSink::new(files)),
        ];
        #[cfg(feature = "bigquery")]
        sinks.push(Box::new(bigquery::BigQuerySink::new(egress)));
        Self(sinks)
    }

    fn of(&self, destination: &Destination) -> Result<&dyn Sink, SinkError> {
        let kind = destination.settings.kind();
        let found = self.0.iter().find(|sink| sink.kind() == kind);
        found
            .map(|sink| &**sink)
            .ok_or_else(|| SinkError::Refused("this server has no destinations of this kind".to_owned()))
    }
}

#[async_trait]
impl ExportSinks for Sinks {
    fn takes(&self, kind: ConnectorKind) -> bool {
        self.0.iter().any(|sink| sink.kind() == kind)
    }

    async fn check(&self, destination: &Destination, schemas: &[String]) -> Result<(), SinkError> {
        self.of(destination)?.check(destination, schemas).await
    }

    async fn begin(&self, request: SinkRequest) -> Result<Box<dyn SinkRun>, SinkError> {
        self.of(&request.destination)?.begin(request).await
    }
}

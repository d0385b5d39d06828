//! Exports to `PostgreSQL` databases.
//!
//! Tables and columns are created in a separate transaction. The rows of a run go to temporary tables, and from there
//! to the tables in one transaction with the watermark: a reader sees either the previous run or this one, and a lost
//! connection leaves nothing behind.

mod compare;
mod connect;
mod copy;
mod error;
mod rights;
mod run;
mod sql;
mod tables;

use crate::Sink;
use crate::marks::WATERMARK;
use async_trait::async_trait;
use selfsame_application::Egress;
use selfsame_application::ports::{Destination, SinkError, SinkRequest, SinkRun};
use selfsame_domain::export::ConnectorKind;

/// Writes to `PostgreSQL` databases.
#[derive(Debug)]
pub(crate) struct PostgresSink {
    egress: Egress,
}

impl PostgresSink {
    pub(crate) fn new(egress: Egress) -> Self {
        Self { egress }
    }
}

#[async_trait]
impl Sink for PostgresSink {
    fn kind(&self) -> ConnectorKind {
        ConnectorKind::Postgres
    }

    async fn check(&self, destination: &Destination, schemas: &[String]) -> Result<(), SinkError> {
        let mut connection = connect::connect(&self.egress, destination).await?;
        let default = ["public".to_owned()];
        let schemas = if schemas.is_empty() { &default } else { schemas };
        for schema in schemas {
            rights::check(&mut connection, schema, &[WATERMARK]).await?;
            let written = tables::written(&mut connection, schema).await?;
            let written: Vec<&str> = written.iter().map(String::as_str).collect();
            rights::check(&mut connection, schema, &written).await?;
        }
        Ok(())
    }

    async fn begin(&self, request: SinkRequest) -> Result<Box<dyn SinkRun>, SinkError> {
        let mut connection = connect::connect(&self.egress, &request.destination).await?;
        let tables = request.tables.iter().map(|plan| plan.dataset.as_str());
        let tables: Vec<&str> = tables.chain([WATERMARK]).collect();
        rights::check(&mut connection, &request.schema, &tables).await?;
        let known = tables::prepare(&mut connection, &request).await?;
        Ok(Box::new(run::PostgresRun::new(connection, request, known)))
    }
}

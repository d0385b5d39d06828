//! Datasets of BigQuery.
//!
//! Tables are made and get columns one by one. The rows of a run go into staging tables, each by one load job, and from there into the
//! tables by one script: a transaction over all tables and the watermark. So a reader sees the run before or this one. Staging tables of a run
//! that was killed expire.
//!
//! The REST API is `https://cloud.google.com/bigquery/docs/reference/rest`; docs/decisions/bigquery-client.md says why it is spoken here.

mod client;
mod error;
mod jobs;
mod rights;
mod rows;
mod run;
mod script;
mod tables;
mod upload;

use crate::Sink;
use async_trait::async_trait;
use client::Client;
use selfsame_application::Egress;
use selfsame_application::ports::{Destination, SinkError, SinkRequest, SinkRun};
use selfsame_domain::export::{ConnectorKind, is_bigquery_dataset};

/// The schema that stands for the dataset of the connector.
const DEFAULT_SCHEMA: &str = "public";

/// Writes to datasets of BigQuery.
#[derive(Debug)]
pub(crate) struct BigQuerySink {
    egress: Egress,
}

impl BigQuerySink {
    pub(crate) fn new(egress: Egress) -> Self {
        // The HTTP client and Google's library take the provider of the process. One that is there already stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { egress }
    }
}

#[async_trait]
impl Sink for BigQuerySink {
    fn kind(&self) -> ConnectorKind {
        ConnectorKind::BigQuery
    }

    async fn check(&self, destination: &Destination, schemas: &[String]) -> Result<(), SinkError> {
        let client = Client::connect(&self.egress, destination).await?;
        let default = [DEFAULT_SCHEMA.to_owned()];
        let schemas = if schemas.is_empty() { &default } else { schemas };
        for schema in schemas {
            rights::check(&client, dataset(&client, schema)?).await?;
        }
        Ok(())
    }

    async fn begin(&self, request: SinkRequest) -> Result<Box<dyn SinkRun>, SinkError> {
        let mut client = Client::connect(&self.egress, &request.destination).await?;
        let dataset = dataset(&client, &request.schema)?.to_owned();
        let known = tables::prepare(&mut client, &dataset, &request).await?;
        Ok(Box::new(run::BigQueryRun::new(client, dataset, request, known)))
    }
}

/// The dataset that a schema is in.
fn dataset<'a>(client: &'a Client, schema: &'a str) -> Result<&'a str, SinkError> {
    if schema == DEFAULT_SCHEMA {
        return Ok(&client.dataset);
    }
    if is_bigquery_dataset(schema) {
        return Ok(schema);
    }
    Err(SinkError::Incompatible {
        problem: "the schema of the export cannot be the name of a dataset".to_owned(),
        way_out: "create the export again with a schema of letters from A to Z, digits and underscores",
    })
}

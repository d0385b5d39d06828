//! Exports: connectors to the customer's databases, definitions of what is written to them, and runs.

mod columns;
mod connectors;
mod create;
mod delete;
mod error;
mod feed;
mod lag;
mod outlets;
mod pause;
mod run;
mod runs;
mod schedule;
mod upkeep;
mod vault;
mod verify;

pub use connectors::{ConnectorChange, NewConnector};
pub use create::NewExport;
pub use error::ExportError;
pub use lag::ExportLag;
pub use outlets::ExportOutlets;
pub(crate) use run::ExportHandler;
pub(crate) use upkeep::FEED_COMMITS;
pub(crate) use vault::Owner;
pub use vault::Vault;

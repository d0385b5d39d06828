//! The arguments of `selfsame export`.

use crate::settings::StoreFlags;
use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum ExportCommand {
    /// Make an export to a connector
    #[command(after_help = CREATE)]
    Create(CreateExport),
    /// Run an export now, and follow it; a server has to be running on the database
    #[command(
        after_help = "Exit code: 0 the run succeeded, 1 it failed or was cancelled.\n\nExample:\n  selfsame export run warehouse"
    )]
    Run(OneExport),
    /// List the exports of a workspace
    List {
        #[command(flatten)]
        of: OfWorkspace,
    },
    /// Show an export and its latest runs
    Status(OneExport),
    /// Compare the tables of an export with the workspace; a server has to be running on the database
    #[command(after_help = VERIFY)]
    Verify(VerifyExport),
    /// Add the columns that an export lacks, the external ID first, and fill them for all rows
    Upgrade(OneExport),
}

const CREATE: &str = "\
The connector is made with POST /api/v1/connectors, which takes its credentials.

Examples:
  selfsame export create --name all --connector warehouse --dataset contacts --dataset orders --every-minutes 15
  selfsame export create --name nightly --connector warehouse --dataset contacts --cron '0 3 * * *' --time-zone Europe/Kyiv";

const VERIFY: &str = "\
It first writes what has changed, and then sends every row to the destination, which compares it with its tables.

Exit code: 0 nothing differs, or all differences were mended; 1 something differs, or the run failed.

Examples:
  selfsame export verify warehouse
  selfsame export verify warehouse --mend";

/// Which workspace, and how to show it.
#[derive(Debug, Args)]
pub(crate) struct OfWorkspace {
    /// Name or number of the workspace
    #[arg(long, value_name = "NAME|ID", default_value = "default")]
    pub(crate) workspace: String,
    #[command(flatten)]
    pub(crate) store: StoreFlags,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which export.
#[derive(Debug, Args)]
pub(crate) struct OneExport {
    /// Its name or ID
    pub(crate) export: String,
    #[command(flatten)]
    pub(crate) of: OfWorkspace,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyExport {
    #[command(flatten)]
    pub(crate) one: OneExport,
    /// Write the rows that differ anew, and delete those that the workspace does not have
    #[arg(long)]
    pub(crate) mend: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CreateExport {
    /// What to call it, 1 to 100 characters, unique in its workspace
    #[arg(long)]
    pub(crate) name: String,
    /// Name or ID of the connector
    #[arg(long, value_name = "NAME|ID")]
    pub(crate) connector: String,
    /// A dataset: contacts, identifiers, devices, orders, orderItems, events, `contact_merges`, visitors, `page_views`, segments,
    /// `segment_members`, `contacts_custom`; may be repeated
    #[arg(long, required = true, value_name = "NAME")]
    pub(crate) dataset: Vec<String>,
    /// Schema of the tables
    #[arg(long, default_value = "public")]
    pub(crate) schema: String,
    /// Run every so many minutes
    #[arg(long, value_name = "N", conflicts_with = "cron")]
    pub(crate) every_minutes: Option<i64>,
    /// Run at the times of a cron expression
    #[arg(long, value_name = "EXPRESSION")]
    pub(crate) cron: Option<String>,
    /// Time zone of the cron expression
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub(crate) time_zone: String,
    /// Leave the column of the external ID out
    #[arg(long)]
    pub(crate) without_external_id: bool,
    #[command(flatten)]
    pub(crate) of: OfWorkspace,
}

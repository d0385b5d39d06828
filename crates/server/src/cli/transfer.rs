//! The command line of what moves contacts in and out.

#![allow(
    clippy::doc_markdown,
    reason = "the comments are the help that people read in a terminal"
)]

use crate::settings::StoreFlags;
use clap::Args;
use secrecy::SecretString;
use std::path::PathBuf;

pub(crate) const IMPORT: &str = "\
The server looks at the whole file first. A column that a spreadsheet program damaged stops the import before anything is written;
--skip-column or --accept-column then goes on.

The import goes on on the server when this command is interrupted. The same command for the same file shows it again, and does not import the file twice
within 24 hours.

Exit code: 0 every row was imported, 1 the import failed, 3 some rows were rejected, 4 a damaged column needs a decision.

Examples:
  selfsame import customers.xlsx --unique-by externalCustomerId
  selfsame import customers.csv --unique-by email --map 'Mail=email' --map 'Name=firstName' --dry-run
  SELFSAME_API_KEY=… selfsame import customers.csv.gz --unique-by sms --phone-region UA --url https://selfsame.example";

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct ImportArgs {
    /// CSV, TSV, NDJSON or XLSX file, packed with gzip or not
    pub(crate) file: PathBuf,
    /// What contacts are recognised by: externalCustomerId, email, sms, email_or_sms, id, mobilepush, webpush, field:NUMBER
    #[arg(long, value_name = "MEMBER")]
    pub(crate) unique_by: String,
    /// Where a column goes, such as 'Mail=email'; may be repeated. Other columns are then left out. Or a JSON object
    #[arg(long, value_name = "TITLE=MEMBER")]
    pub(crate) map: Vec<String>,
    /// Decide every row and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Empty cells clear what a contact has
    #[arg(long)]
    pub(crate) empty_clears: bool,
    /// Removed contacts come back
    #[arg(long)]
    pub(crate) restore_removed: bool,
    /// The country of phones without plus and country code, such as UA
    #[arg(long, value_name = "COUNTRY")]
    pub(crate) phone_region: Option<String>,
    /// The format of dates, such as dd/MM/yyyy, or a JSON object of formats by the titles of columns
    #[arg(long, value_name = "FORMAT")]
    pub(crate) date_format: Option<String>,
    /// The encoding of the text, such as windows-1251; found without
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<String>,
    /// Leave a damaged column out; may be repeated
    #[arg(long, value_name = "TITLE")]
    pub(crate) skip_column: Vec<String>,
    /// Take a damaged column as it is; may be repeated. Rows whose cell is damaged for certain are rejected
    #[arg(long, value_name = "TITLE")]
    pub(crate) accept_column: Vec<String>,
    /// Where rejected rows are written, to be mended and imported again [default: FILE.rejects.csv, or .ndjson]
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,
    /// Import a file again that was imported within 24 hours
    #[arg(long)]
    pub(crate) again: bool,
    /// Print the import as JSON instead of the summary
    #[arg(long)]
    pub(crate) json: bool,
    /// Address of the server
    #[arg(
        long,
        value_name = "URL",
        env = "SELFSAME_URL",
        default_value = "http://127.0.0.1:8080"
    )]
    pub(crate) url: String,
    /// API key that may write contacts. Others on this machine can see it: the environment variable is safer
    #[arg(long, value_name = "KEY", env = "SELFSAME_API_KEY", hide_env_values = true)]
    pub(crate) key: SecretString,
}

pub(crate) const EXPORT_CONTACTS: &str = "\
The name of the file selects its form:
  .csv              a column for each member, for spreadsheet programs. It has two emails, phones and Viber numbers of a contact, and no push tokens
  .ndjson, .jsonl   a contact on each line, with everything that it has

`selfsame import` reads both. Removed contacts are not written.

Examples:
  selfsame export-contacts contacts.ndjson
  selfsame export-contacts contacts.csv --workspace shop --database-url sqlite:///var/lib/selfsame/selfsame.db";

#[derive(Debug, Args)]
pub(crate) struct ExportContactsArgs {
    /// The file to write; it must not be there yet
    pub(crate) file: PathBuf,
    /// Name or number of the workspace
    #[arg(long, value_name = "NAME|ID", default_value = "default")]
    pub(crate) workspace: String,
    #[command(flatten)]
    pub(crate) store: StoreFlags,
}

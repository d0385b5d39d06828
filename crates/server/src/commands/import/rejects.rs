//! The rows of a file that were rejected, as a file that can be mended and imported again.

use super::client::{Client, Import};
use super::source::Source;
use crate::cli::ImportArgs;
use anyhow::{Context, Result, bail};
use futures::TryStreamExt;
use selfsame_tables::{RowContent, TableError};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tokio::io::AsyncBufReadExt;
use tokio::sync::mpsc;
use tokio_util::io::StreamReader;

/// How many rejected rows are read ahead.
const AHEAD: usize = 256;

/// The title of the reasons. They come first, so that a row with too few cells stays one.
const TITLE: &str = "Rejected because";

/// The same of lines of JSON.
const MEMBER: &str = "rejectedBecause";

/// A row that the server rejected.
#[derive(Debug, Deserialize)]
struct Rejected {
    row: u64,
    error: Option<String>,
}

/// Where rejected rows are written.
pub(super) fn path(args: &ImportArgs, source: &Source) -> Result<PathBuf> {
    let path = args.rejects.clone().unwrap_or_else(|| {
        let mut name = source.path.clone().into_os_string();
        name.push(if source.is_ndjson() {
            ".rejects.ndjson"
        } else {
            ".rejects.csv"
        });
        PathBuf::from(name)
    });
    let is_source = path.canonicalize().ok() == source.path.canonicalize().ok();
    if is_source && path.exists() {
        bail!("--rejects must be another file than the one that is imported");
    }
    Ok(path)
}

/// Writes the rejected rows; says whether there was any.
pub(super) async fn write(client: &Client, import: &Import, source: &Source, path: &Path) -> Result<bool> {
    let answer = client.rejected(&import.id).await?;
    let (sender, rejected) = mpsc::channel(AHEAD);
    let (source, target) = (source.clone(), path.to_owned());
    let writer = tokio::task::spawn_blocking(move || copy(&source, &target, rejected));
    let bytes = answer.bytes_stream().map_err(std::io::Error::other);
    let mut lines = StreamReader::new(Box::pin(bytes)).lines();
    while let Some(line) = lines.next_line().await.context("the rejected rows cannot be read")? {
        let row: Rejected = serde_json::from_str(&line).context("the server answered with something else")?;
        // The writer has ended when it failed; it says why.
        if sender.send(row).await.is_err() {
            break;
        }
    }
    drop(sender);
    writer.await?
}

/// Copies the rejected rows of a file.
fn copy(source: &Source, target: &Path, mut rejected: mpsc::Receiver<Rejected>) -> Result<bool> {
    let Some(mut next) = rejected.blocking_recv() else {
        return Ok(false);
    };
    let file = File::create(target).with_context(|| format!("cannot write `{}`", target.display()))?;
    let mut out = Out::new(file);
    let mut number = 0;
    let mut is_over = false;
    let mut failure = None;
    let visit = &mut |row: selfsame_tables::Row| {
        let copied = match &row.content {
            RowContent::Cells { cells, .. } if out.header.is_none() => {
                out.begin(cells.iter().map(|cell| cell.text.clone()).collect())
            }
            content => {
                number += 1;
                if number != next.row {
                    return ControlFlow::Continue(());
                }
                let written = out.row(content, next.error.as_deref().unwrap_or_default());
                match rejected.blocking_recv() {
                    Some(row) => next = row,
                    None => is_over = true,
                }
                written
            }
        };
        match copied {
            Ok(()) if !is_over => ControlFlow::Continue(()),
            Ok(()) => ControlFlow::Break(()),
            Err(error) => {
                failure = Some(error);
                ControlFlow::Break(())
            }
        }
    };
    let read = selfsame_tables::read(&mut source.open()?, &source.how(), &mut |_| {}, visit);
    read.map_err(|error: TableError| anyhow::anyhow!(error))
        .with_context(|| format!("cannot read `{}`", source.path.display()))?;
    if let Some(error) = failure {
        return Err(error).with_context(|| format!("cannot write `{}`", target.display()));
    }
    out.finish()
        .with_context(|| format!("cannot write `{}`", target.display()))?;
    if !is_over {
        bail!(
            "`{}` has fewer rows than were imported: it was changed meanwhile",
            source.path.display()
        );
    }
    Ok(true)
}

/// A file of rejected rows, in UTF-8.
struct Out {
    file: BufWriter<File>,
    header: Option<Vec<String>>,
    /// Whether the source is such a file itself.
    has_reasons: bool,
}

impl Out {
    fn new(file: File) -> Self {
        Self {
            file: BufWriter::new(file),
            header: None,
            has_reasons: false,
        }
    }

    fn begin(&mut self, header: Vec<String>) -> Result<()> {
        self.has_reasons = header.first().is_some_and(|title| title == TITLE);
        let skipped = usize::from(self.has_reasons);
        self.record(TITLE, header.iter().skip(skipped).map(String::as_str))?;
        self.header = Some(header);
        Ok(())
    }

    fn row(&mut self, content: &RowContent, reason: &str) -> Result<()> {
        match content {
            RowContent::Cells { cells, .. } => {
                let skipped = usize::from(self.has_reasons);
                self.record(reason, cells.iter().skip(skipped).map(|cell| cell.text.as_str()))
            }
            RowContent::Json(text) => {
                let line = match serde_json::from_str::<Map<String, Value>>(text) {
                    Ok(mut object) => {
                        object.insert(MEMBER.to_owned(), Value::from(reason));
                        Value::Object(object).to_string()
                    }
                    Err(_) => text.clone(),
                };
                Ok(writeln!(self.file, "{line}")?)
            }
        }
    }

    fn record<'a>(&mut self, first: &'a str, rest: impl Iterator<Item = &'a str>) -> Result<()> {
        let mut line = csv::WriterBuilder::new().from_writer(Vec::new());
        line.write_record(std::iter::once(first).chain(rest))?;
        Ok(self
            .file
            .write_all(&line.into_inner().map_err(csv::IntoInnerError::into_error)?)?)
    }

    fn finish(mut self) -> Result<()> {
        Ok(self.file.flush()?)
    }
}

//! `selfsame export create`, `run`, `list`, `status`, `verify` and `upgrade`.

use super::admin::Admin;
use super::workspace::{check_name, find};
use crate::export_cli::{CreateExport, ExportCommand, OfWorkspace, OneExport, VerifyExport};
use crate::output;
use anyhow::{Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use selfsame_application::NewExport;
use selfsame_application::ports::{Difference, Export, ExportDefinition, ExportRun, RunStatus, TableComparison};
use selfsame_domain::export::{ColumnSet, Dataset, Schedule};
use selfsame_domain::{RunId, WorkspaceId};
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::Duration;

/// How often the progress of a run is read.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How many runs `status` shows.
const RUNS_SHOWN: u32 = 10;

pub(crate) async fn run(command: ExportCommand) -> Result<ExitCode> {
    match command {
        ExportCommand::Create(args) => create(&args).await?,
        ExportCommand::Run(args) => return run_now(&args).await,
        ExportCommand::List { of } => list(&of).await?,
        ExportCommand::Status(args) => status(&args).await?,
        ExportCommand::Verify(args) => return verify(&args).await,
        ExportCommand::Upgrade(args) => return upgrade(&args).await,
    }
    Ok(ExitCode::SUCCESS)
}

async fn create(args: &CreateExport) -> Result<()> {
    check_name("export", &args.name)?;
    let made = Admin::with(&args.of.store, async |admin| {
        let workspace = find(admin, &args.of.workspace).await?.id;
        let connectors = admin.app.store().connectors(workspace).await?;
        let wanted = connectors
            .iter()
            .find(|one| one.name == args.connector || one.id.to_string() == args.connector);
        let Some(connector) = wanted else {
            bail!(
                "there is no connector `{}`; GET /api/v1/connectors lists those there are",
                args.connector
            )
        };
        let new = NewExport {
            name: args.name.clone(),
            connector: connector.id,
            definition: definition(args, admin)?,
        };
        Ok(admin.app.create_export(workspace, new).await?)
    });
    let export = made.await?;
    if args.of.json {
        return output::print_json(&as_json(&export));
    }
    output::print(&format!("made export `{}` with the ID {}\n", export.name, export.id))
}

fn definition(args: &CreateExport, admin: &Admin) -> Result<ExportDefinition> {
    let mut datasets: Vec<Dataset> = Vec::new();
    for name in &args.dataset {
        match Dataset::from_text(name) {
            None => bail!(
                "a dataset must be one of {}",
                Dataset::ALL.map(Dataset::as_str).join(", ")
            ),
            Some(dataset) if datasets.contains(&dataset) => bail!("a dataset is there twice"),
            Some(dataset) => datasets.push(dataset),
        }
    }
    let now = admin.app.clock().now();
    let schedule = match (args.every_minutes, &args.cron) {
        (Some(minutes), _) => Some(Schedule::every(minutes)?),
        (None, Some(cron)) => Some(Schedule::cron(cron, &args.time_zone, now)?),
        (None, None) => None,
    };
    let has_external_id = !args.without_external_id;
    Ok(ExportDefinition {
        datasets: datasets
            .into_iter()
            .map(|dataset| ColumnSet::new(dataset, has_external_id))
            .collect(),
        schema: args.schema.clone(),
        schedule,
        segment: None,
    })
}

async fn list(of: &OfWorkspace) -> Result<()> {
    let exports = Admin::with(&of.store, async |admin| {
        let workspace = find(admin, &of.workspace).await?.id;
        Ok(admin.app.store().exports(workspace).await?)
    })
    .await?;
    if of.json {
        return output::print_json(&exports.iter().map(as_json).collect::<Vec<_>>());
    }
    let row = |export: &Export| {
        [
            export.id.to_string(),
            export.name.clone(),
            datasets(export).join(", "),
            if export.is_paused { "paused" } else { "active" }.to_owned(),
            export
                .synced
                .map_or_else(|| "never".to_owned(), |revision| revision.to_string()),
            output::time_or(export.next_run_at, "by hand"),
        ]
    };
    let titles = ["ID", "NAME", "DATASETS", "STATE", "REVISION", "NEXT RUN"];
    output::print(&output::table(titles, &exports.iter().map(row).collect::<Vec<_>>()))
}

async fn status(args: &OneExport) -> Result<()> {
    let (export, runs) = Admin::with(&args.of.store, async |admin| {
        let export = one(admin, args).await?;
        let runs = admin
            .app
            .store()
            .runs(export.workspace, export.id, None, RUNS_SHOWN)
            .await?;
        Ok((export, runs))
    })
    .await?;
    if args.of.json {
        let mut shown = as_json(&export);
        shown["runs"] = runs.iter().map(run_json).collect();
        return output::print_json(&shown);
    }
    let row = |run: &ExportRun| {
        [
            run.status.as_str().to_owned(),
            output::time(run.created_at),
            output::time_or(run.finished_at, ""),
            run.report.rows.values().sum::<u64>().to_string(),
            run.report.bytes.to_string(),
            run.report.error.clone().unwrap_or_default(),
        ]
    };
    let titles = ["STATUS", "QUEUED", "FINISHED", "ROWS", "BYTES", "ERROR"];
    output::print(&output::table(titles, &runs.iter().map(row).collect::<Vec<_>>()))
}

async fn run_now(args: &OneExport) -> Result<ExitCode> {
    Admin::with(&args.of.store, async |admin| {
        let export = one(admin, args).await?;
        let id = admin.app.start_export_run(export.workspace, export.id).await?;
        follow(admin, export.workspace, id, args.of.json).await
    })
    .await
}

async fn verify(args: &VerifyExport) -> Result<ExitCode> {
    let json = args.one.of.json;
    Admin::with(&args.one.of.store, async |admin| {
        let export = one(admin, &args.one).await?;
        let id = admin.app.verify_export(export.workspace, export.id, args.mend).await?;
        let run = until_over(admin, export.workspace, id).await?;
        let ended = show(&run, json)?;
        let found = run.report.verification.and_then(|verification| verification.tables);
        let Some(tables) = found else { return Ok(ended) };
        if !json {
            output::print(&differences(&tables))?;
        }
        let is_clean = args.mend || tables.iter().all(|table| table.differences() == 0);
        Ok(if is_clean { ended } else { ExitCode::FAILURE })
    })
    .await
}

/// A line for each table, and one for each row that differs.
fn differences(tables: &[TableComparison]) -> String {
    let row = |table: &TableComparison| {
        let count = |difference| table.counts.get(&difference).copied().unwrap_or_default().to_string();
        [
            table.dataset.as_str().to_owned(),
            table.source.rows.to_string(),
            table.destination.rows.to_string(),
            count(Difference::Missing),
            count(Difference::Changed),
            count(Difference::Extra),
        ]
    };
    let titles = ["TABLE", "ROWS HERE", "ROWS THERE", "MISSING", "CHANGED", "EXTRA"];
    let mut text = output::table(titles, &tables.iter().map(row).collect::<Vec<_>>());
    for table in tables {
        for row in &table.rows {
            let (name, key) = (table.dataset.as_str(), row.key.join(", "));
            text.extend([name, " ", &key, ": ", row.difference.as_str(), "\n"]);
        }
    }
    text
}

async fn upgrade(args: &OneExport) -> Result<ExitCode> {
    Admin::with(&args.of.store, async |admin| {
        let export = one(admin, args).await?;
        let (export, run) = admin.app.widen_export(export.workspace, export.id).await?;
        let Some(id) = run else {
            output::print("the export has all columns already\n")?;
            return Ok(ExitCode::SUCCESS);
        };
        follow(admin, export.workspace, id, args.of.json).await
    })
    .await
}

/// Shows the progress of a run until it ends, and then how it ended. A server executes the run.
async fn follow(admin: &Admin, workspace: WorkspaceId, id: RunId, json: bool) -> Result<ExitCode> {
    show(&until_over(admin, workspace, id).await?, json)
}

/// Shows the progress of a run until it ends.
async fn until_over(admin: &Admin, workspace: WorkspaceId, id: RunId) -> Result<ExportRun> {
    let bar = ProgressBar::new(100);
    bar.set_style(ProgressStyle::with_template("{bar:40} {percent:>3}% {msg}")?);
    let run = loop {
        let found = admin.app.store().run(workspace, id).await?;
        let Some(run) = found else {
            bail!("the export was deleted")
        };
        if run.status.is_over() {
            break run;
        }
        let rows: u64 = run.report.rows.values().sum();
        let text = match (run.status, &run.report.error) {
            (RunStatus::Queued, _) => "waiting for a server".to_owned(),
            (_, Some(error)) => format!("trying again: {error}"),
            (_, None) => format!("{rows} rows"),
        };
        bar.set_message(text);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 100")]
        bar.set_position((run.report.progress.clamp(0.0, 1.0) * 100.0) as u64);
        tokio::time::sleep(LOOK_EVERY).await;
    };
    bar.finish_and_clear();
    Ok(run)
}

/// Shows how a run ended.
fn show(run: &ExportRun, json: bool) -> Result<ExitCode> {
    if json {
        output::print_json(&run_json(run))?;
    } else {
        output::print(&format!("{}\n", run_line(run)))?;
    }
    Ok(if run.status == RunStatus::Succeeded {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn run_line(run: &ExportRun) -> String {
    let rows: u64 = run.report.rows.values().sum();
    match (&run.report.error, run.report.revision) {
        (_, Some(revision)) => format!("{} as of revision {revision}: {rows} rows sent", run.status.as_str()),
        (Some(error), None) => format!("{}: {error}", run.status.as_str()),
        (None, None) => run.status.as_str().to_owned(),
    }
}

async fn one(admin: &Admin, args: &OneExport) -> Result<Export> {
    let workspace = find(admin, &args.of.workspace).await?.id;
    let exports = admin.app.store().exports(workspace).await?;
    let found = exports
        .into_iter()
        .find(|export| export.name == args.export || export.id.to_string() == args.export);
    match found {
        Some(export) => Ok(export),
        None => bail!(
            "there is no export `{}`; `selfsame export list` shows those there are",
            args.export
        ),
    }
}

fn datasets(export: &Export) -> Vec<&'static str> {
    export
        .definition
        .datasets
        .iter()
        .map(|set| set.dataset.as_str())
        .collect()
}

fn as_json(export: &Export) -> Value {
    json!({
        "id": export.id.to_string(),
        "name": export.name,
        "connector_id": export.connector.to_string(),
        "datasets": datasets(export),
        "schema": export.definition.schema,
        "paused": export.is_paused,
        "synced_revision": export.synced.map(|revision| revision.0),
        "next_run_at": export.next_run_at.map(output::time),
    })
}

fn run_json(run: &ExportRun) -> Value {
    json!({
        "id": run.id.to_string(),
        "status": run.status.as_str(),
        "created_at": output::time(run.created_at),
        "finished_at": run.finished_at.map(output::time),
        "revision": run.report.revision.map(|revision| revision.0),
        "rows": run.report.rows,
        "bytes": run.report.bytes,
        "error": run.report.error,
        "verification": run.report.verification,
    })
}

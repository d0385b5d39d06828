//! `selfsame doctor`.

use super::admin::Admin;
use crate::cli::DoctorArgs;
use crate::output;
use anyhow::{Context, Result};
use selfsame_application::RecordCheck;
use selfsame_application::ports::MAX_MISPLACED;
use selfsame_domain::{SegmentId, Violation, WorkspaceId};
use selfsame_storage_postgres::Distribution;
use serde_json::json;
use std::process::ExitCode;

/// The exit code when rules of identity are broken, or a table is not distributed.
const BROKEN: u8 = 1;
/// The exit code when the database cannot be checked.
const UNCHECKED: u8 = 2;
/// How many violations the port reports at the most.
const MOST: usize = 1000;

struct Found {
    violations: Vec<(WorkspaceId, Violation)>,
    /// How many events are outside of the monthly partitions.
    misplaced_events: u64,
    distribution: Option<Distribution>,
    /// Of every workspace: how its record of segments compares with the members of the segments.
    records: Vec<(WorkspaceId, RecordCheck)>,
}

impl Found {
    /// The tables that should be distributed and are not.
    fn lacking(&self) -> &[String] {
        self.distribution
            .as_ref()
            .map_or(&[], |distribution| &distribution.lacking)
    }

    /// Segments whose record is wrong, and of how many contacts.
    fn wrong_segments(&self) -> impl Iterator<Item = (WorkspaceId, SegmentId, usize)> {
        let segments = |(workspace, check): &(WorkspaceId, RecordCheck)| {
            let (workspace, differing) = (*workspace, check.differing.clone().unwrap_or_default());
            let of_workspace = move |(segment, count)| (workspace, segment, count);
            differing.into_iter().map(of_workspace)
        };
        self.records.iter().flat_map(segments)
    }

    fn is_in_order(&self) -> bool {
        self.violations.is_empty() && self.lacking().is_empty() && self.wrong_segments().next().is_none()
    }
}

pub(crate) async fn run(args: &DoctorArgs) -> Result<ExitCode> {
    match examine(args).await {
        Ok(found) => {
            if args.json {
                report_json(&found)?;
            } else {
                report(&found)?;
            }
            Ok(if found.is_in_order() {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(BROKEN)
            })
        }
        Err(error) => {
            if args.json {
                output::print_json(&json!({ "status": "unchecked", "reason": output::one_line(&error) }))?;
            } else {
                output::complain(&error);
            }
            Ok(ExitCode::from(UNCHECKED))
        }
    }
}

/// Examines the database. Opening fails without a database, and if its tables are not those of this release.
async fn examine(args: &DoctorArgs) -> Result<Found> {
    let checks = async |admin: &Admin| {
        admin
            .app
            .store()
            .try_to_grow()
            .await
            .context("the database does not take writes")?;
        Ok(Found {
            violations: admin
                .app
                .store()
                .violations()
                .await
                .context("the rules of identity cannot be checked")?,
            misplaced_events: admin
                .app
                .store()
                .misplaced_events()
                .await
                .context("the events cannot be counted")?,
            distribution: admin.store.distribution().await?,
            records: records(admin)
                .await
                .context("the record of segments cannot be checked")?,
        })
    };
    Admin::with(&args.store, checks).await
}

async fn records(admin: &Admin) -> Result<Vec<(WorkspaceId, RecordCheck)>> {
    let mut records = Vec::new();
    for workspace in admin.app.store().workspaces().await? {
        records.push((workspace.id, admin.app.check_record(&workspace).await?));
    }
    Ok(records)
}

fn report(found: &Found) -> Result<()> {
    output::print("ok    the database answers and takes writes\nok    its tables are up to date\n")?;
    if found.misplaced_events > 0 {
        let more = if found.misplaced_events >= MAX_MISPLACED {
            " or more"
        } else {
            ""
        };
        output::print(&format!(
            "note  {}{more} events are in `events_other`: their months have no partition and go row by row\n",
            found.misplaced_events
        ))?;
    }
    if let Some(distribution) = &found.distribution {
        report_distribution(distribution)?;
    }
    report_records(found)?;
    let found = &found.violations;
    if found.is_empty() {
        return output::print("ok    no rule of identity is broken\n");
    }
    let more = if found.len() >= MOST { " or more" } else { "" };
    output::print(&format!(
        "FAIL  rules of identity are broken {} times{more}:\n",
        found.len()
    ))?;
    found
        .iter()
        .try_for_each(|(workspace, violation)| output::print(&format!("      workspace {workspace}: {violation}\n")))
}

fn report_records(found: &Found) -> Result<()> {
    for (workspace, check) in &found.records {
        if check.differing.is_none() {
            output::print(&format!(
                "note  workspace {workspace}: the record of segments is {} commits behind and was not compared\n",
                check.behind
            ))?;
        }
    }
    for (workspace, segment, count) in found.wrong_segments() {
        output::print(&format!(
            "FAIL  workspace {workspace}: the recorded members of segment {segment} are wrong in {count} contacts\n"
        ))?;
    }
    if found.wrong_segments().next().is_none() {
        output::print("ok    the record of segments agrees with their members\n")?;
    }
    Ok(())
}

fn report_distribution(found: &Distribution) -> Result<()> {
    output::print(&format!(
        "ok    Citus {} on {} nodes: distributed by workspace are {}; on every node are {}\n",
        found.version,
        found.nodes,
        found.by_workspace.join(", "),
        found.everywhere.join(", ")
    ))?;
    if found.lacking.is_empty() {
        return Ok(());
    }
    output::print(&format!(
        "FAIL  not distributed are {}; run `selfsame migrate --distribute`\n",
        found.lacking.join(", ")
    ))
}

fn report_json(found: &Found) -> Result<()> {
    let violations: Vec<_> = found
        .violations
        .iter()
        .map(|(workspace, violation)| json!({ "workspace": workspace, "violation": violation.to_string() }))
        .collect();
    let segments: Vec<_> = found
        .wrong_segments()
        .map(|(workspace, segment, count)| json!({ "workspace": workspace, "segment": segment, "contacts": count }))
        .collect();
    let status = match (
        found.violations.is_empty(),
        found.lacking().is_empty(),
        segments.is_empty(),
    ) {
        (true, true, true) => "ok",
        (true, true, false) => "segments-differ",
        (true, false, _) => "not-distributed",
        (false, ..) => "violations",
    };
    let mut report = json!({
        "status": status, "violations": violations, "eventsApart": found.misplaced_events, "segments": segments,
    });
    if let Some(distribution) = &found.distribution {
        report["distribution"] = json!({
            "version": distribution.version,
            "nodes": distribution.nodes,
            "byWorkspace": distribution.by_workspace,
            "everywhere": distribution.everywhere,
            "lacking": distribution.lacking,
        });
    }
    output::print_json(&report)
}

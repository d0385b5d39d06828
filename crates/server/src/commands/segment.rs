//! `selfsame segment list`, `show`, `preview` and `export`.

use super::admin::Admin;
use super::workspace::find;
use crate::cli::{SegmentCommand, SegmentOf};
use crate::output;
use anyhow::{Context, Result, anyhow};
use selfsame_application::ports::{ContactDetails, MembersFrom, Workspace};
use selfsame_application::{SegmentError, SegmentPreviewRequest, SegmentView};
use selfsame_domain::segments::Formula;
use selfsame_domain::values::ChannelType;
use selfsame_domain::{AttributeKey, ContactId, SegmentId};
use serde_json::{Value, json};
use std::io::{BufWriter, Write, stdout};
use std::process::ExitCode;

/// How many contacts are read at a time.
const PAGE: u32 = 1_000;

pub(crate) async fn run(command: SegmentCommand) -> Result<ExitCode> {
    match command {
        SegmentCommand::List { workspace, store, json } => {
            Admin::with(&store, async |admin| list(admin, &workspace, json).await).await?;
        }
        SegmentCommand::Show { of, json } => {
            Admin::with(&of.store, async |admin| show(admin, &of, json).await).await?;
        }
        SegmentCommand::Preview {
            formula,
            workspace,
            store,
            json,
        } => Admin::with(&store, async |admin| preview(admin, &workspace, &formula, json).await).await?,
        SegmentCommand::Export { of } => Admin::with(&of.store, async |admin| export(admin, &of).await).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(admin: &Admin, workspace: &str, json: bool) -> Result<()> {
    let workspace = find(admin, workspace).await?;
    let segments = admin.app.segments(workspace.id, None).await.map_err(readable_error)?;
    if json {
        return output::print_json(&segments.iter().map(|view| as_json(view, None)).collect::<Vec<_>>());
    }
    let row = |view: &SegmentView| {
        [
            view.id.to_string(),
            view.name.to_string(),
            kind(view).to_owned(),
            view.readable.clone().unwrap_or_default(),
        ]
    };
    let titles = ["ID", "NAME", "TYPE", "FORMULA"];
    output::print(&output::table(titles, &segments.iter().map(row).collect::<Vec<_>>()))
}

async fn show(admin: &Admin, of: &SegmentOf, json: bool) -> Result<()> {
    let (workspace, view) = segment(admin, of).await?;
    let count = admin
        .app
        .count_segment(workspace.id, view.id)
        .await
        .map_err(readable_error)?;
    if json {
        return output::print_json(&as_json(&view, Some(count)));
    }
    let formula = view
        .readable
        .as_ref()
        .map(|text| format!("{text}\n"))
        .unwrap_or_default();
    output::print(&format!(
        "segment {} `{}` ({}): {count} contacts\n{formula}",
        view.id,
        view.name,
        kind(&view)
    ))
}

async fn preview(admin: &Admin, workspace: &str, formula: &str, json: bool) -> Result<()> {
    let workspace = find(admin, workspace).await?;
    let formula = match serde_json::from_str::<Value>(formula) {
        Ok(json) => Formula::read(&json)
            .map_err(SegmentError::Invalid)
            .map_err(readable_error)?,
        Err(_) => admin
            .app
            .parse_formula(workspace.id, formula)
            .await
            .map_err(readable_error)?,
    };
    let preview = admin
        .app
        .preview_segment(
            workspace.id,
            SegmentPreviewRequest {
                formula: &formula,
                compared_with: None,
                exact: true,
            },
        )
        .await
        .map_err(readable_error)?;
    if json {
        let ids: Vec<i64> = preview.contacts.iter().map(|details| details.contact.id.0).collect();
        let body = json!({"count": preview.count.count, "contactIds": ids, "readable": preview.readable});
        return output::print_json(&body);
    }
    let rows: Vec<[String; 6]> = preview.contacts.iter().map(cells).collect();
    output::print(&format!(
        "{}\n{} contacts\n\n{}",
        preview.readable,
        preview.count.count,
        output::table(TITLES, &rows)
    ))
}

async fn export(admin: &Admin, of: &SegmentOf) -> Result<()> {
    let (workspace, view) = segment(admin, of).await?;
    let mut csv = csv::Writer::from_writer(BufWriter::new(stdout().lock()));
    csv.write_record(COLUMNS)?;
    let mut after = ContactId::NONE;
    loop {
        let from = MembersFrom::After(after);
        let page = admin
            .app
            .segment_members(workspace.id, view.id, from, PAGE)
            .await
            .map_err(readable_error)?;
        let Some(last) = page.last() else { break };
        after = last.contact.id;
        for details in &page {
            csv.write_record(cells(details))?;
        }
    }
    csv.into_inner()
        .map_err(|error| anyhow!("{}", error.error()))?
        .flush()
        .context("cannot write to standard output")
}

async fn segment(admin: &Admin, of: &SegmentOf) -> Result<(Workspace, SegmentView)> {
    let workspace = find(admin, &of.workspace).await?;
    let view = admin
        .app
        .segment(workspace.id, SegmentId(of.id))
        .await
        .map_err(readable_error)?;
    Ok((workspace, view))
}

fn kind(view: &SegmentView) -> &'static str {
    if view.formula.is_some() { "dynamic" } else { "static" }
}

fn as_json(view: &SegmentView, count: Option<u64>) -> Value {
    let mut body = json!({"id": view.id.0, "name": view.name.as_str(), "type": kind(view)});
    if let (Some(formula), Some(readable)) = (&view.formula, &view.readable) {
        body["formula"] = formula.to_json();
        body["readable"] = json!(readable);
    }
    if let Some(count) = count {
        body["count"] = json!(count);
    }
    body
}

const TITLES: [&str; 6] = ["ID", "EXTERNAL ID", "EMAIL", "PHONE", "FIRST NAME", "LAST NAME"];
const COLUMNS: [&str; 6] = [
    "contactId",
    "externalCustomerId",
    "email",
    "phone",
    "firstName",
    "lastName",
];

fn cells(details: &ContactDetails) -> [String; 6] {
    let contact = &details.contact;
    let channels = contact.channels();
    let first = |wanted| {
        let found = channels.iter().find(|(channel, _)| *channel == wanted);
        found.map(|(_, held)| held.identifier.typed.clone()).unwrap_or_default()
    };
    let text = |key| contact.attributes.text(key).unwrap_or_default().to_owned();
    [
        contact.id.to_string(),
        contact.external_id().unwrap_or_default().to_owned(),
        first(ChannelType::Email),
        first(ChannelType::Sms),
        text(AttributeKey::FirstName),
        text(AttributeKey::LastName),
    ]
}

/// What is wrong with a formula stands in its problems.
fn readable_error(error: SegmentError) -> anyhow::Error {
    match error {
        SegmentError::Invalid(problems) => {
            let one = |problem: &selfsame_domain::segments::Problem| format!("{} {}", problem.pointer, problem.reason);
            let all: Vec<String> = problems.iter().map(one).collect();
            anyhow!("the formula {}", all.join("; ").trim())
        }
        other => other.into(),
    }
}

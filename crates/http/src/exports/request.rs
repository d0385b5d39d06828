//! Reading an export to be made.

use crate::connectors::name;
use crate::fields::{Fields, Problems, Sent};
use selfsame_application::NewExport;
use selfsame_application::ports::ExportDefinition;
use selfsame_domain::export::{
    ColumnSet, DEFAULT_SCHEMA, Dataset, MAX_POSTGRES_NAME, Schedule, ScheduleProblem, check_filter, check_schema,
};
use selfsame_domain::values::text;
use selfsame_domain::{ConnectorId, SegmentId, Timestamp};
use uuid::Uuid;

/// Reads an export. None if there are errors.
pub(super) fn read(fields: &Fields<'_>, now: Timestamp, problems: &mut Problems) -> Option<NewExport> {
    let name = name(fields, problems);
    if name.is_none() && problems.is_empty() {
        problems.add("/name", "is missing");
    }
    let connector = connector(fields, problems);
    let datasets = datasets(fields, problems);
    let schema = schema(fields, problems);
    let schedule = schedule(fields, now, problems);
    let external_id = fields.boolean("includeExternalId", problems).value().unwrap_or(true);
    let segment = segment(fields, &datasets, problems);
    if !problems.is_empty() {
        return None;
    }
    Some(NewExport {
        name: name?,
        connector: connector?,
        definition: ExportDefinition {
            datasets: datasets
                .into_iter()
                .map(|dataset| ColumnSet::new(dataset, external_id))
                .collect(),
            schema: schema?,
            schedule,
            segment,
        },
    })
}

fn connector(fields: &Fields<'_>, problems: &mut Problems) -> Option<ConnectorId> {
    let Sent::Value(id) = fields.text("connectorId", problems) else {
        problems.add("/connectorId", "is missing");
        return None;
    };
    let id = Uuid::parse_str(id.trim()).map_err(|_| "must be the ID of a connector");
    problems.check("/connectorId", id).map(ConnectorId)
}

fn datasets(fields: &Fields<'_>, problems: &mut Problems) -> Vec<Dataset> {
    let mut datasets = Vec::new();
    let all = Dataset::ALL.map(Dataset::as_str).join(", ");
    for (pointer, name) in fields.texts("datasets", Dataset::ALL.len(), problems) {
        match Dataset::from_text(name.trim()) {
            None => problems.add(pointer, format!("must be one of {all}")),
            Some(dataset) if datasets.contains(&dataset) => problems.add(pointer, "is there twice"),
            Some(dataset) => datasets.push(dataset),
        }
    }
    if datasets.is_empty() && problems.is_empty() {
        problems.add("/datasets", format!("must have at least one of {all}"));
    }
    datasets
}

fn schema(fields: &Fields<'_>, problems: &mut Problems) -> Option<String> {
    let Sent::Value(schema) = fields.text("schema", problems) else {
        return Some(DEFAULT_SCHEMA.to_owned());
    };
    let schema = problems.check("/schema", text::clean(&schema, MAX_POSTGRES_NAME))?;
    problems.check("/schema", check_schema(&schema))?;
    Some(schema)
}

fn schedule(fields: &Fields<'_>, now: Timestamp, problems: &mut Problems) -> Option<Schedule> {
    let fields = fields.object("schedule", problems).value()?;
    let minutes = fields.integer("everyMinutes", problems).value();
    let cron = fields.text("cron", problems).value();
    let zone = fields.text("timeZone", problems).value();
    let (place, schedule) = match (minutes, cron) {
        (Some(minutes), None) => ("everyMinutes", Schedule::every(minutes)),
        (None, Some(cron)) => {
            let schedule = Schedule::cron(&cron, zone.as_deref().unwrap_or("UTC"), now);
            let is_zone = schedule == Err(ScheduleProblem::TimeZone);
            (if is_zone { "timeZone" } else { "cron" }, schedule)
        }
        _ => {
            if problems.is_empty() {
                problems.add(fields.here(), "must have either everyMinutes or cron");
            }
            return None;
        }
    };
    problems.check(&fields.pointer(place), schedule)
}

fn segment(fields: &Fields<'_>, datasets: &[Dataset], problems: &mut Problems) -> Option<SegmentId> {
    let segment = fields.integer("segmentId", problems).value()?;
    problems.check("/segmentId", check_filter(datasets));
    Some(SegmentId(segment))
}

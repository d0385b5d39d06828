//! A new export.

use super::connector_form::needed;
use super::setting_problem;
use crate::error::{PageError, go, mendable};
use crate::fields::{Fields, Posted};
use crate::page::{Choice, Page, Section};
use crate::pages::{show, show_again, uuid};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use crate::texts::Texts;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use selfsame_application::NewExport;
use selfsame_application::ports::ExportDefinition;
use selfsame_domain::console::Permission;
use selfsame_domain::export::{
    ColumnSet, DEFAULT_SCHEMA, Dataset, MAX_EXPORT_NAME, MAX_POSTGRES_NAME, Schedule, ScheduleProblem, check_filter,
    check_schema,
};
use selfsame_domain::{ConnectorId, SegmentId, Timestamp};
use std::collections::BTreeSet;

/// How often a new export runs if nothing else is chosen, in minutes.
const MINUTES: &str = "60";

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/exports/new", get(view).post(make))
}

/// What was typed.
struct Typed {
    name: String,
    connector: String,
    datasets: Vec<String>,
    schema: String,
    /// `hand`, `minutes` or `cron`.
    runs: String,
    minutes: String,
    cron: String,
    zone: String,
    has_external_id: bool,
    segment: String,
}

impl Typed {
    fn new() -> Self {
        Self {
            name: String::new(),
            connector: String::new(),
            datasets: vec![Dataset::Contacts.as_str().to_owned()],
            schema: DEFAULT_SCHEMA.to_owned(),
            runs: "minutes".to_owned(),
            minutes: MINUTES.to_owned(),
            cron: "0 3 * * *".to_owned(),
            zone: "UTC".to_owned(),
            has_external_id: true,
            segment: String::new(),
        }
    }

    fn read(fields: &Fields) -> Self {
        let text = |name: &str| fields.text(name).to_owned();
        let datasets = fields.pairs().filter(|(name, _)| *name == "dataset");
        Self {
            name: text("name"),
            connector: text("connector"),
            datasets: datasets.map(|(_, value)| value.to_owned()).collect(),
            schema: text("schema"),
            runs: text("runs"),
            minutes: text("minutes"),
            cron: text("cron"),
            zone: text("zone"),
            has_external_id: fields.is_on("external"),
            segment: text("segment"),
        }
    }

    /// The export that was typed, or what is wrong with it in words.
    fn export(&self, now: Timestamp, texts: Texts) -> Result<NewExport, String> {
        let name = needed(&self.name, MAX_EXPORT_NAME, "export-name", texts)?;
        let connector = uuid(&self.connector).map_err(|_| texts.get("export-connector-missing"))?;
        let names = self.datasets.iter();
        // A set: a dataset that was sent twice is exported once.
        let datasets: BTreeSet<Dataset> = names.filter_map(|name| Dataset::from_text(name)).collect();
        let datasets: Vec<Dataset> = datasets.into_iter().collect();
        if datasets.is_empty() {
            return Err(texts.get("export-datasets-missing"));
        }
        let schema = needed(&self.schema, MAX_POSTGRES_NAME, "export-schema", texts)?;
        check_schema(&schema).map_err(|problem| setting_problem(problem, texts))?;
        let segment = match self.segment.as_str() {
            "" => None,
            text => Some(SegmentId(text.parse().map_err(|_| texts.get("setting-segment"))?)),
        };
        if segment.is_some() {
            check_filter(&datasets).map_err(|problem| setting_problem(problem, texts))?;
        }
        let schedule = self.schedule(now).map_err(|problem| {
            texts.get(match problem {
                ScheduleProblem::Minutes => "schedule-minutes",
                ScheduleProblem::Expression => "schedule-cron",
                ScheduleProblem::Never => "schedule-never",
                ScheduleProblem::TimeZone => "schedule-zone",
            })
        })?;
        let columns = datasets
            .into_iter()
            .map(|dataset| ColumnSet::new(dataset, self.has_external_id));
        Ok(NewExport {
            name,
            connector: ConnectorId(connector),
            definition: ExportDefinition {
                datasets: columns.collect(),
                schema,
                schedule,
                segment,
            },
        })
    }

    fn schedule(&self, now: Timestamp) -> Result<Option<Schedule>, ScheduleProblem> {
        match self.runs.as_str() {
            "minutes" => Schedule::every(self.minutes.parse().unwrap_or_default()).map(Some),
            "cron" => Schedule::cron(&self.cron, &self.zone, now).map(Some),
            _ => Ok(None),
        }
    }
}

#[derive(Template)]
#[template(path = "exports/create.html")]
struct CreatePage {
    page: Page,
    typed: Typed,
    connectors: Vec<Choice>,
    datasets: Vec<Choice>,
    runs: Vec<Choice>,
    segments: Vec<Choice>,
    problem: Option<String>,
}

impl CreatePage {
    async fn of(
        state: &ConsoleState,
        signed_in: &SignedIn,
        typed: Typed,
        problem: Option<String>,
    ) -> Result<Self, PageError> {
        let (store, workspace, texts) = (state.app.store(), signed_in.workspace(), signed_in.browser.texts);
        let connectors = store.connectors(workspace).await?;
        let definitions = store.definitions(workspace).await?;
        let choice = |value: String, text: String, is_chosen| Choice { value, text, is_chosen };
        let lists = definitions.names.iter().filter(|(id, _)| !definitions.is_dynamic(**id));
        let everybody = choice(String::new(), texts.get("export-everybody"), typed.segment.is_empty());
        let list = |(id, name): (&SegmentId, &selfsame_domain::values::SegmentName)| {
            choice(id.to_string(), name.to_string(), typed.segment == id.to_string())
        };
        let segments = std::iter::once(everybody).chain(lists.map(list)).collect();
        let connector = |id: String, name: String| {
            let is_chosen = typed.connector == id;
            choice(id, name, is_chosen)
        };
        Ok(Self {
            page: Page::of(signed_in, Section::Exports, &texts.get("export-new")),
            connectors: connectors
                .into_iter()
                .map(|one| connector(one.id.to_string(), one.name))
                .collect(),
            datasets: Dataset::ALL
                .map(|dataset| {
                    let name = dataset.as_str().to_owned();
                    let text = texts.get(&format!("dataset-{name}"));
                    let is_chosen = typed.datasets.contains(&name);
                    choice(name, text, is_chosen)
                })
                .into(),
            runs: ["hand", "minutes", "cron"]
                .map(|way| {
                    choice(
                        way.to_owned(),
                        texts.get(&format!("export-runs-{way}")),
                        typed.runs == way,
                    )
                })
                .into(),
            segments,
            typed,
            problem,
        })
    }
}

async fn view(State(state): State<ConsoleState>, signed_in: SignedIn) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageExports)?;
    show(&CreatePage::of(&state, &signed_in, Typed::new(), None).await?)
}

async fn make(State(state): State<ConsoleState>, Posted { signed_in, fields }: Posted) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageExports)?;
    let texts = signed_in.browser.texts;
    let typed = Typed::read(&fields);
    let (status, problem) = match typed.export(state.app.clock().now(), texts) {
        Err(problem) => (StatusCode::UNPROCESSABLE_ENTITY, problem),
        Ok(new) => match state.app.make_export(&signed_in.person, new).await {
            Ok(id) => return Ok(go(&signed_in.browser, &format!("/exports/{id}"))),
            Err(error) => mendable(error.into(), texts)?,
        },
    };
    show_again(status, &CreatePage::of(&state, &signed_in, typed, Some(problem)).await?)
}

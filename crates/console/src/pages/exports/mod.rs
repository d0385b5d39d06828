//! `/exports`: connectors, exports and their runs.

mod actions;
mod connector;
mod connector_form;
mod create;
mod list;
mod make_connector;
mod view;

use crate::error::PageError;
use crate::pages::uuid;
use crate::state::ConsoleState;
use crate::texts::Texts;
use axum::Router;
use selfsame_domain::export::{ConnectorSettings, Schedule, SettingProblem};
use selfsame_domain::{ConnectorId, ExportId};

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .merge(list::routes())
        .merge(make_connector::routes())
        .merge(connector::routes())
        .merge(create::routes())
        .merge(view::routes())
        .merge(actions::routes())
}

/// The ID of a connector in an address.
fn connector_id(text: &str) -> Result<ConnectorId, PageError> {
    Ok(ConnectorId(uuid(text)?))
}

/// The ID of an export in an address.
fn export_id(text: &str) -> Result<ExportId, PageError> {
    Ok(ExportId(uuid(text)?))
}

/// Where a connector leads, in one line.
fn destination(settings: &ConnectorSettings) -> String {
    match settings {
        ConnectorSettings::Postgres {
            host,
            port,
            database,
            user,
            ..
        } => format!("{user}@{host}:{port}/{database}"),
        ConnectorSettings::BigQuery { project, dataset, .. } => format!("{project}.{dataset}"),
        ConnectorSettings::File { directory, format } => format!("{directory} ({})", format.as_str()),
    }
}

/// When an export runs by itself, in words.
fn schedule(schedule: Option<&Schedule>, texts: Texts) -> String {
    match schedule {
        None => texts.get("export-by-hand"),
        Some(Schedule::EveryMinutes(minutes)) => texts.count("export-every-minutes", u64::from(*minutes)),
        Some(Schedule::Cron { expression, time_zone }) => format!("{expression} ({time_zone})"),
    }
}

/// What is wrong with a setting, in words.
fn setting_problem(problem: SettingProblem, texts: Texts) -> String {
    texts.get(match problem {
        SettingProblem::Host => "setting-host",
        SettingProblem::Directory => "setting-directory",
        SettingProblem::Project => "setting-project",
        SettingProblem::Dataset => "setting-dataset",
        SettingProblem::Location => "setting-location",
        SettingProblem::Endpoint => "setting-endpoint",
        SettingProblem::Schema => "setting-schema",
        SettingProblem::Segment => "setting-segment",
    })
}

#[cfg(test)]
mod tests {
    use crate::texts::{Language, Texts};
    use selfsame_application::ports::RunStatus;
    use selfsame_domain::export::{ConnectorKind, Dataset};

    #[test]
    fn kinds_datasets_and_states_have_names_in_every_language() {
        let kinds = ConnectorKind::ALL.map(|kind| format!("connector-{}", kind.as_str()));
        let datasets = Dataset::ALL.map(|dataset| format!("dataset-{}", dataset.as_str()));
        let states = RunStatus::ALL.map(|status| format!("run-{}", status.as_str()));
        for name in kinds.iter().chain(&datasets).chain(&states) {
            for language in Language::ALL {
                assert!(Texts(language).has(name), "{name}");
            }
        }
    }
}

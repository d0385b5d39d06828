//! `/imports`: files of contacts, from the upload to the undo.

mod actions;
mod choices;
mod list;
mod preview;
mod preview_view;
mod rejects;
mod upload;
mod view;

use crate::error::PageError;
use crate::pages::uuid;
use crate::state::ConsoleState;
use crate::texts::Texts;
use axum::Router;
use axum::extract::Request;
use http::Method;
use selfsame_application::ports::{ColumnProblem, ImportId};
use selfsame_domain::CustomField;
use selfsame_domain::imports::Target;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .merge(list::routes())
        .merge(upload::routes())
        .merge(preview::routes())
        .merge(view::routes())
        .merge(actions::routes())
        .merge(rejects::routes())
}

/// Whether a request brings a file, which may take long.
pub(crate) fn takes_file(request: &Request) -> bool {
    request.method() == Method::POST && request.uri().path() == "/imports"
}

/// The ID of an import in an address.
fn import_id(text: &str) -> Result<ImportId, PageError> {
    Ok(ImportId(uuid(text)?))
}

/// What a member of a contact is called.
fn target_name(target: Target, fields: &[CustomField], texts: Texts) -> String {
    match target {
        Target::Field(id) => {
            let known = fields.iter().find(|field| field.id == id);
            known.map_or_else(
                || texts.with("field-custom", "id", &id.to_string()),
                |field| field.name.clone(),
            )
        }
        target => texts.get(&format!("target-{target}")),
    }
}

/// What is wrong with a column, as a page shows it.
struct ProblemView {
    column: String,
    text: String,
    /// Rows that show it.
    rows: String,
}

impl ProblemView {
    fn of(problem: &ColumnProblem, texts: Texts) -> Self {
        let rows: Vec<String> = problem.rows.iter().map(|row| texts.number(*row)).collect();
        Self {
            column: problem.column.clone(),
            text: texts.get(&format!("damage-{}", problem.kind)),
            rows: rows.join("; "),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::texts::{Language, Texts};
    use selfsame_application::ports::{ImportStatus, RowOutcome};
    use selfsame_domain::imports::Target;
    use selfsame_domain::sheet::DamageKind;

    #[test]
    fn columns_damages_and_outcomes_have_names_in_every_language() {
        let targets = Target::NAMES.map(|(target, _)| format!("target-{target}"));
        let damages = DamageKind::ALL.map(|kind| format!("damage-{}", kind.as_str()));
        let outcomes = RowOutcome::ALL
            .iter()
            .map(|outcome| format!("row-{}", outcome.as_str()));
        let statuses = ImportStatus::ALL
            .iter()
            .map(|status| format!("import-{}", status.as_str()));
        let names = targets.into_iter().chain(damages).chain(outcomes).chain(statuses);
        for name in names.chain(["damage-ambiguous_dates".to_owned()]) {
            for language in Language::ALL {
                assert!(Texts(language).has(&name), "{name}");
            }
        }
    }
}

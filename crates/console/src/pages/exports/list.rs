//! The exports and the connectors of the workspace.

use super::{destination, schedule};
use crate::error::PageError;
use crate::page::{Page, Section};
use crate::pages::show;
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use crate::texts::{Texts, When};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use selfsame_application::ports::{Connector, Export};
use selfsame_domain::console::Permission;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/exports", get(view))
}

/// An export in the list.
struct ExportRow {
    id: String,
    name: String,
    connector: String,
    schedule: String,
    state: String,
    next: Option<When>,
}

/// A connector in the list.
struct ConnectorRow {
    id: String,
    name: String,
    kind: String,
    destination: String,
}

#[derive(Template)]
#[template(path = "exports/list.html")]
struct ExportsPage {
    page: Page,
    exports: Vec<ExportRow>,
    connectors: Vec<ConnectorRow>,
}

async fn view(State(state): State<ConsoleState>, signed_in: SignedIn) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageExports)?;
    let (store, workspace, texts) = (state.app.store(), signed_in.workspace(), signed_in.browser.texts);
    let connectors = store.connectors(workspace).await?;
    let exports = store.exports(workspace).await?;
    show(&ExportsPage {
        page: Page::of(&signed_in, Section::Exports, &texts.get("exports-title")),
        exports: exports
            .iter()
            .map(|export| ExportRow::of(export, &connectors, texts))
            .collect(),
        connectors: connectors
            .iter()
            .map(|connector| ConnectorRow::of(connector, texts))
            .collect(),
    })
}

impl ExportRow {
    fn of(export: &Export, connectors: &[Connector], texts: Texts) -> Self {
        let connector = connectors.iter().find(|connector| connector.id == export.connector);
        let state = if export.is_paused {
            "export-paused"
        } else {
            "export-active"
        };
        Self {
            id: export.id.to_string(),
            name: export.name.clone(),
            connector: connector.map(|connector| connector.name.clone()).unwrap_or_default(),
            schedule: schedule(export.definition.schedule.as_ref(), texts),
            state: texts.get(state),
            next: export
                .next_run_at
                .filter(|_| !export.is_paused)
                .map(|next| texts.when(next)),
        }
    }
}

impl ConnectorRow {
    fn of(connector: &Connector, texts: Texts) -> Self {
        Self {
            id: connector.id.to_string(),
            name: connector.name.clone(),
            kind: texts.get(&format!("connector-{}", connector.settings.kind().as_str())),
            destination: destination(&connector.settings),
        }
    }
}

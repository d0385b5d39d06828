//! A connector: checking it, new credentials, deleting it.

use super::connector_form::secret;
use super::{connector_id, destination};
use crate::error::{PageError, go, mendable};
use crate::fields::Posted;
use crate::page::{Page, Section};
use crate::pages::{show, show_again};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use crate::texts::When;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use selfsame_application::ConnectorChange;
use selfsame_application::ports::{Connector, SinkError};
use selfsame_domain::console::Permission;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/exports/connectors/{id}", get(view))
        .route("/exports/connectors/{id}/check", post(check))
        .route("/exports/connectors/{id}/secret", post(rotate))
        .route("/exports/connectors/{id}/delete", post(delete))
}

/// What a check found.
struct Checked {
    /// What is missing; none for nothing.
    problem: Option<String>,
    /// The statement that gives the missing right.
    grant: Option<String>,
}

#[derive(Template)]
#[template(path = "exports/connector.html")]
struct ConnectorPage {
    page: Page,
    id: String,
    kind: &'static str,
    kind_name: String,
    destination: String,
    updated: When,
    checked: Option<Checked>,
    problem: Option<String>,
}

impl ConnectorPage {
    fn of(signed_in: &SignedIn, connector: &Connector) -> Self {
        let texts = signed_in.browser.texts;
        let kind = connector.settings.kind().as_str();
        Self {
            page: Page::of(signed_in, Section::Exports, &connector.name),
            id: connector.id.to_string(),
            kind,
            kind_name: texts.get(&format!("connector-{kind}")),
            destination: destination(&connector.settings),
            updated: texts.when(connector.updated_at),
            checked: None,
            problem: None,
        }
    }
}

/// The connector, for people who manage exports.
async fn find(state: &ConsoleState, signed_in: &SignedIn, id: &str) -> Result<Connector, PageError> {
    signed_in.require(Permission::ManageExports)?;
    let found = state
        .app
        .store()
        .connector(signed_in.workspace(), connector_id(id)?)
        .await?;
    found.ok_or(PageError::NotFound)
}

async fn view(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let connector = find(&state, &signed_in, &id).await?;
    show(&ConnectorPage::of(&signed_in, &connector))
}

async fn check(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted { signed_in, .. }: Posted,
) -> Result<Response, PageError> {
    let connector = find(&state, &signed_in, &id).await?;
    let checked = state.app.check_connector_by_hand(&signed_in.person, connector.id).await;
    let mut page = ConnectorPage::of(&signed_in, &connector);
    page.checked = Some(match checked {
        Ok(Ok(())) => Checked {
            problem: None,
            grant: None,
        },
        Ok(Err(error)) => Checked {
            problem: Some(error.to_string()),
            grant: match error {
                SinkError::Denied { grant, .. } => grant,
                _ => None,
            },
        },
        Err(error) => Checked {
            problem: Some(mendable(error.into(), signed_in.browser.texts)?.1),
            grant: None,
        },
    });
    show(&page)
}

async fn rotate(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, PageError> {
    let connector = find(&state, &signed_in, &id).await?;
    let (kind, texts) = (connector.settings.kind(), signed_in.browser.texts);
    let read = match secret(kind, &fields, texts) {
        Ok(None) => Err(texts.get("connector-secret-missing")),
        read => read,
    };
    let (status, problem) = match read {
        Err(problem) => (StatusCode::UNPROCESSABLE_ENTITY, problem),
        Ok(secret) => {
            let change = ConnectorChange {
                secret,
                ..ConnectorChange::default()
            };
            let changed = state
                .app
                .change_connector_by_hand(&signed_in.person, connector.id, change)
                .await;
            match changed {
                Ok(()) => return Ok(go(&signed_in.browser, &format!("/exports/connectors/{}", connector.id))),
                Err(error) => mendable(error.into(), texts)?,
            }
        }
    };
    let page = ConnectorPage::of(&signed_in, &connector);
    show_again(
        status,
        &ConnectorPage {
            problem: Some(problem),
            ..page
        },
    )
}

async fn delete(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted { signed_in, .. }: Posted,
) -> Result<Response, PageError> {
    let connector = find(&state, &signed_in, &id).await?;
    let deleted = state
        .app
        .delete_connector_by_hand(&signed_in.person, connector.id)
        .await;
    if let Err(error) = deleted {
        let (status, problem) = mendable(error.into(), signed_in.browser.texts)?;
        let page = ConnectorPage::of(&signed_in, &connector);
        let problem = Some(problem);
        return show_again(status, &ConnectorPage { problem, ..page });
    }
    Ok(go(&signed_in.browser, "/exports"))
}

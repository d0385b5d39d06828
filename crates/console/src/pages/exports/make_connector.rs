//! A new connector.

use super::connector_form::Typed;
use crate::error::{PageError, go, mendable};
use crate::fields::Posted;
use crate::page::{Choice, Page, Section};
use crate::pages::{show, show_again};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use selfsame_domain::console::Permission;
use selfsame_domain::export::{ConnectorKind, FileFormat, SslMode};

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/exports/connectors/new/{kind}", get(view).post(make))
}

#[derive(Template)]
#[template(path = "exports/make_connector.html")]
struct MakePage {
    page: Page,
    kind: &'static str,
    typed: Typed,
    ssl_modes: Vec<Choice>,
    formats: Vec<Choice>,
    problem: Option<String>,
}

impl MakePage {
    fn of(signed_in: &SignedIn, kind: ConnectorKind, typed: Typed, problem: Option<String>) -> Self {
        let texts = signed_in.browser.texts;
        let title = texts.get(&format!("connector-{}", kind.as_str()));
        let title = texts.with("connector-new", "kind", &title);
        let ssl = SslMode::from_text(&typed.ssl_mode).unwrap_or(SslMode::VerifyFull);
        let format = FileFormat::from_text(&typed.format).unwrap_or(FileFormat::CsvGz);
        let choice = |value: &str, is_chosen| Choice {
            value: value.to_owned(),
            text: value.to_owned(),
            is_chosen,
        };
        Self {
            page: Page::of(signed_in, Section::Exports, &title),
            kind: kind.as_str(),
            typed,
            ssl_modes: SslMode::ALL.map(|mode| choice(mode.as_str(), mode == ssl)).into(),
            formats: FileFormat::ALL.map(|one| choice(one.as_str(), one == format)).into(),
            problem,
        }
    }
}

fn kind(text: &str) -> Result<ConnectorKind, PageError> {
    ConnectorKind::from_text(text).ok_or(PageError::NotFound)
}

async fn view(signed_in: SignedIn, Path(of): Path<String>) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageExports)?;
    show(&MakePage::of(&signed_in, kind(&of)?, Typed::default(), None))
}

async fn make(
    State(state): State<ConsoleState>,
    Path(of): Path<String>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageExports)?;
    let (kind, texts) = (kind(&of)?, signed_in.browser.texts);
    let typed = Typed::read(&fields);
    let (status, problem) = match typed.connector(kind, &fields, texts) {
        Err(problem) => (StatusCode::UNPROCESSABLE_ENTITY, problem),
        Ok(new) => match state.app.make_connector(&signed_in.person, new).await {
            Ok(id) => return Ok(go(&signed_in.browser, &format!("/exports/connectors/{id}"))),
            Err(error) => mendable(error.into(), texts)?,
        },
    };
    show_again(status, &MakePage::of(&signed_in, kind, typed, Some(problem)))
}

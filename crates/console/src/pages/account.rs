//! `/account`: a person's own password, sessions and workspaces.

use super::{show, show_again, uuid};
use crate::cookies;
use crate::error::{PageError, go, mendable};
use crate::fields::Posted;
use crate::page::{Choice, Page, Section};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum_extra::extract::CookieJar;
use http::StatusCode;
use selfsame_domain::console::Password;
use selfsame_domain::{SessionId, Timestamp, WorkspaceId};

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/account", get(view))
        .route("/account/password", post(change_password))
        .route("/account/workspace", post(switch_workspace))
        .route("/account/sessions/{id}/end", post(end_session))
}

/// A session in the list.
struct SessionRow {
    id: String,
    agent: String,
    created_at: Timestamp,
    last_used_at: Timestamp,
    is_this: bool,
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    page: Page,
    sessions: Vec<SessionRow>,
    workspaces: Vec<Choice>,
    shortest: u64,
    notice: Option<String>,
    problem: Option<String>,
}

impl AccountPage {
    async fn of(state: &ConsoleState, signed_in: &SignedIn) -> Result<Self, PageError> {
        let person = &signed_in.person;
        let sessions = state.app.sessions_of(person).await?;
        let works_in = state.app.store().works_in(person.user.id).await?;
        let row = |session: selfsame_application::ports::Session| SessionRow {
            id: session.id.to_string(),
            is_this: session.id == person.session.id,
            agent: session.agent,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
        };
        let choice = |works: selfsame_application::ports::UserWorkspace| Choice {
            value: works.workspace.to_string(),
            is_chosen: works.workspace == person.workspace.id,
            text: works.name,
        };
        Ok(Self {
            page: Page::of(
                signed_in,
                Section::Account,
                &signed_in.browser.texts.get("account-title"),
            ),
            sessions: sessions.into_iter().map(row).collect(),
            workspaces: works_in.into_iter().map(choice).collect(),
            shortest: Password::SHORTEST as u64,
            notice: None,
            problem: None,
        })
    }
}

async fn view(State(state): State<ConsoleState>, signed_in: SignedIn) -> Result<Response, PageError> {
    show(&AccountPage::of(&state, &signed_in).await?)
}

async fn change_password(
    State(state): State<ConsoleState>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, PageError> {
    let (person, texts) = (&signed_in.person, signed_in.browser.texts);
    let changed = if let Err(retry_after) = state.limits.attempt(&person.user.email) {
        Err(PageError::TooMany { retry_after })
    } else {
        let (current, new) = (fields.raw("current").into(), fields.raw("new"));
        let changed = state.app.change_password(person, current, new).await;
        changed.map_err(PageError::from)
    };
    let (status, notice, problem) = match changed {
        Ok(()) => (StatusCode::OK, Some(texts.get("account-password-changed")), None),
        Err(error) => {
            let (status, problem) = mendable(error, texts)?;
            (status, None, Some(problem))
        }
    };
    let page = AccountPage::of(&state, &signed_in).await?;
    show_again(
        status,
        &AccountPage {
            notice,
            problem,
            ..page
        },
    )
}

async fn switch_workspace(
    State(state): State<ConsoleState>,
    jar: CookieJar,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, PageError> {
    let to = WorkspaceId(super::number(fields.text("workspace"))?);
    let begun = state.app.switch_workspace(&signed_in.person, to).await?;
    let jar = cookies::set_session(&state, jar, &begun.token);
    Ok((jar, go(&signed_in.browser, "/")).into_response())
}

async fn end_session(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted { signed_in, .. }: Posted,
) -> Result<Response, PageError> {
    let id = SessionId(uuid(&id)?);
    state.app.end_session(&signed_in.person, id).await?;
    Ok(go(&signed_in.browser, "/account"))
}

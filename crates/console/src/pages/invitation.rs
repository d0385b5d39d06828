//! `/invitation/{secret}`: joining a workspace.

use super::sign_in::proceed;
use super::{show, show_again};
use crate::browser::Browser;
use crate::error::{PageError, mendable};
use crate::fields::Fields;
use crate::page::Page;
use crate::state::ConsoleState;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use axum_extra::extract::CookieJar;
use secrecy::SecretString;
use selfsame_application::ports::Invitation;
use selfsame_application::{ConsoleError, FirstStep};
use selfsame_domain::console::Password;
use selfsame_domain::values::Email;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/invitation/{secret}", get(form).post(submit))
}

#[derive(Template)]
#[template(path = "invitation.html")]
struct InvitationPage {
    page: Page,
    workspace: String,
    role: String,
    /// Who is invited, or what was typed.
    email: String,
    is_email_given: bool,
    shortest: u64,
    problem: Option<String>,
}

impl InvitationPage {
    fn of(
        browser: &Browser,
        (invitation, workspace): &(Invitation, String),
        typed: &str,
        problem: Option<String>,
    ) -> Self {
        let texts = browser.texts;
        let invited = invitation.email.as_ref().map(Email::as_typed);
        Self {
            page: Page::outside(browser, &texts.get("invitation-title")),
            workspace: workspace.clone(),
            role: texts.get(&format!("role-{}", invitation.role.as_str())),
            email: invited.unwrap_or(typed).to_owned(),
            is_email_given: invited.is_some(),
            shortest: Password::SHORTEST as u64,
            problem,
        }
    }
}

async fn form(
    State(state): State<ConsoleState>,
    browser: Browser,
    Path(secret): Path<String>,
) -> Result<Response, PageError> {
    let invitation = state.app.invitation(&secret.into()).await?;
    show(&InvitationPage::of(&browser, &invitation, "", None))
}

async fn submit(
    State(state): State<ConsoleState>,
    browser: Browser,
    jar: CookieJar,
    Path(secret): Path<String>,
    fields: Fields,
) -> Result<Response, PageError> {
    let secret = SecretString::from(secret);
    let invitation = state.app.invitation(&secret).await?;
    let typed = fields.text("email");
    let accepted = accept(&state, &browser, &secret, &invitation.0, &fields).await;
    match accepted {
        Ok(step) => Ok(proceed(&state, &browser, jar, &step, "/")),
        Err(error) => {
            let (status, problem) = mendable(error, browser.texts)?;
            show_again(status, &InvitationPage::of(&browser, &invitation, typed, Some(problem)))
        }
    }
}

async fn accept(
    state: &ConsoleState,
    browser: &Browser,
    secret: &SecretString,
    invitation: &Invitation,
    fields: &Fields,
) -> Result<FirstStep, PageError> {
    let email = match &invitation.email {
        Some(email) => email.clone(),
        None => Email::parse(fields.text("email")).map_err(|_| ConsoleError::WrongCredentials)?,
    };
    // An existing user's password is checked here, so attempts count against the same limit.
    let allowed = state.limits.attempt(&email);
    allowed.map_err(|retry_after| PageError::TooMany { retry_after })?;
    let password = fields.raw("password").into();
    let accepted = state
        .app
        .accept_invitation(secret, Some(email), password, &browser.agent);
    Ok(accepted.await?)
}

//! `/sign-in` and `/sign-out`.

use super::{show, show_again};
use crate::browser::Browser;
use crate::cookies;
use crate::error::{PageError, go, mendable};
use crate::fields::{Fields, Posted};
use crate::page::Page;
use crate::pages::preferences::own_path;
use crate::state::ConsoleState;
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum_extra::extract::CookieJar;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use selfsame_application::FirstStep;
use selfsame_domain::values::Email;
use serde::Deserialize;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/sign-in", get(form).post(submit))
        .route("/sign-out", post(sign_out))
}

#[derive(Template)]
#[template(path = "sign_in.html")]
pub(super) struct SignInPage {
    page: Page,
    email: String,
    back: String,
    problem: Option<String>,
    /// The link that signs in by the identity provider, and its text.
    provider: Option<(String, String)>,
}

impl SignInPage {
    pub(super) fn of(
        state: &ConsoleState,
        browser: &Browser,
        email: &str,
        back: &str,
        problem: Option<String>,
    ) -> Self {
        let provider = state.settings.identity_provider.as_deref().map(|name| {
            let encoded = utf8_percent_encode(back, NON_ALPHANUMERIC);
            let text = browser.texts.with("sign-in-with", "provider", name);
            (format!("/sign-in/provider?back={encoded}"), text)
        });
        Self {
            page: Page::outside(browser, &browser.texts.get("sign-in-title")),
            email: email.to_owned(),
            back: back.to_owned(),
            problem,
            provider,
        }
    }
}

/// Where to go afterwards.
#[derive(Debug, Deserialize)]
pub(super) struct Back {
    #[serde(default)]
    pub(super) back: String,
}

async fn form(
    State(state): State<ConsoleState>,
    browser: Browser,
    Query(Back { back }): Query<Back>,
) -> Result<Response, PageError> {
    show(&SignInPage::of(&state, &browser, "", own_path(&back), None))
}

async fn submit(
    State(state): State<ConsoleState>,
    browser: Browser,
    jar: CookieJar,
    fields: Fields,
) -> Result<Response, PageError> {
    let (email, back) = (fields.text("email"), own_path(fields.text("back")));
    let begun = match Email::parse(email) {
        // Answered as wrong credentials: no user can have an invalid address.
        Err(_) => Err(PageError::Console(selfsame_application::ConsoleError::WrongCredentials)),
        Ok(email) => sign_in(&state, &browser, &email, &fields).await,
    };
    match begun {
        Ok(step) => Ok(proceed(&state, &browser, jar, &step, back)),
        Err(error) => {
            let (status, problem) = mendable(error, browser.texts)?;
            show_again(status, &SignInPage::of(&state, &browser, email, back, Some(problem)))
        }
    }
}

async fn sign_in(
    state: &ConsoleState,
    browser: &Browser,
    email: &Email,
    fields: &Fields,
) -> Result<FirstStep, PageError> {
    let allowed = state.limits.attempt(email);
    allowed.map_err(|retry_after| PageError::TooMany { retry_after })?;
    let password = fields.raw("password").into();
    Ok(state.app.sign_in(email, password, &browser.agent).await?)
}

/// Goes on after the first step of a sign-in: to the page that was asked for, or to the second step.
pub(super) fn proceed(
    state: &ConsoleState,
    browser: &Browser,
    jar: CookieJar,
    step: &FirstStep,
    back: &str,
) -> Response {
    match step {
        FirstStep::Begun(begun) => {
            let jar = cookies::set_session(state, jar, &begun.token);
            (jar, go(browser, back)).into_response()
        }
        FirstStep::NeedsCode(token) => {
            let back = utf8_percent_encode(back, NON_ALPHANUMERIC);
            let jar = cookies::set_pending(state, jar, token);
            (jar, go(browser, &format!("/sign-in/code?back={back}"))).into_response()
        }
    }
}

async fn sign_out(State(state): State<ConsoleState>, jar: CookieJar, posted: Posted) -> Result<Response, PageError> {
    state.app.sign_out(&posted.signed_in.person).await?;
    let jar = cookies::clear_session(&state, jar);
    Ok((jar, go(&posted.signed_in.browser, "/sign-in")).into_response())
}

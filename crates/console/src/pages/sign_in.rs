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
use selfsame_domain::values::Email;
use serde::Deserialize;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/sign-in", get(form).post(submit))
        .route("/sign-out", post(sign_out))
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    page: Page,
    email: String,
    back: String,
    problem: Option<String>,
}

impl SignInPage {
    fn of(browser: &Browser, email: &str, back: &str, problem: Option<String>) -> Self {
        Self {
            page: Page::outside(browser, &browser.texts.get("sign-in-title")),
            email: email.to_owned(),
            back: back.to_owned(),
            problem,
        }
    }
}

/// Where to go afterwards.
#[derive(Debug, Deserialize)]
struct Back {
    #[serde(default)]
    back: String,
}

async fn form(browser: Browser, Query(Back { back }): Query<Back>) -> Result<Response, PageError> {
    show(&SignInPage::of(&browser, "", own_path(&back), None))
}

async fn submit(
    State(state): State<ConsoleState>,
    browser: Browser,
    jar: CookieJar,
    fields: Fields,
) -> Result<Response, PageError> {
    let (email, back) = (fields.text("email"), own_path(fields.text("back")));
    let begun = match Email::parse(email) {
        // Nobody has an address that is none.
        Err(_) => Err(PageError::Console(selfsame_application::ConsoleError::WrongCredentials)),
        Ok(email) => sign_in(&state, &browser, &email, &fields).await,
    };
    match begun {
        Ok(token) => Ok((cookies::set_session(&state, jar, &token), go(&browser, back)).into_response()),
        Err(error) => {
            let (status, problem) = mendable(error, browser.texts)?;
            show_again(status, &SignInPage::of(&browser, email, back, Some(problem)))
        }
    }
}

async fn sign_in(
    state: &ConsoleState,
    browser: &Browser,
    email: &Email,
    fields: &Fields,
) -> Result<secrecy::SecretString, PageError> {
    let allowed = state.limits.attempt(email);
    allowed.map_err(|retry_after| PageError::TooMany { retry_after })?;
    let password = fields.raw("password").into();
    Ok(state.app.sign_in(email, password, &browser.agent).await?.token)
}

async fn sign_out(State(state): State<ConsoleState>, jar: CookieJar, posted: Posted) -> Result<Response, PageError> {
    state.app.sign_out(&posted.signed_in.person).await?;
    let jar = cookies::clear_session(&state, jar);
    Ok((jar, go(&posted.signed_in.browser, "/sign-in")).into_response())
}

//! `/sign-in/code`: the second step of a sign-in.

use super::sign_in::Back;
use super::{show, show_again};
use crate::browser::Browser;
use crate::cookies;
use crate::error::{PageError, go, mendable};
use crate::fields::Fields;
use crate::page::Page;
use crate::pages::preferences::own_path;
use crate::state::ConsoleState;
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum_extra::extract::CookieJar;
use secrecy::SecretString;
use selfsame_application::{ConsoleError, PendingSignIn};

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/sign-in/code", get(form).post(submit))
}

#[derive(Template)]
#[template(path = "sign_in_code.html")]
struct CodePage {
    page: Page,
    back: String,
    problem: Option<String>,
}

impl CodePage {
    fn of(browser: &Browser, back: &str, problem: Option<String>) -> Self {
        Self {
            page: Page::outside(browser, &browser.texts.get("sign-in-code-title")),
            back: back.to_owned(),
            problem,
        }
    }
}

/// The sign-in of this browser. Without one the browser goes to the first step.
async fn pending(state: &ConsoleState, jar: &CookieJar, back: &str) -> Result<PendingSignIn, PageError> {
    let first_step = || PageError::SignIn {
        back: Some(back.to_owned()),
    };
    let token = cookies::pending(state, jar).ok_or_else(first_step)?;
    match state.app.pending_sign_in(&token).await {
        Err(ConsoleError::SignInOver) => Err(first_step()),
        found => Ok(found?),
    }
}

async fn form(
    State(state): State<ConsoleState>,
    browser: Browser,
    jar: CookieJar,
    Query(Back { back }): Query<Back>,
) -> Result<Response, PageError> {
    let back = own_path(&back);
    pending(&state, &jar, back).await?;
    show(&CodePage::of(&browser, back, None))
}

async fn submit(
    State(state): State<ConsoleState>,
    browser: Browser,
    jar: CookieJar,
    fields: Fields,
) -> Result<Response, PageError> {
    let back = own_path(fields.text("back"));
    let pending = pending(&state, &jar, back).await?;
    match finish(&state, &browser, &pending, &fields).await {
        Ok(token) => {
            let jar = cookies::clear_pending(&state, cookies::set_session(&state, jar, &token));
            Ok((jar, go(&browser, back)).into_response())
        }
        Err(error) => {
            let (status, problem) = mendable(error, browser.texts)?;
            show_again(status, &CodePage::of(&browser, back, Some(problem)))
        }
    }
}

async fn finish(
    state: &ConsoleState,
    browser: &Browser,
    pending: &PendingSignIn,
    fields: &Fields,
) -> Result<SecretString, PageError> {
    let allowed = state.limits.attempt(&pending.user.email);
    allowed.map_err(|retry_after| PageError::TooMany { retry_after })?;
    let begun = state.app.finish_sign_in(pending, fields.raw("code"), &browser.agent);
    Ok(begun.await?.token)
}

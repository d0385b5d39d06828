//! `/sign-in/provider`: signing in by an identity provider.

use super::show_again;
use super::sign_in::{Back, SignInPage, proceed};
use crate::browser::Browser;
use crate::cookies;
use crate::error::{PageError, go, mendable};
use crate::pages::preferences::own_path;
use crate::state::ConsoleState;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum_extra::extract::CookieJar;
use http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use selfsame_application::ConsoleError;
use selfsame_application::ports::ProviderError;
use serde::Deserialize;

/// Where the provider sends the browser back to; to be registered with the provider.
const CALLBACK: &str = "/sign-in/provider/callback";

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/sign-in/provider", get(begin))
        .route(CALLBACK, get(finish))
}

/// What the provider adds to the address (RFC 6749, 4.1.2).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    code: String,
    state: String,
    error: String,
}

fn redirect(state: &ConsoleState) -> String {
    format!("{}{CALLBACK}", state.settings.public_url)
}

/// A link and not a form: the policy of the pages lets no form lead to another site.
async fn begin(
    State(state): State<ConsoleState>,
    browser: Browser,
    jar: CookieJar,
    Query(Back { back }): Query<Back>,
) -> Result<Response, PageError> {
    let back = own_path(&back);
    match state.app.begin_provider_sign_in(&redirect(&state)).await {
        Ok((request, url)) => {
            let jar = cookies::set_provider(&state, jar, &request, back);
            Ok((jar, go(&browser, &url)).into_response())
        }
        Err(error) => refused(&state, &browser, back, error),
    }
}

async fn finish(
    State(state): State<ConsoleState>,
    browser: Browser,
    jar: CookieJar,
    Query(answer): Query<Answer>,
) -> Result<Response, PageError> {
    let kept = cookies::provider(&state, &jar);
    // One answer for each sign-in, right or wrong.
    let jar = cookies::clear_provider(&state, jar);
    let Some((request, back)) = kept else {
        let refused = refused(&state, &browser, "/", ConsoleError::SignInOver)?;
        return Ok((jar, refused).into_response());
    };
    let back = own_path(&back);
    let stepped = if answer.state != request.state.expose_secret() {
        Err(ConsoleError::SignInOver)
    } else if !answer.error.is_empty() || answer.code.is_empty() {
        Err(ConsoleError::Provider(ProviderError::Refused))
    } else {
        let code = SecretString::from(answer.code);
        let (app, redirect) = (&state.app, redirect(&state));
        app.finish_provider_sign_in(&request, code, &redirect, &browser.agent)
            .await
    };
    match stepped {
        Ok(step) => Ok(proceed(&state, &browser, jar, &step, back)),
        Err(error) => Ok((jar, refused(&state, &browser, back, error)?).into_response()),
    }
}

/// The sign-in page, with what went wrong.
fn refused(state: &ConsoleState, browser: &Browser, back: &str, error: ConsoleError) -> Result<Response, PageError> {
    let (status, problem) = match error {
        ConsoleError::Provider(ProviderError::Unreachable(_)) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a sign-in by the identity provider failed"
            );
            (StatusCode::BAD_GATEWAY, browser.texts.get("error-provider-unreachable"))
        }
        ConsoleError::Provider(_) => {
            tracing::info!(
                error = &error as &dyn std::error::Error,
                "a sign-in by the identity provider was refused"
            );
            mendable(error.into(), browser.texts)?
        }
        other => mendable(other.into(), browser.texts)?,
    };
    show_again(status, &SignInPage::of(state, browser, "", back, Some(problem)))
}

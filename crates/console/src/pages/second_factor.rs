//! `/account/second-factor`: a person's own second factor.

use super::{show, show_again};
use crate::error::{PageError, go, mendable};
use crate::fields::Posted;
use crate::page::{Page, Section};
use crate::qr::Qr;
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use secrecy::ExposeSecret;
use selfsame_application::{ConsoleError, SecondFactorState};
use selfsame_domain::Timestamp;

const PATH: &str = "/account/second-factor";

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route(PATH, get(view).post(begin))
        .route("/account/second-factor/confirm", post(confirm))
        .route("/account/second-factor/off", post(turn_off))
}

/// What the page has about the factor. The secret stands in it while the factor is being set up.
enum Part {
    Off,
    SettingUp {
        /// The secret in groups of four.
        secret: String,
        qr: Option<Qr>,
    },
    On {
        since: Timestamp,
        recovery_codes: u64,
    },
    /// It was just turned on: the codes are shown this once.
    Codes(Vec<String>),
}

#[derive(Template)]
#[template(path = "second_factor.html")]
struct SecondFactorPage {
    page: Page,
    part: Part,
    problem: Option<String>,
}

impl SecondFactorPage {
    fn with(signed_in: &SignedIn, part: Part) -> Self {
        Self {
            page: Page::of(
                signed_in,
                Section::Account,
                &signed_in.browser.texts.get("second-factor"),
            ),
            part,
            problem: None,
        }
    }

    async fn of(state: &ConsoleState, signed_in: &SignedIn) -> Result<Self, PageError> {
        let part = match state.app.own_second_factor(&signed_in.person).await? {
            SecondFactorState::Off => Part::Off,
            SecondFactorState::SettingUp(enrolment) => Part::SettingUp {
                secret: in_groups(enrolment.secret.expose_secret()),
                qr: Qr::of(enrolment.address.expose_secret()),
            },
            SecondFactorState::On { since, recovery_codes } => Part::On { since, recovery_codes },
        };
        Ok(Self::with(signed_in, part))
    }

    /// The page again, with what is wrong.
    async fn refused(state: &ConsoleState, signed_in: &SignedIn, error: PageError) -> Result<Response, PageError> {
        let (status, problem) = mendable(error, signed_in.browser.texts)?;
        let page = Self::of(state, signed_in).await?;
        let problem = Some(problem);
        show_again(status, &Self { problem, ..page })
    }
}

fn in_groups(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}

async fn view(State(state): State<ConsoleState>, signed_in: SignedIn) -> Result<Response, PageError> {
    show(&SecondFactorPage::of(&state, &signed_in).await?)
}

async fn begin(State(state): State<ConsoleState>, Posted { signed_in, .. }: Posted) -> Result<Response, PageError> {
    match state.app.begin_second_factor(&signed_in.person).await {
        Ok(()) => Ok(go(&signed_in.browser, PATH)),
        Err(error) => SecondFactorPage::refused(&state, &signed_in, error.into()).await,
    }
}

/// Counts an attempt against the same limit as passwords.
fn attempt(state: &ConsoleState, signed_in: &SignedIn) -> Result<(), PageError> {
    let allowed = state.limits.attempt(&signed_in.person.user.email);
    allowed.map_err(|retry_after| PageError::TooMany { retry_after })
}

async fn confirm(
    State(state): State<ConsoleState>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, PageError> {
    let confirmed = match attempt(&state, &signed_in) {
        Ok(()) => {
            let confirmed = state.app.confirm_second_factor(&signed_in.person, fields.raw("code"));
            confirmed.await.map_err(PageError::from)
        }
        Err(error) => Err(error),
    };
    match confirmed {
        Ok(codes) => {
            let codes = codes
                .iter()
                .map(selfsame_domain::console::RecoveryCode::shown)
                .collect();
            show(&SecondFactorPage::with(&signed_in, Part::Codes(codes)))
        }
        Err(error) => SecondFactorPage::refused(&state, &signed_in, error).await,
    }
}

async fn turn_off(
    State(state): State<ConsoleState>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, PageError> {
    let turned_off = match attempt(&state, &signed_in) {
        Ok(()) => {
            let (password, code) = (fields.raw("password").into(), fields.raw("code"));
            let turned_off = state.app.turn_off_second_factor(&signed_in.person, password, code);
            turned_off.await.map_err(PageError::from)
        }
        Err(error) => Err(error),
    };
    match turned_off {
        // There was none any more: the page shows so.
        Ok(()) | Err(PageError::Console(ConsoleError::SignInOver)) => Ok(go(&signed_in.browser, PATH)),
        Err(error) => SecondFactorPage::refused(&state, &signed_in, error).await,
    }
}

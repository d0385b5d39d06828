//! Choosing what kind of segment is added. A list is made here, a dynamic one where its conditions are built.

use crate::error::{PageError, go, mendable};
use crate::fields::Posted;
use crate::page::{Page, Section};
use crate::pages::{show, show_again};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use selfsame_domain::console::Permission;
use selfsame_domain::values::SegmentName;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/segments/add", get(form).post(make_list))
}

#[derive(Template)]
#[template(path = "segments/add.html")]
struct AddPage {
    page: Page,
    name: String,
    problem: Option<String>,
}

impl AddPage {
    fn of(signed_in: &SignedIn, name: &str, problem: Option<String>) -> Self {
        Self {
            page: Page::of(
                signed_in,
                Section::Segments,
                &signed_in.browser.texts.get("segments-add"),
            ),
            name: name.to_owned(),
            problem,
        }
    }
}

async fn form(signed_in: SignedIn) -> Result<Response, PageError> {
    signed_in.require(Permission::EditSegments)?;
    show(&AddPage::of(&signed_in, "", None))
}

async fn make_list(
    State(state): State<ConsoleState>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::EditSegments)?;
    let (typed, texts) = (fields.text("name"), signed_in.browser.texts);
    let Ok(name) = SegmentName::parse(typed) else {
        let page = AddPage::of(&signed_in, typed, Some(texts.get("builder-name-problem")));
        return show_again(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    match state.app.create_segment(&signed_in.person, name, None).await {
        Ok(id) => Ok(go(&signed_in.browser, &format!("/segments/{id}"))),
        Err(error) => {
            let (status, problem) = mendable(error.into(), texts)?;
            show_again(status, &AddPage::of(&signed_in, typed, Some(problem)))
        }
    }
}

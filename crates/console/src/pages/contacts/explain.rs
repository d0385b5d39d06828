//! What a request would do: its body is pasted, and the decision that it would get is shown. Nothing is written.

use crate::error::PageError;
use crate::fields::Posted;
use crate::page::{Choice, Page, Section};
use crate::pages::{number, show, show_again};
use crate::sentences::Sentence;
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use selfsame_application::ports::{CallProblem, PastedCall};
use selfsame_domain::console::Permission;
use selfsame_domain::{ContactId, Decision, Outcome};
use serde::Deserialize;

/// How many decisions are shown.
const SHOWN: usize = 100;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/contacts/explain", get(view).post(explain))
}

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PageParams {
    /// The contact from whose page the person came.
    contact: String,
}

/// A decision that would be made.
struct Would {
    sentence: Sentence,
    /// The contact that it would be about; none for a new one.
    contact: Option<i64>,
}

#[derive(Template)]
#[template(path = "contacts/explain.html")]
struct ExplainPage {
    page: Page,
    calls: Vec<Choice>,
    contact: String,
    body: String,
    decisions: Option<Vec<Would>>,
    problems: Vec<CallProblem>,
}

impl ExplainPage {
    fn of(state: &ConsoleState, signed_in: &SignedIn, chosen: &str) -> Self {
        let texts = signed_in.browser.texts;
        let choice = |call: &&'static str| Choice {
            value: (*call).to_owned(),
            text: texts.get(&format!("explain-{call}")),
            is_chosen: *call == chosen,
        };
        Self {
            page: Page::of(signed_in, Section::Contacts, &texts.get("explain-title")),
            calls: state.calls.calls().iter().map(choice).collect(),
            contact: String::new(),
            body: String::new(),
            decisions: None,
            problems: Vec::new(),
        }
    }
}

async fn view(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    Query(params): Query<PageParams>,
) -> Result<Response, PageError> {
    signed_in.require(Permission::Read)?;
    let call = if params.contact.is_empty() { "contact" } else { "update" };
    show(&ExplainPage {
        contact: params.contact,
        ..ExplainPage::of(&state, &signed_in, call)
    })
}

async fn explain(
    State(state): State<ConsoleState>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::Read)?;
    let call = fields.text("call");
    let page = ExplainPage {
        contact: fields.text("contact").to_owned(),
        body: fields.raw("body").to_owned(),
        ..ExplainPage::of(&state, &signed_in, call)
    };
    if !state.calls.calls().contains(&call) {
        return Err(PageError::BadForm);
    }
    let contact = match fields.text("contact") {
        "" => None,
        text => Some(ContactId(number(text)?)),
    };
    let pasted = PastedCall {
        call,
        contact,
        body: fields.raw("body"),
    };
    let commands = match state.calls.read(&pasted, &signed_in.person.workspace.policy) {
        Ok(commands) => commands,
        Err(problems) => return show_again(StatusCode::UNPROCESSABLE_ENTITY, &ExplainPage { problems, ..page }),
    };
    let decisions = state.app.dry_run(signed_in.workspace(), commands, None).await?;
    let would = |decision: &Decision| {
        let id = decision.contact.unwrap_or(ContactId::ERASED);
        Would {
            sentence: Sentence::of(decision, id, id, signed_in.browser.texts),
            // The number of a new contact is provisional.
            contact: decision
                .contact
                .filter(|_| decision.outcome != Outcome::Created)
                .map(|id| id.0),
        }
    };
    let decisions = Some(decisions.iter().take(SHOWN).map(would).collect());
    show(&ExplainPage { decisions, ..page })
}

#[cfg(test)]
mod tests {
    use crate::texts::{Language, Texts};

    #[test]
    fn calls_have_names_in_every_language() {
        for call in ["contact", "subscribe", "update", "patch", "bulk", "order", "event"] {
            for language in Language::ALL {
                assert!(Texts(language).has(&format!("explain-{call}")), "{call}");
            }
        }
    }
}

//! The identity policy: each rule in words, with an example, and what a change would have made of the latest decisions.

use super::page;
use super::policy_form::{FormProblem, PolicyForm};
use crate::contact_view::kind;
use crate::error::{PageError, go, mendable};
use crate::fields::Posted;
use crate::page::{Link, Page};
use crate::pages::{show, show_again};
use crate::sentences;
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use crate::texts::{Texts, When};
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use selfsame_application::PolicySimulation;
use selfsame_domain::console::Permission;
use selfsame_domain::{IdentifierKind, PolicyDifference};
use serde::Deserialize;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/settings/policy", get(view).post(change))
}

/// A past decision that would be otherwise.
struct Example {
    at: When,
    contact: Option<i64>,
    why: String,
    differences: Vec<String>,
}

/// What the policy of the form would have decided otherwise.
struct Outlook {
    /// How many decisions were looked at.
    decisions: u64,
    counts: Vec<String>,
    examples: Vec<Example>,
}

#[derive(Template)]
#[template(path = "settings/policy.html")]
struct PolicyPage {
    page: Page,
    links: Vec<Link>,
    form: PolicyForm,
    outlook: Option<Outlook>,
    notice: Option<String>,
    problem: Option<String>,
}

impl PolicyPage {
    fn of(signed_in: &SignedIn, form: PolicyForm) -> Self {
        let (page, links) = page(signed_in, "policy");
        Self {
            page,
            links,
            form,
            outlook: None,
            notice: None,
            problem: None,
        }
    }

    /// What a kind of identifier is called.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn kind(&self, of: &IdentifierKind) -> String {
        kind(*of, self.page.texts)
    }
}

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PageParams {
    /// Whether the policy was just saved.
    saved: Option<String>,
}

async fn view(signed_in: SignedIn, Query(params): Query<PageParams>) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageSettings)?;
    let form = PolicyForm::of(&signed_in.person.workspace.policy);
    let notice = params.saved.map(|_| signed_in.browser.texts.get("policy-saved"));
    show(&PolicyPage {
        notice,
        ..PolicyPage::of(&signed_in, form)
    })
}

fn problem(problem: &FormProblem, texts: Texts) -> String {
    match problem {
        FormProblem::NotANumber => texts.get("policy-number-problem"),
        FormProblem::Region => texts.get("policy-region-problem"),
        FormProblem::Blocked(line) => texts.with("policy-blocked-problem", "line", &line.to_string()),
        FormProblem::Patterns => texts.get("policy-patterns-problem"),
    }
}

async fn change(
    State(state): State<ConsoleState>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageSettings)?;
    let texts = signed_in.browser.texts;
    let page = PolicyPage::of(&signed_in, PolicyForm::posted(&fields));
    let policy = match page.form.read(&signed_in.person.workspace.policy) {
        Ok(policy) => policy,
        Err(wrong) => {
            let problem = Some(problem(&wrong, texts));
            return show_again(StatusCode::UNPROCESSABLE_ENTITY, &PolicyPage { problem, ..page });
        }
    };
    let refused = match fields.text("do") {
        "preview" => match state.app.simulate_policy(&signed_in.person, &policy).await {
            Ok(simulation) => {
                let outlook = Some(outlook(simulation, texts));
                return show(&PolicyPage { outlook, ..page });
            }
            Err(error) => error,
        },
        "save" => match state.app.change_policy(&signed_in.person, policy).await {
            Ok(()) => return Ok(go(&signed_in.browser, "/settings/policy?saved")),
            Err(error) => error,
        },
        _ => return Err(PageError::BadForm),
    };
    let (status, problem) = mendable(refused.into(), texts)?;
    let problem = Some(problem);
    show_again(status, &PolicyPage { problem, ..page })
}

fn outlook(simulation: PolicySimulation, texts: Texts) -> Outlook {
    let name = |difference: PolicyDifference| difference.as_str().replace('_', "-");
    let count =
        |(difference, count): (PolicyDifference, u64)| texts.count(&format!("differences-{}", name(difference)), count);
    let examples = simulation.examples.into_iter().map(|(decision, differences)| Example {
        at: texts.when(decision.at),
        contact: decision.contact.map(|id| id.0).filter(|id| *id > 0),
        why: sentences::why(&decision, texts),
        differences: differences
            .into_iter()
            .map(|difference| texts.get(&format!("difference-{}", name(difference))))
            .collect(),
    });
    Outlook {
        decisions: simulation.decisions as u64,
        examples: examples.collect(),
        counts: simulation.counts.into_iter().map(count).collect(),
    }
}

#[cfg(test)]
mod tests {
    use crate::texts::{Language, Texts};
    use selfsame_domain::PolicyDifference;

    #[test]
    fn every_rule_has_words_and_an_example_in_every_language() {
        let rules = [
            "merge",
            "shared",
            "blocked",
            "strict",
            "region",
            "seen",
            "retention",
            "duplicates",
        ];
        for rule in rules {
            for part in ["", "-text", "-example"] {
                let name = format!("policy-{rule}{part}");
                for language in Language::ALL {
                    assert!(Texts(language).has(&name), "{name}");
                }
            }
        }
    }

    #[test]
    fn every_difference_has_words_in_every_language() {
        for difference in PolicyDifference::ALL {
            for begin in ["difference", "differences"] {
                let name = format!("{begin}-{}", difference.as_str().replace('_', "-"));
                for language in Language::ALL {
                    assert!(Texts(language).has(&name), "{name}");
                }
            }
        }
    }
}

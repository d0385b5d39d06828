//! The audit log: who did what.

use super::page;
use crate::error::PageError;
use crate::page::{Link, Page};
use crate::pages::{show, uuid};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use crate::texts::When;
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use selfsame_domain::AuditId;
use selfsame_domain::console::{AuditEntry, Permission};
use serde::Deserialize;

/// How many entries a page has.
const PAGE: u32 = 50;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/settings/audit", get(view))
}

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ListQuery {
    /// The last entry of the page before.
    before: String,
}

/// An entry in the list.
struct Row {
    at: When,
    by: String,
    action: String,
    object: String,
}

#[derive(Template)]
#[template(path = "settings/audit.html")]
struct AuditPage {
    page: Page,
    links: Vec<Link>,
    rows: Vec<Row>,
    older: Option<String>,
}

async fn view(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    Query(params): Query<ListQuery>,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManagePeople)?;
    let before = match params.before.as_str() {
        "" => None,
        text => Some(AuditId(uuid(text)?)),
    };
    let texts = signed_in.browser.texts;
    // One row more than a page holds shows whether there is a next page.
    let mut entries = state.app.audit_log(&signed_in.person, before, PAGE + 1).await?;
    let more = entries.len() > PAGE as usize;
    entries.truncate(PAGE as usize);
    let last = entries.last().map(|entry| entry.id).filter(|_| more);
    let row = |entry: AuditEntry| Row {
        at: texts.when(entry.at),
        by: match entry.user {
            Some(_) => entry.by,
            None => texts.get("audit-operator"),
        },
        action: texts.get(&format!("action-{}", entry.action.as_str().replace('_', "-"))),
        object: entry.object,
    };
    let (page, links) = page(&signed_in, "audit");
    show(&AuditPage {
        page,
        links,
        rows: entries.into_iter().map(row).collect(),
        older: last.map(|last| format!("/settings/audit?before={last}")),
    })
}

#[cfg(test)]
mod tests {
    use crate::texts::{Language, Texts};
    use selfsame_domain::Rights;
    use selfsame_domain::console::{AuditAction, Role};

    #[test]
    fn actions_roles_and_rights_have_names_in_every_language() {
        let actions = AuditAction::ALL.map(|action| format!("action-{}", action.as_str().replace('_', "-")));
        let roles = Role::ALL.map(|role| format!("role-{}", role.as_str()));
        let rights = Rights::ALL.map(|rights| format!("rights-{}", rights.as_str()));
        for name in actions.iter().chain(&roles).chain(&rights) {
            for language in Language::ALL {
                assert!(Texts(language).has(name), "{name}");
            }
        }
    }
}

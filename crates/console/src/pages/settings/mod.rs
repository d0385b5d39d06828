//! `/settings`.

mod audit;
mod fields;
mod health;
mod keys;
mod people;
mod policy;
mod policy_form;
mod sites;
mod webhooks;

use crate::page::{Link, Page, Section};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use axum::Router;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .merge(keys::routes())
        .merge(people::routes())
        .merge(audit::routes())
        .merge(policy::routes())
        .merge(sites::routes())
        .merge(fields::routes())
        .merge(health::routes())
        .merge(webhooks::routes())
}

/// A page of the settings: its frame, and the links to all of them.
fn page(signed_in: &SignedIn, current: &str) -> (Page, Vec<Link>) {
    let texts = signed_in.browser.texts;
    let link = |name: &str| Link {
        href: format!("/settings/{name}"),
        text: texts.get(&format!("settings-{name}")),
        is_current: name == current,
    };
    let page = Page::of(signed_in, Section::Settings, &texts.get(&format!("settings-{current}")));
    (
        page,
        [
            "keys", "people", "sites", "fields", "policy", "webhooks", "health", "audit",
        ]
        .map(link)
        .into(),
    )
}

//! `/settings`.

mod audit;
mod data;
mod keys;
mod people;
mod policy;

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
        .merge(data::routes())
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
        ["keys", "people", "sites", "fields", "policy", "audit"]
            .map(link)
            .into(),
    )
}

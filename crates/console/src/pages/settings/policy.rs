//! The identity policy: each rule in words, with its value and an example.

use super::page;
use crate::contact_view::kind;
use crate::error::PageError;
use crate::page::{Link, Page};
use crate::pages::show;
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use crate::texts::Texts;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use selfsame_domain::console::Permission;
use selfsame_domain::{IdentifierKind, Policy};

/// The kinds of identifiers that a contact may hold several of.
const LIMITED: [IdentifierKind; 8] = [
    IdentifierKind::Email,
    IdentifierKind::Phone,
    IdentifierKind::MobilePush,
    IdentifierKind::WebPush,
    IdentifierKind::Telegram,
    IdentifierKind::DeviceId,
    IdentifierKind::Cookie,
    IdentifierKind::Field,
];

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/settings/policy", get(view))
}

/// A rule in words.
struct RuleRow {
    name: String,
    value: String,
    text: String,
    example: String,
}

#[derive(Template)]
#[template(path = "settings/policy.html")]
struct PolicyPage {
    page: Page,
    links: Vec<Link>,
    rules: Vec<RuleRow>,
    limits: Vec<(String, String)>,
}

async fn view(State(state): State<ConsoleState>, signed_in: SignedIn) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageKeys)?;
    let texts = signed_in.browser.texts;
    let version = state.app.store().policy(signed_in.workspace()).await?;
    let (page, links) = page(&signed_in, "policy");
    let limit = |of: IdentifierKind| Some((kind(of, texts), texts.number(u64::from(version.policy.limits.of(of)?))));
    show(&PolicyPage {
        page,
        links,
        rules: rules(&version.policy, texts),
        limits: LIMITED.into_iter().filter_map(limit).collect(),
    })
}

fn rules(policy: &Policy, texts: Texts) -> Vec<RuleRow> {
    let switch = |is_on| texts.get(if is_on { "policy-on" } else { "policy-off" });
    let number = |value: u32| texts.number(u64::from(value));
    let region = policy
        .default_phone_region
        .as_ref()
        .map(|region| region.as_str().to_owned());
    let days = policy.event_retention_days;
    let rule = |name: &str, value: String| RuleRow {
        name: texts.get(&format!("policy-{name}")),
        value,
        text: texts.get(&format!("policy-{name}-text")),
        example: texts.get(&format!("policy-{name}-example")),
    };
    vec![
        rule("merge", switch(policy.merge_unclaimed)),
        rule("shared", number(policy.shared_threshold)),
        rule("blocked", texts.number(policy.blocked.iter().count() as u64)),
        rule("strict", switch(policy.strict_identifiers)),
        rule("region", region.unwrap_or_else(|| texts.get("policy-none"))),
        rule(
            "seen",
            texts.count("policy-seconds", u64::from(policy.last_seen_seconds)),
        ),
        rule(
            "retention",
            days.map_or_else(
                || texts.get("policy-for-ever"),
                |days| texts.count("policy-days", u64::from(days)),
            ),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use crate::texts::{Language, Texts};

    #[test]
    fn every_rule_has_words_and_an_example_in_every_language() {
        for rule in ["merge", "shared", "blocked", "strict", "region", "seen", "retention"] {
            for part in ["", "-text", "-example"] {
                let name = format!("policy-{rule}{part}");
                for language in Language::ALL {
                    assert!(Texts(language).has(&name), "{name}");
                }
            }
        }
    }
}

//! How the server is: versions, the database, and what is behind.

use super::page;
use crate::error::PageError;
use crate::fields::Posted;
use crate::page::{Link, Page};
use crate::pages::show;
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use selfsame_application::ports::MAX_MISPLACED;
use selfsame_domain::Violation;
use selfsame_domain::console::Permission;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/settings/health", get(view).post(check))
}

/// Something that can be in order or not, in words.
struct Line {
    name: String,
    is_well: bool,
    text: String,
}

#[derive(Template)]
#[template(path = "settings/health.html")]
struct HealthPage {
    page: Page,
    links: Vec<Link>,
    version: &'static str,
    lines: Vec<Line>,
    /// Broken rules of identity; none before they were checked.
    violations: Option<Vec<String>>,
}

impl HealthPage {
    async fn of(state: &ConsoleState, signed_in: &SignedIn) -> Result<Self, PageError> {
        let (page, links) = page(signed_in, "health");
        Ok(Self {
            page,
            links,
            version: env!("CARGO_PKG_VERSION"),
            lines: lines(state, signed_in).await?,
            violations: None,
        })
    }
}

/// What `selfsame doctor` looks at, and what is behind, as far as it is the workspace's.
async fn lines(state: &ConsoleState, signed_in: &SignedIn) -> Result<Vec<Line>, PageError> {
    let (store, workspace, texts) = (state.app.store(), signed_in.workspace(), signed_in.browser.texts);
    let line = |name: &str, is_well, text| Line {
        name: texts.get(name),
        is_well,
        text,
    };
    let mut lines = Vec::new();
    let answers = store.ping().await.is_ok();
    let text = if answers { "health-answers" } else { "health-silent" };
    lines.push(line("health-database", answers, texts.get(text)));
    let misplaced = store.misplaced_events().await?;
    let text = match misplaced {
        0 => texts.get("health-partitions-right"),
        count if count < MAX_MISPLACED => texts.count("health-misplaced", count),
        count => texts.count("health-misplaced-or-more", count),
    };
    lines.push(line("health-partitions", misplaced == 0, text));
    let search_is_behind = store.unindexed().await?.contains(&workspace);
    let text = if search_is_behind {
        "health-behind"
    } else {
        "health-up-to-date"
    };
    lines.push(line("health-search", !search_is_behind, texts.get(text)));
    let record = store.record_state(workspace).await?;
    let behind = u64::try_from(record.latest.0 - record.recorded.0).unwrap_or_default();
    lines.push(line(
        "health-segments",
        behind == 0,
        texts.count("health-revisions", behind),
    ));
    for export in store.exports(workspace).await? {
        let lag = state
            .app
            .export_lag(&export)
            .await
            .map_err(selfsame_application::ConsoleError::from)?;
        let text = match lag {
            None => texts.get("health-export-never"),
            Some(lag) => texts.count("health-revisions", lag.revisions),
        };
        lines.push(Line {
            name: texts.with("health-export", "name", &export.name),
            is_well: lag.is_some_and(|lag| lag.revisions == 0),
            text,
        });
    }
    for webhook in store.webhooks(workspace).await? {
        let pending = store.pending_deliveries(workspace, webhook.id).await?;
        lines.push(Line {
            name: texts.with("health-webhook", "url", webhook.url.as_str()),
            is_well: webhook.is_enabled && webhook.health.paused_until.is_none(),
            text: texts.count("health-messages", pending),
        });
    }
    Ok(lines)
}

async fn view(State(state): State<ConsoleState>, signed_in: SignedIn) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageSettings)?;
    show(&HealthPage::of(&state, &signed_in).await?)
}

/// Checks that the database can grow, and the rules of identity.
async fn check(State(state): State<ConsoleState>, Posted { signed_in, .. }: Posted) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageSettings)?;
    let (store, workspace, texts) = (state.app.store(), signed_in.workspace(), signed_in.browser.texts);
    let mut page = HealthPage::of(&state, &signed_in).await?;
    let grows = store.try_to_grow().await.is_ok();
    page.lines.push(Line {
        name: texts.get("health-disk"),
        is_well: grows,
        text: texts.get(if grows { "health-grows" } else { "health-full" }),
    });
    let found = store.violations().await?;
    let own = found.into_iter().filter(|(of, _)| *of == workspace);
    page.violations = Some(
        own.map(|(_, violation): (_, Violation)| violation.to_string())
            .collect(),
    );
    show(&page)
}

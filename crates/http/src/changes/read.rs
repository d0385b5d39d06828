//! `GET changes`.

use crate::auth::{May, right};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paths::Params;
use crate::refusals::{Gone, Refused};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use selfsame_application::{ChangeQuery, ChangesError};
use selfsame_domain::{ChangeKind, ContactChange, Revision};
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;
use utoipa::ToSchema;

/// How many changes a page has about without being asked, and at the most.
const DEFAULT_LIMIT: u64 = 100;
const MAX_LIMIT: u64 = 1_000;

/// How many seconds a request waits at the most. A request may take 30 by default.
const MAX_WAIT: u64 = 25;

/// A change of a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ContactChange)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChangeBody {
    /// The commit that made it. Several changes may have one.
    #[schema(example = 1205)]
    revision: i64,
    /// `created`, `updated`, `removed`, `restored`, `merged` (into `survivorId`, which answers for it from now on), `unmerged` (from `survivorId`; it
    /// answers for itself again) or `erased`.
    #[schema(example = "created")]
    kind: &'static str,
    /// The contact's number.
    #[schema(example = 564_407_320)]
    contact_id: i64,
    /// When the request was accepted; left out of an erasure, of which nothing else is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<DateTime<Utc>>,
    /// The decision, as `GET identity/decisions/{id}` reads it; left out of an erasure.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid", example = "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44")]
    decision_id: Option<String>,
    /// Of a merge and of its undo: the other contact. Left out once it is erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    survivor_id: Option<i64>,
    /// Of a merge and of its undo: the merge.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid", example = "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f45")]
    merge_id: Option<String>,
}

impl From<&ContactChange> for ChangeBody {
    fn from(change: &ContactChange) -> Self {
        Self {
            revision: change.revision.0,
            kind: change.kind.as_str(),
            contact_id: change.contact.0,
            at: change.decision.map(|(_, at)| at),
            decision_id: change.decision.map(|(id, _)| id.to_string()),
            survivor_id: change.survivor.map(|survivor| survivor.0),
            merge_id: change.merge.map(|merge| merge.to_string()),
        }
    }
}

/// A page of the change feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ChangePage)]
pub(super) struct ChangePage {
    /// The changes, in the order of the commits.
    items: Vec<ChangeBody>,
    /// The `after` of the next request: all changes up to this revision were looked at.
    #[schema(example = 1205)]
    next: i64,
}

/// Changes of contacts after a revision.
///
/// In the order of the commits and without gaps, however many servers write. A page has whole commits, so that it may have more changes than
/// `limit`; with `kinds` it may have fewer, or none, although there is more. A page whose `next` is the `after` of its request is the end for now.
/// A consumer stores `next` after it has processed a page. Changes of segments, events and orders alone are not in the feed.
#[utoipa::path(
    get,
    path = "/api/v1/changes",
    operation_id = "listChanges",
    tag = "changes",
    params(
        ("after" = Option<i64>, Query, description = "The `next` of the page before; 0 for the beginning. Without it there are no changes, and `next` is the present revision: where to begin after reading all contacts."),
        ("limit" = Option<u32>, Query, description = "About how many changes to look at, up to 1,000; 100 without."),
        ("kinds" = Option<String>, Query, description = "Which changes, with commas between them: `created`, `updated`, `removed`, `restored`, `merged`, `unmerged`, `erased`; all without."),
        ("wait" = Option<u32>, Query, description = "How many seconds to wait for a change where there is none, up to 25; 0 without. The answer may come earlier without changes."),
    ),
    responses((status = 200, description = "A page of changes.", body = ChangePage), Refused, Gone),
)]
pub(super) async fn read(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    params: Params,
) -> Result<Json<ChangePage>, ApiError> {
    let mut problems = Problems::default();
    let after = params.text("after").is_some();
    let after = after.then(|| params.number("after", 0, i64::MAX.unsigned_abs(), 0, &mut problems));
    let limit = params.number("limit", 1, MAX_LIMIT, DEFAULT_LIMIT, &mut problems);
    let wait = params.number("wait", 0, MAX_WAIT, 0, &mut problems);
    let kinds = kinds(params.text("kinds"), &mut problems);
    problems.finish()?;
    let query = ChangeQuery {
        after: after.map(|after| Revision(i64::try_from(after).unwrap_or(i64::MAX))),
        limit: u32::try_from(limit).unwrap_or(u32::MAX),
        kinds,
    };
    let workspace = auth.workspace();
    // The number of waiting requests is bounded, because each costs reads.
    let waits = state.feed_waits.clone().try_acquire_owned().ok().filter(|_| wait > 0);
    let page = match (&waits, query.after) {
        (Some(_), Some(_)) => {
            let wait = Duration::from_secs(wait).min(state.settings.request_timeout / 2);
            let ready = state.settings.ready.clone();
            let goes_on = move || ready.get();
            state.app.wait_for_changes(workspace, &query, wait, goes_on).await?
        }
        _ => state.app.changes(workspace, &query).await?,
    };
    Ok(Json(ChangePage {
        items: page.items.iter().map(ChangeBody::from).collect(),
        next: page.next.0,
    }))
}

fn kinds(text: Option<&str>, problems: &mut Problems) -> BTreeSet<ChangeKind> {
    let Some(text) = text else {
        return ChangeKind::ALL.into();
    };
    let read = text.split(',').map(|name| ChangeKind::from_text(name.trim()));
    read.collect::<Option<_>>().unwrap_or_else(|| {
        let known = ChangeKind::ALL.map(ChangeKind::as_str).join(", ");
        problems.add("kinds", format!("must be some of {known}, with commas between them"));
        BTreeSet::new()
    })
}

impl From<ChangesError> for ApiError {
    fn from(error: ChangesError) -> Self {
        match error {
            ChangesError::TooOld { begins } => Self::Forgotten { begins },
            ChangesError::Ahead { .. } => Self::invalid("after", error),
            ChangesError::Storage(error) => error.into(),
        }
    }
}

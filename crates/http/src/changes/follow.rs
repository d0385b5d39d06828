//! `GET changes` as server-sent events.

use super::read::ChangeBody;
use crate::error::ApiError;
use crate::state::HttpState;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use http::HeaderMap;
use http::header::ACCEPT;
use selfsame_application::{ChangePage, ChangeQuery};
use selfsame_domain::WorkspaceId;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

/// How long a stream is silent at the most: then a comment says that it is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How long one look for changes waits.
const WAIT: Duration = Duration::from_secs(10);

/// How long a stream lasts. The client connects again and shows its key again, which may have been revoked.
const LASTS: Duration = Duration::from_mins(10);

/// Whether the client wants server-sent events.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut types = accepted.flat_map(|value| value.split(','));
    types.any(|media| {
        let media = media.split(';').next().unwrap_or_default();
        media.trim().eq_ignore_ascii_case("text/event-stream")
    })
}

/// A stream of changes.
struct Following {
    state: HttpState,
    workspace: WorkspaceId,
    query: ChangeQuery,
    /// The page that was read before the answer began.
    first: Option<ChangePage>,
    ends: Instant,
    _place: OwnedSemaphorePermit,
}

/// Answers with the changes of the query, and with later ones as they come. Ends after ten minutes, and when the server stops.
pub(super) async fn follow(state: HttpState, workspace: WorkspaceId, query: ChangeQuery) -> Result<Response, ApiError> {
    let place = state.feed_waits.clone().try_acquire_owned();
    let following = Following {
        first: Some(state.app.changes(workspace, &query).await?),
        _place: place.map_err(|_| ApiError::Busy)?,
        ends: Instant::now() + LASTS,
        state,
        workspace,
        query,
    };
    let events = stream::unfold(following, Following::next).flat_map(stream::iter);
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    Ok(Sse::new(events).keep_alive(keep_alive).into_response())
}

impl Following {
    /// The events of the next page; none at the end of the stream.
    async fn next(mut self) -> Option<(Vec<Result<Event, axum::Error>>, Self)> {
        let page = match self.first.take() {
            Some(page) => page,
            None => self.wait().await?,
        };
        let is_ahead = self.query.after != Some(page.next);
        self.query.after = Some(page.next);
        Some((if is_ahead { events(&page) } else { Vec::new() }, self))
    }

    async fn wait(&self) -> Option<ChangePage> {
        let ready = self.state.settings.ready.clone();
        if !ready.get() || Instant::now() >= self.ends {
            return None;
        }
        let goes_on = move || ready.get();
        let page = self
            .state
            .app
            .wait_for_changes(self.workspace, &self.query, WAIT, goes_on);
        page.await
            .inspect_err(|error| {
                // The client connects again, and gets an error answer if the error lasts.
                let (workspace, error) = (self.workspace.0, error as &dyn std::error::Error);
                tracing::warn!(workspace, error, "cannot read changes for a stream, which ends");
            })
            .ok()
    }
}

/// The events of a page. Only the last change of a commit has its revision as ID: a client that connects again in the middle of a commit gets the
/// whole commit.
fn events(page: &ChangePage) -> Vec<Result<Event, axum::Error>> {
    let next_revisions = page.items.iter().skip(1).map(|change| Some(change.revision));
    let pairs = page.items.iter().zip(next_revisions.chain([None]));
    let mut events: Vec<_> = pairs
        .map(|(change, next)| {
            let event = Event::default().json_data(ChangeBody::from(change))?;
            let is_last = next != Some(change.revision);
            Ok(if is_last {
                event.id(change.revision.to_string())
            } else {
                event
            })
        })
        .collect();
    if page.items.last().is_none_or(|last| last.revision != page.next) {
        // Without data it moves the place of the client alone.
        events.push(Ok(Event::default().id(page.next.to_string())));
    }
    events
}
